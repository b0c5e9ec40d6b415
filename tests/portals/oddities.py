"""Counties with one peculiarity each: shells, leaves, twins, and traps that never end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import count
from urllib.parse import urlsplit

from .content import BUREAUS, PLACE, TOWNS, anchor, write_report
from .county import HOST, County, Plan, reports_of
from .serving import Asked, Served
from .styles import STYLES


def _plan(name: str, style: str = "trs") -> Plan:
    plan = Plan(STYLES[style](), name)
    plan.nav = [("首页", "/"), ("政务公开", "/zwgk/")]
    plan.put("/", "首页", anchor("/zwgk/", "政务公开") + anchor("/xw/", "新闻中心"))
    return plan


def _list(links: list[tuple[str, str]]) -> str:
    return "<ul>" + "".join(f"<li>{anchor(url, words)}</li>" for words, url in links) + "</ul>"


def shells() -> County:
    """The way there: a script that sets location, a refresh, a frame set, a frame in the column."""
    plan = _plan("shells")
    site = plan.county.site
    site.put("/zwgk/", "<html><head><script>window.location.href='/zwgk/zfxxgk/';</script></head></html>")
    site.put("/zwgk/zfxxgk/", "<html><head><meta http-equiv='Refresh' content='0; url=main.html'></head></html>")
    site.put("/zwgk/zfxxgk/main.html", "<html><frameset cols='20%,*'><frame src='tree.jsp'><frame src='right.html'></frameset></html>")
    plan.put("/zwgk/zfxxgk/right.html", "政府信息公开", _list([("政府信息公开年报", "/zwgk/nb/"), ("依申请公开", "/ysq/")]))
    plan.put("/zwgk/nb/", "政府信息公开年报", "<iframe src='/visitcount.html'></iframe><iframe src='/frame/nb.html'></iframe>")
    rows = [(d.title, plan.article("nb", d)) for d in reports_of((PLACE, *BUREAUS))]
    plan.put("/frame/nb.html", "列表", _list(rows))
    return plan.county


def leaves() -> County:
    """Columns that are reports themselves: one address for each organ, and for each year."""
    plan = _plan("leaves", "vsb")
    plan.put("/zwgk/", "政务公开", _list([("政府信息公开年报", "/zfxxgk/zfxxgknb.htm")]))
    years = [(f"{year}年", f"/zfxxgk/zfxxgknb/n{year}n.htm") for year in (2022, 2023)]
    plan.put("/zfxxgk/zfxxgknb.htm", "政府信息公开年报", _list(years))
    for year, (_, target) in zip((2022, 2023), years, strict=True):
        organs = [(organ, f"/zfxxgk/zfxxgknb/n{year}n/xz/o{number}.htm") for number, organ in enumerate((*TOWNS, *BUREAUS))]
        plan.put(target, f"{year}年", _list(organs))
        for organ, leaf in organs:
            plan.put(leaf, "政府信息公开年报", write_report(organ, year).body)
            plan.county.expected[leaf] = organ, year
    return plan.county


def twins() -> County:
    """Each report in the portal's column and in the organ's own, for telephones, for printers, in traditional characters."""
    plan = _plan("twins")
    every, own = [], []
    for document in reports_of((PLACE, *BUREAUS[:3])):
        target = plan.article("nb", document)
        copy = target.replace("/zwgk/", "/bm/")
        plan.put(copy, document.title, plan.style.container.format(document.body))
        plan.county.twins[target] = [copy]
        every += [
            (document.title, form)
            for form in (
                target, f"{HOST.replace('www.', 'm.')}{target}", f"{HOST.replace('http', 'https')}{target}", target.replace(".html", "_wap.html"),
                f"{target}?isMobile=true", f"{target}?print=1", f"/gate/big5/www.qingxi.gov.cn{target}", f"{target}?jsessionid=A1B2C3D4E5F60718",
            )
        ]  # fmt: skip
        own.append((document.title, copy))
    plan.put("/zwgk/nb/", "政府信息公开年报", _list(every))
    plan.put("/bm/nb/", "部门信息公开年报", _list(own))
    plan.put("/zwgk/", "政务公开", _list([("政府信息公开年报", "/zwgk/nb/"), ("部门信息公开年报", "/bm/nb/")]))
    return plan.county


def _trap(name: str, fallback: Callable[[Plan, Asked], Served | None], links: list[tuple[str, str]]) -> County:
    """A county with reports in a good column, and beside it something endless."""
    plan = _plan(name)
    rows = [(d.title, plan.article("nb", d)) for d in reports_of((PLACE, *BUREAUS[:2]))]
    plan.put("/zwgk/nb/", "政府信息公开年报", _list(rows))
    plan.put("/zwgk/", "政务公开", _list([("政府信息公开年报", "/zwgk/nb/"), *links]))
    plan.county.site.fallback = lambda asked: fallback(plan, asked)
    return plan.county


def _page(plan: Plan, links: list[tuple[str, str]], title: str = "政府信息公开") -> Served:
    return Served(plan.page(title, _list(links)).encode())


def calendar() -> County:
    def answer(plan: Plan, asked: Asked) -> Served | None:
        if not asked.target.startswith("/rl/"):
            return None
        year, month = (int(part) for part in asked.target.strip("/").split("/")[1:3])
        following = date(year + month // 12, month % 12 + 1, 1)
        links = [(f"{following.year}年{following.month}月信息公开", f"/rl/{following.year}/{following.month}/")]
        return _page(plan, [*links, (f"{following.year}年", f"/rl/{following.year}/1/"), ("公开目录", f"/rl/{following.year}/{following.month}/")])

    return _trap("calendar", answer, [("信息公开日历", "/rl/2024/1/"), ("信息公开目录", "/rl/2023/1/")])


def months() -> County:
    """A calendar whose links are called as the way to the column is, forth, back, and to other years."""

    def answer(plan: Plan, asked: Asked) -> Served | None:
        if not asked.target.startswith("/ml/"):
            return None
        number = int(asked.query.get("mm", "24288"))  # months since the year 0
        return _page(plan, [("信息公开目录", f"/ml/?mm={number + step}") for step in (1, -1, 12, -12)])

    return _trap("months", answer, [("信息公开目录", "/ml/?mm=24288")])


def endless_pager() -> County:
    def answer(plan: Plan, asked: Asked) -> Served | None:
        if not asked.target.startswith("/more/"):
            return None
        number = int(asked.query.get("page", "1"))
        links = [(f"工作动态第{number * 20 + row}号", f"/dt/{number * 20 + row}.html") for row in range(20)]
        return _page(plan, [*links, ("下一页", f"/more/?page={number + 1}")])

    return _trap("endless_pager", answer, [("部门政府信息公开年报", "/more/?page=1"), ("通知公告", "/more/?page=9000")])


def sessions() -> County:
    serial = count(1000)

    def answer(plan: Plan, asked: Asked) -> Served | None:
        if not asked.target.startswith("/gk/"):
            return None
        return _page(plan, [(words, f"/gk/{next(serial)}/zfxxgk/") for words in ("政府信息公开", "政府信息公开年报", "公开目录")])

    return _trap("sessions", answer, [("信息公开平台", "/gk/1/zfxxgk/")])


def any_page_is_the_first() -> County:
    def answer(plan: Plan, asked: Asked) -> Served | None:
        if not asked.target.startswith("/tz/"):
            return None
        rows = [(f"{town}工作动态", f"/dt/{n}.html") for n, town in enumerate(TOWNS)]
        return Served(plan.page("通知", _list(rows) + "<script>createPageHTML(500, 0, 'index', 'html')</script>").encode())

    return _trap("any_page_is_the_first", answer, [("乡镇政府信息公开年报", "/tz/")])


def growing_path() -> County:
    def answer(plan: Plan, asked: Asked) -> Served | None:
        if not asked.target.startswith("/zl/"):
            return None
        return _page(plan, [("政府信息公开年报", "nb/"), ("部门", "bm/"), ("政务公开", "zl/")])

    return _trap("growing_path", answer, [("信息公开专栏", "/zl/")])


def permutations() -> County:
    def answer(plan: Plan, asked: Asked) -> Served | None:
        if not asked.target.startswith("/ml/"):
            return None
        names = sorted(asked.query)
        links = []
        for name in ("dept", "theme", "type", "order", "sort", "area"):
            for value in range(4):
                query = "&".join(f"{key}={asked.query[key] if key != name else value}" for key in sorted({*names, name}))
                links.append((f"信息公开目录{value}", f"/ml/?{query}"))
        return _page(plan, links)

    return _trap("permutations", answer, [("信息公开目录", "/ml/")])


def soft_404() -> County:
    def answer(plan: Plan, asked: Asked) -> Served | None:
        name = urlsplit(asked.target).path.strip("/").replace("/", "-")
        links = [("政府信息公开", f"/lost/{name}a/"), ("政府信息公开年报", f"/lost/{name}b/")]
        return Served(plan.page("页面不存在", "<p>您访问的页面不存在或已被删除</p>" + _list(links)).encode())

    return _trap("soft_404", answer, [("政府信息公开专栏", "/lost/0/")])


def empty_promises() -> County:
    """A column whose rows have the titles of reports and lead to pages of one sentence."""

    def answer(plan: Plan, asked: Asked) -> Served | None:
        if asked.target.startswith("/hy/?"):
            number = int(asked.query.get("page", "1"))
            rows = [(f"第{number}村第{row}组2021年政府信息公开年报", f"/hy/{number}-{row}.html") for row in range(15)]
            return _page(plan, [*rows, ("下一页", f"/hy/?page={number + 1}")])
        return Served(plan.page("通知", "<p>已阅。</p>").encode()) if asked.target.startswith("/hy/") else None

    return _trap("empty_promises", answer, [("村级政府信息公开年报", "/hy/?page=1")])


TRAPS: tuple[Callable[[], County], ...] = (
    calendar, months, endless_pager, sessions, any_page_is_the_first, growing_path, permutations, soft_404, empty_promises,
)  # fmt: skip
ODDITIES: tuple[Callable[[], County], ...] = (shells, leaves, twins)
