"""Undo content coding (gzip, deflate, br) without trusting it.

Servers send bodies that end early, that are not what the header says, and, on purpose, two
megabytes that inflate to two thousand. What can be had is returned, with words about what is
wrong: evidence is not refused because a server made a mistake.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

#: bytes of a decoded entity. A crawl reads no more than its replay; attachments end far below it
DECODED_LIMIT = 32 << 20
_STEP = 16 << 10
_MOST_CODINGS = 4


@dataclass(frozen=True)
class Decoded:
    """An entity, and what is wrong with it: `damage` in words, `truncated` as WARC says it."""

    body: bytes
    damage: str | None = None
    truncated: str | None = None


def decode(raw: bytes, codings: str, limit: int = DECODED_LIMIT) -> Decoded:
    """Undo the codings of a Content-Encoding value, last one first, up to `limit` bytes each.

    >>> decode(zlib.compress(b"report"), "deflate")
    Decoded(body=b'report', damage=None, truncated=None)
    >>> decode(b"<html>", "zstd").damage
    'Content-Encoding zstd cannot be undone here'
    """
    named = [name.strip().lower() for name in codings.split(",")]
    named = [name for name in named if name not in ("", "identity", "none", "utf-8")]
    if len(named) > _MOST_CODINGS:
        return Decoded(raw, f"{len(named)} content codings on top of each other", "unspecified")
    body = raw
    for name in reversed(named):
        undo = _CODINGS.get(name)
        if undo is None:
            return Decoded(body, f"Content-Encoding {name[:40]} cannot be undone here", "unspecified")
        result = undo(body, limit)
        if result.damage:
            return result
        body = result.body
    return Decoded(body)


def _gzip(raw: bytes, limit: int) -> Decoded:
    # Some servers name gzip and send the page itself.
    if not raw.startswith(b"\x1f\x8b"):
        return Decoded(raw)
    body = bytearray()
    at = 0
    # Members may follow each other; what follows and is not one is padding.
    while raw.startswith(b"\x1f\x8b", at):
        result, at = _inflate(31, raw, at, limit - len(body), "gzip")
        body += result.body
        if result.damage:
            return Decoded(bytes(body), result.damage, result.truncated)
    return Decoded(bytes(body))


def _deflate(raw: bytes, limit: int) -> Decoded:
    if not raw:
        return Decoded(raw)
    # RFC 9110 8.4.1.2 asks for zlib; old servers send bare deflate.
    wrapped, _ = _inflate(15, raw, 0, limit, "deflate")
    if not wrapped.damage or wrapped.body:
        return wrapped
    bare, _ = _inflate(-15, raw, 0, limit, "deflate")
    return bare if not bare.damage or bare.body else wrapped


def _inflate(wbits: int, raw: bytes, at: int, limit: int, name: str) -> tuple[Decoded, int]:
    """One compressed stream of `raw` from `at` on, and where it ends.

    Fed in small pieces: zlib copies what it has not used yet, and on the whole body that
    would be quadratic.
    """
    inflater = zlib.decompressobj(wbits)
    body = bytearray()
    try:
        while not inflater.eof and (at < len(raw) or inflater.unconsumed_tail):
            piece = inflater.unconsumed_tail
            if not piece:
                piece = raw[at : at + _STEP]
                at += len(piece)
            body += inflater.decompress(piece, min(_STEP, limit - len(body) + 1))
            if len(body) > limit:
                return Decoded(bytes(body[:limit]), f"{name} body inflates beyond {limit} bytes", "length"), at
    except zlib.error as error:
        return Decoded(bytes(body), f"{name} body is broken: {error}", "unspecified"), at
    if not inflater.eof:
        return Decoded(bytes(body), f"{name} body ends early", "unspecified"), at
    return Decoded(bytes(body)), at - len(inflater.unused_data)


def _brotli(raw: bytes, limit: int) -> Decoded:
    try:
        import brotli
    except ImportError:
        return Decoded(raw, "Content-Encoding br cannot be undone here: the package brotli is missing", "unspecified")
    if not raw:
        return Decoded(raw)
    inflater = brotli.Decompressor()
    body = bytearray()
    piece, given = b"", False
    try:
        # All the input at once, the output in steps; without more output it has come to its end.
        while not inflater.is_finished() and len(body) <= limit and (piece or not given):
            piece = inflater.process(b"" if given else raw, output_buffer_limit=min(_STEP, limit - len(body) + 1))
            given = True
            body += piece
    except brotli.error as error:
        return Decoded(bytes(body), f"br body is broken: {error}", "unspecified")
    if len(body) > limit:
        return Decoded(bytes(body[:limit]), f"br body inflates beyond {limit} bytes", "length")
    if not inflater.is_finished():
        return Decoded(bytes(body), "br body ends early", "unspecified")
    return Decoded(bytes(body))


_CODINGS: dict[str, Callable[[bytes, int], Decoded]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "x-deflate": _deflate,
    "br": _brotli,
}
