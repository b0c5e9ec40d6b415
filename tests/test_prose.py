"""What the prose says against what the tables say: where it may speak, and where it must be silent."""

import pytest

from parsers.model import Cell, Section
from parsers.prose import check_prose
from tests.pages import checks, compose, read

_VALUES = {
    "requests.new.total": 12,
    "requests.carried_in.total": 1,
    "requests.granted.total": 5,
    "requests.partly_granted.total": 2,
    "requests.denied.state_secret.total": 1,
    "requests.denied.third_party.total": 1,
    "requests.unavailable.not_held.total": 1,
    "requests.rejected.repeated.total": 1,
    "requests.other.rest.total": 1,
    "requests.total.total": 12,
    "requests.carried_out.total": 1,
    "proceedings.reconsideration.total": 2,
    "proceedings.reconsideration.upheld": 1,
    "proceedings.reconsideration.corrected": 1,
    "proceedings.reconsideration.pending": 0,
    "proceedings.litigation_direct.total": 1,
    "proceedings.litigation_direct.pending": 0,
    "proceedings.litigation_after_reconsideration.total": 0,
    "proceedings.litigation_after_reconsideration.pending": 0,
    "disclosure.normative_documents.issued": 3,
    "disclosure.normative_documents.repealed": 1,
    "disclosure.normative_documents.in_force": 20,
    "disclosure.licensing.decisions": 1204,
    "disclosure.penalties.decisions": 30,
    "disclosure.compulsion.decisions": 0,
}
_CELLS = [Cell(key, value, str(value), "number", "件", None) for key, value in _VALUES.items()]


def _found(text, chapter="overview", scope="own", year=2023, cells=_CELLS):
    """(the table's figure, the prose's) of every disagreement."""
    return [(f.expected, f.found) for f in check_prose([Section(chapter, "", text)], cells, scope, year=year)]


@pytest.mark.parametrize(
    ("text", "disagreements"),
    [
        ("2023年，我局共收到政府信息公开申请15件。", [(12, 15)]),
        ("全年未收到政府信息公开申请。", [(12, 0)]),
        ("2023年没有收到公民、法人和其他组织提出的政府信息公开申请。", [(12, 0)]),
        ("收到依申请公开申请十五件，均按期答复。", [(12, 15)]),
        ("受理政府信息公开申请1,205件", [(12, 1205)]),
        ("2023年度本机关收到15件政府信息公开申请。", [(12, 15)]),
        ("（二）依申请公开情况。全年共受理依申请公开15宗，上年结转3件。", [(12, 15), (1, 3)]),
        ("本年度办结申请20件，予以公开6件，部分公开2件，不予公开2件。", [(12, 20), (5, 6)]),
        ("2023年作出行政许可1024件，行政处罚决定30件。", [(1204, 1024)]),
        ("办理行政处罚案件31件。", [(30, 31)]),
        ("全年制发规范性文件4件，废止规范性文件1件，现行有效规范性文件20件。", [(3, 4)]),
        ("未制定行政规范性文件。", [(3, 0)]),
        ("无依申请公开事项。", [(12, 0)]),
        ("2023年，依申请公开0件。", [(12, 0)]),
        ("收到信息公开申请两件。", [(12, 2)]),
        ("今年没有接到任何单位和个人的信息公开申请。", [(12, 0)]),
        ("申请结转下年度继续办理3件。", [(1, 3)]),
        ("收到申请12件，其中当面申请8件、网上申请6件。", [(14, 12)]),
        ("2023年，新收到政府信息公开申请16件，较上年增加3件。", [(12, 16)]),
        ("全年收到政府信息公开申请 15 件，同比增长20%。", [(12, 15)]),
        ("公开信息100条，其中政策类50条，动态类60条。", [(110, 100)]),
        ("主动公开政府信息30条（其中机构类20条、财政类15条）。", [(35, 30)]),
        ("全年共收到群众提交的政府信息公开申请１５件", [(12, 15)]),
        ("依申请公开方面，2023年度收到申请15件（其中网络申请15件）。", [(12, 15)]),
        ("我街道2023年未收到依申请公开事项。", [(12, 0)]),
        ("2023年度，全年共接到政府信息公开申请0件", [(12, 0)]),
        ("本机关2023年度办结政府信息公开申请20件，含上年结转1件", [(12, 20)]),
        ("全年受理依申请公开政府信息15件，已全部办结。", [(12, 15)]),
    ],
)
def test_prose_that_differs_from_the_table_is_noticed(text, disagreements):
    assert _found(text) == disagreements


