"""Addresses, families, the ways on that a page offers, data answers, and the account that is kept."""

from __future__ import annotations

import doctest
import importlib
import json

import pytest

from crawler.discovery import Hosts, Standing, canonical, discover, read_fetched, same_page
from crawler.discovery.anchors import anchors, forwards
from crawler.discovery.answers import read_answer
from crawler.discovery.families import column_of, load_families, other_years, read_family
from crawler.discovery.page import MOST_TAGS, breaks_off, file_kind
from crawler.discovery.paging import STYLES
from crawler.discovery.urls import host_key, is_attachment, trap
from crawler.ledger import Ledger

HOME = "http://www.a.gov.cn/"


def fetched(source: str, url: str = HOME, media_type: str = "text/html", via: str = ""):
    return read_fetched(url, source.encode(), media_type=media_type, via=via)


@pytest.mark.parametrize("name", ["words", "years", "urls", "page", "families", "written", "answers", "organs", "holds", "paging.proxies", "paging.links", "paging.drawn"])
def test_the_examples_in_the_documentation_are_true(name: str) -> None:
    result = doctest.testmod(importlib.import_module(f"crawler.discovery.{name}"))
    assert result.attempted and not result.failed


# --- one page, one address


@pytest.mark.parametrize(
    "twin",
    [
        "http://www.a.gov.cn/nb/202101/t20210119_1_wap.html",
        "http://www.a.gov.cn/nb/202101/t20210119_1.html?isMobile=true",
        "http://www.a.gov.cn/nb/202101/t20210119_1.html;jsessionid=0A1B2C",
        "http://www.a.gov.cn/nb/202101/t20210119_1.html?PHPSESSID=abc",
        "http://www.a.gov.cn/nb/./202101/../202101/t20210119_1.html#top",
        "http://www.a.gov.cn/gate/big5/www.a.gov.cn/nb/202101/t20210119_1.html",
        "http://www.a.gov.cn/(S(abc123))/nb/202101/t20210119_1.html",
        "http://www.a.gov.cn:80//nb/202101/t20210119_1.html",
        "http://m.a.gov.cn/nb/202101/t20210119_1.html",
        "https://a.gov.cn/nb/202101/t20210119_1.html",
    ],
)
def test_twins_of_a_page_have_one_address(twin: str) -> None:
    folded = canonical(twin)
    assert folded is not None
    assert Hosts.of([HOME]).fold(folded) == "http://www.a.gov.cn/nb/202101/t20210119_1.html"


def test_what_chooses_the_page_stays_in_its_address() -> None:
    assert canonical("http://a.gov.cn/gkmlpt/annualreport#2104") == "http://a.gov.cn/gkmlpt/annualreport#2104"
    assert (
        canonical("/gkmlpt/api/all/9?page=1&sid=758038", HOME)
        == "http://www.a.gov.cn/gkmlpt/api/all/9?page=1&sid=758038"
    )
    assert canonical("index.html", HOME) == "http://www.a.gov.cn/index.html"
    assert same_page("http://a.gov.cn/nb/?id=1") != same_page("http://a.gov.cn/nb/?id=2")


@pytest.mark.parametrize(
    "href",
    [
        "javascript:void(0)",
        "mailto:a@b.cn",
        "",
        "logo.png",
        "http://",
        "http://[::1",
        "http://u:p@a.gov.cn/",
        "tel:110",
    ],
)
def test_what_is_no_page_has_no_address(href: str) -> None:
    assert canonical(href, "http://a.gov.cn/x/") is None


def test_hosts_are_compared_with_their_ports() -> None:
    hosts = Hosts.of(["http://127.0.0.1:8001/", "http://www.a.gov.cn/"])
    assert (
        hosts.own("http://127.0.0.1:8001/x")
        and not hosts.own("http://127.0.0.1:8002/x")
        and not hosts.own("http://127.0.0.1/x")
    )
    assert (
        hosts.own("https://m.a.gov.cn/")
        and not hosts.own("http://xxgk.a.gov.cn/")
        and not hosts.own("http://a.gov.cn:8080/")
    )
    assert host_key("http://m.cn/") == "m.cn"


def test_a_redirected_front_page_settles_the_form_of_its_host() -> None:
    hosts = Hosts.of(["http://a.gov.cn/"]).settled("https://www.a.gov.cn/")
    assert hosts.fold("http://a.gov.cn/nb/") == "https://www.a.gov.cn/nb/"
    assert hosts.settled("http://evil.com/") == hosts


def test_endless_addresses_are_recognised() -> None:
    assert (
        trap("http://a.gov.cn/a/nb/nb/nb/")
        and trap("http://a.gov.cn/?year=2020&month=3")
        and trap("http://a.gov.cn/" + "x" * 600)
    )
    assert trap("http://a.gov.cn/zwgk/bm/zwgk/nb/") is None


