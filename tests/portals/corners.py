"""Small portals of one way each: how menus, lists and pagers of county sites hide an address in a script, a form, a picture.

Each of `CORNERS` can be walked to its end; of each of `LAME` a part cannot be found, and the account must say so.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from .content import BUREAUS, PLACE, write_news
from .county import County
from .serving import Asked, Served
from .strangers import FEW, Rows, Stranger, dressed, listed

NB = "政府信息公开年报"
SIZE = 8


def _made(name: str, front: str, column: str = "", years: range = FEW) -> tuple[Stranger, Rows]:
    """A portal whose front page holds `front`, with the reports of one organ; `column` is put at /gk/nb/ with its rows."""
    made = Stranger(name)
    made.page("/", "青溪县", front)
    rows = made.reports("/v/{y}.html", years=years)
    if column:
        made.page("/gk/nb/", "年报", column.replace("ROWS", listed(rows)))
    return made, rows


def _paged(name: str, pager: Callable[[int, int], str]) -> County:
    """A column of several pages, index.html and index_1.html …, whose pager is drawn by `pager(page, pages)`."""
    made = Stranger(name)
    made.page("/", "青溪县", listed([("/gk/nb/", NB)]))
    rows = made.reports("/v/{n}{y}.html", (PLACE, *BUREAUS[:3]), FEW)
    count = -(-len(rows) // SIZE)
    for k in range(count):
        made.page(f"/gk/nb/index{f'_{k}' if k else ''}.html", "年报", listed(rows[k * SIZE : (k + 1) * SIZE]) + pager(k, count))
    return made.county


def drawn_tree() -> County:
    made, rows = _made("drawn_tree", listed([("/gk/", "政务公开")]))
    made.page("/gk/", "政务公开", "<script>d=new dTree('d');d.add(1,0,'机构概况','/gk/jg.html');d.add(12,0,'信息公开年报','/gk/lm/12.html','','main');document.write(d);</script>")
    made.page("/gk/lm/12.html", "列表", listed(rows))
    return made.county


def script_menu() -> County:
    made, rows = _made("script_menu", '<div id=menu></div><script src="/js/menu.js"></script>')
    made.site.put("/js/menu.js", "var m=[['首页','/'],['政府信息公开','/zfxxgk/index.html']];document.write('<a href='+m[0][1]+'>');", "application/javascript; charset=utf-8")
    made.page("/zfxxgk/index.html", "政府信息公开", listed([("/zfxxgk/nb/", NB)]))
    made.page("/zfxxgk/nb/", "年报", listed(rows))
    return made.county


def no_names() -> County:
    """A splash page that is a picture, and a picture for the way to disclosure."""
    made, rows = _made("no_names", '<a href="/a.htm"><img src="/i/enter.jpg"></a>')
    made.page("/a.htm", "青溪县", '<a href="/b.htm"><img src="/i/gk.gif" alt="信息公开"></a>')
    made.page("/b.htm", "信息公开", listed([("/gk/nb.htm", "公开年报")]))
    made.page("/gk/nb.htm", "年报", listed(rows))
    return made.county


def numbered_choice() -> County:
    made = Stranger("numbered_choice")
    made.page("/", "青溪县", listed([("/gk/", "政务公开")]))
    options = "".join(f'<option value="{100 + n}">{organ}</option>' for n, organ in enumerate(BUREAUS[:3]))
    made.page("/gk/", "政务公开", f"""<h3>部门年报</h3><select onchange="location.href='/gk/o_'+this.value+'.html'"><option value="">请选择</option>{options}</select>""")
    for n, organ in enumerate(BUREAUS[:3]):
        made.page(f"/gk/o_{100 + n}.html", organ, listed(made.reports(f"/v/{n}{{y}}.html", (organ,), FEW)))
    return made.county


def asked_tree() -> County:
    """A tree that is asked for as JSON; its inner nodes have addresses, too."""
    made, rows = _made("asked_tree", listed([("/gk/", "信息公开")]))
    made.page("/gk/", "信息公开目录", '<ul id=tree></ul><script>$.getJSON("/gk/tree.json",function(z){draw(z)});</script>')
    more = made.reports("/v/b{y}.html", (BUREAUS[0],), FEW)
    tree = {"name": "目录", "url": "/gk/", "children": [{"name": "信息公开年报", "url": "/gk/nb/", "children": [{"name": "县教育局", "url": "/gk/nb/b.html"}]}]}
    made.site.put("/gk/tree.json", json.dumps([tree]), "application/json")
    made.page("/gk/nb/", "信息公开年报", listed(rows))
    made.page("/gk/nb/b.html", "县教育局", listed(more))
    return made.county


def nested_objects() -> County:
    made, rows = _made("nested_objects", listed([("/gk/", "信息公开")]))
    more = made.reports("/v/b{y}.html", (BUREAUS[0],), FEW)
    made.page("/gk/", "信息公开目录", "<script>var z=[{name:'目录',children:[{name:'政府信息公开年报',url:'/gk/nb/',children:[{name:'县教育局',url:'/gk/nb/b.html'}]}]}];</script>")
    made.page("/gk/nb/", "信息公开年报", listed(rows))
    made.page("/gk/nb/b.html", "县教育局", listed(more))
    return made.county


def tabs() -> County:
    made, rows = _made("tabs", listed([("/gk/", "政府信息公开")]))
    made.page("/gk/", "政府信息公开", "<a href=\"javascript:;\" onclick=\"loadTab(this,'/gk/inc/nb.html')\">公开年报</a><div id=c></div>")
    made.site.put("/gk/inc/nb.html", listed(rows))
    return made.county


def asked_piece() -> County:
    script = '<div id=c></div><script>$.get("/gk/inc/nb.shtml",function(d){$("#c").html(d)});$.get("/visit/count?id=3");</script>'
    made, rows = _made("asked_piece", listed([("/gk/nb/", NB)]), script)
    made.site.put("/gk/inc/nb.shtml", listed(rows))
    return made.county


def asked_data() -> County:
    made, rows = _made("asked_data", listed([("/gk/nb/", NB)]), '<div id=c></div><script>$.ajax({url:"/gk/nb.json",dataType:"json",success:draw})</script>')
    made.site.put("/gk/nb.json", json.dumps({"list": [{"title": title, "url": url} for url, title in rows]}), "application/json")
    return made.county


def kept_keys() -> County:
    made, rows = _made("kept_keys", listed([("/gk/nb/", NB)]))
    items = "".join(f'<li data-id="{url[3:7]}"><a href="javascript:void(0)">{title}</a></li>' for url, title in rows)
    made.page("/gk/nb/", "年报", f'<ul>{items}</ul><script>$("li").on("click",function(){{window.open("/v/"+$(this).data("id")+".html")}})</script>')
    return made.county


def hidden_text() -> County:
    made, rows = _made("hidden_text", listed([("/gk/nb/", NB)]))
    kept = listed(rows).replace("<", "&lt;").replace(">", "&gt;")
    made.page("/gk/nb/", "年报", f'<textarea id=d style="display:none">{kept}</textarea><script>$("#l").html($("#d").val())</script>')
    return made.county


def years_in_a_line() -> County:
    made, rows = _made("years_in_a_line", listed([("/gk/", "政务公开")]))
    line = " | ".join(f'<a href="{url}">{url[3:7]}年</a>' for url, _ in rows)
    made.page("/gk/", "政务公开", f"<h3>政府信息公开年报</h3><div>{line}</div>")
    return made.county


def marks_in_a_table() -> County:
    """Organs down, years across, a mark in each cell; below it rows that begin with their number."""
    made = Stranger("marks_in_a_table")
    made.page("/", "青溪县", listed([("/gk/nb/", NB)]))
    head = "".join(f"<th>{year}年</th>" for year in FEW)
    lines = [
        f"<tr><td>{organ}</td>" + "".join(f'<td><a href="{url}">√</a></td>' for url, _ in made.reports(f"/v/{n}{{y}}.html", (organ,), FEW)) + "</tr>"
        for n, organ in enumerate(BUREAUS[:2])
    ]
    more = [
        f'<tr><td>{n}</td><td>{BUREAUS[3]}</td><td>{year}</td><td><a href="{url}"><img src="/i/see.gif"></a></td></tr>'
        for n, (year, (url, _)) in enumerate(zip(FEW, made.reports("/v/c{y}.html", (BUREAUS[3],), FEW), strict=True))
    ]
    made.page("/gk/nb/", "年报", f"<table><tr><th>单位</th>{head}</tr>{''.join(lines)}</table><table>{''.join(more)}</table>")
    return made.county


def details_beside() -> County:
    made, rows = _made("details_beside", listed([("/gk/nb/", NB)]))
    made.page("/gk/nb/", "年报", "".join(f'<div class=row><span>{title}</span><i>2024-01-20</i><a href="{url}">[详细]</a></div>' for url, title in rows))
    return made.county


def files_of_organs() -> County:
    """One article a year; the reports of the bureaus are its attachments, called by the bureaus alone."""
    made = Stranger("files_of_organs")
    made.page("/", "青溪县", listed([("/gk/nb/", NB)]))
    rows = []
    for year in FEW:
        title, files = f"青溪县各部门{year}年政府信息公开年度报告汇总", ""
        for n, organ in enumerate(BUREAUS[:3]):
            url = f"/f/{year}{n}.doc"
            made.site.put(url, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + f"{organ}{year}".encode(), "application/msword")
            made.county.expected[url] = organ, year
            files += f'<p>附件{n + 1}：<a href="{url}">{n + 1}.{organ}.doc</a></p>'
        made.page(f"/gk/{year}.html", title, f"<p>现将全县各部门政府信息公开年度报告公布如下。</p>{files}")
        rows.append((f"/gk/{year}.html", title))
    made.page("/gk/nb/", "年报", listed(rows))
    return made.county


def moved_base() -> County:
    made, rows = _made("moved_base", listed([("/gk/nb/", NB)]))
    made.page("/gk/nb/", "年报", listed([(url[3:], title) for url, title in rows]), '<base target="_blank"><base href="../../v/">')
    return made.county


def index_only() -> County:
    """A folder that answers 403, while its index.html is there."""
    made, rows = _made("index_only", listed([("/gk/", "政务公开")]))
    made.page("/gk/", "政务公开", listed([("/gk/nb/", NB), ("/gk/nb/index.htm", "年报")]))
    made.site.pages["/gk/nb/"] = Served(b"<html>403</html>", status=403)
    made.page("/gk/nb/index.htm", "年报", listed(rows))
    return made.county


def asked_by_year() -> County:
    """A form that is posted, with nothing in it but the year."""
    made, rows = _made("asked_by_year", listed([("/nb.jsp", NB)]))
    options = "".join(f'<option value="{year}">{year}年</option>' for year in FEW)

    def answer(asked: Asked) -> Served:
        year = asked.form.get("nd", "2024")
        shown = listed([row for row in rows if row[0] == f"/v/{year}.html"])
        return Served(dressed("年报", f'<form method="post" action="/nb.jsp"><select name="nd" onchange="this.form.submit()">{options}</select></form>{shown}').encode())

    made.site.programs["/nb.jsp"] = answer
    return made.county


def left_behind() -> County:
    made, rows = _made("left_behind", listed([("/gk/", "政务公开")]))
    made.page("/gk/", "政务公开", listed([("/gk/nb/", NB), ("/gk/old/", "历史归档")]))
    made.page("/gk/nb/", "年报", listed(rows))
    made.page("/gk/old/", "历史归档", listed([("/gk/old/nb/", NB)]))
    made.page("/gk/old/nb/", "年报", listed(made.reports("/o/{y}.html", years=range(2012, 2019))))
    return made.county


def far_apart() -> County:
    """A column in which four pages of other papers stand between two reports."""
    made, rows = _made("far_apart", listed([("/gk/nb/", NB)]))
    others = [(f"/n/{number}.html", document.title) for number, document in enumerate(write_news(5, 4 * SIZE))]
    every = [*rows[:3], *others, *rows[3:]]
    count = -(-len(every) // SIZE)
    for k in range(count):
        made.page(f"/gk/nb/index{f'_{k}' if k else ''}.html", "年报", listed(every[k * SIZE : (k + 1) * SIZE]) + f'<script>createPageHTML({count}, {k}, "index", "html");</script>')
    return made.county


def chosen_by_function() -> County:
    made, rows = _made("chosen_by_function", listed([("/gk/nb/", NB)]))
    script = '<script>function go(v){ if(v==""){return;} window.location.href="/gk/nb_"+v+".html"; }</script>'
    options = "".join(f'<option value="{year}">{year}年</option>' for year in FEW)
    made.page("/gk/nb/", "年报", f'{script}<select onchange="go(this.value)"><option value="">选择年度</option>{options}</select>')
    for (row, year) in zip(rows, FEW, strict=True):
        made.page(f"/gk/nb_{year}.html", "年报", listed([row]))
    return made.county


def called_with_two() -> County:
    made = Stranger("called_with_two")
    made.page("/", "青溪县", listed([("/gk/nb/", NB)]))
    rows = made.reports("/gk/show_{y}_7.html", years=FEW)
    items = "".join(f'<li><a href="javascript:show({url[9:13]},7)">{title}</a></li>' for url, title in rows)
    made.page("/gk/nb/", "年报", f'<script>function show(id,c){{ window.open("/gk/show_"+id+"_"+c+".html"); }}</script><ul>{items}</ul>')
    return made.county


def asked_whole() -> County:
    """A list that is asked for by form and sent whole: nothing counts its pages."""
    script = '<div id=l></div><script>$.ajax({type:"POST",url:"/gk/getList.do",data:{channelId:"33"},dataType:"json",success:draw});</script>'
    made, rows = _made("asked_whole", listed([("/gk/nb/", NB)]), script)
    answer = json.dumps({"rows": [{"title": title, "url": url} for url, title in rows]}).encode()
    made.site.programs["/gk/getList.do"] = lambda asked: Served(answer, "application/json") if asked.form.get("channelId") == "33" else None
    return made.county


def asked_items() -> County:
    made, rows = _made("asked_items", listed([("/gk/nb/", NB)]), '<div id=l></div><script>$.ajax({url:"nb.xml",dataType:"xml",success:draw});</script>')
    items = "".join(f"<item><title><![CDATA[{title}]]></title><link>{url}</link></item>" for url, title in rows)
    made.site.put("/gk/nb/nb.xml", f'<?xml version="1.0" encoding="UTF-8"?><items>{items}</items>', "text/xml")
    return made.county


def text_elsewhere() -> County:
    """An article that only names its report, and a link to the text."""
    made, rows = _made("text_elsewhere", listed([("/gk/nb/", NB)]))
    for url, title in rows:
        made.page(f"/gk{url}", title, f'<h1>{title}</h1><p>请点击：<a href="{url}">查看全文</a></p>')
    made.page("/gk/nb/", "年报", listed([(f"/gk{url}", title) for url, title in rows]))
    return made.county


PAGERS: dict[str, Callable[[int, int], str]] = {
    "order": lambda k, n: f'<script>createPage("index","html",{k},{n});</script>',
    "other_name": lambda k, n: f'<script>createPageHTML2({n},{k},"index","html");</script>',
    "object": lambda k, n: f'<script>pageInit({{total:{n},current:{k},prefix:"index",ext:"html"}});</script>',
    "arrow": lambda k, n: f'<a href="index_{k + 1}.html">&gt;</a>' if k < n - 1 else "",
    "load_more": lambda k, n: f'<a href="javascript:void(0)" data-url="index_{k + 1}.html">加载更多</a>' if k < n - 1 else "",
    "button": lambda k, n: f"<input type=button value='下一页' onclick=\"location.href='index_{k + 1}.html'\">" if k < n - 1 else "",
    "icon": lambda k, n: f'<a href="index_{k + 1}.html" class="next"><i></i></a>' if k < n - 1 else "",
    "select": lambda k, n: "<select onchange='go(this)'>" + "".join(f'<option value="index{f"_{i}" if i else ""}.html">第{i + 1}页</option>' for i in range(n)) + "</select>",
    "data_page": lambda k, n: "".join(f'<a href="javascript:void(0)" data-page="{i + 1}">{i + 1}</a>' for i in range(n))
    + '<script>$("a").click(function(){var p=$(this).data("page");location.href=p==1?"index.html":"index_"+(p-1)+".html"})</script>',
    "go": lambda k, n: "".join(f'<a href="#" onclick="gotoPage({i + 1})">{i + 1}</a>' for i in range(n))
    + '<script>function gotoPage(n){ window.location = n==1 ? "index.html" : "index_" + (n-1) + ".html"; }</script>',
}


def drawn_by_question() -> County:
    made = Stranger("drawn_by_question")
    made.page("/", "青溪县", listed([("/list.do?cid=44", NB)]))
    rows = made.reports("/v/{n}{y}.html", (PLACE, *BUREAUS[:3]), FEW)

    def answer(asked: Asked) -> Served:
        at = int(asked.query.get("page") or "1")
        script = f"laypage.render({{elem:'p',count:{len(rows)},limit:{SIZE},curr:{at},jump:function(o,first){{if(!first)location.href='/list.do?cid=44&page='+o.curr;}}}});"
        return Served(dressed("年报", f"{listed(rows[(at - 1) * SIZE : at * SIZE])}<script>{script}</script>").encode())

    made.site.programs["/list.do"] = answer
    return made.county


CORNERS: tuple[Callable[[], County], ...] = (
    drawn_tree, script_menu, no_names, numbered_choice, asked_tree, nested_objects, tabs, asked_piece, asked_data, kept_keys, hidden_text,
    years_in_a_line, marks_in_a_table, details_beside, files_of_organs, moved_base, index_only, asked_by_year, left_behind, far_apart, drawn_by_question,
    chosen_by_function, called_with_two, asked_whole, asked_items, text_elsewhere,
    *(lambda name=name: _paged(name, PAGERS[name]) for name in PAGERS),
)  # fmt: skip


def said_pages() -> County:
    return _paged("said_pages", lambda k, n: f'<div>共30条记录 第{k + 1}页/共<b>{n}</b>页</div><script src="/js/l.js"></script>')


def said_rows() -> County:
    return _paged("said_rows", lambda k, n: "<div>共 30 条信息</div>")


def said_in_script() -> County:
    return _paged("said_in_script", lambda k, n: f'<script>var totalPage={n};</script><script src="/js/p.js"></script>')


def said_in_attribute() -> County:
    return _paged("said_in_attribute", lambda k, n: f'<div class="pagination" data-total="{n}"></div>')


def same_page_again() -> County:
    """The pages after the first are answered with the first."""
    made = Stranger("same_page_again")
    made.page("/", "青溪县", listed([("/nb.jsp?c=4", NB)]))
    rows = made.reports("/v/{n}{y}.html", (PLACE, *BUREAUS[:3]), FEW)
    made.site.programs["/nb.jsp"] = lambda asked: Served(dressed("年报", listed(rows[:SIZE]) + '<a href="/nb.jsp?c=4&page=2">下一页</a> 共3页').encode())
    return made.county


def empty_frame() -> County:
    made, rows = _made("empty_frame", listed([("/gk/", "政务公开")]))
    made.page("/gk/", "政务公开", listed([("/gk/a/", NB), ("/gk/b/", "部门政府信息公开年报")]))
    made.page("/gk/a/", "年报", listed(rows))
    made.page("/gk/b/", "年报", '<div id=app></div><script src="/static/app.js"></script>')
    made.reports("/b/{y}.html", (BUREAUS[0],), FEW)
    return made.county


def packed() -> County:
    """Two reports of seven are archives of a kind that is not read, one is a picture."""
    made, rows = _made("packed", listed([("/gk/nb/", NB)]))
    more = [(f"/f/{name}", f"{PLACE}{year}年政府信息公开工作年度报告") for year, name in ((2016, "16.rar"), (2017, "17.7z"), (2018, "18.jpg"))]
    for year, (url, _) in zip((2016, 2017, 2018), more, strict=True):
        made.county.expected[url] = PLACE, year
    made.page("/gk/nb/", "年报", listed([*rows, *more]))
    return made.county


def other_host() -> County:
    made, rows = _made("other_host", listed([("/gk/nb/", NB)]))
    more = [(f"http://bm.example.gov.cn/{year}.html", f"白石镇{year}年政府信息公开工作年度报告") for year in FEW]
    for year, (url, _) in zip(FEW, more, strict=True):
        made.county.expected[url] = "白石镇", year
    made.page("/gk/nb/", "年报", listed([*rows, *more]))
    return made.county


def very_far_apart() -> County:
    made, rows = _made("very_far_apart", listed([("/gk/nb/", NB)]))
    others = [(f"/n/{number}.html", document.title) for number, document in enumerate(write_news(5, 12 * SIZE))]
    every = [*rows[:3], *others, *rows[3:]]
    count = -(-len(every) // SIZE)
    for k in range(count):
        made.page(f"/gk/nb/index{f'_{k}' if k else ''}.html", "年报", listed(every[k * SIZE : (k + 1) * SIZE]) + f'<script>createPageHTML({count}, {k}, "index", "html");</script>')
    return made.county


def scripted_rows() -> County:
    made, rows = _made("scripted_rows", listed([("/gk/nb/", NB)]))
    clicks = "".join(f"<li><a href=\"javascript:view('k{n}')\">{title}</a></li>" for n, (_, title) in enumerate(rows[3:]))
    made.page("/gk/nb/", "年报", f'{listed(rows[:3])}<ul>{clicks}</ul><script src="/js/view.js"></script>')
    return made.county


def scripted_column() -> County:
    made, rows = _made("scripted_column", listed([("/gk/", "政务公开")]))
    made.page("/gk/", "政务公开", listed([("/gk/nb/", NB)]) + '<a href="javascript:openCol(12)">部门政府信息公开年报</a>')
    made.page("/gk/nb/", "年报", listed(rows))
    made.reports("/b/{y}.html", (BUREAUS[0],), FEW)
    return made.county


def own_disk() -> County:
    """The editor linked to a file on the desk's computer."""
    made, rows = _made("own_disk", listed([("/gk/nb/", NB)]))
    made.page("/gk/nb/", "年报", listed([*rows[1:], ("file:///C:/Users/admin/Desktop/2019.doc", rows[0][1])]))
    return made.county


def bare_numbers() -> County:
    """Rows of data without addresses; the page's script makes them."""
    made, rows = _made("bare_numbers", listed([("/gk/nb/", NB)]))
    made.page("/gk/nb/", "年报", '<div id=l></div><script>$.getJSON("/gk/l.json",function(d){draw(d)});</script>')
    data = [{"id": 7, "title": title} for _, title in rows[1:]] + [{"title": rows[0][1], "url": rows[0][0]}]
    made.site.put("/gk/l.json", json.dumps({"rows": data}), "application/json")
    return made.county


LAME: tuple[Callable[[], County], ...] = (
    said_pages, said_rows, said_in_script, said_in_attribute, same_page_again, empty_frame, packed, other_host, very_far_apart,
    scripted_rows, scripted_column, own_disk, bare_numbers,
)  # fmt: skip
