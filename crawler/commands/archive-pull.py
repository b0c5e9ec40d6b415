"""`scrapy archive-pull`: bring an archive home from object storage or a shared disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.copying import CopyCommand

if TYPE_CHECKING:
    from crawler.remote import Copied


class Command(CopyCommand):
    """See `CopyCommand`."""

    name = "archive-pull"

    def short_desc(self) -> str:
        return "Bring an archive home from object storage (s3://bucket/prefix) or another folder"

    def long_desc(self) -> str:
        return (
            "Copies the archive at URL into HOME (default: the setting ARCHIVE_DIR), each WARC file checked against the manifest. HOME "
            "is empty, or an older copy; what differs is not written over. Done again, it goes on. "
            "Exit status: 0 all is here, 2 wrong usage, 3 the archive or the storage."
        )

    def copy(self, storage: str, home: Path, told: Callable[[int], object]) -> tuple[Copied, str | Path]:
        """From the storage into the home."""
        from crawler.remote import pull

        return pull(storage, home, told), home
