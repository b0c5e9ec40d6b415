"""Where an organ stands: province → prefecture → county, from codes and never from names.

The code is the record's own division, else that of the portal in the registry. An organ whose portal has none
stands under the portal's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from crawler.registry import Portal, RegistryError, load_registry
from parsers.divisions import ancestors, by_code

#: Places of a path: province, prefecture, county or portal.
Path = tuple[str, ...]


@cache
def registered() -> Mapping[str, Portal]:
    """The portals of our own registry by id; none when the file is in the middle of being edited."""
    try:
        return {portal.id: portal for portal in load_registry()}
    except RegistryError:
        return {}


@cache
def path_of(division: str | None, portal_division: str | None, portal_name: str) -> Path:
    """The places that an organ is listed under, the largest first.

    >>> path_of("500101001", None, ""), path_of(None, None, "白鹭县政府网")
    (('重庆市', '万州区'), ('白鹭县政府网',))
    """
    for code in (division, portal_division):
        place = by_code(code) if code else None
        if place is not None:
            names = [above.name for above in ancestors(place.code)]
            return tuple(names if place.level == "township" else [*names, place.name])
    return (portal_name,) if portal_name else ()
