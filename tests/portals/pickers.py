"""Small portals whose columns let the reader choose, load more, or look into a viewer by a script; and sites beside the column.

Each of `FOLLOWED` can be walked to its end; of each of `TOLD` a part cannot be found, and the account must say so.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from html import escape

from .content import BUREAUS, PLACE, TOWNS
from .corners import NB
from .county import County
from .serving import Asked, Served
from .strangers import FEW, Rows, Stranger, dressed, listed

NEWEST = max(FEW)


def _start(name: str, organs: tuple[str, ...] = (PLACE, *BUREAUS[:2]), front: str = "") -> tuple[Stranger, Rows]:
    made = Stranger(name)
    made.page("/", "青溪县", listed([("/zwgk/", "政务公开")]) + front)
    made.page("/zwgk/", "政务公开", listed([("/gk/nb/", NB)]))
    return made, made.reports("/v/{n}_{y}.html", organs, FEW)


def _of(rows: Rows, year: object) -> Rows:
    return [row for row in rows if row[0].endswith(f"_{year}.html")]


def _column(name: str, body: str, organs: tuple[str, ...] = (PLACE, *BUREAUS[:2])) -> tuple[Stranger, Rows]:
    """A column that shows the newest year, and `body` by which the others are chosen."""
    made, rows = _start(name, organs)
    made.page("/gk/nb/", "年报", body + f'<div id="c">{listed(_of(rows, NEWEST))}</div>')
    return made, rows


def _years(tag: str) -> str:
    return "".join(tag.replace("YEAR", str(year)) for year in reversed(FEW))


def tabs_that_keep_a_year() -> County:
    script = '<script>$(".tab").click(function(){load($(this).data("year"))});function load(y){$.get("/gk/ajax",{year:y},function(d){$("#c").html(d)})}</script>'
    made, rows = _column("tabs_that_keep_a_year", f'<ul>{_years("<li class=tab data-year=YEAR>YEAR年</li>")}</ul>{script}')
    made.site.programs["/gk/ajax"] = lambda asked: Served(listed(_of(rows, asked.query.get("year"))).encode())
    return made.county


def year_chosen_by_form() -> County:
    script = '<script>$("#nd").change(function(){$.ajax({url:"/gk/q.do",type:"POST",data:{year:$("#nd").val(),lm:"77"},success:function(d){show(d)}})})</script>'
    made, rows = _column("year_chosen_by_form", f'<select id="nd">{_years("<option value=YEAR>YEAR年</option>")}</select>{script}')

    def answer(asked: Asked) -> Served:
        shown = _of(rows, asked.form.get("year")) if asked.form.get("lm") == "77" else []
        return Served(json.dumps({"data": [{"title": title, "url": url} for url, title in shown]}).encode(), "application/json")

    made.site.programs["/gk/q.do"] = answer
    return made.county


def loaded_by_a_function() -> County:
    script = '<script>function chg(o,y){$(o).addClass("on");$("#c").load("/gk/part.jsp?nd="+y);}</script>'
    made, rows = _column("loaded_by_a_function", f'<ul>{_years("<li onclick=chg(this,YEAR)>YEAR</li>")}</ul>{script}')
    made.site.programs["/gk/part.jsp"] = lambda asked: Served(listed(_of(rows, asked.query.get("nd"))).encode())
    return made.county


def files_of_years() -> County:
    script = '<script>function cx(){var y=document.getElementById("nd").value;location.href="/gk/nb/"+y+".html";}</script>'
    made, rows = _column("files_of_years", f'<select id="nd">{_years("<option>YEAR</option>")}</select><button onclick="cx()">查询</button>{script}')
    for year in FEW:
        made.page(f"/gk/nb/{year}.html", str(year), listed(_of(rows, year)))
    return made.county


def kind_of_organs() -> County:
    """The bureaus' list is behind a function that is called without a word."""
    made, rows = _start("kind_of_organs", (PLACE,))
    script = '<script>function gobm(){document.location="/gk/nb/bm.htm"}</script>'
    made.page("/gk/nb/", "年报", f'<span onclick="gobm()">部门年报</span>{script}{listed(rows)}')
    made.page("/gk/nb/bm.htm", "部门年报", listed(made.reports("/b/{n}_{y}.html", BUREAUS[:2], FEW)))
    return made.county


