"""Lay the statutory tables out the way portals show them.

A table is first a list of rows of `Box`es with the spans of the notice; then it becomes HTML
(clean, or pasted from Word), text with pipes, a paragraph a cell, or WordprocessingML. How
the figures are written (full-width, with thousands separators, noughts left out) is decided
before, so that what is printed and what is true are known together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from html import escape

from crawler.demo.figures import Number, cell_key, load_form


@dataclass(frozen=True)
class Box:
    """One cell of a layout: text (a line break is a <br>), spans, and the form's key if it holds a figure."""

    text: str
    cols: int = 1
    rows: int = 1
    head: bool = False
    key: str | None = None


Rows = list[list[Box]]

_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")

#: (key suffix or "-" for a heading row, label, unit) of the statistics table of 2014.
ANNEX_LINES: tuple[tuple[str, str, str], ...] = (
    ("-", "一、主动公开情况", "——"),
    ("a1", "（一）主动公开政府信息数（不同渠道和方式公开相同信息计1条）", "条"),
    ("a1a", "其中：主动公开规范性文件数", "条"),
    ("a1b", "制发规范性文件总数", "件"),
    ("-", "（二）通过不同渠道和方式公开政府信息的情况", "——"),
    ("a2_1", "1.政府公报公开政府信息数", "条"),
    ("a2_2", "2.政府网站公开政府信息数", "条"),
    ("a2_3", "3.政务微博公开政府信息数", "条"),
    ("a2_4", "4.政务微信公开政府信息数", "条"),
    ("a2_5", "5.其他方式公开政府信息数", "条"),
    ("-", "二、回应解读情况", "——"),
    ("b1", "（一）回应公众关注热点或重大舆情数（不同方式回应同一热点或舆情计1次）", "次"),
    ("-", "（二）通过不同渠道和方式回应解读的情况", "——"),
    ("b2_1", "1.参加或举办新闻发布会总次数", "次"),
    ("b2_1a", "其中：主要负责同志参加新闻发布会次数", "次"),
    ("b2_2", "2.政府网站在线访谈次数", "次"),
    ("b2_2a", "其中：主要负责同志参加政府网站在线访谈次数", "次"),
    ("b2_3", "3.政策解读稿件发布数", "篇"),
    ("b2_4", "4.微博微信回应事件数", "次"),
    ("b2_5", "5.其他方式回应事件数", "次"),
    ("-", "三、依申请公开情况", "——"),
    ("c1", "（一）收到申请数", "件"),
    ("c1_1", "1.当面申请数", "件"),
    ("c1_2", "2.传真申请数", "件"),
    ("c1_3", "3.网络申请数", "件"),
    ("c1_4", "4.信函申请数", "件"),
    ("c2", "（二）申请办结数", "件"),
    ("c2_1", "1.按时办结数", "件"),
    ("c2_2", "2.延期办结数", "件"),
    ("c3", "（三）申请答复数", "件"),
    ("c3_1", "1.属于已主动公开范围数", "件"),
    ("c3_2", "2.同意公开答复数", "件"),
    ("c3_3", "3.同意部分公开答复数", "件"),
    ("c3_4", "4.不同意公开答复数", "件"),
    ("c3_4a", "其中：涉及国家秘密", "件"),
    ("c3_4b", "涉及商业秘密", "件"),
    ("c3_4c", "涉及个人隐私", "件"),
    ("c3_4d", "危及国家安全、公共安全、经济安全和社会稳定", "件"),
    ("c3_4e", "不是《条例》所指政府信息", "件"),
    ("c3_4f", "法律法规规定的其他情形", "件"),
    ("c3_5", "5.不属于本行政机关公开数", "件"),
    ("c3_6", "6.申请信息不存在数", "件"),
    ("c3_7", "7.告知作出更改补充数", "件"),
    ("c3_8", "8.告知通过其他途径办理数", "件"),
    ("d", "四、行政复议数量", "件"),
    ("d1", "（一）维持具体行政行为数", "件"),
    ("d2", "（二）被依法纠错数", "件"),
    ("d3", "（三）其他情形数", "件"),
    ("e", "五、行政诉讼数量", "件"),
    ("e1", "（一）维持具体行政行为或者驳回原告诉讼请求数", "件"),
    ("e2", "（二）被依法纠错数", "件"),
    ("e3", "（三）其他情形数", "件"),
    ("f", "六、举报投诉数量", "件"),
    ("g", "七、依申请公开信息收取的费用", "万元"),
    ("-", "八、机构建设和保障经费情况", "——"),
    ("h1", "（一）政府信息公开工作专门机构数", "个"),
    ("h2", "（二）设置政府信息公开查阅点数", "个"),
    ("h3", "（三）从事政府信息公开工作人员数", "人"),
    ("h3_1", "1.专职人员数（不包括政府公报及政府网站工作人员数）", "人"),
    ("h3_2", "2.兼职人员数", "人"),
    ("h4", "（四）政府信息公开专项经费（不包括用于政府公报编辑管理及政府网站建设维护等方面的经费）", "万元"),
    ("-", "九、政府信息公开会议和培训情况", "——"),
    ("i1", "（一）召开政府信息公开工作会议或专题会议数", "次"),
    ("i2", "（二）举办各类培训班数", "次"),
    ("i3", "（三）接受培训人员数", "人次"),
)


