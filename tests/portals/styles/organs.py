"""Systems that keep a page for every organ, and there one address for each year."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..content import BUREAUS, PLACE, TOWNS, Document, anchor, rows, write_report
from ..serving import Asked, Served
from .drawing import Entry, Style, chunks
from .files import column_number
from .proxies import Hanweb

if TYPE_CHECKING:
    from ..county import Plan

ORGANS = (PLACE, *BUREAUS, *TOWNS)


def _listing(links: list[tuple[str, str]], attributes: str = "") -> str:
    return f"<ul {attributes}>" + "".join(f"<li>{anchor(url, words)}</li>" for words, url in links) + "</ul>"


class HanwebAnnual(Hanweb):
    """xxgkAnnualReport.jsp by organ and year; a year that is missing is an empty page."""

    name = "hanweb_annual"
    layouts = ("flat",)
    program = "/module/xxgk/xxgkAnnualReport.jsp"

    def lay_out(self, plan: Plan, layout: str) -> list[tuple[str, str]]:
        codes = {f"0010080030{number:02d}055": organ for number, organ in enumerate(ORGANS)}
        links = [("县政府" if organ == PLACE else organ, f"{self.program}?area={code}&fbtime=2024") for code, organ in codes.items()]
        tree = "/module/xxgk/tree.jsp?area=001008003"
        plan.put(tree, "政府信息公开年报", _listing(links))

        def answer(asked: Asked) -> Served:
            code, year = asked.query.get("area", ""), asked.query.get("fbtime", "")
            there = code in codes and year.isdigit() and int(year) in plan.years
            main = write_report(codes[code], int(year)).body if there else '<div class="xxgk_nb"></div>'
            return Served(plan.page("政府信息公开年报", main).encode())

        plan.county.site.programs[self.program] = answer
        for code, organ in codes.items():
            for year in plan.years:
                plan.county.expected[f"{self.program}?area={code}&fbtime={year}"] = organ, year
        plan.county.columns = (tree,)
        return [("政府信息公开年报", tree)]


class Lonsun(Style):
    """/public/column/<organ>?type=3; the years of an organ in ul#timeFrame, the report in the column itself."""

    name = "lonsun"
    layouts = ("flat",)

    def list_address(self, key: str, number: int, total: int) -> str:
        return f"/content/column/{column_number(key)}" + (f"?pageIndex={number + 1}" if number else "")

    def article(self, key: str, document: Document, serial: int) -> str:
        return f"/content/article/{serial}"

    def pager(self, key: str, number: int, total: int) -> str:
        return f'<a href="{self.list_address(key, number + 1, total)}">下一页</a>' if number + 1 < total else ""

    def organ_number(self, organ: str) -> int:
        return 6_600_000 + ORGANS.index(organ)

    def annual(self, plan: Plan, organ: str) -> None:
        number = self.organ_number(organ)
        base = f"/public/column/{number}"
        years = [(f"{year}年", f"{base}?hasContent=true&nav=5&sub=3&timeFrame={year}&type=3") for year in reversed(plan.years)]
        newest = write_report(organ, max(plan.years))
        plan.put(f"{base}?action=list&type=3", "政府信息公开年报", _listing(years, 'id="timeFrame"') + newest.body)
        plan.county.expected[f"{base}?action=list&type=3"] = organ, max(plan.years)
        for (_, address), year in zip(years, reversed(plan.years), strict=True):
            plan.put(address, "政府信息公开年报", _listing(years, 'id="timeFrame"') + write_report(organ, year).body)
            if year == max(plan.years):
                plan.county.twins[f"{base}?action=list&type=3"] = [address]
            else:
                plan.county.expected[address] = organ, year

    def lay_out(self, plan: Plan, layout: str) -> list[tuple[str, str]]:
        for organ in ORGANS:
            number = self.organ_number(organ)
            self.annual(plan, organ)
            tabs = [
                ("政府信息公开指南", f"/public/column/{number}?action=list&type=2"),
                ("政府信息公开年报", f"/public/column/{number}?action=list&type=3"),
                ("依申请公开", f"/public/column/{number}?type=5"),
            ]
            plan.put(f"/public/column/{number}?action=list&type=4", organ, _listing(tabs))
            plan.put(f"/public/column/{number}?action=list&type=2", "政府信息公开指南", _listing(tabs))
        organs = [(o, f"/public/column/{self.organ_number(o)}?action=list&type=4") for o in ORGANS]
        plan.put("/public/column/6600000?action=rel&type=4", "信息公开单位", _listing(organs, 'class="clearfix"'))
        plan.county.columns = ("/public/column/6600000?action=list&type=3",)
        return [("政府信息公开专栏", "/public/column/6600000?action=list&type=4")]