def test_documents_are_known_by_their_address_and_their_first_bytes() -> None:
    assert is_attachment("http://a.gov.cn/P020210119.pdf") and is_attachment(
        "http://a.gov.cn/module/download/downfile.jsp?filename=1.doc"
    )
    assert not is_attachment("http://a.gov.cn/1.html")
    assert (file_kind(b"%PDF-1.5"), file_kind(b"PK\x03\x04"), file_kind(b"<html>")) == ("pdf", "zip", "")


# --- families


@pytest.mark.parametrize(
    ("source", "url", "family"),
    [
        ('<a href="./202101/t20210116_4743388.html">x</a>', "http://a.gov.cn/nb/", "trs"),
        (
            '<a href="/a/c106127/202101/92752cd425344f57b8fbf5a839be2ad2.shtml">x</a>',
            "http://a.gov.cn/a/c106127/list.shtml",
            "ucap",
        ),
        ('<a href="/art/2021/1/9/art_1229_33.html">x</a>', "http://a.gov.cn/col/col1229/index.html", "hanweb"),
        (
            '<a href="/public/column/6601841?type=3&action=list">x</a>',
            "http://a.gov.cn/public/column/6601841?type=3",
            "lonsun",
        ),
        ('<a href="../info/1025/10755.htm">x</a>', "http://a.gov.cn/zfxxgk/nb.htm", "vsb"),
        ('<a href="/nb/content/post_12.html">x</a>', "http://a.gov.cn/nb/", "nfcms"),
        ("<p>x</p>", "http://a.gov.cn/", None),
    ],
)
def test_families_are_read_from_the_shape_of_links_and_from_marks(source: str, url: str, family: str | None) -> None:
    page = fetched(source, url)
    links = [address for anchor in anchors(page) if (address := canonical(anchor.href, url))]
    assert read_family(page, links) == family


@pytest.mark.parametrize(
    ("article", "column"),
    [
        ("http://a.gov.cn/x/zfxxgknb_17/202101/t20210119_1.html", "http://a.gov.cn/x/zfxxgknb_17/"),
        ("http://a.gov.cn/gggs/t7893462.shtml", "http://a.gov.cn/gggs/"),
        ("http://a.gov.cn/zwgk/art/2021/1/9/art_1229_33.html", "http://a.gov.cn/zwgk/col/col1229/index.html"),
        (
            "http://a.gov.cn/s/xxgknb/202102/92752cd425344f57b8fbf5a839be2ad2.shtml",
            "http://a.gov.cn/s/xxgknb/list.shtml",
        ),
        ("http://a.gov.cn/zfxxgknb/jd/content/post_7043272.html", "http://a.gov.cn/zfxxgknb/jd/"),
        ("http://a.gov.cn/D41X/4707521.jhtml", "http://a.gov.cn/?a=dir&h=1&p=D41X"),
        ("http://a.gov.cn/some/thing.html", None),
    ],
)
def test_an_article_names_its_column(article: str, column: str | None) -> None:
    assert column_of(article) == column


def test_every_family_names_styles_that_exist() -> None:
    assert {style for family in load_families().values() for style in family.paging} <= set(STYLES)


def test_addresses_of_one_organ_and_year_have_siblings() -> None:
    assert other_years("http://a.gov.cn/public/column/5?type=3&timeFrame=2020", [2021]) == [
        (2021, "http://a.gov.cn/public/column/5?type=3&timeFrame=2021")
    ]
    assert other_years("http://a.gov.cn/nb/2020.html", [2021]) == []


# --- ways on


def test_every_way_on_is_seen() -> None:
    page = fetched(
        """<base href="/zf/"><a href="a.html">一</a><map><area href="b.html" alt="x"></map><select><option value="/c/">县教育局</option></select>
        <li onclick="window.open('d.html')">四</li><a href="javascript:location.href='e.html'">五</a>
        <script>document.write('<a href="f.html">六</a>'); var rows=[{"title":"某县年报","url":"g.html"}];</script>
        <script type="text/xml"><record><![CDATA[<a href="h.html">八</a>]]></record></script>"""
    )
    assert {anchor.href for anchor in anchors(page)} == {
        "a.html",
        "b.html",
        "/c/",
        "d.html",
        "e.html",
        "f.html",
        "g.html",
        "h.html",
    }


def test_the_title_speaks_where_the_text_is_cut_short() -> None:
    page = fetched('<a href="1.html" title="某县教育局2020年政府信息公开工作年度报告">某县教育局2020年政府信…</a>')
    assert anchors(page)[0].text == "某县教育局2020年政府信息公开工作年度报告"


