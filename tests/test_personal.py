"""Numbers of people are found by their check digits, and numbers of offices are left alone."""

from __future__ import annotations

import doctest
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import personal
from parsers.personal import find_in_page, find_personal

# Composed by the rules of GB 11643-1999 and ISO/IEC 7812; nobody's that we know of.
IDENTITY = "11010519491231002X"
CARD = "6222021234567890128"


def kinds(text: str) -> list[str]:
    return [hit.kind for hit in find_personal(text)]


def identity(division: str, born: str, order: str) -> str:
    seventeen = division + born + order
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(seventeen))
    return seventeen + "10X98765432"[total % 11]


def test_the_examples_in_the_docstrings_are_true() -> None:
    tried = doctest.testmod(personal)
    assert tried.attempted > 0 and tried.failed == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"申请人张三，身份证号{IDENTITY}，住某村", ["identity_number"]),
        ("申请人 110105 19491231 002x", ["identity_number"]),
        ("１１０１０５１９４９１２３１００２Ｘ", ["identity_number"]),
        ("张三 13812345678", ["mobile"]),
        ("张三 138-1234-5678；李四 +86 139 1234 5678", ["mobile", "mobile"]),
        ("幸福街道 张三 13812345678", ["mobile"]),
        (f"开户行：某银行 卡号：{CARD}", ["bank_card"]),
        ("6222 0212 3456 7890 128", ["bank_card"]),
    ],
)
def test_personal_numbers_are_found(text: str, expected: list[str]) -> None:
    assert kinds(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "联系电话：010-65132119，传真 023-58123456 转 8001，邮编 404000",
        "民政局办公室 13812345678",
        "区政务服务中心咨询电话：13812345678",
        "监督举报电话：138 1234 5678",
        "统一社会信用代码：11500101008650311N",
        f"统一社会信用代码{IDENTITY}",
        "索引号：115001010086503114/2021-00012",
        "000014349/2021-13812345678",
        "http://county.example/art/2021/1/22/13812345678.html",
        "t20210122_13812345678",
        f"文件编号 {CARD}",
        "110105194912310021",
        "11010519491331002X",
        "00010519491231002X",
        "110105********002X",
        "12812345678 138123456789 1381234567",
        "6222021234567890129",
        "本年新收政府信息公开申请数量 1234567890123456",
        "2021年1月22日 渝府办发〔2021〕13812345678号",
    ],
)
def test_numbers_of_offices_and_files_are_no_hits(text: str) -> None:
    assert find_personal(text) == []


def test_a_hit_has_its_place_and_not_its_number() -> None:
    text = f"身份证：{IDENTITY}。"
    (hit,) = find_personal(text)
    assert text[hit.start : hit.end] == IDENTITY
    assert hit.masked == "110*************2X" and len(hit.masked) == 18


@given(st.dates().filter(lambda day: 1900 <= day.year <= 2099), st.integers(0, 999), st.integers(0, 17), st.integers(1, 9))
def test_one_digit_changed_is_no_identity_number(day: object, order: int, place: int, by: int) -> None:
    number = identity("500101", f"{day:%Y%m%d}", f"{order:03d}")
    assert kinds(f"张三 {number}") == ["identity_number"]
    if number[place] != "X":
        changed = number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :]
        assert "identity_number" not in kinds(f"张三 {changed}")


def test_a_page_is_searched_as_it_is_shown_in_its_own_characters() -> None:
    page = f"<table><tr><td>张三</td><td>110105<b>19491231</b>002X</td><td>{CARD}</td></tr></table><script>'13912345678'</script>"
    for encoding in ("utf-8", "gb18030"):
        assert [hit.kind for hit in find_in_page(page.encode(encoding))] == ["identity_number", "bank_card"]
    # Two cells are two numbers.
    assert find_in_page(b"<td>1381234</td><td>5678</td>") == []
    assert [hit.kind for hit in find_in_page("<p>张三：&#49;3812345678</p>".encode())] == ["mobile"]


def test_hostile_texts_take_no_longer_than_their_length() -> None:
    begun = time.process_time()
    for text in ("1" * 400_000, "6222 " * 80_000, "局" * 200_000 + "13812345678", "138 " * 100_000, "13812345678 " * 20_000):
        find_personal(text)
    for page in (b"<" * 400_000, b"<a " * 100_000, b"<script" * 50_000, b"<!--" * 100_000):
        find_in_page(page)
    # No stopwatch: without bound this would be hours.
    assert time.process_time() - begun < 60
