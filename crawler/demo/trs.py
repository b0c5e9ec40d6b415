"""清泉县: TRS WCM. Static list pages numbered by script, year sub-columns, `_wap` twins, Last-Modified and ETag.

The list pages carry no link to the next one: their number stands only in
`createPageHTML(pages, this, "index", "html")`. Page k lies at `index_<k-1>.html`.
"""

from __future__ import annotations

from html import escape

from crawler.demo.building import Builder, Crumbs, box_fields, chunks, link_list, meta_tags, neighbours
from crawler.demo.documents import Column, Document, write_blank_form, write_others, write_reports
from crawler.demo.prose import Organ
from crawler.demo.server import Site

_PLACE = "清泉县"
_ROWS = 6
_SCRIPT = """function createPageHTML(count, current, name, ext) {
  for (var i = 0; i < count; i++) {
    var file = name + (i ? "_" + i : "") + "." + ext;
    document.write(i === current ? " <b>" + (i + 1) + "</b>" : ' <a href="' + file + '">' + (i + 1) + "</a>");
  }
}
"""
_ROBOTS = b"User-agent: *\nDisallow: /search/\nDisallow: /login/\n"


def build_trs() -> tuple[Site, list[Document]]:
    """The portal, and all its documents with the paths they got."""
    site = Site("demo-trs", f"{_PLACE}人民政府", server="nginx/1.20.1")
    builder = Builder(site, "trs", _PLACE, "9901010001", dated=True)
    return _Portal(builder).build()


