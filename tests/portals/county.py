"""A county laid out in one content system: front page, disclosure pages, the column of annual reports, and the rest.

Layouts: `flat` one column of everything · `kinds` 本级, 部门, 乡镇街道 below the column · `years` a folder a year ·
`organs` every organ has pages and a column of its own · `outside` no column: reports stand among the notices ·
`attached` the rows of the column are files.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from .content import (
    BUREAUS,
    DECOY_COLUMNS,
    PLACE,
    TOWNS,
    YEARS,
    Document,
    anchor,
    write_decoys,
    write_news,
    write_report,
)
from .serving import Site

if TYPE_CHECKING:
    from .styles import Style

HOST = "http://www.qingxi.gov.cn"
LAYOUTS = ("flat", "kinds", "years", "organs", "outside", "attached")
NEWS_COLUMNS = ("政务要闻", "部门动态", "乡镇动态", "图片新闻", "招商引资", "民生实事", "旅游资讯", "教育在线")


@dataclass
class County:
    """A composed portal and the truth about it: `expected` maps each report's target to (organ, year)."""

    name: str
    site: Site
    expected: dict[str, tuple[str, int]] = field(default_factory=dict)
    twins: dict[str, list[str]] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    disallowed: tuple[str, ...] = ()
    cut: int = 0


class Plan:
    """Fills a county page by page. A `Style` calls it to draw lists and articles."""

    def __init__(self, style: Style, name: str, cut: int = 0, years: range = YEARS) -> None:
        self.years = years
        self.style = style
        self.county = County(name, Site(), cut=cut)
        self.serial = 4_210_000
        self.nav: list[tuple[str, str]] = []

    def page(self, title: str, main: str, marks: str = "") -> str:
        """A whole page in the portal's dress."""
        nav = "".join(f"<li>{anchor(url, words)}</li>" for words, url in self.nav)
        return (
            f'<html><head><meta charset="utf-8"><title>{title}-{PLACE}人民政府</title>{self.style.head}</head><body>'
            f'<div class="header"><ul class="nav menu">{nav}</ul></div><div class="main">{main}</div>{marks}'
            '<div class="footer"><a href="/wzdt.html">网站地图</a><a href="/lxwm.html">联系我们</a>'
            "<p>主办：青溪县人民政府办公室 网站标识码：5101990001</p></div></body></html>"
        )

    def put(self, target: str, title: str, main: str, marks: str = "") -> None:
        self.county.site.put(target, self.page(title, main, marks))

    def article(self, key: str, document: Document) -> str:
        """Put an article in a column and return its address."""
        self.serial += 37
        target = self.style.article(key, document, self.serial)
        self.put(target, document.title, self.style.container.format(document.body))
        if document.year is not None:
            self.county.expected[target] = document.organ, document.year
        return target

    def column(self, key: str, title: str, documents: list[Document], extra: str = "") -> str:
        """Put articles and the list of them; return the list's address."""
        documents = sorted(documents, key=lambda document: document.day, reverse=True)
        entries = [(self.article(key, document), document.title, document.day) for document in documents]
        return self.style.put_list(self, key, title, entries, extra)


