"""The registry of portals: what a line may say, and how a broken one is refused."""

import csv
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from crawler.registry import PORTALS, Portal, RegistryError, hosts, load_registry
from parsers.divisions import by_code, full_name

HEADER = "id,name,division,level,url,column_url"
LINE = "wz,万州区人民政府,500101,county,http://www.wz.gov.cn/,"


def write(folder: Path, *lines: str, encoding: str = "utf-8", end: str = "\n") -> Path:
    path = folder / "portals.csv"
    path.write_bytes((end.join(lines) + end).encode(encoding))
    return path


def refusal(path: Path) -> str:
    with pytest.raises(RegistryError) as caught:
        load_registry(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(path))
    assert "; " in message, "it says what to do"
    return message.removeprefix(str(path))


def test_a_line_becomes_a_portal(tmp_path):
    columns = "http://www.wz.gov.cn/nb/ https://xxgk.wz.gov.cn/list http://www.wz.gov.cn/nb/"
    path = write(tmp_path, HEADER, LINE + columns)
    assert load_registry(path) == [
        Portal(
            "wz",
            "万州区人民政府",
            "http://www.wz.gov.cn/",
            "500101",
            "county",
            ("http://www.wz.gov.cn/nb/", "https://xxgk.wz.gov.cn/list"),
            2,
        )
    ]


def test_three_columns_are_enough_in_any_order_with_or_without_a_mark(tmp_path):
    for encoding in ("utf-8", "utf-8-sig"):
        for end in ("\n", "\r\n"):
            path = write(tmp_path, "URL,note, name ,id", "http://a.gov.cn,我们的,甲县,a", "", ",,,", "http://b.gov.cn,,乙县,b",
                         encoding=encoding, end=end)  # fmt: skip
            assert [(p.id, p.name, p.url, p.division, p.columns, p.line) for p in load_registry(path)] == [
                ("a", "甲县", "http://a.gov.cn", None, (), 2),
                ("b", "乙县", "http://b.gov.cn", None, (), 5),
            ]


def test_a_cell_may_hold_commas_and_lines_in_quotes(tmp_path):
    path = write(tmp_path, HEADER, '"a","甲,县",,,http://a.gov.cn,"http://a.gov.cn/1\nhttp://a.gov.cn/2"', "b,乙县,,,,")
    assert refusal(path).startswith(":4: url is missing")
    path = write(tmp_path, HEADER, '"a","甲,县",,,http://a.gov.cn,"http://a.gov.cn/1\nhttp://a.gov.cn/2"')
    [portal] = load_registry(path)
    assert portal.name == "甲,县"
    assert portal.columns == ("http://a.gov.cn/1", "http://a.gov.cn/2")


@pytest.mark.parametrize(
    ("line", "word"),
    [
        (",甲县,,,http://a.gov.cn/,", "id is missing"),
        ("a,,,,http://a.gov.cn/,", "name is missing"),
        ("a,甲县,,,,", "url is missing"),
        ("a", "name is missing"),
        ("wz,甲县,,,http://a.gov.cn/,", "line 2"),
        ("WZ,甲县,,,http://a.gov.cn/,", "line 2"),
        ("a/b,甲县,,,http://a.gov.cn/,", "'a/b'"),
        ("..,甲县,,,http://a.gov.cn/,", "'..'"),
        (".a,甲县,,,http://a.gov.cn/,", "'.a'"),
        ("a b,甲县,,,http://a.gov.cn/,", "'a b'"),
        ("甲,甲县,,,http://a.gov.cn/,", "'甲'"),
        (f"{'a' * 101},甲县,,,http://a.gov.cn/,", "100"),
        ("a,甲县,,,www.a.gov.cn,", "http://"),
        ("a,甲县,,,ftp://a.gov.cn/,", "http://"),
        ("a,甲县,,,javascript:alert(1),", "http://"),
        ("a,甲县,,,http:///nb/,", "host"),
        ("a,甲县,,,http://./,", "host"),
        ("a,甲县,,,http://a.gov.cn:99999/,", "web address"),
        ("a,甲县,,,http://[::1/,", "web address"),
        ("a,甲县,,,http://a.gov.cn/ x,", "host"),
        ("a,甲县,5,,http://a.gov.cn/,", "division '5'"),
        ("a,甲县,5001010010,,http://a.gov.cn/,", "division"),
        ("a,甲县,50010X,,http://a.gov.cn/,", "division"),
        ("a,甲县,５００１,,http://a.gov.cn/,", "division"),
        ("a,甲县,,,http://a.gov.cn/,/nb/", "column_url '/nb/'"),
        ("a,甲县,,,http://a.gov.cn/,http://a.gov.cn/1 ftp://a.gov.cn/2", "ftp"),
        ("a,甲县,,,http://a.gov.cn/,,too,many", "more cells"),
    ],
)
def test_a_broken_line_is_named_with_its_number(tmp_path, line, word):
    message = refusal(write(tmp_path, HEADER, LINE, line))
    assert message.startswith(":3: ")
    assert word in message