@pytest.mark.parametrize(
    "text",
    [
        "2023年，我局共收到政府信息公开申请12件。",
        "共收到申请十二件。",
        "共收到申请13件（含上年结转1件）。",
        "2022年收到政府信息公开申请5件，2023年收到12件。",
        "较上年增加5件。",
        "全县共收到政府信息公开申请150件。",
        "收到12345热线工单300件。",
        "收到咨询电话15次，未收到书面申请。",
        "收到政府信息公开申请15件以下。",
        "受理依申请公开事项的部门有3个。",
        "不予受理政府信息公开申请3件。",
        "全年收到群众来信15件。",
        "收到申请约15件。",
        "收到政府信息公开申请15余件。",
        "一季度收到政府信息公开申请3件。",
        "网上收到政府信息公开申请3件。",
        "收到网上申请3件。",
        "未收到要求减免费用的申请。",
        "未收到法院不予立案的申请。",
        "收到政府信息公开申请12件，同比上升20%。",
        "2023年收到申请12件，其中自然人申请10件，法人申请2件。",
        "2023年收到申请12件，其中网上8件，信函4件；予以公开5件，部分公开2件，不予公开2件，无法提供1件，不予处理1件，其他处理1件。",
        "答复政府信息公开申请12件",
        "自2008年以来累计收到政府信息公开申请150件。",
        "主动公开政府信息100条，其中网站公开80条，微信公众号公开60条。",
        "各部门收到政府信息公开申请99件。",
        "区政府办转来申请3件。",
        "公示行政许可信息500条。",
        "其中行政许可公示20件。",
        "公开行政处罚信息20件。",
        "未发生泄密事件。",
        "没有因政府信息公开被投诉。",
        "截至6月，收到政府信息公开申请3件。",
        "参加政务公开培训2次。",
        "下一步将收到的申请15件做到百分百答复。",
        "收到《关于XX的政府信息公开申请》1件的更正申请",
        "收到行政许可申请1500件。",
        "收到政府信息公开申请转办件3件。",
        "办结提案15件。",
        "答复网民留言15件。",
        "其中，收到市局转办申请3件。",
        "未收到政府信息公开申请的投诉。",
        "未收到涉及个人隐私的申请。",
        "2023年办理行政复议案件35件。",
        "制定规范性文件解读材料5件。",
        "以县政府名义印发规范性文件9件。",
        "印发《规范性文件管理办法》1份。",
        "公开规范性文件7件",
        "发布信息171条，其中微信公众号推送100条，抖音80条。",
        "编发简报12期，其中专刊3期，印发1000份。",
        "收到申请12件，办结12件，办结率100%。",
        "公开信息100条，其中要闻60余条，公告50条。",
        "收到建议提案类申请5件",
        "对申请15件以上的",
        "全年共收到公开申请12件次",
        "2023年1月1日至12月31日，共收到政府信息公开申请12件。",
        "公开信息50条，其中图文30条、视频30条",
        "第15件申请",
        "开展培训3次，其中线上2次、线下3场",
        "2023年共受理申请12件，其中按时办结10件，延期办结2件，予以公开5件。",
        "收到政府信息公开申请12件，其中涉及土地类8件、拆迁类6件（部分申请同时涉及多类）。",
    ],
)
def test_prose_about_something_else_or_in_agreement_says_nothing(text):
    assert _found(text) == []


@pytest.mark.parametrize(
    ("text", "disagreements"),
    [
        ("未发生行政复议、行政诉讼。", [(2, 0), (1, 0)]),
        ("2023年，我局因政府信息公开被申请行政复议3件，行政诉讼1件。", [(2, 3)]),
        ("没有因政府信息公开引起的行政复议和行政诉讼案件。", [(2, 0), (1, 0)]),
        ("本年度行政复议3件，行政诉讼2件。", [(2, 3), (1, 2)]),
        ("未被提起行政诉讼", [(1, 0)]),
        ("未发生针对本单位有关政府信息公开事务的行政复议诉讼案件。", [(2, 0), (1, 0)]),
        ("2023年行政复议2件，行政诉讼1件", []),
        ("收到行政复议2件，其中维持1件，纠正1件。", []),
        ("无被纠正的行政复议", []),
        ("未发生行政复议被纠正、行政诉讼败诉情况。", []),
        ("收到行政复议2件，其中：结果维持2件。", [(1, 2)]),
        ("行政复议2件（维持1件、纠正2件）。", [(1, 2)]),
        ("行政诉讼1件，其中复议后起诉1件。", [(0, 1)]),
        ("行政诉讼1件，为未经复议直接起诉1件。", []),
        ("全年办理各类行政复议案件56件。", []),
    ],
)
def test_review_and_litigation_are_held_against_their_table(text, disagreements):
    assert _found(text, "proceedings") == disagreements


