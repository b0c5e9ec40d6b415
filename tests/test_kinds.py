"""What a page is: a report by what it contains, and everything that only looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import Page, read_report
from parsers.kinds import read_kind
from tests.pages import compose
from tests.seeds import SEEDS, needs_seeds

TITLE = "云岭县青山镇人民政府2022年政府信息公开工作年度报告"
NAV = '<div><a href="/">首页</a> <a>政务公开</a></div><div>当前位置：<a>首页</a> &gt; <a>年报</a></div>'
FOOT = "<div>主办：云岭县人民政府</div><div>网站标识码：5304270001</div>"
LINKS = "".join(f'<li><a href="/t{year}.html" title="青山镇{year}年政府信息公开工作年度报告">青山镇{year}年政府信息公开...</a><span>{year + 1}-01-20</span></li>' for year in range(2016, 2023))
CHAPTERS = ["一、总体情况", "二、主动公开政府信息情况", "三、收到和处理政府信息公开申请情况", "四、政府信息公开行政复议、行政诉讼情况", "五、存在的主要问题及改进情况", "六、其他需要报告的事项"]
PROSE = "2022年，青山镇认真贯彻条例，主动公开政府信息126条，没有收到依申请公开，没有收费，未发生行政复议和行政诉讼。存在的问题是人员不足，下一步将加强培训，及时更新内容，方便群众查询，确保公开质量，落实工作责任，健全各项制度，按照要求做好各项工作，推动政务公开再上新台阶，更好服务群众。"
BLANK_ROWS = "".join(f"<tr><td>{label}</td>{'<td></td>' * 7}</tr>" for label in ("一、本年新收政府信息公开申请数量", "二、上年结转政府信息公开申请数量", "1.属于国家秘密", "四、结转下年度继续办理"))


def page(title, inner):
    return f"<html><head><title>{title}_云岭县人民政府</title></head><body>{NAV}{inner}{FOOT}</body></html>"


def article(title, *paragraphs):
    return page(title, f"<h1>{title}</h1>" + "".join(f"<p>{text}</p>" for text in paragraphs))


def chapters(text="{}"):
    return "".join(f"<p>{text.format(name)}</p><p>按照要求认真落实，及时更新内容。</p>" for name in CHAPTERS)


KINDS = {
    "list": [
        page("政府信息公开年报", f"<ul>{LINKS}</ul>"),
        page("政府信息公开年报", f"<ul>{LINKS.replace('.html', '.pdf')}</ul>"),
        page("政府信息公开年报", f"<ul>{LINKS}</ul><div>热点：暂无数据</div>"),
        page("政府信息公开年报", "<ul><li><a href='1.html'>青山镇2022年政府信息公开工作年度报告</a></li></ul>"),
        page("部门年报", "".join(f"<a href='/{name}/'>{name}2022年政府信息公开工作年度报告</a>" for name in ("财政局", "教育局", "民政局"))),
    ],
    "interpretation": [
        article("《云岭县2022年政府信息公开工作年度报告》解读", "近日，云岭县发布了报告。一是主动公开方面，公开信息120条。二是依申请公开方面，收到申请3件。行政复议0件。存在的问题如下。"),
        page("一图读懂云岭县2022年政府信息公开工作年度报告", "<h1>一图读懂云岭县2022年政府信息公开工作年度报告</h1><img src='/W020230101.jpg'>"),
        article("云岭县发布2022年政府信息公开工作年度报告", "本网讯 1月20日，云岭县发布年度报告。报告显示，全年主动公开信息120条，受理依申请公开3件，行政复议0件。"),
    ],
    "other_report": [
        article("云岭县2022年法治政府建设年度报告", "一、总体情况", "推进法治政府建设。", "二、主动公开情况", "公开30条。", "三、行政复议、行政诉讼情况", "3件。", "四、存在的主要问题", "执法队伍不强，需要加强培训。"),
        article("政府网站工作年度报表（2022年度）", "填报单位：云岭县人民政府办公室", "信息发布总数1200条。"),
        article("云岭市住房公积金2022年年度报告", "一、机构概况", "住房公积金管理委员会有24名委员。"),
        article("云岭县财政局2022年度部门决算公开报告", "第一部分 部门概况。主要职能。"),
    ],
    "blank_form": [
        page("政府信息公开工作年度报告模板", f"<h1>政府信息公开工作年度报告（模板）</h1>{chapters()}<table>{BLANK_ROWS}</table>"),
        page("____年政府信息公开工作年度报告", f"<h1>____（单位名称）____年政府信息公开工作年度报告</h1>{chapters()}<table>{BLANK_ROWS}</table>"),
        page("XX镇20XX年政府信息公开工作年度报告", f"<h1>XX镇20XX年政府信息公开工作年度报告</h1>{chapters()}<p>20XX年，XX镇共公开信息XX条。</p><table>{BLANK_ROWS}</table>"),
    ],
    "attachment_only": [
        page(TITLE, f"<h1>{TITLE}</h1><p>发布时间：2023-01-20</p><p>附件：<a href='./P020230120.pdf'>{TITLE}.pdf</a></p>"),
        page(TITLE, f"<h1>{TITLE}</h1><p>请点击：<a href='/module/download/downfile.jsp?classid=0&filename=abc.docx'>年度报告</a></p>"),
    ],
    "image_only": [page(TITLE, f"<h1>{TITLE}</h1><div><p><img src='./W020230120334.jpg'></p></div><img src='/images/logo.png'>")],
    "soft_404": [
        page("404", "<p>抱歉，您访问的页面不存在或已被删除！</p>"),
        "<html><head><title>云岭县人民政府</title></head><body><h2>Not Found</h2></body></html>",
        page(TITLE, f"<h1>{TITLE}</h1><p>该信息已删除</p>"),
    ],
    "challenge": [
        "<script>document.cookie=('_')+('_jsl_clearance')+'=1;path=/';location.href=location.pathname</script>",
        '<!DOCTYPE html><html><head><script>$_ts=window["$_ts"];if(!$_ts)$_ts={};</script><script src="/x.js"></script></head><body></body></html>',
        "<html><head><title>访问被拦截</title></head><body><h1>您的访问疑似攻击行为，已被网站防火墙拦截</h1></body></html>",
        "<html><body><p>请完成滑动验证后继续访问</p></body></html>",
    ],
    "login": [page("登录", "<form><input name='u'><input type='password' name='p'><button>登录</button></form>")],
    "empty_shell": [
        "",
        '<html><head><title>云岭县人民政府</title></head><body><div id="app"></div><script src="/app.js"></script></body></html>',
        f'<html><head><title>{TITLE}</title></head><body><script>var data={{"content":"<p>一、总体情况</p>"}}</script></body></html>',
        "<script>window.location.href='/zwgk/';</script>",
        page(TITLE, f"<h1>{TITLE}</h1><div id='zoom'></div>"),
        page(TITLE, f"<h1>{TITLE}</h1>" + "".join(f"<p>{name}</p>" for name in CHAPTERS)),
    ],
    "other": [
        article("关于做好2022年政府信息公开工作年度报告编制工作的通知", "请于2023年1月15日前报送，内容包括主动公开情况、依申请公开情况、行政复议、存在的问题。"),
        article("关于做好2022年政府信息公开工作年度报告编制发布工作的通知", "请于2023年1月15日前报送。") + "<p>下一篇：《云岭县政策》解读</p>",
        article("县长调研政务公开工作", "1月5日，县长调研政务公开工作，强调要主动公开政府信息，规范依申请公开。"),
        article("云岭县政府信息公开指南", "一、主动公开", "公开范围包括机构职能等内容。", "二、依申请公开", "可以申请获取政府信息。", "三、监督和救济（投诉举报、行政复议、诉讼）", "可以举报。"),
        page("云岭县", "".join(f"<a href='{number}'>县委常委会召开会议研究部署重点工作{number}</a>" for number in range(30))),
    ],
    "report": [
        article(TITLE, *(text for name in CHAPTERS for text in (name, "按照要求认真落实，及时更新内容。"))),
        article("青山镇2010年政府信息公开年度报告", PROSE),
        page(TITLE, f"<h1>{TITLE}</h1>{chapters()}<ul>{LINKS}</ul>"),
        article("青山镇政府信息公开工作年度报告", *(text for name in CHAPTERS for text in (name, "按照要求认真落实，及时更新。")), "xx村、××社区公开信息。"),
    ],
}
CASES = [(kind, number) for kind, pages in KINDS.items() for number in range(len(pages))]


@pytest.mark.parametrize(("kind", "number"), CASES)
def test_a_page_is_what_it_contains(kind, number):
    read = read_kind(Page(KINDS[kind][number].encode(), "http://www.yunling.gov.cn/a.html"))
    assert read.kind == kind, read.reason
    assert read.reason


@pytest.mark.parametrize("form", ["2019", "2021", "2014", "2008"])
@pytest.mark.parametrize("shape", ["plain", "div", "br", "layout", "word", "loose", "pipes", "no-year", "blank"])
def test_a_composed_report_is_a_report(form, shape):
    if shape == "div":
        shape = "broken"
    composed = compose(form, shape, unique=False, year={"2008": 2010, "2014": 2016}.get(form))
    assert read_kind(Page(composed.body)).kind == "report"


def test_a_filled_report_that_speaks_of_a_template_is_a_report():
    composed = compose("2021", "plain", unique=False)
    html = composed.html.replace("一、总体情况", "一、总体情况</p><p>按照××办公室的格式和模板，XX村、YY村认真落实。", 1)
    assert read_kind(Page(f"<html><body>{html}</body></html>".encode())).kind == "report"


@pytest.mark.parametrize("body", [b"%PDF-1.5 x", b"PK\x03\x04\x00\x00", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00"])
def test_a_file_is_not_a_page(body):
    assert read_kind(Page(body, media_type="text/html")).kind == "unreadable"


def test_what_is_no_report_gets_no_figures():
    for kind in ("list", "interpretation", "challenge", "blank_form"):
        report = read_report(Page(KINDS[kind][0].encode(), "http://www.yunling.gov.cn/a.html"))
        assert report.cells == ()
        assert report.verdict in ("not_a_report", "unreadable")


@given(st.text(alphabet="<>/ap divtitle一、总体情况年度报告公开2020\n&;", max_size=120))
def test_no_page_raises(text):
    assert read_kind(Page(text.encode())).kind


@needs_seeds
def test_real_reports_are_reports():
    for path in SEEDS.glob("*.txt"):
        assert read_kind(Page(path.read_bytes(), path.name, "text/plain")).kind == "report"


DATED = "".join(f"<li><a href='{year}.html'>{year}年政府信息公开工作年度报告</a><span>{year + 1}-01-20</span></li>" for year in range(2015, 2024))
TERSE = ["一、概述", "2016年，我镇公开信息56条。", "二、主动公开情况", "主动公开56条。", "三、依申请公开情况", "未收到申请。", "四、存在的问题和改进措施", "人员不足。"]


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        (page("政府信息公开年报", f"<ul>{DATED}</ul>"), "list"),
        (page("政府信息公开年报", "<a href='/1/'>民政局</a> <a href='/2/'>教育局</a>"), "other"),
        (article("石桥镇2016年政府信息公开年度报告", *TERSE), "report"),
        (article("数说清泉县2022年政府信息公开工作年度报告", "报告显示，主动公开信息1200条，收到申请5件，行政复议0件。"), "interpretation"),
        (page("提示", "<p>系统提示：文章已下架</p>"), "soft_404"),
        (page("提示", "<p>您浏览的网页暂时不能显示，可能已被移除。</p>"), "soft_404"),
        ("<html><head><title>网站防火墙</title></head><body><h2>您的请求带有不合法参数，已被网站管理员设置拦截！</h2></body></html>", "challenge"),
        ("<html><body>您的浏览器不支持或禁用了JavaScript，请启用后刷新</body></html>", "challenge"),
    ],
)
def test_kinds_that_were_mistaken(source, kind):
    assert read_kind(Page(source.encode())).kind == kind


@pytest.mark.parametrize(
    "neighbours",
    [
        "<p>上一篇：<a href=/1.html>清水县水利局2021年政府信息公开工作年度报告</a></p><p>下一篇：<a href=/3.html>清水县水利局2023年政府信息公开工作年度报告</a></p>",
        "<li><span>上一条</span><a href=/1.html title=清水县水利局2021年政府信息公开工作年度报告>清水县水利局2021…</a></li>"
        "<li><span>下一条</span><a href=/3.html title=清水县水利局2023年政府信息公开工作年度报告>清水县水利局2023…</a></li>",
        "<div><a href=/1.html>上一篇：清水县水利局2021年政府信息公开工作年度报告</a><a href=/3.html>下一篇：清水县水利局2023年政府信息公开工作年度报告</a></div>",
    ],
)
def test_an_article_that_leads_to_its_neighbours_is_no_list(neighbours: str) -> None:
    title = "清水县水利局2022年政府信息公开工作年度报告"
    head = f"<html><head><title>{title}</title></head><body><h1>{title}</h1>"
    picture = head + "<div><p><img src=/upload/1.jpg width=800></p></div>" + neighbours + "</body></html>"
    attached = head + f"<p>附件：<a href=/upload/1.docx>{title}.docx</a></p>" + neighbours + "</body></html>"
    assert read_kind(Page(picture.encode())).kind == "image_only"
    assert read_kind(Page(attached.encode())).kind == "attachment_only"


@pytest.mark.parametrize("words", ["上一篇：", "【下一篇】", "前一条: "])
def test_a_report_of_one_paragraph_is_one_beside_its_neighbours_too(words: str) -> None:
    title = "清水县石桥镇人民政府2020年政府信息公开工作年度报告"
    text = (
        "2020年，我镇认真贯彻落实《中华人民共和国政府信息公开条例》，全年主动公开政府信息120条，未收到依申请公开政府信息的申请，"
        "未发生因政府信息公开引起的行政复议、行政诉讼。目前仍存在公开不够及时等问题，下一步将加强人员培训，不断提高公开质量。"
    )
    html = f"<h1>{title}</h1><div><p>{text}</p></div><p>{words}<a href=/1.html>清水县水利局2020年政府信息公开工作年度报告</a></p>"
    report = read_report(Page(f"<html><body>{html}</body></html>".encode(), "http://www.qingshui.gov.cn/a.html"))
    assert (report.verdict, report.organ, report.year) == ("partial", "清水县石桥镇人民政府", 2020)
    assert report.preamble == text
