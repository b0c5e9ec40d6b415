"""安澜县: 博达 VSB. List pages numbered backwards, GBK bytes that call themselves gb2312, ETag and Last-Modified.

With N list pages the first is `slug.htm`, the second `slug/<N-1>.htm` and the last `slug/1.htm`.
A column that holds a single article shows the article in its place: the town's column is its report.
The HTTP header names no charset, and the organ's head has a name that GB2312 lacks.
"""

from __future__ import annotations

from html import escape
from posixpath import relpath

from crawler.demo.building import Builder, Crumbs, box_fields, chunks, link_list, meta_tags, neighbours
from crawler.demo.documents import Column, Document, write_others, write_reports
from crawler.demo.prose import Organ
from crawler.demo.server import Site

_PLACE = "安澜县"
_ROWS = 5
_SCRIPTS = {
    "/system/resource/js/gotopage.js": "function _simple_list_gotopage_fun(count, id, kind) {}\n",
    "/system/resource/js/counter.js": "function _showDynClicks(type, owner, id) { document.write(id % 900 + 12); }\n",
}


def build_vsb() -> tuple[Site, list[Document]]:
    """The portal, and all its documents with the paths they got."""
    site = Site("demo-vsb", f"{_PLACE}人民政府", server="*")
    return _Portal(Builder(site, "vsb", _PLACE, "9901030003", charset="gbk", dated=True)).build()


