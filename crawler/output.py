"""Where records go: a file that is replaced whole, or standard output."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO

from crawler.run import sync_folder
from crawler.storage import StorageError, is_remote, open_place


class OutputError(Exception):
    """The output cannot be written. Its text names it and says what to do."""


class FileOutput:
    """Written under another name and renamed when it is whole; until then the old file stays as it was."""

    def __init__(self, path: Path) -> None:
        self.path = path
        #: where what is unfinished may be kept meanwhile
        self.beside: str | None = f"{path}.parts"
        self._part = path.with_name(path.name + ".tmp")
        if path.is_dir():
            raise OutputError(f"{path}: a folder; give the name of a file")
        try:
            self._file: BinaryIO = self._part.open("wb")
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
            self._file.close()
            self._part.replace(self.path)
            sync_folder(self.path.parent)
        except OSError as error:
            raise self._full(error) from error
        return str(self.path)

    def discard(self) -> None:
        """Leave the old file as it was. Harmless after `commit`."""
        self._file.close()
        self._part.unlink(missing_ok=True)

    def _full(self, error: OSError) -> OutputError:
        return OutputError(f"{self.path}: cannot write: {error.strerror or error}; free some space or choose another place")


class StandardOutput:
    """Records for the next program in a pipe."""

    beside: str | None = None

    def __init__(self) -> None:
        self._file = sys.stdout.buffer

    def write(self, line: bytes) -> None:
        """Add a line. Raises OutputError when nobody reads any more."""
        try:
            self._file.write(line)
        except BrokenPipeError as error:
            raise self._gone() from error

    def commit(self) -> str:
        """Hand over what is still in the buffer."""
        try:
            self._file.flush()
        except BrokenPipeError as error:
            raise self._gone() from error
        return "standard output"

    def discard(self) -> None:
        """What was written has been read already."""

    def _gone(self) -> OutputError:
        # Python flushes standard output once more at its end, and would complain there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
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
            raise OutputError(f"{self._file.name}: cannot write: {error.strerror or error}; free some space") from error
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


def open_output(target: Path | str) -> Output:
    """The output that `target` names, `-` being standard output. Raises OutputError before any work is done."""
    if is_remote(target):
        return RemoteOutput(str(target))
    return StandardOutput() if str(target) == "-" else FileOutput(Path(target).expanduser())
