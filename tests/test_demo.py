"""The demo portals keep their promises: over real HTTP, by links alone, the same in every run."""

from __future__ import annotations

import gzip
import html
import http.client
import io
import json
import re
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from urllib.parse import quote, urldefrag, urljoin, urlsplit
from urllib.robotparser import RobotFileParser

import pytest

from crawler.demo import SHAPES, DemoPortals, compose_report
from crawler.demo.figures import APPLICANTS, SIZES, broken_sums, draw_figures, draw_series, form_cells
from crawler.media import sniff
from crawler.reading import SavedPage, read_saved

Reply = tuple[int, dict[str, str], bytes]


def fetch(url: str, method: str = "GET", body: str | None = None, **headers: str) -> Reply:
    """One request on its own connection; header names come back in lower case."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    try:
        target = quote(parts.path or "/", safe="/%") + ("?" + quote(parts.query, safe="=&%") if parts.query else "")
        connection.request(method, target, body, {name.replace("_", "-"): value for name, value in headers.items()})
        reply = connection.getresponse()
        return reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read()
    finally:
        connection.close()


def decode(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("gb18030")


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoPortals]:
    portals = DemoPortals()
    portals.start(0)
    yield portals
    portals.stop()


def root_of(demo: DemoPortals, portal: str) -> str:
    return demo.servers[portal].url.rstrip("/")


def walk(demo: DemoPortals, portal: str) -> dict[str, str]:
    """Every page that links, scripts' page numbers and data calls lead to from the front page, as text."""
    root = root_of(demo, portal)
    robots = RobotFileParser()
    status, _, rules = fetch(root + "/robots.txt")
    robots.parse(rules.decode().splitlines() if status == 200 else [])
    pages: dict[str, str] = {}
    queue = [root + "/"]
    while queue:
        url = queue.pop()
        if url in pages or not url.startswith(root + "/") or not robots.can_fetch("*", url):
            continue
        status, headers, body = fetch(url)
        text = (
            decode(body)
            if status == 200 and not headers["content-type"].startswith(("image", "application/vnd"))
            else ""
        )
        pages[url] = text
        queue += [urldefrag(urljoin(url, link))[0] for link in links_in(url, text)]
    return pages


def links_in(url: str, text: str) -> Iterator[str]:
    yield from (
        html.unescape(link)
        for link in re.findall(r"""<(?:a|iframe|img)\b[^>]*?\s(?:href|src)=["']([^"']+)["']""", text)
    )
    yield from re.findall(r'http-equiv="refresh" content="\d+; *url=([^"]+)"', text)
    if paging := re.search(r'createPageHTML\((\d+), 0, "index", "html"\)', text):
        yield from (f"index_{number}.html" for number in range(1, int(paging[1])))
    if asked := re.search(r"webid: (\d+), .*?columnid: (\d+), .*?unitid: '(\d+)'", text):
        total = int(re.findall(r"totalRecord: (\d+)", text)[0])
        for first in range(1, total + 1, 5):
            yield (
                f"/module/web/jpage/dataproxy.jsp?appid=1&webid={asked[1]}&columnid={asked[2]}&unitid={asked[3]}"
                f"&startrecord={first}&endrecord={first + 4}&perpage=5"
            )
    if config := re.search(r"SID: '(\d+)', COLUMN: '([1-9]\d+)'", text):
        yield f"/gkmlpt/api/all/{config[2]}?page=1&sid={config[1]}"
    if text.startswith('{"articles"'):
        answer = json.loads(text)
        yield from (row["url"] for row in answer["articles"])
        if answer["articles"]:
            yield re.sub(r"page=\d+", f"page={answer['page'] + 1}", url)


# ------------------------------------------------------------------ what the portals hold


def test_there_are_reports_of_every_form_and_era(demo: DemoPortals) -> None:
    truth = demo.truth()
    assert len(truth) >= 40
    assert {report.form for report in truth} == {"2008", "2014", "2019", "2021"}
    assert {report.year for report in truth} >= {2008, 2025} and all(2008 <= report.year <= 2025 for report in truth)
    assert len({(report.portal, report.organ, report.year) for report in truth}) == len(truth)


