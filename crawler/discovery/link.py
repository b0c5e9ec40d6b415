"""A request that discovery proposes, with the reason for it."""

from __future__ import annotations

from dataclasses import dataclass

from .urls import same_page


@dataclass(frozen=True)
class Link:
    """One address worth asking.

    `role` is what the answer probably is: front, page (on the way), column, list (a further page of a
    column, or its data), report, attachment. `score` orders, 0 to 100. `why` names the words or the
    rule that decided. `column` is the first page of the column it belongs to. `turn` counts the pages
    of a list from 0, `depth` the steps from the front page, turned pages not counted. `instead` is asked when this one
    is refused or comes back empty. `via` is the page it stood on. `carried` is what the list page said and the reading
    of the answer needs; it is not sent.
    """

    url: str
    role: str
    score: int
    why: str
    text: str = ""
    method: str = "GET"
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    column: str | None = None
    turn: int = 0
    instead: Link | None = None
    attachment_of: str | None = None
    branch: bool = False
    depth: int = 0
    via: str | None = None
    carried: bytes = b""

    @property
    def key(self) -> tuple[str, str, bytes]:
        """Equal for requests that ask for the same thing."""
        return self.method, same_page(self.url), self.body or self.carried
