"""Word files: what is printed is read, and nothing else."""

import gzip
import io
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from parsers import Page, read_report
from parsers.document import open_document
from parsers.media.numbering import chinese_number
from tests.files import blocks, write_docx, write_rtf
from tests.pages import checks, compose, values


def save(document):
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


@pytest.fixture(scope="module")
def written():
    """A composed report, and the same as .docx."""
    composed = compose("2021")
    return composed, write_docx(composed)


def lines(body):
    return [line.text for line in open_document(Page(body)).lines]


def add_xml(document, xml):
    document.element.body.insert(-1, parse_xml(xml.replace("<w:p>", f"<w:p {nsdecls('w')}>", 1)))


def test_deleted_and_hidden_text_and_field_codes_are_not_printed():
    document = docx.Document()
    add_xml(document, '<w:p><w:del w:id="1" w:author="a"><w:r><w:delText>旧</w:delText></w:r></w:del><w:ins w:id="2" w:author="a"><w:r><w:t>新</w:t></w:r></w:ins>'
            "<w:r><w:rPr><w:vanish/></w:rPr><w:t>隐</w:t></w:r>"
            '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:t>域</w:t></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>果</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>')
    body = save(document)
    assert lines(body) == ["新果"]
    assert "media.deleted" in [finding.check for finding in open_document(Page(body)).findings]


NUMBERING = """<w:numbering xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">
<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCountingThousand"/><w:lvlText w:val="%1、"/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="chineseCountingThousand"/><w:lvlText w:val="（%2）"/></w:lvl></w:abstractNum>
<w:num w:numId="7"><w:abstractNumId w:val="0"/></w:num></w:numbering>"""


