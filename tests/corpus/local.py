"""What local editions add to the forms: rows, columns, notes, units, signs, other ways to write a figure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from crawler.demo.tables import Box, Rows
from tests.corpus.sample import Sample, base, change, relabel, sample, write_page

HUBEI = {
    "规章": "规章(设区的市、自治州人民政府应提供相关数据)",
    "上一年项目数量": "上一年项目数量 (指2019年事项数)",
    "本年增/减": "本年增/减 (增加用正值表示,如 8;减少用负值表示,如 -8)",
    "处理决定数量": "处理决定数量 (指2020年办 件量)",
    "（一）予以公开": "（一）予以公开（含2019年结转的3件）",
    "1.属于国家秘密": "1.属于国家秘密（第14条）",
}


def local_samples() -> Iterator[Sample]:
    """Samples of local rows and columns, and of the ways figures are written."""
    for form in ("2019", "2021"):
        yield from _rows(form)
        yield from _cols(form)
        yield from _figures(form)
    yield from _hybrids()


def _hybrids() -> Iterator[Sample]:
    """Tables of one form with blocks of the other, and with the first block's head lost."""
    (old, (first, *rest)), (new, (other, *_)) = base("2019"), base("2021")
    for number, caption in enumerate(("第二十条第（一）项", "第二十条第（五）项", "第二十条第（六）项", "第二十条第（八）项")):
        ours, theirs = _blocks(first), _blocks(other)
        rows = [row for at, block in enumerate(ours) for row in (theirs[number] if at == number else block)]
        keys = {box.key for row in rows for box in row if box.key}
        cells = {key: old.cells.get(key, new.cells.get(key)) for key in keys}
        cells |= {key: value for key, value in old.cells.items() if not key.startswith("disclosure.")}
        # the labels of both forms are the same, the figures are those of the block that is there
        cells |= {box.key: new.cells[box.key] for row in theirs[number] for box in row if box.key}
        yield Sample(f"2019 with {caption} of 2021", "hybrids", write_page(old, [rows, *rest]), cells)
        if number == 0:
            # what is left of the block is three figures a row, which either form may have
            body = write_page(old, [[row for row in rows if row is not theirs[0][1]], *rest])
            gone = frozenset(key for key in keys if key.startswith(("disclosure.regulations", "disclosure.normative")))
            yield Sample(f"2019 with {caption} of 2021 without its head", "hybrids", body, cells, unread=gone)
    for form in ("2019", "2021"):
        composed, tables = base(form)
        blocks = _blocks(tables[0])
        for number in range(4):
            headless = [row for at, block in enumerate(blocks) for y, row in enumerate(block) if at != number or y != 1]
            yield sample(f"{form} head {number + 1} of the first table lost", "hybrids", composed, write_page(composed, [headless, *tables[1:]]))


def _blocks(rows: Rows) -> list[Rows]:
    """The first table cut at its captions."""
    blocks: list[Rows] = []
    for row in rows:
        if row[0].text.startswith("第二十条"):
            blocks.append([])
        blocks[-1].append(row)
    return blocks


def _after(rows: Rows, label: str, *new: list[Box]) -> Rows:
    """Rows with more rows after the one whose leaf label is `label`."""
    out: Rows = []
    for row in rows:
        out.append(row)
        if any(box.text == label and not box.key for box in row) and any(box.key for box in row):
            out.extend(new)
    return out


def _line(label: str, count: int, start: int, cols: int = 1) -> list[Box]:
    return [Box(label, cols), *(Box(str(start + n)) for n in range(count))]


def _rows(form: str) -> Iterator[Sample]:
    composed, (disclosure, requests, proceedings) = base(form)

    def page(first: Rows, second: Rows) -> bytes:
        return write_page(composed, [first, second, proceedings])

    documents = next(row[0].text for row in disclosure if "规范性文件" in row[0].text)
    extra = _after(disclosure, documents, _line("其他主动公开文件（通知、公告等）", 3, 700001))
    yield sample(f"{form} 其他主动公开文件", "local rows", composed, page(extra, requests))
    sub = _after(requests, "二、上年结转政府信息公开申请数量", _line("小计", 7, 700011, 3))
    sub = _after(sub, "四、结转下年度继续办理", _line("备注：以上为全年数", 7, 700021, 3))
    yield sample(f"{form} rows of 小计 and 备注", "local rows", composed, page(disclosure, sub))
    parents: Rows = []
    for row in requests:
        label = next((box for box in row if "不予公开" in box.text and box.rows > 1), None)
        if label:
            # the parent has a row of its own, with the sum of its children
            before = row[: row.index(label)]
            parents.append([*(replace(box, rows=box.rows + 1) for box in before), Box("（三）不予公开", 2), *(Box(str(700031 + n)) for n in range(7))])
            parents.append([Box("其中", 1, label.rows), *row[row.index(label) + 1 :]])
        else:
            parents.append([replace(box, rows=box.rows + 1) if box.text.startswith("三、") else box for box in row])
    yield sample(f"{form} a parent with its subtotal", "local rows", composed, page(disclosure, parents))
    yield sample(f"{form} labels with notes and figures", "labels", composed, page(relabel(disclosure, HUBEI), relabel(requests, HUBEI)))
    if form == "2019":
        beijing: Rows = []
        for row in disclosure:
            if row[0].text == "其他对外管理服务事项":
                beijing.append([Box("其他对外管理服务事项", 1, 2), Box("行政检查"), *(Box(str(700041 + n)) for n in range(3))])
                beijing.append([Box("行政确认"), *(Box(str(700051 + n)) for n in range(3))])
            else:
                beijing.append([replace(row[0], cols=row[0].cols + 1), *row[1:]])
        yield sample("2019 其他对外管理服务事项 in two rows", "local rows", composed, page(beijing, requests), without=["disclosure.other_services"])


