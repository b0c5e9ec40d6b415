"""The annexes of 2008 to 2018 in their local variants."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from crawler.demo.compose import Composed, compose_report
from crawler.demo.tables import Box, Rows
from parsers.form import load_forms
from tests.corpus.sample import Sample, sample, wrap_page, write_table
from tests.dialects import DIALECTS, chapters
from tests.pages import ORGAN


def annex(year: int = 2016) -> tuple[Composed, Rows]:
    """A report with the annex, and the annex: head line, head, rows, foot."""
    keys = list(load_forms()["2014"].cell_keys())
    figures = {key: 1001 + 37 * number for number, key in enumerate(keys)}
    composed = compose_report(form="2014", organ=ORGAN, year=year, figures=figures)
    return composed, composed.rows[0]


def page(composed: Composed, *tables: Rows) -> bytes:
    """The chapters, then the tables."""
    prose = "".join(f"<p><b>{c.heading}</b></p>" + "".join(f"<p>{p}</p>" for p in c.paragraphs) for c in composed.chapters)
    return wrap_page(composed, f"<h1>{composed.title}</h1>{prose}" + "<p>&nbsp;</p>".join(map(write_table, tables)))


def annex_samples() -> Iterator[Sample]:
    """Extra and lost rows, more columns, halves side by side, pieces, units, numbers in front."""
    composed, rows = annex()
    head, lines, foot = rows[1], rows[2:-1], rows[-1]

    def build(name: str, *tables: Rows, without: Sequence[str] = ()) -> Sample:
        return sample(f"annex {name}", "annex", composed, page(composed, *tables), without=without)

    yield build("plain", rows)
    yield build("without head", lines)
    yield build("without units", [[row[0], row[-1]] for row in [head, *lines]])
    yield build("units in the label", [[replace(r[0], text=f"{r[0].text}（{r[1].text}）"), r[2]] for r in [head, *lines]])
    yield build("units behind the figure", [[r[0], replace(r[2], text=r[2].text + (r[1].text if r[2].key else ""))] for r in lines])
    yield build("numbered in front", [[Box("序号"), *head], *([Box(str(n)), *row] for n, row in enumerate(lines, 1))])
    yield build("numbered before the figure", [[*head[:2], Box("行次"), head[2]], *([*row[:2], Box(str(n)), row[2]] for n, row in enumerate(lines, 1))])
    local = []
    for number, row in enumerate(lines):
        local.append(row)
        if number in (2, 3, 9, 30):
            local.append([Box(f"其中：{('机构领导人事信息', '行政执法信息', '规划计划信息', '财务预决算信息')[number % 4]}"), Box("条"), Box(str(700000 + number))])
    yield build("with local rows", [head, *local])
    yield build("without five rows", [head, *(r for r in lines if r[2].key not in {f"annex.c3_4{c}" for c in "abcde"})], without=[f"annex.c3_4{c}" for c in "abcde"])
    yield build("over three tables", [head, *lines[:20]], lines[20:41], [*lines[41:], foot])
    yield build("over two pages with the head again", [head, *lines[:30]], [head, *lines[30:]])
    yield build("a table a chapter", *_chapters(lines))
    yield build("with the dashes of four", [[r[0], replace(r[1], text="----" if r[1].text == "——" else r[1].text), r[2]] for r in [head, *lines]])
    yield build("dashes for figures of headings", [[r[0], r[1], r[2] if r[2].key or r[1].text != "——" else Box("——")] for r in [head, *lines]])
    yield from _columns(composed, head, lines)
    yield from _halves(composed, head, lines)
    yield from _shanghai_model()
    for dialect in DIALECTS:
        text = chapters(composed, dialect).encode()
        yield sample(f"annex text {dialect.__name__}", "annex text", composed, text, media_type="text/plain")


def _chapters(lines: Rows) -> list[Rows]:
    pieces: list[Rows] = [[]]
    for row in lines:
        if row[0].text[1:2] == "、" and pieces[-1]:
            pieces.append([])
        pieces[-1].append(row)
    return pieces


def _columns(composed: Composed, head: list[Box], lines: Rows) -> Iterator[Sample]:
    """More than one column of figures: the year's and the organ's own counts."""

    def wider(names: Sequence[str], own: int) -> Rows:
        out: Rows = [[*head[:2], *(Box(name, head=True) for name in names)]]
        for number, row in enumerate(lines):
            more = [Box(str(800000 + 100 * number + n) if row[2].key else "") for n in range(len(names))]
            more[own] = row[2]
            out.append([*row[:2], *more])
        return out

    cases: dict[str, tuple[Sequence[str], int, bool]] = {
        "本年 and 上年": (("本年", "上年"), 0, True),
        "上年 and 本年": (("上年统计数", "本年统计数"), 1, True),
        "year and 历年累计": (("2016年度", "历年累计"), 0, True),
        "two years": (("2015年", "2016年"), 1, True),
        "本级, 下级 and 合计": (("本级", "下级", "合计"), 0, True),
        "统计数 and 备注": (("统计数", "备注"), 0, True),
        "区政府, 区直 and 乡镇": (("区政府统计数", "区直单位统计数", "乡镇街道统计数"), 0, False),
        "two heads that say nothing": (("甲", "乙"), 0, False),
    }
    for name, (names, own, certain) in cases.items():
        table = wider(names, own)
        yield sample(f"annex {name}", "annex columns", composed, page(composed, table), without=() if certain else ["annex."])


def _halves(composed: Composed, head: list[Box], lines: Rows) -> Iterator[Sample]:
    """The annex folded: its second half to the right of its first."""
    middle = (len(lines) + 1) // 2
    left, right = lines[:middle], [*lines[middle:], [Box(""), Box(""), Box("")]]
    folded = [[*head, *head], *([*a, *b] for a, b in zip(left, right, strict=False))]
    yield sample("annex folded in two", "annex halves", composed, page(composed, folded))
    yield sample("annex folded in two without its head", "annex halves", composed, page(composed, folded[1:]))
    third = (len(lines) + 2) // 3
    parts = [lines[:third], lines[third : 2 * third], lines[2 * third :]]
    empty = [Box(""), Box(""), Box("")]
    three = [[*head, *head, *head]]
    for y in range(third):
        three.append([box for part in parts for box in (part[y] if y < len(part) else empty)])
    yield sample("annex folded in three", "annex halves", composed, page(composed, three))
    bare = [[box for index in (0, 2) for box in [row[index]]] for row in lines]
    both = [[head[0], head[2]] * 2, *([*a, *b] for a, b in zip(bare[:middle], [*bare[middle:], [Box(""), Box("")]], strict=False))]
    yield sample("annex folded in two without units", "annex halves", composed, page(composed, both))


def _shanghai_model() -> Iterator[Sample]:
    """指标名称 | 计量单位 | 代码 | 本期实际 | 本年累计, with and without the codes and the period's own column."""
    composed = compose_report(form="2008", organ=ORGAN, year=2011)
    names = load_forms()["2008"].blocks[0].rows
    cells = {f"annex.{row.key}": 2003 + 41 * number for number, row in enumerate(names)}
    head = ["指标名称", "计量单位", "代码", "本期实际", "本年累计"]
    lines = [[row.path[-1], row.unit or "", row.code, str(cells[f"annex.{row.key}"] - 1), str(cells[f"annex.{row.key}"])] for row in names]

    def build(name: str, rows: Sequence[Sequence[str]], without: Sequence[str] = ()) -> Sample:
        gone = frozenset(f"annex.{key}" for key in without)
        table = [[Box(text) for text in row] for row in rows]
        return Sample(f"annex of 2008 {name}", "annex of 2008", page(composed, table), cells, unread=gone)

    yield build("whole", [head, *lines])
    yield build("without the period's column", [[row[0], row[1], row[2], row[4]] for row in [head, *lines]])
    yield build("without codes", [[row[0], row[1], row[4]] for row in [head, *lines]])
    yield build("without head", [[row[0], row[1], row[2], row[4]] for row in lines])
    yield build("year and 历年累计", [["指标名称", "计量单位", "2011年度", "历年累计"], *([r[0], r[1], r[4], "900001"] for r in lines)])
    # without 免予公开范围3 the other five must stay what they are
    lost = [row for row in lines if row[2] != "27"]
    yield build("without one exemption", [head, *lost], ["s27"])
    yield build("without one exemption and without codes", [[r[0], r[1], r[4]] for r in [head, *lost]], ["s27"])
    nameless = [[re.sub(r"范围\d", "范围", row[0]), *row[1:]] for row in lines]
    yield build("exemptions told by their codes", [head, *nameless])
    few = [[re.sub(r"范围\d", "范围", r[0]), r[1], r[4]] for r in lost]
    yield build("five exemptions that nothing tells apart", [["指标名称", "计量单位", "本年累计"], *few], [f"s{n}" for n in range(25, 31)])
    wrong = [[*row[:2], "14" if row[2] == "13" else row[2], *row[3:]] for row in lines]
    yield build("a code that is another row's", [head, *wrong], ["s13"])
