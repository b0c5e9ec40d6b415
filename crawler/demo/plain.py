"""白鹭县: a home-made portal that no system describes. Nothing in its addresses says what lies there.

The reports are five steps from the front page, past an iframe shell and a page that only sends
on; links are cut short and the whole title stands in `title`. One list row leads to a page that
says, with status 200, that there is nothing. One old report is GBK under a header that says
ISO-8859-1, one exists only as a Word file.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from crawler.demo.building import Builder, Crumbs, chunks, link_list, neighbours, shorten
from crawler.demo.documents import Column, Document, write_others, write_reports
from crawler.demo.prose import Organ
from crawler.demo.server import Site

_PLACE = "白鹭县"
_ROWS = 3
_ROBOTS = b"User-agent: *\nDisallow: /admin/\nDisallow: /stat.php\n"
_SHELL = '<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"><title>法定主动公开内容</title></head><body>{}</body></html>'


def build_plain() -> tuple[Site, list[Document]]:
    """The portal, and all its documents with the paths they got."""
    site = Site("demo-plain", f"{_PLACE}政府网", server="Microsoft-IIS/8.5")
    return _Portal(Builder(site, "plain", _PLACE, "9901040004", media_type="text/html; charset=utf-8")).build()


class _Portal:
    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.serial = 310
        self.documents: list[Document] = []

    def build(self) -> tuple[Site, list[Document]]:
        builder = self.builder
        builder.put_bytes("/robots.txt", _ROBOTS, "text/plain")
        others = write_others(
            _PLACE,
            ("湿地保护", "稻虾共作", "殡葬改革", "农机补贴", "宅基地审批", "志愿服务"),
            ("芦湾镇", "白鹭洲", "工业园"),
        )
        builder.nav = [("新闻", "/list.php?c=1"), ("公告", "/list.php?c=2"), ("政务公开", "/open.html")]
        for number, column in enumerate(others, 1):
            self.column(column, f"/list.php?c={number}", [(column.name, f"/list.php?c={number}")])
        civil = Organ(
            f"{_PLACE}民政局",
            "bureau",
            ("城乡低保", "养老机构", "社会组织登记", "地名管理"),
            "few",
            _PLACE,
            "0990-8400110",
        )
        farms = Organ(
            f"{_PLACE}农业农村局",
            "bureau",
            ("农药经营", "动物防疫", "土地流转", "种子执法"),
            "bureau",
            _PLACE,
            "0990-8400125",
        )
        land = Organ(
            f"{_PLACE}自然资源局",
            "bureau",
            ("土地出让", "不动产登记", "矿权管理", "规划许可"),
            "county",
            _PLACE,
            "0990-8400166",
        )
        town = Organ(
            f"{_PLACE}芦湾镇人民政府", "town", ("防汛值守", "渔民转产", "养老认证"), "few", _PLACE, "0990-8400309"
        )
        groups = [
            ("民政局", write_reports(civil, [(2019, "2019", "pipes"), (2020, "2019", "loose"), (2021, "2021", "plain+attachment"), (2022, "2021", "no-year"), (2023, "2021", "pipes")])),
            ("农业农村局", write_reports(farms, [(2021, "2021", "br"), (2022, "2021", "layout"), (2023, "2021", "loose"), (2024, "2021", "word-cut")])),
            ("自然资源局", write_reports(land, [(2016, "2014", "th"), (2018, "2014-", "plain"), (2022, "2021", "notes"), (2024, "2021", "grouped")])),
            ("芦湾镇", write_reports(town, [(2010, "2008", "br"), (2020, "2019", "wide"), (2023, "2021", "no-organ")])),
        ]  # fmt: skip
        trail: Crumbs = [
            ("政务公开", "/open.html"),
            ("法定主动公开内容", "/n/21.html"),
            ("政府信息公开年报", "/n/24.html"),
        ]
        organs = []
        for number, (name, documents) in enumerate(groups, 11):
            path = f"/list.php?c=24&o={number}"
            organs.append((name, path))
            self.column(Column(str(number), name, documents), path, [*trail, (name, path)], lost=name == "自然资源局")
        builder.put(
            "/open.html",
            "政务公开",
            link_list(
                [("政府信息公开指南", "/n/20.html"), ("法定主动公开内容", "/n/21.html"), ("依申请公开", "/n/20.html")]
            ),
            trail[:1],
        )
        builder.put(
            "/n/20.html",
            "政府信息公开指南",
            "<p>　　申请人可以当面、信函或者网络提出申请，受理机构为县政务公开办。</p>",
            trail[:1],
        )
        # A shell: the content is another page in a frame, and that one has no way back.
        builder.put(
            "/n/21.html",
            "法定主动公开内容",
            '<iframe src="/n/frame21.html" width="100%" height="460" frameborder="0" scrolling="no"></iframe>',
            trail[:2],
        )
        topics = [
            ("机构职能", "/n/20.html"),
            *[(c.name, f"/list.php?c={n}") for n, c in enumerate(others, 1)],
            ("政府信息公开年报", "/n/23.html"),
        ]
        inner = _SHELL.format(link_list(topics).replace("<a ", '<a target="_parent" '))
        builder.put_bytes("/n/frame21.html", inner.encode(), builder.media_type)
        stub = '<html><head><meta http-equiv="refresh" content="0; url=/n/24.html"></head><body></body></html>'
        builder.put_bytes("/n/23.html", stub.encode(), builder.media_type)
        builder.put("/n/24.html", "政府信息公开年报", "<p>请选择单位</p>" + link_list(organs, ' class="li3"'), trail)
        gone = builder.render(
            "提示信息",
            '<div style="text-align:center;padding:60px">您访问的页面不存在或已被删除！<br><a href="/">返回首页</a></div>',
        )
        builder.put_bytes("/show.php?id=9", gone, builder.media_type)
        builder.site.traps |= {"/show.php?id=9": "soft_404", organs[0][1]: "list"}
        home = "".join(f"<h3>{column.name}</h3>" + self._rows(column.documents[:5]) for column in others[:4])
        builder.put("/", f"{_PLACE}政府网", home + '<p><a href="/stat.php?y=all">历年年报下载统计</a></p>')
        builder.set_missing("页面未找到")
        return builder.site, self.documents

    def column(self, column: Column, path: str, crumbs: Crumbs, lost: bool = False) -> None:
        """Put a column with numbered list pages. `lost`: one row leads to an article that is gone."""
        paths = []
        for _ in column.documents:
            self.serial += 1
            paths.append(f"/show.php?id={self.serial}")
        for index, (document, place) in enumerate(zip(column.documents, paths, strict=True)):
            self._article(document, place, crumbs, neighbours(column.documents, index, paths))
        self.documents += column.documents
        pages = chunks(column.documents, _ROWS)
        for number, page in enumerate(pages, 1):
            rows = self._rows(page)
            if lost and number == len(pages):
                rows += '<ul class="li3"><li><i>2018-01-22</i><a href="/show.php?id=9" title="白鹭县自然资源局2017年政府信息公开工作年度报告">白鹭县自然资源局2017年政...</a></li></ul>'
            self.builder.put(
                path if number == 1 else f"{path}&p={number}",
                column.name,
                rows + _pager(path, number, len(pages)),
                crumbs,
            )

    def _rows(self, documents: Sequence[Document]) -> str:
        rows = "".join(
            f'<li><i>{d.published}</i><a href="{d.urls[0]}" title="{escape(d.title)}">{escape(shorten(d.title))}</a></li>\n'
            for d in documents
        )
        return f'<ul class="li3">{rows}</ul>'

    def _article(self, document: Document, path: str, crumbs: Crumbs, around: str) -> None:
        files = []
        for attachment in document.attachments:
            place = f"/upload/{document.published:%Y%m}/{self.serial}{attachment.name[-5:]}"
            self.builder.put_bytes(place, attachment.body, attachment.media_type)
            document.attached_urls.append(place)
            files.append((attachment.name, place))
        main = f"""<p class="tt">{escape(document.title)}</p><p class="by">{document.published}　信息来源：{document.source}　点击数：<script src="/stat.php?id={self.serial}"></script></p>