def more_by_button() -> County:
    made, rows = _start("more_by_button")
    script = '<script>$("#more").click(function(){var n=$(this).data("page");$.get("/gk/more",{page:n},function(d){add(d)})});</script>'
    made.page("/gk/nb/", "年报", listed(rows[:6]) + f'<button id="more" data-page="2">加载更多</button>{script}')
    made.site.programs["/gk/more"] = lambda asked: Served(listed(rows[6 * int(asked.query["page"]) - 6 : 6 * int(asked.query["page"])]).encode() if int(asked.query["page"]) < 4 else b"")
    return made.county


def _data(name: str, script: str, answer: str, media_type: str, pattern: str = "/v/{y}.html") -> County:
    made, _ = _start(name, ())
    rows = made.reports(pattern, (PLACE,), FEW)
    made.page("/gk/nb/", "年报", f'<ul id="c"></ul><script>{script}</script>')
    fields = {"ROWS": json.dumps([{"id": title[3:7], "title": title} for _, title in rows]), "LIST": json.dumps(escape(listed(rows)))}
    for name_of, value in fields.items():
        answer = answer.replace(name_of, value)
    xml = "".join(f"<doc><bt>{title}</bt><wz>{url}</wz><rq>2024-01-09</rq></doc>" for url, title in rows)
    made.site.put("/gk/nb.data", answer.replace("DOCS", xml), media_type)
    return made.county


def made_of_ids() -> County:
    return _data("made_of_ids", '$.getJSON("/gk/nb.data",function(d){for(var i=0;i<d.length;i++){var item=d[i];h+="<li><a href=\'/v/"+item.id+".html\'>"+item.title}})', "ROWS", "application/json")


def made_in_a_template() -> County:
    return _data("made_in_a_template", 'fetch("/gk/nb.data").then(r=>r.json()).then(d=>{c.innerHTML=d.map(o=>`<a href="/v/${o.id}.html">${o.title}</a>`)})', "ROWS", "application/json")


def escaped_list() -> County:
    return _data("escaped_list", '$.get("/gk/nb.data",function(d){show(d)})', '{"ok":true,"html":LIST}', "text/html")


def unknown_fields() -> County:
    return _data("unknown_fields", '$.get("/gk/nb.data",function(d){show(d)})', '<?xml version="1.0" encoding="utf-8"?><list>DOCS</list>', "text/xml")


def older_one_by_one() -> County:
    """The column is the newest report; each report names the one before it."""
    made = Stranger("older_one_by_one")
    made.page("/", "青溪县", listed([(f"/gk/nb{NEWEST}.html", NB)]))
    for year in FEW:
        made.report(f"/gk/nb{year}.html", PLACE, year)
        body = made.site.pages[f"/gk/nb{year}.html"].body.decode()
        made.site.pages[f"/gk/nb{year}.html"] = Served(body.replace('<div class="dibu">', f'<p><a href="/gk/nb{year - 1}.html">上一年度年报</a></p><div class="dibu">' if year > min(FEW) else '<div class="dibu">').encode())
    return made.county


def sites_of_organs() -> County:
    """The county's own column holds its own reports; each bureau has a site in a folder, named at the foot of the front page."""
    options = "".join(f'<option value="/s{n}/">{organ}</option>' for n, organ in enumerate(BUREAUS[:4]))
    made, rows = _start("sites_of_organs", (PLACE,), f'<div class="foot"><select onchange="window.open(this.value)">{options}</select></div>')
    made.page("/gk/nb/", "年报", listed(rows))
    for n, organ in enumerate(BUREAUS[:4]):
        made.page(f"/s{n}/", organ, listed([(f"/s{n}/nb/", "信息公开年报")]))
        made.page(f"/s{n}/nb/", "年报", listed(made.reports(f"/s{n}/v/{{y}}.html", (organ,), FEW)))
    return made.county