def print_figure(value: Number, digits: str, zeros: str, signed: bool = False) -> str:
    """Write a figure as an organ types it. `digits`: plain | wide | grouped; `zeros`: printed | blank | dash.

    >>> print_figure(1204, "grouped", "printed"), print_figure(0, "plain", "dash"), print_figure(3, "wide", "blank", True)
    ('1,204', '—', '+３')
    """
    if not value:
        text = {"printed": "0", "blank": "", "dash": "—"}[zeros]
    else:
        text = f"{value:,}" if digits == "grouped" else str(value)
    if signed and value > 0:
        text = "+" + text
    return text.translate(_WIDE) if digits == "wide" else text


def disclosure_blocks(form: str, printed: Mapping[str, str], heads: str, spans: str, amount_head: str) -> list[Rows]:
    """The first table, one list of rows a caption. Every block is as wide as the widest.

    `heads`: full | cut (本年新 and no more) | broken (a line break inside). `spans`: regular |
    unequal, where the heads' double column is another one than the figures'.
    """
    blocks = []
    width = 5 if spans == "unequal" else 4
    for block in load_form(form)["block"]:
        if block["table"] != "disclosure":
            continue
        cols = block["cols"]
        head = [Box("信息内容", head=True)]
        for number, col in enumerate(cols):
            label = amount_head if col["key"] == "amount" and amount_head else col["label"]
            head.append(Box(_trim(label, heads), _span(number, len(cols), width, 1), head=True))
        rows = [[Box(block["caption"], width, head=True)], head]
        for row in block["rows"]:
            boxes = [Box(row["path"][-1], head=True)]
            for number, col in enumerate(cols):
                key = cell_key(block, row, col)
                boxes.append(Box(printed[key], _span(number, len(cols), width, 0), key=key))
            rows.append(boxes)
        blocks.append(rows)
    return blocks


def _span(number: int, count: int, width: int, widest: int) -> int:
    """Columns for one of `count` boxes beside the label; the spare ones go to box number `widest`, or to the last."""
    spare = width - 1 - count
    return 1 + spare if number == (widest if count == 3 else count - 1) else 1


def _trim(label: str, heads: str) -> str:
    if heads == "cut" and label.startswith("本年新"):
        return "本年新"
    if heads == "cut" and label == "现行有效件数":
        return "现行有效件"
    if heads == "broken" and len(label) > 5:
        return label[:3] + "\n" + label[3:]
    return label