@pytest.mark.parametrize(
    ("text", "disagreements"),
    [
        ("其中予以公开6件", [(5, 6)]),
        ("予以公开和部分公开9件", [(7, 9)]),
        ("其中3件予以公开，2件部分公开，2件不予公开。", [(5, 3)]),
        ("“予以公开”的6件，“部分公开”2件", [(5, 6)]),
        ("其他处理2件", [(1, 2)]),
        ("共办结13件，其中予以公开5件。", [(12, 13)]),
        ("结转下年度继续办理5件。", [(1, 5)]),
        ("本年度新收15件，上年结转1件，均已答复。", [(12, 15)]),
        ("其中网上新收8件，上年结转1件。", []),
        ("收到申请12件，其中，已办结9件，正在办理3件。", []),
        ("属于国家秘密不予公开1件", []),
        ("不予公开的理由1件涉及秘密", []),
    ],
)
def test_outcomes_are_held_against_the_sum_of_their_rows(text, disagreements):
    assert _found(text, "requests") == disagreements


@pytest.mark.parametrize(
    ("text", "scope", "disagreements"),
    [
        ("全县共收到政府信息公开申请150件，县政府办公室收到3件。", "aggregate", []),
        ("全县共收到政府信息公开申请150件。", "aggregate", [(12, 150)]),
        ("全县共收到政府信息公开申请150件。", "own", []),
        ("全县共收到政府信息公开申请150件。", None, []),
        ("县政府办公室收到政府信息公开申请15件。", "own", [(12, 15)]),
        ("县政府办公室收到政府信息公开申请15件。", "aggregate", []),
    ],
)
def test_the_whole_area_and_the_office_are_two(text, scope, disagreements):
    assert _found(text, scope=scope) == disagreements


@pytest.mark.parametrize(
    "text",
    [
        "2023年，共收到政府信息公开申请12件（网上申请8件，信函申请4件），上年结转1件，办结12件，结转下年度1件。",
        "全年共受理政府信息公开申请13件（含上年度结转1件），办结12件，1件结转至2024年办理。",
        "全年收到群众申请公开征地补偿信息3件。",
        "收到涉及拆迁的政府信息公开申请3件。",
        "本年度新收政府信息公开申请12件，其中自然人申请10件，商业企业申请2件。",
        "全年未收到不予公开的申请。",
        "未收到政府信息公开方面的投诉举报申请。",
        "全年没有因信息公开收取费用。",
        "全年办理依申请公开答复12件，答复率100%。",
        "严格执行申请、受理、审查、答复流程，确保每一件申请都依法办理。",
        "通过信函收到申请4件，通过网络收到申请8件。",
        "2023年共办理行政许可1204件，其中即办件1000件。",
        "全年作出行政处罚决定30件，罚款15万元。",
        "公示行政处罚30条、行政许可1204条。",
        "制定规范性文件3件，均按要求公开并解读，其中主动公开3件。",
        "2023年，区政府办公室共办理依申请公开件50件。",
        "收到区政府办公室转办依申请公开件5件。",
        "依法办理依申请公开12件，同比下降20%，未发生行政复议和行政诉讼败诉案件。",
        "本机关2023年收到依申请公开申请12件，较2022年的5件增加7件。",
        "2023年政府信息公开申请量为12件。",
        "全年政府网站收到咨询、投诉、建议类信件150件，办结150件。",
        "受理12345政务服务热线1500件，办结1500件。",
        "收到人大代表建议8件、政协提案5件，均已办结答复。",
        "政务公开专栏发布信息171条。其中：政策文件20条，工作动态151条。",
        "发布各类信息500余条，其中，重点领域信息300条，动态300条。",
        "全年主动公开政府信息120条，其中，门户网站120条，政务微信100条，政务微博80条。",
        "开展培训3次。",
        "共公开信息100条。其中，概况类10条、计划总结10条、规章文件20条、工作动态50条、人事信息10条，阅读量2000次。",
        "收到申请12件，其中：予以公开5件，部分公开2件，不予公开2件，无法提供1件，不予处理1件，其他处理1件。",
        "办结申请12件，其中2件为上年结转。",
        "收到政府信息公开申请12件，均为自然人申请；办结12件，其中予以公开5件、部分公开2件、不予公开2件（涉及国家秘密1件、第三方权益1件）、无法提供1件、不予处理1件、其他处理1件。",
        "因政府信息公开被申请行政复议2件，维持1件，纠正1件；行政诉讼1件，维持1件。",
        "全年无因政府信息公开引发的投诉。",
        "我镇2023年度未发生不依法履行政府信息公开义务的情况。",
        "第1件申请于3月收到。",
        "未收到行政复议申请和被提起行政诉讼的其他情况说明",
        "没有发生应公开未公开的情况。",
        "全年未接到群众对依申请公开工作的投诉。",
        "对收到的12件申请均在20个工作日内答复。",
        "全年共接待依申请公开咨询30人次，收到申请12件。",
        "受理申请公开信息12件",
        "县本级收到依申请公开5件",
        "各乡镇共收到依申请公开5件。",
        "全系统共收到政府信息公开申请55件。",
        "全市法院受理行政诉讼5件。",
    ],
)
@pytest.mark.parametrize("chapter", ["overview", "disclosure", "requests", "proceedings"])
def test_sentences_of_real_reports_that_agree_raise_no_alarm_in_any_chapter(text, chapter):
    assert _found(text, chapter) == []


