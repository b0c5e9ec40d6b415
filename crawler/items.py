"""What a spider yields and the item pipelines fill in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class ReportPage:
    """A page (or attachment) that looks like an annual report, as it was fetched or saved.

    The spider fills in the first part. The pipelines add `snapshot` (path under the data home)
    and `record` (the line of `reports.jsonl`), in that order.
    """

    url: str
    body: bytes  # after HTTP decompression, byte for byte
    media_type: str = "text/html"
    charset: str | None = None  # as declared in the HTTP header
    fetched: str | None = None  # ISO 8601, UTC, to the second; None when replayed from a bare file
    portal: str | None = None  # id in the registry
    official: bool | None = None  # fetched from one of the portal's own hosts
    anchor: str = ""  # words of the link that led here
    via: str | None = None  # the page that link stood on
    attachment_of: str | None = None  # URL of the page this was attached to
    rendered: bool = False  # the document as a browser drew it

    snapshot: str | None = None
    record: dict[str, Any] = field(default_factory=dict)
