"""One report, however many addresses show it, and however often it was revised.

A portal shows one report under several addresses: in the organ's own column and in the portal's, with and without
`www`, for telephones, for printing, in traditional characters. These are twins: one line of `reports.jsonl`,
whose `source.also_at` lists the other addresses. And an address says something else when its report is revised: that is
a new line, whose `replaces` names the one before.

What becomes of a set of captures depends on the captures alone, never on the order in which a crawl came to read them:
they are gone through by the time of capture. So a crawl and a replay of its archive write the same, and a file
of records can be folded again and again, since a line keeps the time of every capture that it stands for.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from crawler.media import HTML, TEXT
from crawler.reading import is_torn, write_line
from parsers import content_digest

_READ = frozenset({"verified", "flagged", "partial"})
_PAGES = frozenset({HTML, TEXT})
_MIRRORS = frozenset({"source.mirror", "source.unofficial_host"})
# A title may be worded otherwise in every column. That it calls its report a corrected one may be all that tells them apart.
_REVISED_RE = re.compile(r"修订|更正|修正|勘误|更新版|修改版")
# Where a template breaks lines and which form of a mark it prints is not the report's.
_MARKS_RE = re.compile(r"[^\w%‰]+|_+")

#: Where a line stands: which file, the first byte, how many.
Place = tuple[int, int, int]


@dataclass(eq=False, slots=True)
class Capture:
    """What one address said at one time, as far as twins and versions are concerned.

    `key` is equal for captures of one address that say the same, `alike` for those of a portal's addresses (empty: nothing
    is alike). `place` is where the record stands; None for a capture that only a line's `also_at` tells of. `at` is its number
    in the order of capture.
    """

    url: str
    fetched: str
    sha256: str
    snapshot: str | None
    id: str
    portal: str
    key: str
    alike: str
    organ: str | None
    year: int | None
    read: bool
    mirror: bool
    place: Place | None = None
    at: int = 0


@dataclass(eq=False, slots=True)
class Version:
    """What a report said for a time: the capture that is its record, and all that said the same."""

    main: Capture
    replaces: Version | None = None
    captures: list[Capture] = field(default_factory=list)
    urls: set[str] = field(default_factory=set)
    shown_at: set[str] = field(default_factory=set)

    def says(self, capture: Capture) -> bool:
        """Whether a capture adds nothing: the same words, or the very same bytes in the eyes of another parser."""
        if capture.url not in self.urls:
            return False
        return self.main.key == capture.key or any(c.id == capture.id for c in self.captures if c.url == capture.url)

    def take(self, capture: Capture) -> None:
        """Take in a capture that says this. The first is the record, but an official original before a mirror."""
        if capture.place is not None and (self.main.place is None or (self.main.mirror and not capture.mirror)):
            self.main = capture
        self.captures.append(capture)
        self.urls.add(capture.url)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the folded file: the record at `place`, as it was captured at a time, with these addresses beside its own,
    and what it replaces."""

    place: Place
    fetched: str
    also_at: tuple[Mapping[str, Any], ...]
    replaces: str | None


