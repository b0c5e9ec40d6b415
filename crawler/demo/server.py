"""Serve a demo portal over real HTTP on loopback, and remember what was asked.

Everything here is an ordinary web server's duty: conditional requests, HEAD, gzip when the
client takes it, an error page. What stands at which path is the portal's business (`Site`).
"""

from __future__ import annotations

import errno
import gzip
import logging
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Resource:
    """What a path answers: the entity before any content-coding, and its headers."""

    body: bytes
    media_type: str = "text/html"  # the whole Content-Type, charset and all, as that CMS sends it
    status: int = 200
    modified: datetime | None = None  # Last-Modified and ETag are sent only when this is known


Answer = Callable[[Mapping[str, str]], Resource | None]
"""A page made on request from its parameters; None is "not found"."""


class Visit(NamedTuple):
    """One request as it arrived: seconds on the monotonic clock, and what was asked and answered."""

    time: float
    method: str
    path: str
    status: int
    headers: dict[str, str]


@dataclass
class Site:
    """A portal as the set of its resources. `pages` are files, `answers` are programs."""

    id: str
    name: str
    pages: dict[str, Resource] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    gzip: bool = False
    server: str = "nginx"
    missing: Resource = Resource(b"<html><body><h1>404 Not Found</h1></body></html>", status=404)
    traps: dict[str, str] = field(default_factory=dict)  # path of a page that is no article: its kind
    columns: tuple[str, ...] = ()  # paths of annual-report columns that the registry knows

    def find(self, target: str, form: str = "") -> Resource:
        """The answer to a request target (path and query), or to a form sent with POST."""
        parts = urlsplit(target)
        if target.split("#")[0] in self.pages:
            return self.pages[target.split("#")[0]]
        if parts.path in self.answers:
            query = dict(parse_qsl(parts.query, keep_blank_values=True) + parse_qsl(form, keep_blank_values=True))
            return self.answers[parts.path](query) or self.missing
        return self.pages.get(parts.path, self.missing)


class PortalServer(ThreadingHTTPServer):
    """One portal on one port. `log` holds every request in the order of its answer."""

    daemon_threads = True
    block_on_close = False
    # Not SO_REUSEPORT: a second run must see that the port is taken.
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, site: Site, port: int) -> None:
        self.site = site
        self.log: list[Visit] = []
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            super().__init__((HOST, 0), _Handler)
            logger.warning("Port %d is taken: demo portal %s answers at %s instead", port, site.id, self.url)
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.05}, name=f"demo-{site.id}", daemon=True
        )

    @property
    def url(self) -> str:
        """The portal's front page."""
        return f"http://{HOST}:{self.server_address[1]}/"

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Free the port and hang up on whoever is still connected. A server never started may be stopped too."""
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
        self.server_close()
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            # It may have been closed by the other side in the meantime: then there is nothing to do.
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        with self._lock:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that hangs up in the middle is not worth a traceback on the terminal.
        logger.debug("Connection from %s broke off", client_address, exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    server: PortalServer
    # Small answers must not wait for Nagle's algorithm.
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        try:
            length = min(int(self.headers.get("Content-Length", 0)), 1 << 16)
        except ValueError:
            length = 0
        self._answer(self.rfile.read(length).decode("utf-8", "replace"))

    def _answer(self, form: str = "") -> None:
        site = self.server.site
        found = site.find(self.path, form)
        body, status = found.body, found.status
        headers = {"Content-Type": found.media_type}
        if found.modified is not None and status == 200:
            tag = f'"{sha256(body).hexdigest()[:16]}"'
            headers |= {"Last-Modified": format_datetime(found.modified, usegmt=True), "ETag": tag}
            if self._is_fresh(tag, found.modified):
                status, body = 304, b""
                del headers["Content-Type"]
        if site.gzip and status == 200 and self._takes_gzip():
            # mtime=0: the same bytes in every run.
            body = gzip.compress(body, mtime=0)
            headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        if status != 304:
            headers["Content-Length"] = str(len(body))
        self.server.log.append(Visit(time.monotonic(), self.command, self.path, status, dict(self.headers.items())))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _is_fresh(self, tag: str, modified: datetime) -> bool:
        """RFC 9110, section 13.1: If-None-Match outranks If-Modified-Since."""
        asked = self.headers.get("If-None-Match")
        if asked is not None:
            return asked.strip() == "*" or tag in [name.strip().removeprefix("W/") for name in asked.split(",")]
        since = self.headers.get("If-Modified-Since")
        if since is None:
            return False
        try:
            date = parsedate_to_datetime(since)
        except ValueError:
            return False
        return modified <= (date if date.tzinfo else date.replace(tzinfo=UTC))

    def _takes_gzip(self) -> bool:
        for coding in self.headers.get("Accept-Encoding", "").split(","):
            name, _, weight = coding.partition(";")
            if name.strip().lower() in ("gzip", "x-gzip"):
                return weight.replace(" ", "").lower() not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
        return False

    def version_string(self) -> str:
        return self.server.site.server

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are kept in `log`, not written to stderr."""