def test_all_broken_lines_are_numbered(tmp_path):
    path = write(tmp_path, HEADER, ",甲,,,http://a.gov.cn,", LINE, "b,乙,,,b.gov.cn,", "c,,,,http://c.gov.cn,")
    message = refusal(path)
    assert message.startswith(":2: id is missing")
    assert "lines 4, 5" in message


def test_a_column_may_be_at_another_host(tmp_path):
    [portal] = load_registry(write(tmp_path, HEADER, LINE + "http://10.0.0.1:8080/nb/"))
    assert "10.0.0.1:8080" in hosts(portal)


@pytest.mark.parametrize(
    ("content", "start", "word"),
    [
        (b"", ":1: ", "empty"),
        (b"\xef\xbb\xbf\r\n \r\n", ":1: ", "empty"),
        (HEADER.encode(), ":1: ", "no portal"),
        ("编号,名称\n1,甲\n".encode(), ":1: ", "id, name, url"),
        (b"id;name;url\na;b;http://a.gov.cn\n", ":1: ", "commas"),
        (b"id,name,url,id\na,b,http://a.gov.cn,c\n", ":1: ", "twice"),
        (f"{HEADER}\n{LINE}\n甲\n".encode("gb18030"), ":2: ", "UTF-8"),
        (f"{HEADER}\n{LINE}\n".encode("utf-16"), ":1: ", "UTF-8"),
        (f'{HEADER}\na,{"甲" * 140_000},,,http://a.gov.cn,\n'.encode(), ":2: ", "CSV"),
    ],
)
def test_a_broken_file_is_refused_in_one_line(tmp_path, content, start, word):
    path = tmp_path / "portals.csv"
    path.write_bytes(content)
    message = refusal(path)
    assert message.startswith(start)
    assert word in message


def test_random_bytes_are_refused(tmp_path):
    path = tmp_path / "portals.csv"
    for content in (bytes(range(256)), b"\0\0\0\0", b'"', b"id,name,url\n\0,\0,\0", b"id,name,url\r\"a\r\"b\r\r"):
        path.write_bytes(content)
        refusal(path)


def test_what_is_no_file_is_refused(tmp_path):
    assert "no such file" in refusal(tmp_path / "none.csv")
    assert "folder" in refusal(tmp_path)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="this user may read everything")
def test_an_unreadable_file_is_refused(tmp_path):
    path = write(tmp_path, HEADER, LINE)
    path.chmod(0)
    assert "permission" in refusal(path).lower()


def test_a_portal_is_reached_at_its_hosts_and_their_twins_only():
    portal = Portal("a", "甲县", "http://WWW.a.gov.cn/", columns=("https://xxgk.a.gov.cn:8443/nb/", "http://127.0.0.1/"))
    assert hosts(portal) == {
        "www.a.gov.cn:80",
        "www.a.gov.cn:443",
        "a.gov.cn:80",
        "a.gov.cn:443",
        "xxgk.a.gov.cn:8443",
        "www.xxgk.a.gov.cn:8443",
        "127.0.0.1:80",
        "127.0.0.1:443",
    }
    assert hosts(Portal("b", "乙县", "http://localhost:8041/")) == {"localhost:8041"}
    assert hosts(Portal("c", "丙县", "http://[::1]:8041/")) == {"::1:8041"}


def site(host: str) -> str:
    return host.removeprefix("www.").removeprefix("m.")


def domain(host):
    """The domain that somebody has registered: wz.gov.cn of www.wz.gov.cn."""
    parts = host.split(".")
    return host if host.replace(".", "").isdigit() else ".".join(parts[-3 if host.endswith((".gov.cn", ".com.cn")) else -2 :])


def test_our_own_registry_is_sound():
    portals = load_registry()
    assert len(portals) > 400
    sites = [site(urlsplit(portal.url).netloc) for portal in portals]
    assert len(set(sites)) == len(sites), "one line a portal"
    for portal in portals:
        place = by_code(portal.division or "")
        assert place is not None, portal
        assert place.until is None, f"{portal.id}: {portal.division} is not in use any more"
        assert portal.level in (place.level, "department"), portal
        if portal.level != "department":
            government = portal.name.removesuffix("人民政府").removesuffix("行政公署")
            assert government != portal.name
            assert full_name(place.code).endswith(government), portal
        assert portal.id == site(urlsplit(portal.url).netloc), "an id of ours is the site"
        assert urlsplit(portal.url).path == "/"
        for column in portal.columns:
            assert urlsplit(column).path not in ("", "/"), f"{column} is a front page"
            host = urlsplit(column).hostname
            # Harbin keeps the disclosure of its counties at hosts of its own.
            assert domain(host) == domain(urlsplit(portal.url).hostname) or re.fullmatch(r"\w+xxgk\.harbin\.gov\.cn", host), column


def test_a_site_is_either_listed_or_left_out_with_a_reason():
    listed = {portal.id for portal in load_registry()}
    with (PORTALS.parent / "portals_left_out.csv").open(encoding="utf-8", newline="") as file:
        left_out = {row["host"]: row["reason"] for row in csv.DictReader(file)}
    assert all(left_out.values())
    assert not listed & set(left_out)
