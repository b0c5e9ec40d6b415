"""Bound what pdfminer inflates.

pdfminer inflates whatever a stream holds, at once and whole; twenty megabytes of zlib can hold twenty
gigabytes. Streams cannot be held against bounds before it sees them, since their filters may be named in
streams themselves. So the decoders that it calls are replaced by bounded ones, here, where they are looked up. Nor is a damaged
stream read as far as it goes, which pdfminer does without a word: half a page is not a page.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from pdfminer import pdftypes
from pdfminer.lzw import lzwdecode
from pdfminer.runlength import rldecode

from parsers.media.rendering import Unreadable

#: bytes; a page of dense text draws about 200 KiB, an embedded font of Chinese has 20 MiB
_MAX_STREAM = 64 << 20
_MAX_WHOLE = 256 << 20
# LZW and run lengths come from before 2000, when files were small. A byte of them may stand for 2,700.
_MAX_OLD = 256 << 10

_left: ContextVar[int] = ContextVar("bytes that the file at hand may still inflate to", default=_MAX_WHOLE)


@contextmanager
def bounded_streams() -> Iterator[None]:
    """Within it, the streams of one file together inflate to no more than the bound, or Unreadable is raised."""
    token = _left.set(_MAX_WHOLE)
    try:
        yield
    finally:
        _left.reset(token)


class _BoundedZlib:
    """What pdfminer uses of the module zlib."""

    error = zlib.error

    @staticmethod
    def decompress(data: bytes) -> bytes:
        limit = min(_MAX_STREAM, _left.get())
        inflater = zlib.decompressobj()
        content = inflater.decompress(data, limit + 1)
        if len(content) > limit:
            raise Unreadable(f"a stream of the PDF inflates from {len(data)} to more than {limit >> 20} MiB; the file is not read")
        if not inflater.eof:
            raise zlib.error("incomplete or truncated stream")
        _left.set(_left.get() - len(content))
        return content


def _refuse_damaged(data: bytes) -> bytes:
    raise Unreadable(f"the PDF is damaged: a stream of {len(data)} bytes cannot be inflated to its end")


def _bounded(decode: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    def decode_small(data: bytes) -> bytes:
        if len(data) > _MAX_OLD:
            raise Unreadable(f"the PDF has a stream of {len(data)} bytes in an old compression without bounds; the file is not read")
        return decode(data)

    return decode_small


_DECODERS: dict[str, object] = {
    "zlib": _BoundedZlib,
    "decompress_corrupted": _refuse_damaged,
    "lzwdecode": _bounded(lzwdecode),
    "rldecode": _bounded(rldecode),
}
for _name, _decoder in _DECODERS.items():
    if not hasattr(pdftypes, _name):
        raise ImportError(f"pdfminer.pdftypes has no {_name} any more: its streams would be without bounds")
    setattr(pdftypes, _name, _decoder)
