"""Walks over small portals that exist only as a table of pages."""

from __future__ import annotations

from collections.abc import Callable

from crawler.discovery import Link, Walk, read_fetched
from crawler.discovery.walk import BROKEN_PROMISES
from crawler.ledger import PortalLedger

HOME = "http://www.a.gov.cn/"
REPORT = "<h1>{title}</h1><p>一、总体情况</p>"


def page(*links: tuple[str, str], title: str = "", extra: str = "") -> str:
    rows = "".join(f'<li><a href="{href}">{text}</a></li>' for href, text in links)
    return f"<html><head><title>{title}</title></head><body><ul>{rows}</ul>{extra}</body></html>"


class Visit:
    """A walk over `site`: which addresses were asked, which were reports, in order."""

    def __init__(
        self,
        site: dict[str, str] | Callable[[str], str | None],
        *,
        columns: tuple[str, ...] = (),
        years: range | None = None,
        budget: int = 2000,
    ) -> None:
        self.account = PortalLedger("a", "A", HOME)
        self.asked: list[str] = []
        self.reports: list[str] = []
        walk = Walk(HOME, columns, self.account, latest=2024, years=years, budget=budget)
        self.walk = walk
        queue = walk.start()
        while queue:
            queue.sort(key=lambda link: -link.score)
            link = queue.pop(0)
            self.asked.append(link.url)
            body = site(link.url) if callable(site) else site.get(link.url)
            queue.extend(walk.failed(link, "http 404") if body is None else self._arrived(link, body))

    def _arrived(self, link: Link, body: str) -> list[Link]:
        fetched = read_fetched(link.url, body.encode(), media_type="text/html", via=link.column or "", form=link.body)
        is_report = "一、总体情况" in body
        if is_report:
            self.reports.append(link.url)
            self.account.found_report(link.url, year=None)
        return self.walk.arrived(link, fetched, report=is_report, title=link.text)


def report(title: str = "", extra: str = "") -> str:
    return f"<html><body>{REPORT.format(title=title)}{extra}</body></html>"


def test_a_report_is_found_over_the_column_and_nothing_else_is_asked() -> None:
    visit = Visit(
        {
            HOME: page(
                ("/xw/", "新闻中心"), ("/zfxxgk/", "政府信息公开"), ("/bs/", "办事服务"), ("/jyzx/", "教育在线")
            ),
            f"{HOME}zfxxgk/": page(
                ("/zfxxgk/zn/", "政府信息公开指南"),
                ("/zfxxgk/nb/", "政府信息公开年报"),
                ("/zfxxgk/fz/", "法治政府建设年度报告"),
            ),
            f"{HOME}zfxxgk/nb/": page(("./202101/t20210119_1.html", "某县2020年政府信息公开工作年度报告")),
            f"{HOME}zfxxgk/nb/202101/t20210119_1.html": report(),
        }
    )
    assert visit.asked == [HOME, f"{HOME}zfxxgk/", f"{HOME}zfxxgk/nb/", f"{HOME}zfxxgk/nb/202101/t20210119_1.html"]
    assert visit.account.columns == {f"{HOME}zfxxgk/nb/": "the column's name: 政府信息公开年报"}
    assert visit.account.family == "trs"


def test_years_and_organs_count_inside_a_column_and_nowhere_else() -> None:
    site = {
        HOME: page(("/2021/", "2021年"), ("/gst/", "高笋塘街道"), ("/nb/", "政府信息公开年报")),
        f"{HOME}nb/": page(("/c/1/", "2021年"), ("/c/2/", "乡镇街道")),
        f"{HOME}c/1/": page(("/x/1.html", "县政府办公室")),
        f"{HOME}c/2/": page(("/c/3/", "白水乡")),
        f"{HOME}c/3/": page(("/x/2.html", "2022年")),
        f"{HOME}x/1.html": report(),
        f"{HOME}x/2.html": report(),
    }
    visit = Visit(site)
    assert visit.reports and set(visit.reports) == {f"{HOME}x/1.html", f"{HOME}x/2.html"}
    assert not {f"{HOME}2021/", f"{HOME}gst/"} & set(visit.asked)


