"""What a reader of the page does not see, or sees struck out, is no part of a figure. See also the axis "unseen" of the corpus."""

import re

import pytest

from parsers import Page, read_report
from parsers.document import open_document
from tests.pages import checks, compose, read, values


@pytest.mark.parametrize(
    "beside",
    ["<del>7</del>{}", "{}<strike>7</strike>", "<span style='text-decoration: line-through'>7</span>{}", "<font color=white>7</font>{}"],
)
def test_a_figure_beside_one_struck_out_or_white_is_not_read(beside):
    composed = compose("2021")
    key = "requests.new.natural_person"
    printed = f">{composed.cells[key]}<"
    html = composed.html
    assert printed in html
    report = read_report(Page(html.replace(printed, f">{beside.format(composed.cells[key])}<", 1).encode()))
    read = values(report)
    assert [name for name, value in read.items() if value != composed.cells[name] and value is not None] == []
    assert "cell.kind" in checks(report) or "form.ambiguous" in checks(report)


def test_rows_that_a_script_unfolds_are_kept():
    page = b"<table><tr><td>x</td></tr><tr style='display:none'><td>5</td></tr></table>"
    assert [line.text for line in open_document(Page(page)).lines] == ["x", "5"]


def test_a_catalogue_whose_rows_share_names_with_the_form_is_no_report():
    rows = "".join(f"<tr><td>{name}</td><td>{count}</td></tr>" for name, count in (("行政许可", 321), ("行政处罚", 22), ("行政强制", 3)))
    page = f"<html><body><h1>青泉县2022年行政许可和行政处罚数据公示</h1><p>现将2022年度行政许可、行政处罚和行政强制办理数据予以公示，接受社会监督，如有异议请与本单位联系。</p><table>{rows}</table></body></html>"
    assert read_report(Page(page.encode())).verdict == "not_a_report"


def test_a_report_attached_beside_a_link_to_last_years_is_an_attachment():
    page = (
        "<html><head><meta name='ArticleTitle' content='青泉县水利局2022年政府信息公开工作年度报告'></head><body><h1>青泉县水利局2022年政府信息公开工作年度报告</h1>"
        "<p>附件：<a href='/a/1.docx'>青泉县水利局2022年政府信息公开工作年度报告.docx</a></p>"
        "<ul><li><a href='/b.html'>青泉县水利局2021年政府信息公开工作年度报告</a></li></ul></body></html>"
    )
    report = read_report(Page(page.encode()))
    assert (report.verdict, [finding.check for finding in report.findings]) == ("unreadable", ["source.attachment_only"])


KEY = "requests.new.natural_person"


def one_cell(markup):
    """What is read of a cell that holds the markup, in a page that is else as composed."""
    composed = compose("2021")
    printed = f">{composed.cells[KEY]}<"
    assert composed.html.count(printed) == 1
    return values(read(composed.html.replace(printed, f">{markup}<")))[KEY]


@pytest.mark.parametrize(
    "markup",
    ["<sup>1</sup>5", "<sup><span>1</span></sup><span>5</span>", "7<span style='opacity:0'>5</span>", "<span style='position:absolute;left:-9999px'>5</span>7", "<span class='sr-only'>5</span>7",
     "<span style='width:0;overflow:hidden'>5</span>7", "<span style='float:right'>1</span>2", "<span style='display:block'>1</span><span style='display:block'>2</span>",
     "<bdo dir='rtl'>12</bdo>", "\u202e12\u202c", "1<img src='d/3.gif' alt='3'>", "<img src='d/3.gif'>1", "<span style='font-family:Wingdings'>7</span>"],
)  # fmt: skip
def test_what_may_stand_elsewhere_or_be_a_digit_takes_the_certainty_of_a_figure(markup):
    assert one_cell(markup) is None


@pytest.mark.parametrize(
    "markup",
    ["7<canvas>8</canvas>", "<iframe>8</iframe>7", "<datalist><option>8</option></datalist>7", "7<a href='#note1'>1</a>", "7<sup>1</sup>", "<sup>7</sup>", "<a href='#'>7</a>",
     "<span style='display:block'>7</span>", "<span style='float:right'>7</span>", "<span style='opacity:0.9'>7</span>", "7<img src='x.gif' width='1' height='1'>", "<span style='height:0.5cm'>7</span>"],
)  # fmt: skip
def test_what_a_browser_does_not_draw_or_draws_alone_leaves_the_figure(markup):
    assert one_cell(markup) == 7


def test_what_only_paper_or_telephones_hide_is_seen():
    composed = compose("2021")
    html = composed.html.replace("<td", "<td class='hide'")
    assert values(read("<style>@media print{.hide{display:none}}</style>" + html)) == composed.cells


def test_a_table_in_a_template_is_no_rival_of_the_one_that_is_drawn():
    composed, other = compose("2021"), compose("2021", seed=2)
    copies = "".join(re.findall("<table.*?</table>", other.html, re.DOTALL))
    assert copies
    assert values(read(composed.html + f"<template>{copies}</template>")) == composed.cells


def test_a_table_hidden_by_its_class_is_no_rival_of_the_one_that_is_drawn():
    composed, other = compose("2021"), compose("2021", seed=2)
    copies = "".join(re.findall("<table.*?</table>", other.html, re.DOTALL))
    style = "<style>.phone{display:none}@media (max-width:600px){.phone{display:block}.desk{display:none}}</style>"
    assert values(read(f"{style}<div class='desk'>{composed.html}</div><div class='phone'>{copies}</div>")) == composed.cells
