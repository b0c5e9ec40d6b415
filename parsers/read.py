"""Read one report: `read_report(page)` is the parser's front door.

The steps are those of the house: open the page once (`document`), read the statutory tables from
the grid or, where they were flattened, from the lines (`stream`, `fit`), read the prose without
the chrome (`narrative`), ask the witnesses who speaks and of which year (`identity`), hold the
figures against the form's rules (`checks`), and say how far the result can be relied on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from parsers.captions import years_of_tables
from parsers.cells import read_cells
from parsers.checks import check_cells
from parsers.displaced import doubt_displaced
from parsers.document import Document, open_document
from parsers.fit import TABLES, TableReading, fit_tables
from parsers.form import expected_form, load_forms
from parsers.identity import Identity, read_identity
from parsers.kinds import kind_of
from parsers.lines import Line
from parsers.metadata import read_metadata
from parsers.model import Cell, Finding, Page, Report, Verdict
from parsers.narrative import Narrative, read_narrative
from parsers.pagenumbers import doubt_page_numbers
from parsers.prose import check_prose
from parsers.stream import Group, grid_groups, text_groups
from parsers.textform import table_lines

# Worth knowing, and no reason to doubt the figures: notes on prose, host, mirror and spelling.
_NOTES = ("source.encoding", "source.mirror", "source.unofficial_host", "source.no_root", "text.", "prose.")

# What stands over the labels of an annex, and hardly anywhere else.
_ANNEX_CORNERS = {"2008": "指标名称", "2014": "统计指标"}

_NOT_A_REPORT = frozenset(("list", "interpretation", "other_report", "blank_form", "soft_404", "other"))
_UNREADABLE = frozenset(("attachment_only", "image_only", "challenge", "login", "empty_shell", "damaged"))
_KIND_CHECKS = {"challenge": "source.challenge", "empty_shell": "source.empty_shell", "soft_404": "source.soft_404"}


def read_report(page: Page) -> Report:
    """Read a page as an annual report. Pure, and never raises on bad input.

    What is not a report, or cannot be read, comes back with the verdict `not_a_report` or
    `unreadable` and the reason among its findings.
    """
    document = open_document(page)
    if document.refused is not None:
        finding = Finding("source.unreadable", "error", document.refused)
        return Report(findings=(finding,), verdict="unreadable", encoding=document.encoding)
    tables = _read_tables(document)
    narrative = read_narrative(document.lines)
    kind = kind_of(
        url=page.url,
        tree=document.tree,
        text=document.text,
        lines=document.lines,
        title_tag=document.title_tag,
        metas=document.metas,
        headings=narrative.headings,
        rows=sum(row.placed is not None for reading in tables.readings.values() for row in reading.rows),
    )
    metadata = read_metadata(document.lines, document.metas)
    identity = read_identity(
        url=page.url,
        title_tag=document.title_tag,
        metas=document.metas,
        lines=document.lines,
        narrative=narrative,
        metadata=metadata,
    )
    if kind.kind in _NOT_A_REPORT or kind.kind in _UNREADABLE:
        return _refuse(document, identity, kind.kind, kind.reason)
    return _assemble(document, tables, narrative, identity, metadata)


# ------------------------------------------------------------------------------------ tables


@dataclass(slots=True)
class _Tables:
    readings: dict[str, TableReading]
    cells: list[Cell]


def _read_tables(document: Document) -> _Tables:
    """Read from the grid what has a grid, and from the lines what has none.

    Lines that turn out to be a table become one placeholder line, as a table element did.
    """
    readings = fit_tables(grid_groups(document.grids)) if document.grids else {}
    if not any(set(readings) >= {block.table for block in form.blocks} for form in load_forms().values()):
        texts, places = _texts(document)
        groups = text_groups(texts, places)
        found = {table: reading for table, reading in _fit_text(groups, texts).items() if table not in readings}
        _replace_lines(document, [table_lines(reading, texts) for reading in found.values()], texts)
        readings.update(found)
    cells = [cell for table in TABLES if table in readings for cell in read_cells(readings[table])]
    return _Tables(readings, cells)


def _texts(document: Document) -> tuple[list[str], list[str]]:
    if document.tree is None:
        return document.raw_lines, [f"line[{number}]" for number in range(1, len(document.raw_lines) + 1)]
    return ["" if line.table else line.text for line in document.lines], [line.at for line in document.lines]


def _fit_text(groups: Sequence[Group], texts: Sequence[str]) -> dict[str, TableReading]:
    """Tables found in text. One stray label with figures behind it is a sentence and not a table."""
    readings = fit_tables(groups)
    found = {
        table: reading
        for table, reading in readings.items()
        if table == "proceedings" or sum(row.placed is not None for row in reading.rows) >= 2
    }
    doubt_displaced(readings.values(), groups)
    doubt_page_numbers(readings.values(), texts)
    return found


def _replace_lines(document: Document, spans: Sequence[range], texts: Sequence[str]) -> None:
    """Put one placeholder line where the lines of a flattened table stood."""
    gone = {index: number for number, span in enumerate(spans, len(document.grids) + 1) for index in span}
    if not gone:
        return
    if document.tree is None:
        index_of = {id(line): int(line.at[5:-1]) - 1 for line in document.lines}
    else:
        index_of = {id(line): index for index, line in enumerate(document.lines)}
    kept: list[Line] = []
    marked: set[int] = set()
    for line in document.lines:
        number = gone.get(index_of[id(line)])
        if number is None:
            kept.append(line)
        elif number not in marked:
            marked.add(number)
            kept.append(Line(f"〔〔T{number}〕〕", line.at, line.node, False, number))
    document.lines = kept


# ------------------------------------------------------------------------------------ the report


def _assemble(
    document: Document, tables: _Tables, narrative: Narrative, identity: Identity, metadata: dict[str, str | None]
) -> Report:
    expected = expected_form(identity.year)
    _drop_strays(tables, expected)
    form = _form_read(tables, expected)
    findings = [*document.findings, *narrative.findings, *identity.findings]
    cells = _complete(tables, form, findings, expected)
    cells = _year_of_column(cells, tables, identity.year, findings)
    cells = _year_of_caption(cells, document, tables, identity.year, findings)
    checked, broken = check_cells(cells, tables.readings)
    findings.extend(broken)
    findings.extend(check_prose(narrative.sections, checked, identity.scope, year=identity.year))
    findings.extend(_unexpected(tables, expected))
    corner = _ANNEX_CORNERS.get(form or "")
    if corner and not tables.readings and corner in document.text:
        findings.append(Finding("form.incomplete", "warning", f"the page speaks of {corner}, but no annex could be read from it"))
    metadata = {key: metadata.get(key) for key in ("index_number", "issuer", "document_number", "written", "validity")}
    return Report(
        title=identity.title,
        organ=identity.organ,
        year=identity.year,
        published=identity.published,
        division=identity.division,
        scope=identity.scope,
        metadata=metadata,
        form=form,
        form_expected=expected,
        preamble=narrative.preamble,
        sections=narrative.sections,
        cells=document.locate(checked),
        findings=tuple(findings),
        verdict=_verdict(checked, findings, identity, narrative, expected),
        encoding=document.encoding,
    )


def _drop_strays(tables: _Tables, expected: str | None) -> None:
    """Forget a table of the later forms in a report of the years before them when none of its rows has a place.

    The tables of those years are local, and 规范性文件 or 行政许可 is a row of many.
    """
    if expected not in ("2008", "2014"):
        return
    for table, reading in list(tables.readings.items()):
        if table != "annex" and all(row.placed is None for row in reading.rows):
            del tables.readings[table]
            tables.cells = [cell for cell in tables.cells if not cell.key.startswith(f"{table}.")]


def _form_read(tables: _Tables, expected: str | None) -> str | None:
    """The form by the labels: that of most blocks, the newest on a tie; an era without tables has its own."""
    votes: dict[str, int] = {}
    for reading in tables.readings.values():
        if reading.table == "proceedings":
            continue  # the same in both forms
        for block in {row.block.number: row.block for row in reading.rows if row.group is not None}.values():
            votes[block.form] = votes.get(block.form, 0) + 1
    if votes:
        return max(votes, key=lambda name: (votes[name], name))
    if tables.readings:
        return expected if expected in load_forms() else max(load_forms())
    return expected if expected in ("2008", "2014") else None


def _complete(tables: _Tables, form: str | None, findings: list[Finding], expected: str | None) -> list[Cell]:
    """The cells in form order; a table that is not on the page has its cells as `missing`.

    A report of the years before 2019 may do without an annex, and then has no cells.
    """
    wanted = form if form in load_forms() else expected
    if wanted not in load_forms() or (wanted in ("2008", "2014") and not tables.readings):
        return tables.cells
    cells = list(tables.cells)
    have = set(tables.readings)
    for table in TABLES:
        if table in have:
            continue
        blocks = [block for block in load_forms()[wanted].blocks if block.table == table]
        if not blocks:
            continue
        missing = [
            Cell(block.cell_key(row, col), None, "", "missing", col.unit, None)
            for block in blocks
            for row in block.rows
            for col in block.cols
        ]
        cells.extend(missing)
        keys = tuple(cell.key for cell in missing)
        findings.append(Finding("form.incomplete", "warning", f"{table}: the table is not on the page", keys))
    if have.issuperset(block.table for block in load_forms()[wanted].blocks):
        return cells
    order = {table: number for number, table in enumerate(TABLES)}
    return sorted(cells, key=lambda cell: order[cell.key.split(".", 1)[0]])


def _year_of_column(cells: list[Cell], tables: _Tables, year: int | None, findings: list[Finding]) -> list[Cell]:
    """Take back figures from a column that is headed with another year than the report's."""
    other = {
        key: row.col_year
        for reading in tables.readings.values()
        for row in reading.rows
        if row.col_year is not None and row.col_year != year
        for key in row.block.row_keys(row.row)
    }
    if not other:
        return cells
    named = ", ".join(str(name) if name else "several years" for name in sorted(set(other.values()), key=str))
    message = f"the figures stand in a column for {named}, and the report is one on {year or 'an unknown year'}"
    findings.append(Finding("form.ambiguous", "warning", message, tuple(other)))
    return [
        replace(cell, value=None, kind="ambiguous", note=f"column for {other[cell.key] or 'several years'}") if cell.key in other and cell.value is not None else cell
        for cell in cells
    ]


