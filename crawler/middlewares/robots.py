"""Ask each host's robots.txt first, as RFC 9309 has it.

Scrapy's own middleware goes ahead when robots.txt cannot be had, and takes no notice of Crawl-delay.
Here: answered 4xx = no rules (2.3.1.3); 5xx, 429, a dead connection = stay away from the host for this
run (2.3.1.4); Crawl-delay slows the host down, never speeds it up.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from time import monotonic
from typing import TYPE_CHECKING, Any

from scrapy import Request, signals
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.httpobj import urlparse_cached
from scrapy.utils.misc import build_from_crawler, load_object

from crawler.middlewares.capture import NotArchived
from crawler.middlewares.decoding import TooLarge
from crawler.middlewares.outcome import explain
from crawler.run import Run
from crawler.tally import Failure

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

logger = logging.getLogger("gongkai")


#: bytes of a robots.txt that are read (RFC 9309, 2.5: at least 500 KiB), and seconds for which they hold (2.4)
_LONGEST = 500 << 10
_HOLDS = 24 * 3600.0
#: hosts whose rules are kept at once; more than are ever under way together
_MOST = 4000


class ForbiddenByRobots(IgnoreRequest):
    """The host's robots.txt forbids this page. Raised by `RobotsMiddleware`."""

    worth_a_retry = False


class RobotsUnreachable(IgnoreRequest):
    """The host's robots.txt could not be had, so that nothing is asked of the host in this run."""

    worth_a_retry = True


class Rules:
    """What is known of the hosts' rules, each for a day. What could not be had or says nothing takes little room and stays;
    of rules that were read, those that were asked for last stay, and a host whose rules went is asked for them again.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._plain: dict[str, tuple[float, str | None]] = {}
        self._read: OrderedDict[str, tuple[float, Any]] = OrderedDict()

    def put(self, place: str, rules: Any) -> None:
        now = monotonic()
        if rules is None or isinstance(rules, str):
            self._read.pop(place, None)
            self._plain[place] = now, rules
            return
        self._plain.pop(place, None)
        self._read[place] = now, rules
        self._read.move_to_end(place)
        if len(self._read) > self._most:
            self._read.popitem(last=False)

    def get(self, place: str) -> Any:
        """The rules of a place. Raises KeyError for one that is not in here."""
        if place in self._read:
            self._read.move_to_end(place)
            return self._read[place][1]
        return self._plain[place][1]

    def __contains__(self, place: str) -> bool:
        asked, _ = self._read.get(place) or self._plain.get(place) or (-_HOLDS, None)
        return monotonic() - asked < _HOLDS

    def __len__(self) -> int:
        return len(self._read) + len(self._plain)


class RobotsMiddleware:
    """One robots.txt a host and day. Refuses by raising ForbiddenByRobots or RobotsUnreachable."""

    def __init__(self, crawler: Crawler) -> None:
        settings = crawler.settings
        if not settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured("ROBOTSTXT_OBEY is off")
        self._crawler = crawler
        self._run = Run.of(crawler)
        self._agent: str = settings["ROBOTSTXT_USER_AGENT"] or settings["BOT_NAME"]
        self._longest = settings.getfloat("CRAWL_DELAY_MAX", 120)
        self._reader = load_object(settings["ROBOTSTXT_PARSER"])
        self._asking: dict[str, asyncio.Future[Any]] = {}
        self._known = Rules()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> RobotsMiddleware:
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        if request.meta.get("dont_obey_robotstxt"):
            return
        parts = urlparse_cached(request)
        place = f"{parts.scheme}://{parts.netloc}"
        rules = await self._rules_of(place, request)
        if isinstance(rules, str):
            raise RobotsUnreachable(rules)
        if rules is not None and not rules.allowed(request.url, self._agent):
            self._run.refused["forbidden by robots.txt"] += 1
            raise ForbiddenByRobots("forbidden by robots.txt")

    async def _rules_of(self, place: str, request: Request) -> Any:
        if place in self._asking:
            return await self._asking[place]
        if place in self._known:
            return self._known.get(place)
        asking = self._asking[place] = asyncio.get_running_loop().create_future()
        try:
            self._known.put(place, await self._fetch(place, request))
            asking.set_result(self._known.get(place))
        except BaseException as error:
            # Those who wait ask for themselves what came of it: nothing, and not for ever.
            asking.set_exception(error)
            asking.exception()
            raise
        finally:
            del self._asking[place]
        return self._known.get(place)

    async def _fetch(self, place: str, request: Request) -> Any:
        """The rules of a host; None when it has none; a sentence when it must be left alone."""
        meta: dict[str, Any] = {"dont_obey_robotstxt": True, "role": "robots", "read_at_most": _LONGEST}
        if portal := request.meta.get("portal"):
            meta["portal"] = portal
        asked = Request(f"{place}/robots.txt", priority=1000, meta=meta, callback=NO_CALLBACK)
        try:
            response = await self._crawler.engine.download_async(asked)
        except NotArchived:
            raise
        except TooLarge as error:
            return self._stay_away(place, str(error).removeprefix("unreachable: "), portal)
        except IgnoreRequest:
            # It redirects off the portal, or in a circle: RFC 9309 calls that unavailable, no rules.
            return None
        except Exception as error:
            return self._stay_away(place, explain(error, asked.url), portal)
        if response.status >= 500 or response.status == 429:
            return self._stay_away(place, f"HTTP {response.status}", portal)
        if not 200 <= response.status < 300:
            return None
        rules = self._read(response)
        self._slow_down(request, rules)
        await self._crawler.signals.send_catch_log_async(signals.robots_parsed, robotparser=rules, request=asked)
        return rules

    def _read(self, response: Response) -> Any:
        body = response.body
        if len(body) > _LONGEST:
            # A rule that is cut would forbid more than was meant.
            body = body[: body.rfind(b"\n", 0, _LONGEST) + 1]
        return build_from_crawler(self._reader, self._crawler, body)

    def _stay_away(self, place: str, cause: str, portal: str | None) -> str:
        logger.warning("%s: robots.txt could not be had (%s); staying away from this host in this run", place, cause)
        self._run.note_failure(Failure(f"{place}/robots.txt", cause, portal, "robots", worth_a_retry=True))
        return f"unreachable: {cause}, when the host was asked for its rules"

    def _slow_down(self, request: Request, rules: Any) -> None:
        asked = rules.crawl_delay(self._agent)
        if not asked:
            return
        downloader = self._crawler.engine.downloader
        key, slot = downloader._get_slot(request)
        slot.delay = max(slot.delay, min(float(asked), self._longest))
        slot.concurrency = 1
        # The downloader forgets a slot that was idle for a minute; what it builds the next one from, it keeps.
        downloader.per_slot_settings[key] = {"delay": slot.delay, "concurrency": 1, "jitter": slot.jitter}
        logger.info("%s asks for %g s between pages", key, float(asked))