def build(style: Style, layout: str = "flat", *, irrelevant: int = 300, cut: int = 0, seed: int = 1, years: range = YEARS) -> County:
    """Compose a county. `irrelevant` is the number of articles that have nothing to do with it, `cut` the characters of a link."""
    plan = Plan(style, f"{style.name}/{layout}", cut, years)
    hub = style.page_address("zwgk")
    plan.nav = [("首页", "/"), ("新闻中心", style.page_address("xwzx")), ("政务公开", hub), ("办事服务", style.page_address("bsfw"))]
    news = [
        (name, plan.column(f"xw{number}", name, list(write_news(seed + number, irrelevant // len(NEWS_COLUMNS)))))
        for number, name in enumerate(NEWS_COLUMNS)
    ]
    decoys = [(name, plan.column(f"dc{number}", name, write_decoys(name))) for number, name in enumerate(DECOY_COLUMNS)]
    way = style.lay_out(plan, layout)
    listing = "".join(f"<li>{anchor(url, words)}</li>" for words, url in (*decoys, *way))
    plan.put(hub, "政务公开", f"<ul>{listing}</ul>")
    shown = "".join(f"<li>{anchor(url, words)}</li>" for words, url in news)
    plan.put(style.page_address("xwzx"), "新闻中心", f"<ul>{shown}</ul>")
    plan.put(style.page_address("bsfw"), "办事服务", "<ul><li>在线办理</li></ul>")
    if "/" not in plan.county.site.pages:
        plan.put("/", "首页", f"<ul>{shown}</ul><h3>{anchor(hub, '政务公开')}</h3>")
    return plan.county


def reports_of(organs: tuple[str, ...], years: range = YEARS) -> list[Document]:
    return [write_report(organ, year) for organ in organs for year in years]


def lay_out(plan: Plan, layout: str) -> list[tuple[str, str]]:
    """Put the annual reports; return what the disclosure page links to for them, (words, address)."""
    government, everyone = (PLACE,), (PLACE, *BUREAUS, *TOWNS)
    if layout == "flat":
        column = plan.column("zfxxgknb", "政府信息公开年报", reports_of(everyone, plan.years))
        plan.county.columns = (column,)
        return [("政府信息公开年报", column)]
    if layout == "kinds":
        parts = (("本级政府", "bj", government), ("部门", "bm", BUREAUS), ("乡镇街道", "xz", TOWNS))
        inner = [(name, plan.column(f"nb{key}", name, reports_of(organs, plan.years))) for name, key, organs in parts]
    elif layout == "years":
        inner = [
            (f"{year}年", plan.column(f"nb{year}", f"{year}年", reports_of(everyone, range(year, year + 1))))
            for year in reversed(plan.years)
        ]
    elif layout == "organs":
        return _organs(plan, everyone)
    elif layout == "attached":
        return [("政府信息公开年度报告", _attached(plan, everyone))]
    else:
        return [("公告公示", _among_notices(plan, everyone[:4]))]
    column = plan.style.page_address("nb")
    plan.put(column, "政府信息公开年报", "<ul>" + "".join(f"<li>{anchor(url, words)}</li>" for words, url in inner) + "</ul>")
    plan.county.columns = (column,)
    return [("政府信息公开年报", column)]


def _organs(plan: Plan, organs: tuple[str, ...]) -> list[tuple[str, str]]:
    """部门 and 乡镇 lead to the organs' pages, and each of these to the organ's own column."""
    own: dict[str, str] = {}
    for number, organ in enumerate(organs):
        column = plan.column(f"o{number}nb", "信息公开年报", reports_of((organ,), plan.years))
        guide = plan.column(f"o{number}dt", "工作动态", list(write_news(number, 12)))
        own[organ] = plan.style.page_address(f"o{number}")
        items = (("信息公开指南", plan.style.page_address("zn")), ("信息公开年报", column), ("工作动态", guide))
        plan.put(own[organ], organ, "<ul>" + "".join(f"<li>{anchor(url, words)}</li>" for words, url in items) + "</ul>")
    found = []
    for words, members in (("部门信息公开", (PLACE, *BUREAUS)), ("乡镇街道信息公开", TOWNS)):
        target = plan.style.page_address("bm" if "部门" in words else "xz")
        links = "".join(f"<li>{anchor(own[o], '县政府办公室' if o == PLACE else o)}</li>" for o in members)
        plan.put(target, words, f"<ul>{links}</ul>")
        found.append((words, target))
    return found


def _attached(plan: Plan, organs: tuple[str, ...]) -> str:
    """A column whose rows are files, some of them without a suffix that tells."""
    entries = []
    for number, document in enumerate(reports_of(organs, plan.years)):
        suffix, head = ((".pdf", b"%PDF-1.4 "), (".doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), (".docx", b"PK\x03\x04"))[number % 3]
        target = f"/files/{document.day:%Y%m}/P0{document.day:%Y%m%d}{number:06d}{suffix}"
        plan.county.site.put(target, head + document.title.encode(), "application/octet-stream")
        assert document.year is not None
        plan.county.expected[target] = document.organ, document.year
        entries.append((target, document.title, document.day))
    column = plan.style.put_list(plan, "zfxxgknb", "政府信息公开年度报告", entries, "")
    plan.county.columns = (column,)
    return column


def _among_notices(plan: Plan, organs: tuple[str, ...]) -> str:
    notices = [*write_news(77, 20), *reports_of(organs, range(2022, 2025))]
    return plan.column("gggs", "公告公示", [Document(d.title, date(2024, 1, n % 28 + 1), d.organ, d.year, d.body) for n, d in enumerate(notices)])