<div style="padding:0 20px">
{document.html}
</div>
<p>相关附件：{link_list(files) if files else "无"}</p><p class="by">分享到：微信 微博 空间　扫一扫在手机打开当前页面　【<a href="javascript:self.close()">关闭</a>】</p>{around}"""
        document.urls.append(path)
        if document.report and document.report.year < 2012:
            # Kept from the portal before the last one, bytes and all.
            page = (
                self.builder.render(document.title, main, crumbs)
                .decode("utf-8")
                .replace("charset=utf-8", "charset=gb2312")
            )
            self.builder.put_bytes(path, page.encode("gbk"), "text/html; charset=ISO-8859-1")
        else:
            self.builder.put(path, document.title, main, crumbs)


def _pager(path: str, number: int, count: int) -> str:
    """Numbered pages and 下一页; the page one is on is no link."""
    places = [path if page == 1 else f"{path}&p={page}" for page in range(1, count + 1)]
    numbers = "".join(
        f"<b>{page}</b>" if page == number else f'<a href="{place}">{page}</a>' for page, place in enumerate(places, 1)
    )
    before = f'<a href="{places[number - 2]}">上一页</a>' if number > 1 else ""
    after = f'<a href="{places[number]}">下一页</a>' if number < count else ""
    return f'<p class="pg">第{number}页/共{count}页 {before}{numbers}{after}</p>'
