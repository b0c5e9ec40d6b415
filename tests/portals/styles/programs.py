"""Systems whose pages are programs with questions in their addresses, and lists that a script draws from objects."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ..content import Document, rows
from ..serving import Asked, Served
from .drawing import Entry, Style, chunks, hexes
from .files import column_number

if TYPE_CHECKING:
    from ..county import Plan


class Zibo(Style):
    """channel_/doc_: the rows are objects in the page's script."""

    name = "zibo"

    def list_address(self, key: str, number: int, total: int) -> str:
        return f"/gongkai/site_qx/channel_{hexes(key, 24)}/" + (f"index_{number + 1}.html" if number else "")

    def article(self, key: str, document: Document, serial: int) -> str:
        return f"/gongkai/site_qx/channel_{hexes(key, 24)}/doc_{hexes(serial, 24)}.html"

    def put_list(self, plan: Plan, key: str, title: str, entries: list[Entry], extra: str) -> str:
        state = json.dumps({"list": [{"title": t, "url": url, "time": str(day)} for url, t, day in entries]}, ensure_ascii=False)
        main = f'<h2>{title}</h2>{extra}<div id="app"></div><script>window.__STATE__ = {state}</script>'
        plan.put(self.list_address(key, 0, 1), title, main)
        return self.list_address(key, 0, 1)


class PhpList(Style):
    name = "php_list"

    def list_address(self, key: str, number: int, total: int) -> str:
        return f"/xxgk-list-{key}{f'-{number + 1}' if number else ''}.html"

    def article(self, key: str, document: Document, serial: int) -> str:
        return f"/xxgk-show-{serial}.html"

    def pager(self, key: str, number: int, total: int) -> str:
        return "".join(
            f'<a href="{self.list_address(key, k, total)}">{k + 1}</a>' for k in range(total) if abs(k - number) < 4 and k != number
        )


class PhpAjax(PhpList):
    """The further pages come by POST /api-ajax_list-N.html with the question as a form."""

    name = "php_ajax"

    def put_list(self, plan: Plan, key: str, title: str, entries: list[Entry], extra: str) -> str:
        pages, catid = chunks(entries, self.rows), str(column_number(key))
        script = (
            f"<script>$.post('/api-ajax_list-'+page+'.html', {{ajax_type: ['12_news', '{catid}', '1', 'news', 'Y-m-d', '40', "
            f"'{self.rows}', 'inputtime DESC', ''], is_ds: 1}}, draw, 'json'); var total_page = {len(pages)};</script>"
        )
        main = f'<h2>{title}</h2>{extra}<ul id="ajax_list">{rows(pages[0])}</ul>{script}'
        plan.put(self.list_address(key, 0, len(pages)), title, main)
        known = plan.county.site.__dict__.setdefault("_php", {})
        known[catid] = pages
        for number in range(1, len(pages) + 1):
            plan.county.site.programs[f"/api-ajax_list-{number}.html"] = lambda asked, n=number: self._rows(known, asked, n)
        return self.list_address(key, 0, len(pages))

    def _rows(self, known: dict[str, list[list[Entry]]], asked: Asked, number: int) -> Served | None:
        values = [value for name, value in _pairs(asked) if name == "ajax_type[]"]
        if asked.method != "POST" or len(values) < 9 or ("is_ds", "1") not in _pairs(asked):
            return Served(b"[]", "application/json")
        pages = known.get(values[1], [[]])
        page = pages[number - 1] if number <= len(pages) else []
        data = [{"url": url, "title": title, "updatetime": str(day)} for url, title, day in page]
        answer = {"data": data, "total": sum(map(len, pages))}
        return Served(json.dumps(answer, ensure_ascii=False).encode(), "application/json; charset=utf-8")


def _pairs(asked: Asked) -> list[tuple[str, str]]:
    from urllib.parse import parse_qsl

    return parse_qsl(asked.body.decode("utf-8", "replace"), keep_blank_values=True)


class Jhtml(Style):
    """Zhengzhou: /?a=dir&h=1&p=D41X."""

    name = "jhtml"

    def code(self, key: str) -> str:
        return f"D{column_number(key) % 90_007}"

    def list_address(self, key: str, number: int, total: int) -> str:
        return f"/?a=dir&h=1&p={self.code(key)}" if not number else f"/?a=dir&h=1&p={self.code(key)}&page={number + 1}"

    def article(self, key: str, document: Document, serial: int) -> str:
        return f"/{self.code(key)}/{serial}.jhtml"

    def pager(self, key: str, number: int, total: int) -> str:
        return "".join(
            f'<a href="{self.list_address(key, k, total)}">{k + 1}</a>' for k in range(total) if k != number
        ).replace("&", "&amp;")


class Aspx(Style):
    """Xxgk.aspx?cid=&page=: the pager is a form; the page only says how many there are."""

    name = "aspx"

    def list_address(self, key: str, number: int, total: int) -> str:
        return f"/Xxgk.aspx?cid={column_number(key)}&page={number + 1}"

    def article(self, key: str, document: Document, serial: int) -> str:
        return f"/Item/{serial}.aspx"

    def pager(self, key: str, number: int, total: int) -> str:
        return f"<div>共<b>{total}</b>页 第{number + 1}页 <a href=\"javascript:__doPostBack('pager','')\">下一页</a></div>"


class Plain(Style):
    """A system nobody knows: index.php?s=news&c=show&id=."""

    name = "plain"

    def page_address(self, key: str) -> str:
        return f"/index.php?c=page&id={key}&s=news"

    def list_address(self, key: str, number: int, total: int) -> str:
        turned = f"&page={number + 1}" if number else ""
        return f"/index.php?c=category&id={column_number(key)}{turned}&s=news"

    def article(self, key: str, document: Document, serial: int) -> str:
        return f"/index.php?c=show&id={serial}&s=news"

    def pager(self, key: str, number: int, total: int) -> str:
        links = "".join(f'<a href="{self.list_address(key, k, total)}">{k + 1}</a>' for k in range(total) if k != number)
        return links.replace("&", "&amp;")
