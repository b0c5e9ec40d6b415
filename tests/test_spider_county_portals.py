"""The spider over a small portal on this machine, in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from scrapy import signals
from scrapy.crawler import AsyncCrawlerRunner

from crawler.items import ReportPage
from crawler.spiders.county_portals import CountyPortals


def text_of(organ: str, year: int) -> str:
    chapters = {
        "一、总体情况": f"{year}年，{organ}认真贯彻落实《中华人民共和国政府信息公开条例》，全年主动公开政府信息120条，收到依申请公开3件，均已按期答复。",
        "二、主动公开政府信息情况": "本年新制作规范性文件2件，现行有效规范性文件8件，作出行政许可处理决定15件，均在网站公开。",
        "三、收到和处理政府信息公开申请情况": "本年新收政府信息公开申请3件，予以公开2件，部分公开1件，没有结转下年度继续办理的申请。",
        "四、政府信息公开行政复议、行政诉讼情况": "本年没有发生因政府信息公开引起的行政复议和行政诉讼案件，各项工作平稳有序。",
        "五、存在的主要问题及改进情况": "公开的及时性还有待提高，下一步将加强培训，完善制度，及时回应社会关切，不断提高公开质量。",
        "六、其他需要报告的事项": "本年度没有收取信息处理费，没有其他需要报告的事项，特此报告。",
    }
    body = "".join(f"<p>{heading}</p><p>{text}</p>" for heading, text in chapters.items())
    return f"<h1>{organ}{year}年政府信息公开工作年度报告</h1>{body}"


def html(body: str, title: str = "某县人民政府") -> bytes:
    return f"<html><head><meta charset='gbk'><title>{title}</title></head><body>{body}</body></html>".encode("gbk")


def rows(*links: tuple[str, str]) -> str:
    return "<ul>" + "".join(f'<li><a href="{href}">{text}</a></li>' for href, text in links) + "</ul>"


class Portal:
    """A county's portal: a column of two pages, one report of an organ behind a stub, an attachment, and temptations."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        column = "/zfxxgk/zfxxgknb/"
        self.pages: dict[str, bytes] = {
            "/": html(
                rows(("/xw/", "新闻中心"), ("/zfxxgk/", "政府信息公开"), ("http://10.0.0.1/nb/", "政府信息公开年报"))
            ),
            "/zfxxgk/": html(
                rows(("zfxxgknb/", "政府信息公开年报"), ("fzzf/", "法治政府建设年度报告"), ("zn/", "政府信息公开指南"))
            ),
            column: html(
                rows(
                    ("202201/t20220118_3.html", "某县2021年政府信息公开工作年度报告"),
                    ("202101/t20210118_2.html", "某县2020年政府信息公开工作年度报告"),
                    ("202101/t20210119_9.html", "某县2020年政府信息公开工作年度报告解读"),
                    ("jyj/", "县教育局"),
                )
                + "<script>createPageHTML(2, 0, 'index', 'html')</script>"
            ),
            f"{column}index_1.html": html(
                rows(
                    ("201901/t20190118_1.html", "某县2018年政府信息公开工作年度报告"),
                    ("gone.html", "某县2019年政府信息公开工作年度报告"),
                )
            ),
            f"{column}jyj/": html("<script>window.location.href='/jyj/report.html'</script>"),
            "/jyj/report.html": html(
                text_of("某县教育局", 2020) + '<p><a href="/files/report.pdf">附件：统计表</a></p>'
            ),
            "/files/report.pdf": b"%PDF-1.4 composed",
            f"{column}202201/t20220118_3.html": html(text_of("某县", 2021)),
            f"{column}202101/t20210118_2.html": html(text_of("某县", 2020)),
            f"{column}201901/t20190118_1.html": html(text_of("某县", 2018)),
            f"{column}gone.html": html("<h1>您访问的页面不存在</h1>"),
        }
        portal = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = portal.pages.get(self.path)
                portal.asked.append(self.path)
                self.send_response(200 if body is not None else 404)
                self.send_header("Content-Type", "application/pdf" if self.path.endswith(".pdf") else "text/html")
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"


@pytest.fixture
def portal() -> Iterator[Portal]:
    portal = Portal()
    thread = Thread(target=portal.server.serve_forever, daemon=True)
    thread.start()
    yield portal
    portal.server.shutdown()
    portal.server.server_close()
    thread.join()


def registry(portal: Portal, folder: Path, column: str = "") -> str:
    path = folder / "portals.csv"
    path.write_text(
        f"id,name,division,level,url,column_url\nxian,某县,500101,county,{portal.url},{column}\n", encoding="utf-8"
    )
    return str(path)


def crawl(
    settings: dict[str, Any] | None = None, watch: Callable[[Any], None] | None = None, **arguments: str
) -> tuple[list[ReportPage], CountyPortals]:
    """Run the spider without a reactor; return what it yielded, and the spider."""
    runner = AsyncCrawlerRunner(
        {
            "TWISTED_REACTOR_ENABLED": False,
            "REMOTE_CONTROL_ENABLED": False,
            "TELNETCONSOLE_ENABLED": False,
            "DOWNLOAD_DELAY": 3,
            "LOG_LEVEL": "ERROR",
            "ROBOTSTXT_OBEY": False,
            **(settings or {}),
        }
    )
    crawler = runner.create_crawler(CountyPortals)
    items: list[ReportPage] = []
    crawler.signals.connect(lambda item, response, spider: items.append(item), signals.item_scraped, weak=False)

    if watch:
        crawler.signals.connect(lambda spider: watch(spider), signals.spider_opened, weak=False)

    async def run() -> None:
        await runner.crawl(crawler, **arguments)

    asyncio.run(run())
    assert isinstance(crawler.spider, CountyPortals)
    return items, crawler.spider


