"""The documents of a demo portal: its reports with the truth about them, and everything around the reports.

Most of a portal is not what a crawler looks for: news, notices, budgets, and pages that merely
sound like annual reports on disclosure. The counties are invented, and so is every figure.
"""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from crawler.demo.compose import Composed, compose_report
from crawler.demo.figures import Number, draw_series, rng, split
from crawler.demo.prose import Organ


@dataclass(frozen=True)
class Attachment:
    """A file beside a page: the name that people see, the bytes, and the Content-Type."""

    name: str
    body: bytes
    media_type: str


@dataclass
class Document:
    """One article. `kind` is "report" or the word of `parsers.kinds`; `urls` are the paths it got, twins included."""

    title: str
    published: date
    source: str  # 发布机构
    html: str
    kind: str = "other"
    report: Composed | None = None
    shape: str = ""
    verdicts: frozenset[str] = frozenset()
    checks: frozenset[str] = frozenset()  # findings that a reader must raise
    attachments: tuple[Attachment, ...] = ()
    attachment_verdicts: frozenset[str] = frozenset()  # of the attachments that hold the report
    bare: bool = False  # the portal prints no metadata box
    urls: list[str] = field(default_factory=list)
    attached_urls: list[str] = field(default_factory=list)


@dataclass
class Column:
    """A column (栏目): its name, a slug for addresses, and what stands in it, newest first."""

    slug: str
    name: str
    documents: list[Document]

    def __post_init__(self) -> None:
        self.documents.sort(key=lambda document: document.published, reverse=True)


def write_reports(organ: Organ, plan: Iterable[tuple[int, str, str]]) -> list[Document]:
    """The reports of one organ. Each plan line is (year, form, shape); figures carry over from year to year.

    Form "2014-" is a report of those years without its annex. Behind the shape, a word after
    "+" asks for more: `broken` (the 总计 row is wrong), `contradict`, `image`, `attachment`.
    """
    lines = list(plan)
    series = draw_series({year: form for year, form, _ in lines}, organ.name, organ.size)
    return [_write_report(organ, year, form, shape, series.get(year)) for year, form, shape in lines]


def _write_report(organ: Organ, year: int, form: str, wish: str, figures: dict[str, Number] | None) -> Document:
    shape, _, extra = wish.partition("+")
    overrides: dict[str, Number] = {}
    if extra == "broken" and figures:
        overrides = {"requests.total.natural_person": 0, "requests.total.total": 0}
    report = compose_report(
        form=form.rstrip("-"), organ=organ, year=year, shape=shape, figures={} if form == "2014-" else figures,
        overrides=overrides, contradict=extra == "contradict",
    )  # fmt: skip
    dice = rng("published", organ.name, year)
    late = organ.kind == "government"
    published = date(year + 1, 3 if late else 1, 8) + timedelta(days=dice.randint(0, 20))
    if year < 2011:  # typed in again when the portal was renewed
        published = date(2015, 7, 10) + timedelta(days=year % 7)
    verdicts, checks = {"verified"}, set[str]()
    expected = "2021" if year >= 2021 else "2019" if year >= 2019 else "2014" if year >= 2014 else "2008"
    if form.rstrip("-") != expected:
        verdicts |= {"flagged"}
        checks.add("form.unexpected")
    if shape in ("loose", "pipes"):  # readable, but a reader may refuse to be certain
        verdicts |= {"flagged", "partial"}
    if report.kinds:
        verdicts = {"partial"}
    if overrides:
        verdicts = {"flagged"}
        checks |= {"requests.balance", "requests.total"}
    document = Document(
        report.title, published, organ.name, report.html, "report", report, wish, frozenset(verdicts), frozenset(checks),
        bare=shape in ("no-year", "loose"),
    )  # fmt: skip
    if extra == "image":
        picture = Attachment(f"{year}.png", draw_scan(dice), "image/png")
        document.html, document.kind, document.attachments = "", "image_only", (picture,)
        document.verdicts = frozenset({"unreadable"})
    elif extra == "attachment":
        word = Attachment(
            f"{report.title}.docx", report.docx(),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        )  # fmt: skip
        document.html, document.kind = "<p>　　报告全文见附件。</p>", "attachment_only"
        document.attachments, document.verdicts = (word,), frozenset({"unreadable"})
        document.attachment_verdicts = frozenset({"verified"})
    return document


