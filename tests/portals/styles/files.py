"""Systems whose lists are files beside one another."""

from __future__ import annotations

from ..content import Document
from .drawing import Style, hexes, uuid


def column_number(key: str) -> int:
    return 1_000_000 + int(hexes(key, 5), 16)


class Trs(Style):
    name = "trs"
    ext = "html"
    container = '<div class="TRS_Editor"><div class="trs_editor_view TRS_UEDITOR">{}</div></div>'

    def page_address(self, key: str) -> str:
        return f"/{key}/"

    def list_address(self, key: str, number: int, total: int) -> str:
        return f"/zwgk/{key}_{column_number(key)}/" + (f"index_{number}.{self.ext}" if number else "")

    def article(self, key: str, document: Document, serial: int) -> str:
        day = document.day
        return f"/zwgk/{key}_{column_number(key)}/{day:%Y%m}/t{day:%Y%m%d}_{serial}.{self.ext}"

    def pager(self, key: str, number: int, total: int) -> str:
        return f'<script>createPageHTML({total}, {number}, "index", "{self.ext}");</script>'


class TrsOne(Trs):
    """Counts its pages from 1 in the call and its files from 0."""

    name = "trs_one"
    ext = "shtml"

    def pager(self, key: str, number: int, total: int) -> str:
        return f"<div id='page'></div><script>createPageHTML({total}, {number + 1}, 'index', 'shtml')</script>"


class TrsNamed(Trs):
    """Seven arguments, an element first, variables for the numbers."""

    name = "trs_named"

    def pager(self, key: str, number: int, total: int) -> str:
        return (
            f"<script>var pageCount = {total}; var nowPage={number};\n"
            "createPageHTML('page_div', pageCount, nowPage, 'index', 'html', 15, 999);</script>"
        )


class TrsDateless(Trs):
    name = "trs_dateless"
    ext = "shtml"

    def article(self, key: str, document: Document, serial: int) -> str:
        return f"/zwgk/{key}_{column_number(key)}/t{serial}.shtml"


class Countpage(Trs):
    name = "count_page"

    def pager(self, key: str, number: int, total: int) -> str:
        return f"<script>var currentPage = {number}; var countPage = {total}; var prevPage = currentPage - 1;</script>"


class Ucap(Style):
    name = "ucap"
    container = '<UCAPCONTENT><div id="UCAP-CONTENT">{}</div></UCAPCONTENT>'

    def column(self, key: str) -> str:
        return f"/qxxzf/c{column_number(key)}"

    def list_address(self, key: str, number: int, total: int) -> str:
        return f"{self.column(key)}/list{f'_{number + 1}' if number else ''}.shtml"

    def article(self, key: str, document: Document, serial: int) -> str:
        return f"{self.column(key)}/{document.day:%Y%m}/{hexes(serial)}.shtml"

    def pager(self, key: str, number: int, total: int) -> str:
        return f"<div id='page_div'></div><script>createPageHTML('page_div',{total},{number + 1},'list','shtml',{total * 15});</script>"


class Vsb(Style):
    name = "vsb"
    head = '<script src="/system/resource/js/vsbscreen.min.js"></script>'
    container = '<div id="vsb_content"><div class="v_news_content">{}</div></div>'

    def page_address(self, key: str) -> str:
        return f"/{key}.htm"

    def list_address(self, key: str, number: int, total: int) -> str:
        return f"/zwgk/{key}/{total - number}.htm" if number else f"/zwgk/{key}.htm"

    def article(self, key: str, document: Document, serial: int) -> str:
        return f"/info/{column_number(key) % 900_001}/{serial}.htm"

    def pager(self, key: str, number: int, total: int) -> str:
        following = ""
        if number + 1 < total:
            base = "" if number else f"{key}/"
            following = f'<span class="p_next p_fun"><a href="{base}{total - number - 1}.htm">下页</a></span>'
        return f"<script>_simple_list_gotopage_fun({total},'u10_goto',2)</script>{following}"


