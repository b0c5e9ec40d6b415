"""Settings that are numbers, or yes and no: one that cannot be read stops the crawl before it begins, and is named.

The default in `settings.py` says the kind: a number that may be broken is written with a point there.
"""

from __future__ import annotations

from typing import Any

from scrapy.settings import BaseSettings

from crawler import settings as ours


def unreadable(settings: BaseSettings) -> str | None:
    """The first setting of ours that is not of the kind of its default, in words; None when all can be read.

    >>> unreadable(BaseSettings({"RETRY_TIMES": "two"}))
    "RETRY_TIMES: cannot read 'two'; write a whole number, such as 2"
    >>> unreadable(BaseSettings({"RETRY_TIMES": "3", "DOWNLOAD_DELAY": "0.5", "RENDER": "1"}))
    """
    for name, default in vars(ours).items():
        value: Any = settings.get(name)
        if not name.isupper() or not isinstance(default, bool | int | float) or value is None:
            continue
        try:
            if isinstance(default, bool):
                kind = "1 or 0"
                settings.getbool(name)
            elif isinstance(default, int) and not isinstance(value, float):
                kind = f"a whole number, such as {default}"
                settings.getint(name)
            else:
                kind = f"a number, such as {default}"
                settings.getfloat(name)
        except (ValueError, TypeError):
            return f"{name}: cannot read {value!r}; write {kind}"
    return None
