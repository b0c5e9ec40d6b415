"""Saved pages in folders, found by the digest that their record tells."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from crawler.coverage.catalogue import Catalogue, CatalogueError


def find_saved(folders: Iterable[Path], catalogue: Catalogue) -> dict[str, Path]:
    """Files in `folders`, at any depth, by the SHA-256 of their bytes: only those of records without a snapshot.

    Raises CatalogueError for a folder that is none or cannot be read.
    """
    wanted = {entry.sha256 for entry in catalogue.entries if entry.sha256 and not entry.snapshot}
    found: dict[str, Path] = {}
    for folder in folders:
        if not folder.is_dir():
            raise CatalogueError(f"{folder}: no such folder; name the one with the saved pages")
        try:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    with path.open("rb") as file:
                        digest = hashlib.file_digest(file, "sha256").hexdigest()
                    if digest in wanted:
                        found.setdefault(digest, path)
        except OSError as error:
            raise CatalogueError(f"{error.filename or folder}: cannot read: {error.strerror or error}") from error
    return found
