"""What a file is, by its first bytes.

Servers call everything `application/octet-stream`, or `text/html` what is a PDF; people rename files.
Neither is believed: an attachment that is a Word file is one whatever it is called.
"""

from __future__ import annotations

import io
import re
import zipfile

from parsers.decode import wide_without_mark
from parsers.media.mht import is_mht
from parsers.media.office_xml import is_office_xml

HTML = "text/html"
TEXT = "text/plain"
PDF = "application/pdf"
DOC = "application/msword"
XLS = "application/vnd.ms-excel"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MHT = "multipart/related"
RTF = "application/rtf"
OFD = "application/ofd"
UNKNOWN = "application/octet-stream"

#: what `parsers.media` reads, a scan or a damaged one excepted
READ_AS_FILES = frozenset({PDF, DOC, XLS, DOCX, XLSX, RTF, MHT})

_SUFFIXES = {
    HTML: ".html",
    TEXT: ".txt",
    PDF: ".pdf",
    DOC: ".doc",
    XLS: ".xls",
    DOCX: ".docx",
    XLSX: ".xlsx",
    MHT: ".mht",
    RTF: ".rtf",
    OFD: ".ofd",
    "application/zip": ".zip",
    "application/vnd.rar": ".rar",
    "application/gzip": ".gz",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/bmp": ".bmp",
    "image/tiff": ".tif",
    "image/webp": ".webp",
    UNKNOWN: ".bin",
}

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"{\\rtf", RTF),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\x1f\x8b", "application/gzip"),
    (b"\x89PNG\r\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")

_TAG = re.compile(
    rb"<(?:!doctype|!--|\?xml|html|head|body|meta|title|div|table|tbody|tr|td|p|br|span|font|h[1-6]|a|script|style|ul|"
    rb"ucaptitle|ucapcontent|section|article|center)\b|</\w+>",
    re.IGNORECASE,
)
# Controls that no text has. NUL is among them only outside UTF-16, which announces itself.
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x0b\x1b"))


def sniff(body: bytes) -> str:
    """The media type that the bytes themselves show. Text is HTML when there are tags in it.

    >>> sniff(b"<p>x"), sniff(b"%PDF-1.4"), sniff(b"a report"), sniff(bytes(range(256)))
    ('text/html', 'application/pdf', 'text/plain', 'application/octet-stream')
    """
    head = body[:4096]
    if b"%PDF-" in head[:1024]:
        return PDF
    if head.startswith(b"PK\x03\x04"):
        return _inside_zip(body)
    if head.startswith(_OLE):
        # A compound file names its streams in UTF-16: Word's main one, or Excel's.
        return XLS if "Workbook".encode("utf-16-le") in body or "Book\0".encode("utf-16-le") in body else DOC
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    for magic, media_type in _MAGIC:
        if head.startswith(magic) and (magic != b"BM" or _is_binary(head)):
            return media_type
    if head.startswith(_BOMS[1:]) or (b"\0" in head and wide_without_mark(body)):
        return HTML if b"<\0" in head or b"\0<" in head else TEXT
    if _is_binary(head):
        return UNKNOWN
    if is_mht(body):
        return MHT
    if is_office_xml(body):
        return XLS if b"urn:schemas-microsoft-com:office:spreadsheet" in head else DOC
    return HTML if _TAG.search(head) or _TAG.search(body[:65536]) else TEXT


def media_type_of(body: bytes, declared: str = "") -> str:
    """The media type to read a document by: what its bytes show, and only for plain text what was declared.

    >>> media_type_of(b"plain", "text/html; charset=gbk"), media_type_of(b"%PDF-1.7", "text/html")
    ('text/html', 'application/pdf')
    """
    shown = sniff(body)
    claimed = declared.partition(";")[0].strip().lower()
    if shown == TEXT and claimed in (HTML, "application/xhtml+xml"):
        return HTML
    return shown


def suffix_of(body: bytes, media_type: str = "") -> str:
    """The file name's ending under which a person's machine opens these bytes with the right program."""
    return _SUFFIXES.get(media_type or sniff(body), ".bin")


def _is_binary(head: bytes) -> bool:
    """Whether there are too many control characters for any charset of text."""
    if not head:
        return False
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return controls > len(head) // 20


def _inside_zip(body: bytes) -> str:
    # Only the directory is read; nothing is unpacked.
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = archive.namelist()[:2000]
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RuntimeError):
        names = []
    if any(name.startswith("word/") for name in names):
        return DOCX
    if any(name.startswith("xl/") for name in names):
        return XLSX
    if "OFD.xml" in names:
        return OFD
    return "application/zip"
