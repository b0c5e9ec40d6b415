"""The pages that list: coverage, findings, and what the data are."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from crawler.coverage.catalogue import OUTCOMES, Entry
from crawler.coverage.form_layout import key_labels
from crawler.coverage.frame import POLICY, Site, environment, write_changed
from crawler.coverage.report_page import slug_of
from crawler.coverage.states import Coverage
from crawler.coverage.table import MARKS, count_marks
from crawler.coverage.timeline import draw_timeline, sum_years
from crawler.coverage.words import load_words, word
from parsers.form import load_forms

_LEVELS = ("error", "warning", "notice")
# A page of more is read by nobody; the dataset's own table of findings has them all.
_MOST_PANEL = 500


def write_lists(site: Site) -> None:
    """Write index.html, findings.html, data.html and the data of the table."""
    coverage, folder = site.coverage, site.folder
    kinds = _kinds(coverage)
    years = sum_years(found.entries[0] for found in coverage.organ_years() if found.entries)
    common = {"root": "", "policy": POLICY, "outcomes": [word("outcome", key) for key in OUTCOMES], "kinds": kinds}
    counts = count_marks(coverage)
    states = [word("state", mark) for mark in MARKS]
    pages: dict[str, dict[str, Any]] = {
        "index.html": {
            "here": "coverage",
            "totals": _totals(coverage, counts),
            "states": [{"word": state, "count": counts[state.key]} for state in states if counts[state.key]],
            "timeline": Markup(draw_timeline(years, "all")),  # noqa: S704 - our own SVG, escaped where it is made
            "timeline_years": years,
        },
        "findings.html": {"here": "findings", "panel": _panel(site)},
        "data.html": {
            "here": "data",
            "states": states,
            "verdicts": list(load_words()["verdict"].values()),
            "kinds": list(load_words()["kind"].values()),
            "home": str(site.catalogue.home),
            "parsers": sorted({entry.parser for entry in _entries(coverage)} - {""}),
            "problems": [*site.catalogue.problems, *site.judged.notes],
            "runs": [_run(run) for run in site.catalogue.runs],
            "sealed": _sealed(site.catalogue.home),
            "forms": _forms(),
        },
    }
    for name, context in pages.items():
        write_changed(folder / name, environment().get_template(name).render({**common, **context}))
    write_changed(folder / "data" / "coverage.js", f"window.GONGKAI = {script_json(_data(site, kinds))};\n")


def script_json(value: object) -> str:
    """JSON that may stand in a script: what could end the script or a line of it is written as an escape.

    >>> script_json("</script>")
    '"\\\\u003c/script\\\\u003e"'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _totals(coverage: Coverage, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    missing = sum(counts.get(mark, 0) for mark in ("absent", "blocked", "unreachable", "incomplete"))
    told = (
        ("机关", "organs", len(coverage.organs)),
        ("机关年度", "organ-years", sum(counts.values())),
        ("已读取", "read", sum(counts.get(mark, 0) for mark in ("found", "revised", "flagged", "partial"))),
        ("存疑或不完整", "doubtful or not whole", sum(counts.get(mark, 0) for mark in ("flagged", "partial", "held"))),
        ("缺失或未查清", "missing or not settled", missing),
    )
    return [{"zh": zh, "en": en, "count": count} for zh, en, count in told]


def _entries(coverage: Coverage) -> list[Entry]:
    return [entry for found in coverage.organ_years() for entry in found.entries] + coverage.unplaced


def _kinds(coverage: Coverage) -> list[dict[str, Any]]:
    """Checks that found something, the gravest and most frequent first."""
    reports: dict[str, set[str]] = defaultdict(set)
    gravest: dict[str, str] = {}
    for entry in _entries(coverage):
        for finding in entry.findings:
            reports[finding.check].add(entry.report_id)
            known = gravest.get(finding.check, "notice")
            level = finding.level if finding.level in _LEVELS else "notice"
            gravest[finding.check] = min(known, level, key=_LEVELS.index)
    order = sorted(reports, key=lambda check: (_LEVELS.index(gravest[check]), -len(reports[check]), check))
    return [{"word": word("check", check), "level": word("level", gravest[check]), "reports": len(reports[check])} for check in order]


def _panel(site: Site) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = []
    for entry in _entries(site.coverage):
        for line in site.judged.across.get(entry.report_id, ()):
            if len(shown) >= _MOST_PANEL:
                return shown
            page = f"reports/{slug_of(entry.report_id)}.html" if entry.report_id in site.pages else ""
            shown.append({"page": page, "organ": entry.organ or "", "year": entry.year or "", "word": word("check", line.check), "message": line.message})
    return shown


def _data(site: Site, kinds: list[dict[str, Any]]) -> dict[str, Any]:
    """What the table draws: texts once, and numbers that point to them."""
    coverage = site.coverage
    groups, portals, reasons = _Pool(), _Pool(), _Pool()
    checks = [kind["word"].key for kind in kinds]
    reports: list[list[Any]] = []

    def report(entry: Entry, organ: int) -> int:
        found = [[checks.index(finding.check), finding.times] for finding in entry.findings]
        name = f"{entry.organ or entry.title or entry.url} {entry.year or ''}".strip()
        reports.append([slug_of(entry.report_id), name, entry.title if not entry.organ else "", organ, int(entry.report_id in site.pages), found])
        return len(reports) - 1

    organs = []
    for number, organ in enumerate(coverage.organs):
        years = []
        for year, found in sorted(organ.years.items()):
            numbers = [report(entry, number) for entry in found.entries]
            reason = reasons.number(found.reason) if found.reason else -1
            line = [year, MARKS.index(found.mark), numbers[0] if numbers else -1, reason]
            years.append([*line, found.url] if found.url and not numbers else line)
        organs.append([organ.name, groups.number(organ.path), portals.number((organ.portal, organ.portal_name)), years])
    for entry in coverage.unplaced:
        report(entry, -1)
    return {
        "years": coverage.years,
        "groups": groups.values,
        "portals": portals.values,
        "organs": organs,
        "reports": reports,
        "reasons": reasons.values,
        "marks": MARKS,
        "checks": checks,
        "words": {mark: {"mark": said.mark, "zh": said.zh, "en": said.en} for mark in MARKS for said in [word("state", mark)]},
    }


class _Pool:
    """Values kept once, in the order in which they came."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._numbers: dict[Any, int] = {}

    def number(self, value: Any) -> int:
        if value not in self._numbers:
            self._numbers[value] = len(self.values)
            self.values.append(value)
        return self._numbers[value]


def _run(run: Mapping[str, Any]) -> dict[str, str]:
    """A journal's head as texts, whatever version of us, or whoever, wrote it."""
    counts, software = run.get("counts"), run.get("software")
    count = counts if isinstance(counts, dict) else {}
    return {
        **{name: str(run.get(name) or "") for name in ("run", "started", "ended", "reason")},
        **{name: str(count.get(name, "")) for name in ("pages", "reports")},
        "software": ", ".join(f"{name} {version}" for name, version in software.items()) if isinstance(software, dict) else "",
    }


def _sealed(home: Path) -> list[dict[str, Any]]:
    """The lines of the archive's manifest, as far as they can be read."""
    sealed = []
    try:
        for line in (home / "warc" / "MANIFEST.jsonl").read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            sealed.append({name: entry[name] for name in ("name", "bytes", "records", "sha256")})
    except (OSError, ValueError, KeyError, TypeError):
        return sealed
    return sealed


def _forms() -> list[dict[str, Any]]:
    made = []
    for form in load_forms().values():
        labels = key_labels(form)
        units = {block.cell_key(row, col): row.unit or col.unit for block in form.blocks for row in block.rows for col in block.cols}
        made.append({"name": form.name, "notice": form.notice, "rows": [{"key": key, "label": label, "unit": units[key]} for key, label in labels.items()]})
    return made
