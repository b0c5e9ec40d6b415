"""What tables and pages call things, in Chinese and English: `words.toml`, read once."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("words.toml")


@dataclass(frozen=True, slots=True)
class Word:
    """A thing's name in both languages, a sentence of explanation in both, and its mark where it has one."""

    key: str
    zh: str
    en: str
    why_zh: str = ""
    why_en: str = ""
    mark: str = ""


@cache
def load_words() -> dict[str, dict[str, Word]]:
    """All words: kind of thing (state, verdict, kind, level, section, outcome, check) to key to Word."""
    tables = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {
        about: {key: Word(key, **entry) for key, entry in entries.items()} for about, entries in tables.items()
    }


def word(about: str, key: str) -> Word:
    """A thing's words; a key that has none is its own name.

    >>> word("check", "requests.balance").en, word("check", "x.new").en
    ('Requests do not balance', 'x.new')
    """
    return load_words().get(about, {}).get(key) or Word(key, key, key)
