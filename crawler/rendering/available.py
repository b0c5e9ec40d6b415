"""Whether there is a browser to draw pages with, found out without starting or importing one."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

#: As distributions name it, the smallest first.
_EXECUTABLES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
_PACKAGES = ("playwright", "scrapy_playwright")


class NoBrowser(Exception):
    """There is nothing to draw with. The text says what is missing and how to have it."""


def find_browser(settings: BaseSettings) -> str:
    """The executable of the browser: RENDER_BROWSER, or the first of those that distributions install.

    Raises NoBrowser.
    """
    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        raise NoBrowser(f"the package {missing[0].replace('_', '-')} is not installed; pip install scrapy-playwright")
    if not settings.getbool("TWISTED_REACTOR_ENABLED", True):
        raise NoBrowser("scrapy-playwright needs Twisted's reactor; leave TWISTED_REACTOR_ENABLED alone")
    named = settings["RENDER_BROWSER"]
    if named:
        if not (os.path.isfile(named) and os.access(named, os.X_OK)):  # noqa: PTH113 - beside os.access
            raise NoBrowser(f"RENDER_BROWSER: {named} is no program")
        return str(named)
    found = next((path for name in _EXECUTABLES if (path := shutil.which(name))), None)
    if found is None:
        raise NoBrowser("no Chromium found; apt install chromium-headless-shell, or set RENDER_BROWSER to one")
    return found
