"""Files made to exhaust a reader end in a finding, in bounded time and memory."""

import io
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import openpyxl
import pytest

from parsers import Page, read_report
from tests.files import write_docx, write_xlsx
from tests.pages import compose, values

ROOT = Path(__file__).resolve().parent.parent
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def pack(members, level=9):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return out.getvalue()


def word(body, prologue=""):
    return pack({"word/document.xml": f"<?xml version='1.0'?>{prologue}<w:document {W}><w:body>{body}</w:body></w:document>"})


def pdf(*objects, root=b"<</Type/Catalog/Pages 2 0 R>>"):
    """A PDF of objects from number 2 on; 1 is the catalogue."""
    out = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate((root, *objects), 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(places) + 1, table, len(places) + 1, len(out))


def stream(data, entries=b""):
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(data), data)


PAGES = b"<</Type/Pages/Count 1/Kids[3 0 R]>>"
LAUGHS = "<!DOCTYPE w:document [<!ENTITY a 'ha'>" + "".join(f"<!ENTITY {b} '{('&' + a + ';') * 10}'>" for a, b in zip("abcdefgh", "bcdefghi", strict=True)) + "]>"


def bombs():
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>"
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</XObject<</X 5 0 R>>>>"
    zeros = zlib.compress(bytes(80 << 20), 1)
    deep = 30_000
    yield "zip that shrinks a thousandfold", pack({"word/document.xml": bytes(34 << 20)}, 1)
    yield "zip of many members", pack({f"word/{n}.xml": "" for n in range(6_000)}, 1)
    yield "entities in entities", word("<w:p><w:r><w:t>&i;</w:t></w:r></w:p>", LAUGHS)
    yield "entity from a file", word("<w:p><w:r><w:t>&x;</w:t></w:r></w:p>", "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>")
    yield "deep elements", word("<w:sdt>" * deep + "</w:sdt>" * deep)
    yield "tables in tables", word("<w:tbl><w:tr><w:tc>" * 600 + "<w:p/>" + "</w:tc></w:tr></w:tbl>" * 600)
    yield "many cells", word("<w:tbl>" + ("<w:tr>" + "<w:tc><w:p/></w:tc>" * 50 + "</w:tr>") * 1_000 + "</w:tbl>")
    yield "pdf stream that inflates to much", pdf(PAGES, page, stream(zeros, b"/Filter/FlateDecode"))
    yield "pdf stream under an escaped name", pdf(PAGES, page, stream(zeros, b"/Filter[/Fl#61teDecode]"))
    yield "pdf form that draws itself", pdf(PAGES, page, stream(b"/X Do"), stream(b"/X Do /X Do", form))
    yield "pdf page tree that is its own child", pdf(b"<</Type/Pages/Count 1/Kids[2 0 R 2 0 R]>>")
    yield "pdf of very many pages", pdf(b"<</Type/Pages/Count 20000/Kids[%s]>>" % (b"3 0 R " * 20_000), page, stream(b""))
    yield "pdf arrays in arrays", pdf(b"[" * 20_000 + b"]" * 20_000)
    yield "pdf of very many lines", pdf(PAGES, page, stream(b"".join(b"%d %d m %d %d l S\n" % (n % 597, n % 790, n % 597, n % 790 + 9) for n in range(9_000))))
    yield "pdf of squared paper", pdf(PAGES, page, stream(b"".join(b"%d 0 m %d 800 l S 0 %d m 600 %d l S\n" % ((n * 4,) * 4) for n in range(150))))
    yield "rtf groups in groups", b"{\\rtf1" + b"{" * 100_000
    yield "rtf tables in tables", b"{\\rtf1\\pard\\intbl\\itap99999 x\\par}"


BOMBS = dict(bombs())


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_in_a_finding(name):
    report = read_report(Page(BOMBS[name]))
    assert (report.verdict, report.cells) in (("unreadable", ()), ("partial", ()), ("not_a_report", ()))
    assert report.findings
    assert not any("root:" in finding.message for finding in report.findings)


def test_no_bomb_takes_much_memory():
    code = (
        "import resource, tests.test_media_bombs as t\n"
        "from parsers import Page, read_report\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "for body in t.BOMBS.values(): read_report(Page(body))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=110)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 400_000  # KiB


def test_a_sheet_that_claims_a_million_rows_is_read_by_the_cells_that_it_has():
    composed = compose("2021", unique=False)
    body = write_xlsx(composed)
    with zipfile.ZipFile(io.BytesIO(body)) as source:
        members = {name: source.read(name) for name in source.namelist()}
    sheet = members["xl/worksheets/sheet1.xml"]
    start = sheet.index(b'<dimension ref="') + len(b'<dimension ref="')
    members["xl/worksheets/sheet1.xml"] = sheet[:start] + b"A1:XFD1048576" + sheet[sheet.index(b'"', start) :]
    assert values(read_report(Page(pack(members)))) == composed.cells


def test_a_cell_in_the_last_row_of_a_sheet_is_refused_and_not_walked_to():
    book = openpyxl.Workbook()
    book.active["XFD1048576"] = 1
    out = io.BytesIO()
    book.save(out)
    report = read_report(Page(out.getvalue()))
    assert report.verdict == "unreadable" and "rows" in report.findings[0].message


def test_a_word_file_with_a_picture_that_is_not_there_is_read():
    composed = compose("2021", unique=False)
    with zipfile.ZipFile(io.BytesIO(write_docx(composed))) as source:
        members = {name: source.read(name) for name in source.namelist()}
    name = "word/_rels/document.xml.rels"
    members[name] = members[name].replace(b"</Relationships>", b'<Relationship Id="rId99" Type="http://x/image" Target="NULL"/></Relationships>')
    assert values(read_report(Page(pack(members)))) == composed.cells
