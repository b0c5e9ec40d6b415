"""Leave a host alone that does not answer, so that a dead one costs few requests and little time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from scrapy.exceptions import IgnoreRequest


class HostGivenUp(IgnoreRequest):
    """The host did not answer several times in a row; nothing is sent to it for a while."""

    worth_a_retry = True


@dataclass
class _Account:
    failures: int = 0
    closed_until: float = 0.0


class Breaker:
    """Counts the requests to each place (host and port) that got no answer, one after the other.

    After `limit` of them the place is left alone for `pause` seconds; then one request is let
    through, and only its answer opens the way for more. Any answer counts, also an error of the server. A limit of
    0 switches it off.
    """

    def __init__(self, limit: int, pause: float, clock: Callable[[], float] = monotonic) -> None:
        self._limit = limit
        self._pause = pause
        self._clock = clock
        self._places: dict[str, _Account] = {}

    def check(self, place: str) -> None:
        """Let a request pass. Raises HostGivenUp while the place is left alone."""
        account = self._places.get(place)
        if account is None or not self._limit or account.failures < self._limit:
            return
        if self._clock() < account.closed_until:
            raise HostGivenUp(f"unreachable: the host did not answer {account.failures} times in a row and is left alone")
        account.closed_until = self._clock() + self._pause  # for all but this one

    def failed(self, place: str) -> None:
        """A request to this place got no answer."""
        account = self._places.setdefault(place, _Account())
        account.failures += 1
        account.closed_until = self._clock() + self._pause

    def answered(self, place: str) -> None:
        """The place is alive."""
        self._places.pop(place, None)