class _Portal:
    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.serial = 4_743_000
        self.documents: list[Document] = []

    def build(self) -> tuple[Site, list[Document]]:
        builder = self.builder
        builder.nav = [("走进清泉", "/zjqq/"), ("政务公开", "/zwgk/"), ("政务动态", "/zwdt/"), ("通知公告", "/tzgg/")]
        builder.put_bytes("/robots.txt", _ROBOTS, "text/plain")
        builder.put_script("/images/createPage.js", _SCRIPT)
        others = write_others(
            _PLACE,
            ("春耕备耕", "防汛备汛", "学前教育", "道路养护", "食品安全", "招商引资"),
            ("柳桥镇", "云盘乡", "开发区"),
        )
        government = write_reports(
            Organ(f"{_PLACE}人民政府", "government", ("重大项目", "惠民资金", "城市更新", "营商环境"), "county", _PLACE),
            [(2019, "2019", "unequal"), (2020, "2019", "merged"), (2021, "2021", "plain"), (2022, "2021", "word"),
             (2023, "2021", "grouped"), (2024, "2021", "notes"), (2025, "2021", "th")],
        )  # fmt: skip
        schools = write_reports(
            Organ(
                f"{_PLACE}教育局",
                "bureau",
                ("义务教育招生", "校外培训治理", "教师招聘", "学生资助"),
                "bureau",
                _PLACE,
                "0990-8100210",
            ),
            [(2019, "2019", "cut"), (2020, "2021", "plain"), (2021, "2021", "word-cut"), (2022, "2021", "broken")],
        )
        health = write_reports(
            Organ(
                f"{_PLACE}卫生健康局",
                "bureau",
                ("家庭医生签约", "医疗机构校验", "母婴保健", "职业病防治"),
                "bureau",
                _PLACE,
                "0990-8100233",
            ),
            [(2021, "2021", "split"), (2022, "2021", "blank"), (2023, "2021", "wide")],
        )
        liuqiao = write_reports(
            Organ(
                f"{_PLACE}柳桥镇人民政府",
                "town",
                ("人居环境整治", "耕地地力补贴", "低保审核"),
                "few",
                _PLACE,
                "0990-8100512",
            ),
            [(2020, "2019", "broken"), (2021, "2021", "no-organ"), (2022, "2019", "plain"), (2023, "2021", "no-year")],
        )
        yunpan = write_reports(
            Organ(
                f"{_PLACE}云盘乡人民政府", "town", ("茶园改造", "危房改造", "森林防火"), "few", _PLACE, "0990-8100517"
            ),
            [(2020, "2019", "split"), (2022, "2021", "word-merged"), (2023, "2021", "dash")],
        )
        front = [self.column(column, f"/{column.slug}/", [(column.name, f"/{column.slug}/")]) for column in others]
        annual: Crumbs = [("政务公开", "/zwgk/"), ("政府信息公开年报", "/zwgk/zfxxgknb/")]
        groups = [
            ("xzf", "县政府年报", government),
            ("bm", "县级部门年报", [*schools, *health]),
            ("xz", "乡镇年报", []),
        ]
        for slug, name, documents in groups[:2]:
            self.column(
                Column(slug, name, documents), f"/zwgk/zfxxgknb/{slug}/", [*annual, (name, f"/zwgk/zfxxgknb/{slug}/")]
            )
        self._town_years([*liuqiao, *yunpan], annual)
        # The bureau's own column holds the same reports once more, under other addresses.
        self.column(
            Column("jyj", "教育局年报", list(schools)), "/jyj/xxgk/nb/",
            [("教育局", "/jyj/"), ("信息公开年报", "/jyj/xxgk/nb/")], twins=True,
        )  # fmt: skip
        builder.put(
            "/jyj/",
            "县教育局",
            link_list([("机构职能", "/zjqq/"), ("信息公开年报", "/jyj/xxgk/nb/")]),
            [("教育局", "/jyj/")],
        )
        form = write_blank_form(_PLACE)
        self.column(
            Column("bgxz", "表格下载", [form]), "/zwgk/bgxz/", [("政务公开", "/zwgk/"), ("表格下载", "/zwgk/bgxz/")]
        )
        builder.put(
            "/zwgk/zfxxgknb/",
            "政府信息公开年报",
            link_list([(name, f"./{slug}/") for slug, name, _ in groups], ' class="overview_left"'),
            annual,
        )
        builder.put(
            "/zwgk/", "政务公开",
            link_list([("政府信息公开指南", "/zjqq/"), ("政府信息公开年报", "./zfxxgknb/"), ("表格下载", "./bgxz/"), ("部门信息公开", "/jyj/"),
                       *[(column.name, f"/{column.slug}/") for column in others]]),
            annual[:1],
        )  # fmt: skip
        builder.put("/zjqq/", "走进清泉", "<p>　　清泉县为演示用虚构县，辖一镇一乡。</p>", [("走进清泉", "/zjqq/")])
        latest = "".join(f"<h3>{column.name}</h3>{links}" for column, links in zip(others, front, strict=True))
        hot = '<p>热搜词：<a href="/search/?q=政府信息公开年报">政府信息公开年报</a> <a href="/search/?q=社保">社保</a></p>'
        builder.put("/", "首页", hot + latest)
        builder.site.traps |= {"/zwgk/zfxxgknb/xzf/": "list", "/zwgk/zfxxgknb/bm/": "list"}
        builder.set_missing()
        return builder.site, self.documents

    def _town_years(self, documents: list[Document], annual: Crumbs) -> None:
        """The towns' reports lie in a sub-column a year; the column itself is only a list of years."""
        crumbs = [*annual, ("乡镇年报", "/zwgk/zfxxgknb/xz/")]
        years: dict[int, list[Document]] = {}
        for document in documents:
            years.setdefault(document.published.year - 1, []).append(document)
        for year, made in years.items():
            path = f"/zwgk/zfxxgknb/xz/{year}n/"
            self.column(Column(f"{year}n", f"{year}年", made), path, [*crumbs, (f"{year}年", path)])
        self.builder.put(
            "/zwgk/zfxxgknb/xz/",
            "乡镇年报",
            link_list([(f"{year}年", f"./{year}n/") for year in sorted(years, reverse=True)]),
            crumbs,
        )

    def column(self, column: Column, path: str, crumbs: Crumbs, twins: bool = False) -> str:
        """Put a column's articles and list pages; returns the links to the newest for the front page."""
        documents, relative = column.documents, []
        for document in documents:
            self.serial += 17
            day = document.published
            relative.append(f"./{day:%Y%m}/t{day:%Y%m%d}_{self.serial}.html")
        for index, document in enumerate(documents):
            self._article(
                document,
                path + relative[index][2:],
                crumbs,
                neighbours(documents, index, ["." + name for name in relative]),
            )
        if not twins:
            self.documents += documents
        places = {id(document): name for document, name in zip(documents, relative, strict=True)}
        pages = chunks(documents, _ROWS)
        for number, page in enumerate(pages):
            rows = "".join(
                f'<li><a href="{places[id(d)]}" title="{escape(d.title)}" target="_blank">{escape(d.title)}</a><span>{d.published}</span></li>\n'
                for d in page
            )
            pager = f'<div class="page"><script type="text/javascript">createPageHTML({len(pages)}, {number}, "index", "html");</script></div>'
            main = f'<div class="overview_right"><h2>{column.name}</h2><ul>{rows}</ul>{pager}</div>'
            self.builder.put(f"{path}index_{number}.html" if number else path, column.name, main, crumbs)
        # The first page has two addresses; only the short one is linked.
        self.builder.site.pages[path + "index.html"] = self.builder.site.pages[path]
        return link_list([(d.title, path + places[id(d)][2:]) for d in documents[:4]] + [("更多>>", path)])

    def _article(self, document: Document, path: str, crumbs: Crumbs, around: str) -> None:
        title = escape(document.title)
        boxes = box_fields(document, self.serial, "000019901")
        box = "".join(
            f"<tr><td>{a[0]}：{a[1]}</td><td>{b[0]}：{b[1]}</td></tr>"
            for a, b in zip(boxes[::2], boxes[1::2], strict=True)
        )
        wap = path.replace(".html", "_wap.html")
        meta = meta_tags(document, crumbs[-1][0]) + f'<link rel="alternate" media="handheld" href="{wap}" />'
        main = f"""<div class="article-con">
{"" if document.bare else f'<table class="zwxl-table" width="100%">{box}</table>'}
<h1 class="xl_tit">{title}</h1>
<div class="info">发布时间：{document.published}　来源：{document.source}　浏览次数：<span id="cnt"></span>　【字体：<a>大</a> <a>中</a> <a>小</a>】　<a href="javascript:window.print()">打印</a>　<a href="{wap}">手机版</a></div>
<div class="view TRS_UEDITOR trs_paper_default trs_word"><div class="TRS_Editor">
{document.html}
</div></div>
<div class="ewm">扫一扫在手机打开当前页面</div><div class="bshare">分享到：<a>微信</a> <a>微博</a> <a>QQ空间</a></div>
<h4>相关附件</h4><h4>相关解读</h4>
{around}</div>"""
        self.builder.put(path, document.title, main, crumbs, meta=meta, changed=document.published)
        document.urls.append(path)
        if document.kind == "report":
            slim = f'<div class="m-article"><h2>{title}</h2><p>{document.published}</p><div class="TRS_Editor">{document.html}</div></div>'
            self.builder.put(
                wap, document.title, slim, crumbs, meta=meta_tags(document, crumbs[-1][0]), changed=document.published
            )
            document.urls.append(wap)
