"""What stands between the engine and the wire, from the outside in.

outcome (what could not be had) · scope (only the portals' own hosts) · robots (RFC 9309) ·
unchanged (ask for changes only) · … Scrapy's retries … · decoding (content coding) · … redirects … ·
capture (the archive). `PauseExtension` belongs to them: it holds a host's next request back
when the host asked for that.
"""

from crawler.middlewares.capture import CaptureMiddleware
from crawler.middlewares.decoding import DecodingMiddleware
from crawler.middlewares.outcome import OutcomeMiddleware
from crawler.middlewares.pause import PauseExtension
from crawler.middlewares.redirects import MetaRefreshMiddleware, RedirectMiddleware
from crawler.middlewares.robots import RobotsMiddleware
from crawler.middlewares.scope import ScopeMiddleware
from crawler.middlewares.unchanged import UnchangedMiddleware

__all__ = [
    "CaptureMiddleware",
    "DecodingMiddleware",
    "MetaRefreshMiddleware",
    "OutcomeMiddleware",
    "PauseExtension",
    "RedirectMiddleware",
    "RobotsMiddleware",
    "ScopeMiddleware",
    "UnchangedMiddleware",
]
