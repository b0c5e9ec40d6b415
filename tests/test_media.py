"""A report in a file is read like the same report on a page, whatever the file is called."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest

from crawler.media import media_type_of, sniff, suffix_of
from parsers import Page, read_report
from parsers.document import open_document
from tests.files import WRITERS, write_docx, write_html, write_mht, write_rtf, write_xlsx
from tests.pages import checks, compose, values

ROOT = Path(__file__).resolve().parent.parent


def read_file(body, media_type="application/octet-stream", url=""):
    return read_report(Page(body, url, media_type))


def sections(report):
    return [(section.key, section.text.replace("\n", "")) for section in report.sections]


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("form", ["2014", "2019", "2021"])
def test_every_kind_of_file_gives_the_figures_and_words_of_the_page(kind, form):
    composed = compose(form, year=2016 if form == "2014" else None)
    page, report = read_file(write_html(composed).encode()), read_file(WRITERS[kind](composed))
    assert values(report) == composed.cells
    assert (report.title, report.organ, report.year, report.form) == (page.title, page.organ, page.year, page.form)
    assert sorted(checks(report)) == sorted(checks(page))
    if (kind, form) != ("pdf", "2014"):  # a PDF does not say where a title over two lines ends
        assert sections(report) == sections(page)


@pytest.mark.parametrize("kind", WRITERS)
def test_a_consistent_report_in_a_file_is_verified(kind):
    composed = compose("2021", unique=False)
    report = read_file(WRITERS[kind](composed))
    assert (report.verdict, values(report)) == ("verified", composed.cells)


@pytest.mark.parametrize("write", [write_docx, write_xlsx, write_rtf, write_mht])
@pytest.mark.parametrize("media_type", ["text/html", "application/msword", "application/pdf", "image/png"])
def test_neither_name_nor_content_type_is_believed(write, media_type):
    composed = compose("2021", unique=False)
    assert values(read_file(write(composed), media_type, "http://www.a.gov.cn/1.doc")) == composed.cells


def test_html_saved_under_the_name_of_a_word_file_is_html():
    composed = compose("2019")
    report = read_file(composed.body, "application/msword", "report.doc")
    assert values(report) == composed.cells


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_html_in_utf16_is_read_with_and_without_its_mark(encoding):
    composed = compose("2021", unique=False)
    body = composed.body.decode().encode(encoding)
    assert sniff(body) == "text/html"
    assert values(read_file(body)) == composed.cells


def pack(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files.items():
            archive.writestr(name.replace("_", "."), body)
    return out.getvalue()


def test_the_only_document_of_an_archive_is_read_and_the_record_says_so():
    composed = compose("2021", unique=False)
    report = read_file(pack(report_docx=write_docx(composed), seal_png=b"\x89PNG\r\n\x1a\n"))
    assert values(report) == composed.cells
    assert "media.archive" in checks(report)


def test_an_archive_of_several_documents_is_unreadable_and_says_how_many():
    body = write_docx(compose("2021"))
    report = read_file(pack(a_docx=body, b_docx=body))
    assert report.verdict == "unreadable"
    assert "2 of them documents" in report.findings[0].message


def test_an_archive_in_an_archive_is_not_opened():
    inner = pack(a_docx=write_docx(compose("2021")))
    assert read_file(pack(a_docx=inner)).verdict == "unreadable"


@pytest.mark.parametrize("body, word", [
    (b"Rar!\x1a\x07\x01\x00" + bytes(50), "rar"),
    (pack(OFD_xml=b"<ofd/>"), "OFD"),
    (b"\x89PNG\r\n\x1a\n" + bytes(50), "image"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "damaged"),
    (b"PK\x03\x04" + bytes(60), "damaged"),
    (b"%PDF-1.4\n" + bytes(60), "PDF"),
])  # fmt: skip
def test_what_is_not_read_is_refused_with_the_reason(body, word):
    report = read_file(body)
    assert (report.verdict, report.cells) == ("unreadable", ())
    assert word in report.findings[0].message


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.97])
def test_a_file_that_was_cut_off_is_never_whole_and_shows_no_wrong_figure(kind, share):
    composed = compose("2021")
    body = WRITERS[kind](composed)
    report = read_file(body[: int(len(body) * share)])
    assert report.verdict in ("partial", "unreadable", "not_a_report")
    assert all(value in (None, composed.cells.get(key)) for key, value in values(report).items())


def test_a_sheets_cell_is_named_as_the_spreadsheet_names_it():
    page = Page(write_xlsx(compose("2021")))
    document = open_document(page)
    book = openpyxl.load_workbook(io.BytesIO(page.body))
    for cell in document.locate(read_report(page).cells):
        assert str(book["年报"][cell.at.rpartition("/")[2]].value) == cell.raw


def test_the_crawler_and_the_reader_agree_on_what_a_file_is():
    composed = compose("2021")
    suffixes = {kind: suffix_of(write(composed)) for kind, write in WRITERS.items()}
    assert suffixes == {kind: f".{kind}" for kind in WRITERS}
    assert media_type_of(write_mht(composed), "application/msword") == "multipart/related"


def test_replay_reads_a_folder_of_mixed_files(tmp_path):
    composed = compose("2021", unique=False)
    for kind, write in WRITERS.items():
        (tmp_path / f"a.{kind}").write_bytes(write(composed))
    (tmp_path / "a.html").write_bytes(composed.body)
    command = [sys.executable, "-m", "scrapy", "replay", str(tmp_path), "-O", str(tmp_path / "out.jsonl"), "--workers", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100)
    lines = (tmp_path / "out.jsonl").read_text().splitlines()
    assert (done.returncode, len(lines)) == (0, 7), done.stderr
    assert all('"verdict":"verified"' in line for line in lines)
