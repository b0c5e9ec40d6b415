"""One walk through a portal of each kind: all of its reports, and hardly anything else."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from crawler.discovery import Link, Walk, read_fetched
from crawler.ledger import PortalLedger

HOME = "http://www.a.gov.cn/"
ORGANS = [
    f"{name}{kind}"
    for kind in ("镇", "乡", "街道")
    for name in ("白水", "城关", "高坪", "长岭", "分水", "龙驹", "走马", "余家")
]
YEARS = range(2019, 2022)
NAV = '<div class="nav"><a href="/">首页</a><a href="/xw/">新闻动态</a><a href="/zfxxgk/">政府信息公开</a><a href="/hd/">互动交流</a><a href="/zt/">专题专栏</a></div>'
FOOT = '<div class="footer"><a href="/map/">网站地图</a><a href="http://www.gov.cn/">中国政府网</a></div>'


def page(body: str, title: str = "某县人民政府") -> str:
    return f"<html><head><title>{title}</title></head><body>{NAV}{body}{FOOT}</body></html>"


def li(rows: list[tuple[str, str]]) -> str:
    return (
        "<ul>"
        + "".join(f'<li><a href="{href}">{text}</a><span>2021-01-20</span></li>' for href, text in rows)
        + "</ul>"
    )


def report(title: str, extra: str = "") -> str:
    return page(f"<h1>{title}</h1><p>一、总体情况</p>{extra}", title)


class Site:
    """Pages by path (with query), and `answer` for what is computed."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {
            "/": page(li([("/xw/1.html", "某县召开工作会议"), ("/tjgb/", "统计公报")])),
            "/xw/": page(li([("/xw/1.html", "某县召开工作会议")])),
        }
        self.reports: set[str] = set()

    def add(self, path: str, title: str, extra: str = "") -> tuple[str, str]:
        self.pages[path] = report(title, extra)
        self.reports.add(path)
        return path, title

    def answer(self, path: str, query: dict[str, str], link: Link) -> str | None:
        return None


def walk(site: Site, years: range | None = None) -> tuple[set[str], list[str], PortalLedger]:
    account = PortalLedger("a", "A", HOME)
    walk = Walk(HOME, (), account, latest=2024, years=years)
    queue, asked, found = walk.start(), [], set()
    while queue:
        queue.sort(key=lambda link: -link.score)
        link = queue.pop(0)
        parts = urlsplit(link.url)
        # As programs read a query: in any order.
        path = parts.path + (f"?{'&'.join(sorted(parts.query.split('&')))}" if parts.query else "")
        asked.append(path)
        form = dict(parse_qsl(link.body.decode()))
        body = site.answer(parts.path, {**dict(parse_qsl(parts.query)), **form}, link)
        body = body if body is not None else site.pages.get(path)
        if body is None:
            queue += walk.failed(link, "http 404")
            continue
        kind = "application/json" if body[:1] in "{[" else "text/xml" if body.startswith("<?xml") else "text/html"
        got = read_fetched(link.url, body.encode(), media_type=kind, via=link.column or "", form=link.body)
        is_report = "一、总体情况" in body and kind == "text/html"
        if is_report:
            found.add(path)
            account.found_report(link.url, year=None)
        queue += walk.arrived(link, got, report=is_report, title=link.text)
    return found, asked, account


def trs() -> Site:
    """A root with years, under each the organs, in pages of ten; relative links with dots."""
    site = Site()
    site.pages["/zfxxgk/"] = page(
        li([("./zn/", "政府信息公开指南"), ("./nb/", "政府信息公开年报"), ("./fd/", "法定主动公开内容")]),
        "政府信息公开",
    )
    site.pages["/zfxxgk/nb/"] = page(li([(f"./{year}n/", f"{year}年") for year in YEARS]))
    for year in YEARS:
        rows = []
        for n, organ in enumerate(ORGANS):
            path, title = site.add(
                f"/zfxxgk/nb/{year}n/{year + 1}01/t{year + 1}0120_{n}.html", f"{organ}{year}年政府信息公开工作年度报告"
            )
            rows.append((f"./{path.split('/', 4)[4]}", title))
        for number, start in enumerate(range(0, len(rows), 10)):
            name = "" if number == 0 else f"index_{number}.html"
            call = f"<script>createPageHTML(3, {number}, 'index', 'html');</script>"
            site.pages[f"/zfxxgk/nb/{year}n/{name}"] = page(li(rows[start : start + 10]) + call)
    return site


