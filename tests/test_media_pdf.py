"""PDF: a figure belongs to the box that lines draw around it, on whatever page."""

import io
import random

import pytest
from reportlab.lib import pdfencrypt
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from crawler.demo.documents import draw_scan
from parsers import Page, read_report
from parsers.document import open_document
from tests.files import write_pdf
from tests.pages import checks, compose, values


@pytest.mark.parametrize("repeat_heads", [False, True])
@pytest.mark.parametrize("font_size", [6, 8, 9])
def test_a_table_that_goes_on_over_page_breaks_is_one_table(repeat_heads, font_size):
    composed = compose("2021")
    assert values(read_report(Page(write_pdf(composed, repeat_heads=repeat_heads, font_size=font_size)))) == composed.cells


def test_a_table_open_at_its_sides_is_closed_where_its_lines_end():
    composed = compose("2019")
    assert values(read_report(Page(write_pdf(composed, rules="open")))) == composed.cells


@pytest.mark.parametrize("form", ["2019", "2021"])
def test_a_table_without_lines_shows_no_wrong_figure(form):
    composed = compose(form)
    report = read_report(Page(write_pdf(composed, rules="none")))
    assert report.verdict == "partial"
    assert all(value in (None, composed.cells.get(key)) for key, value in values(report).items())


def test_page_numbers_are_no_part_of_the_text():
    lines = [line.text for line in open_document(Page(write_pdf(compose("2021")))).lines]
    assert not any("—" in line for line in lines)


def test_a_cells_place_names_its_page():
    document = open_document(Page(write_pdf(compose("2021"))))
    assert {place.partition("/")[0] for place in document.places.values()} >= {"page[1]", "page[2]"}


def canvas(**options):
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    out = io.BytesIO()
    return out, Canvas(out, invariant=1, **options)


def test_a_scan_is_unreadable_even_when_a_machine_has_read_it():
    out, page = canvas()
    page.drawImage(ImageReader(io.BytesIO(draw_scan(random.Random(1)))), 0, 0, 500, 700)
    text = page.beginText(50, 600)
    text.setFont("STSong-Light", 12)
    text.setTextRenderMode(3)
    text.textLine("清泉县2022年政府信息公开工作年度报告")
    page.drawText(text)
    page.save()
    report = read_report(Page(out.getvalue()))
    assert report.verdict == "unreadable"
    assert "scan" in report.findings[0].message and "machine" in report.findings[0].message


def test_one_scanned_page_among_others_is_said():
    composed = compose("2021", unique=False)
    out, page = canvas()
    page.setFont("STSong-Light", 12)
    page.drawString(50, 700, composed.title)
    page.showPage()
    page.drawImage(ImageReader(io.BytesIO(draw_scan(random.Random(1)))), 0, 0, 500, 700)
    page.save()
    document = open_document(Page(out.getvalue()))
    assert "source.cut" in [finding.check for finding in document.findings]


def test_an_encrypted_file_is_unreadable_and_says_so():
    out, page = canvas(encrypt=pdfencrypt.StandardEncryption("secret", canPrint=0))
    page.drawString(50, 700, "x")
    page.save()
    report = read_report(Page(out.getvalue()))
    assert report.verdict == "unreadable" and "encrypted" in report.findings[0].message


def test_bold_type_drawn_twice_is_one_figure():
    out, page = canvas()
    page.setFont("STSong-Light", 12)
    for shift in (0, 0.4):
        page.drawString(50 + shift, 700, "共11件")
    page.save()
    assert [line.text for line in open_document(Page(out.getvalue())).lines] == ["共11件"]


def test_a_file_without_its_end_is_cut():
    body = write_pdf(compose("2021"))
    assert {"source.cut", "source.unreadable"} & set(checks(read_report(Page(body[:-40]))))