def _year_of_caption(
    cells: list[Cell], document: Document, tables: _Tables, year: int | None, findings: list[Finding]
) -> list[Cell]:
    """Take back figures from a table that is headed with another year than the report's, or with a part of one."""
    if year is None or any(finding.check == "year.unsure" for finding in findings):
        return cells
    other = {number: said for number, said in years_of_tables(document.grids, document.lines).items() if said != year}
    keys = {
        key: other[row.group.source]
        for reading in tables.readings.values()
        for row in reading.rows
        if row.group is not None and row.group.source in other
        for key in row.block.row_keys(row.row)
    }
    taken = {cell.key for cell in cells if cell.key in keys and cell.value is not None}
    if not taken:
        return cells
    named = ", ".join(str(said) if said else "a part of a year" for said in sorted(set(keys.values())))
    message = f"the table is headed as that of {named}, and the report is one on {year}"
    findings.append(Finding("form.ambiguous", "warning", message, tuple(key for key in keys if key in taken)))
    return [
        replace(cell, value=None, kind="ambiguous", note=f"table of {keys[cell.key] or 'a part of a year'}") if cell.key in taken else cell
        for cell in cells
    ]


def _unexpected(tables: _Tables, expected: str | None) -> list[Finding]:
    """Tables, or blocks of one, on another form than the year asks for."""
    if expected is None:
        return []
    found: dict[tuple[str, str], list[str]] = {}
    for reading in tables.readings.values():
        if reading.table == "proceedings":
            continue
        for row in reading.rows:
            if row.group is not None and row.block.form != expected:
                keys = found.setdefault((reading.table, row.block.form), [])
                keys.extend(row.block.row_keys(row.row))
    return [
        Finding("form.unexpected", "warning", f"{table}: on the form of {form}, where the year asks for {expected}", tuple(keys), expected, form)
        for (table, form), keys in found.items()
    ]