def test_a_table_of_organs_and_years_gives_each_link_its_row_and_column() -> None:
    page = fetched(
        """<table><tr><th>单位</th><th>2020年</th><th>2021年</th></tr>
        <tr><td>县教育局</td><td><a href="1.html">查看</a></td><td><a href="2.html">查看</a></td></tr></table>""",
        f"{HOME}zfxxgk/zfxxgknb/",
    )
    standing = Standing(
        Hosts.of([HOME]), place="column", role="column", column=page.url, years=range(2021, 2022), year_list=(2021,)
    )
    assert [link.url for link in discover(page, standing).links] == [f"{HOME}zfxxgk/zfxxgknb/2.html"]


@pytest.mark.parametrize(
    "shell",
    [
        '<meta http-equiv="refresh" content="0; url=/zfxxgk/">',
        "<script>window.location.href='/zfxxgk/';</script>",
        "<script>location.replace('/zfxxgk/')</script>",
        "<iframe src='/zfxxgk/'></iframe>",
        "<frameset><frame src='/zfxxgk/'></frameset>",
    ],
)
def test_shells_send_on(shell: str) -> None:
    assert [anchor.href for anchor in forwards(fetched(f"<html><head></head><body>{shell}</body></html>"))] == [
        "/zfxxgk/"
    ]


def test_counters_and_long_pages_do_not_send_on() -> None:
    assert forwards(fetched("<iframe src='/visitcount.jsp'></iframe><iframe src='/login'></iframe>")) == []
    text = "<p>" + "公开" * 200 + "</p><li><a href='1.html'>一个足够长的标题</a></li>"
    assert forwards(fetched(f"{text}<script>if (mobile) location.href='/m/'</script><iframe src='/x'></iframe>")) == []


@pytest.mark.parametrize(
    "shown",
    [
        "<iframe src='/f/1.pdf'></iframe>",
        "<embed src='/f/1.pdf'>",
        "<iframe src='/pdfjs/viewer.html?file=/f/1.pdf'></iframe>",
        "<a href='/f/1.pdf'>附件1</a>",
    ],
)
def test_documents_shown_or_attached_on_a_report_belong_to_it(shown: str) -> None:
    page = fetched(
        f"<h1>某县2020年政府信息公开年报</h1>{shown}<a href='/f/2.doc'>依申请公开申请表</a>", f"{HOME}1.html"
    )
    found = discover(page, Standing(Hosts.of([HOME]), role="report", report=True))
    assert [(link.url, link.attachment_of) for link in found.links if link.role == "attachment"] == [
        (f"{HOME}f/1.pdf", f"{HOME}1.html")
    ]


def test_lonsun_organs_lead_to_their_annual_reports() -> None:
    page = fetched(
        '<ul class="clearfix"><li><a title="县教育局" href="/public/column/77?type=4&action=list">县教…</a></li></ul>',
        f"{HOME}public/column/1?action=rel&type=4",
    )
    found = discover(page, Standing(Hosts.of([HOME]), place="disclosure"))
    assert f"{HOME}public/column/77?action=list&type=3" in [link.url for link in found.links if link.score >= 60]


def test_hanweb_organs_are_asked_for_the_years_wanted_and_no_others() -> None:
    page = fetched(
        '<a href="/module/xxgk/xxgkAnnualReport.jsp?area=001&fbtime=2021">2021年</a>', f"{HOME}col/col5/index.html"
    )
    standing = Standing(
        Hosts.of([HOME]),
        place="column",
        role="column",
        column=page.url,
        years=range(2019, 2021),
        year_list=(2019, 2020),
    )
    urls = [link.url for link in discover(page, standing).links]
    assert sorted(urls) == [f"{HOME}module/xxgk/xxgkAnnualReport.jsp?area=001&fbtime={year}" for year in (2019, 2020)]


# --- data answers


@pytest.mark.parametrize(
    ("source", "media_type"),
    [
        (
            '<?xml version="1.0"?><datastore><recordset><record><![CDATA[<li><a href="/1.html" title="某县年报">某县</a></li>]]></record></recordset></datastore>',
            "text/xml",
        ),
        (
            json.dumps(
                {"data": {"results": [{"title": "某县年报", "url": "/1.html", "publishedTimeStr": "2021-01-01"}]}}
            ),
            "application/json",
        ),
        (json.dumps({"articles": [{"id": 1, "title": "某县年报", "post_url": "/1.html"}]}), "application/json"),
        (json.dumps({"custom": {"data": [{"realtitle": "某县年报", "infourl": "/1.html"}]}}), "text/html"),
        (json.dumps({"data": {"html": "<li><a href='/1.html'>某县年报</a></li>"}}), "application/json"),
        (
            "callback("
            + json.dumps(
                {"result": "<datastore><record><![CDATA[<a href='/1.html'>某县年报</a>]]></record></datastore>"}
            )
            + ");",
            "text/javascript",
        ),
        (json.dumps({"custom": json.dumps({"data": [{"title": "某县年报", "url": "/1.html"}]})}), "application/json"),
    ],
)
def test_rows_are_read_out_of_every_answer(source: str, media_type: str) -> None:
    page = fetched(source, f"{HOME}data", media_type)
    assert page.is_data
    assert [anchor.href for anchor in read_answer(page)] == ["/1.html"]