def _cols(form: str) -> Iterator[Sample]:
    composed, (disclosure, requests, proceedings) = base(form)

    def page(second: Rows, first: Rows = disclosure, third: Rows = proceedings) -> bytes:
        return write_page(composed, [first, second, third])

    subtotal: Rows = []
    for y, row in enumerate(requests):
        new = list(row)
        if y == 0:
            new[-1] = replace(new[-1], cols=8)
        elif y == 1:
            new[1] = replace(new[1], cols=6)
        elif y == 2:
            new.append(Box("小计"))
        else:
            new.insert(len(new) - 1, Box(str(710000 + y)))
        subtotal.append(new)
    yield sample(f"{form} a column 小计", "local columns", composed, page(subtotal))
    remarks: Rows = []
    for y, row in enumerate(requests):
        remarks.append([*row, Box("备注", 1, 3)] if y == 0 else [*row, Box("")] if y > 2 else row)
    yield sample(f"{form} a column 备注", "local columns", composed, page(remarks))
    numbered: Rows = []
    for y, row in enumerate(requests):
        numbered.append([Box("序号", 1, 3), *row] if y == 0 else [Box(str(y - 2)), *row] if y > 2 else row)
    yield sample(f"{form} a column 序号 in front", "local columns", composed, page(numbered))
    behind: Rows = []
    for y, row in enumerate(requests):
        at = next((i for i, box in enumerate(row) if box.key), 1)
        behind.append([row[0], Box("行次", 1, 3), *row[1:]] if y == 0 else [*row[:at], Box(str(y - 2)), *row[at:]] if y > 2 else row)
    yield sample(f"{form} a column 行次 before the figures", "local columns", composed, page(behind))
    first: Rows = []
    number = 0
    for row in disclosure:
        if any(box.key for box in row):
            number += 1
            first.append([Box(str(number)), *row])
        else:
            first.append([Box("序号" if len(row) > 1 else ""), *row])
    yield sample(f"{form} a column 序号 in the first table", "local columns", composed, page(requests, first))
    name = [[Box("单位", 1, 3), *proceedings[0]], proceedings[1], proceedings[2], [Box("云岭镇"), *proceedings[3]]]
    yield sample(f"{form} the organ's name before the fifteen", "local columns", composed, page(requests, disclosure, name))


def _figures(form: str) -> Iterator[Sample]:
    composed, tables = base(form)
    digits = "零一二三四五六七八九"

    def han(text: str) -> str:
        thousands, hundreds, tens, ones = (int(c) for c in text)
        out = f"{digits[thousands]}千" + (f"{digits[hundreds]}百" if hundreds else "零" if tens or ones else "")
        out += f"{digits[tens]}十" if tens else "零" if hundreds and ones else ""
        return out + (digits[ones] if ones else "")

    writings: dict[str, Callable[[str], str]] = {
        "units behind figures": lambda t: t + "件",
        "units in brackets": lambda t: f"{t}（件）",
        "full-width": lambda t: t.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
        "thousands": lambda t: f"{int(t):,}",
        "full-width commas": lambda t: f"{t[0]}，{t[1:]}",
        "spaces around": lambda t: f"\u3000 {t}\u00a0",
        "zero-width marks": lambda t: f"{t[:2]}\u200b{t[2:]}",
        "Chinese numerals": han,
        "notes below": lambda t: f"{t}\n（其中修订16件）",
        # a spreadsheet's twelve, or twelve hundred with a speck in it
        "a point and nought": lambda t: f"{t}.00",
    }
    for name, write in writings.items():
        # 本年增/减 has its sign printed
        sign = "" if name == "Chinese numerals" else "＋"

        def rewrite(_: int, box: Box, write: Callable[[str], str] = write, sign: str = sign) -> Box:
            if not box.key:
                return box
            return replace(box, text=sign + write(box.text[1:]) if box.text[0] == "+" else write(box.text))

        written = [change(rows, rewrite) for rows in tables]
        # the amount is no count
        gone = [key for key in _keys(tables) if name == "a point and nought" and not key.endswith("amount")]
        yield sample(f"{form} figures: {name}", "figures", composed, write_page(composed, written), without=gone)


def _keys(tables: list[Rows]) -> list[str]:
    return [box.key for rows in tables for row in rows for box in row if box.key]