def test_most_pages_are_no_reports(demo: DemoPortals) -> None:
    others = demo.others()
    assert len(others) >= 300
    assert {page.kind for page in others} >= {
        "other",
        "other_report",
        "interpretation",
        "blank_form",
        "soft_404",
        "list",
    }


@pytest.mark.parametrize("portal", ["demo-trs", "demo-hanweb", "demo-vsb", "demo-plain", "demo-gkmlpt"])
def test_every_page_is_reached_from_the_front_page(demo: DemoPortals, portal: str) -> None:
    pages = walk(demo, portal)
    for report in demo.truth():
        if report.portal == portal:
            assert [url for url in (*report.urls, *report.attachments) if url not in pages] == []
    assert [page.url for page in demo.others() if page.portal == portal and page.url not in pages] == []


def test_every_report_answers_at_every_address_and_names_its_organ_or_year(demo: DemoPortals) -> None:
    for report in demo.truth():
        for url in report.urls:
            status, _, body = fetch(url)
            text = decode(body)
            assert status == 200, url
            assert report.organ in text and str(report.year) in text, url


def test_two_starts_give_the_same_bytes(demo: DemoPortals) -> None:
    count = (
        "import hashlib; from crawler.demo import _BUILDERS\n"
        "print(*(hashlib.sha256(repr([(p, r.body, r.media_type) for p, r in b()[0].pages.items()]).encode()).hexdigest()"
        " for b in _BUILDERS))"
    )
    runs = {
        subprocess.run([sys.executable, "-c", count], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }
    assert len(runs) == 1 and "127.0.0.1" not in runs.pop()


# ------------------------------------------------------------------ how they answer


def test_trs_pages_by_script_and_ends_with_404(demo: DemoPortals) -> None:
    root = root_of(demo, "demo-trs")
    status, headers, body = fetch(root + "/zwgk/zfxxgknb/bm/")
    assert status == 200 and headers["content-type"] == "text/html"
    assert 'createPageHTML(2, 0, "index", "html")' in body.decode()
    assert "index_1.html" not in body.decode()
    assert fetch(root + "/zwgk/zfxxgknb/bm/index_1.html")[0] == 200
    assert fetch(root + "/zwgk/zfxxgknb/bm/index_2.html")[0] == 404
    assert re.search(r'href="\./202301/t202301\d\d_\d+\.html"', decode(fetch(root + "/zwgk/zfxxgknb/bm/")[2]))


def test_trs_answers_conditional_requests(demo: DemoPortals) -> None:
    url = root_of(demo, "demo-trs") + "/zwgk/"
    status, headers, body = fetch(url)
    assert status == 200 and body
    assert fetch(url, If_None_Match=headers["etag"])[::2] == (304, b"")
    assert fetch(url, If_Modified_Since=headers["last-modified"])[::2] == (304, b"")
    # A tag that does not match outranks a date that would.
    assert fetch(url, If_None_Match='"other"', If_Modified_Since=headers["last-modified"])[0] == 200
    assert fetch(url, If_Modified_Since="Thu, 01 Jan 2015 00:00:00 GMT")[0] == 200
    assert fetch(url, If_Modified_Since="no date")[0] == 200


def test_hanweb_gives_rows_only_to_who_asks_as_the_page_does(demo: DemoPortals) -> None:
    root = root_of(demo, "demo-hanweb")
    text = decode(fetch(root + "/col/col1229071/index.html")[2])
    inside = re.findall(r"/art/\d+/\d+/\d+/art_1229071_\d+\.html", text)
    unit = re.search(r"unitid: '(\d+)'", text)
    assert unit and len(set(inside)) == 6
    proxy = root + "/module/web/jpage/dataproxy.jsp"
    whole = f"appid=1&webid=3871&path=/&columnid=1229071&unitid={unit[1]}&startrecord=1&endrecord=100&perpage=100"
    answer = fetch(proxy + "?" + whole)[2].decode()
    assert "<totalrecord>15</totalrecord>" in answer and answer.count("<record>") == 15
    posted = fetch(proxy, "POST", whole, Content_Type="application/x-www-form-urlencoded")[2].decode()
    assert posted == answer
    assert b"<record>" not in fetch(proxy + "?columnid=1229071&startrecord=1&endrecord=100")[2]
    assert fetch(f"{proxy}?webid=3871&columnid=1229071&unitid={unit[1]}&page=3")[2].count(b"<record>") == 3


def test_hanweb_has_a_report_a_year_and_an_empty_page_for_the_year_without(demo: DemoPortals) -> None:
    call = root_of(demo, "demo-hanweb") + "/module/xxgk/xxgkAnnualReport.jsp?"
    assert "一、总体情况" in decode(fetch(call + "area=001008003014055&fbtime=2021")[2])
    assert "一、总体情况" in decode(fetch(call + "fbtime=2021&area=001008003014055")[2])
    status, _, body = fetch(call + "area=001008003014055&fbtime=2018")
    assert status == 200 and "一、总体情况" not in decode(body)


def test_hanweb_gzips_when_asked(demo: DemoPortals) -> None:
    url = root_of(demo, "demo-hanweb") + "/"
    _, headers, packed = fetch(url, Accept_Encoding="gzip, deflate")
    _, plain_headers, plain = fetch(url)
    assert headers["content-encoding"] == "gzip" and "content-encoding" not in plain_headers
    assert gzip.decompress(packed) == plain
    assert "content-encoding" not in fetch(url, Accept_Encoding="gzip;q=0")[1]


def test_vsb_pages_run_backwards(demo: DemoPortals) -> None:
    url = root_of(demo, "demo-vsb") + "/xxgk/zfxxgknb/xzf.htm"
    seen = []
    while True:
        text = fetch(url)[2].decode("gbk")
        seen.append(urlsplit(url).path)
        following = re.search(r'<span class="p_next p_fun"><a href="([^"]+)">下页', text)
        if not following:
            break
        url = urljoin(url, following[1])
    assert seen == ["/xxgk/zfxxgknb/xzf.htm", "/xxgk/zfxxgknb/xzf/2.htm", "/xxgk/zfxxgknb/xzf/1.htm"]


def test_vsb_bytes_are_gbk_under_a_header_without_charset(demo: DemoPortals) -> None:
    server = demo.servers["demo-vsb"]
    pages = {path: page for path, page in server.site.pages.items() if page.media_type == "text/html"}
    assert len(pages) > 80
    for path, page in pages.items():
        page.body.decode("gbk")
        with pytest.raises(UnicodeDecodeError):
            page.body.decode("utf-8")
        assert b"charset=gb2312" in page.body, path
    with pytest.raises(UnicodeDecodeError):  # 喆 is in GBK and not in GB2312
        pages["/zjal.htm"].body.decode("gb2312")


def test_a_vsb_column_can_be_the_report(demo: DemoPortals) -> None:
    (report,) = [report for report in demo.truth() if "双槐镇" in report.organ]
    assert [urlsplit(url).path for url in report.urls] == ["/xxgk/zfxxgknb/xz/shz.htm"]


def test_the_home_made_portal_hides_reports_behind_a_frame_and_a_stub(demo: DemoPortals) -> None:
    root = root_of(demo, "demo-plain")
    shell = decode(fetch(root + "/n/21.html")[2])
    assert "年报" not in shell and 'src="/n/frame21.html"' in shell
    assert len(fetch(root + "/n/23.html")[2]) < 200
    rows = decode(fetch(root + "/list.php?c=24&o=12")[2])
    assert re.search(r'title="[^"]+报告">[^<]+\.\.\.</a>', rows) and "下一页" in rows
    status, _, gone = fetch(root + "/show.php?id=9")
    assert status == 200 and "不存在" in decode(gone)
    assert fetch(root + "/show.php?id=99999")[0] == 404


def test_one_old_page_is_gbk_under_a_wrong_header(demo: DemoPortals) -> None:
    (report,) = [report for report in demo.truth() if report.portal == "demo-plain" and report.year == 2010]
    _, headers, body = fetch(report.urls[0])
    assert headers["content-type"] == "text/html; charset=ISO-8859-1"
    assert "芦湾镇" in body.decode("gbk")


def test_gkmlpt_rows_are_json_and_paged(demo: DemoPortals) -> None:
    root = root_of(demo, "demo-gkmlpt")
    assert "post_" not in decode(fetch(root + "/gkmlpt/annualreport")[2])
    first = json.loads(fetch(root + "/gkmlpt/api/all/4816?page=1&sid=753002")[2])
    second = json.loads(fetch(root + "/gkmlpt/api/all/4816?page=2&sid=753002")[2])
    assert first["total"] == len(first["articles"]) + len(second["articles"]) == 8
    assert json.loads(fetch(root + "/gkmlpt/api/all/4816?page=1&sid=1")[2])["articles"] == []


def test_head_is_get_without_a_body(demo: DemoPortals) -> None:
    url = root_of(demo, "demo-trs") + "/"
    status, headers, body = fetch(url, "HEAD")
    assert (status, body) == (200, b"") and int(headers["content-length"]) == len(fetch(url)[2])


def test_attachments_are_what_they_say(demo: DemoPortals) -> None:
    files = [(report, url) for report in demo.truth() for url in report.attachments]
    assert len(files) == 2
    for report, url in files:
        body = fetch(url)[2]
        if url.endswith(".png"):
            assert body.startswith(b"\x89PNG")
            continue
        text = zipfile.ZipFile(io.BytesIO(body)).read("word/document.xml").decode()
        assert str(report.cells["requests.new.total"]) in text and "结转下年度继续办理" in text


def test_a_report_in_a_word_file_is_read_to_its_last_cell(demo: DemoPortals) -> None:
    (report,) = [report for report in demo.truth() if report.kind == "attachment_only"]
    (url,) = report.attachments
    body = fetch(url)[2]
    record = read_saved(SavedPage(body, url, sniff(body), attachment_of=report.urls[0]))
    assert record["verdict"] in report.attachment_verdict_in
    assert (record["organ"], record["year"]) == (report.organ, report.year)
    assert {cell["key"]: cell["value"] for cell in record["cells"]} == report.cells


# ------------------------------------------------------------------ starting and stopping


def test_requests_are_remembered_and_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    demo = DemoPortals()
    demo.start(0)
    try:
        fetch(root_of(demo, "demo-trs") + "/nowhere", User_Agent="probe")
        (visit,) = demo.log["demo-trs"]
        assert (visit.method, visit.path, visit.status, visit.headers["User-Agent"]) == (
            "GET",
            "/nowhere",
            404,
            "probe",
        )
    finally:
        demo.stop()
    assert capfd.readouterr() == ("", "")


def test_stop_frees_the_ports_and_hangs_up() -> None:
    demo = DemoPortals()
    demo.start(0)
    ports = [server.server_address[1] for server in demo.servers.values()]
    idle = http.client.HTTPConnection("127.0.0.1", ports[0], timeout=20)
    idle.request("GET", "/")
    idle.getresponse().read()
    demo.stop()
    demo.stop()
    assert idle.sock.recv(1) == b""
    idle.close()
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))


