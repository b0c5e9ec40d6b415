"""No page leads the crawl to an address that is not public, however it spells it and whichever way it points there."""

import os
import subprocess
import sys
from urllib.parse import quote

import pytest

from tests.test_crawl_command import PROJECT, anchor, page, records, report, write_registry
from tests.test_guard import INNER_SPELLINGS, LOCAL_NAMES, LOOPBACK_SPELLINGS
from tests.test_hostile_servers import Server, answer, to

HOSTS = [*LOOPBACK_SPELLINGS, *LOCAL_NAMES, *INNER_SPELLINGS]
assert len(HOSTS) >= 30


def spell(host, path="secret"):
    return f"http://{f'[{host}]' if ':' in host and not host.startswith('[') else host}:18999/{path}"


def not_dialled(tmp_path, ports, *args):
    log = tmp_path / "dialled.txt"
    command = [sys.executable, "-m", "tests.no_dialling", str(log), ",".join(map(str, ports)), *map(str, args)]
    # A proxy would look names up itself, past every rule: the environment's is not used.
    proxy = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "all_proxy"), "http://127.0.0.1:9/")
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, timeout=110, env={**os.environ, **proxy})
    said = done.stderr.decode(errors="replace")
    return (log.read_text().splitlines() if log.exists() else []), done.returncode, said


@pytest.fixture
def trap():
    """A portal whose every page points inward: links, redirects, refreshes, frames, the sitemap, attachments."""
    server = Server()
    links = "".join(f'<a href="{spell(host)}">河口镇{2000 + n}年政府信息公开工作年度报告</a>' for n, host in enumerate(HOSTS))
    frames = "".join(f'<iframe src="{spell(host)}"></iframe>' for host in HOSTS)
    bounced = "".join(
        f'<li><a href="/{way}/{n}.html">河口镇{2008 + n % 17}年政府信息公开工作年度报告</a></li>'
        for way in ("moved", "refresh", "frame") for n in range(len(HOSTS))
    )  # fmt: skip
    files = "".join(f'<p><a href="{spell(host, "a.docx")}">附件：年度报告{n}.docx</a></p>' for n, host in enumerate(HOSTS))
    server.answers["/"] = answer(page("河口镇人民政府", '<a href="/nb/">政府信息公开年报</a>' + links + frames))
    server.answers["/nb/"] = answer(page("政府信息公开年报", f"<ul>{anchor(2019)}{bounced}</ul>{links}{frames}"))
    server.answers["/nb/t2019.html"] = answer(report(2019).replace(b"</body>", files.encode() + b"</body>"))
    sitemap = "".join(f"<url><loc>{spell(host)}</loc></url>" for host in HOSTS)
    server.answers["/sitemap.xml"] = answer(f"<urlset>{sitemap}</urlset>".encode(), kind="text/xml")
    places = "".join(f"Sitemap: {spell(host, 'sitemap.xml')}\n" for host in HOSTS)
    server.answers["/robots.txt"] = answer(f"User-agent: *\nDisallow:\n{places}".encode(), kind="text/plain")
    for number, host in enumerate(HOSTS):
        target = spell(host)
        server.answers[f"/moved/{number}.html"] = to(quote(target, safe=":/[]@%").encode())
        refresh = f'<html><head><meta http-equiv="refresh" content="0;url={target}"></head></html>'
        server.answers[f"/refresh/{number}.html"] = answer(refresh.encode())
        server.answers[f"/frame/{number}.html"] = answer(page("年报", f'<iframe src="{target}"></iframe>'))
    yield server
    server.close()


def test_a_portal_whose_pages_point_inward_in_every_way_is_crawled_and_nothing_else_is_dialled(trap, tmp_path):
    home = tmp_path / "home"
    registry = write_registry(tmp_path, trap.url)
    port = int(trap.url.rsplit(":", 1)[1].strip("/"))
    args = ("crawl", "county_portals", "-a", f"portals={registry}", "-s", f"ARCHIVE_DIR={home}")
    tried, status, said = not_dialled(tmp_path, [port], *args)
    assert tried == [] and status in (0, 12), said[-2000:]
    assert [record["year"] for record in records(home) if record["verdict"] != "unreadable"] == [2019]


def test_the_resolver_alone_refuses_every_spelling_asked_for_redirected_to_or_refreshed_to(tmp_path, trap):
    """Without the rule that keeps requests on a portal's hosts, which would hide what the resolver lets through."""
    port = int(trap.url.rsplit(":", 1)[1].strip("/"))
    urls = [spell(host) for host in HOSTS]
    urls += [f"http://user:pass@{host}/" for host in ("127.0.0.1", "10.0.0.1", "localhost")]
    urls += ["file:///etc/passwd", "data:text/plain,x", "ftp://127.0.0.1/x", "http://127.0.0.1%2f@10.0.0.1/"]
    urls += [f"{trap.url}{way}/{n}.html" for way in ("moved", "refresh") for n in range(len(HOSTS))]
    trap.answers["/good"] = answer(report(2020))
    urls.append(f"{trap.url}good")
    (tmp_path / "urls.txt").write_text("\n".join(urls), "utf-8")
    tried, _, said = not_dialled(tmp_path, [port], "--bare", tmp_path / "urls.txt")
    arrived = {line.removeprefix("ARRIVED ") for line in tried if line.startswith("ARRIVED")}
    tried = [line for line in tried if not line.startswith("ARRIVED") and line != "not a URL for Scrapy"]
    assert tried == [], said[-2000:]
    assert f"{trap.url}good" in arrived and all(url.startswith(trap.url) for url in arrived)
    assert "Traceback" not in said
