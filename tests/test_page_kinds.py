"""Sixty kinds of pages that a portal has beside its reports, and reports that look like none of them."""

import pytest

from parsers import Page, read_report
from parsers.kinds import read_kind

NAV = (
    '<div class="nav"><ul>'
    + "".join(f'<li><a href="/{n}/">{word}</a></li>' for n, word in enumerate(["首页", "政务公开", "政务服务", "互动交流", "走进清泉", "数据发布"]))
    + "</ul></div>"
)
SIDE = "<ul class='side'>" + "".join(
    f'<li><a href="/x{n}/">{word}</a></li>'
    for n, word in enumerate(["政府信息公开指南", "政府信息公开制度", "法定主动公开内容", "政府信息公开年报", "依申请公开"])
) + "</ul>"
FOOT = "<div class='foot'><p>主办：清泉县人民政府办公室 网站标识码：9901010001</p><p>清ICP备05000001号</p></div>"
P = "<p>{}</p>".format


def page(title, body, *, chrome=True, head=""):
    inner = f"{NAV}{SIDE}<div class='main'>{body}</div>{FOOT}" if chrome else body
    return f"<!DOCTYPE html><html><head><title>{title}</title>{head}</head><body>{inner}</body></html>".encode()


def article(name, *paragraphs, under="发布日期：2022-01-20 来源：县教育局"):
    return f"<h1>{name}</h1><p>{under}</p>" + "".join(map(P, paragraphs))


def links(*texts):
    return "<ul>" + "".join(f"<li><a href='/art/{n}.html'>{text}</a><span>2022-01-{n + 10}</span></li>" for n, text in enumerate(texts)) + "</ul>"


YEARS = [f"清泉县教育局{year}年政府信息公开工作年度报告" for year in range(2014, 2022)]
ORGANS = [f"清泉县{organ}2021年政府信息公开工作年度报告" for organ in ("教育局", "公安局", "民政局", "水利局", "审计局", "城关镇人民政府")]
NAME = "清泉县教育局2021年政府信息公开工作年度报告"
LONG = "2021年，县教育局深入贯彻落实《中华人民共和国政府信息公开条例》，扎实推进政府信息公开工作，取得了良好成效，群众满意度不断提升。" * 2
SIX = (
    "一、总体情况", "2021年，本局主动公开政府信息96条。", "二、主动公开政府信息情况", "公开规范性文件1件。", "三、收到和处理政府信息公开申请情况", "未收到申请。",
    "四、政府信息公开行政复议、行政诉讼情况", "无。", "五、存在的主要问题及改进情况", "公开不够及时，今后将加强培训。", "六、其他需要报告的事项", "无。",
)
TINY = "2012年，大岭乡主动公开政府信息25条，主要通过乡政务公开栏和村务公开栏公布。全年未收到政府信息公开申请，未收取任何费用，没有发生行政复议、行政诉讼。存在的问题是公开内容不够丰富，下一步将明确专人，加强培训，及时公开。"

