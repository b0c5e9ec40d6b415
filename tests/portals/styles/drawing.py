"""What all systems share: a list cut into pages, and the places of ordinary pages."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import date
from hashlib import md5
from typing import TYPE_CHECKING, ClassVar

from ..content import Document, rows

if TYPE_CHECKING:
    from ..county import Plan

Entry = tuple[str, str, date]


def hexes(key: object, length: int = 32) -> str:
    """A name that looks random and is the same in every run."""
    return (md5(str(key).encode()).hexdigest() * 2)[:length]


def uuid(key: object) -> str:
    text = hexes(key)
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def chunks(entries: Sequence[Entry], size: int) -> list[list[Entry]]:
    return [list(entries[start : start + size]) for start in range(0, len(entries), size)] or [[]]


class Style(ABC):
    """A content system. Subclasses say where things lie and draw the pager; lists are static pages unless they say otherwise."""

    name: ClassVar[str] = ""
    rows: ClassVar[int] = 15
    head: ClassVar[str] = ""
    container: ClassVar[str] = '<div class="article-content">{}</div>'
    layouts: ClassVar[tuple[str, ...]] = ("flat", "kinds", "years", "organs", "outside", "attached")

    def page_address(self, key: str) -> str:
        return f"/{key}/index.html"

    @abstractmethod
    def list_address(self, key: str, number: int, total: int) -> str:
        """Where page `number` of a list of `total` pages lies."""

    @abstractmethod
    def article(self, key: str, document: Document, serial: int) -> str:
        """The address of an article."""

    def pager(self, key: str, number: int, total: int) -> str:
        return ""

    def put_list(self, plan: Plan, key: str, title: str, entries: list[Entry], extra: str) -> str:
        """Put all pages of a list; return the address of the first."""
        pages = chunks(entries, self.rows)
        for number, page in enumerate(pages):
            main = f'<h2>{title}</h2>{extra}<ul class="list">{rows(page, cut=plan.county.cut)}</ul>'
            plan.put(self.list_address(key, number, len(pages)), title, main + self.pager(key, number, len(pages)))
        return self.list_address(key, 0, len(pages))

    def lay_out(self, plan: Plan, layout: str) -> list[tuple[str, str]]:
        from ..county import lay_out

        return lay_out(plan, layout)
