"""Write what officials write around the tables, so that no two organs and years read the same.

Every sentence here is ours. Figures named in the prose are the ones in the tables, except in
a report that is asked to contradict itself. Before 2019 there is no fixed form: the chapters,
their number and their order differ from organ to organ.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from crawler.demo.figures import SIZES, Number, rng, split


@dataclass(frozen=True)
class Organ:
    """Who reports. `kind`: government | office | bureau | town. `topics`: what it publishes about."""

    name: str
    kind: str
    topics: tuple[str, ...]
    size: str
    place: str  # the county
    phone: str = "0990-8100000"

    @property
    def ours(self) -> str:
        """How the organ calls itself in running text."""
        if self.kind == "government":
            return "全" + self.place[-1]
        last = "街道" if self.name.endswith("街道办事处") else self.name.removesuffix("人民政府")[-1]
        return {"office": "本办", "bureau": "我局"}.get(self.kind, "我" + last if last != "街道" else "街道")


@dataclass(frozen=True)
class Chapter:
    """A heading, its paragraphs, and the table that stands after them, if any."""

    heading: str
    paragraphs: tuple[str, ...]
    table: str | None = None


_LEAD = (
    "根据《中华人民共和国政府信息公开条例》（以下简称《条例》）第五十条规定，{name}编制本报告。报告由总体情况、主动公开政府信息情况、收到和处理政府信息公开申请情况、政府信息公开行政复议和行政诉讼情况、存在的主要问题及改进情况、其他需要报告的事项六个部分组成。{period}如对本报告有疑问，请与{name}联系（电话：{phone}）。",
    "本报告依照《中华人民共和国政府信息公开条例》和国家、省有关年度报告编制的要求写成，{period}报告全文可在{place}人民政府门户网站查阅和下载。联系电话：{phone}。",
    "现将{name}{year}年度政府信息公开工作情况报告如下。{period}公众对内容有意见建议的，可以拨打{phone}反映。",
    "为保障公众的知情权和监督权，{name}按照《条例》要求，对过去一年政府信息公开工作作了梳理，现予公布。{period}",
)
_PERIOD = (
    "本报告所列数据的统计期限自{year}年1月1日起至{year}年12月31日止。",
    "报告中数据统计时间为{year}年1月1日至{year}年12月31日。",
    "数据统计期限为{year}年1月1日至12月31日。",
)
_STRANDS: dict[str, tuple[str, ...]] = {
    "主动公开": (
        "{ours}把群众最关心的{t1}、{t2}作为公开重点，全年通过门户网站发布信息{site}条，政务新媒体推送{wechat}条。",
        "围绕{t1}这条主线，{year}年在网站更新各类信息{site}条，其中{t2}类{part}条，做到应公开尽公开、公开即可查。",
        "及时调整公开目录，新增“{t1}”“{t2}”两个子栏目。网站全年发布{site}条，公开栏张贴{board}期。",
        "坚持先审后发，{t1}和{t2}方面的信息在形成之日起二十个工作日内上网，累计{site}条；同步在微信公众号转发{wechat}条。",
        "结合年度重点任务，主动晒出{t1}的进展和结果，网站发布{site}条，图文解读{board}篇，{t2}的办理指南全部更新一遍。",
    ),
    "依申请公开": (
        "全年{requests}办理中严把登记、审核、答复、送达四道关口，答复书统一编号存档。",
        "{requests}对申请内容不清楚的，先电话沟通再书面答复，减少来回补正。",
        "申请渠道包括当面、信函和网络三种，均有专人值守。{requests}",
        "{requests}涉及多个单位的申请由牵头股室会商后答复，未出现逾期。",
    ),
    "政府信息管理": (
        "对历年发文进行了一次清理，逐件标注公开属性，失效文件在网页上加注“已废止”。",
        "公文起草时同步确定公开属性，不予公开的须写明理由并报分管负责人签字。",
        "建立信息台账，按月核对发布数量和链接状态，本年修正错链、空链{fix}处。",
        "保密审查与内容审核一并进行，谁起草谁负责，审查记录随文归档。",
        "完成{fix}条旧信息的格式转换，表格改为可复制、可检索的版本。",
    ),
    "平台建设": (
        "配合县级集约化平台改版，重新编排了公开专栏，检索和下载更为方便。",
        "在服务大厅设置公开查阅点，配备查询终端和打印机，全年接待查阅{visits}人次。",
        "政务新媒体账号整合为一个，停更账号全部注销，粉丝数较上年有所增加。",
        "网站按适老化要求增加了大字版，对手机端排版也作了调整。",
        "用好村（社区）公开栏、大喇叭等身边的渠道，让不上网的群众也看得到、听得懂。",
    ),
    "监督保障": (
        "明确一名副职分管、{staff}名工作人员经办，全年组织业务培训{training}次。",
        "将政务公开列入年度考核，占比不低于四个百分点，季度通报两次以上。",
        "邀请人大代表、企业代表座谈{training}次，收集意见{fix}条，均已回复。",
        "全年未因政府信息公开工作被追究责任，社会评议结果总体较好。",
        "制定年度要点分工表，{staff}个内设机构各认领任务，年底逐项销号。",
    ),
}  # fmt: skip
_PROBLEMS = (
    "一年来的工作还有一些短板：一是{t1}方面的公开偏重结果，过程性信息少；二是个别股室报送不够及时；三是解读材料文字多、图表少。",
    "对照群众期待，主要差距有三点：公开内容的深度不够；经办人员轮换较快，业务不熟；{t2}的数据更新周期偏长。",
    "存在的问题主要是：对依申请公开的研判能力有待提高，公开栏目之间偶有重复，与群众互动的方式还比较单一。",
    "当前工作中，{t1}信息的查找路径较深，部分文件发布后没有同步解读，基层单位重发布、轻维护的现象仍未完全扭转。",
)
_PLANS = (
    "下一步，{ours}将把{t1}过程信息纳入目录，实行月提醒、季检查；加强轮岗人员的岗前培训；多用问答和图示做解读。",
    "今后将从三方面改进：细化{t2}的公开标准；固定经办人员并建立AB岗；对栏目进行合并，减少重复。",
    "针对上述不足，计划在新的一年修订公开指南，编印答复文书范本，并选取{t1}开展一次公众开放活动。",
    "改进措施：压缩查找层级，首页设置直达入口；文件与解读同步起草、同步审签、同步发布；定期回访申请人。",
)
_OTHER_2019 = (
    "没有其他需要报告的事项。",
    "本年度无其他需要报告的事项。",
    "无。",
    "{name}按要求完成了政务公开年度要点确定的各项任务，无其他需要说明的事项。",
)
_OTHER_2021 = (
    "按照《政府信息公开信息处理费管理办法》，{year}年度{ours}未产生信息处理费。",
    "{year}年没有收取政府信息公开信息处理费，也没有其他需要报告的事项。",
    "（一）收取信息处理费情况：{year}年度收取0元。（二）落实年度政务公开要点情况：{t1}、{t2}等任务均已完成。",
    "本机关{year}年依申请提供政府信息未收取任何费用。",
)
_DISPUTES = "政府信息公开行政复议、行政诉讼情况"
_HEADINGS = (
    ("一、总体情况", None),
    ("二、主动公开政府信息情况", "disclosure"),
    ("三、收到和处理政府信息公开申请情况", "requests"),
    (f"四、{_DISPUTES}", "proceedings"),
    ("五、存在的主要问题及改进情况", None),
    ("六、其他需要报告的事项", None),
)


def write_modern(
    organ: Organ, year: int, form: str, cells: Mapping[str, Number], *, contradict: bool = False
) -> tuple[Chapter, ...]:
    """The six sections of the forms of 2019 and 2021. `contradict`: the prose names a wrong number of requests."""
    dice = rng("prose", organ.name, year)
    words = _words(dice, organ, year)
    words["requests"] = _tell_requests(dice, cells, 3 if contradict else 0)
    words["period"] = dice.choice(_PERIOD).format(year=year)
    strands = dice.sample(list(_STRANDS), k=5 if organ.kind != "town" else dice.choice((3, 4, 5)))
    strands.sort(key=list(_STRANDS).index)
    overview = [dice.choice(_LEAD).format(**words)]
    for number, strand in zip("一二三四五", strands, strict=False):
        overview.append(f"（{number}）{strand}。" + dice.choice(_STRANDS[strand]).format(**words))
    problems = [dice.choice(_PROBLEMS).format(**words), dice.choice(_PLANS).format(**words)]
    other = [dice.choice(_OTHER_2019 if form == "2019" else _OTHER_2021).format(**words)]
    bodies = (tuple(overview), (), (), (), tuple(problems), tuple(other))
    return tuple(Chapter(head, body, table) for (head, table), body in zip(_HEADINGS, bodies, strict=True))


def write_chapters(organ: Organ, year: int, annex: Mapping[str, Number] | None = None) -> tuple[Chapter, ...]:
    """The free chapters of 2008 to 2018. With `annex`, the statistics table stands at the end and the prose agrees."""
    dice = rng("chapters", organ.name, year)
    words = _words(dice, organ, year)
    scale = SIZES[organ.size]
    items = int(annex["annex.a1"]) if annex else dice.randint(*scale.published)
    asked = int(annex["annex.c1"]) if annex else dice.randint(scale.persons[0] // 4, scale.persons[1] // 4)
    faced, faxed, online, mailed = (
        [int(annex[f"annex.c1_{n}"]) for n in (1, 2, 3, 4)] if annex else split(dice, asked, (6, 1, 9, 4))
    )
    disputes = int(annex["annex.d"]) if annex else 0
    suits = int(annex["annex.e"]) if annex else 0
    lead = dice.choice((
        "根据《中华人民共和国政府信息公开条例》和上级有关规定，特向社会公布{name}{year}年度政府信息公开工作年度报告。本报告中所列数据的统计期限自{year}年1月1日起至{year}年12月31日止。",
        "{year}年，{name}认真贯彻《条例》，稳步推进政府信息公开，现将一年来的情况报告如下。",
        "本报告由{name}依据《条例》第三十一条、第三十二条编制，公布{year}年1月1日至{year}年12月31日的工作情况，咨询电话{phone}。",
    ))  # fmt: skip
    overview = dice.sample((
        "调整充实了领导小组，由主要负责同志任组长，日常工作由办公室承担，配备{staff}名专兼职人员。",
        "制定保密审查、责任追究、监督考核等制度{training}项，做到有章可循。",
        "完成公开指南和公开目录的编制、更新，并在档案馆、图书馆设立查阅点，接待查阅{visits}人次。",
        "开展业务培训{training}期，参训人员覆盖所有股室和下属单位。",
    ), k=3)  # fmt: skip
    ways = f"其中当面申请{faced}件，传真申请{faxed}件，网络申请{online}件，信函申请{mailed}件，" if asked else ""
    refused = (
        f"{words['ours']}全年共收到政府信息公开申请{asked}件，{ways}均按规定作了答复。"
        if asked
        else "本年度没有收到公民、法人和其他组织提出的政府信息公开申请。"
    )
    bodies = {
        "概述": (lead, *overview),
        "主动公开政府信息情况": (
            f"全年主动公开政府信息{items}条。" + dice.choice(("内容以{t1}、{t2}为主，兼顾机构职能和人事任免。", "从类别看，{t1}占三成左右，{t2}次之。")),
            dice.choice(("公开渠道有政府网站、公报、新闻媒体和政务公开栏，网站访问量逐年上升。", "除网站外，还利用电视、报纸、电子屏和便民手册等形式公开。")),
        ),
        "依申请公开政府信息情况": (refused,),
        "咨询处理情况": ("全年接受现场咨询{visits}人次、电话咨询{fix}人次，网上留言全部在五个工作日内回复。",),
        "收费及减免情况": (dice.choice(("对依申请提供的政府信息没有收取检索、复制、邮寄等费用。", "本年度依申请公开政府信息收费为0元，无减免情形。")),),
        "行政复议、行政诉讼和申诉情况": (
            f"本年度因政府信息公开被申请行政复议{disputes}件，被提起行政诉讼{suits}件。" if disputes or suits
            else dice.choice(("本年度未发生因政府信息公开引起的行政复议、行政诉讼和申诉。", "没有发生针对政府信息公开的复议、诉讼案件。")),
        ),
        "主要问题和改进措施": (dice.choice(_PROBLEMS), dice.choice(_PLANS)),
    }  # fmt: skip
    if year > 2012 or organ.kind != "government":
        del bodies["咨询处理情况"]
    enumerators = dice.choice((tuple("一二三四五六七八"), tuple(f"第{n}部分" for n in "一二三四五六七八")))
    mark = "、" if enumerators[0] == "一" else "　"
    chapters = [
        Chapter(f"{number}{mark}{head}", tuple(text.format(**words) for text in body))
        for number, (head, body) in zip(enumerators, bodies.items(), strict=False)
    ]
    if annex:
        chapters.append(Chapter(f"附件：政府信息公开情况统计表（{year}年度）", (), "annex"))
    return tuple(chapters)


def _words(dice: random.Random, organ: Organ, year: int) -> dict[str, object]:
    scale = SIZES[organ.size]
    first, second = dice.sample(organ.topics, k=2)
    site = dice.randint(*scale.published)
    return {
        "name": organ.name, "ours": organ.ours, "place": organ.place, "phone": organ.phone, "year": year,
        "t1": first, "t2": second, "site": site, "part": site // dice.randint(3, 7), "wechat": dice.randint(30, 600),
        "board": dice.randint(4, 40), "fix": dice.randint(3, 60), "visits": dice.randint(5, 400),
        "staff": dice.randint(2, 9), "training": dice.randint(1, 5),
    }  # fmt: skip


def _tell_requests(dice: random.Random, cells: Mapping[str, Number], error: int) -> str:
    new, before, done, after = (
        int(cells[f"requests.{row}.total"]) for row in ("new", "carried_in", "total", "carried_out")
    )
    if not new and not before:
        return dice.choice(("未收到政府信息公开申请。", "没有收到公民、法人或者其他组织提出的政府信息公开申请。"))
    told = f"新收政府信息公开申请{new + error}件"
    told += f"，上年结转{before}件" if before else dice.choice(("，无上年结转", "，上年结转0件"))
    told += f"，办结{done}件"
    return told + (f"，结转下年度继续办理{after}件。" if after else "，全部在法定期限内办结。")