def hanweb() -> Site:
    """Rows in CDATA, the rest behind a data proxy that takes forms only and cuts the window at 20."""
    site = Site()
    site.pages["/zfxxgk/"] = page(li([("/col/col9/index.html", "信息公开年报")]))
    rows = [
        site.add(f"/art/2021/1/{n + 1}/art_9_{year}{n}.html", f"{organ}{year}年政府信息公开工作年度报告")
        for year in YEARS
        for n, organ in enumerate(ORGANS)
    ]
    records = [
        f"<record><![CDATA[<li><a href='{href}' title='{text}'>{text[:12]}...</a></li>]]></record>"
        for href, text in rows
    ]
    store = f"<script type='text/xml'><datastore><totalrecord>{len(rows)}</totalrecord><recordset>{''.join(records[:15])}</recordset></datastore></script>"
    call = """<script>$('#1').jpage({proxy:'/module/web/jpage/dataproxy.jsp', param:{'col':'1','webid':'3','columnid':'9','unitid':'45','path':'/'}})</script>"""
    site.pages["/col/col9/index.html"] = page(f"<div id='1'>{store}</div>{call}")

    def answer(path: str, query: dict[str, str], link: Link) -> str | None:
        if not path.endswith("dataproxy.jsp"):
            return None
        if (
            link.method != "POST"
            or query.get("columnid") != "9"
            or dict(link.headers).get("Referer") != f"{HOME}col/col9/index.html"
        ):
            return "<?xml version='1.0'?><datastore><totalrecord>0</totalrecord></datastore>"
        start = int(query["startrecord"]) - 1
        window = records[start : min(int(query["endrecord"]), start + 20)]
        return f"<?xml version='1.0'?><datastore><totalrecord>{len(rows)}</totalrecord><recordset>{''.join(window)}</recordset></datastore>"

    site.answer = answer  # type: ignore[method-assign]
    return site


def vsb() -> Site:
    """Pages counted backwards, articles in /info/, one leaf that is the report itself."""
    site = Site()
    site.pages["/zfxxgk/"] = page(
        li([("../zfxxgk/nb.htm", "政府信息公开年报"), ("../zfxxgk/zd.htm", "政府信息公开制度")])
    )
    rows = [site.add(f"/info/1025/{n}.htm", f"{organ}2020年政府信息公开年报") for n, organ in enumerate(ORGANS)]
    site.add("/zfxxgk/nb/zgz.htm", "止戈镇")
    rows.append(("nb/zgz.htm", "止戈镇"))
    pages = [rows[start : start + 9] for start in range(0, len(rows), 9)]
    for number, part in enumerate(pages):
        left = len(pages) - number
        path = "/zfxxgk/nb.htm" if number == 0 else f"/zfxxgk/nb/{left}.htm"
        part = [(href if href.startswith("/") or number == 0 else href.split("/")[1], text) for href, text in part]
        site.pages[path] = page(li(part) + f"<script>_simple_list_gotopage_fun({len(pages)},'u5',2)</script>")
    return site


def gkmlpt() -> Site:
    """An application without anchors; its rows come from an interface."""
    site = Site()
    site.pages["/"] = page(li([("/gkmlpt/index", "政府信息公开")]))
    tree = json.dumps([{"id": 7, "name": "信息公开指南"}, {"id": 9, "name": "政府信息公开年报"}], ensure_ascii=False)
    site.pages["/gkmlpt/index"] = (
        f"<html><body><div id='app'></div><script>var _CONFIG = {{SID: '758', TREE: {tree}}}</script></body></html>"
    )
    rows = [
        site.add(f"/gkmlpt/content/0/{n}/post_{n}.html", f"{organ}2020年政府信息公开年报")
        for n, organ in enumerate(ORGANS)
    ]

    def answer(path: str, query: dict[str, str], link: Link) -> str | None:
        if path != "/gkmlpt/api/all/9" or query.get("sid") != "758":
            return None
        start = (int(query["page"]) - 1) * 10
        return json.dumps(
            {
                "articles": [{"title": text, "url": HOME[:-1] + href} for href, text in rows[start : start + 10]],
                "total": len(rows),
            }
        )

    site.answer = answer  # type: ignore[method-assign]
    return site


def lonsun() -> Site:
    """The report is a column's address; organs and years are lists of links."""
    site = Site()
    base = "/public/column"
    site.pages["/"] = page(li([(f"{base}/1?type=4&action=list", "政府信息公开")]))
    site.pages[f"{base}/1?action=list&type=4"] = page(
        li([(f"{base}/1?type=2", "信息公开指南"), (f"{base}/1?type=3&action=list", "政府信息公开年报")])
    )
    site.pages[f"{base}/1?action=rel&type=4"] = page(
        li([(f"{base}/{n + 2}?type=4&action=list", organ) for n, organ in enumerate(ORGANS)])
    )
    for n, organ in enumerate(["县人民政府", *ORGANS]):
        years = [(f"{base}/{n + 1}?type=3&action=detail&nav=3&title={year}", f"{year}年") for year in YEARS]
        site.pages[f"{base}/{n + 1}?action=list&type=3"] = page(f"<ul id='timeFrame'>{li(years)}</ul>")
        for year in YEARS:
            site.add(f"{base}/{n + 1}?action=detail&nav=3&title={year}&type=3", f"{organ}{year}年政府信息公开年报")
    return site


