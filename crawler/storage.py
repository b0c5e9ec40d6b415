"""Where files lie: in a folder, or in object storage (S3 and what speaks like it), by the same few verbs.

A name with `://` in it (`s3://bucket/prefix`) is object storage, reached through fsspec; anything else is a folder of
this machine. What needs a disk under it stays on one: an archive that is written to syncs each answer, holds a
lock and keeps its index in SQLite, and none of that exists in object storage. What is finished is only read, and may
lie anywhere.

The address of another S3 server and the credentials are those of every S3 program: AWS_ENDPOINT_URL,
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, or ~/.aws.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from archive.layout import fsync_path

_BLOCK = 1 << 20


class StorageError(Exception):
    """A place that cannot be read or written. Its text names it and says what to do."""


class Place(Protocol):
    """A folder, by relative names with `/`. Every method raises StorageError when the place fails."""

    def read(self, name: str) -> bytes | None:
        """The bytes of a file, or None where there is none."""

    def write(self, name: str, data: bytes) -> None:
        """Put a file there, whole or not at all."""

    def names(self) -> dict[str, int]:
        """Every file below, with its size in bytes."""

    def fetch(self, name: str, path: Path) -> str:
        """Copy a file to this machine; returns the SHA-256 of what arrived."""

    def send(self, path: Path, name: str) -> None:
        """Copy a file of this machine there, whole or not at all."""

    def digest(self, name: str) -> str | None:
        """The SHA-256 of a file as it lies there, or None where there is none. Every byte is read."""

    def remove(self) -> None:
        """Remove the folder with everything in it; harmless when there is none."""


def is_remote(name: str | os.PathLike[str]) -> bool:
    """
    >>> is_remote("s3://bucket/county"), is_remote("archive/data")
    (True, False)
    """
    return "://" in str(name)


def open_place(name: str | os.PathLike[str]) -> Place:
    """The place that `name` says. Raises StorageError when its kind of storage is not installed."""
    if (parts := urlsplit(str(name))).scheme == "file":
        return _Folder(Path(unquote(parts.path)))
    return _Remote(str(name)) if is_remote(name) else _Folder(Path(name).expanduser())


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root

    def __str__(self) -> str:
        return str(self._root)

    def read(self, name: str) -> bytes | None:
        with _naming(f"{self}/{name}"):
            try:
                return (self._root / name).read_bytes()
            except FileNotFoundError:
                return None

    def write(self, name: str, data: bytes) -> None:
        def fill(part: Path) -> None:
            part.write_bytes(data)

        self._settle(name, fill)

    def names(self) -> dict[str, int]:
        with _naming(str(self)):
            return {
                path.relative_to(self._root).as_posix(): path.stat().st_size
                for where, _, files in os.walk(self._root)
                for path in (Path(where, name) for name in files)
            }

    def fetch(self, name: str, path: Path) -> str:
        with _naming(f"{self}/{name}"), (self._root / name).open("rb") as stream, path.open("wb") as copy:
            return _pour(stream, copy)

    def send(self, path: Path, name: str) -> None:
        self._settle(name, lambda part: shutil.copyfile(path, part))

    def digest(self, name: str) -> str | None:
        with _naming(f"{self}/{name}"):
            try:
                with (self._root / name).open("rb") as stream:
                    return _pour(stream, None)
            except FileNotFoundError:
                return None

    def remove(self) -> None:
        shutil.rmtree(self._root, ignore_errors=True)

    def _settle(self, name: str, fill: Callable[[Path], object]) -> None:
        path = self._root / name
        # A name of its own: two machines may write the same file, and either is whole.
        part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
        with _naming(str(path)):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                fill(part)
                fsync_path(part)
                part.replace(path)
                fsync_path(path.parent)
            except BaseException:
                part.unlink(missing_ok=True)
                raise


class _Remote:
    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        try:
            from fsspec.core import url_to_fs

            self._fs, self._path = url_to_fs(self._url)
        except ImportError as error:
            raise StorageError(
                f"{url}: object storage needs {error.name or 'fsspec'}; install it with: pip install -r requirements-scale.txt"
            ) from None
        except (ValueError, OSError) as error:
            raise StorageError(f"{url}: {error}; a folder, or s3://bucket/prefix, is meant") from None

    def __str__(self) -> str:
        return self._url

    def read(self, name: str) -> bytes | None:
        with _naming(f"{self}/{name}"):
            try:
                return bytes(self._fs.cat_file(self._at(name)))
            except FileNotFoundError:
                return None

    def write(self, name: str, data: bytes) -> None:
        with _naming(f"{self}/{name}"):
            self._fs.pipe_file(self._at(name), data)

    def names(self) -> dict[str, int]:
        with _naming(str(self)):
            self._fs.invalidate_cache()
            try:
                found = self._fs.find(self._path, detail=True)
            except FileNotFoundError:
                return {}
            start = len(self._path.rstrip("/")) + 1
            return {str(path)[start:]: int(about["size"]) for path, about in found.items()}

    def fetch(self, name: str, path: Path) -> str:
        with _naming(f"{self}/{name}"), self._fs.open(self._at(name), "rb", block_size=8 * _BLOCK) as stream, path.open("wb") as copy:
            return _pour(stream, copy)

    def send(self, path: Path, name: str) -> None:
        with _naming(f"{self}/{name}"):
            self._fs.put_file(str(path), self._at(name))

    def digest(self, name: str) -> str | None:
        with _naming(f"{self}/{name}"):
            self._fs.invalidate_cache()
            try:
                with self._fs.open(self._at(name), "rb", block_size=8 * _BLOCK) as stream:
                    return _pour(stream, None)
            except FileNotFoundError:
                return None

    def remove(self) -> None:
        with _naming(str(self)):
            self._fs.invalidate_cache()
            if self._fs.exists(self._path):
                self._fs.rm(self._path, recursive=True)

    def _at(self, name: str) -> str:
        return f"{self._path}/{name}"



def _pour(stream: Any, copy: Any) -> str:
    digest = hashlib.sha256()
    while block := stream.read(_BLOCK):
        digest.update(block)
        if copy is not None:
            copy.write(block)
    return digest.hexdigest()


@contextmanager
def _naming(where: str) -> Iterator[None]:
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        raise StorageError(f"{where}: {error.strerror or error}; check the place and the rights to it") from error
    except Exception as error:
        # Each kind of storage has its own errors, and those of S3 are made at run time.
        words = " ".join(str(error).split())[:200] or type(error).__name__
        raise StorageError(f"{where}: {words}; check the address, the credentials and the network") from error