class Histories:
    """What every address has said so far. Captures are taken one by one; `fold` says what they amount to."""

    def __init__(self) -> None:
        self.captures: list[Capture] = []
        self.versions: list[Version] = []
        self._now: dict[str, Version] = {}
        self._alike: defaultdict[tuple[str, str], list[Version]] = defaultdict(list)
        self._unread: defaultdict[str, set[str]] = defaultdict(set)  # address: what it said that could not be read
        self._lost: set[str] = set()  # addresses whose last answer could not be read
        #: seconds within which captures may have been taken in another order than they were made
        self.unordered: set[str] = set()

    def take(self, capture: Capture) -> str:
        """Take a capture in: "new", "changed" (its address said something else), "twin" (another address says this), "unchanged".

        Of an unchanged one, and of a twin that is known, nothing is kept.
        """
        return self._take_read(capture) if capture.read else self._take_unread(capture)

    def _take_read(self, capture: Capture) -> str:
        now = self._now.get(capture.url)
        self._lost.discard(capture.url)
        if now is not None and now.says(capture):
            return "twin" if now.main.url != capture.url else "unchanged"
        self.captures.append(capture)
        version, state = self._twin_of(capture), "twin"
        if version is None:
            version = self._begin(capture, now if now is not None and _revises(capture, now.main) else None)
            state = "new" if now is None and capture.url not in self._unread else "changed"
        version.take(capture)
        if now is not None:
            now.shown_at.discard(capture.url)
        version.shown_at.add(capture.url)
        self._now[capture.url] = version
        return state

    def _take_unread(self, capture: Capture) -> str:
        """A page that was not read neither revises a report nor is its twin. Files that nobody can read may be twins."""
        said = self._unread[capture.url]
        first = not said and capture.url not in self._now
        self._lost.add(capture.url)
        version = self._twin_of(capture)
        if {capture.key, capture.id} & said:
            return "unchanged"
        said |= {capture.key, capture.id}
        self.captures.append(capture)
        if version is not None:
            version.take(capture)
            return "twin"
        version = self._begin(capture, None)
        version.take(capture)
        version.shown_at.add(capture.url)
        return "new" if first else "changed"

    def _begin(self, capture: Capture, replaces: Version | None) -> Version:
        version = Version(capture, replaces)
        self.versions.append(version)
        if capture.portal and capture.alike:
            self._alike[capture.portal, capture.alike].append(version)
        return version

    def _twin_of(self, capture: Capture) -> Version | None:
        if not capture.portal or not capture.alike:
            return None
        alike = self._alike.get((capture.portal, capture.alike), ())
        # What no address shows any more is an old version; and who shows again what it showed before is revised back.
        return next((v for v in reversed(alike) if v.shown_at and capture.url not in v.urls), None)

    def replaced_by(self, url: str) -> str | None:
        """The id of the report that the present version at this address replaces."""
        version = self._now.get(url)
        return version.replaces.main.id if version is not None and version.replaces is not None else None

    def shows_report(self, url: str) -> bool:
        """Whether this address, when it was last asked, showed a report that could be read, its own or another's twin."""
        return url in self._now and url not in self._lost

    def fold(self, number_of: Callable[[str, str], int] | None = None) -> list[Line]:
        """The lines of the whole, in the order of capture.

        Times are known to the second. Within one the order is that in which captures were taken in; where that need not
        be the order of capture, `number_of` gives the number of a capture by its address and time.
        """
        ordered = sorted(self.captures, key=lambda capture: capture.fetched)
        if number_of is not None:
            doubtful = Counter(capture.fetched for capture in ordered)
            numbers = {
                id(capture): number_of(capture.url, capture.fetched)
                for capture in ordered
                if capture.fetched in self.unordered and doubtful[capture.fetched] > 1
            }
            ordered.sort(key=lambda capture: (capture.fetched, numbers.get(id(capture), 0)))
        placed = {capture.id: capture for capture in self.captures if capture.place is not None}
        whole = Histories()
        for number, capture in enumerate(ordered):
            # The same bytes from the same address at another time: the record is the same, and so is who may stand for it.
            same = capture if capture.place is not None else placed.get(capture.id, capture)
            whole.take(replace(capture, place=same.place, mirror=same.mirror, at=number))
        last = {version.main.id: version for version in whole.versions}
        beside: defaultdict[str, list[Capture]] = defaultdict(list)
        for version in whole.versions:
            # Revised back to the same bytes: one id, one line, at the later time, that tells of the earlier one.
            beside[version.main.id] += [c for c in version.captures if c is not last[version.main.id].main]
        lines = []
        for version in sorted(last.values(), key=lambda version: version.main.at):
            place = version.main.place
            if place is None:  # told of by a line that is no longer there
                continue
            also = sorted(beside[version.main.id], key=lambda capture: (capture.fetched, capture.url))
            replaces = version.replaces.main.id if version.replaces is not None else None
            lines.append(Line(place, version.main.fetched, tuple(_address(capture) for capture in also), replaces))
        return lines


def captures_of(record: Mapping[str, Any], place: Place | None) -> Iterator[Capture]:
    """The captures that a record stands for, its own first. Raises KeyError or TypeError for what is no record."""
    source = record["source"]
    is_page = source.get("media_type") in _PAGES
    read = record.get("verdict") in _READ and not is_torn(record)
    sha256 = str(source.get("sha256") or "")
    content, same_bytes = content_digest(record), f"bytes {sha256}" if sha256 else ""
    words = said(record) if read and record["organ"] and record["year"] is not None else None
    own = Capture(
        url=str(source["url"] or ""),
        fetched=str(source.get("fetched") or ""),
        sha256=sha256,
        snapshot=source.get("snapshot"),
        id=str(record["report_id"]),
        portal=str(source.get("portal") or ""),
        key=words or content,
        # Pages that nobody can read are a portal's excuses: all of them alike, and none of them a report.
        alike=words or (same_bytes if read or not is_page else ""),
        organ=record["organ"],
        year=record["year"],
        read=read,
        mirror=source.get("official") is False or any(found["check"] in _MIRRORS for found in record.get("findings") or ()),
        place=place,
    )
    yield own
    for told in source.get("also_at") or ():
        url, sha256 = str(told["url"]), str(told["sha256"])
        yield replace(
            own,
            url=url,
            fetched=str(told.get("fetched") or ""),
            sha256=sha256,
            snapshot=told.get("snapshot"),
            id=name_capture(url, sha256),
            place=None,
        )