REPORTS = {
    "six chapters": page(NAME, article(NAME, *SIX)),
    "a tiny township, one paragraph": page("大岭乡2012年政府信息公开工作年度报告", article("大岭乡2012年政府信息公开工作年度报告", TINY)),
    "a tiny township, no chrome": page("大岭乡2012年政府信息公开工作年度报告", article("大岭乡2012年政府信息公开工作年度报告", TINY), chrome=False),
    "a tiny township, by br": page("大岭乡2012年政府信息公开年报", "<h2>大岭乡2012年政府信息公开年报</h2><div>" + TINY.replace("。", "。<br>") + "</div>"),
    "a tiny township beside its other years": page(
        "大岭乡2012年政府信息公开工作年度报告", article("大岭乡2012年政府信息公开工作年度报告", TINY) + "<h3>相关信息</h3>" + links(*(f"大岭乡{year}年政府信息公开工作年度报告" for year in range(2008, 2014)))
    ),
    "a tiny township under a login form": page(
        "大岭乡2012年政府信息公开工作年度报告",
        "<form>用户登录<input name=u><input type=password name=p></form>" + article("大岭乡2012年政府信息公开工作年度报告", TINY),
    ),
    "a tiny township beside an empty widget": page(
        "大岭乡2012年政府信息公开工作年度报告", article("大岭乡2012年政府信息公开工作年度报告", TINY) + "<div>评论</div><div>暂无数据</div>"
    ),
    "a tiny township and its attachment": page(
        "大岭乡2012年政府信息公开工作年度报告", article("大岭乡2012年政府信息公开工作年度报告", TINY, "<a href='/a.doc'>大岭乡2012年政府信息公开工作年度报告.doc</a>")
    ),
    "a tiny township and a picture": page("大岭乡2012年政府信息公开工作年度报告", article("大岭乡2012年政府信息公开工作年度报告", "<img src='/upload/xxlan.jpg'>", TINY)),
    "a tiny organ without organ in the title": page("2012年政府信息公开工作年度报告", article("2012年政府信息公开工作年度报告", TINY.replace("大岭乡", "我乡", 1), "大岭乡人民政府", "2013年1月20日")),
    "six chapters under a login form": page(NAME, "<form>用户登录<input type=password name=p></form>" + article(NAME, *SIX)),
    "six chapters beside a list of years": page(NAME, links(*YEARS) + article(NAME, *SIX) + links(*ORGANS)),
    "with previous and next reports": page(NAME, article(NAME, *SIX) + f"<p>上一篇：<a href='1'>{ORGANS[1]}</a></p><p>下一篇：<a href='2'>{ORGANS[2]}</a></p>"),
    "with related reports below": page(NAME, article(NAME, *SIX) + "<h3>相关链接</h3>" + links(*YEARS)),
    "with an attachment of itself": page(NAME, article(NAME, *SIX) + "<p>附件：<a href='a.docx'>清泉县教育局2021年政府信息公开工作年度报告.docx</a></p>"),
    "with an interpretation linked": page(NAME, article(NAME, *SIX) + f"<p>相关解读：<a href='j.html'>{NAME}解读</a></p>"),
    "a letter that carries the report": page(f"关于公布{NAME}的公告", article(f"关于公布{NAME}的公告", "现将我局2021年政府信息公开工作年度报告公布如下：", *SIX)),
    "numbered 第一部分": page(NAME, article(NAME, *(text.replace("、", "部分 ", 1).replace("一部", "第一部", 1) if text[1:2] == "、" else text for text in SIX))),
    "chapters of 2010": page(
        "清泉县审计局2010年政府信息公开工作年度报告",
        article(
            "清泉县审计局2010年政府信息公开工作年度报告", "一、概述", "2010年，我局制定了信息公开制度。", "二、主动公开政府信息情况", "公开信息30条。",
            "三、依申请公开政府信息情况", "没有收到申请。", "四、政府信息公开的收费及减免情况", "没有收费。", "五、行政复议、诉讼和申诉情况", "无。", "六、主要问题和改进措施", "及时性不够。",
        ),
    ),
    "title only in the title tag": page(NAME, "".join(map(P, SIX))),
    "a work summary of disclosure that is the report": page(
        "清泉县审计局2011年政府信息公开工作总结",
        article(
            "清泉县审计局2011年政府信息公开工作总结", "一、概述", "2011年我局公开信息30条。", "二、主动公开政府信息情况", "公开30条。", "三、依申请公开政府信息情况", "无。",
            "四、存在的主要问题和改进措施", "继续改进。",
        ),
    ),
}

