"""A portal that sends scripts where others send pages, for tests with a real browser."""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.test_crawl_command import page, report

SHELL = '<!doctype html><html><head><meta charset="utf-8"><title>{title}</title></head><body><div id="app"></div>{script}</body></html>'
LIST = """fetch('/api/q', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{"c":7}'}).then(r => r.json()).then(rows => {
  document.getElementById('app').innerHTML = '<h2>政府信息公开年报</h2><ul>' + rows.map(r =>
    '<li><a href="' + r[1] + '">' + r[0] + '</a></li>').join('') + '</ul>'; });"""
DRAW = """fetch('/api/text/%s').then(r => r.text()).then(text => { document.getElementById('app').innerHTML = text; });"""


def title(year):
    return f"河口镇人民政府{year}年政府信息公开工作年度报告"


def shell(year, script):
    return SHELL.format(title=title(year), script=f"<script>{script}</script>").encode()


class Listener:
    """A port that nobody may dial; `dialled` counts who did."""

    def __init__(self):
        self.dialled = 0
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                outer.dialled += 1
                with suppress(OSError):
                    self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nnotours")

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class JsPortal:
    """`years` are drawn by a fetch; `scripts` gives other years scripts of their own. `asked` is the server's log."""

    def __init__(self, years=(2019, 2020), scripts=None, answers=None):
        self.asked = []
        self.pages = pages = {
            "/": (page("河口镇人民政府", '<a href="/nb/">政府信息公开年报</a>'), "text/html; charset=utf-8"),
            "/nb/": (SHELL.format(title="政府信息公开年报", script='<script src="/js/list.js"></script>').encode(), "text/html; charset=utf-8"),
            "/js/list.js": (LIST.encode(), "text/javascript"),
            "/robots.txt": (b"User-agent: *\nDisallow: /secret/\n", "text/plain"),
        }
        rows = []
        for year, script in {**{year: DRAW % year for year in years}, **(scripts or {})}.items():
            pages[f"/nb/t{year}.html"] = (shell(year, script), "text/html; charset=utf-8")
            rows.append([title(year), f"/nb/t{year}.html"])
        for year in years:
            pages[f"/api/text/{year}"] = (report(year), "text/html; charset=utf-8")
        pages["/api/q"] = (json.dumps(rows).encode(), "application/json")
        pages.update(answers or {})
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.asked.append((self.command, self.path, dict(self.headers)))
                length = int(self.headers.get("Content-Length") or 0)
                self.rfile.read(length)
                found = pages.get(self.path.partition("?")[0])
                if found is None:
                    self.send_error(404)
                elif callable(found):
                    found(self)
                else:
                    self.send_response(200)
                    self.send_header("Content-Type", found[1])
                    self.send_header("Content-Length", str(len(found[0])))
                    self.end_headers()
                    self.wfile.write(found[0])

            do_POST = do_GET

            def log_message(self, *words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def paths(self):
        return [path for _, path, _ in self.asked]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