def requests_rows(form: str, printed: Mapping[str, str]) -> Rows:
    """The second table: three head rows, then 23 (2019) or 25 (2021) rows of seven figures."""
    block = next(block for block in load_form(form)["block"] if block["table"] == "requests")
    labels = [col["label"] for col in block["cols"]]
    rows: Rows = [
        [Box(f"（{block['corner']}）", 3, 3, True), Box("申请人情况", 7, head=True)],
        [Box(labels[0], 1, 2, True), Box("法人或其他组织", 5, head=True), Box(labels[-1], 1, 2, True)],
        [Box(label, head=True) for label in labels[1:-1]],
    ]
    paths = [row["path"] for row in block["rows"]]
    seen: set[tuple[str, ...]] = set()
    for row in block["rows"]:
        path = row["path"]
        boxes = []
        for depth in range(1, len(path) + 1):
            prefix = tuple(path[:depth])
            if prefix in seen:
                continue
            seen.add(prefix)
            below = sum(tuple(other[:depth]) == prefix for other in paths)
            boxes.append(Box(path[depth - 1], 4 - depth if depth == len(path) else 1, below, True))
        for col in block["cols"]:
            key = cell_key(block, row, col)
            boxes.append(Box(printed[key], key=key))
        rows.append(boxes)
    return rows


def proceedings_rows(form: str, printed: Mapping[str, str]) -> Rows:
    """The third table. The leaves of 行政复议 stand a row above those of 行政诉讼, as on the form."""
    block = next(block for block in load_form(form)["block"] if block["table"] == "proceedings")
    leaves = [Box(col["label"], head=True) for col in block["cols"]]
    return [
        [Box("行政复议", 5, head=True), Box("行政诉讼", 10, head=True)],
        [
            *(replace(leaf, rows=2) for leaf in leaves[:5]),
            Box("未经复议直接起诉", 5, head=True),
            Box("复议后起诉", 5, head=True),
        ],
        leaves[5:],
        [Box(printed[key], key=key) for key in (f"proceedings.{col['key']}" for col in block["cols"])],
    ]


def annex_rows(printed: Mapping[str, str], organ: str) -> Rows:
    """The statistics table of 2014 with its head line (who fills it in) and foot."""
    rows: Rows = [
        [Box(f"填报单位（盖章）：{organ}", 3)],
        [Box("统计指标", head=True), Box("单位", head=True), Box("统计数", head=True)],
    ]
    for key, label, unit in ANNEX_LINES:
        figure = Box("") if key == "-" else Box(printed[f"annex.{key}"], key=f"annex.{key}")
        rows.append([Box(label, head=True), Box(unit), figure])
    rows.append([Box("单位负责人：（签字）　　审核人：　　填报人：", 3)])
    return rows


def widen(rows: Rows, width: int) -> Rows:
    """Lay rows on a grid of `width` columns, which must be a multiple of their own; a short last box takes the rest."""
    factor = width // grid_width(rows)
    wide = [[replace(box, cols=box.cols * factor) for box in row] for row in rows]
    spare = width - factor * grid_width(rows)
    if spare:
        wide = [[*row[:-1], replace(row[-1], cols=row[-1].cols + spare)] if row else row for row in wide]
    return wide


def grid_width(rows: Rows) -> int:
    """Columns of the first row, which nothing hangs into."""
    return sum(box.cols for box in rows[0])


def html_table(rows: Rows, style: str) -> str:
    """HTML of one table. `style`: plain | th | word | old (attributes instead of CSS)."""
    attributes = {
        "plain": ' class="gk-table" border="1" cellspacing="0" cellpadding="0" align="center"',
        "th": ' class="gk-table"',
        "word": ' class="MsoNormalTable" border="1" cellspacing="0" style="border-collapse:collapse;border:none;'
        'mso-border-alt:solid windowtext .5pt;mso-padding-alt:0cm 5.4pt 0cm 5.4pt"',
        "old": ' border="1" cellspacing="0" cellpadding="2" width="96%" bordercolor="#000000" align="center"',
    }[style]
    lines = [f"<table{attributes}><tbody>"]
    for row in rows:
        lines.append("<tr>" + "".join(_html_cell(box, style) for box in row) + "</tr>")
    return "\n".join([*lines, "</tbody></table>"])


