"""A target folder is replaced whole or left as it was.

Everything is written into a folder beside it and put in its place when it is complete. What was there is
only ever taken away when it is an earlier export, unchanged since, of formats that the new one has too:
somebody's notes, an edited file or another format stop the export before it begins.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from archive.layout import fsync_path
from crawler.dataset.tables import DatasetError

SUMS = "SHA256SUMS"


class Staging:
    """A folder to write into, beside `target`; `commit` swaps it in, `discard` removes it."""

    def __init__(self, target: Path, formats: Sequence[str]) -> None:
        if not target.name:
            raise DatasetError(f"{target}: cannot be replaced by an export; choose another folder")
        self.target = target
        self.folder = target.with_name(f".{target.name}.new")
        self._old = target.with_name(f".{target.name}.old")
        self._held = -1
        self._done = False
        try:
            self._held = self._hold()
            self._recover()
            _must_be_replaceable(target, formats)
            for path in self.folder.iterdir():  # what an export that was killed left
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        except OSError as error:
            self.discard()
            raise DatasetError(f"{target}: cannot write there: {error.strerror or error}; choose another folder") from error
        except DatasetError:
            self.discard()
            raise

    def _hold(self) -> int:
        """Make the folder, and hold it against another export to the same target."""
        while True:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.folder, os.O_RDONLY)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(handle)
                raise DatasetError(f"{self.target}: another export is writing it; wait for it, or choose another folder") from None
            except OSError:
                pass  # a disk that cannot lock
            # Meanwhile the other one may have put it in its place.
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(handle), self.folder.stat()):
                    return handle
            os.close(handle)

    def _recover(self) -> None:
        """A crash between the two renames of `commit` leaves the earlier export under its other name."""
        if self._old.is_dir():
            if self.target.exists():
                shutil.rmtree(self._old)
            else:
                self._old.rename(self.target)

    def commit(self) -> None:
        """Bring every file to the disk and put the folder in its place."""
        try:
            for path in sorted(self.folder.rglob("*")):
                fsync_path(path)
            if self.target.exists():
                self.target.rename(self._old)
            try:
                self.folder.rename(self.target)
                self._done = True
            except OSError:
                if self._old.exists():
                    self._old.rename(self.target)
                raise
            fsync_path(self.target.parent)
            shutil.rmtree(self._old, ignore_errors=True)
        except OSError as error:
            raise DatasetError(f"{self.target}: cannot write: {error.strerror or error}; what was there is as it was") from error

    def discard(self) -> None:
        """Leave the target as it was. Harmless after `commit`."""
        if self._held >= 0:
            if not self._done:
                shutil.rmtree(self.folder, ignore_errors=True)
            os.close(self._held)
            self._held = -1


def sum_files(folder: Path) -> dict[str, str]:
    """SHA-256 of every file under a folder, by its path there, in order; the list of sums itself is left out."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / SUMS)
    return {path.relative_to(folder).as_posix(): digest_of(path) for path in paths}


def digest_of(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_sums(folder: Path, sums: dict[str, str]) -> None:
    """SHA256SUMS, as `sha256sum --check` reads it."""
    text = "".join(f"{digest}  {name}\n" for name, digest in sums.items())
    (folder / SUMS).write_text(text, encoding="utf-8")


def _must_be_replaceable(target: Path, formats: Sequence[str]) -> None:
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise DatasetError(f"{target}: not a folder; give the name of a folder to export to")
    if not target.exists() or not any(target.iterdir()):
        return
    sums = target / SUMS
    if not sums.is_file() or not (target / "provenance.json").is_file():
        raise DatasetError(f"{target}: holds something that is no export of ours; give an empty or a new folder")
    # Whatever stands there: a line that is none of ours lists nothing.
    lines = [line.partition("  ") for line in sums.read_text(encoding="utf-8", errors="surrogateescape").splitlines()]
    listed = {name: digest for digest, _, name in lines}
    strange = next((path for path in target.rglob("*") if path.is_symlink() or not (path.is_dir() or path.is_file())), None)
    if strange is not None:
        raise DatasetError(f"{strange}: not part of the earlier export; move it away, or export to another folder")
    there = sum_files(target)
    for name in sorted(set(there) | set(listed)):
        if name not in listed:
            raise DatasetError(f"{target / name}: not part of the earlier export; move it away, or export to another folder")
        if name in there and there[name] != listed[name]:
            raise DatasetError(f"{target / name}: was changed after the export; move it away, or export to another folder")
    gone = sorted({name.split("/")[0] for name in listed if "/" in name} - set(formats))
    if gone:
        raise DatasetError(f"{target}: holds an earlier export as {', '.join(gone)} too; add --to {gone[0]}, or export to another folder")