def said(record: Mapping[str, Any]) -> str | None:
    """A digest of whose report it is, of which year, and what it says; None when it says nothing.

    Unlike `parsers.content_digest` it passes over the title, blanks, line ends and punctuation: columns and templates differ in these.
    """
    cells = [[c["key"], c["value"], c["kind"], _bare(c["raw"] or "") if c["value"] is None else ""] for c in record["cells"]]
    text = "".join(_bare(s["heading"] or "") + _bare(s["text"] or "") for s in record["sections"])
    if not text and not any(cell[1] is not None for cell in cells):
        return None
    revised = sorted(set(_REVISED_RE.findall(record["title"] or "")))
    is_page = record["source"].get("media_type") in _PAGES
    whose = [record["organ"], record["year"], record.get("scope"), record.get("form"), revised, is_page or record["source"].get("media_type")]
    words = json.dumps([whose, cells, text], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()


def name_capture(url: str, sha256: str) -> str:
    """The id that a record of these bytes from this address has: see `parsers.report_id`."""
    return hashlib.sha256(url.encode("utf-8", "surrogatepass") + b"\n" + bytes.fromhex(sha256)).hexdigest()[:20]


def write_folded(line: bytes, folded: Line) -> bytes:
    """A line as it stands in the folded file: the same bytes where there is nothing to tell."""
    record = json.loads(line)
    source = record["source"]
    told = source.pop("also_at", None), record.pop("replaces", None), source.get("fetched") or ""
    if told == (None, None, folded.fetched) and not folded.also_at and not folded.replaces:
        return line
    source["fetched"] = folded.fetched or None
    if folded.also_at:
        source["also_at"] = [dict(address) for address in folded.also_at]
    if folded.replaces:
        record["replaces"] = folded.replaces
    return write_line(record)


def _bare(text: str) -> str:
    return _MARKS_RE.sub("", text)


def _revises(capture: Capture, before: Capture) -> bool:
    """Whether it is the same report in other words, and not the next report at an address that always shows the latest."""
    years = {capture.year, before.year} - {None}
    organs = {capture.organ, before.organ} - {None}
    return len(years) < 2 and len(organs) < 2


def _address(capture: Capture) -> dict[str, Any]:
    return {"url": capture.url, "fetched": capture.fetched or None, "sha256": capture.sha256, "snapshot": capture.snapshot}


class Spool:
    """Holds the records of a replay back until all are known, and writes them folded. Takes disk, not memory: a temporary file."""

    def __init__(self, folder: Path | None = None) -> None:
        self._histories = Histories()
        self._file = TemporaryFile(dir=folder)  # noqa: SIM115 - it lives as long as the replay
        self._verdicts: dict[Place, str] = {}
        self._fetched: dict[Place, str] = {}
        self._size = 0

    def take(self, record: Mapping[str, Any]) -> bool:
        """Take a record in; False when it says nothing that was not said before. Raises OSError when the disk is full."""
        (capture,) = captures_of(record, None)
        known = len(self._histories.captures)
        self._histories.take(capture)
        if len(self._histories.captures) == known:
            return False
        line = write_line(dict(record))
        capture.place = 0, self._size, len(line)
        self._file.seek(self._size)
        self._file.write(line)
        self._size += len(line)
        self._verdicts[capture.place] = str(record["verdict"])
        self._fetched[capture.place] = capture.fetched
        return True

    def finish(self, write: Callable[[bytes], object]) -> Counter[str]:
        """Write all lines in the order of capture, and return how many there are of each verdict."""
        verdicts: Counter[str] = Counter()
        for line in self._histories.fold():
            _, offset, length = line.place
            self._file.seek(offset)
            data = self._file.read(length)
            plain = not line.also_at and not line.replaces and line.fetched == self._fetched[line.place]
            write(data if plain else write_folded(data, line))
            verdicts[self._verdicts[line.place]] += 1
        self._file.close()
        return verdicts
