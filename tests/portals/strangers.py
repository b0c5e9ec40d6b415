"""Portals of no system that we know: each with ways of its own to hide a list of annual reports from a machine.

Nothing here is drawn by a `Style`; words, addresses and scripts are as their makers happened to write them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from .content import BUREAUS, PLACE, TOWNS, write_decoys, write_news, write_report
from .county import HOST, County
from .serving import Asked, Served, Site

YEARS = range(2010, 2025)
FEW = range(2019, 2025)
ORGANS = (PLACE, *BUREAUS)
Rows = list[tuple[str, str]]


class Stranger:
    """A county under construction. `page` puts a page, `reports` puts reports and returns their rows."""

    def __init__(self, name: str) -> None:
        self.county = County(name, Site())
        self.site = self.county.site

    def page(self, target: str, title: str, body: str, head: str = "") -> None:
        self.site.put(target, dressed(title, body, head))

    def report(self, target: str, organ: str, year: int) -> str:
        document = write_report(organ, year)
        self.page(target, document.title, document.body)
        self.county.expected[target] = organ, year
        return document.title

    def reports(self, pattern: str, organs: Iterable[str] = (PLACE,), years: Iterable[int] = YEARS) -> Rows:
        years = list(years)
        return [
            (target, self.report(target, organ, year))
            for number, organ in enumerate(organs)
            for year in years
            for target in (pattern.format(n=number, y=year),)
        ]

    def news(self) -> Rows:
        for number, document in enumerate(write_news(5, 20)):
            self.page(f"/xw/{number}.html", document.title, document.body)
        return [(f"/xw/{number}.html", document.title) for number, document in enumerate(write_news(5, 20))]

    def way(self, *steps: tuple[str, str]) -> None:
        """Pages that lead from the front page to the last of `steps` (address, words), which is not put."""
        for (target, title), following in zip((("/", "青溪县"), *steps), steps, strict=False):
            self.page(target, title, listed([following, *(self.news() if target == "/" else ())]))


def dressed(title: str, body: str, head: str = "") -> str:
    return f'<html><head><meta charset="utf-8"><title>{title}</title>{head}</head><body><div class="wp">{body}</div><div class="dibu">版权所有 青溪县</div></body></html>'


def listed(rows: Rows) -> str:
    return "<ul>" + "".join(f'<li><a href="{url}">{words}</a></li>' for url, words in rows) + "</ul>"


def clicks() -> County:
    """No address in any `href`: they stand in `onclick`, in `data-url`, in the script that a click calls."""
    made = Stranger("clicks")
    made.page("/", "青溪县", "<a href=\"javascript:void(0)\" onclick=\"window.open('/gk/index.jsp')\">政府信息公开</a><a href=\"#\" data-url=\"/xw/\">新闻</a>")
    made.page("/gk/index.jsp", "政府信息公开", '<div data-url="/gk/nb/index.jsp"><span>政府信息公开年报</span></div>')
    written = []
    for number, (target, title) in enumerate(made.reports("/gk/nb/detail.jsp?type=n&id={n}{y}", ORGANS, FEW)):
        name = target.rpartition("=")[2]
        written.append(
            (
                f"<li><a href=\"javascript:void(0)\" onclick=\"openDetail('/gk/nb/detail.jsp?id={name}&type=n')\">{title}</a></li>",
                f"<li onclick=\"location.href='detail.jsp?id={name}&type=n'\"><p>{title}</p><em>2024-01-20</em></li>",
                f'<li><a href="#" data-href="./detail.jsp?type=n&id={name}">{title}</a></li>',
                f"<li><a href=\"javascript:look('{name}')\">{title}</a></li>",
            )[number % 4]
        )
    made.page("/gk/nb/index.jsp", "年报", f"<script>function look(id) {{ window.open('/gk/nb/detail.jsp?type=n&id=' + id); }}</script><ul>{''.join(written)}</ul>")
    return made.county


def cut_titles() -> County:
    """A picture with words leads there, a base moves the rows, titles are cut and their date stands in the link."""
    made = Stranger("cut_titles")
    made.page("/", "青溪县", '<a href="ZWGK/XXGK.HTML"><img src="/i/1.png" alt="政府信息公开"></a>')
    made.page("/ZWGK/XXGK.HTML", "公开", '<a href=" NB/NB LIST.HTML "><img src="/i/3.png" alt="信息公开年报"></a>')
    rows = made.reports("/ZWGK/NB/ARCH/{y}/BG%20{y}.HTML")
    shown = "".join(f'<dd><a href="{year}/BG {year}.HTML"><b>{year + 1}.02.03</b>{title[: 9 + year % 5]}…</a></dd>' for year, (_, title) in zip(YEARS, rows, strict=True))
    made.page("/ZWGK/NB/NB%20LIST.HTML", "年报", f"<dl>{shown}</dl>", f'<base href="{HOST}/ZWGK/NB/ARCH/">')
    return made.county


def choices() -> County:
    """Organs in a drop-down list, and the rows of an organ in an array that year tabs draw."""
    made = Stranger("choices")
    made.way(("/gk/", "政务公开"), ("/gk/nb.html", "年度报告"))
    options = "".join(f'<option value="/gk/nb/o{number}.html">{organ}</option>' for number, organ in enumerate(ORGANS))
    made.page("/gk/nb.html", "政府信息公开年度报告", f'<select onchange="location=this.value"><option>请选择单位</option>{options}</select>')
    for number, organ in enumerate(ORGANS):
        rows = made.reports(f"/gk/nb/o{number}/{{y}}.html", (organ,), FEW)
        data = json.dumps([{"year": year, "nbTitle": title, "nbUrl": url} for year, (url, title) in zip(FEW, rows, strict=True)])
        tabs = "".join(f'<a onclick="changeYear({year})">{year}</a>' for year in FEW)
        made.page(f"/gk/nb/o{number}.html", "年报", f"{tabs}<div id=l></div><script>var data={data};</script>")
    return made.county


def chooser() -> County:
    """A form with nothing in it but a choice of the year."""
    made = Stranger("chooser")
    made.way(("/gk/", "政务公开"), ("/gk/nb.jsp", "政府信息公开年报"))
    made.reports("/gk/d/{n}{y}.html", ORGANS, FEW)
    options = "".join(f'<option value="{year}">{year}年</option>' for year in FEW)

    def answer(asked: Asked) -> Served:
        year = asked.query.get("year", "2024")
        rows = [(f"/gk/d/{number}{year}.html", f"{organ}政府信息公开年报") for number, organ in enumerate(ORGANS)]
        return Served(dressed("年报", f'<form action="/gk/nb.jsp"><select name="year">{options}</select></form>{listed(rows)}').encode())

    made.site.programs["/gk/nb.jsp"] = answer
    return made.county


def _asked_by_script(name: str, script: str, path: str, read: Callable[[Asked], dict[str, str]], size: int) -> County:
    made = Stranger(name)
    made.way(("/gk/", "政府信息公开"), ("/gk/nb/", "政府信息公开年报"))
    rows = made.reports("/d/{n}_{y}.html", ORGANS, FEW)
    made.page("/gk/nb/", "年报", f"<div id=list></div><script>$.post('/count/visit',{{id:7,page:1}});{script}</script>")

    def answer(asked: Asked) -> Served | None:
        fields = read(asked)
        if str(fields.get("channelId")) != "7788":
            return None
        first = (int(fields.get("pageNo", "1")) - 1) * size
        return Served(json.dumps({"data": {"total": len(rows), "list": [{"title": t, "url": u} for u, t in rows[first : first + size]]}}).encode(), "application/json")

    made.site.programs[path] = answer
    return made.county


def posted_rows() -> County:
    """Rows that a script asks for by form."""
    script = '$.post("/api/article/list",{channelId:"7788",pageNo:1,pageSize:15},function(r){render(r)});'
    return _asked_by_script("posted_rows", script, "/api/article/list", lambda asked: asked.form, 15)


def json_rows() -> County:
    """Rows that a script asks for by JSON, the page in a variable."""
    script = 'var pageNo=1;$.ajax({url:"/api/rows",type:"post",contentType:"application/json",data:JSON.stringify({channelId:7788,pageNo:pageNo,pageSize:20})});'
    return _asked_by_script("json_rows", script, "/api/rows", lambda asked: json.loads(asked.body or b"{}"), 20)


def asked_rows() -> County:
    """Rows that a script asks for by address."""
    return _asked_by_script("asked_rows", 'fetch("/api/list.json?channelId=7788&pageNo=1").then(draw);', "/api/list.json", lambda asked: asked.query, 20)


def files_by_year() -> County:
    """A page without a word of its own: fifteen files, each called by its year."""
    made = Stranger("files_by_year")
    made.way(("/zf/", "政务公开"), ("/zf/gb/", "政府信息公开工作年度报告"))
    for year in YEARS:
        made.site.put(f"/upload/{year}.pdf", b"%%PDF-1.4 %d" % year, "application/pdf")
        made.county.expected[f"/upload/{year}.pdf"] = PLACE, year
    made.page("/zf/gb/", "政府信息公开工作年度报告", listed([(f"/upload/{year}.pdf", f"{year}年") for year in YEARS]))
    return made.county


def other_words() -> County:
    """阳光政府, 公开年报, 局办, 镇街; beside it the annual reports of everything else."""
    made = Stranger("other_words")
    made.way(("/yg/", "阳光政府"))
    decoys = [(f"/yg/{number}/", words) for number, words in enumerate(("法治政府年报", "政府网站年报", "国有企业年报", "公积金年度报告"))]
    for target, words in decoys:
        for number, document in enumerate(write_decoys(words)):
            made.page(f"{target}{number}.html", document.title, document.body)
        made.page(target, words, listed([(f"{target}{number}.html", document.title) for number, document in enumerate(write_decoys(words))]))
    made.page("/yg/", "阳光政府", listed([*decoys, ("/yg/nb/", "公开年报")]))
    made.page("/yg/nb/", "公开年报", listed([("/yg/nb/a/", "县级"), ("/yg/nb/b/", "局办"), ("/yg/nb/c/", "镇街")]))
    for key, organs in (("a", (PLACE,)), ("b", BUREAUS), ("c", TOWNS)):
        made.page(f"/yg/nb/{key}/", "年报", listed(made.reports(f"/yg/nb/{key}/{{n}}{{y}}.html", organs, FEW)))
    return made.county


def unknown_door() -> County:
    """Nothing on the front page has a name that we know."""
    made = Stranger("unknown_door")
    made.way(("/a/", "清风阁"), ("/a/b/", "政府信息公开年报"))
    made.page("/a/b/", "年报", listed(made.reports("/a/b/{y}.html")))
    return made.county


def many_organs() -> County:
    """Thirty bureaus and fifteen towns, each with a column of its own."""
    made = Stranger("many_organs")
    bureaus = [f"{name}局" for name in ["教育", "财政", "水利", "民政", "审计", "统计", "司法", "公安", "商务", "林业", "农业农村", "自然资源", "生态环境", "卫生健康", "应急管理", "医疗保障", "信访", "城市管理", "乡村振兴", "行政审批"]]
    towns = [f"{name}镇" for name in ["白石", "柳河", "石桥", "东关", "西山", "南坪", "北渡", "龙潭", "虎跳", "凤凰", "青龙", "黄沙"]]
    made.page("/", "青溪县", listed([("/gk/", "政务公开"), *made.news()]))
    made.page("/gk/", "政务公开", listed([("/gk/b/", "部门信息公开"), ("/gk/t/", "乡镇信息公开"), ("/gk/zn/", "公开指南")]))
    for key, names in (("b", bureaus), ("t", towns)):
        made.page(f"/gk/{key}/", "单位", listed([(f"/{key}{number}/", name) for number, name in enumerate(names)]))
        for number, name in enumerate(names):
            made.page(f"/{key}{number}/", name, listed([(f"/{key}{number}/zn/", "信息公开指南"), (f"/{key}{number}/nb/", "年度报告")]))
            made.page(f"/{key}{number}/nb/", "年报", listed(made.reports(f"/{key}{number}/nb/{{y}}.html", (name,), FEW)))
    return made.county


def _paged(name: str, draw: Callable[[int, Rows], str], number_of: Callable[[Asked], int | None]) -> County:
    made = Stranger(name)
    made.way(("/gk.aspx", "政府信息公开"), ("/nb.aspx?c=4", "政府信息公开年报"))
    rows = made.reports("/v.aspx?i={n}{y}", ORGANS[:4], YEARS)

    def answer(asked: Asked) -> Served:
        number = number_of(asked)
        if number is None:
            return Served(b"bad state", status=500)
        return Served(dressed("年报", draw(number, rows[(number - 1) * 15 : number * 15])).encode())

    made.site.programs["/nb.aspx"] = answer
    return made.county


def postback() -> County:
    """ASP.NET: the next page is a form with the state of this one."""

    def draw(number: int, rows: Rows) -> str:
        more = f"<a href=\"javascript:__doPostBack('Pager1','{number + 1}')\">下一页</a>" if number < 4 else ""
        state = f'<input type="hidden" name="__EVENTTARGET" value=""/><input type="hidden" name="__EVENTARGUMENT" value=""/><input type="hidden" name="__VIEWSTATE" value="s{number}"/>'
        return f'<form method="post" action="nb.aspx?c=4">{state}{listed(rows)}{more}</form>'

    def number_of(asked: Asked) -> int | None:
        number = int(asked.form.get("__EVENTARGUMENT") or 1)
        return number if asked.method == "GET" or asked.form.get("__VIEWSTATE") == f"s{number - 1}" else None

    return _paged("postback", draw, number_of)


def go_page() -> County:
    """A form with a hidden field for the page, and a link that calls a script."""

    def draw(number: int, rows: Rows) -> str:
        fields = f'<input type="hidden" name="c" value="4"><input type="hidden" name="pageNo" value="{number}">'
        more = f'<a href="javascript:goPage({min(number + 1, 4)})">下一页</a> 第{number}页/共4页'
        return f'<form name="f" method="get" action="nb.aspx">{fields}{listed(rows)}{more}</form>'

    return _paged("go_page", draw, lambda asked: int(asked.query.get("pageNo", "1")))


def loaded_piece() -> County:
    """The way there begins with a page that only sends on; the list is a piece that a script puts in."""
    made = Stranger("loaded_piece")
    made.site.put("/", "<html><body onload=\"window.location.href='/cn/'\"></body></html>")
    made.page("/cn/", "青溪县", listed([("/gk/nb/", "公开年报")]))
    made.page("/gk/nb/", "年报", '<div id=c>加载中</div><script>$(function(){$("#c").load("/gk/inc/nb.html");$("#t").load("/inc/header.html");})</script>')
    made.site.put("/gk/inc/nb.html", listed(made.reports("/v/{y}.html")))
    return made.county


STRANGERS: tuple[Callable[[], County], ...] = (
    clicks, cut_titles, choices, chooser, posted_rows, json_rows, asked_rows, files_by_year, other_words, unknown_door, many_organs, postback, go_page, loaded_piece,
)  # fmt: skip