def _html_cell(box: Box, style: str) -> str:
    spans = (f' colspan="{box.cols}"' if box.cols > 1 else "") + (f' rowspan="{box.rows}"' if box.rows > 1 else "")
    text = escape(box.text, quote=False).replace("\n", "<br />") or "&nbsp;"
    if style == "word":
        return f'<td{spans} valign="center" style="border:1.0pt solid windowtext;mso-border-alt:solid windowtext .5pt">{_word_cell(box)}</td>'
    if style == "th" and (box.head or box.text == "总计"):
        return f"<th{spans}>{text}</th>"
    if style == "old":
        return f'<td{spans} align="{"left" if box.head else "center"}"><font size="2">{text}</font></td>'
    return f'<td{spans}><p style="text-align:{"left" if box.head else "center"};">{text}</p></td>'


def word_runs(text: str) -> str:
    """Cut text into the runs Word makes: one for each digit, one for each stretch between."""
    runs, stretch = [], ""
    for char in text:
        if char.isascii() and char.isdigit():
            runs += [_word_run(stretch, "") if stretch else "", _word_run(char, ' lang="EN-US"')]
            stretch = ""
        else:
            stretch += char
    return "".join(runs) + (_word_run(stretch, "") if stretch else "")


def _word_run(text: str, lang: str) -> str:
    escaped = escape(text, quote=False).replace("\n", "<br/>")
    return f'<span{lang} style="font-family:宋体;mso-bidi-font-family:宋体;mso-font-kerning:0pt">{escaped}</span>'


def _word_cell(box: Box) -> str:
    inner = word_runs(box.text) if box.text else "<o:p>&nbsp;</o:p>"
    return f'<p class="MsoNormal" align="center" style="text-align:center;mso-pagination:widow-orphan">{inner}<o:p></o:p></p>'


def pipe_lines(rows: Rows) -> Iterator[str]:
    """Lines of text, `a | b |`, with one more pipe for each column that a box swallows; spanned labels come once."""
    for row in rows:
        yield "".join(box.text.replace("\n", "") + " |" + "|" * (box.cols - 1) + " " for box in row).rstrip()


def loose_cells(rows: Rows) -> Iterator[str]:
    """One text a box in reading order: all that is left when an editor turned a table into paragraphs."""
    for row in rows:
        yield from (box.text.replace("\n", "") for box in row)


def docx_table(rows: Rows) -> str:
    """The table in WordprocessingML, with `gridSpan` and `vMerge`."""
    lines = ['<w:tbl><w:tblPr><w:tblW w:w="0" w:type="auto"/></w:tblPr>']
    hanging: dict[int, tuple[int, int]] = {}  # grid column: (rows still covered, columns)
    for row in rows:
        cells, column, boxes = [], 0, list(row)
        width = grid_width(rows)
        while column < width:
            if column in hanging:
                left, cols = hanging.pop(column)
                if left > 1:
                    hanging[column] = (left - 1, cols)
                cells.append(_docx_cell("", cols, "<w:vMerge/>"))
                column += cols
            elif boxes:
                box = boxes.pop(0)
                merge = '<w:vMerge w:val="restart"/>' if box.rows > 1 else ""
                if box.rows > 1:
                    hanging[column] = (box.rows - 1, box.cols)
                cells.append(_docx_cell(box.text, box.cols, merge))
                column += box.cols
            else:
                break
        lines.append("<w:tr>" + "".join(cells) + "</w:tr>")
    return "".join([*lines, "</w:tbl>"])


def _docx_cell(text: str, cols: int, merge: str) -> str:
    span = f'<w:gridSpan w:val="{cols}"/>' if cols > 1 else ""
    return f"<w:tc><w:tcPr>{span}{merge}</w:tcPr>{docx_paragraph(text)}</w:tc>"


def docx_paragraph(text: str) -> str:
    """One paragraph of WordprocessingML."""
    run = f'<w:r><w:t xml:space="preserve">{escape(text, quote=False)}</w:t></w:r>' if text else ""
    return f"<w:p>{run}</w:p>"
