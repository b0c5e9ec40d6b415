"""Where records go: a file that is replaced whole, or standard output."""

from __future__ import annotations

import fcntl
import hashlib
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO

from archive.layout import fsync_path
from crawler.storage import StorageError, is_remote, open_place

#: bytes at the beginning of a file, in which a record has said what it is
_BEGIN = 4096


class OutputError(Exception):
    """The output cannot be written. Its text names it and says what to do."""


class OutputFull(OutputError):
    """The disk of the output took no more."""


class FileOutput:
    """Written under another name and renamed when it is whole; until then the old file stays as it was.

    Only a file of records is ever replaced: whoever names the page or the archive that is being read keeps it. But `own`, the
    dataset of an archive, may have come to hold anything. A link is followed.
    """

    def __init__(self, path: Path, own: bool = False) -> None:
        self.path = Path(os.path.realpath(path))
        #: where what is unfinished may be kept meanwhile
        self.beside: str | None = f"{self.path}.parts"
        self._part = self.path.with_name(self.path.name + ".tmp")
        self._done = False
        try:
            for each in (self.path, self._part):
                _must_be_replaceable(each, own)
            self._file = _open_alone(self._part, self.path)
        except OSError as error:
            raise OutputError(f"{path}: cannot write: {error.strerror or error}; choose another place with -O") from error

    def write(self, line: bytes) -> None:
        """Add a line. Raises OutputError when the disk is full."""
        try:
            self._file.write(line)
        except OSError as error:
            raise self._full(error) from error

    def commit(self) -> str:
        """Put the new file in the place of the old one, on disk, and return where that is."""
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._part.replace(self.path)
            self._done = True
            self._file.close()
            fsync_path(self.path.parent)
        except OSError as error:
            raise self._full(error) from error
        return str(self.path)

    def discard(self) -> None:
        """Leave the old file as it was. Harmless after `commit`."""
        # What has this name later is another program's, and so is what it has once the file is let go.
        if not self._done:
            self._part.unlink(missing_ok=True)
        with suppress(OSError):
            self._file.close()

    def _full(self, error: OSError) -> OutputError:
        return OutputFull(f"{self.path}: cannot write: {error.strerror or error}; free some space or choose another place")


def _must_be_replaceable(path: Path, own: bool) -> None:
    """Refuse to write over what is no file of records."""
    if path.is_dir():
        raise OutputError(f"{path}: a folder; give the name of a file")
    if not path.exists():
        return
    if not path.is_file():
        raise OutputError(f"{path}: not a plain file; choose another name, or - for standard output")
    if own:
        return
    with path.open("rb") as file:
        begin = file.read(_BEGIN)
    if begin and not (begin.startswith(b"{") and b'"report_id":' in begin):
        raise OutputError(f"{path}: holds something else than records, and is not written over; choose another name with -O")


def _open_alone(part: Path, path: Path) -> BinaryIO:
    """The unfinished file, empty and held against another program that would write to the same place."""
    while True:
        file = part.open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise OutputError(f"{path}: another replay is writing it; wait for it, or choose another name with -O") from None
        except OSError:
            pass  # a disk that cannot lock
        # Meanwhile the other one may have given it its name.
        if part.exists() and os.path.samestat(os.fstat(file.fileno()), part.stat()):
            file.truncate(0)
            return file
        file.close()


class StandardOutput:
    """Records for the next program in a pipe."""

    beside: str | None = None

    def __init__(self) -> None:
        if sys.stdout is None:
            raise OutputError("standard output is closed; name a file for the records with -O")
        self._file = sys.stdout.buffer

    def write(self, line: bytes) -> None:
        """Add a line. Raises OutputError when nobody reads any more, or a disk behind it is full."""
        try:
            self._file.write(line)
        except OSError as error:
            raise self._gone(error) from error

    def commit(self) -> str:
        """Hand over what is still in the buffer."""
        try:
            self._file.flush()
        except OSError as error:
            raise self._gone(error) from error
        return "standard output"

    def discard(self) -> None:
        """What was written has been read already."""

    def _gone(self, error: OSError) -> OutputError:
        # Python flushes standard output once more at its end, and would complain there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            return OutputFull(f"standard output: cannot write: {error.strerror or error}; free some space, or name another place with -O")
        return OutputError("standard output was closed by the program that reads it; stopped")


class RemoteOutput:
    """Written on this machine, and put into object storage when it is whole; until then the old one stays as it was."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.beside: str | None = f"{url}.parts"
        self._folder, _, self._name = url.rpartition("/")
        self._digest = hashlib.sha256()
        try:
            self._place = open_place(self._folder)
            self._file = NamedTemporaryFile(prefix="gongkai-")  # noqa: SIM115 - closed by discard
        except (StorageError, OSError) as error:
            raise OutputError(str(error)) from error

    def write(self, line: bytes) -> None:
        """Add a line. Raises OutputError when the disk is full."""
        try:
            self._file.write(line)
        except OSError as error:
            raise OutputFull(f"{self._file.name}: cannot write: {error.strerror or error}; free some space") from error
        self._digest.update(line)

    def commit(self) -> str:
        """Send the file, read it back, and return where it is."""
        try:
            self._file.flush()
            self._place.send(Path(self._file.name), self._name)
            if self._place.digest(self._name) != self._digest.hexdigest():
                raise OutputError(f"{self._url}: other bytes came back than were sent; replay again, and check the storage")
        except (StorageError, OSError) as error:
            raise OutputError(str(error)) from error
        return self._url

    def discard(self) -> None:
        """Forget the copy on this machine. Harmless after `commit`."""
        self._file.close()


Output = FileOutput | StandardOutput | RemoteOutput


def open_output(target: Path | str, *, own: bool = False) -> Output:
    """The output that `target` names, `-` being standard output. Raises OutputError before any work is done.

    `own` is the dataset of an archive, which is written anew whatever has become of it.
    """
    if is_remote(target):
        return RemoteOutput(str(target))
    return StandardOutput() if str(target) == "-" else FileOutput(Path(target).expanduser(), own)


def write_whole(path: Path, text: str | Iterable[str]) -> None:
    """Replace a file so that a reader, or a crash, meets the old one or the new one and nothing between.

    `text` may come in pieces.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".tmp")
    with part.open("w", encoding="utf-8", newline="") as file:
        file.writelines([text] if isinstance(text, str) else text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    fsync_path(path.parent)
