"""明湖区: the disclosure platform of one southern province. The page is empty; its rows come as JSON.

`/gkmlpt/annualreport` names its column and the site's SID in a script; the rows are at
`/gkmlpt/api/all/<column>?page=<n>&sid=<SID>`. Articles lie under the digits of their number.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape

from crawler.demo.building import Builder, Crumbs, box_fields, link_list, meta_tags
from crawler.demo.documents import Column, Document, write_others, write_reports
from crawler.demo.prose import Organ
from crawler.demo.server import Answer, Resource, Site

_PLACE = "明湖区"
_SID = "753002"
_ANNUAL = "4816"
_SCRIPT = """(function turn(page, rows) {
  var config = window._CONFIG, app = document.getElementById("app");
  fetch("/gkmlpt/api/all/" + config.COLUMN + "?page=" + page + "&sid=" + config.SID)
    .then(function (r) { return r.json(); })
    .then(function (data) {
      rows = rows.concat(data.articles.map(function (a) {
        return '<li><a href="' + a.url + '">' + a.title + "</a> " + a.date + "</li>";
      }));
      app.innerHTML = "<ul>" + rows.join("") + "</ul>";
      if (data.articles.length) turn(page + 1, rows);
    });
})(1, []);
"""
_PAGE = 5  # the platform gives a hundred rows a page; five let the paging be seen


def build_gkmlpt() -> tuple[Site, list[Document]]:
    """The portal, and all its documents with the paths they got."""
    site = Site("demo-gkmlpt", f"{_PLACE}人民政府", server="openresty")
    return _Portal(Builder(site, "gkmlpt", _PLACE, "9901050005", media_type="text/html; charset=utf-8")).build()


class _Portal:
    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.serial = 2_155_000
        self.documents: list[Document] = []
        self.lists: dict[str, list[Document]] = {}

    def build(self) -> tuple[Site, list[Document]]:
        builder = self.builder
        builder.fields = {"column": "0"}
        builder.nav = [("政务公开", "/gkmlpt/index"), ("政府信息公开年报", f"/gkmlpt/annualreport#{_ANNUAL}")]
        others = write_others(
            _PLACE,
            ("跨境电商", "公交线路", "智慧停车", "港口岸线", "积分入学", "夜间经济"),
            ("明湖新城", "渔港", "会展中心"),
        )
        district = Organ(
            f"{_PLACE}人民政府", "government", ("规划计划", "财政资金", "征地补偿", "公共服务"), "county", _PLACE
        )
        roads = Organ(
            f"{_PLACE}交通运输局", "bureau", ("道路运输许可", "公路养护", "超限治理"), "bureau", _PLACE, "0990-8500512"
        )
        reports = [
            *write_reports(district, [(2019, "2019", "grouped"), (2020, "2019", "word"), (2021, "2021", "th"), (2022, "2021", "split"), (2023, "2021", "unequal"), (2024, "2021", "word-merged")]),
            *write_reports(roads, [(2021, "2021", "cut"), (2023, "2021", "plain")]),
        ]  # fmt: skip
        trail: Crumbs = [("政府信息公开年报", f"/gkmlpt/annualreport#{_ANNUAL}")]
        self.column(Column(_ANNUAL, "政府信息公开年报", reports), trail)
        for number, column in enumerate(others, 4820):
            crumbs: Crumbs = [(column.name, f"/zwgk/{column.slug}/")]
            self.column(Column(str(number), column.name, column.documents), crumbs)
            builder.put(
                f"/zwgk/{column.slug}/",
                column.name,
                link_list([(d.title, d.urls[0]) for d in column.documents]),
                crumbs,
            )
        builder.put(
            "/gkmlpt/index",
            "信息公开目录",
            link_list(
                [
                    ("政府信息公开年报", f"/gkmlpt/annualreport#{_ANNUAL}"),
                    *[(c.name, f"/zwgk/{c.slug}/") for c in others],
                ]
            ),
        )
        builder.fields = {"column": _ANNUAL}
        builder.put(
            "/gkmlpt/annualreport",
            "政府信息公开年报",
            '<div id="app"><div class="list-loading">正在加载…</div></div><script src="/gkmlpt/js/list.js"></script>',
            trail,
        )
        builder.fields = {"column": "0"}
        builder.put(
            "/",
            "首页",
            "".join(
                f'<h3><a href="/zwgk/{c.slug}/">{c.name}</a></h3>'
                + link_list([(d.title, d.urls[0]) for d in c.documents[:3]])
                for c in others
            ),
        )
        builder.site.answers |= {f"/gkmlpt/api/all/{number}": self._rows_of(number) for number in self.lists}
        builder.put_script("/gkmlpt/js/list.js", _SCRIPT)
        builder.set_missing()
        return builder.site, self.documents

    def column(self, column: Column, crumbs: Crumbs) -> None:
        """Put a column's articles, and keep its list for the API."""
        for document in column.documents:
            self.serial += 113
            path = f"/gkmlpt/content/{self.serial // 1_000_000}/{self.serial // 1000}/post_{self.serial}.html"
            pairs = box_fields(document, self.serial, "11990105007")
            box = "".join(
                f"<tr><td>{a[0]}：</td><td>{a[1]}</td><td>{b[0]}：</td><td>{b[1]}</td></tr>"
                for a, b in zip(pairs[::2], pairs[1::2], strict=True)
            )
            main = f"""<div class="classify"><table width="100%">{box}</table></div><h1 class="title document-number">{escape(document.title)}</h1>
<div class="date-row">发布日期：{document.published}　浏览次数：<span>-</span>　【字体：大 中 小】　分享到：</div>
<div class="article-content">
{document.html}
</div><div class="ewm">扫一扫在手机打开当前页面</div><div>【打印】【关闭】</div>"""
            self.builder.put(path, document.title, main, crumbs, meta=meta_tags(document, column.name))
            document.urls.append(path)
        self.lists[column.slug] = column.documents
        self.documents += column.documents

    def _rows_of(self, number: str) -> Answer:
        def answer(query: Mapping[str, str]) -> Resource:
            documents = self.lists[number]
            page = int(query["page"]) if query.get("page", "").isdecimal() else 1
            if query.get("sid") != _SID:
                return Resource(b'{"articles":[],"total":0}', "application/json")
            rows = [
                {"id": int(d.urls[0].split("_")[-1][:-5]), "title": d.title, "publisher": d.source, "url": d.urls[0],
                 "post_url": d.urls[0], "display_publish_time": f"{d.published} 10:00:00", "date": str(d.published)}
                for d in documents[(page - 1) * _PAGE : page * _PAGE]
            ]  # fmt: skip
            body = json.dumps({"articles": rows, "total": len(documents), "page": page}, ensure_ascii=False)
            return Resource(body.encode(), "application/json")

        return answer
