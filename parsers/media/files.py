"""What a file is, by its bytes, and which reader reads it."""

from __future__ import annotations

import io
import logging

import olefile

from parsers.media.doc import read_doc
from parsers.media.docx import read_docx
from parsers.media.mht import is_mht, read_mht
from parsers.media.office_xml import is_office_xml, read_office_xml
from parsers.media.package import Package
from parsers.media.rendering import Rendering, Unreadable
from parsers.media.rtf import read_rtf
from parsers.model import Finding

# The readers of PDF and Excel are imported where they are called: their libraries take longer to load than
# a page to read, and most pages are no files.
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"
#: bytes; a scan in high resolution is larger, and is not read anyway
MAX_FILE = 64 << 20
_MAX_STREAM = 32 << 20
_DOCUMENTS = (".docx", ".doc", ".xlsx", ".xls", ".pdf", ".html", ".htm", ".mht", ".mhtml", ".rtf", ".wps", ".et", ".txt")
_BESIDE = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")

# They tell of every odd file on the terminal; here it becomes a finding.
for _name in ("pdfminer", "pdfplumber", "olefile"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


def read_file(body: bytes) -> Rendering | None:
    """Read a file as HTML, or return None when its bytes are none of the kinds read here.

    Raises Unreadable, with the reason, for a file of such a kind that is not read.
    """
    head = body[:1024]
    pdf = head.find(b"%PDF-")
    known = pdf == 0 or (pdf > 0 and b"<" not in head[:pdf]) or head.startswith((ZIP, OLE, b"{\\rtf", b"PK\x05\x06"))
    if known and len(body) > MAX_FILE:
        raise Unreadable(f"the file has {len(body)} bytes; more than {MAX_FILE} are not read")
    if not known:
        if is_office_xml(body):
            return read_office_xml(body)
        return read_mht(body) if is_mht(body) else None
    if head.startswith((ZIP, b"PK\x05\x06")):
        return _read_zip(body)
    if head.startswith(OLE):
        return _read_compound(body)
    if head.startswith(b"{\\rtf"):
        return read_rtf(body)
    from parsers.media.pdf import read_pdf

    return read_pdf(body)


def _read_zip(body: bytes, inside: bool = False) -> Rendering:
    package = Package(body)
    names = package.names
    if any(name.startswith("word/") for name in names):
        return _note_macros(read_docx(package), "word/vbaProject.bin" in package)
    if any(name.startswith("xl/") for name in names):
        from parsers.media.xlsx import read_xlsx

        return _note_macros(read_xlsx(package, body), "xl/vbaProject.bin" in package)
    if "OFD.xml" in package:
        raise Unreadable("an OFD file (GB/T 33190); this format is not read")
    if any(name.startswith("ppt/") for name in names):
        raise Unreadable("a presentation; this format is not read")
    if "mimetype" in package and b"opendocument" in package.read("mimetype", 1 << 16):
        raise Unreadable("an OpenDocument file; this format is not read")
    if inside:
        raise Unreadable("an archive inside an archive; it is not opened")
    return _read_only_member(package)


def _read_only_member(package: Package) -> Rendering:
    """The document of an archive that holds one and no other."""
    files = [name for name in package.names if not name.endswith("/") and not any(mark in name for mark in _BESIDE)]
    documents = [name for name in files if name.lower().endswith(_DOCUMENTS)]
    if len(documents) != 1:
        raise Unreadable(f"a zip archive with {len(files)} files, {len(documents)} of them documents; only one that holds a single document is read")
    content = package.read(documents[0], MAX_FILE)
    if content.startswith(ZIP):
        rendering: Rendering | None = _read_zip(content, inside=True)
    else:
        rendering = read_file(content)
    if rendering is None:
        rendering = Rendering(page=(content, None))
    rendering.findings.insert(0, Finding("media.archive", "notice", "read from the only document of a zip archive"))
    return rendering


def _read_compound(body: bytes) -> Rendering:
    """A compound file ([MS-CFB]): Word, Excel, or an encrypted package of either."""
    try:
        with olefile.OleFileIO(io.BytesIO(body), raise_defects=olefile.DEFECT_FATAL) as file:
            if not file.listdir():
                raise Unreadable("the file is damaged or cut off: its directory of streams is empty")
            names = {"/".join(path): path for path in file.listdir(streams=True, storages=False)}
            if "EncryptedPackage" in names:
                raise Unreadable("the file is encrypted; without its password it cannot be read")
            macros = any(name.startswith(("Macros/", "_VBA_PROJECT_CUR/")) for name in names)
            if "WordDocument" in names:
                streams: dict[str, bytes] = {name: file.openstream(names[name]).read(_MAX_STREAM) for name in ("WordDocument", "0Table", "1Table", "Data") if name in names}
                return _note_macros(read_doc(streams), macros)
            if "Workbook" in names or "Book" in names:
                from parsers.media.xls import read_xls

                return _note_macros(read_xls(body), macros)
    except Unreadable:
        raise
    except Exception as error:  # olefile promises no kind of exception for a damaged file
        raise Unreadable(f"the file is damaged or cut off: {type(error).__name__}: {' '.join(str(error).split())[:160]}") from error
    raise Unreadable(f"a compound file of a kind that is not read: neither Word nor Excel, but {', '.join(sorted(names)[:4])}")


def _note_macros(rendering: Rendering, macros: bool) -> Rendering:
    if macros:
        rendering.findings.append(Finding("media.macros", "notice", "the file holds macros; they were not run, and what is saved was read"))
    return rendering