def test_links_that_name_other_years_are_not_asked_and_unknown_years_are() -> None:
    site = {
        HOME: page(("/nb/", "政府信息公开年报")),
        f"{HOME}nb/": page(
            ("/1.html", "某县2018年政府信息公开年报"),
            ("/2.html", "某县2020年政府信息公开年报"),
            ("/3.html", "某县政府信息公开工作年度报告"),
            ("/2017/", "2017年"),
            ("/t20150101_4.html", "某局政府信息公开工作年度报告"),
        ),
        **{f"{HOME}{n}.html": report() for n in (1, 2, 3)},
    }
    visit = Visit(site, years=range(2019, 2021))
    assert sorted(visit.reports) == [f"{HOME}2.html", f"{HOME}3.html"]
    assert visit.account.left["names 2018"] == 1


def test_a_portal_whose_organs_have_columns_of_their_own_is_walked_organ_by_organ() -> None:
    organs = {f"/o{n}/": f"{name}" for n, name in enumerate(("县教育局", "县财政局", "白水乡", "城关镇"))}
    site = {
        HOME: page(("/zwgk/", "政务公开"), ("/lx/", "联系我们")),
        f"{HOME}zwgk/": page(("/zwgk/bm/", "部门"), ("/zwgk/zd/", "政府信息公开制度")),
        f"{HOME}zwgk/bm/": page(*organs.items()),
    }
    for path in organs:
        site[f"{HOME}{path[1:]}"] = page((f"{path}nb/", "信息公开年报"), (f"{path}dt/", "工作动态"))
        site[f"{HOME}{path[1:]}nb/"] = page((f"{path}nb/1.html", "2020年政府信息公开工作年度报告"))
        site[f"{HOME}{path[1:]}nb/1.html"] = report()
    visit = Visit(site)
    assert len(visit.reports) == 4
    assert len(visit.asked) == len(site)


def test_years_that_nobody_asked_for_do_not_end_a_list() -> None:
    def site(url: str) -> str | None:
        if url == HOME:
            return page(("/nb/", "政府信息公开年报"))
        if "/nb/" in url:
            number = int(url.split("page=")[1]) if "page=" in url else 1
            rows = [(f"/{2024 - number}-{row}.html", f"第{row}镇{2024 - number}年政府信息公开年报") for row in range(3)]
            return page(*rows, (f"/nb/?page={number + 1}", "下一页")) if number < 9 else page(*rows)
        return report()

    visit = Visit(site, years=range(2016, 2017))
    assert len(visit.reports) == 3
    assert len(visit.asked) == 1 + 9 + 3


def test_folders_named_by_the_year_of_publication_are_opened_when_a_year_is_missing_otherwise() -> None:
    site = {
        HOME: page(("/nb/", "政府信息公开年报")),
        f"{HOME}nb/": page(("/f/a/", "2021年"), ("/f/b/", "2022年"), ("/f/c/", "2023年")),
        f"{HOME}f/a/": page(("/1.html", "某县2020年政府信息公开年报")),
        f"{HOME}f/b/": page(("/2.html", "某县2021年政府信息公开年报")),
        f"{HOME}2.html": report(),
    }
    visit = Visit(site, years=range(2021, 2022))
    assert visit.reports == [f"{HOME}2.html"]
    assert not {f"{HOME}f/c/", f"{HOME}1.html"} & set(visit.asked)


def test_a_host_that_is_down_is_asked_once() -> None:
    walk = Walk(HOME, (), PortalLedger("a"), latest=2024)
    assert walk.failed(walk.start()[0], "unreachable: the host refuses the connection") == []
    assert walk.finished