def test_a_taken_port_is_replaced_with_one_line_of_warning(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        taken = squatter.getsockname()[1]
        demo = DemoPortals()
        try:
            portals = demo.start(taken)
            assert portals[0].url != f"http://127.0.0.1:{taken}/" and fetch(portals[0].url)[0] == 200
        finally:
            demo.stop()
    assert any(f"Port {taken} is taken" in message and "\n" not in message for message in caplog.messages)


def test_portals_start_once(demo: DemoPortals) -> None:
    with pytest.raises(RuntimeError):
        demo.start(0)
    with pytest.raises(RuntimeError):
        DemoPortals().truth()


# ------------------------------------------------------------------ the truth


def test_the_sums_hold_but_where_they_are_broken_on_purpose(demo: DemoPortals) -> None:
    broken = {
        (report.organ, report.year)
        for report in demo.truth()
        if report.form in ("2019", "2021") and report.cells and broken_sums(report.form, report.cells)
    }
    assert broken == {("云岭区财政局", 2022)}


def test_truth_covers_every_cell_of_its_form(demo: DemoPortals) -> None:
    for report in demo.truth():
        if report.kind == "image_only":
            assert report.cells == {}
        elif report.form in ("2019", "2021"):
            assert list(report.cells) == [key for key, _ in form_cells(report.form)]
        else:
            assert len(report.cells) in (0, 58)
        assert {key for key, value in report.cells.items() if value is None} == set(report.kinds)


def test_what_one_year_leaves_over_the_next_takes_up() -> None:
    series = draw_series({2019: "2019", 2020: "2019", 2021: "2021", 2023: "2021"}, "某局", "county")
    for year in (2020, 2021):
        for who in APPLICANTS:
            assert series[year][f"requests.carried_in.{who}"] == series[year - 1][f"requests.carried_out.{who}"]


def test_what_is_in_force_follows_from_the_year_before(demo: DemoPortals) -> None:
    cells = {(report.organ, report.year): report.cells for report in demo.truth() if report.form == "2021" and report.cells}
    followed = 0
    for (organ, year), now in cells.items():
        before = cells.get((organ, year - 1))
        for row in ("regulations", "normative_documents"):
            figures = [before and before[f"disclosure.{row}.in_force"], *(now[f"disclosure.{row}.{col}"] for col in ("issued", "repealed", "in_force"))]
            if None not in figures:
                stock, issued, repealed, in_force = figures
                assert in_force == stock + issued - repealed, (organ, year, row)
                followed += 1
    assert followed > 20


@pytest.mark.parametrize("form", ["2019", "2021"])
@pytest.mark.parametrize("size", SIZES)
def test_drawn_figures_keep_every_sum_of_the_form(form: str, size: str) -> None:
    for year in range(2019, 2029):
        assert broken_sums(form, draw_figures(form, "某镇", year, size)) == []


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("form", ["2008", "2014", "2019", "2021"])
def test_every_shape_prints_every_figure(form: str, shape: str) -> None:
    report = compose_report(form=form, organ="某某县某局", year=2021, shape=shape)
    assert report.body == compose_report(form=form, organ="某某县某局", year=2021, shape=shape).body
    text = re.sub(r"<br ?/?>|\s|&nbsp;", "", re.sub(r"</?(?:span|o:p|p|font)\b[^>]*>", "", report.html))
    printed = re.findall(r"<t[dh][^>]*>([^<]*)</t[dh]>", text)
    if SHAPES[shape].markup in ("loose", "pipes"):
        assert all(raw in report.html for raw in report.raw.values())
        return
    for raw in set(report.raw.values()) - {""}:
        wanted = "".join(raw.split())
        assert printed.count(wanted) >= list(report.raw.values()).count(raw), raw


def test_prose_names_the_figures_of_the_table_unless_asked_to_contradict() -> None:
    figures = draw_figures("2021", "某某县某局", 2023, "county")
    new = figures["requests.new.total"]
    honest = compose_report(form="2021", organ="某某县某局", year=2023, figures=figures, shape="plain")
    liar = compose_report(form="2021", organ="某某县某局", year=2023, figures=figures, shape="plain", contradict=True)
    told = re.compile(r"新收政府信息公开申请(\d+)件")
    assert set(told.findall(honest.html)) == {str(new)}
    assert set(told.findall(liar.html)) == {str(int(new) + 3)}
