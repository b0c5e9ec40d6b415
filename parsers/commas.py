"""Cut a line of cells at the commas that a spreadsheet saved as text has between them.

Officials' sentences are full of commas, and so are the form's labels; and 1,204 is one figure. So a line is cut only where it
ends in figures behind a label of the form, and where no two of them could be one figure with its thousands set apart.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence, Set
from itertools import pairwise

from parsers.figures import read_figure
from parsers.labels import label_keys

_MARKS = ",，;；"
_LONGEST = 300
# How many figures stand in a row without a label.
_UNLABELLED = 15


def cut_at_commas(text: str, rows: Set[str], heads: Set[str]) -> list[str] | None:
    """The cells of a line, or None when it is not for certain a row of cells; `rows` and `heads` are the labels of the forms.

    >>> cut_at_commas("规章,0,0,3", {"规章"}, set()), cut_at_commas("规章,1,204,3", {"规章"}, set())
    (['规章', '0', '0', '3'], None)
    >>> cut_at_commas("（二）部分公开（区分处理的，只计这一情形），0，1", {"部分公开区分处理的只计这一情形"}, set())
    ['（二）部分公开（区分处理的，只计这一情形）', '0', '1']
    """
    if len(text) > _LONGEST or "。" in text:
        return None
    for mark in _MARKS:
        if mark not in text:
            continue
        quoted = mark == "," and text.startswith('"') and '","' in text
        parts = next(csv.reader([text])) if quoted else text.split(mark)
        parts = [part.strip(' "“”') for part in parts]
        if sum(not heads.isdisjoint(label_keys(part)) for part in parts) > 1:
            return parts
        first = len(parts)
        while first and (not parts[first - 1] or _is_figure(parts[first - 1])):
            first -= 1
        labels, figures = parts[:first], parts[first:]
        if not any(figures) or (mark in ",，" and not quoted and _may_be_thousands(figures)):
            continue
        if not labels and len(figures) == _UNLABELLED:
            return parts
        if labels and not rows.isdisjoint(label_keys(labels[-1])):
            return parts
        whole = mark.join(labels)
        if labels and not rows.isdisjoint(label_keys(whole)):
            return [whole, *figures]
    return None


def _is_figure(text: str) -> bool:
    return read_figure(text, decimal=True).kind in ("number", "dash")


def _may_be_thousands(figures: Sequence[str]) -> bool:
    return any(re.fullmatch(r"[+-]?[1-9]\d{0,2}", one) and re.fullmatch(r"\d{3}(?:\.\d+)?", other) for one, other in pairwise(figures))