def test_towns_are_visited_when_the_column_holds_bureaus_only() -> None:
    site = {
        HOME: page(("/zfxxgk/", "政府信息公开")),
        f"{HOME}zfxxgk/": page(("/nb/", "政府信息公开年报"), ("/xz/", "乡镇街道"), ("/bm/", "部门")),
        f"{HOME}nb/": page(
            *((f"/n{n}.html", f"县{name}局2020年政府信息公开年报") for n, name in enumerate(("教育", "财政", "民政")))
        ),
        f"{HOME}xz/": page(("/xz/cg/", "城关镇")),
        f"{HOME}xz/cg/": page(("/xz/cg/nb/", "信息公开年报")),
        f"{HOME}xz/cg/nb/": page(("/xz/cg/nb/1.html", "2020年政府信息公开工作年度报告")),
        f"{HOME}xz/cg/nb/1.html": report(),
        **{f"{HOME}n{n}.html": report() for n in range(3)},
    }
    visit = Visit(site)
    assert len(visit.reports) == 4
    assert f"{HOME}bm/" not in visit.asked


def test_reports_among_notices_are_found_when_there_is_no_column() -> None:
    def site(url: str) -> str | None:
        if url == HOME:
            return page(("/gg/", "通知公告"))
        if url.startswith(f"{HOME}gg/"):
            number = int(url.split("_")[1].split(".")[0]) if "_" in url else 0
            rows = [(f"/g{number}.html", f"关于第{number}号道路封闭施工的公告")]
            rows += [("/r.html", "某县2020年政府信息公开工作年度报告")] if number == 2 else []
            return page(*rows, extra="<script>createPageHTML(40, 0, 'index', 'html')</script>")
        return report() if url == f"{HOME}r.html" else None

    visit = Visit(site)
    assert visit.reports == [f"{HOME}r.html"]
    assert len(visit.asked) < 25


def test_a_front_page_that_leads_nowhere_is_searched_at_the_usual_places() -> None:
    visit = Visit(
        {
            HOME: "<html><body><div id='app'></div></body></html>",
            f"{HOME}sitemap.xml": f"<urlset><url><loc>{HOME}a/zfxxgknb/</loc></url><url><loc>{HOME}a/news/</loc></url></urlset>",
            f"{HOME}a/zfxxgknb/": page(("1.html", "某县2020年政府信息公开年报")),
            f"{HOME}a/zfxxgknb/1.html": report(),
        }
    )
    assert visit.reports == [f"{HOME}a/zfxxgknb/1.html"]
    assert visit.account.problems == []


def test_a_known_column_saves_the_search() -> None:
    column = f"{HOME}zfxxgk/zfxxgknb/"
    site = {
        column: page(
            ("1.html", "某县2020年政府信息公开年报"),
            ("2.html", "某县教育局2021年政府信息公开年报"),
            ("/zfxxgk/", "政府信息公开"),
        ),
        f"{column}1.html": report(),
        f"{column}2.html": report(),
    }
    assert sorted(Visit(site, columns=(column,)).asked) == [column, f"{column}1.html", f"{column}2.html"]


def test_a_known_column_that_has_moved_is_searched_for_from_the_front_page() -> None:
    site = {
        HOME: page(("/nb/", "政府信息公开年报")),
        f"{HOME}nb/": page(("/1.html", "某县2020年政府信息公开年报")),
        f"{HOME}1.html": report(),
    }
    visit = Visit(site, columns=(f"{HOME}old/zfxxgknb/",))
    assert visit.reports == [f"{HOME}1.html"]
    assert {"url": f"{HOME}old/zfxxgknb/", "reason": "http 404"} in visit.account.problems


def test_the_column_is_learnt_from_one_report() -> None:
    site = {
        HOME: page(("/zfxxgknb/202101/t20210119_1.html", "某县2020年政府信息公开工作年度报告")),
        f"{HOME}zfxxgknb/202101/t20210119_1.html": report(),
        f"{HOME}zfxxgknb/202201/t20220119_2.html": report(),
        f"{HOME}zfxxgknb/": page(("202201/t20220119_2.html", "某县2021年政府信息公开工作年度报告")),
    }
    assert len(Visit(site).reports) == 2