OTHERS = {
    # lists
    "list of years": ("list", page("政府信息公开年报", "<h2>政府信息公开年报</h2>" + links(*YEARS))),
    "list of organs": ("list", page("2021年度政府信息公开年报", "<h2>政府信息公开年报</h2>" + links(*ORGANS) + "<p>共6条 1/1页 首页 上一页 下一页 尾页</p>")),
    "list of two": ("list", page("政府信息公开年报", links(*YEARS[:2]))),
    "list with abstracts": (
        "list",
        page("政府信息公开年报", "".join(f"<div><h3><a href='/{n}'>{name}</a></h3><p>一、总体情况 2021年，我单位认真落实条例，主动公开政府信息{n}条，依申请公开0件…</p></div>" for n, name in enumerate(ORGANS))),
    ),
    "list with plain titles and abstracts": (
        "list",
        page("政府信息公开年报", "".join(f"<div><h3>{name}</h3><p>2021年，主动公开政府信息{n}条，未收到依申请公开，没有行政复议，未收取费用，存在的问题是不够及时…</p><a href='/{n}'>查看详情</a></div>" for n, name in enumerate(ORGANS)) + links(*YEARS)),
    ),
    "list with the abstract of the newest": (
        "list",
        page("政府信息公开年报", f"<div><h3><a href='/1'>大岭乡2012年政府信息公开工作年度报告</a></h3><p>{TINY}</p><a href='/1'>[详细]</a></div>" + links(*YEARS)),
    ),
    "list with one long abstract": ("list", page("政府信息公开年报", f"<div><a href='/1'>{YEARS[0]}</a><p>{LONG}{LONG}</p></div>" + links(*YEARS[1:]))),
    "search results": ("list", page("全文检索", "<p>为您找到相关结果约4条</p>" + "".join(f"<div><a href='/{n}'>{name}</a><p>…现将2021年政府信息公开工作情况报告如下…</p></div>" for n, name in enumerate(ORGANS[:4])))),
    "list in a table": ("list", page("信息公开年报", "<table><tr><th>序号</th><th>标题</th><th>日期</th></tr>" + "".join(f"<tr><td>{n}</td><td><a href='/{n}'>{name}</a></td><td>2022-01-20</td></tr>" for n, name in enumerate(YEARS)) + "</table>")),
    "links with title attributes cut short": ("list", page("年报", "<ul>" + "".join(f"<li><a href='/{n}' title='{name}'>{name[:9]}…</a></li>" for n, name in enumerate(YEARS)) + "</ul>")),
    # about reports
    "interpretation": ("interpretation", page(f"{NAME}解读", article(f"{NAME}解读", LONG, "全年主动公开信息96条，收到申请3件。"))),
    "infographic": ("interpretation", page(f"一图读懂{NAME}", article(f"一图读懂{NAME}", "<img src='a.jpg'>"))),
    "interpretation with the six chapters": ("interpretation", page(f"图解：{NAME}", article(f"图解：{NAME}", *SIX))),
    "news of publication": ("interpretation", page("清泉县公布2021年政府信息公开工作年度报告", article("清泉县公布2021年政府信息公开工作年度报告", "本报讯 记者昨日获悉，清泉县公布2021年政府信息公开工作年度报告。", LONG))),
    "notice that asks for reports": ("other", page("关于做好2021年政府信息公开工作年度报告编制工作的通知", article("关于做好2021年政府信息公开工作年度报告编制工作的通知", "各镇人民政府，县直各部门：", "请于2022年1月20日前报送年度报告。", LONG))),
    "evaluation of reports": ("other", page("关于2021年政府信息公开年度报告考核情况的通报", article("关于2021年政府信息公开年度报告考核情况的通报", LONG))),
    "training on reports": ("other", page("我县召开政府信息公开年度报告编制培训会", article("我县召开政府信息公开年度报告编制培训会", LONG))),
    "template": ("blank_form", page("政府信息公开工作年度报告（模板）", article("XX单位20XX年政府信息公开工作年度报告（模板）", "一、总体情况", "XXXX年，本单位……", "二、主动公开政府信息情况", "三、收到和处理政府信息公开申请情况", "六、其他需要报告的事项"))),
    # other papers
    "rule of law report": ("other_report", page("清泉县教育局2021年法治政府建设年度报告", article("清泉县教育局2021年法治政府建设年度报告", LONG, "一、主要举措和成效", LONG, "二、存在的不足和原因", "三、下一年度工作安排"))),
    "website report": ("other_report", page("清泉县政府网站工作年度报表（2021年度）", article("清泉县政府网站工作年度报表（2021年度）", "网站名称 清泉县人民政府门户网站", "独立用户访问总量（单位：个） 120000", "信息发布总数 2300"))),
    "budget": ("other", page("清泉县教育局2021年部门预算公开", article("清泉县教育局2021年部门预算公开", "一、部门基本情况", LONG, "二、收支总体情况", "三、其他需要说明的事项"))),
    "final accounts": ("other_report", page("清泉县教育局2021年度部门决算报告", article("清泉县教育局2021年度部门决算报告", "一、部门概况", LONG))),
    "statistical communique": ("other_report", page("清泉县2021年国民经济和社会发展统计公报", article("清泉县2021年国民经济和社会发展统计公报", "一、综合", LONG))),
    "key points of disclosure": ("other", page("清泉县2021年政务公开工作要点", article("清泉县2021年政务公开工作要点", "一、总体要求", LONG, "二、重点任务", "三、保障措施"))),
    "plan with chapters alike": ("other", page("清泉县2022年政务公开工作方案", article("清泉县2022年政务公开工作方案", "一、总体情况", LONG, "二、主动公开政府信息", LONG, "三、依申请公开", LONG, "四、存在的主要问题及改进措施", LONG))),
    "guide": ("other", page("清泉县教育局政府信息公开指南", article("清泉县教育局政府信息公开指南", "一、主动公开", LONG, "二、依申请公开", LONG, "三、收费标准", "四、监督投诉方式"))),
    "work report": ("other_report", page("2022年清泉县政府工作报告", article("2022年清泉县政府工作报告", "各位代表：", LONG * 4))),
    "audit report": ("other_report", page("2021年度审计工作报告", article("清泉县2021年度县级预算执行审计工作报告", LONG))),
    "environment report": ("other_report", page("清泉县2021年生态环境状况公报", article("清泉县2021年生态环境状况公报", LONG))),
    "regulation": ("other", page("中华人民共和国政府信息公开条例", article("中华人民共和国政府信息公开条例", "第一章 总则", "第一条 为了保障公民、法人和其他组织依法获取政府信息，制定本条例。", "第四十九条 县级以上人民政府部门应当在每年1月31日前向本级政府信息公开工作主管部门提交本行政机关上一年度政府信息公开工作年度报告并向社会公布。"))),
    "reply to a request": ("other", page("政府信息公开申请答复书", article("政府信息公开申请答复书", "张某某：本机关于2021年3月2日收到您提交的政府信息公开申请。经查，现答复如下：", "您申请公开的信息不存在。"))),
    "news": ("other", page("县教育局开展政务公开日活动", article("县教育局开展政务公开日活动", LONG))),
    "half a year": (
        "other_report",
        page("清泉县教育局2021年上半年政府信息公开工作总结", article("清泉县教育局2021年上半年政府信息公开工作总结", "一、总体情况", LONG, "二、主动公开情况", LONG, "三、存在的问题", LONG)),
    ),
    "a company's annual report": ("other", page("清泉县城投公司2021年年度报告", article("清泉县城投公司2021年年度报告", LONG))),
    "list as data": ("other", ("<datastore><recordset>" + "".join(f"<record><![CDATA[<li><a href='/{n}.html'>{name}</a></li>]]></record>" for n, name in enumerate(YEARS)) + "</recordset></datastore>").encode()),
    "news that names a report": ("other", page("清泉县召开会议", article("清泉县召开会议审议年度报告", LONG, "会议听取了《清泉县2021年政府信息公开工作年度报告》。", LONG))),
    # not there
    "soft 404": ("soft_404", page("404", P("对不起，您访问的页面不存在！") + "<p><a href='/'>返回首页</a></p>")),
    "deleted article": ("soft_404", page("清泉县人民政府", P("该文章已被删除"), chrome=False)),
    "soft 404 with chrome": ("soft_404", page("信息提示", P("抱歉，找不到您要的页面") + P("5秒后自动跳转到首页"))),
    "alert and back": ("soft_404", b"<html><head><title>\xe6\x8f\x90\xe7\xa4\xba</title></head><body>" + "参数错误！".encode() + b"</body></html>"),
    "server error": ("soft_404", page("服务器错误", P("“/”应用程序中的服务器错误。"), chrome=False)),
    "empty column": ("soft_404", page("政府信息公开年报", P("暂无数据"), chrome=False)),
    # guarded
    "jsl challenge": ("challenge", b"<script>document.cookie=('__jsl_clearance_s=1')+';path=/';location.href=location.pathname</script>"),
    "slider": ("challenge", page("安全验证", P("请完成安全验证，拖动滑块继续访问"), chrome=False)),
    "blocked by waf": ("challenge", page("访问被拦截", P("您的请求疑似攻击行为，已被网站防火墙拦截"), chrome=False)),
    "too frequent": ("challenge", page("提示", P("访问过于频繁，请稍后再试"), chrome=False)),
    "login": ("login", page("统一身份认证平台", "<form><input type=text name=u><input type=password name=p><button>登录</button></form>", chrome=False)),
    "please log in": ("login", page("提示", P("请先登录后查看"), chrome=False)),
    # shells
    "vue": ("empty_shell", page("清泉县人民政府", "<div id='app'></div><script src='/js/app.js'></script>", chrome=False)),
    "next": ("empty_shell", page("年报", "<div id='__next'></div>", chrome=False)),
    "report in a script": ("empty_shell", page(NAME, "<div id='content'></div><script>var c='<p>一、总体情况</p><p>2021年</p>'</script>", chrome=False)),
    "meta refresh": ("empty_shell", page("跳转", "", chrome=False, head="<meta http-equiv='refresh' content='0;url=/a.html'>")),
    "frame": ("empty_shell", page("年报", "<iframe src='/nb/list.jsp'></iframe>", chrome=False)),
    "a title and no text": ("empty_shell", page(NAME, article(NAME))),
    "nothing": ("empty_shell", b"<html><body></body></html>"),
    # elsewhere
    "pdf link": ("attachment_only", page(NAME, article(NAME, "<a href='/u/cms/2021nb.pdf'>清泉县教育局2021年政府信息公开工作年度报告.pdf</a>"))),
    "embedded pdf": ("attachment_only", page(NAME, article(NAME) + "<embed src='/files/nb2021.pdf'>")),
    "pdf viewer": ("attachment_only", page(NAME, article(NAME) + "<iframe src='/pdfjs/web/viewer.html?file=/files/nb2021.pdf'></iframe>")),
    "word by a servlet": ("attachment_only", page(NAME, article(NAME, "附件：<a href='/module/download/downfile.jsp?filename=abc.docx'>点击下载</a>"))),
    "see attachment": ("attachment_only", page(NAME, article(NAME, "详见附件。", "<a href='/P020220120.doc'>附件1</a>"))),
    "pictures": ("image_only", page(NAME, article(NAME, "<img src='/W020220120_01.jpg'>", "<img src='/W020220120_02.jpg'>"))),
    "one lazy picture": ("image_only", page(NAME, article(NAME) + "<p><img data-src='/upload/2022/nb.png'></p>")),
}


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_is_known_for_one(name):
    assert read_kind(Page(REPORTS[name], "http://www.qingquan.gov.cn/a.html")).kind == "report"
    assert read_report(Page(REPORTS[name], "http://www.qingquan.gov.cn/a.html")).verdict not in ("not_a_report", "unreadable")


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_report_is_named(name):
    kind, body = OTHERS[name]
    read = read_kind(Page(body, "http://www.qingquan.gov.cn/a.html"))
    assert read.kind == kind, read.reason
    assert read.reason


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_report_gives_no_figures(name):
    report = read_report(Page(OTHERS[name][1], "http://www.qingquan.gov.cn/a.html"))
    assert report.verdict in ("not_a_report", "unreadable")
    assert (report.cells, report.sections) == ((), ())
    assert any(finding.check.startswith("source.") for finding in report.findings)


def test_reports_of_several_years_on_one_page_make_the_year_unsure():
    body = "".join(f"<div class=tab>{article(NAME.replace('2021', str(year)), *SIX)}</div>" for year in (2021, 2020))
    report = read_report(Page(page("政府信息公开年报", body), "http://www.qingquan.gov.cn/a.html"))
    assert "year.unsure" in [finding.check for finding in report.findings]


def test_reports_of_several_organs_on_one_page_make_the_organ_unsure():
    body = article(NAME, *SIX) + article(NAME.replace("教育局", "公安局"), *SIX)
    report = read_report(Page(page("政府信息公开年报", body), "http://www.qingquan.gov.cn/a.html"))
    assert "organ.unsure" in [finding.check for finding in report.findings]


def test_neighbours_in_plain_words_are_no_second_report():
    body = article(NAME, *SIX) + "<p>上一篇</p><p>清泉县公安局2021年政府信息公开工作年度报告</p><p>清泉县民政局2020年政府信息公开工作年度报告</p>"
    report = read_report(Page(page(NAME, body), "http://www.qingquan.gov.cn/a.html"))
    assert not [finding for finding in report.findings if finding.check in ("organ.unsure", "year.unsure")]