def test_rows_of_an_answer_are_relative_to_the_list_that_asked() -> None:
    page = fetched(
        json.dumps({"rows": [{"title": "某县2020年年报", "url": "./1.html"}]}),
        f"{HOME}api/x",
        "application/json",
        via=f"{HOME}zfxxgk/nb/",
    )
    found = discover(page, Standing(Hosts.of([HOME]), place="column", role="list", column=f"{HOME}zfxxgk/nb/"))
    assert [link.url for link in found.links] == [f"{HOME}zfxxgk/nb/1.html"]


@pytest.mark.parametrize(
    "source",
    [
        "",
        "<",
        "<a href='http://[bad'>x</a>",
        "{",
        "[" * 5000,
        "<a href=\x00>年报</a>",
        "<?xml version='1.0' encoding='gbk'?><a href='/1'>年报</a>",
    ],
)
def test_nothing_a_page_holds_raises(source: str) -> None:
    for media_type in ("text/html", "application/json", "text/xml", "application/octet-stream"):
        discover(
            fetched(source, HOME, media_type), Standing(Hosts.of([HOME]), place="column", role="column", column=HOME)
        )


# --- the account


def test_absence_has_a_reason() -> None:
    ledger = Ledger(range(2019, 2023))
    account = ledger.open("a", "A", HOME)
    account.saw_page(HOME)
    account.found_column(f"{HOME}nb/", "the column's name")
    account.found_report(f"{HOME}1.html", year=2019, title="x")
    account.found_report(f"{HOME}1.html", verdict="verified", title=None)
    account.gave_up(f"{HOME}9.html", "http 404", "某县2020年年报")
    account.gave_up(f"{HOME}9.html", "http 404", "某县2020年年报")
    assert account.reports[f"{HOME}1.html"] == {"year": 2019, "organ": None, "title": "x", "verdict": "verified"}
    assert account.missing(range(2019, 2022)) == {
        2020: f"http 404: {HOME}9.html",
        2021: "not listed in the columns that were found",
    }
    assert len(account.problems) == 1
    assert json.loads(json.dumps(ledger.to_dict()))["portals"][0]["missing"].keys() == {"2020", "2021", "2022"}


def test_a_portal_that_was_not_reached_says_so() -> None:
    account = Ledger().portal("b")
    account.gave_up(HOME, "unreachable: the host refuses the connection")
    assert account.missing([2020]) == {2020: "unreachable: the host refuses the connection"}


def test_pages_that_are_asked_for_by_form_at_one_address_are_further_pages() -> None:
    url = "http://www.a.gov.cn/EWB-FRONT/rest/lightfrontaction/getgovinfolist"
    rows = [{"realtitle": f"某县{2010 + at}年政府信息公开年报", "infourl": f"/{at}.html"} for at in range(10)]
    form = json.dumps({"siteGuid": "s", "categorynum": "1", "pageIndex": 0, "pageSize": 10}).encode()
    body = json.dumps({"custom": {"total": 12, "data": rows}}).encode()
    page = read_fetched(url, body, media_type="application/json", via="http://www.a.gov.cn/nb/", form=form)
    standing = Standing(Hosts.of(["http://www.a.gov.cn/"]), place="column", role="list", column="http://www.a.gov.cn/nb/")
    assert [json.loads(link.body)["pageIndex"] for link in discover(page, standing).turns] == [1]


def test_of_a_page_of_endless_tags_the_first_are_looked_at_and_the_rest_is_said_to_be_torn_off():
    row = b'<li><a href="/nb/2020.html">2020</a></li>'
    small = read_fetched("http://a.example/", b"<html><body><ul>" + row * 100 + b"</ul></body></html>")
    large = read_fetched("http://a.example/", b"<html><body><ul>" + row * 40_000 + b"</ul></body></html>")
    assert not breaks_off(small) and breaks_off(large)
    assert large.tree is not None and 1_000 < sum(1 for _ in large.tree.iter()) <= MOST_TAGS
