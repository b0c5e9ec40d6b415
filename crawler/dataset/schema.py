"""The published tables: their columns, types and keys, in one place for every format.

The names are those of the record (see the README) wherever a column is a field of it. Types are `text`,
`integer`, `number` and `boolean`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from crawler.dataset.variables import load_variables


@dataclass(frozen=True)
class Column:
    """A column: its name, its type, and what it holds, in Chinese and in English."""

    name: str
    type: str
    zh: str
    en: str


@dataclass(frozen=True)
class Table:
    """A published table. `key` is its primary key; `links` are columns that name a report.

    Its rows are those of the view `publish.<name>`, in the order of the file of records.
    """

    name: str
    en: str
    key: tuple[str, ...]
    links: tuple[str, ...]
    columns: tuple[Column, ...]

    def select(self, render: Callable[[Column], str] = lambda column: f'"{column.name}"') -> str:
        """The question for its rows, each column as `render` writes it."""
        columns = ", ".join(render(column) for column in self.columns)
        return f"SELECT {columns} FROM publish.{self.name}"  # noqa: S608 - our own names


def _columns(lines: str) -> tuple[Column, ...]:
    parts = [line.split("|") for line in lines.strip().splitlines()]
    return tuple(Column(*(part.strip() for part in line)) for line in parts)


_ID = "report_id | text | 报告标识 | id of the report as captured: the same bytes from the same address give the same id"

REPORTS = Table(
    "reports",
    "One row a report as captured: who, which year, where from, how well it was read",
    ("report_id",),
    (),
    _columns(
        f"""
        {_ID}
        title | text | 标题 | title as printed
        organ | text | 行政机关 | organ that reports
        organ_key | text | 机关键 | the same for all reports of an organ: its place and name
        year | integer | 报告年度 | year reported on; empty when no witness names it
        chosen | boolean | 是否选用 | the copy that stands for its organ and year
        copies | integer | 副本数 | copies of the report for this organ and year
        chosen_instead | text | 选用的副本 | the copy that is taken instead
        superseded | boolean | 已被新版取代 | the same address says something later
        replaces | text | 取代的旧版 | the report that this address showed before it was revised
        scope | text | 口径 | own: the organ's figures; aggregate: those of a government with its departments
        level | text | 层级 | province, prefecture, county or township
        place | text | 所在地 | division code, or portal or host where the division is not known
        province | text | 省级代码 | GB/T 2260 code of the province
        prefecture | text | 地级代码 | GB/T 2260 code of the prefecture
        county | text | 县级代码 | GB/T 2260 code of the county
        division_code | text | 区划代码 | GB/T 2260 code, 6 digits, 9 for a township; only where two witnesses agree
        division_name | text | 区划名称 | name of the division
        division_witnesses | text | 区划依据 | what on the page names the division
        form | text | 表式 | form that was read from the labels: 2008, 2014, 2019 or 2021
        form_expected | text | 应用表式 | form that the year asks for
        verdict | text | 读取结论 | verified, flagged, partial, unreadable or not_a_report
        decision | text | 审核结论 | what a reviewer decided about the report
        published | text | 发布日期 | date of publication as the page gives it
        index_number | text | 索引号 | index number in the page's metadata
        issuer | text | 发布机构 | issuer in the page's metadata
        document_number | text | 文号 | document number in the page's metadata
        written | text | 成文日期 | date of writing in the page's metadata
        validity | text | 时效 | validity in the page's metadata
        text_length | integer | 正文字数 | characters of prose in all sections
        cells_number | integer | 数字单元格数 | cells read as a number
        cells_blank | integer | 空白单元格数 | cells shown empty, or with a stroke or 无
        cells_unread | integer | 未读单元格数 | cells missing, lost, ambiguous or with words
        errors | integer | 错误数 | findings of level error
        warnings | integer | 警告数 | findings of level warning
        url | text | 网址 | address it was fetched from
        addresses | integer | 网址数 | addresses at which it stands, this one counted; see the table addresses
        portal | text | 门户 | id of the portal
        official | boolean | 官方网站 | on the portal's own hosts
        attachment_of | text | 所属页面 | the page that it is an attachment of
        fetched | text | 抓取时间 | time of the visit, UTC
        sha256 | text | 摘要 | SHA-256 of the bytes as served
        snapshot | text | 快照 | file of the snapshot in the data home
        media_type | text | 媒体类型 | media type
        encoding | text | 编码 | character encoding that was used
        rendered | boolean | 浏览器渲染 | read from the page as a browser drew it; then sha256 is that of the drawn page
        parser | text | 解析器版本 | version of the parser
        """
    ),
)

CELLS = Table(
    "cells",
    "Long form: one row a cell of a statutory form",
    ("report_id", "key"),
    ("report_id",),
    _columns(
        f"""
        {_ID}
        seq | integer | 序 | position in the report, from 1
        key | text | 单元格键 | table.row.column; see the entries of this codebook for cells
        value | number | 数值 | the number printed; empty unless kind is number
        kind | text | 类别 | number, blank, dash, text, missing, lost or ambiguous
        raw | text | 原文 | what is printed in the cell
        unit | text | 单位 | unit on the form or on the page
        derived | number | 推算值 | value of an empty cell that the form's sums prove
        note | text | 附注 | words beside the number in the cell
        at | text | 位置 | where in the source it stands
        decision | text | 审核结论 | what a reviewer decided about the cell: confirmed, corrected or doubted
        reviewed | number | 审核值 | the value that a reviewer puts beside the printed one
        """
    ),
)

SECTIONS = Table(
    "sections",
    "The chapters of the reports and their prose",
    ("report_id", "seq"),
    ("report_id",),
    _columns(
        f"""
        {_ID}
        seq | integer | 序 | position in the report, from 1
        key | text | 章节键 | overview, disclosure, requests, proceedings, problems, other, fees, complaints or annex
        heading | text | 标题 | heading as printed
        text | text | 正文 | prose, without table text; paragraphs parted by line ends
        """
    ),
)

FINDINGS = Table(
    "findings",
    "What does not add up, or what a reader of the figures must know",
    ("report_id", "seq"),
    ("report_id", "other_report_id"),
    _columns(
        f"""
        {_ID}
        seq | integer | 序 | position in the report, from 1; findings over several reports come last
        check_id | text | 检查项 | the check, for example requests.balance; panel.* compare several reports
        level | text | 程度 | error, warning or notice
        keys | text | 相关键 | keys of the cells concerned, parted by spaces
        message | text | 说明 | in words
        expected | text | 应为 | what it should have been
        found | text | 实为 | what stands there
        other_report_id | text | 另一报告 | the report it was compared with
        decision | text | 审核结论 | what a reviewer decided about it: upheld or dismissed
        """
    ),
)

DECISIONS = Table(
    "decisions",
    "What reviewers decided, with reason, date and name",
    ("line",),
    (),
    _columns(
        """
        line | integer | 行号 | line of decisions.csv
        report_id | text | 报告标识 | the report
        url | text | 网址 | its address
        digest | text | 摘要 | digest of what the reviewer saw
        key | text | 单元格键 | the cell, if it is about one
        check_id | text | 检查项 | the check, if it is about a finding
        decision | text | 结论 | the decision
        value | number | 审核值 | the value of a correction
        printed | text | 原文 | what the reviewer saw printed
        reason | text | 理由 | why
        date | text | 日期 | when
        reviewer | text | 审核人 | who
        state | text | 状态 | applied, stale (the report changed since) or unmatched
        note | text | 备注 | why it was not applied
        """
    ),
)

WIDE = Table(
    "wide",
    "Wide form: one row a report with the agreed variables, comparable across the forms as the codebook says",
    ("report_id",),
    ("report_id",),
    (
        *(c for c in REPORTS.columns if c.name in {
            "report_id", "organ_key", "organ", "year", "chosen", "copies", "scope", "level", "place", "province", "prefecture",
            "county", "division_name", "form", "form_expected", "verdict", "decision", "published", "url", "official", "portal",
            "text_length", "cells_number", "cells_blank", "cells_unread", "errors", "warnings",
        }),
        *(Column(v.name, "number", v.zh, v.en) for v in load_variables()),
        Column("corrections", "text", "审核更正", "cells that a reviewer corrected, as key=value, parted by semicolons"),
    ),
)  # fmt: skip

ADDRESSES = Table(
    "addresses",
    "Where each report stands: the address it was read from, and the others that show the same",
    ("report_id", "seq"),
    ("report_id",),
    _columns(
        f"""
        {_ID}
        seq | integer | 序 | 1 for the address that it was read from, then the others
        url | text | 网址 | the address
        sha256 | text | 摘要 | SHA-256 of the bytes there
        fetched | text | 抓取时间 | time of the visit, UTC
        snapshot | text | 快照 | file of the snapshot in the data home
        """
    ),
)

TABLES = (REPORTS, CELLS, SECTIONS, FINDINGS, WIDE, ADDRESSES, DECISIONS)
