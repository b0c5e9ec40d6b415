"""Report pages as plain files, with the bytes as served, that open in a browser.

    snapshots/<portal>/<year>-<label>.<12 digits of the SHA-256>.html

Titles and addresses of strangers take part in these names. Of them only letters, digits and
Chinese characters get through; everything that any file system, shell or archive program
could take for something else becomes a hyphen. The digest makes the name unique and checkable.
"""

from __future__ import annotations

import os
import re
import secrets
import unicodedata
from pathlib import Path

from .errors import ArchiveError, naming
from .layout import SNAPSHOTS, fsync_path, make_folder
from .warc import sha256

#: bytes of a file name; the usual limit is 255, and copies get suffixes
NAME_LIMIT = 200
_PORTAL_LIMIT = 100
_NEW = ".new"
_DIGITS = 12

_UNSAFE = re.compile(r"[^0-9A-Za-z_\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]+")
_SUFFIX = re.compile(r"(?:\.[0-9A-Za-z]{1,10}){1,2}", re.ASCII)
_NAME = re.compile(r".+\.([0-9a-f]{12,64})(?:\.[0-9A-Za-z]{1,10}){1,2}", re.DOTALL)
# Names that Windows keeps for devices, with any suffix.
_DEVICES = re.compile(r"con|prn|aux|nul|com\d|lpt\d", re.IGNORECASE)


def slug(text: str, limit: int) -> str:
    """A piece of a file name that a person recognises, at most `limit` bytes of UTF-8; may be empty.

    >>> slug("重庆市万州区：2020年年报 (终稿)/../x", 80)
    '重庆市万州区-2020年年报-终稿-x'
    """
    # Compatibility forms first: full-width Latin and the composed ideographs of old code pages.
    words = _UNSAFE.sub("-", unicodedata.normalize("NFKC", text)).strip("-")
    return words.encode()[:limit].decode("utf-8", "ignore").strip("-")


def snapshot_name(digest: str, *, portal: str, year: int | None, label: str, suffix: str, digits: int = _DIGITS) -> str:
    """Path of a snapshot under the data home, with `/`.

    >>> snapshot_name("3f9a1c4e77d0" + 52 * "0", portal="cq-wanzhou", year=2020, label="高笋塘街道", suffix=".html")
    'snapshots/cq-wanzhou/2020-高笋塘街道.3f9a1c4e77d0.html'
    """
    folder = slug(portal, _PORTAL_LIMIT) or "unnamed"
    if _DEVICES.fullmatch(folder):
        folder += "_"
    end = f".{digest[:digits]}{suffix if _SUFFIX.fullmatch(suffix) else '.bin'}"
    begin = f"{year:04d}" if year is not None and 0 <= year <= 9999 else "undated"
    words = slug(label, NAME_LIMIT - len(begin) - 1 - len(end))
    return f"{SNAPSHOTS}/{folder}/{begin}{'-' if words else ''}{words}{end}"


def save(root: Path, body: bytes, *, portal: str, year: int | None, label: str, suffix: str) -> str:
    """Write a snapshot, on disk when this returns, and return its path under `root`.

    The same bytes under the same name are written once. A file there that is not what its
    name says is replaced; another document whose digest begins alike keeps its name, and
    this one gets more digits.
    """
    digest = sha256(body)
    for digits in (_DIGITS, 2 * _DIGITS, len(digest)):
        name = snapshot_name(digest, portal=portal, year=year, label=label, suffix=suffix, digits=digits)
        # UTF-8 on disk whatever the locale: with another one Python could not write a Chinese name.
        path = root / os.fsdecode(name.encode())
        with naming(path, "write the snapshot"):
            held = sha256(path.read_bytes()) if path.exists() else None
            if held == digest:
                return name
            if held is None or held[:digits] != digest[:digits]:
                _replace(root, path, body)
                return name
    raise ArchiveError(f"{root / name}: another document has the same SHA-256; look at both")


def clear_unfinished(root: Path) -> None:
    """Remove what a crash left half written."""
    folder = root / SNAPSHOTS / _NEW
    with naming(folder, "clear"):
        if folder.is_dir():
            for path in folder.iterdir():
                path.unlink()


def misnamed(path: Path) -> str | None:
    """What is wrong with a snapshot, or None when its bytes are those that its name promises."""
    found = _NAME.fullmatch(path.name)
    if not found:
        return "not the name of a snapshot; move it out of the archive"
    if not sha256(path.read_bytes()).startswith(found[1]):
        return "not the bytes that the digest in its name promises; delete it and replay the archive"
    return None


def snapshot_files(root: Path) -> list[Path]:
    """Every snapshot under `root`, in the order of their names."""
    folder = root / SNAPSHOTS
    with naming(folder, "list the files"):
        return sorted(path for path in folder.glob("*/*") if path.parent.name != _NEW and path.is_file())


def _replace(root: Path, path: Path, body: bytes) -> None:
    make_folder(path.parent, root)
    make_folder(root / SNAPSHOTS / _NEW, root)
    new = root / SNAPSHOTS / _NEW / secrets.token_hex(8)
    try:
        with new.open("xb") as stream:
            stream.write(body)
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    fsync_path(path.parent)
