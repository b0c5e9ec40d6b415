"""What stands between the engine and the wire, from the outside in.

reading (what the page says, found out in a process of its own) · outcome (what could not be had) · scope (only the portals' own hosts) · neighbours (one address, one slot) · robots (RFC 9309) ·
known (answered from the archive) · unchanged (ask for changes only) · … Scrapy's retries … · decoding (content coding) · … redirects … ·
capture (the archive). `PauseExtension` belongs to them: it holds a host's next request back
when the host asked for that.
"""

from crawler.middlewares.capture import CaptureMiddleware
from crawler.middlewares.decoding import DecodingMiddleware
from crawler.middlewares.known import KnownMiddleware
from crawler.middlewares.neighbours import NeighboursMiddleware
from crawler.middlewares.outcome import OutcomeMiddleware
from crawler.middlewares.pause import PauseExtension
from crawler.middlewares.reading import ReadingMiddleware, UnreadMiddleware
from crawler.middlewares.redirects import MetaRefreshMiddleware, RedirectMiddleware
from crawler.middlewares.robots import RobotsMiddleware
from crawler.middlewares.scope import ScopeMiddleware
from crawler.middlewares.unchanged import UnchangedMiddleware

__all__ = [
    "CaptureMiddleware",
    "DecodingMiddleware",
    "KnownMiddleware",
    "MetaRefreshMiddleware",
    "NeighboursMiddleware",
    "OutcomeMiddleware",
    "PauseExtension",
    "ReadingMiddleware",
    "RedirectMiddleware",
    "RobotsMiddleware",
    "ScopeMiddleware",
    "UnchangedMiddleware",
    "UnreadMiddleware",
]