def draw_scan(dice: random.Random) -> bytes:
    """A PNG like a scanned page: a grid on paper, with smudges where the figures would be."""
    width, height = 620, 820
    rows = []
    smudges = [(dice.randrange(60, 560), dice.randrange(90, 760)) for _ in range(180)]
    dark = {(x + dx, y + dy) for x, y in smudges for dx in range(7) for dy in range(4)}
    for y in range(height):
        line = bytearray(b"\xf4" * width)
        if y > 80 and y % 28 == 0:
            line[40:580] = b"\x50" * 540
        for x in range(40, 581, 54):
            line[x] = 0x50 if y > 84 else 0xF4
        for x in range(width) if y > 60 else ():
            if (x, y) in dark:
                line[x] = 0x20
        rows.append(b"\0" + bytes(line))

    def chunk(tag: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + tag + data + struct.pack(">I", zlib.crc32(tag + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"".join(rows)))
        + chunk(b"IEND", b"")
    )


_EVENTS = (
    "召开{t}工作推进会", "主要领导调研{t}", "{t}专项行动取得阶段成效", "举办{t}业务培训班", "组织开展{t}宣传周活动",
    "{t}服务窗口延时办公受好评", "部署第{q}季度{t}重点任务", "{t}现场观摩会举行",
)  # fmt: skip
_SENTENCES = (
    "{d}，{place}{t}工作会议在县行政中心举行，相关单位负责人参加。",
    "会议听取了前一阶段{t}进展情况，研究解决存在的困难。",
    "据介绍，今年以来全域已完成投资{n}万元，惠及群众{m}人次。",
    "会议指出，要把任务细化到岗、责任落实到人，按月调度，按季通报。",
    "参会人员还到{p}实地察看，与一线干部和群众交流。",
    "下一阶段，将围绕{t}查漏补缺，确保各项指标按期完成。",
    "工作人员提醒，办理相关事项可以提前在网上预约，少跑腿、好办事。",
    "目前，{p}的{t}项目已进入收尾阶段，预计年内投入使用。",
)
_NOTICES = (
    "关于{t}有关事项的公告",
    "关于公开征求{t}实施细则意见的通知",
    "{t}项目招标公告",
    "关于表扬{t}先进集体的通报",
    "关于调整{t}窗口办公时间的通告",
)
_POLICIES = ("{place}{t}管理办法", "{place}人民政府关于加强{t}工作的意见", "{place}{t}三年行动方案")


