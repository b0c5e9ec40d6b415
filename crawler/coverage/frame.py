"""What all pages of the site share: the templates, the policy that a browser enforces, and how a file is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from crawler.coverage.catalogue import Catalogue
from crawler.coverage.judgement import Judgement
from crawler.coverage.states import Coverage
from crawler.coverage.words import word

HERE = Path(__file__).parent

#: Scripts, styles and frames of this site only, and nothing from a network. `file:` is what 'self' means on a disk.
POLICY = (
    "default-src 'none'; script-src 'self' file:; style-src 'self' file:; img-src 'self' data:; frame-src 'self' file:; "
    "base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True, slots=True)
class Site:
    """What is shown, and where it is written: `pages` are the ids of reports that have a page of their own."""

    catalogue: Catalogue
    coverage: Coverage
    folder: Path
    judged: Judgement
    pages: frozenset[str]
    saved: Mapping[str, Path]


@cache
def environment() -> Environment:
    """Templates with everything escaped, and a mistake in a name an error."""
    made = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.globals["word"] = word
    return made


def write_changed(path: Path, content: str | bytes) -> bool:
    """Write a file unless it says the same already; True when it was written."""
    # Half a surrogate pair, from a broken escape on a page, is no character and cannot be shown.
    body = content.encode("utf-8", "replace") if isinstance(content, str) else content
    try:
        if path.stat().st_size == len(body) and path.read_bytes() == body:
            return False
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".tmp")
    part.write_bytes(body)
    part.replace(path)
    return True