def test_attachments_of_a_report_are_asked_with_the_report_they_hang_at() -> None:
    site = {
        HOME: page(("/1.html", "某县2020年政府信息公开年报")),
        f"{HOME}1.html": report(extra='<a href="/files/P02.pdf">附件</a>'),
    }
    walk = Walk(HOME, (), PortalLedger("a"), latest=2024)
    front = walk.start()[0]
    title = walk.arrived(front, read_fetched(HOME, site[HOME].encode()))[0]
    attached = walk.arrived(title, read_fetched(title.url, site[title.url].encode()), report=True)
    first = attached[0]
    assert (first.url, first.role, first.attachment_of) == (f"{HOME}files/P02.pdf", "attachment", f"{HOME}1.html")


def test_what_lies_on_other_hosts_is_noted_and_never_asked() -> None:
    links = [(f"http://{host}/nb/", "政府信息公开年报") for host in ("lt.a.gov.cn", "xxgk.b.gov.cn", "xxgk.a.gov.cn:8080", "xxgk.gov.cn")]
    visit = Visit({HOME: page(*links, ("http://b.com/", "广告"))})
    assert not [url for url in visit.asked if not url.startswith(HOME)]
    assert sorted(note["url"] for note in visit.account.problems) == sorted(url for url, _ in links)


def test_the_host_that_a_portals_domain_keeps_for_disclosure_is_the_portals() -> None:
    sister = "http://xxgk.a.gov.cn/"
    visit = Visit(
        {
            HOME: page((sister, "政府信息公开"), ("http://zwgk.a.gov.cn/xw/1.html", "新闻")),
            sister: page((f"{sister}nb/", "政府信息公开年报"), (f"{HOME}xw/", "新闻动态")),
            f"{sister}nb/": page((f"{sister}nb/1.html", "某县2020年政府信息公开年报")),
            f"{sister}nb/1.html": report("某县2020年政府信息公开年报"),
        }
    )
    assert visit.reports == [f"{sister}nb/1.html"]
    assert not [url for url in visit.asked if "zwgk.a.gov.cn" in url]


# --- traps


def test_an_endless_pager_ends_and_the_report_is_found() -> None:
    def site(url: str) -> str | None:
        if url == HOME:
            return page(("/nb/?page=1", "政府信息公开年报"))
        if "/nb/" in url:
            number = int(url.split("page=")[1])
            rows = (
                [("/1.html", "某县2020年政府信息公开年报")]
                if number == 1
                else [(f"/n/{number}.html", f"全县工作动态第{number}号简讯")]
            )
            return page(*rows, (f"/nb/?page={number + 1}", "下一页"))
        return report() if url.endswith("/1.html") else page()

    visit = Visit(site)
    assert visit.reports == [f"{HOME}1.html"]
    assert len(visit.asked) < 10


def test_a_server_that_answers_any_page_number_with_the_first_page_ends_the_list() -> None:
    def site(url: str) -> str | None:
        if url == HOME:
            return page(("/nb/", "政府信息公开年报"))
        if url.startswith(f"{HOME}nb/"):
            return page(
                ("/1.html", "某县2020年政府信息公开年报"),
                extra='<script>createPageHTML(50, 0, "index", "html")</script>',
            )
        return report()

    assert len(Visit(site).asked) == 4


def test_a_calendar_is_not_walked() -> None:
    def site(url: str) -> str | None:
        if url == HOME:
            return page(("/nb/", "政府信息公开年报"))
        if "/nb/" in url:
            year = int(url.rstrip("/").split("/")[-1]) if url.rstrip("/")[-4:].isdigit() else 2024
            return page((f"/nb/{year + 1}/", f"{year + 1}年"), (f"/nb/{year + 1}/", "下一年"), title=str(year))
        return None

    assert len([url for url in Visit(site).asked if "/nb/" in url]) <= 2


def test_a_path_that_repeats_itself_ends() -> None:
    visit = Visit(lambda url: page((f"{url}zfxxgknb/", "政府信息公开年报")))
    assert len(visit.asked) < 16
    assert any("repeats" in reason for reason in visit.account.left) or any(
        "trap" in note["reason"] for note in visit.account.problems
    )