def old_site() -> County:
    """The years before the move are on the old site, to which the front page leads; the new column holds reports of every kind of organ."""
    made, rows = _start("old_site", (PLACE, *BUREAUS[:3], *TOWNS[:3]), listed([("/gk/nb/", NB), ("/old/", "历史网站")]))
    made.page("/gk/nb/", "年报", listed(rows))
    made.page("/old/", "青溪县", listed([("/old/xxgk.htm", "信息公开")]))
    made.page("/old/xxgk.htm", "信息公开", listed([("/old/nb.htm", "信息公开年报")]))
    made.page("/old/nb.htm", "年报", listed(made.reports("/old/{y}.htm", (PLACE,), range(2010, 2019))))
    return made.county


FOLLOWED: tuple[Callable[[], County], ...] = (
    tabs_that_keep_a_year, year_chosen_by_form, loaded_by_a_function, files_of_years, kind_of_organs, more_by_button, made_of_ids,
    made_in_a_template, escaped_list, unknown_fields, older_one_by_one, sites_of_organs, old_site,
)  # fmt: skip


def written_choices() -> County:
    script = f'<script>document.write("<select>");for(var y={NEWEST};y>={min(FEW)};y--)document.write("<option value="+y+">"+y+"年</option>");</script><script src="/js/a.js"></script>'
    return _column("written_choices", script)[0].county


def years_of_an_app() -> County:
    return _column("years_of_an_app", f'<div id=app></div><script>new Vue({{data:{{years:[{",".join(map(str, reversed(FEW)))}]}}}})</script>')[0].county


def kinds_as_pictures() -> County:
    made, rows = _start("kinds_as_pictures", (PLACE,))
    made.reports("/b/{n}_{y}.html", BUREAUS[:2], FEW)
    made.page("/gk/nb/", "年报", '<a href="javascript:sw(2)"><img src="/i/bm.png" alt="部门年报"></a>' + listed(rows))
    return made.county


def organs_to_pick() -> County:
    made, rows = _start("organs_to_pick", (PLACE,))
    made.reports("/b/{n}_{y}.html", BUREAUS[:2], FEW)
    made.page("/gk/nb/", "年报", f'<select id="dw">{"".join(f"<option value={n}>{organ}</option>" for n, organ in enumerate(BUREAUS[:2]))}</select><script src="/js/q.js"></script>{listed(rows)}')
    return made.county


def search_alone() -> County:
    made, rows = _start("search_alone", (PLACE,))
    made.reports("/b/{n}_{y}.html", BUREAUS[:2], FEW)
    made.page("/gk/nb/", "年报", listed([("/gk/nb/bj.html", "县政府年报"), ("/gk/nb/bm.html", "部门年报")]))
    made.page("/gk/nb/bj.html", "县政府年报", listed(rows))
    made.page("/gk/nb/bm.html", "部门年报", '<form action="/gk/query.do" method="post">单位：<input name="dw"><input type="submit" value="查询"></form>')
    return made.county


def _cut(name: str, pager: str) -> County:
    made, rows = _start(name)
    made.page("/gk/nb/", "年报", listed(rows[:6]) + pager)
    return made.county


def drawn_elsewhere() -> County:
    return _cut("drawn_elsewhere", '<div id="p"></div><script src="/js/page.js"></script><script>drawPager(3, 1);</script>')


def told_to_a_plugin() -> County:
    return _cut("told_to_a_plugin", '<div id="p"></div><script>$("#p").pagination({totalData:18,showData:6,callback:function(a){load(a.getCurrent())}});</script>')


def button_alone() -> County:
    return _cut("button_alone", '<div class="m" id="more">加载更多</div><script src="/js/more.js"></script>')


def only_a_feed() -> County:
    """The list is drawn by a script; beside it stands the feed of what is new."""
    made, rows = _start("only_a_feed", (PLACE,))
    made.site.put("/gk/nb/", dressed("年报", '<div id="c"></div><script src="/js/app.js"></script>', '<link rel="alternate" type="application/rss+xml" href="/gk/rss.xml">'))
    items = "".join(f"<item><title>{title}</title><link>{url}</link></item>" for url, title in rows[:2])
    made.site.put("/gk/rss.xml", f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>{items}</channel></rss>', "application/rss+xml")
    return made.county


TOLD: tuple[Callable[[], County], ...] = (
    written_choices, years_of_an_app, kinds_as_pictures, organs_to_pick, search_alone, drawn_elsewhere, told_to_a_plugin, button_alone, only_a_feed,
)  # fmt: skip
