"""Run a crawl in a process that cannot connect to anything but the ports named: `python -m tests.no_dialling LOG PORTS …`.

Every connection that is tried and every name that is looked up goes into the log before it is refused, whoever
tries it, so that nothing is ever dialled. The rest of the line is Scrapy's, or `--bare URL…` for a spider without
any rule of ours but the resolver.
"""

import socket
import sys
from pathlib import Path

_LOG, _PORTS = Path(sys.argv[1]), {int(port) for port in sys.argv[2].split(",")}


def watch(event, args):
    if event == "socket.connect":
        where = args[1]
        if not isinstance(where, tuple) or (where[0], where[1]) in {("127.0.0.1", port) for port in _PORTS}:
            return
        note(f"connect {where[0]}:{where[1]}")
        raise ConnectionRefusedError(f"not dialled: {where}")
    if event == "socket.getaddrinfo":
        note(f"lookup {args[0]}")
        raise socket.gaierror(f"not asked: {args[0]}")


def note(line):
    with _LOG.open("a") as log:
        log.write(line + "\n")


def bare(urls):
    """Ask for each URL with the project's settings, but without the rule that keeps requests on a portal's hosts."""
    from types import SimpleNamespace

    from scrapy import Request, Spider
    from scrapy.crawler import AsyncCrawlerProcess
    from scrapy.utils.project import get_project_settings

    class Bare(Spider):
        name = "bare"

        async def start(self):
            for url in urls:
                try:
                    yield Request(url, callback=self.arrived, errback=self.failed, dont_filter=True, meta={"role": "page"})
                except ValueError:
                    note("not a URL for Scrapy")

        def arrived(self, response):
            note(f"ARRIVED {response.url}")

        def failed(self, failure):
            pass

    settings = get_project_settings()
    settings.set("ARCHIVE_DIR", str(_LOG.parent / "bare"), "cmdline")
    settings.set("DOWNLOAD_DELAY", 0, "cmdline")
    settings.set("CONCURRENT_REQUESTS_PER_DOMAIN", 8, "cmdline")
    settings.set("RETRY_TIMES", 0, "cmdline")
    process = AsyncCrawlerProcess(settings)
    settings["DOWNLOADER_MIDDLEWARES"]["crawler.middlewares.ScopeMiddleware"] = None
    process.crawl(Bare, portals=[SimpleNamespace(id="p", name="p", url=f"http://127.0.0.1:{port}/") for port in _PORTS])
    process.start()


if __name__ == "__main__":
    sys.addaudithook(watch)
    if sys.argv[3] == "--bare":
        bare(Path(sys.argv[4]).read_text("utf-8").splitlines())
    else:
        from scrapy.cmdline import execute

        execute(["scrapy", *sys.argv[3:]])