class VsbJsp(Vsb):
    """Lists by program: list.jsp?urltype=tree.TreeTempUrl&wbtreeid=…&PAGENUM=…"""

    name = "vsb_jsp"

    def list_address(self, key: str, number: int, total: int) -> str:
        # The order of parameters is that of a crawler's canonical address.
        turned = f"PAGENUM={number + 1}&totalpage={total}&" if number else ""
        return f"/list.jsp?{turned}urltype=tree.TreeTempUrl&wbtreeid={column_number(key) % 900_001}"

    def pager(self, key: str, number: int, total: int) -> str:
        if number + 1 >= total:
            return ""
        return f'<a href="{self.list_address(key, number + 1, total).replace("&", "&amp;")}">下页</a>共{total}页'


class Nfcms(Style):
    name = "nfcms"
    container = '<div class="news_cont_d_wrap">{}</div>'

    def list_address(self, key: str, number: int, total: int) -> str:
        return f"/zwgk/{key}/index{f'_{number + 1}' if number else ''}.html"

    def article(self, key: str, document: Document, serial: int) -> str:
        return f"/zwgk/{key}/content/post_{serial}.html"

    def pager(self, key: str, number: int, total: int) -> str:
        if number + 1 >= total:
            return ""
        return f'<a class="next" href="{self.list_address(key, number + 1, total)}">下一页</a>'


class Hebei(Style):
    name = "hebei"

    def list_address(self, key: str, number: int, total: int) -> str:
        return f"/zfxxgk/columns/{uuid(key)}/index{f'_{number}' if number else ''}.html"

    def article(self, key: str, document: Document, serial: int) -> str:
        return f"/zfxxgk/columns/{uuid(key)}/{document.day:%Y%m/%d}/{uuid(serial)}.html"

    def pager(self, key: str, number: int, total: int) -> str:
        if number + 1 >= total:
            return ""
        return f'<a rel="next" href="{self.list_address(key, number + 1, total)}"><i></i></a>'


class Snowflake(Style):
    name = "snowflake"
    container = '<div class="pure-g">{}</div>'

    def list_address(self, key: str, number: int, total: int) -> str:
        return f"/zfxxgk/{key}/{number + 1}.html"

    def article(self, key: str, document: Document, serial: int) -> str:
        return f"/zfxxgk/{key}/qx/{document.day.year - 1}/17{serial:016d}.html"

    def pager(self, key: str, number: int, total: int) -> str:
        return f"<script>var maxPage = parseInt('{total}'); var page = parseInt('{number + 1}');</script>"


class Hunan(Style):
    name = "hunan"

    def list_address(self, key: str, number: int, total: int) -> str:
        return f"/c101/{key}/{'index' if not number else f'index_{number + 1}'}.htm"

    def article(self, key: str, document: Document, serial: int) -> str:
        return f"/c101/{key}/content_{serial}.html"

    def pager(self, key: str, number: int, total: int) -> str:
        return "".join(f'<a href="{self.list_address(key, k, total)}">{k + 1}</a> ' for k in range(min(total, number + 5)))


class Zhuzhou(Style):
    name = "zhuzhou"

    def list_address(self, key: str, number: int, total: int) -> str:
        return f"/c{column_number(key)}/index{f'_{number + 1}' if number else ''}.html"

    def article(self, key: str, document: Document, serial: int) -> str:
        return f"/c{column_number(key)}/{document.day:%Y%m%d}/i{serial}.html"

    def pager(self, key: str, number: int, total: int) -> str:
        if number + 1 >= total:
            return "尾页"
        return f'<a href="javascript:void(0)" onclick="location.href=\'{self.list_address(key, number + 1, total)}\'">下一页</a>'


class Henan(Style):
    name = "henan"

    def list_address(self, key: str, number: int, total: int) -> str:
        return f"/sitesources/qx/page_pc/zwgk/{key}/list{number + 1}.html"

    def article(self, key: str, document: Document, serial: int) -> str:
        return f"/sitesources/qx/page_pc/zwgk/{key}/article{hexes(serial).upper()}.html"

    def pager(self, key: str, number: int, total: int) -> str:
        return f'<div id="articleListTable"></div><span>第{number + 1}页/共{total}页</span>' + "".join(
            f'<a href="list{k + 1}.html">{k + 1}</a>' for k in range(total) if k != number
        )