class LonsunAjax(Lonsun):
    """The organ's list of reports comes as a fragment from /site/label/8888, fifteen rows a page."""

    name = "lonsun_ajax"

    def annual(self, plan: Plan, organ: str) -> None:
        number = self.organ_number(organ)
        entries: list[Entry] = []
        for year in reversed(range(2006, 2025)):  # older than the Regulations, too: nobody expects them
            document = write_report(organ, year)
            target = f"/public/{number}/{8_000_000 + ORGANS.index(organ) * 100 + year - 2000}.html"
            plan.put(target, document.title, document.body)
            if year >= 2008:
                plan.county.expected[target] = organ, year
            entries.append((target, document.title, document.day))
        fields = (
            f"IsAjax=1&dataType=html&_=0.123&labelName=publicInfoList&siteId=6600000&pageSize=15&pageIndex=1&action=list&isDate=true"
            f"&dateFormat=yyyy-MM-dd&length=50&organId={number}&type=3&catId=&cId=&file=/xxgk/publicInfoList_newest"
        )
        pages = chunks(entries, 15)
        main = f'<div class="public_list"><ul>{rows(pages[0])}</ul></div><script>$("#page").load("/site/label/8888?{fields}"); Ls.pagination({{pageIndex:1, pageCount:{len(pages)}, total:{len(entries)}}})</script>'
        plan.put(f"/public/column/{number}?action=list&type=3", "政府信息公开年报", main)
        lists = plan.county.site.__dict__.setdefault("_lonsun", {})
        lists[str(number)] = pages

        def answer(asked: Asked) -> Served | None:
            query = asked.query
            found = lists.get(query.get("organId", ""))
            if found is None or query.get("labelName") != "publicInfoList" or query.get("IsAjax") != "1":
                return None
            at = int(query.get("pageIndex", "1"))
            page = found[at - 1] if at <= len(found) else []
            return Served(f"<ul>{rows(page)}</ul><div>共{len(found)}页</div>".encode())

        plan.county.site.programs["/site/label/8888"] = answer


class Openness(Style):
    """Anhui: OpennessAnnualReport/year/show/<organ>/<year>.html, lists in page_N.html."""

    name = "openness"
    layouts = ("flat",)

    def list_address(self, key: str, number: int, total: int) -> str:
        return f"/XxgkContent/showList/341/{column_number(key)}/page_{number + 1}.html"

    def article(self, key: str, document: Document, serial: int) -> str:
        return f"/XxgkContent/show/{serial}.html"

    def pager(self, key: str, number: int, total: int) -> str:
        return f"<span>共{total}页</span>"

    def lay_out(self, plan: Plan, layout: str) -> list[tuple[str, str]]:
        links = []
        for number, organ in enumerate(ORGANS):
            code = 341 + number
            for year in plan.years:
                target = f"/OpennessAnnualReport/year/show/{code}/{year}.html"
                others = [(f"{y}年", f"/OpennessAnnualReport/year/show/{code}/{y}.html") for y in (year - 1, year + 1) if y in plan.years]
                plan.put(target, "政府信息公开年报", write_report(organ, year).body + _listing(others))
                plan.county.expected[target] = organ, year
            links.append(("县政府" if organ == PLACE else organ, f"/OpennessAnnualReport/year/show/{code}/2024.html"))
        plan.put("/OpennessAnnualReport/", "政府信息公开年报", _listing(links))
        plan.county.columns = ("/OpennessAnnualReport/",)
        return [("政府信息公开年报", "/OpennessAnnualReport/")]
