"""Read the box of index number, issuer and dates that portals print above a document.

Labels come alone with the value on the next line, as `label：value`, spelled with spaces (索 引 号), several
pairs on a line, or as a row of labels above a row of values. A label may have no value: it must not
swallow the next label, and it says None. Only what stands before the first chapter is read: the
report itself has sentences that begin with 来源.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lxml.html import HtmlElement

from .dates import read_date
from .headings import match_heading
from .lines import Line, fold_spaces

_LABELS: dict[str, tuple[str, ...]] = {
    "index_number": ("索引号", "信息索引号", "索引码", "索引", "信息索引", "公开索引号"),
    "issuer": ("发布机构", "发文机关", "发布单位", "公开主体", "发文单位", "机构名称", "所属机构", "责任部门", "发布部门", "公开机构", "制发机关", "发文机构", "发布机关"),
    "source": ("信息来源", "来源", "文章来源", "稿源", "内容来源"),
    "document_number": ("文号", "发文字号", "发布文号", "文件编号", "备注/文号", "公文文号", "文件文号"),
    "written": ("成文日期", "生成日期", "公文生成日期", "发文日期", "发文时间", "成文时间", "生成时间", "制发日期", "制作日期", "印发日期"),
    "published": ("发布日期", "公开日期", "发布时间", "公开时间", "发表时间", "发布于", "日期", "时间", "上网时间", "公布日期"),
    "validity": ("时效性", "时效", "有效性", "是否有效", "公文时效", "效力状态", "文件有效性", "信息有效性"),
    "": (
        "主题分类", "分类", "信息分类", "组配分类", "公开目录", "体裁分类", "体裁", "服务对象分类", "服务对象", "生命周期分类", "主题导航", "生效日期", "废止日期", "实施日期", "失效日期",
        "标题", "名称", "信息名称", "文件名称", "内容概述", "内容描述", "公开方式", "公开类别", "公开范围", "公开形式", "公开属性", "公开程序", "公开时限", "关键词", "关键字", "主题词", "备案登记号",
        "所属主题", "浏览次数", "点击数", "浏览量", "访问量", "阅读次数", "作者", "编辑", "责任编辑", "语种", "统一登记号", "归档时间", "更新时间", "更新日期", "载体类型", "记录形式", "信息类别",
        "联系方式", "咨询电话", "所属栏目", "主题", "行业分类", "发布人", "审核人", "字号", "浏览",
    ),
}  # fmt: skip
_KEY_OF = {label: key for key, labels in _LABELS.items() for label in labels}
_LONG_FIRST = sorted(_KEY_OF, key=len, reverse=True)
_SPELLED = "|".join(r"[ \u3000]*".join(map(re.escape, label)) for label in _LONG_FIRST)
_PAIR_RE = re.compile(rf"(?<![\u3400-\u9fff])(?:({_SPELLED})\s*[：:]|[【\[]\s*({_SPELLED})\s*[】\]](?:\s*[：:])?)\s*")
_OPENING_RE = re.compile(rf"^[\s•·●*|【\[]*({_SPELLED})\s*[】\]]?\s+(?=\S)")
_GLUED_RE = re.compile(r"^[\s•·●*]*(索引号|发布日期|成文日期|公开日期|生成日期|文号)(?=[A-Za-z0-9〔\[])")
# Shown, but empty.
_EMPTY = frozenset(
    (
        "",
        "-",
        "--",
        "—",
        "——",
        "/",
        "无",
        "暂无",
        "空",
        "〔〕号",
        "[]号",
        "〔〕",
        "()",
        "null",
        "undefined",
        "None",
        "．",
        "。",
    )
)
_ORGAN_RE = re.compile(
    r"(?:政府|办事处|委员会|管委会|局|办公室|办公厅|厅|街道|镇|乡|院|中心|部|会|办|处|社|所|站|公司|集团)(?:[（(].{1,12}[）)])?$"
)
_NO_ORGAN_RE = re.compile(r"本网|本站|网站|原创|互联网|转载|网$|佚名")

_VALUE_LIMIT = 80


def read_metadata(lines: Sequence[Line], metas: Mapping[str, str]) -> dict[str, str | None]:
    """Return index_number, issuer, document_number, written, validity and published.

    Dates are ISO 8601 where they can be read, else as shown. None when the box has no such label, or
    shows nothing behind it. `metas` are the page's `<meta>` by lower-case name.
    """
    pairs = _read_pairs(lines)[0]
    first: dict[str, str] = {}
    for key, value in pairs:
        if key and value not in _EMPTY and key not in first and _plausible(key, value):
            first[key] = value
    issuer = first.get("issuer")
    if issuer is None:
        issuer = next(
            (value for value in (first.get("source"), metas.get("contentsource")) if value and _is_organ(value)), None
        )
    written = first.get("written")
    published = first.get("published")
    return {
        "index_number": first.get("index_number"),
        "issuer": issuer,
        "document_number": first.get("document_number"),
        "written": (read_date(written) or written) if written else None,
        "validity": first.get("validity"),
        "published": read_date(published) if published else None,
    }


def box_lines(lines: Sequence[Line]) -> set[int]:
    """Indices of the lines that belong to the box, labels and values: they are not the report's words."""
    return _read_pairs(lines)[1]


def _plausible(key: str, value: str) -> bool:
    if key in ("written", "published"):
        return any(char.isdigit() for char in value)
    if key == "index_number":
        return bool(re.search(r"\d", value)) and len(value) <= 60
    return key != "issuer" or not re.fullmatch(r"[\d\s:/-]+", value)


