"""Systems whose rows come from a data address."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING

from ..content import Document, rows
from ..serving import Asked, Served
from .drawing import Entry, Style, chunks, hexes, uuid
from .files import Ucap, column_number

if TYPE_CHECKING:
    from ..county import Plan


def _json(value: object) -> Served:
    return Served(json.dumps(value, ensure_ascii=False).encode(), "application/json;charset=UTF-8")


def _int(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdigit() else otherwise


class _Rows(Style):
    """Keeps the entries of every list for the program that answers for all of them."""

    def __init__(self) -> None:
        self.entries: dict[str, list[Entry]] = {}


class UcapJson(_Rows, Ucap):
    """The list page is a shell; /common/search/<channel> has the rows, at most 20 at a time."""

    name = "ucap_json"

    def put_list(self, plan: Plan, key: str, title: str, entries: list[Entry], extra: str) -> str:
        channel = hexes(key)
        self.entries[channel] = entries
        main = (
            f'<h2>{title}</h2>{extra}<ul class="pageList newsList"></ul><script>var channelId = "{channel}";'
            f"$.get('/common/search/' + channelId + '?_isAgg=true&_isJson=true&_pageSize=20&_template=index&page=' + n)</script>"
        )
        plan.put(self.list_address(key, 0, 1), title, main)
        plan.county.site.programs[f"/common/search/{channel}"] = lambda asked: self._search(channel, asked)
        return self.list_address(key, 0, 1)

    def _search(self, channel: str, asked: Asked) -> Served:
        size, number = min(_int(asked.query.get("_pageSize"), 20), 20), _int(asked.query.get("page"), 1)
        found = self.entries[channel][(number - 1) * size : number * size]
        results = [{"title": t, "url": url, "publishedTimeStr": str(day)} for url, t, day in found]
        return _json({"data": {"total": len(self.entries[channel]), "rows": size, "results": results}})


class Hanweb(_Rows):
    """JCMS: a datastore with the first rows, a proxy by GET that cuts perpage at 30."""

    name = "hanweb"
    container = "<!--ZJEG_RSS.content.begin-->{}<!--ZJEG_RSS.content.end-->"
    proxy = "/module/web/jpage/dataproxy.jsp"
    cap = 30
    shown = 6

    def page_address(self, key: str) -> str:
        return f"/col/col{column_number('p' + key)}/index.html"

    def list_address(self, key: str, number: int, total: int) -> str:
        return f"/col/col{column_number(key)}/index.html"

    def article(self, key: str, document: Document, serial: int) -> str:
        day = document.day
        return f"/art/{day.year}/{day.month}/{day.day}/art_{column_number(key)}_{serial}.html"

    def put_list(self, plan: Plan, key: str, title: str, entries: list[Entry], extra: str) -> str:
        column = str(column_number(key))
        self.entries[column] = entries
        records = "".join(f"<record><![CDATA[{rows([entry])}]]></record>" for entry in entries[: self.shown])
        main = (
            f'<h2>{title}</h2>{extra}<div id="u{column}"><script type="text/xml"><datastore><totalrecord>{len(entries)}</totalrecord>'
            f"<recordset>{records}</recordset></datastore></script></div>{self.call(column, len(entries))}"
        )
        plan.put(self.list_address(key, 0, 1), title, main)
        plan.county.site.programs[self.proxy] = self.answer
        return self.list_address(key, 0, 1)

    def call(self, column: str, total: int) -> str:
        return (
            f"<script>$('#u{column}').jpage({{perPage:{self.shown}, totalRecord:{total}, proxyUrl:'{self.proxy}', dataParam:{{col:1, appid:1, "
            f"webid:3871, path:'/', columnid:{column}, sourceContentType:1, unitid:'u{column}', webname:'青溪县', permissiontype:0}}}})</script>"
        )

    def answer(self, asked: Asked) -> Served:
        query = {**asked.query, **asked.form}
        entries = self.entries.get(query.get("columnid", ""), [])
        if query.get("webid") != "3871" or query.get("unitid") != f"u{query.get('columnid')}":
            return Served(b"", "text/xml;charset=UTF-8")
        start = _int(query.get("startrecord"), 1)
        end = min(_int(query.get("endrecord"), start), start + self.cap - 1)
        return self.xml(entries[start - 1 : end], len(entries))

    def xml(self, entries: list[Entry], total: int) -> Served:
        records = "".join(f"<record><![CDATA[{rows([entry])}]]></record>" for entry in entries)
        text = f"<?xml version='1.0' encoding='UTF-8'?><datastore><totalrecord>{total}</totalrecord><recordset>{records}</recordset></datastore>"
        return Served(text.encode(), "text/xml;charset=UTF-8")


class HanwebPost(Hanweb):
    """The other proxy: by POST, looks at `page` only, refuses whoever sends no Referer."""

    name = "hanweb_post"
    proxy = "/module/jpage/dataproxy.jsp"

    def call(self, column: str, total: int) -> str:
        return super().call(column, total).replace("proxyUrl", "type:'post', proxyUrl")

    def answer(self, asked: Asked) -> Served:
        form, size = {**asked.query, **asked.form}, min(_int(asked.query.get("perpage"), 15), 15)
        if asked.method != "POST" or "/col/col" not in asked.headers.get("referer", "") or "columnid" not in asked.form:
            return Served(b"", "text/xml")
        entries = self.entries.get(form["columnid"], [])
        number = _int(form.get("page"), 1)
        return self.xml(entries[(number - 1) * size : number * size], len(entries))


class HanwebSearch(Hanweb):
    """The xxgk tree: POST /module/xxgk/search.jsp by column; the answer holds rows of other columns, too."""

    name = "hanweb_search"

    def put_list(self, plan: Plan, key: str, title: str, entries: list[Entry], extra: str) -> str:
        column = str(column_number(key))
        self.entries[column] = entries
        main = (
            f'<h2>{title}</h2>{extra}<div id="div{column}"></div><form name="searchform" action="/module/xxgk/search.jsp">'
            f"</form><script>var jdid = '3871'; var area = '11510199MB'; var infotypeId = '{hexes(key, 6)}'; var divid = 'div{column}'; "
            "$.post('/module/xxgk/search.jsp?standardXxgk=1&isAllList=1&texttype=&fbtime=&vc_all=&vc_filenumber=&vc_title=&vc_number=&currpage=1&sortfield=', "
            "{infotypeId: infotypeId, jdid: jdid, area: area, divid: divid});</script>"
        )
        plan.put(self.list_address(key, 0, 1), title, main)
        plan.county.site.programs["/module/xxgk/search.jsp"] = self.answer
        return self.list_address(key, 0, 1)

    def answer(self, asked: Asked) -> Served:
        form = {**asked.query, **asked.form}
        entries = self.entries.get(form.get("divid", "").removeprefix("div"))
        if asked.method != "POST" or entries is None or form.get("jdid") != "3871" or not form.get("infotypeId"):
            return Served(b"")
        pages, number = chunks(entries, 15), _int(form.get("currpage"), 1)
        page = pages[number - 1] if number <= len(pages) else []
        body = "".join(
            f'<tr class="tr_main_value_{"odd" if n % 2 else "even"}"><td><a class="bt_link" href="{escape(url)}" title="{t}">{t}</a></td><td>{day}</td></tr>'
            for n, (url, t, day) in enumerate(page)
        )
        return Served(f"<table>{body}</table><div>共{len(entries)}条 共{len(pages)}页 第{number}页</div>".encode())


class Jpaas(_Rows):
    name = "jpaas"
    unit = "/api-gateway/jpaas-publish-server/front/page/build/unit"

    def list_address(self, key: str, number: int, total: int) -> str:
        return f"/zwgk/{key}/index.html"

    def article(self, key: str, document: Document, serial: int) -> str:
        return f"/zwgk/{key}/art/{document.day.year}/art_{hexes(serial)}.html"

    def put_list(self, plan: Plan, key: str, title: str, entries: list[Entry], extra: str) -> str:
        self.entries[hexes(key)] = entries
        asked = f'{{"parseType":"bulidstatic","webId":"{hexes("web")}","tplSetId":"{hexes("tpl")}","pageType":"column","tagId":"信息列表","editType":"null","pageId":"{hexes(key)}"}}'
        main = f"<h2>{title}</h2>{extra}<div url=\"{self.unit}\" queryData='{asked}'></div>"
        plan.put(self.list_address(key, 0, 1), title, main)
        plan.county.site.programs[self.unit] = self.answer
        return self.list_address(key, 0, 1)

    def answer(self, asked: Asked) -> Served:
        query = asked.query
        entries = self.entries.get(query.get("pageId", ""), [])
        try:
            page = json.loads(query.get("paramJson") or '{"pageNo":1,"pageSize":15}')
        except ValueError:
            return _json({"data": None})
        size, number = min(int(page["pageSize"]), 15), int(page["pageNo"])
        html = "<ul>" + rows(entries[(number - 1) * size : number * size]) + "</ul>"
        return _json({"success": True, "data": {"html": html + f'<div totalrecord="{len(entries)}"></div>'}})


class Gkmlpt(_Rows):
    """Guangdong: the annual-report page is a shell, the rows come a hundred at a time."""

    name = "gkmlpt"
    layouts = ("flat",)

    def list_address(self, key: str, number: int, total: int) -> str:
        return f"/qxx/{key}/index.html" if key != "zfxxgknb" else f"/gkmlpt/annualreport#{column_number(key)}"

    def article(self, key: str, document: Document, serial: int) -> str:
        if key != "zfxxgknb":
            return f"/qxx/{key}/content/post_{serial}.html"
        return f"/gkmlpt/content/{serial // 1_000_000}/{serial // 1000}/post_{serial}.html"

    def put_list(self, plan: Plan, key: str, title: str, entries: list[Entry], extra: str) -> str:
        if key != "zfxxgknb":
            plan.put(self.list_address(key, 0, 1), title, f"<h2>{title}</h2>{extra}<ul>{rows(entries)}</ul>")
            return self.list_address(key, 0, 1)
        number = str(column_number(key))
        self.entries[number] = entries
        script = f"<script>window._CONFIG = {{SID: '758038', TREE: [{{\"id\": {number}, \"name\": \"政府信息公开年报\"}}]}}</script>"
        plan.put("/gkmlpt/annualreport", title, '<div id="app"></div>' + script)
        plan.county.site.programs[f"/gkmlpt/api/all/{number}"] = lambda asked: self.answer(number, asked)
        return self.list_address(key, 0, 1)

    def answer(self, number: str, asked: Asked) -> Served | None:
        if asked.query.get("sid") != "758038":
            return None
        page, entries = _int(asked.query.get("page"), 1), self.entries[number]
        articles = [
            {"id": n, "title": t, "publisher": "青溪县", "url": f"http://www.qingxi.gov.cn{url}", "display_publish_time": 1}
            for n, (url, t, _) in enumerate(entries[(page - 1) * 50 : page * 50])
        ]
        return _json({"articles": articles, "total": len(entries)})


class Truecms(_Rows):
    """JSONP whose `result` is XML; ten rows at a time; nothing without a Referer."""

    name = "truecms"

    def list_address(self, key: str, number: int, total: int) -> str:
        return f"/qxsrmzf/{key}/{key}.html"

    def article(self, key: str, document: Document, serial: int) -> str:
        return f"/qxsrmzf/{key}/content/{uuid(serial)}.html"

    def put_list(self, plan: Plan, key: str, title: str, entries: list[Entry], extra: str) -> str:
        column = uuid(key)
        self.entries[column] = entries
        main = (
            f'<h2>{title}</h2>{extra}<div id="list"></div><script>var columnId = "{column}"; var contentTemplate = "li_1";'
            "$.ajax({url: '/TrueCMS/messageController/getMessage.do', dataType: 'jsonp'})</script>"
        )
        plan.put(self.list_address(key, 0, 1), title, main)
        plan.county.site.programs["/TrueCMS/messageController/getMessage.do"] = self.answer
        return self.list_address(key, 0, 1)

    def answer(self, asked: Asked) -> Served | None:
        entries = self.entries.get(asked.query.get("columnId", ""))
        if entries is None or "/qxsrmzf/" not in asked.headers.get("referer", ""):
            return None
        start = _int(asked.query.get("startrecord"), 1)
        records = "".join(f"<record><![CDATA[{rows([entry])}]]></record>" for entry in entries[start - 1 : start + 9])
        xml = f"<datastore><totalrecord>{len(entries)}</totalrecord><recordset>{records}</recordset></datastore>"
        text = f"jsonp1({json.dumps({'success': True, 'result': xml}, ensure_ascii=False)})"
        return Served(text.encode(), "application/javascript;charset=UTF-8")


class TruecmsInit(Truecms):
    """The data address is gone; the first rows stand in the page."""

    name = "truecms_init"
    layouts = ("years",)

    def put_list(self, plan: Plan, key: str, title: str, entries: list[Entry], extra: str) -> str:
        records = "".join(f"<record><![CDATA[{rows([entry])}]]></record>" for entry in entries[:60])
        main = f'<h2>{title}</h2>{extra}<div id="initData" style="display:none">{records}</div><script>var columnId = "{uuid(key)}"</script>'
        plan.put(self.list_address(key, 0, 1), title, main)
        return self.list_address(key, 0, 1)


class Epoint(_Rows):
    name = "epoint"
    first = 0
    rest = "/EWB-FRONT/rest/lightfrontaction/getgovinfolist"

    def list_address(self, key: str, number: int, total: int) -> str:
        return f"/zwgk/{key}/moreinfo.html"

    def category(self, key: str) -> str:
        return f"{column_number(key)}001"

    def article(self, key: str, document: Document, serial: int) -> str:
        return f"/zwgk/{key}/{document.day:%Y%m%d}/{uuid(serial)}.html"

    def guid(self, plan: Plan) -> str:
        return f'var siteGuid = "{uuid("site")}";'

    def put_list(self, plan: Plan, key: str, title: str, entries: list[Entry], extra: str) -> str:
        self.entries[self.category(key)] = entries
        main = (
            f'<h2>{title}</h2>{extra}<ul id="infolist"></ul><script>{self.guid(plan)} var categorynum = "{self.category(key)}"; var pageIndex = {self.first};'
            f"ajax('{self.rest}', {{deptcode: '', categorynum: categorynum, pageIndex: pageIndex, pageSize: 20, siteGuid: siteGuid}})</script>"
        )
        plan.put(self.list_address(key, 0, 1), title, main)
        plan.county.site.programs[self.rest] = self.answer
        return self.list_address(key, 0, 1)

    def answer(self, asked: Asked) -> Served | None:
        try:
            sent = json.loads(asked.body)
        except ValueError:
            return None
        sent = sent.get("params", sent)
        entries = self.entries.get(sent.get("categorynum", ""))
        if asked.method != "POST" or entries is None or sent.get("siteGuid") != uuid("site"):
            return _json({"custom": {"data": [], "total": 0}})
        size, number = min(int(sent["pageSize"]), 50), int(sent["pageIndex"]) - self.first
        found = [{"infourl": url, "realtitle": t, "infodate": str(day)} for url, t, day in entries[number * size : (number + 1) * size]]
        return _json({"custom": {"data": found, "total": len(entries)}})


class EpointScript(Epoint):
    """The site's guid stands in /js/webBuilderCommon.js; pages are counted from 1."""

    name = "epoint_script"
    first = 1

    def guid(self, plan: Plan) -> str:
        site = plan.county.site
        if "/js/webBuilderCommon.js" not in site.pages:
            site.put("/js/webBuilderCommon.js", f"var webBuilderConfig = {{siteGuid: '{uuid('site')}', root: '/'}};", "application/javascript")
        return '</script><script src="/js/webBuilderCommon.js"></script><script>'
