"""From bytes to meaning: read China's annual reports on government-information disclosure.

    >>> from parsers import Page, read_report
    >>> read_report(Page(b"")).verdict
    'unreadable'

Pure: no network, no disk but its own tables, no clock. The same page gives the same report.
"""

from parsers.model import PARSER_VERSION, Cell, Division, Finding, Page, Report, Section
from parsers.read import read_report
from parsers.record import build_record, content_digest, report_id

__all__ = [
    "PARSER_VERSION",
    "Cell",
    "Division",
    "Finding",
    "Page",
    "Report",
    "Section",
    "build_record",
    "content_digest",
    "read_report",
    "report_id",
]
