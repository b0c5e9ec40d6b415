"""How lists go on, one way of paging after another."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from crawler.discovery.page import Fetched, read_fetched
from crawler.discovery.paging import MAX_PAGES, STYLES, next_pages
from crawler.discovery.paging.epoint import epoint
from crawler.discovery.paging.files import count_page, max_page, trs, vsb
from crawler.discovery.paging.links import next_link, numbered, query_pages
from crawler.discovery.paging.proxies import gkmlpt, hanweb, jpaas, truecms, ucap_json

A = "http://www.a.gov.cn"


def at(url: str, source: str, media_type: str = "text/html", *, via: str = "", form: bytes = b"") -> Fetched:
    return read_fetched(A + url, source.encode(), media_type=media_type, via=via, form=form)


def paths(links: list) -> list[str]:
    return [link.url.removeprefix(A) for link in links]


def query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


# --- files beside one another


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ('createPageHTML(3, 0, "index", "html");', ["/nb/index_1.html", "/nb/index_2.html"]),
        ("createPageHTML(3,0,'index','shtml');", ["/nb/index_1.shtml", "/nb/index_2.shtml"]),
        ('createPageHTML(2, 0, "zfxxgknb", ".htm")', ["/nb/zfxxgknb_1.htm"]),
        ("createPageHTML('page', 3, 0, 'index', 'html')", ["/nb/index_1.html", "/nb/index_2.html"]),
        ("createPageHTML(3, 0, 'index', 'html', 20, 45, 'x')", ["/nb/index_1.html", "/nb/index_2.html"]),
        ("createPageHTML('page_div',3,0,'index','shtml',20,45)", ["/nb/index_1.shtml", "/nb/index_2.shtml"]),
        ("createPageHTML('page_div', 3, 1, 'list', 'shtml', 45)", ["/nb/list_2.shtml", "/nb/list_3.shtml"]),
        ("createPageHTML('page_div','3','1','list','shtml','45')", ["/nb/list_2.shtml", "/nb/list_3.shtml"]),
        ("createPageHTML(1, 0, 'index', 'html')", []),
        ("function createPageHTML(_nPageCount, _nCurrIndex, _sPageName, _sPageExt){}", []),
        ("<!-- createPageHTML(9, 0, 'index', 'html') -->", []),
        (
            "var countPage = 3; var currentPage = 0; createPageHTML(countPage, currentPage, 'index', 'html')",
            ["/nb/index_1.html", "/nb/index_2.html"],
        ),
    ],
)
def test_trs_calls_of_all_signatures(call: str, expected: list[str]) -> None:
    assert paths(trs(at("/nb/", f"<div><script>{call}</script></div>"))) == expected


def test_trs_goes_on_from_a_later_page() -> None:
    assert paths(trs(at("/nb/index_1.html", "<script>createPageHTML(4, 1, 'index', 'html')</script>"))) == [
        "/nb/index_2.html",
        "/nb/index_3.html",
    ]
    ucap = "<script>createPageHTML('p', 4, 3, 'list', 'shtml', 60)</script>"
    assert paths(trs(at("/nb/list_3.shtml", ucap))) == ["/nb/list_4.shtml"]


def test_a_first_page_that_calls_itself_1_loses_no_page_however_its_files_are_counted() -> None:
    found = paths(trs(at("/nb/", "<script>createPageHTML(3, 1, 'index', 'html')</script>")))
    assert {"/nb/index_1.html", "/nb/index_2.html", "/nb/index_3.html"} == set(found)


def test_count_page_without_the_call() -> None:
    source = "<script>var currentPage = 0; var countPage = 3 //共多少页</script>"
    assert paths(count_page(at("/nb/index.html", source))) == ["/nb/index_1.html", "/nb/index_2.html"]


def test_max_page_numbers_its_files() -> None:
    assert paths(max_page(at("/zfxxgknb/1.html", "<script>var maxPage = parseInt('3');</script>"))) == [
        "/zfxxgknb/2.html",
        "/zfxxgknb/3.html",
    ]


def test_vsb_counts_backwards() -> None:
    call = "<script>_simple_list_gotopage_fun(4,'u5_goto',2)</script>"
    assert paths(vsb(at("/zfxxgk/nb.htm", call))) == ["/zfxxgk/nb/3.htm", "/zfxxgk/nb/2.htm", "/zfxxgk/nb/1.htm"]
    assert paths(vsb(at("/zfxxgk/nb/2.htm", call))) == ["/zfxxgk/nb/1.htm"]


# --- data addresses

DATASTORE = """<div id="45"><script type="text/xml"><datastore><nextgroup><![CDATA[<a href="/module/web/jpage/dataproxy.jsp?
page=1&appid=1&webid=3&path=/&columnid=22&sourceContentType=1&unitid=45&webname=%E6%9F%90%E5%8E%BF&permissiontype=0"></a>]]></nextgroup>
<recordset><record><![CDATA[<li><a href="/art/2021/1/9/art_22_1.html">某县2020年年报</a></li>]]></record></recordset></datastore>
<totalrecord>62</totalrecord></script></div>""".replace("?\npage", "?page")


def test_hanweb_reads_its_parameters_from_the_page_and_asks_in_windows() -> None:
    (link,) = hanweb(at("/col/col22/index.html", DATASTORE))
    asked = query(link.url)
    assert urlsplit(link.url).path == "/module/web/jpage/dataproxy.jsp"
    assert (asked["columnid"], asked["unitid"], asked["webid"], asked["webname"]) == ("22", "45", "3", "某县")
    assert (asked["startrecord"], asked["endrecord"], asked["perpage"], asked["page"]) == ("1", "100", "100", "1")
    assert link.headers == (("Referer", f"{A}/col/col22/index.html"),)


def test_hanweb_with_parameters_in_a_script_is_asked_by_form_and_by_address_if_that_fails() -> None:
    source = """<script>$('#45').jpage({ dataproxy: "/module/jpage/dataproxy.jsp", type: "POST", perpage: 15,
        param: {'col':'1','appid':'1','webid':'3','path':'/','columnid':'22','sourceContentType':'3','unitid':'45','webname':'某县','permissiontype':'0'}})</script>"""
    (link,) = hanweb(at("/col/col22/index.html", source))
    assert (link.method, urlsplit(link.url).path) == ("POST", "/module/jpage/dataproxy.jsp")
    assert dict(parse_qsl(link.body.decode()))["columnid"] == "22"
    assert link.instead is not None
    assert query(link.instead.url)["columnid"] == "22"


def test_hanweb_asks_nothing_when_all_rows_are_on_the_page() -> None:
    assert hanweb(at("/col/col22/index.html", DATASTORE.replace("62", "1"))) == []


def answer(rows: int, total: int) -> str:
    records = "".join(
        f'<record><![CDATA[<li><a href="/art/{n}.html">某乡2020年年报</a></li>]]></record>' for n in range(rows)
    )
    return f'<?xml version="1.0"?><datastore><totalrecord>{total}</totalrecord><recordset>{records}</recordset></datastore>'


def test_hanweb_goes_on_where_the_answer_ended_when_the_server_cuts_the_window() -> None:
    url = "/module/web/jpage/dataproxy.jsp?columnid=22&unitid=45&startrecord=1&endrecord=100&perpage=100&page=1"
    (link,) = hanweb(at(url, answer(20, 62), "text/xml"))
    asked = query(link.url)
    assert (asked["startrecord"], asked["endrecord"], asked["perpage"], asked["page"]) == ("21", "40", "20", "2")
    assert hanweb(at(url, answer(62, 62), "text/xml")) == []
    assert hanweb(at(url, answer(0, 62), "text/xml")) == []


def test_hanweb_keeps_its_form() -> None:
    url = "/module/web/jpage/dataproxy.jsp?startrecord=1&endrecord=100&perpage=100&page=1"
    (link,) = hanweb(
        at(url, answer(100, 130), "text/xml", form=b"columnid=22&unitid=45", via=f"{A}/col/col22/index.html")
    )
    assert (link.method, link.body, query(link.url)["startrecord"]) == ("POST", b"columnid=22&unitid=45", "101")
    assert ("Referer", f"{A}/col/col22/index.html") in link.headers


def test_jpaas_turns_its_pages_in_param_json() -> None:
    source = """<div class="list" queryData="{'webId':'w1','tplSetId':'t1','pageType':'column','parseType':'bulidstatic','tagId':'当前栏目','pageId':'p1'}"
        url="/api-gateway/jpaas-publish-server/front/page/build/unit"></div>"""
    (first,) = jpaas(at("/xxgk/nb/index.html", source))
    asked = query(first.url)
    assert (asked["webId"], asked["pageId"], asked["tagId"], json.loads(asked["paramJson"])["pageNo"]) == (
        "w1",
        "p1",
        "当前栏目",
        1,
    )
    rows = json.dumps(
        {"success": True, "data": {"html": "<li><a href='/art/1.html'>某县2020年年报</a></li>", "total": 20}}
    )
    (second,) = jpaas(at(first.url.removeprefix(A), rows, "application/json"))
    assert json.loads(query(second.url)["paramJson"])["pageNo"] == 2
    empty = json.dumps({"success": True, "data": {"html": "", "total": 20}})
    assert jpaas(at(second.url.removeprefix(A), empty, "application/json")) == []


def test_gkmlpt_asks_its_interface_with_the_column_of_the_fragment_or_of_the_tree() -> None:
    source = '<script>window._CONFIG = {SID: \'758038\', TREE: [{"id": 7, "name": "指南"}, {"id": 9, "name": "政府信息公开年报"}]}</script>'
    page = Fetched(f"{A}/gkmlpt/annualreport#2104", None, source)
    assert paths(gkmlpt(page)) == ["/gkmlpt/api/all/2104?page=1&sid=758038"]
    assert paths(gkmlpt(at("/qx/gkmlpt/index", source))) == ["/qx/gkmlpt/api/all/9?page=1&sid=758038"]
    rows = json.dumps({"articles": [{"title": f"第{n}镇年报", "url": f"/{n}.html"} for n in range(100)], "total": 230})
    assert paths(gkmlpt(at("/gkmlpt/api/all/9?page=1&sid=758038", rows, "application/json"))) == [
        "/gkmlpt/api/all/9?page=2&sid=758038",
        "/gkmlpt/api/all/9?page=3&sid=758038",
    ]


def test_ucap_search_as_the_page_names_it() -> None:
    source = "<script>var channelId = 'aabbccdd0011'; $.get('/common/search/' + channelId)</script>"
    (first,) = ucap_json(at("/site/c1/list.shtml", source))
    assert urlsplit(first.url).path == "/common/search/aabbccdd0011"
    rows = json.dumps({"data": {"results": [{"title": "某县年报", "url": "/1.shtml"}], "total": 60}})
    (second,) = ucap_json(at(first.url.removeprefix(A), rows, "application/json"))
    assert query(second.url)["page"] == "2"


def rows_of(count: int, total: int) -> str:
    rows = [{"title": f"某县{2000 + at}年年报", "url": f"/{at}.html"} for at in range(count)]
    return json.dumps({"data": {"total": total, "rows": rows}})


def test_a_server_that_cuts_the_first_page_short_sets_the_size_of_the_others() -> None:
    answer = at("/common/search/c0ffee00?_pageSize=50&page=1", rows_of(15, 40), "application/json")
    (link,) = ucap_json(answer)
    assert (query(link.url)["page"], query(link.url)["_pageSize"]) == ("2", "15")
    path = "/EWB-FRONT/rest/lightfrontaction/getgovinfolist"
    form = json.dumps({"siteGuid": "s", "categorynum": "1", "deptcode": "d", "pageIndex": 0, "pageSize": 100}).encode()
    (link,) = epoint(at(path, rows_of(10, 12), "application/json", form=form))
    asked = json.loads(link.body)
    assert (asked["pageIndex"], asked["pageSize"]) == (1, 10)
    assert epoint(at(path, rows_of(2, 12), "application/json", form=link.body)) == []
    assert epoint(at(path, rows_of(12, 12), "application/json", form=form)) == []


def test_epoint_counts_from_where_the_page_does() -> None:
    source = "<script>var siteGuid='s'; p={pageIndex:1}; u='/EWB-FRONT/rest/lightfrontaction/getgovinfolist'</script>"
    (link,) = epoint(at("/dynamic/zwgk/govInfoPub.html?categorynum=001", source))
    assert json.loads(link.body)["pageIndex"] == 1


def test_truecms_and_epoint_read_their_ids_from_the_page() -> None:
    source = "<script>var url='/TrueCMS/messageController/getMessage.do'; var columnId='0a-1b';</script>"
    (link,) = truecms(at("/site/nb/nb.html", source))
    assert (query(link.url)["columnId"], query(link.url)["perpage"]) == ("0a-1b", "20")
    source = "<script>var siteGuid='s-1'; post('/EWB-FRONT/rest/lightfrontaction/getgovinfolist')</script>"
    (link,) = epoint(at("/dynamic/zwgk/govInfoPub.html?categorynum=001&deptcode=D1", source))
    asked = json.loads(link.body)
    assert (link.method, asked["siteGuid"], asked["categorynum"], asked["deptcode"], asked["pageIndex"]) == (
        "POST",
        "s-1",
        "001",
        "D1",
        0,
    )


# --- links


@pytest.mark.parametrize(
    "anchor", ['<a href="p2.html">下一页</a>', '<a href="p2.html">下页 &gt;</a>', '<a rel="next" href="p2.html">›</a>']
)
def test_a_link_that_says_next_is_the_next_page(anchor: str) -> None:
    assert paths(next_link(at("/nb/p1.html", f"<body><li>x</li>{anchor}</body>"))) == ["/nb/p2.html"]


def test_a_next_that_is_a_script_or_the_page_itself_is_none() -> None:
    assert (
        next_link(
            at("/nb/p1.html", '<a href="javascript:go(2)">下一页</a><a href="p1.html">下一页</a><a href="#">下一页</a>')
        )
        == []
    )


def test_numbered_links_after_the_present_one() -> None:
    source = '<a href="?page=1">1</a> <a href="?page=2">2</a> <a href="?page=3">3</a>'
    assert paths(numbered(at("/nb/", source))) == ["/nb/?page=2", "/nb/?page=3"]
    assert paths(numbered(at("/nb/?page=2", source))) == ["/nb/?page=3"]


def test_query_pages_where_only_the_total_is_told() -> None:
    assert paths(query_pages(at("/nb/list.php?cid=5&page=1", "<span>共3页</span>"))) == [
        "/nb/list.php?cid=5&page=2",
        "/nb/list.php?cid=5&page=3",
    ]
    assert query_pages(at("/nb/list.php?cid=5", "<span>共3页</span>")) == []


# --- all together


def test_every_style_is_quiet_on_a_page_without_paging() -> None:
    page = at("/nb/", "<ul><li><a href='1.html'>某县2020年政府信息公开年报</a></li></ul>")
    assert [name for name, style in STYLES.items() if style(page)] == []


def test_a_wrong_family_does_not_stop_the_right_style() -> None:
    page = at("/nb/", "<script>createPageHTML(2, 0, 'index', 'html')</script>")
    assert paths(next_pages(page, prefer=("hanweb", "vsb"))) == ["/nb/index_1.html"]


def test_no_style_asks_without_bound() -> None:
    assert len(trs(at("/nb/", "<script>createPageHTML(99999, 0, 'index', 'html')</script>"))) <= MAX_PAGES
    assert len(vsb(at("/nb.htm", "<script>_simple_list_gotopage_fun(99999,'a',2)</script>"))) <= MAX_PAGES
    assert len(query_pages(at("/nb/?page=1", "<b>共4000页</b>"))) <= MAX_PAGES
