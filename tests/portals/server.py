"""Composed counties on loopback, each on a port of its own, with a robots.txt and a clock on every request."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from .county import HOST, County
from .serving import Asked


@dataclass
class Served:
    """One county under its address. `hits` are (seconds, method, target, user agent, status) as they came."""

    county: County
    url: str
    hits: list[tuple[float, str, str, str, int]] = field(default_factory=list)


@contextmanager
def serve(*counties: County, validators: bool = False) -> Iterator[list[Served]]:
    """Serve counties until the block ends. Addresses in their pages become loopback ones.

    `validators`: every page carries an ETag, and is answered with 304 when it is asked for with that.
    """
    servers = [_start(county, validators) for county in counties]
    try:
        yield [served for _, served in servers]
    finally:
        for server, _ in servers:
            server.shutdown()
            server.server_close()


def _start(county: County, validators: bool) -> tuple[ThreadingHTTPServer, Served]:
    served = Served(county, "")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            if self.path == "/robots.txt":
                rules = "".join(f"Disallow: {path}\n" for path in county.disallowed)
                body, kind, status = f"User-agent: *\n{rules}".encode(), "text/plain", 200
            else:
                answer = county.site.answer(Asked(self.command, self.path, self.rfile.read(length), headers))
                body, kind, status = answer.body.replace(HOST.encode(), served.url.encode()), answer.media_type, answer.status
            tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"' if validators and status == 200 else ""
            if tag and headers.get("if-none-match") == tag:
                status, body = 304, b""
            served.hits.append((time.monotonic(), self.command, self.path, self.headers.get("User-Agent", ""), status))
            self.send_response(status)
            if tag:
                self.send_header("ETag", tag)
            if status != 304:
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *args: object) -> None:
            """Hits are kept, not printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served.url = f"http://127.0.0.1:{server.server_address[1]}"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server, served