def test_sessions_in_addresses_do_not_make_new_pages() -> None:
    counter = iter(range(10_000))

    def site(url: str) -> str | None:
        session = f";jsessionid={next(counter):032X}"
        if "1.html" in url:
            return report(extra=f'<a href="/nb/{session}">政府信息公开年报</a>')
        return page((f"/nb/{session}", "政府信息公开年报"), (f"/1.html{session}", "某县2020年政府信息公开年报"))

    assert Visit(site).asked == [HOME, f"{HOME}1.html", f"{HOME}nb/"]


def test_promises_that_are_never_kept_end_a_list() -> None:
    def site(url: str) -> str | None:
        if url == HOME:
            return page(("/nb/?page=1", "政府信息公开年报"))
        if "/nb/" not in url:
            return page(title=url)
        number = int(url.split("page=")[1])
        rows = [
            (f"/{number}-{row}.html", f"第{number}乡第{row}村2020年政府信息公开年报") for row in range(BROKEN_PROMISES)
        ]
        return page(*rows, (f"/nb/?page={number + 1}", "下一页"))

    visit = Visit(site)
    assert len(visit.asked) < 5 * BROKEN_PROMISES
    assert any("trap" in note["reason"] for note in visit.account.problems)


def test_one_report_under_ever_new_addresses_is_not_followed_for_ever() -> None:
    def site(url: str) -> str | None:
        if url == HOME:
            return page(("/x0/1.html", "某县2020年政府信息公开年报"))
        number = int(url.split("/x")[1].split("/")[0])
        return report(extra=page((f"/x{number + 1}/1.html", "某县2020年政府信息公开年报")))

    visit = Visit(site)
    assert len(visit.asked) < 20
    assert any("trap" in note["reason"] for note in visit.account.problems)


def test_the_budget_ends_a_walk_and_says_so() -> None:
    def site(url: str) -> str | None:
        number = int(url.rsplit("/", 1)[1][:-5] or 0) if url.endswith(".html") else 0
        links = [(f"/{2 * number + step}.html", f"第{2 * number + step}镇2020年政府信息公开年报") for step in (1, 2)]
        return report(str(number), extra=page(*links)) if number else page(*links)

    visit = Visit(site, budget=25)
    assert len(visit.asked) == 25
    assert any(note["reason"].startswith("budget") for note in visit.account.problems)


def test_a_known_column_of_one_organ_does_not_hide_the_rest_of_the_portal() -> None:
    column = f"{HOME}zfxxgk/zfxxgknb/"
    site = {HOME: page(("/zfxxgk/", "政府信息公开")), f"{HOME}zfxxgk/": page(("zfxxgknb/", "政府信息公开年报"))}
    organs = {"xzf": "某县人民政府", "jyj": "县教育局", "gsx": "高山乡"}
    site[column] = page(*((f"{slug}/", name) for slug, name in organs.items()))
    for slug, name in organs.items():
        years = range(2020, 2023)
        site[f"{column}{slug}/"] = page(*((f"{year}.html", f"{name}{year}年政府信息公开年报") for year in years))
        site |= {f"{column}{slug}/{year}.html": report(f"{name}{year}") for year in years}
    for known in ("jyj/", "xzf/", "jyj/2021.html"):
        visit = Visit(site, columns=(column + known,))
        assert visit.asked[0] == column + known
        assert len(set(visit.reports)) == len(visit.reports) == 9, known


def test_a_known_column_of_one_year_does_not_hide_the_other_years() -> None:
    column = f"{HOME}zfxxgknb/"
    site = {HOME: page(("/zfxxgknb/", "政府信息公开年报"))}
    site[column] = page(*((f"{year}/", f"{year}年") for year in (2020, 2021)))
    for year in (2020, 2021):
        names = ("某县", "县教育局", "高山乡")
        site[f"{column}{year}/"] = page(
            *((f"{at}.html", f"{name}{year}年政府信息公开年报") for at, name in enumerate(names))
        )
        site |= {f"{column}{year}/{at}.html": report() for at in range(3)}
    assert len(Visit(site, columns=(f"{column}2021/",)).reports) == 6
    only = Visit(site, columns=(f"{column}2021/",), years=range(2021, 2022))
    assert len(only.reports) == 3
    assert f"{column}2020/" not in only.asked


