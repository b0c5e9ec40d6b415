"""云岭区: Hanweb JCMS. The rows of a list stand in a `<datastore>` inside a script; the rest comes from a data proxy.

The proxy answers XML, and only to who names the column, the unit and the web as the list page
does. Reports of the sub-district come one a year from `xxgkAnnualReport.jsp`. Answers are
gzipped for clients that take it.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from crawler.demo.building import Builder, Crumbs, box_fields, link_list, meta_tags, neighbours
from crawler.demo.documents import Column, Document, write_others, write_reports
from crawler.demo.prose import Organ
from crawler.demo.server import Resource, Site

_PLACE = "云岭区"
_WEB = "3871"
_FIRST = 6  # rows that stand in the page itself
_PROXY = "/module/web/jpage/dataproxy.jsp"
_ANNUAL = "/module/xxgk/xxgkAnnualReport.jsp"
_SCRIPT = r"""window.$ = function (x) {
  if (typeof x === "function") { document.addEventListener("DOMContentLoaded", x); return; }
  return { jpage: function (o) {
    var box = document.querySelector(x), size = o.perPage, pages = Math.ceil(o.totalRecord / size);
    function show(text) {
      box.innerHTML = "<ul>" + (text.match(/<li>[\s\S]*?<\/li>/g) || []).slice(0, size).join("") + "</ul>";
      for (var i = 1; i <= pages; i++) {
        var button = document.createElement("button");
        button.textContent = i;
        button.onclick = turn.bind(null, i);
        box.appendChild(button);
      }
    }
    function turn(i) {
      var asked = { startrecord: (i - 1) * size + 1, endrecord: i * size, perpage: size };
      fetch(o.proxyUrl + "?" + new URLSearchParams(Object.assign(asked, o.dataParam)))
        .then(function (r) { return r.text(); }).then(show);
    }
    show(box.textContent);
  } };
};
"""


def build_hanweb() -> tuple[Site, list[Document]]:
    """The portal, and all its documents with the paths they got."""
    site = Site(
        "demo-hanweb",
        f"{_PLACE}人民政府",
        gzip=True,
        server="Apache-Coyote/1.1",
        columns=("/col/col1229071/index.html",),
    )
    return _Portal(
        Builder(site, "hanweb", _PLACE, "9901020002", media_type="text/html;charset=UTF-8", nav_item="<li>{}</li>")
    ).build()


class _Portal:
    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.serial = 58_930_000
        self.documents: list[Document] = []
        self.rows: dict[str, list[str]] = {}  # column number: its rows as HTML
        self.yearly: dict[tuple[str, str], Resource] = {}  # (organ code, report year): page

    def build(self) -> tuple[Site, list[Document]]:
        builder = self.builder
        others = write_others(
            _PLACE,
            ("老旧小区改造", "垃圾分类", "养老服务", "稳岗就业", "消防安全", "文旅融合"),
            ("锦溪街道", "高铁新城", "文化馆"),
        )
        numbers = {column.slug: f"12290{index}0" for index, column in enumerate(others)}
        builder.nav = [
            ("政务动态", f"/col/col{numbers['zwdt']}/index.html"),
            ("政务公开", "/col/col1229070/index.html"),
        ]
        office = Organ(
            f"{_PLACE}人民政府办公室",
            "office",
            ("常务会议议题", "政策解读", "人大建议办理", "民生实事"),
            "bureau",
            _PLACE,
        )
        finance = Organ(
            f"{_PLACE}财政局",
            "bureau",
            ("直达资金", "政府采购", "国有资产", "专项债券"),
            "bureau",
            _PLACE,
            "0990-8200310",
        )
        market = Organ(
            f"{_PLACE}市场监督管理局",
            "bureau",
            ("食品抽检", "特种设备监察", "企业登记", "价格检查"),
            "county",
            _PLACE,
            "0990-8200345",
        )
        street = Organ(
            f"{_PLACE}锦溪街道办事处",
            "town",
            ("社区食堂", "加装电梯", "征兵", "便民服务"),
            "nil",
            _PLACE,
            "0990-8200601",
        )
        fiscal = write_reports(
            finance,
            [
                (2020, "2019", "word-cut"),
                (2021, "2021", "broken"),
                (2022, "2021", "plain+broken"),
                (2023, "2021", "merged"),
            ],
        )
        reports = [
            *write_reports(office, [(2017, "2014", "plain"), (2018, "2014-", "plain"), (2019, "2019", "word"), (2020, "2019", "th"),
                                    (2021, "2021", "word-merged"), (2022, "2021", "cut"), (2023, "2021", "plain"), (2024, "2021", "split")]),
            *fiscal,
            *write_reports(market, [(2022, "2021", "wide"), (2023, "2021", "plain+contradict"), (2024, "2021", "grouped")]),
        ]  # fmt: skip
        for column in others:
            self.column(column, numbers[column.slug], [(column.name, f"/col/col{numbers[column.slug]}/index.html")])
        trail: Crumbs = [
            ("政务公开", "/col/col1229070/index.html"),
            ("政府信息公开年度报告", "/col/col1229071/index.html"),
        ]
        self.column(
            Column("nb", "政府信息公开年度报告", reports),
            "1229071",
            trail,
            '<p><a href="/module/xxgk/tree.jsp?area=990102">街道信息公开年报</a></p>',
        )
        self._yearly_reports(write_reports(street, [(year, "2019" if year < 2021 else "2021", shape) for year, shape in
                                                    ((2020, "plain"), (2021, "th"), (2022, "broken"), (2023, "no-year"))]), fiscal)  # fmt: skip
        builder.put(
            "/col/col1229070/index.html", "政务公开",
            link_list([("信息公开指南", "/col/col9900/index.html"), ("政府信息公开年度报告", trail[1][1]), *[(c.name, f"/col/col{numbers[c.slug]}/index.html") for c in others]]),
            trail[:1],
        )  # fmt: skip
        builder.put(
            "/col/col9900/index.html", "网站地图", link_list([*builder.nav, ("政府信息公开年度报告", trail[1][1])]), ()
        )
        builder.put(
            "/",
            "首页",
            "".join(
                f'<h3><a href="/col/col{numbers[c.slug]}/index.html">{c.name}</a></h3>'
                + link_list([(d.title, d.urls[0]) for d in c.documents[:3]])
                for c in others
            ),
        )
        builder.site.answers |= {_PROXY: self._proxy, _ANNUAL: self._annual}
        builder.put_script("/script/jpage.js", _SCRIPT)
        builder.set_missing("抱歉，您访问的页面未找到")
        return builder.site, self.documents

    def column(self, column: Column, number: str, crumbs: Crumbs, extra: str = "") -> None:
        """Put a column: its articles, and the list page with the first rows and the proxy's parameters."""
        documents, paths = column.documents, []
        for document in documents:
            self.serial += 31
            day = document.published
            paths.append(f"/art/{day.year}/{day.month}/{day.day}/art_{number}_{self.serial}.html")
        rows = [
            f'<li><a href="{path}" title="{escape(d.title)}" target="_blank">{escape(d.title)}</a><span class="bt-data-time">[{d.published}]</span></li>'
            for d, path in zip(documents, paths, strict=True)
        ]
        self.rows[number] = rows
        for index, (document, path) in enumerate(zip(documents, paths, strict=True)):
            self.builder.put(
                path,
                document.title,
                self._article(document, neighbours(documents, index, paths)),
                crumbs,
                meta=meta_tags(document, column.name, "'"),
            )
            document.urls.append(path)
        self.documents += documents
        records = "".join(f"<record><![CDATA[{row}]]></record>" for row in rows[:_FIRST])
        asked = f"appid=1&webid={_WEB}&path=/&columnid={number}&sourceContentType=1&unitid={_unit(number)}&webname={_PLACE}人民政府&permissiontype=0"
        following = (
            f'<nextgroup><![CDATA[<a href="{_PROXY}?page=2&{asked}"></a>]]></nextgroup>' if len(rows) > _FIRST else ""
        )
        main = f"""<table width="1100" align="center"><tr><td>{extra}<h2>{column.name}</h2><div id="{_unit(number)}" class="default_pgContainer"><script type="text/xml"><datastore>
<totalrecord>{len(rows)}</totalrecord><totalpage>{-(-len(rows) // _FIRST)}</totalpage>{following}<recordset>{records}</recordset></datastore></script></div>
<script>$(function(){{ $("#{_unit(number)}").jpage({{ perPage: {_FIRST}, totalRecord: {len(rows)}, proxyUrl: '{_PROXY}', openCookies: 0,
dataParam: {{ col: 1, appid: 1, webid: {_WEB}, path: '/', columnid: {number}, sourceContentType: 1, unitid: '{_unit(number)}', webname: '{_PLACE}人民政府', permissiontype: 0 }} }}); }});</script></td></tr></table>"""
        self.builder.put(f"/col/col{number}/index.html", column.name, main, crumbs)

    def _article(self, document: Document, around: str) -> str:
        pairs = box_fields(document, self.serial, "11990102002643296E")
        box = "<tr>" + "".join(f"<td>{name}</td><td>{value}</td>" for name, value in pairs[:4]) + "</tr>"
        return f"""<table id="article" width="1100" align="center"><tr><td class="title" align="center"><!--<$[标题]>begin-->{escape(document.title)}<!--<$[标题]>end--></td></tr>
<tr><td align="center" style="font-size:13px;color:#888">发布日期：{document.published}　信息来源：<!--<$[信息来源]>begin-->{document.source}<!--<$[信息来源]>end-->　浏览量：<script></script>　字号：[ <a href="javascript:doZoom(18)">大</a> <a>中</a> <a>小</a> ]</td></tr>
<tr><td>{"" if document.bare else f'<table class="infobox" width="100%">{box}</table>'}</td></tr>
<tr><td class="bt_content"><div id="zoom"><!--ZJEG_RSS.content.begin--><meta name="ContentStart">
{document.html}
<meta name="ContentEnd"><!--ZJEG_RSS.content.end--></div></td></tr>
<tr><td>分享到：<a>微信</a> <a>微博</a>　【<a href="javascript:window.print()">打印本页</a>】【<a href="javascript:window.close()">关闭窗口</a>】<br>扫一扫在手机打开当前页面</td></tr><tr><td>{around}</td></tr></table>"""

    def _proxy(self, query: Mapping[str, str]) -> Resource | None:
        """Rows `startrecord` to `endrecord`, or page `page`, of a column; nothing for an incomplete question."""
        number = query.get("columnid", "")
        rows = self.rows.get(number)
        if rows is None or query.get("unitid") != _unit(number) or query.get("webid") != _WEB:
            return Resource(b"", "text/xml;charset=UTF-8")
        size = _number(query.get("perpage")) or _FIRST
        first = _number(query.get("startrecord")) or ((_number(query.get("page")) or 1) - 1) * size + 1
        last = min(_number(query.get("endrecord")) or first + size - 1, first + 99)
        records = "".join(f"<record><![CDATA[\n{row}\n]]></record>\n" for row in rows[first - 1 : last])
        answer = f"<?xml version='1.0' encoding='UTF-8'?>\n<datastore><totalrecord>{len(rows)}</totalrecord><totalpage>{-(-len(rows) // size)}</totalpage><recordset>\n{records}</recordset></datastore>"
        return Resource(answer.encode(), "text/xml;charset=UTF-8")

    def _yearly_reports(self, street: list[Document], fiscal: list[Document]) -> None:
        """The endpoint that shows one organ's report of one year, and the tree of organs that leads to it."""
        organs = {"001008003014055": ("锦溪街道办事处", street), "990102607": ("区财政局", fiscal)}
        parts = []
        for code, (name, documents) in organs.items():
            links = []
            for document in documents:
                assert document.report is not None  # noqa: S101  both lists hold reports only
                year = document.report.year
                path = f"{_ANNUAL}?area={code}&fbtime={year}"
                page = self.builder.render(
                    document.title, self._article(document, ""), [("信息公开年报", "/module/xxgk/tree.jsp?area=990102")]
                )
                self.yearly[code, str(year)] = Resource(page, self.builder.media_type)
                document.urls.append(path)
                links.append((f"{year}年", path))
            # The year that nobody filled in is offered all the same.
            links.append(("2018年", f"{_ANNUAL}?area={code}&fbtime=2018"))
            parts.append(f"<h3>{name} 信息公开年报</h3>" + link_list(links))
        self.documents += street
        self.builder.put(
            "/module/xxgk/tree.jsp?area=990102",
            "街道信息公开年报",
            "".join(parts),
            [("政务公开", "/col/col1229070/index.html")],
        )

    def _annual(self, query: Mapping[str, str]) -> Resource | None:
        """A missing year gives a page without a report, not an error."""
        found = self.yearly.get((query.get("area", ""), query.get("fbtime", "")))
        return found or Resource(
            self.builder.render("信息公开年报", '<div class="xxgk_nb"></div>'), self.builder.media_type
        )


def _unit(number: str) -> str:
    return str(int(number) * 3 + 11)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else 0
