"""Make labels of the statutory forms comparable, however they were typed or pasted.

`（三） 不予公开`, `三）不予公开` and `不予公开` are one label; so are `危及“三安全一稳定”` and
`危及三安全一稳定`. What tells labels apart are their Chinese characters: enumerators, brackets,
quotes, white space and digits are dropped. Bracketed notes are dropped too, but since a page may
have lost the brackets and kept the words, a label has several keys and two labels agree when
they share one.
"""

from __future__ import annotations

import re
from functools import lru_cache

_NUMERAL = "一二三四五六七八九十"
# （一） 一、 一) 1. 1、 (1) 第一项; a lone leading numeral is left to `label_keys`, since 三类… is no enumerator.
_ENUMERATOR = re.compile(
    rf"^(?:[（(〔【\[]\s*(?:[{_NUMERAL}]{{1,3}}|\d{{1,2}})\s*[）)〕】\]]|(?:[{_NUMERAL}]{{1,3}}|\d{{1,2}})\s*[、.．,，:：)）]|[①-⑳])+"
)
_AMONG = re.compile(r"^其中[：:]")
_NOTE = re.compile(r"[（(〔【\[][^（()）〔〕【】\[\]]*[）)〕】\]]")
_NOT_HAN = re.compile(r"[^\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003134f]+")


@lru_cache(maxsize=8192)
def label_keys(text: str) -> tuple[str, ...]:
    """The keys of one label, the plainest first; empty when the text has no Chinese character.

    >>> label_keys("（三） 不予公开")
    ('不予公开',)
    >>> label_keys("部分公开（区分处理的，只计这一情形）")
    ('部分公开', '部分公开区分处理的只计这一情形')
    >>> label_keys("三本年度办理结果")
    ('三本年度办理结果', '本年度办理结果')
    """
    squeezed = re.sub(r"\s+", "", text)
    # twice: 三、（一）予以公开 carries two, and 其中：1.涉及国家秘密 hides one
    bare = _AMONG.sub("", _ENUMERATOR.sub("", squeezed))
    bare = _AMONG.sub("", _ENUMERATOR.sub("", bare))
    keys: list[str] = []
    for candidate in (_NOTE.sub("", bare), bare):
        key = _NOT_HAN.sub("", candidate)
        if key and key not in keys:
            keys.append(key)
    for key in tuple(keys):
        # 一本年新收…: the mark after the numeral was lost. Only one numeral, and only from long labels.
        if len(key) > 4 and key[0] in _NUMERAL and key[1:] not in keys:
            keys.append(key[1:])
    return tuple(keys)


def label_key(text: str) -> str:
    """The plainest key of a label, or the empty string.

    >>> label_key("3.危及“三安全一稳定”")
    '危及三安全一稳定'
    """
    keys = label_keys(text)
    return keys[0] if keys else ""
