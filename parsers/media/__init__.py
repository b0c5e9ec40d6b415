"""Files that are no pages, read as pages are: Word, Excel, PDF, RTF, web archives, and a zip around one of them.

What a file is, its first bytes say; names and Content-Types are not believed. `read_file(body)` gives the file
as HTML for the one door in `parsers.document`, or None for what is no such file. What cannot be read is
refused with the reason: scans, encrypted and damaged files, files made to exhaust a reader.
"""

from parsers.media.files import read_file
from parsers.media.rendering import Rendering, Unreadable

__all__ = ["Rendering", "Unreadable", "read_file"]