def _verdict(
    cells: Sequence[Cell], findings: Sequence[Finding], identity: Identity, narrative: Narrative, expected: str | None
) -> Verdict:
    if any(finding.check == "source.cut" for finding in findings):
        return "partial"
    if any(cell.kind != "number" for cell in cells) or any(finding.check == "form.incomplete" for finding in findings):
        return "partial"
    if not cells and len(narrative.sections) < 2:
        return "partial"
    doubts = [f for f in findings if f.level != "notice" and not f.check.startswith(_NOTES)]
    if doubts or identity.year is None or identity.organ is None:
        return "flagged"
    return "verified"


def _refuse(document: Document, identity: Identity, kind: str, reason: str) -> Report:
    verdict: Verdict = "unreadable" if kind in _UNREADABLE else "not_a_report"
    check = _KIND_CHECKS.get(kind, f"source.{kind}")
    findings = (*document.findings, Finding(check, "error" if verdict == "unreadable" else "notice", reason))
    if verdict == "unreadable":
        # whose report and of which year it is stands in the record, and with it who says otherwise
        findings += tuple(
            finding
            for finding in identity.findings
            if (finding.check == "year.unsure" and identity.year) or (finding.check == "organ.unsure" and identity.organ)
        )
    return Report(
        title=identity.title,
        organ=identity.organ if verdict == "unreadable" else None,
        year=identity.year if verdict == "unreadable" else None,
        published=identity.published,
        findings=findings,
        verdict=verdict,
        encoding=document.encoding,
    )