def numbered(composed):
    """The report with the numbers of its headings made by Word and not written."""
    document = docx.Document()
    numbering = document.part.numbering_part.element
    for child in list(numbering):
        numbering.remove(child)
    for child in parse_xml(NUMBERING):
        numbering.append(child)
    for kind, words in blocks(composed):
        if kind != "table":
            paragraph = document.add_paragraph(words.partition("、")[2] if kind == "heading" else words)
            if kind == "heading":
                paragraph._p.get_or_add_pPr().append(parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="0"/><w:numId w:val="7"/></w:numPr>'))
    return save(document)


def test_headings_that_word_numbers_read_as_printed():
    composed = compose("2021", unique=False)
    headings = [chapter.heading for chapter in composed.chapters]
    assert [line for line in lines(numbered(composed)) if line in headings] == headings


def test_levels_below_start_again():
    document = docx.Document()
    numbering = document.part.numbering_part.element
    for child in list(numbering):
        numbering.remove(child)
    for child in parse_xml(NUMBERING):
        numbering.append(child)
    for depth, words in ((0, "甲"), (1, "乙"), (1, "丙"), (0, "丁"), (1, "戊")):
        paragraph = document.add_paragraph(words)
        paragraph._p.get_or_add_pPr().append(parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{depth}"/><w:numId w:val="7"/></w:numPr>'))
    assert lines(save(document)) == ["一、甲", "（一）乙", "（二）丙", "二、丁", "（一）戊"]


def test_numbers_are_counted_in_chinese():
    assert [chinese_number(n) for n in (10, 11, 20, 21, 100, 101, 1010)] == ["十", "十一", "二十", "二十一", "一百", "一百〇一", "一千〇一十"]


def test_words_in_a_text_box_are_read_once():
    document = docx.Document()
    box = "<w:txbxContent><w:p><w:r><w:t>框内</w:t></w:r></w:p></w:txbxContent>"
    add_xml(document, '<w:p><w:r><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice Requires="wps"><w:drawing>'
            f'<x xmlns="urn:x">{box}</x></w:drawing></mc:Choice><mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>')
    assert lines(save(document)) == ["框内"]


def test_a_report_in_a_layout_table_is_read_from_the_tables_in_it(written):
    composed, body = written
    source = docx.Document(io.BytesIO(body))
    outer = docx.Document()
    cell = outer.add_table(1, 1).cell(0, 0)._tc
    for child in list(source.element.body)[:-1]:
        cell.append(child)
    assert values(read_report(Page(save(outer)))) == composed.cells


def test_a_deleted_row_is_not_on_the_page(written):
    composed, body = written
    document = docx.Document(io.BytesIO(body))
    row = document.tables[0].rows[2]._tr
    row.get_or_add_trPr().append(parse_xml(f'<w:del {nsdecls("w")} w:id="1" w:author="a"/>'))
    report = read_report(Page(save(document)))
    gone = {key for key, value in composed.cells.items() if values(report)[key] != value}
    assert gone == {key for key in composed.cells if key.startswith("disclosure.regulations.")}
    assert all(values(report)[key] is None for key in gone)


def test_a_picture_in_place_of_the_tables_leaves_the_cells_missing(written):
    _, body = written
    document = docx.Document(io.BytesIO(body))
    for table in document.tables:
        table._tbl.addprevious(parse_xml(f'<w:p {nsdecls("w")}><w:r><w:drawing><a:blip xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"/></w:drawing></w:r></w:p>'))
        table._tbl.getparent().remove(table._tbl)
    report = read_report(Page(save(document)))
    assert report.verdict == "partial" and set(values(report).values()) == {None}
    assert "media.pictures" in checks(report)


def test_hidden_and_deleted_text_of_rtf_is_not_printed():
    assert lines(b"{\\rtf1\\ansi\\ansicpg936 {\\v 12}\\'d2\\'bb{\\deleted 34}\\u20108\\'3f\\par}") == ["一二"]


def test_rtf_without_its_last_brace_was_cut_off():
    assert "source.cut" in checks(read_report(Page(write_rtf(compose("2021"))[:-1])))


def test_a_binary_word_file_gives_the_figures_of_the_page(written):
    """The composed report, saved as "Word 97" by LibreOffice 7 and packed."""
    composed, _ = written
    body = gzip.decompress((Path(__file__).parent / "corpus" / "composed_2021.doc.gz").read_bytes())
    assert body.startswith(b"\xd0\xcf\x11\xe0")
    report = read_report(Page(body))
    assert values(report) == composed.cells
    assert [s.text for s in report.sections] == [s.text for s in read_report(Page(composed.docx())).sections]


def test_a_footnote_mark_and_a_struck_figure_do_not_become_part_of_the_figure():
    document = docx.Document()
    for before, behind, style in (("28", "1", "superscript"), ("28", "7", "strike"), ("", "15", "superscript")):
        paragraph = document.add_paragraph(before)
        setattr(paragraph.add_run(behind).font, style, True)
    assert lines(save(document)) == ["28¹", "28~~7~~", "15"]
    assert lines(rb"{\rtf1\ansi 28{\super 1}\par 28{\strike 7}\par {\super 15}\par 28\super 1\nosupersub\par}") == ["28¹", "28~~7~~", "15", "28¹"]


STYLES = {"Note": '<w:vertAlign w:val="superscript"/>', "Secret": "<w:vanish/>", "Struck": "<w:strike/>"}


def styled(xml):
    document = docx.Document()
    for name, properties in STYLES.items():
        document.styles.element.append(parse_xml(f'<w:style {nsdecls("w")} w:type="character" w:styleId="{name}"><w:name w:val="{name}"/><w:rPr>{properties}</w:rPr></w:style>'))
    add_xml(document, f"<w:p>{xml}</w:p>")
    return lines(save(document))


def run(text, properties=""):
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


@pytest.mark.parametrize(
    ("xml", "printed"),
    [
        (run("7") + run("1", '<w:rStyle w:val="Note"/>'), "7¹"),
        (run("1", '<w:vertAlign w:val="superscript"/>') + run("7"), "¹7"),
        (run("1", '<w:vertAlign w:val="superscript"/>') + run("7", '<w:vertAlign w:val="superscript"/>'), "17"),
        (run("7") + run("1", '<w:vertAlign w:val="subscript"/>'), "7₁"),
        (run("7") + run("1", '<w:position w:val="8"/>'), "7¹"),
        (run("7") + '<w:r><w:footnoteReference w:customMarkFollows="1" w:id="2"/><w:t>1</w:t></w:r>', "7¹"),
        (run("5", '<w:rStyle w:val="Secret"/>') + run("7"), "7"),
        (run("5", '<w:rStyle w:val="Secret"/><w:vanish w:val="0"/>') + run("7"), "57"),
        (run("5", '<w:rStyle w:val="Struck"/>') + run("7"), "~~5~~7"),
        (run("5", '<w:color w:val="FFFFFF"/>') + run("7"), "~~5~~7"),
        (run("7", '<w:color w:val="FFFFFF"/>'), "7"),
        (run("7", '<w:rFonts w:ascii="Wingdings"/>'), "~~7~~"),
        (f"<w:r><w:ruby><w:rt>{run('qi')}</w:rt><w:rubyBase>{run('7')}</w:rubyBase></w:ruby></w:r>", "7"),
    ],
)
def test_a_run_that_looks_otherwise_becomes_no_part_of_a_figure(xml, printed):
    assert styled(xml) == [printed]