def _is_organ(value: str) -> bool:
    return 2 <= len(value) <= 40 and bool(_ORGAN_RE.search(value)) and not _NO_ORGAN_RE.search(value)


def _label(text: str) -> str | None:
    """The label that a line consists of, spaces and marks removed."""
    if len(text) > 24:
        return None
    bare = re.sub(r"[\s•·●*|：:【】\[\]]+", "", text)
    return bare if bare in _KEY_OF else None


def _read_pairs(lines: Sequence[Line]) -> tuple[list[tuple[str, str]], set[int]]:
    pairs: list[tuple[str, str]] = []
    used: set[int] = set()
    index = 0
    limit = next((at for at, line in enumerate(lines) if line.table is not None or _opens_chapter(line)), len(lines))
    rows: set[HtmlElement] = set()
    while index < limit:
        text = lines[index].text
        found = list(_PAIR_RE.finditer(text)) if any(mark in text for mark in "：:】]") and len(text) < 400 else []
        if found and _is_box(text, found):
            for place, pair in enumerate(found):
                end = found[place + 1].start() if place + 1 < len(found) else len(text)
                value = text[pair.end() : end].strip(" |;；，,【[")
                if not value and place + 1 == len(found):
                    value = _next_value(lines, index, limit, used)
                pairs.append((_KEY_OF[re.sub(r"[ \u3000]", "", pair[1] or pair[2])], value))
            used.add(index)
        elif (label := _label(text)) is not None:
            used.add(index)
            row = _row_below(lines[index], rows)
            if row is not None:
                pairs.extend(row)
                values = {value for _, value in row if value}
                near = range(index, min(limit, index + 4 * len(row) + 8))
                used.update(at for at in near if _label(lines[at].text) or lines[at].text in values)
                index += 1
                continue
            pairs.append((_KEY_OF[label], _beside(lines, index, limit, used)))
        elif len(text) <= 60 and (opening := _OPENING_RE.match(text) or _GLUED_RE.match(text)):
            label = re.sub(r"[ \u3000]", "", opening[1])
            if len(label) >= 2 and label not in (
                "时间",
                "日期",
                "标题",
                "名称",
                "主题",
                "分类",
                "来源",
                "作者",
                "编辑",
            ):
                pairs.append((_KEY_OF[label], text[opening.end() :].strip(" |")))
                used.add(index)
        index += 1
    return pairs, used


def _opens_chapter(line: Line) -> bool:
    if line.link or len(line.text) > 60:
        return False
    found = match_heading(line.text)
    return bool(found and found.weight >= 6 and found.style in ("chapter", "arabic"))


def _is_box(text: str, found: list[re.Match[str]]) -> bool:
    """A line of pairs begins with a label, and is no sentence."""
    head = text[: found[0].start()].strip(" •·●*|【[")
    dated = bool(
        re.fullmatch(r"[\[(【]?\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:\s*\d{1,2}:\d{2}(?::\d{2})?)?[\])】]?", head)
    )
    return (not head or dated or len(found) > 1) and not ("。" in text and len(text) > 60)


def _next_value(lines: Sequence[Line], index: int, limit: int, used: set[int]) -> str:
    """The next line, unless it is a label itself or plainly something else."""
    if index + 1 >= limit:
        return ""
    text = lines[index + 1].text
    if len(text) > _VALUE_LIMIT or _label(text) or _PAIR_RE.match(text) or "。" in text:
        return ""
    used.add(index + 1)
    return text.strip(" |")


def _cell(node: HtmlElement | None) -> HtmlElement | None:
    while node is not None and node.tag not in ("td", "th", "dt", "dd", "li", "body"):
        node = node.getparent()
    return node if node is not None and node.tag in ("td", "th", "dt") else None


def _beside(lines: Sequence[Line], index: int, limit: int, used: set[int]) -> str:
    """The value of a label that is alone on its line: the next cell, or the next line."""
    cell = _cell(lines[index].node)
    if cell is None:
        value = _next_value(lines, index, limit, used)
        node = lines[index].node
        if (
            value
            and node is not None
            and node.tag == "li"
            and lines[index + 1].node is not node
            and not _within(lines[index + 1].node, node)
        ):
            # An item of its own is not the value of an empty item before it.
            used.discard(index + 1)
            return ""
        return value
    following = cell.getnext()
    if following is None or following.tag not in ("td", "th", "dd"):
        return ""
    value = fold_spaces(following.text_content())
    if _label(value) or len(value) > _VALUE_LIMIT:
        return ""
    if index + 1 < limit and lines[index + 1].text == value:
        used.add(index + 1)
    return value


def _within(node: HtmlElement | None, outer: HtmlElement) -> bool:
    while node is not None:
        if node is outer:
            return True
        node = node.getparent()
    return False


def _row_below(line: Line, seen: set[HtmlElement]) -> list[tuple[str, str]] | None:
    """A row of labels above a row of values, of as many cells; asked at the first cell, and only there."""
    cell = _cell(line.node)
    row = cell.getparent() if cell is not None and cell.tag != "dt" else None
    if row is None or row.tag != "tr" or row in seen:
        return None
    seen.add(row)
    heads = [fold_spaces(item.text_content()) for item in row if item.tag in ("td", "th")]
    labels = [_label(text) for text in heads]
    below = row.getnext()
    if len(labels) < 2 or any(label is None for label in labels) or below is None or below.tag != "tr":
        return None
    values = [fold_spaces(item.text_content()) for item in below if item.tag in ("td", "th")]
    if len(values) != len(labels) or any(_label(value) for value in values):
        return None
    return [(_KEY_OF[label], value) for label, value in zip(labels, values, strict=True) if label]