def ucap() -> Site:
    """Files from list_2, six arguments; the column's stem is the portal's own."""
    site = Site()
    site.pages["/zfxxgk/"] = page(li([("/site/c106127/xxgk_list.shtml", "政府信息公开年度报告")]))
    rows = [
        site.add(f"/site/c106127/202101/{n:032x}.shtml", f"{organ}2020年政府信息公开年报")
        for n, organ in enumerate(ORGANS)
    ]
    for number in range(3):
        name = "xxgk_list.shtml" if number == 0 else f"xxgk_list_{number + 1}.shtml"
        call = f"<script>createPageHTML('page_div',3,{number + 1},'xxgk_list','shtml',24)</script>"
        site.pages[f"/site/c106127/{name}"] = page(li(rows[number * 8 : number * 8 + 8]) + call)
    return site


def openness() -> Site:
    """A table of organs, each with a page that can be exchanged year by year."""
    site = Site()
    site.pages["/zfxxgk/"] = page(li([("/OpennessContent/showList/1/2/page_1.html", "政府信息公开年报")]))
    rows = [
        site.add(f"/OpennessAnnualReport/year/show/{n}/2021.html", f"{organ}2021年政府信息公开年报")
        for n, organ in enumerate(ORGANS)
    ]
    for n, organ in enumerate(ORGANS):
        for year in (2019, 2020):
            site.add(f"/OpennessAnnualReport/year/show/{n}/{year}.html", f"{organ}{year}年政府信息公开年报")
    for number in range(2):
        pager = "<div class='page'>共2页</div>"
        site.pages[f"/OpennessContent/showList/1/2/page_{number + 1}.html"] = page(
            li(rows[number * 12 : number * 12 + 12]) + pager
        )
    return site


def jpaas() -> Site:
    """Rows from build/unit, page by page."""
    site = Site()
    site.pages["/zfxxgk/"] = page(li([("/zfxxgk/nb/index.html", "政府信息公开年报")]))
    rows = [
        site.add(f"/zfxxgk/nb/art/2021/art_{n:032x}.html", f"{organ}2020年政府信息公开年报")
        for n, organ in enumerate(ORGANS)
    ]
    unit = "/api-gateway/jpaas-publish-server/front/page/build/unit"
    site.pages["/zfxxgk/nb/index.html"] = page(
        f"""<div queryData="{{'webId':'w','pageId':'p','tplSetId':'t','tagId':'列表','parseType':'bulidstatic','pageType':'column'}}" url="{unit}"></div>"""
    )

    def answer(path: str, query: dict[str, str], link: Link) -> str | None:
        if path != unit or query.get("pageId") != "p":
            return None
        asked = json.loads(query["paramJson"])
        start = (asked["pageNo"] - 1) * asked["pageSize"]
        return json.dumps({"data": {"html": li(rows[start : start + asked["pageSize"]]) if start < len(rows) else ""}})

    site.answer = answer  # type: ignore[method-assign]
    return site


def nobody() -> Site:
    """A system that nobody knows: query addresses, a table of organs and years, rows as objects in a script."""
    site = Site()
    site.pages["/zfxxgk/"] = page(li([("/l.do?c=77", "信息公开年报"), ("/l.do?c=78", "行政执法公示")]))
    head = "<tr><th>单位</th>" + "".join(f"<th>{year}年</th>" for year in YEARS) + "</tr>"
    body = ""
    for n, organ in enumerate(ORGANS):
        cells = ""
        for year in YEARS:
            path, _ = site.add(f"/d.do?i={n}{year}", f"{organ}{year}年政府信息公开年报")
            cells += f"<td><a href='{path}'>查看</a></td>"
        body += f"<tr><td>{organ}</td>{cells}</tr>"
    more = [site.add(f"/d.do?i=9{year}", f"某县{year}年政府信息公开工作年度报告") for year in YEARS]
    script = f"<script>var rows = {json.dumps([{'title': text, 'url': href} for href, text in more])};</script>"
    site.pages["/l.do?c=77"] = page(f"<table>{head}{body}</table>{script}")
    return site


@pytest.mark.parametrize("build", [trs, hanweb, vsb, gkmlpt, lonsun, ucap, openness, jpaas, nobody])
def test_all_reports_of_a_portal_are_found_with_few_requests_more(build) -> None:
    site = build()
    found, asked, account = walk(site)
    assert found == site.reports
    assert len(asked) == len(set(asked)) or build is hanweb
    wasted = [path for path in asked if path not in site.reports]
    # Front page, hub, column, further pages of lists, organs: what leads to reports is no waste.
    assert len(wasted) <= 14 + len(ORGANS) * (build is lonsun) + 2 * len(ORGANS) * (build is openness), wasted
    assert account.columns


@pytest.mark.parametrize("build", [trs, openness, lonsun, nobody])
def test_a_year_costs_little_more_than_its_reports(build) -> None:
    site = build()
    found, asked, _ = walk(site, range(2020, 2021))
    wanted = {path for path in site.reports if "2020" in site.pages[path]}
    assert found == wanted
    assert not [path for path in asked if path in site.reports - wanted]