@pytest.mark.parametrize(
    "text",
    ["全县共收到申请12件，其中县本级收到5件。", "县本级收到申请5件，县直部门收到申请5件，乡镇收到申请2件。", "市政府收到政府信息公开申请5件。", "县政府部门收到申请5件。", "教育局收到申请5件。"],
)
def test_one_organ_does_not_speak_for_the_whole_area(text):
    assert _found(text, scope="aggregate") == []


def test_a_disagreement_names_its_cells_and_is_a_notice():
    (finding,) = check_prose([Section("requests", "", "共收到申请14件。")], _CELLS, "own", year=2023)
    assert (finding.check, finding.level, finding.keys) == ("prose.disagrees", "notice", ("requests.new.total",))


def test_plans_and_problems_are_not_asked():
    assert _found("收到政府信息公开申请15件。", "problems") == []


def test_a_cell_that_was_not_read_contradicts_nobody():
    cells = [Cell("requests.new.total", None, "", "blank", "件", None)]
    assert _found("收到政府信息公开申请15件。", cells=cells) == []


def test_received_may_include_what_was_carried_in():
    assert _found("共收到政府信息公开申请13件（含上年结转1件）。") == []


def test_a_damaged_sentence_is_not_heard():
    assert _found("收到政府信息公开申请1\ufffd件，收到申请15件。") == []
    assert _found("三审三?！敝贫取6羌，收到政府信息公开申请15件。") == []


def test_the_annex_of_2014_is_held_against_the_prose():
    cells = [Cell("annex.a1", 52, "52", "number", "条", None), Cell("annex.c1", 0, "0", "number", "件", None)]
    text = "全年主动公开政府信息25条。全年共收到政府信息公开申请2件。"
    assert _found(text, year=2016, cells=cells) == [(52, 25), (0, 2)]


def test_a_sentence_made_to_exhaust_its_reader_is_read_in_a_moment():
    text = "收到" + "行政复议本镇政府信息公开申请的" * 70 + "，其中" + "、类1条" * 2000
    assert _found(text) == []  # an exponential reading would take hours
    assert _found(text, "proceedings") == []


def test_the_record_of_a_report_carries_the_notice_and_keeps_its_verdict():
    composed = compose("2021", unique=False)
    html = composed.body.decode()
    before = read(html)
    assert "prose.disagrees" not in checks(before)
    said = html.replace("二、", "<p>2023年，本机关共收到政府信息公开申请99999件。</p><p>二、", 1)
    after = read(said)
    assert checks(after).count("prose.disagrees") == 1
    assert (after.verdict, after.cells) == (before.verdict, before.cells)


@pytest.mark.parametrize(
    ("text", "disagreements"),
    [
        ("作出行政许可决定1204件，行政处罚决定33件，行政强制措施5件。", [(30, 33), (0, 5)]),
        ("办理行政许可1204件、行政处罚30件、行政强制8件。", [(0, 8)]),
        ("全年行政处罚处理决定数量33件。", [(30, 33)]),
        ("公开行政许可100件，行政处罚20件，行政强制2件。", []),
    ],
)
def test_decisions_in_a_list_are_each_held_against_their_row(text, disagreements):
    assert sorted(_found(text, "disclosure")) == sorted(disagreements)


@pytest.mark.parametrize(
    ("text", "chapter"),
    [
        ("共收到行政复议2起，其中因信息公开申请复议2起，维持1起，纠正1起。", "overview"),
        ("行政复议2件，其中，维持1件，纠正1件；行政诉讼1件，直接起诉1件。", "proceedings"),
        ("局属执法大队作出行政处罚28件，局机关作出行政处罚2件。", "disclosure"),
    ],
)
def test_parts_of_parts_and_of_another_count_are_not_added(text, chapter):
    assert _found(text, chapter) == []
