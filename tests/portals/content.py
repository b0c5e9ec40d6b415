"""What stands on a composed portal: reports that are short and whole, and everything that is not one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape

PLACE = "青溪县"
BUREAUS = ("县教育局", "县财政局", "县水利局", "县民政局", "县审计局", "县市场监督管理局")
TOWNS = ("白石镇", "柳河乡", "东关街道", "石桥镇")
YEARS = range(2016, 2025)


@dataclass(frozen=True)
class Document:
    """One article: its words, its day, whose it is; `year` only when it is a report."""

    title: str
    day: date
    organ: str = PLACE
    year: int | None = None
    body: str = ""

    @property
    def is_report(self) -> bool:
        return self.year is not None


def write_report(organ: str, year: int) -> Document:
    """A report in six chapters. Figures differ, so that no two reports are the same text."""
    number = sum(map(ord, organ)) % 89 + year - 2000
    chapters = {
        "一、总体情况": f"{year}年，{organ}贯彻落实《中华人民共和国政府信息公开条例》，全年主动公开政府信息{number}条，均已在网站公开。",
        "二、主动公开政府信息情况": f"本年新制作规范性文件{number % 7}件，作出行政许可处理决定{number * 3}件，均按规定公开。",
        "三、收到和处理政府信息公开申请情况": f"本年新收政府信息公开申请{number % 11}件，均已按期答复，没有结转下年度继续办理的申请。",
        "四、政府信息公开行政复议、行政诉讼情况": "本年没有发生因政府信息公开引起的行政复议和行政诉讼案件，各项工作平稳有序。",
        "五、存在的主要问题及改进情况": "公开的及时性还有待提高，下一步将加强培训，完善制度，及时回应社会关切。",
        "六、其他需要报告的事项": "本年度没有收取信息处理费，没有其他需要报告的事项，特此报告。",
    }
    body = "".join(f"<p>{head}</p><p>{text}</p>" for head, text in chapters.items())
    title = f"{organ}{year}年政府信息公开工作年度报告"
    return Document(title, date(year + 1, 1, 10) + timedelta(days=number % 19), organ, year, f"<h1>{title}</h1>{body}")


DECOYS = (
    "青溪县{}年法治政府建设年度报告",
    "青溪县{}年政府网站工作年度报表",
    "青溪县财政局{}年部门预算公开",
    "青溪县{}年国民经济和社会发展统计公报",
    "青溪县{}年政府信息公开工作年度报告解读",
    "一图读懂青溪县{}年政府信息公开年报",
    "青溪县{}年政务公开工作要点",
    "关于做好{}年政府信息公开工作年度报告编制的通知",
    "青溪县住房公积金{}年年度报告",
)
DECOY_COLUMNS = (
    "法治政府建设年度报告",
    "政府网站工作年度报表",
    "财政预决算",
    "统计年报",
    "政策解读",
    "政务公开工作要点",
)
_TOPICS = ("老旧小区改造", "防汛抗旱", "春耕备耕", "招商引资", "乡村振兴", "义务教育", "道路施工", "文化惠民", "安全检查")
_DEEDS = ("工作有序推进", "现场会召开", "项目开工", "取得实效", "专题调研", "再添新举措")


def write_news(seed: int, count: int) -> Iterator[Document]:
    """Articles that have nothing to do with it, in an order that depends on the seed only."""
    rng = random.Random(seed)
    for number in range(count):
        day = date(2024, 12, 30) - timedelta(days=number * 2 + rng.randrange(2))
        title = f"{rng.choice(TOWNS)}{rng.choice(_TOPICS)}{rng.choice(_DEEDS)}（第{number + 1}期）"
        yield Document(title, day, body=f"<h1>{title}</h1><p>{title}，有关部门负责人参加。</p>" + "<p>活动持续到下午。</p>" * 3)


def write_decoys(column: str) -> list[Document]:
    """What stands in a column that merely sounds alike."""
    pattern = next((decoy for decoy in DECOYS if column[:4] in decoy or column[-4:] in decoy), DECOYS[0])
    found = []
    for year in range(2016, 2025):
        title = pattern.format(year)
        body = f"<h1>{title}</h1><p>{year}年，全县推进有关工作，现将情况公布如下。</p><p>数据截至年底。</p>"
        found.append(Document(title, date(year + 1, 3, 1), body=body))
    return found


def anchor(address: str, words: str, *, cut: int = 0) -> str:
    """A link as lists write it, cut short where the template cuts, the whole title in `title`."""
    shown = words if not cut or len(words) <= cut else words[:cut] + "..."
    title = f' title="{escape(words)}"' if cut else ""
    return f'<a href="{escape(address)}"{title} target="_blank">{escape(shown)}</a>'


def rows(entries: list[tuple[str, str, date]], *, cut: int = 0) -> str:
    """List rows with their dates."""
    return "".join(f"<li>{anchor(url, words, cut=cut)}<span>{day}</span></li>" for url, words, day in entries)
