"""What every demo portal needs, whatever its CMS: pages in a template, lists, and the chrome around an article."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from functools import cache
from html import escape
from pathlib import Path
from string import Template

from crawler.demo.documents import Document
from crawler.demo.server import Resource, Site

_TEMPLATES = Path(__file__).parent / "templates"

#: Name and path of each step, from the front page down.
Crumbs = Sequence[tuple[str, str]]


@cache
def load_template(name: str) -> Template:
    """A page template of `crawler/demo/templates`, by its name without suffix."""
    return Template((_TEMPLATES / f"{name}.html").read_text(encoding="utf-8"))


class Builder:
    """Fills one `Site` page by page in its own template, charset and headers."""

    def __init__(
        self, site: Site, template: str, place: str, siteid: str, *,
        charset: str = "utf-8", media_type: str = "text/html", dated: bool = False, nav_item: str = "{}",
    ) -> None:  # fmt: skip
        self.site, self.place, self.siteid = site, place, siteid
        self.charset, self.media_type, self.dated = charset, media_type, dated
        self.nav: list[tuple[str, str]] = []
        self._nav_item = nav_item
        self._template = load_template(template)
        self.fields: dict[str, str] = {}
        # Not a date of the crawl: the bytes and headers must be the same in every run.
        self._day = date(2026, 4, 1)

    def render(self, title: str, main: str, crumbs: Crumbs = (), meta: str = "") -> bytes:
        """A whole page in the portal's charset."""
        nav = "".join(self._nav_item.format(f'<a href="{path}">{name}</a>') for name, path in self.nav)
        trail = " &gt; ".join(f'<a href="{path}">{escape(name)}</a>' for name, path in (("首页", "/"), *crumbs))
        return self._template.substitute(
            self.fields, title=escape(title), main=main, crumbs=trail, meta=meta, nav=nav, place=self.place, siteid=self.siteid
        ).encode(self.charset)  # fmt: skip

    def put(
        self,
        path: str,
        title: str,
        main: str,
        crumbs: Crumbs = (),
        *,
        meta: str = "",
        changed: date | None = None,
        status: int = 200,
    ) -> None:
        """Put a page of the portal at a path. `changed` is its Last-Modified where the portal sends one."""
        modified = datetime.combine(changed or self._day, time(1, 30), UTC) if self.dated else None
        self.put_bytes(path, self.render(title, main, crumbs, meta), self.media_type, modified, status)

    def put_bytes(
        self, path: str, body: bytes, media_type: str, modified: datetime | None = None, status: int = 200
    ) -> None:
        """Put any bytes at a path; two things at one path are a mistake in the portal's plan."""
        if path in self.site.pages:
            raise ValueError(f"demo portal {self.site.id}: {path} is there already")
        self.site.pages[path] = Resource(body, media_type, status, modified)

    def put_script(self, path: str, text: str) -> None:
        """Put a script that draws, in a browser, what the pages themselves leave out."""
        self.put_bytes(path, text.encode(), "application/javascript; charset=utf-8")

    def set_missing(self, message: str = "您访问的页面不存在或已被删除") -> None:
        """The page for paths that are not there, with status 404."""
        body = self.render(
            "404 页面不存在", f'<div class="error"><h2>404</h2><p>{message}，<a href="/">返回首页</a></p></div>'
        )
        self.site.missing = Resource(body, self.media_type, 404)


def meta_tags(document: Document, column: str, quote: str = '"', pubdate: bool = True) -> str:
    """The `<meta>` block that the article templates of the big systems share."""
    tags = {"ColumnName": column, "ArticleTitle": document.title.replace("\n", ""), "ContentSource": document.source}
    if pubdate:
        tags["PubDate"] = f"{document.published} 09:1{document.published.day % 10}"
    return "".join(
        f"<meta name={quote}{name}{quote} content={quote}{escape(value)}{quote} />" for name, value in tags.items()
    )


def box_fields(document: Document, serial: int, prefix: str) -> list[tuple[str, str]]:
    """The metadata box (索引号 …) of a document; the number's year is the year it was entered in."""
    number = f"{prefix}/{document.published.year}-{serial % 100000:05d}"
    return [
        ("索引号", number), ("主题分类", "综合政务 / 政务公开"), ("发布机构", document.source),
        ("发布日期", str(document.published)), ("文号", ""), ("时效性", "有效"),
    ]  # fmt: skip


def neighbours(documents: Sequence[Document], index: int, paths: Sequence[str]) -> str:
    """上一篇 / 下一篇 below an article."""
    lines = []
    for name, other in (("上一篇", index - 1), ("下一篇", index + 1)):
        if 0 <= other < len(documents):
            lines.append(f'{name}：<a href="{paths[other]}">{escape(documents[other].title)}</a>')
        else:
            lines.append(f"{name}：没有了")
    return '<div class="prevnext">' + "<br />".join(lines) + "</div>"


def chunks(documents: Sequence[Document], size: int) -> list[Sequence[Document]]:
    """Cut a column into list pages; an empty column still has one."""
    return [documents[start : start + size] for start in range(0, len(documents), size)] or [()]


def shorten(title: str, length: int = 16) -> str:
    """The words of a link on portals that cut them.

    >>> shorten("明湖区2023年政府信息公开工作年度报告", 8)
    '明湖区2023年...'
    """
    return title if len(title) <= length else title[:length] + "..."


def link_list(links: Iterable[tuple[str, str]], attributes: str = "") -> str:
    """A plain list of links, name and path."""
    return (
        f"<ul{attributes}>" + "".join(f'<li><a href="{path}">{escape(name)}</a></li>' for name, path in links) + "</ul>"
    )
