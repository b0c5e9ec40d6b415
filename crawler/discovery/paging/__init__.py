"""How lists go on: one function for each way of paging, all of one shape.

A style takes a fetched list page and returns the requests for the pages after it, in order; an
empty list where the style does not apply or the list has ended. None of them keeps state: where a
list stands is read from the page and its address. Each is bounded by `MAX_PAGES`; that the
pages bring something new is checked by whoever asks for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..link import Link
from ..page import Fetched
from .calls import call
from .drawn import drawn
from .epoint import epoint
from .files import count_page, max_page, trs, vsb
from .forms import form_pages, postback
from .links import next_link, numbered, query_pages
from .pieces import ajax_list, hanweb_search, lonsun_list
from .proxies import gkmlpt, hanweb, jpaas, truecms, ucap_json
from .turns import MAX_PAGES

Style = Callable[[Fetched], list[Link]]

STYLES: dict[str, Style] = {
    "next_link": next_link,
    "trs": trs,
    "count_page": count_page,
    "max_page": max_page,
    "vsb": vsb,
    "hanweb": hanweb,
    "jpaas": jpaas,
    "gkmlpt": gkmlpt,
    "ucap_json": ucap_json,
    "truecms": truecms,
    "epoint": epoint,
    "hanweb_search": hanweb_search,
    "lonsun_list": lonsun_list,
    "ajax_list": ajax_list,
    "numbered": numbered,
    "query_pages": query_pages,
    "postback": postback,
    "form_pages": form_pages,
    "drawn": drawn,
    "call": call,
}
"""By name, in the order in which they are tried when the family is unknown: what the page links to
itself comes before what must be computed, and that before guesses."""

DATA_STYLES = frozenset({"hanweb", "jpaas", "gkmlpt", "ucap_json", "truecms", "epoint", "ajax_list", "call"})
"""Those that go on from a data answer; the others read pages for people."""

__all__ = ["MAX_PAGES", "STYLES", "Style", "next_pages"]


def next_pages(page: Fetched, prefer: Iterable[str] = ()) -> list[Link]:
    """Return the requests for the pages after this one, by the first style that applies.

    `prefer` names the styles of the page's family; they are tried first and nothing more: a page of a
    family that is wrongly recognised is still paged. Raises KeyError for a style that does not exist.
    """
    for name in dict.fromkeys((*prefer, *STYLES)):
        if page.is_data and name not in DATA_STYLES:
            continue
        found = STYLES[name](page)
        if found:
            return found
    return []