def test_every_report_is_yielded_and_temptations_are_not_asked(portal: Portal, tmp_path: Path) -> None:
    items, spider = crawl(portals=registry(portal, tmp_path))
    paths = sorted(item.url.removeprefix(portal.url) for item in items if item.attachment_of is None)
    column = "zfxxgk/zfxxgknb/"
    assert paths == [
        "jyj/report.html",
        f"{column}201901/t20190118_1.html",
        f"{column}202101/t20210118_2.html",
        f"{column}202201/t20220118_3.html",
    ]
    assert not {"/xw/", "/zfxxgk/fzzf/", "/zfxxgk/zn/", "/zfxxgk/zfxxgknb/202101/t20210119_9.html"} & set(portal.asked)
    account = spider.ledger.portal("xian")
    assert account.family == "trs"
    assert account.columns == {f"{portal.url}{column}": "the column's name: 政府信息公开年报"}
    reasons = {note["url"]: note["reason"] for note in account.problems}
    assert reasons[f"{portal.url}{column}gone.html"].startswith("soft 404")
    assert reasons["http://10.0.0.1/nb/"].startswith("off-host")
    gone = f"{portal.url}{column}gone.html"
    assert account.missing(range(2018, 2022)) == {2019: f"{reasons[gone]}: {gone}"}


def test_an_item_says_where_it_came_from_and_carries_the_bytes_as_served(portal: Portal, tmp_path: Path) -> None:
    items, _ = crawl(portals=registry(portal, tmp_path))
    attached = next(item for item in items if item.attachment_of)
    assert (attached.attachment_of, attached.body, attached.media_type) == (
        f"{portal.url}jyj/report.html",
        b"%PDF-1.4 composed",
        "application/pdf",
    )
    item = next(item for item in items if item.url.endswith("t20210118_2.html"))
    assert item.anchor == "某县2020年政府信息公开工作年度报告"
    assert item.via == f"{portal.url}zfxxgk/zfxxgknb/"
    assert (item.portal, item.official, item.body) == (
        "xian",
        True,
        portal.pages["/zfxxgk/zfxxgknb/202101/t20210118_2.html"],
    )


def test_years_narrow_the_requests_and_not_only_the_reports(portal: Portal, tmp_path: Path) -> None:
    items, spider = crawl(portals=registry(portal, tmp_path), years="2020")
    assert {item.url.rsplit("/", 1)[1] for item in items} == {"t20210118_2.html", "report.html", "report.pdf"}
    assert not [path for path in portal.asked if "t20220118" in path or "t20190118" in path]
    assert spider.ledger.portal("xian").missing(spider.years) == {}


def test_a_known_column_is_asked_first_and_the_front_page_not_at_all(portal: Portal, tmp_path: Path) -> None:
    crawl(portals=registry(portal, tmp_path, f"{portal.url}zfxxgk/zfxxgknb/"))
    assert portal.asked[0] == "/zfxxgk/zfxxgknb/"
    assert "/" not in portal.asked


def test_the_limit_ends_the_run(portal: Portal, tmp_path: Path) -> None:
    items, spider = crawl(portals=registry(portal, tmp_path), limit="1")
    assert len([item for item in items if item.attachment_of is None]) == 1
    assert spider.crawler.stats is not None and spider.crawler.stats.get_value("finish_reason") == "limit"


def test_loopback_portals_are_not_delayed_unless_the_user_says_so(portal: Portal, tmp_path: Path) -> None:
    _, spider = crawl(portals=registry(portal, tmp_path), limit="1")
    assert spider.settings.getdict("DOWNLOAD_SLOTS")["127.0.0.1"]["delay"] == 0


def test_a_portal_that_is_down_is_in_the_account(portal: Portal, tmp_path: Path) -> None:
    path = registry(portal, tmp_path)
    portal.pages.clear()
    _, spider = crawl(portals=path)
    account = spider.ledger.portal("xian")
    assert {"url": portal.url, "reason": "http 404"} in account.problems
    assert account.reports == {}


def test_the_demo_portals_are_read_whole_at_little_cost() -> None:
    expected: list[Any] = []
    items, spider = crawl(portals="demo", watch=lambda spider: expected.extend(spider._demo.truth()))
    found = {item.url for item in items}
    assert [report.title for report in expected if not found & set(report.urls)] == []
    requests = sum(account.requests for account in spider.ledger.portals.values())
    assert requests < 2 * len(expected)
    assert all(account.columns for account in spider.ledger.portals.values())
    assert spider._demo.servers == {}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"portals": "/no/such.csv"}, "no such file"),
        ({"years": "20x"}, "years: cannot read"),
        ({"years": "2023-2019"}, "years:"),
        ({"limit": "none"}, "limit: cannot read"),
        ({"division": "重庆"}, "division: cannot read"),
        ({"division": "99"}, "no portal"),
        ({"colour": "red"}, "no argument colour"),
    ],
)
def test_wrong_arguments_are_refused_in_one_line(
    portal: Portal, tmp_path: Path, arguments: dict[str, str], words: str
) -> None:
    with pytest.raises(ValueError, match=words) as refused:
        CountyPortals(**{"portals": registry(portal, tmp_path), **arguments})
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("division", "chosen"), [("5001", 1), ("500101", 1), ("500000", 1), ("50", 1)])
def test_a_division_is_the_beginning_of_a_code(portal: Portal, tmp_path: Path, division: str, chosen: int) -> None:
    assert len(CountyPortals(portals=registry(portal, tmp_path), division=division).portals) == chosen
