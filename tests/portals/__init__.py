"""Composed portals: one invented county on every content system we know, served without a network or on loopback.

`STYLES` draws the lists and articles of one system, `build` lays a county out in it (`County`), `visit` walks it
with the real spider and no socket, `serve` puts portals on loopback ports. The truth is `County.expected`.
"""

from .county import LAYOUTS, County, build
from .disguise import disguised
from .styles import STYLES
from .visit import Visit, visit

__all__ = ["LAYOUTS", "STYLES", "County", "Visit", "build", "disguised", "visit"]