def test_organs_with_directories_named_after_disclosure_or_after_sites_are_visited() -> None:
    for directory in ("部门信息公开目录", "部门网站"):
        site = {
            HOME: page(("/nb/", "政府信息公开年报"), ("/bm/", directory)),
            f"{HOME}nb/": page(*((f"{year}.html", f"{year}年度政府信息公开工作报告") for year in (2019, 2020, 2021))),
            f"{HOME}bm/": page(("/jyj/", "县教育局")),
            f"{HOME}jyj/": page(("/jyj/nb/", "公开年报"), title="县教育局信息公开"),
            f"{HOME}jyj/nb/": page(("1.html", "2020年信息公开年度报告")),
            f"{HOME}jyj/nb/1.html": report("县教育局"),
        }
        site |= {f"{HOME}nb/{year}.html": report(str(year)) for year in (2019, 2020, 2021)}
        assert f"{HOME}jyj/nb/1.html" in Visit(site).reports, directory


def test_a_stray_report_does_not_end_the_search_for_the_others() -> None:
    site = {
        HOME: page(("/xxgk/", "信息公开"), ("/gggs/", "公告公示")),
        f"{HOME}xxgk/": page(("1.html", "县司法局2020年政府信息公开年报"), title="信息公开"),
        f"{HOME}xxgk/1.html": report(),
        f"{HOME}gggs/": page(("2.html", "某县2021年政府信息公开工作年度报告"), ("3.html", "拆迁公示3")),
        f"{HOME}gggs/2.html": report("某县"),
    }
    visit = Visit(site)
    assert len(visit.reports) == 2
    assert f"{HOME}gggs/3.html" not in visit.asked


def test_navigation_and_news_are_no_way_to_a_column() -> None:
    chrome = '<div class="nav"><a href="/xw/">新闻中心</a></div>'
    news = ("/xw/201808/t20180808_7.html", "某县部署政务公开工作")
    site = {
        HOME: page(news, ("/zwgk/", "政务公开"), extra=chrome),
        f"{HOME}zwgk/": page(("jyj/", "县教育局"), title="政务公开", extra=chrome),
        f"{HOME}zwgk/jyj/": page(),
    }
    asked = Visit(site).asked
    assert f"{HOME}zwgk/jyj/" in asked
    assert f"{HOME}xw/" not in asked and f"{HOME}xw/201808/t20180808_7.html" not in asked


def test_an_organ_that_left_out_a_year_is_followed_over_the_gap_to_its_first_report() -> None:
    def site(url: str) -> str | None:
        if url == HOME:
            return page((f"{address}2022", "县教育局政府信息公开年报2022年"))
        if url.startswith(f"http://www.a.gov.cn{address}"):
            year = int(url[-4:])
            return report(str(year)) if 2010 <= year <= 2022 and year != 2016 else page()
        return None

    address = "/module/xxgk/xxgkAnnualReport.jsp?area=001&fbtime="
    visit = Visit(site)
    assert len(visit.reports) == 12
    assert len(visit.asked) <= 12 + 1 + 1 + 2 + 2, "the gap, and two years at either end"


def test_a_column_under_its_own_name_again_is_the_same_column() -> None:
    def site(url: str) -> str | None:
        if url == HOME:
            return page(("/gknb/index.html", "公开年报"))
        if url.endswith("/index.html"):
            rows = ((f"r{year}.html", f"某县{year}年政府信息公开年报") for year in range(2015, 2021))
            return page(*rows, ("gknb/index.html", "公开年报"), ("index_1.html", "下一页"))
        return report(url) if "gknb/gknb" not in url and url.endswith("0.html") else None

    assert not [url for url in Visit(site).asked if "gknb/gknb/r" in url or "gknb/gknb/index_1" in url]


