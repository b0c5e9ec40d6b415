"""How a run of a Word file looks: hidden, raised, lowered, struck out, white, by itself or by its styles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml.etree import _Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_OFF = ("0", "false", "off", "none")
# Half points: what is set higher than this is a mark, what is smaller than this cannot be read.
_HIGH, _TINY = 3, 4
_SIGNS = ("wingdings", "webdings")
_NOTES = (f"{W}footnoteReference", f"{W}endnoteReference")


@dataclass(frozen=True, slots=True)
class Look:
    """`doubtful` is what a reader may not see, or sees as another sign."""

    hidden: bool = False
    raised: bool = False
    lowered: bool = False
    struck: bool = False
    doubtful: bool = False
    #: in a font of signs, where 7 is no seven
    sign: bool = False


class Looks:
    """The looks that the styles of a file give."""

    def __init__(self, styles: _Element | None) -> None:
        self._styles = {node.get(f"{W}styleId"): node for node in styles.iter(f"{W}style")} if styles is not None else {}
        self._default = next((key for key, node in self._styles.items() if node.get(f"{W}type") == "paragraph" and node.get(f"{W}default") in ("1", "true")), None)
        self._known: dict[tuple[str | None, str | None], Look] = {}

    def of(self, run: _Element, paragraph: _Element) -> Look:
        """The look of a run in a paragraph."""
        own = run.find(f"{W}rPr")
        by_run = _style(own, "rStyle")
        by_paragraph = _style(paragraph.find(f"{W}pPr"), "pStyle") or self._default
        note = any(run.find(tag) is not None for tag in _NOTES)
        if not note and (own is None or len(own) == (by_run is not None)):
            key = by_run, by_paragraph
            if key not in self._known:
                self._known[key] = _look(list(self._chain(*key)))
            return self._known[key]
        look = _look([own, *self._chain(by_run, by_paragraph)])
        return Look(look.hidden, True, False, look.struck, look.doubtful, look.sign) if note else look

    def _chain(self, *names: str | None) -> Iterator[_Element | None]:
        """The properties of styles and of those they are based on, the nearest first."""
        for name in names:
            seen: set[str | None] = set()
            while name in self._styles and name not in seen:
                seen.add(name)
                yield self._styles[name].find(f"{W}rPr")
                name = _style(self._styles[name], "basedOn")


def _style(parent: _Element | None, name: str) -> str | None:
    node = parent.find(f"{W}{name}") if parent is not None else None
    return None if node is None else node.get(f"{W}val")


def _look(chain: list[_Element | None]) -> Look:
    def said(name: str, attribute: str = "val", default: str = "1") -> str:
        for properties in chain:
            node = properties.find(f"{W}{name}") if properties is not None else None
            if node is not None:
                return node.get(f"{W}{attribute}", default).lower()
        return ""

    def is_on(name: str) -> bool:
        return said(name) not in ("", *_OFF)

    height, size = said("position"), said("sz")
    level = int(height) if height.removeprefix("-").isdigit() else 0
    return Look(
        hidden=is_on("vanish"),
        raised=said("vertAlign") == "superscript" or level > _HIGH,
        lowered=said("vertAlign") == "subscript" or level < -_HIGH,
        struck=is_on("strike") or is_on("dstrike"),
        doubtful=said("color") == "ffffff" or (size.isdigit() and int(size) <= _TINY),
        sign=said("rFonts", "ascii", "").startswith(_SIGNS),
    )