class _Portal:
    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.serial = 2300
        self.tree = 1040
        self.documents: list[Document] = []

    def build(self) -> tuple[Site, list[Document]]:
        builder = self.builder
        for path, text in _SCRIPTS.items():
            builder.put_script(path, text)
        builder.nav = [("走进安澜", "/zjal.htm"), ("政务动态", "/zwdt.htm"), ("信息公开", "/xxgk.htm")]
        others = write_others(
            _PLACE,
            ("水库除险加固", "渔业养殖", "乡村医生", "高标准农田", "道路客运", "燃气安全"),
            ("双槐镇", "河东新区", "安澜湖"),
        )
        government = Organ(
            f"{_PLACE}人民政府", "government", ("重点工程", "土地征收", "社会救助", "安全生产"), "bureau", _PLACE
        )
        water = Organ(
            f"{_PLACE}水利局", "bureau", ("取水许可", "河道采砂", "农村饮水", "水土保持"), "few", _PLACE, "0990-8300410"
        )
        labour = Organ(
            f"{_PLACE}人力资源和社会保障局",
            "bureau",
            ("社保缴费", "欠薪治理", "职称评审", "技能培训"),
            "bureau",
            _PLACE,
            "0990-8300422",
        )
        town = Organ(
            f"{_PLACE}双槐镇人民政府", "town", ("小型水库巡查", "粮食直补", "村务公开"), "few", _PLACE, "0990-8300701"
        )
        county = write_reports(
            government,
            [(2008, "2008", "plain"), (2009, "2008", "br"), (2010, "2008", "layout"), (2012, "2008", "word"), (2013, "2008", "th"),
             (2014, "2014", "plain"), (2015, "2014", "word"), (2016, "2014-", "broken"), (2018, "2014-", "th"),
             (2019, "2019", "layout"), (2020, "2019", "cut"), (2021, "2021", "plain"), (2023, "2021", "merged")],
        )  # fmt: skip
        bureaus = [
            *write_reports(water, [(2020, "2019", "br"), (2022, "2021", "plain+image"), (2023, "2021", "word")]),
            *write_reports(labour, [(2019, "2019", "notes"), (2021, "2021", "wide"), (2022, "2021", "layout")]),
        ]
        (shuanghuai,) = write_reports(town, [(2022, "2021", "plain")])
        for column in others:
            self.column(column, f"/{column.slug}", [(column.name, f"/{column.slug}.htm")])
        trail: Crumbs = [("信息公开", "/xxgk.htm"), ("政府信息公开年报", "/xxgk/zfxxgknb.htm")]
        self.column(
            Column("xzf", "县政府", county), "/xxgk/zfxxgknb/xzf", [*trail, ("县政府", "/xxgk/zfxxgknb/xzf.htm")]
        )
        self.column(
            Column("bm", "县直部门", bureaus), "/xxgk/zfxxgknb/bm", [*trail, ("县直部门", "/xxgk/zfxxgknb/bm.htm")]
        )
        self.documents.append(shuanghuai)
        place = "/xxgk/zfxxgknb/xz/shz.htm"
        self._article(shuanghuai, place, "双槐镇", [*trail, ("双槐镇", place)], "")
        builder.put(
            trail[1][1],
            "政府信息公开年报",
            link_list(
                [("县政府", "zfxxgknb/xzf.htm"), ("县直部门", "zfxxgknb/bm.htm"), ("双槐镇", "zfxxgknb/xz/shz.htm")],
                ' class="list"',
            ),
            trail,
        )
        builder.put(
            "/xxgk.htm",
            "信息公开",
            link_list(
                [
                    ("信息公开指南", "zjal.htm"),
                    ("政府信息公开年报", "xxgk/zfxxgknb.htm"),
                    *[(c.name, f"{c.slug}.htm") for c in others],
                ]
            ),
            trail[:1],
        )
        builder.put(
            "/zjal.htm", "走进安澜", "<p>　　安澜县为演示用虚构县。县长：陶喆。</p>", [("走进安澜", "/zjal.htm")]
        )
        index = "".join(
            f'<p><b><a href="{c.slug}.htm">{c.name}</a></b></p>'
            + link_list([(d.title, d.urls[0].lstrip("/")) for d in c.documents[:4]], ' class="list"')
            for c in others
        )
        builder.put("/index.htm", "网站首页", index)
        builder.site.pages["/"] = builder.site.pages["/index.htm"]
        builder.site.traps["/xxgk/zfxxgknb/xzf.htm"] = "list"
        builder.set_missing()
        return builder.site, self.documents

    def column(self, column: Column, stem: str, crumbs: Crumbs) -> None:
        """Put a column at `<stem>.htm` and, backwards, in the folder `<stem>/`."""
        self.tree += 7
        paths = []
        for _ in column.documents:
            self.serial += 3
            paths.append(f"/info/{self.tree}/{self.serial}.htm")
        for index, (document, path) in enumerate(zip(column.documents, paths, strict=True)):
            around = neighbours(column.documents, index, [name.rsplit("/", 1)[1] for name in paths])
            self._article(document, path, column.name, crumbs, around)
        self.documents += column.documents
        where = {id(document): path for document, path in zip(column.documents, paths, strict=True)}
        pages = chunks(column.documents, _ROWS)
        files = [f"{stem}.htm", *(f"{stem}/{number}.htm" for number in range(len(pages) - 1, 0, -1))]
        for number, (page, here) in enumerate(zip(pages, files, strict=True)):
            folder = here.rsplit("/", 1)[0] or "/"
            rows = "".join(
                f'<li id="line_u8_{row}"><span>{d.published:%Y-%m-%d}</span><a href="{relpath(where[id(d)], folder)}" title="{escape(d.title)}" target="_blank">{escape(d.title)}</a></li>\n'
                for row, d in enumerate(page)
            )
            self.builder.put(
                here,
                column.name,
                f'<ul class="list">{rows}</ul>{_pager(files, number, folder, len(column.documents))}',
                crumbs,
            )

    def _article(self, document: Document, path: str, column: str, crumbs: Crumbs, around: str) -> None:
        owner = self.serial
        box = box_fields(document, self.serial, "MB1990103")
        rows = "".join(
            f"<tr><td>{a[0][0]} {a[0][1:]}：</td><td>{a[1]}</td><td>{b[0]}：</td><td>{b[1]}</td></tr>"
            for a, b in zip(box[::2], box[1::2], strict=True)
        )
        extras = []
        for number, attachment in enumerate(document.attachments):
            place = f"/__local/7/C4/{owner:02X}/{attachment.name}"
            self.builder.put_bytes(place, attachment.body, attachment.media_type)
            document.attached_urls.append(place)
            extras.append(
                f'<p class="vsbcontent_img" align="center"><img src="{place}" width="620" alt="{number + 1}"></p>'
            )
        main = f"""<form name="_newscontent_fromname"><table class="winstyle" width="100%"><tr><td class="titlestyle">{escape(document.title)}</td></tr>
<tr><td class="timestyle">{document.published:%Y年%m月%d日} 来源：{document.source} 点击：[<script>_showDynClicks("wbnews", 1290034871, {owner})</script>]</td></tr>
<tr><td>{"" if document.bare else f'<table width="90%" align="center" border="1" cellspacing="0">{rows}</table>'}</td></tr>
<tr><td class="contentstyle"><div id="vsb_content_2"><div class="v_news_content">
{document.html}{"".join(extras)}
</div></div></td></tr><tr><td>{around}</td></tr>
<tr><td align="right">【<a href="javascript:window.opener=null;window.close();">关闭窗口</a>】 扫一扫在手机打开当前页面</td></tr></table></form>"""
        self.builder.put(
            path,
            document.title,
            main,
            crumbs,
            meta=meta_tags(document, column, pubdate=False),
            changed=document.published,
        )
        document.urls.append(path)


def _pager(files: list[str], number: int, folder: str, count: int) -> str:
    """首页 上页 下页 尾页, with addresses relative to the page they stand on."""
    parts = [f'<span class="p_t">共{count}条</span> <span class="p_t">{number + 1}/{len(files)}</span>']
    for name, style, target in (
        ("首页", "first", 0),
        ("上页", "prev", number - 1),
        ("下页", "next", number + 1),
        ("尾页", "last", len(files) - 1),
    ):
        if 0 <= target < len(files) and target != number:
            parts.append(f'<span class="p_{style} p_fun"><a href="{relpath(files[target], folder)}">{name}</a></span>')
        else:
            parts.append(f'<span class="p_{style}_d p_fun_d">{name}</span>')
    return f'<div class="pb_sys_common pb_sys_normal">{" ".join(parts)}<script language="javascript">_simple_list_gotopage_fun({len(files)},\'u8_goto\',2)</script></div>'
