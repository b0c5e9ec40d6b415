"""Open a zip package without letting it take the machine.

Everything is refused from the directory, before a byte is inflated: too many members, too large a
member, too large a whole, a member that claims to shrink a thousandfold. Then no member is inflated past the size
that it declares. XML of an office file has no document type (ECMA-376 part 2, clause 7), so one with a DTD is no office file but an attack.
"""

from __future__ import annotations

import io
import zipfile
import zlib

from lxml import etree

from parsers.media.rendering import Unreadable

_MAX_MEMBERS = 5_000
#: bytes; XML of a report is below one MiB
MAX_PART = 32 << 20
_MAX_WHOLE = 256 << 20
# Deflate reaches 1,032; XML of a real report with thousands of like cells stays below 100.
_MAX_RATIO = 400
_MAX_DEPTH = 2_000

_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError, OverflowError)


class Package:
    """The members of a zip file, each read on demand and within bounds."""

    def __init__(self, body: bytes) -> None:
        """Read the directory. Raises Unreadable for a damaged, encrypted or hostile file."""
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(body))
            members = self._zip.infolist()
        except _BROKEN as error:
            raise Unreadable(f"the file is damaged or cut off: its zip directory cannot be read ({error})") from error
        if len(members) > _MAX_MEMBERS:
            raise Unreadable(f"the zip file has {len(members)} members; no report has")
        if sum(member.file_size for member in members) > _MAX_WHOLE:
            raise Unreadable(f"the zip file would inflate to more than {_MAX_WHOLE >> 20} MiB; it is not opened")
        self._members = {member.filename.replace("\\", "/"): member for member in members}

    @property
    def names(self) -> list[str]:
        """The names of all members, in the order of the directory."""
        return list(self._members)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def read(self, name: str, limit: int = MAX_PART) -> bytes:
        """The bytes of one member. Raises Unreadable when it is absent, damaged, encrypted or past the bounds."""
        member = self._members.get(name)
        if member is None:
            raise Unreadable(f"the file is not whole: it has no {name}")
        if member.flag_bits & 1:
            raise Unreadable("the zip file is encrypted")
        if member.file_size > limit or member.file_size > _MAX_RATIO * max(member.compress_size, 1) + (1 << 20):
            raise Unreadable(f"{name} would inflate from {member.compress_size} to {member.file_size} bytes; it is not opened")
        try:
            with self._zip.open(member) as stream:
                content = stream.read(limit + 1)
        except _BROKEN as error:
            raise Unreadable(f"the file is damaged: {name} cannot be read ({error})") from error
        if len(content) > limit:
            raise Unreadable(f"{name} inflates to more than it declares; it is not read")
        return content

    def xml(self, name: str) -> etree._Element:
        """The root of an XML member. Raises Unreadable also when it has a document type or is no XML."""
        return parse_xml(self.read(name), name)


def parse_xml(content: bytes, name: str) -> etree._Element:
    """Parse XML that must have no document type. Raises Unreadable.

    >>> parse_xml(b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "a.xml")
    Traceback (most recent call last):
    parsers.media.rendering.Unreadable: a.xml has a document type, which office files must not have; it is not read
    """
    # The same letters in UTF-16, as an XML file may be written.
    if any(mark in content for mark in (b"<!DOCTYPE", b"<!ENTITY", *(w.encode(e) for w in ("<!DOCTYPE", "<!ENTITY") for e in ("utf-16-le", "utf-16-be")))):
        raise Unreadable(f"{name} has a document type, which office files must not have; it is not read")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unreadable(f"the file is damaged: {name} is no XML ({error})") from error
    if root is None:
        raise Unreadable(f"the file is damaged: {name} is empty")
    _bound_depth(root, name)
    return root


def _bound_depth(root: etree._Element, name: str) -> None:
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > _MAX_DEPTH:
            raise Unreadable(f"{name} is nested more than {_MAX_DEPTH} deep; no report is")