def test_one_failure_in_a_list_here_and_there_does_not_end_it_and_the_account_says_so() -> None:
    column = f"{HOME}nb/"
    site = {HOME: page(("/nb/", "政府信息公开年报"))}
    for number in range(7):
        file = f"index_{number}.html" if number else ""
        call = f"<script>createPageHTML(7, {number}, 'index', 'html')</script>"
        site[column + file] = page((f"{number}.html", f"某县{2010 + number}年政府信息公开年报"), extra=call)
        site[f"{column}{number}.html"] = report(str(number))
    for number in (2, 4):
        del site[f"{column}index_{number}.html"]
    visit = Visit(site)
    assert len(visit.reports) == 5
    assert "a list could not be read whole: http 404" in visit.account.missing([2012])[2012]


def test_portals_at_one_host_keep_to_their_folders() -> None:
    def walk(url: str, *others: str) -> set[str]:
        account = PortalLedger("a", "A", url)
        walk = Walk(url, (), account, latest=2024, others=others)
        queue, asked = walk.start(), set()
        while queue:
            link = queue.pop(0)
            asked.add(link.url.removeprefix(HOME))
            body = site.get(link.url)
            if body is None:
                queue.extend(walk.failed(link, "http 404"))
                continue
            fetched = read_fetched(link.url, body.encode(), via=link.column or "")
            if "一、总体情况" in body:
                account.found_report(link.url, year=None)
            queue.extend(walk.arrived(link, fetched, report="一、总体情况" in body, title=link.text))
        return asked

    site: dict[str, str] = {}
    for folder in ("", "b/", "c/"):
        ways = [(f"/{other}nb/", "政府信息公开年报") for other in ("", "b/", "c/")]
        site[f"{HOME}{folder}"] = page(*ways)
        rows = ((f"/art/{at}{folder.strip('/')}.html", f"某县202{at}年政府信息公开年报") for at in range(4))
        site[f"{HOME}{folder}nb/"] = page(*rows)
        site |= {f"{HOME}art/{at}{folder.strip('/')}.html": report(f"{folder}{at}") for at in range(4)}
    portals = [HOME, f"{HOME}b", f"{HOME}c/index.html"]
    site[f"{HOME}b"], site[f"{HOME}c/index.html"] = site[f"{HOME}b/"], site[f"{HOME}c/"]
    assert walk(portals[1], portals[0], portals[2]) == {"b", "b/nb/", *(f"art/{at}b.html" for at in range(4))}
    assert walk(portals[2], portals[0], portals[1]) == {"c/index.html", "c/nb/", *(f"art/{at}c.html" for at in range(4))}
    assert walk(portals[0], *portals[1:]) == {"", "nb/", *(f"art/{at}.html" for at in range(4))}


def test_folders_named_by_the_year_of_publication_are_opened_once_one_of_them_was_seen() -> None:
    site = {HOME: page(("/nb/", "政府信息公开年报"))}
    site[f"{HOME}nb/"] = page(("bj.html", "某县2020年政府信息公开年报"), ("2020/", "2020年"), ("2021/", "2021年"))
    site[f"{HOME}nb/bj.html"] = report("某县2020年")
    for year in (2020, 2021):
        site[f"{HOME}nb/{year}/"] = page((f"{year}01/t{year}0122_1.html", "城关镇政府信息公开工作年度报告"))
        site[f"{HOME}nb/{year}/{year}01/t{year}0122_1.html"] = report(f"城关镇{year - 1}年")

    class Titled(Visit):
        def _arrived(self, link: Link, body: str) -> list[Link]:
            fetched = read_fetched(link.url, body.encode(), via=link.column or "")
            heading = fetched.tree.findtext(".//h1") if fetched.tree is not None else None
            if heading:
                self.reports.append(link.url)
                self.account.found_report(link.url, year=int(heading[-5:-1]))
            return self.walk.arrived(link, fetched, report=bool(heading), title=heading)

    assert f"{HOME}nb/2021/202101/t20210122_1.html" in Titled(site, years=range(2020, 2021)).reports