def write_others(place: str, topics: tuple[str, ...], places: tuple[str, ...]) -> list[Column]:
    """Seven ordinary columns of a county portal: some seventy pages, of which about ten sound like reports on disclosure."""
    dice = rng("others", place)

    def article(title: str, when: date, kind: str = "other", paragraphs: list[str] | None = None) -> Document:
        topic = dice.choice(topics)
        if paragraphs is None:
            paragraphs = [
                "　　" + sentence.format(
                    d=f"{when.month}月{when.day}日", place=place, t=topic, p=dice.choice(places), n=dice.randint(20, 9000), m=dice.randint(90, 8000)
                )
                for sentence in dice.sample(_SENTENCES, k=4)
            ]  # fmt: skip
        return Document(title, when, f"{place}人民政府办公室", "\n".join(f"<p>{text}</p>" for text in paragraphs), kind)

    def day(first: int, last: int) -> date:
        return date(dice.randint(first, last), dice.randint(1, 12), dice.randint(1, 28))

    def titled(patterns: tuple[str, ...], count: int) -> list[Document]:
        made: dict[str, Document] = {}
        while len(made) < count:
            title = dice.choice(patterns).format(t=dice.choice(topics), q="一二三四"[dice.randrange(4)], place=place)
            made.setdefault(title, article(title, day(2021, 2025)))
        return list(made.values())

    years = range(2021, 2026)
    explained = article(
        f"《{place}2022年政府信息公开工作年度报告》解读", date(2023, 4, 3), "interpretation",
        ["　　一、编制背景。按照《条例》规定，行政机关每年公布上一年度的政府信息公开工作年度报告。",
         "　　二、主要内容。报告共六个部分，包括总体情况、主动公开政府信息情况、收到和处理政府信息公开申请情况等。",
         "　　三、下一步考虑。继续提高公开质量。解读机关：县政务公开办。"],
    )  # fmt: skip
    call = article(
        f"关于做好{place}2024年度政府信息公开工作年度报告编制发布工作的通知", date(2025, 1, 3), "other",
        ["各乡镇人民政府、各有关单位：", "　　请按照统一格式，于1月31日前完成本单位年度报告的编制和发布，填报数据须经主要负责同志审定。",
         "　　联系人：县政务公开办，电话0990-8100100。"],
    )  # fmt: skip
    return [
        Column("zwdt", "政务动态", [article(place + t.title, t.published) for t in titled(_EVENTS, 24)]),
        Column("tzgg", "通知公告", [*titled(_NOTICES, 12), call]),
        Column("zcwj", "政策文件", titled(_POLICIES, 7)),
        Column("zcjd", "政策解读", [explained, *[article(f"《{d.title}》解读", d.published) for d in titled(_POLICIES, 5)]]),
        Column("czyjs", "财政预决算", [
            article(f"{place}{year}年{what}", date(year if what[-2:] == "预算" else year + 1, 2, 20))
            for year in years for what in ("部门预算", "财政决算")
        ]),
        Column("fzzf", "法治政府建设", [
            article(f"{place}{year}年度法治政府建设年度报告", date(year + 1, 2, 25), "other_report",
                    [f"　　{year}年，{place}深入推进依法行政，现将法治政府建设年度工作情况报告如下。", "　　一、主要举措和成效。全年审查规范性文件草案，办理行政复议案件，开展执法人员轮训。",
                     "　　二、存在的不足和原因。执法力量分布不均。", "　　三、下一年度主要安排。健全执法监督体系。"])
            for year in years
        ]),
        Column("tjbb", "统计和报表", [
            *[article(f"{place}{year}年国民经济和社会发展统计公报", date(year + 1, 4, 12), "other_report") for year in years],
            *[article(f"{place}政府网站工作年度报表（{year}年度）", date(year + 1, 1, 20), "other_report", [_site_report(dice, place, year)]) for year in years],
        ]),
    ]  # fmt: skip


def _site_report(dice: random.Random, place: str, year: int) -> str:
    """The yearly form about the website itself: another form, also full of noughts."""
    parts = split(dice, dice.randint(2000, 9000), (6, 3, 1))
    lines = (("网站名称", f"{place}人民政府门户网站"), ("独立用户访问总量（单位：个）", dice.randint(9000, 90000)), ("信息发布总数（单位：条）", sum(parts)),
             ("概况类信息更新量", parts[2]), ("政务动态信息更新量", parts[0]), ("信息公开目录信息更新量", parts[1]), ("收到留言数量", dice.randint(0, 300)))  # fmt: skip
    cells = "".join(f"<tr><td>{name}</td><td>{value}</td></tr>" for name, value in lines)
    return f'政府网站工作年度报表（{year}年度）</p><table class="gk-table" border="1">{cells}</table><p>'


def write_blank_form(place: str) -> Document:
    """The form of 2021 with nothing in it, offered for download by those who must fill it in."""
    empty = compose_report(
        form="2021", organ=Organ("××单位", "bureau", ("×× ", "××"), "nil", place), year=2021, shape="blank"
    )
    tables = "\n".join(part for part in empty.html.split("\n") if part.startswith(("<table", "<tr", "</t")))
    html = f"<p>请各单位按此表填报，年份和单位名称自行填写。</p>\n<p>＿＿＿＿（单位）＿＿＿＿年政府信息公开工作年度报告（填报模板）</p>\n{tables}"
    return Document(
        "政府信息公开工作年度报告格式（填报模板）", date(2021, 12, 20), f"{place}政务公开办", html, "blank_form"
    )
