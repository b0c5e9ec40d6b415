"""A composed site as a function from a request to an answer, and the log of what it was asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request: the target as on the wire, the headers with lower-case names."""

    method: str
    target: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


@dataclass(frozen=True)
class Served:
    """One answer."""

    body: bytes
    media_type: str = "text/html; charset=utf-8"
    status: int = 200
    location: str = ""


def _pairs(target: str) -> list[tuple[str, str]]:
    return sorted(parse_qsl(urlsplit(target).query, keep_blank_values=True))


Program = Callable[[Asked], "Served | None"]
MISSING = Served(b"<html><head><title>404</title></head><body><h1>404 Not Found</h1></body></html>", status=404)


class Site:
    """Pages by target and programs by path. `log` holds (method, target, status) in the order of the answers."""

    def __init__(self) -> None:
        self.pages: dict[str, Served] = {}
        self.programs: dict[str, Program] = {}
        self.fallback: Program | None = None
        self.missing = MISSING
        self.log: list[tuple[str, str, int]] = []
        self.rewrite: Callable[[Served], Served] = lambda served: served

    def put(self, target: str, body: str | bytes, media_type: str = "text/html; charset=utf-8") -> None:
        """Put a page; two at one place are a mistake in the plan."""
        if target in self.pages:
            raise ValueError(f"{target} is there already")
        self.pages[target] = Served(body.encode() if isinstance(body, str) else body, media_type)

    def answer(self, asked: Asked) -> Served:
        """Answer a request and write it down."""
        served = self.rewrite(self._find(asked))
        self.log.append((asked.method, asked.target, served.status))
        return served

    def _find(self, asked: Asked) -> Served:
        for target in (asked.target, unquote(asked.target)):
            if target in self.pages:
                return self.pages[target]
        parts = urlsplit(asked.target)
        if parts.query:  # as programs read it: in any order
            same = (page for target, page in self.pages.items() if target.startswith(f"{parts.path}?") and _pairs(target) == _pairs(unquote(asked.target)))
            found = next(same, None)
            if found is not None:
                return found
        program = self.programs.get(parts.path)
        if program is not None:
            return program(asked) or self.missing
        if not parts.query and f"{parts.path}index.html" in self.pages and parts.path.endswith("/"):
            return self.pages[f"{parts.path}index.html"]
        return (self.fallback(asked) if self.fallback else None) or self.missing
