"""`scrapy archive-push`: copy what is finished in an archive to object storage or a shared disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from crawler.copying import CopyCommand

if TYPE_CHECKING:
    from crawler.remote import Copied


class Command(CopyCommand):
    """See `CopyCommand`."""

    name = "archive-push"

    def short_desc(self) -> str:
        return "Copy an archive to object storage (s3://bucket/prefix) or another folder"

    def long_desc(self) -> str:
        return (
            "Copies the sealed WARC files, snapshots, journals, records and a copy of the index to URL, and reads each file back to "
            "compare it. Nothing here is changed or removed, and evidence there is never written over. Done again, it copies what "
            "is missing. scrapy replay URL reads the archive there. The server and the keys are those of every S3 program: "
            "AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY. Needs requirements-scale.txt. "
            "Exit status: 0 all is there, 2 wrong usage, 3 the archive or the storage."
        )

    def copy(self, storage: str, home: Path, told: Callable[[int], object]) -> tuple[Copied, str | Path]:
        """From the home to the storage."""
        from crawler.remote import push
        from crawler.storage import is_remote

        if not (home / "warc").is_dir():
            raise UsageError(f"{home}: no archive here; name the folder that holds warc/", print_help=False)
        if not is_remote(storage) and Path(storage).expanduser().resolve() == home.resolve():
            raise UsageError(f"{storage}: is the archive itself; name another place", print_help=False)
        return push(home, storage, told), storage
