"""Write the site: static pages that open from the disk, without a server and without the network.

    index.html          the table of organs × years, totals, timelines, findings by kind
    findings.html       findings, with the reports that have them
    data.html           what the words mean, runs, files of evidence, the codebook
    reports/<id>.html   a report: its figures as the form prints them, the archived page beside them
    reports/<id>.json   its record
    copies/<id>.html    the archived page to be read there: no scripts, places marked
    data/coverage.js    what the table draws, assigned to a global: a script loads from file://, JSON does not
    assets/             styles and scripts
    .gongkai-*.json     what was written from what, so that the next time only the changes are

Records are read one at a time. A page is written anew only when its record, its neighbours or this program changed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from pathlib import Path
from threading import Thread
from typing import Any

from markupsafe import Markup

from crawler.coverage import report_page
from crawler.coverage.catalogue import RECORDS, Catalogue, Entry
from crawler.coverage.frame import HERE, POLICY, Site, environment, write_changed
from crawler.coverage.judgement import Judgement, judge, screen
from crawler.coverage.listing import write_lists
from crawler.coverage.states import Coverage, OrganYear
from crawler.progress import open_bar

_STATE = ".gongkai-site.json"
_JUDGED = ".gongkai-judged.json"
_ASSETS = ("site.css", "prefs.js", "coverage.js", "findings.js", "report.js")
_CHUNK = 16
# Below this many pages a second process costs more than it saves.
_ALONE = 200


class SiteError(Exception):
    """The site cannot be written there. Its text names the folder or file and says what to do."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was done: pages of reports in all, of these written anew, and removed because their report is gone.

    `held` are the ids of reports that are not shown because they seem to hold a person's data.
    """

    reports: int
    new: int
    removed: int
    held: tuple[str, ...] = ()

    def told(self) -> str:
        gone = f", {self.removed:,} removed" if self.removed else ""
        return f"{self.reports:,} pages of reports, {self.new:,} written{gone}"


def write_site(
    catalogue: Catalogue,
    coverage: Coverage,
    folder: Path,
    *,
    reports: str = "all",
    workers: int | None = None,
    saved: Mapping[str, Path] | None = None,
) -> Written:
    """Write or renew the site in `folder`.

    `reports` is all, flagged (whatever is not verified) or none. `saved` maps digests of saved pages to files.
    Raises SiteError when the folder holds something else or cannot be written, CatalogueError when the records change
    meanwhile.
    """
    try:
        before = _open_folder(folder)
        judged = _judged(catalogue, folder)
        coverage = _screened(coverage, judged)
        chosen = _chosen(coverage, reports)
        site = Site(catalogue, coverage, folder, judged, frozenset(entry.report_id for entry in chosen), saved or {})
        for name in _ASSETS:
            write_changed(folder / "assets" / name, (HERE / "static" / name).read_text(encoding="utf-8"))
        keys, new = _write_reports(site, chosen, before, workers)
        removed = _remove_left_over(folder, before, keys)
        write_lists(site)
        write_changed(folder / _STATE, json.dumps({"site": 1, "pages": keys}, indent=0, sort_keys=True))
    except OSError as error:
        raise SiteError(f"{error.filename or folder}: cannot write: {error.strerror or error}; free some space or choose another folder") from error
    return Written(len(keys), new, removed, tuple(sorted(judged.held)))


def _open_folder(folder: Path) -> dict[str, str]:
    """The pages of the site that is there; refuses a folder with something else in it."""
    if folder.exists() and not folder.is_dir():
        raise SiteError(f"{folder}: a file; name a folder for the site")
    state = folder / _STATE
    if not state.is_file():
        if folder.is_dir() and any(folder.iterdir()):
            raise SiteError(f"{folder}: holds other files; name a new or an empty folder for the site")
        folder.mkdir(parents=True, exist_ok=True)
        # Marked before anything is in it, so that a site that was cut short can be gone on with.
        state.write_text('{"site": 1, "pages": {}}', encoding="utf-8")
        return {}
    try:
        pages = json.loads(state.read_bytes())["pages"]
        return {str(name): str(key) for name, key in pages.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _chosen(coverage: Coverage, reports: str) -> list[Entry]:
    if reports == "none":
        return []
    entries = [entry for found in coverage.organ_years() for entry in found.entries] + coverage.unplaced
    return [entry for entry in dict.fromkeys(entries) if reports == "all" or entry.verdict != "verified"]


def _screened(coverage: Coverage, judged: Judgement) -> Coverage:
    """Without the reports that must not be shown, and with the one that is chosen for an organ and year first."""

    def shown(found: OrganYear) -> OrganYear:
        entries = tuple(entry for entry in found.entries if entry.report_id not in judged.held)
        if found.entries and not entries:
            return replace(found, state="held", reason=_HELD_BACK, url="", entries=())
        first = [entry for entry in entries if entry.report_id in judged.chosen]
        return replace(found, entries=(*first, *(entry for entry in entries if entry not in first)))

    organs = [replace(organ, years={year: shown(found) for year, found in organ.years.items()}) for organ in coverage.organs]
    unplaced = [entry for entry in coverage.unplaced if entry.report_id not in judged.held]
    return Coverage(organs, unplaced, coverage.years)


_HELD_BACK = "held back: it seems to hold personal data, and nobody has looked at it yet"


def _judged(catalogue: Catalogue, folder: Path) -> Judgement:
    """Findings across reports and decisions: those of the last time, while nothing that they are made from changed."""
    kept = folder / _JUDGED
    digest = hashlib.sha256()
    for path in sorted([*(HERE.parent / "dataset").rglob("*.*"), *(catalogue.home / name for name in ("decisions.csv", "suppressed.jsonl"))]):
        if path.is_file() and path.suffix not in (".pyc",):
            digest.update(path.read_bytes())
    for entry in catalogue.entries:
        digest.update(entry.line_digest.encode())
    key = digest.hexdigest()
    try:
        found = json.loads(kept.read_bytes())
        if found["key"] == key:
            return Judgement.from_plain(found["judged"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # none there, or not ours: ask again
    judged = judge(catalogue.home)
    screen(judged, catalogue, str(catalogue.home / RECORDS))
    write_changed(kept, json.dumps({"key": key, "judged": judged.to_plain()}, ensure_ascii=True))
    return judged


# ------------------------------------------------------------------------------ pages of reports


@dataclass(frozen=True, slots=True)
class _Task:
    entry: Entry
    last: Entry | None
    neighbours: report_page.Neighbours
    key: str


def _write_reports(site: Site, chosen: list[Entry], before: Mapping[str, str], workers: int | None) -> tuple[dict[str, str], int]:
    keys: dict[str, str] = {}
    due: list[_Task] = []
    wanted = {entry.report_id for entry in chosen}
    for task in _tasks(site):
        if task.entry.report_id not in wanted:
            continue
        slug = report_page.slug_of(task.entry.report_id)
        keys[slug] = task.key
        if before.get(slug) != task.key or not (site.folder / "reports" / f"{slug}.html").is_file():
            due.append(task)
    bar = open_bar(len(due), " pages", "Writing pages")
    with bar:
        for _ in _render_all(site, due, workers):
            bar.update()
    return keys, len(due)


def _tasks(site: Site) -> Iterator[_Task]:
    made = _program()
    for organ in site.coverage.organs:
        shown = tuple(found.entries[0] for _, found in sorted(organ.years.items()) if found.entries)
        for found in organ.years.values():
            earlier = organ.years.get(found.year - 1)
            last = earlier.entries[0] if earlier and earlier.entries and earlier.entries[0].readable else None
            for entry in found.entries:
                siblings = tuple(other for other in found.entries if other is not entry)
                around = report_page.Neighbours(last, shown, siblings, organ.path)
                yield _Task(entry, last, around, _key(site, made, entry, around))
    for entry in site.coverage.unplaced:
        around = report_page.Neighbours(None, (), (), ())
        yield _Task(entry, None, around, _key(site, made, entry, around))


def _key(site: Site, made: str, entry: Entry, around: report_page.Neighbours) -> str:
    """A digest of everything that a page is made from."""
    others = [around.last, *around.organ, *around.siblings]
    said = [
        made,
        entry.line_digest,
        [(other.line_digest, other.report_id in site.pages) if other else None for other in others],
        around.places,
        [repr(line) for line in site.judged.across.get(entry.report_id, ())],
        [repr(line) for line in site.judged.decisions.get(entry.report_id, ())],
        entry.report_id in site.judged.reviewed,
    ]
    return hashlib.sha256(json.dumps(said, ensure_ascii=True).encode()).hexdigest()[:20]


@cache
def _program() -> str:
    """A digest of what makes pages: our code, words, templates, and the forms."""
    digest = hashlib.sha256()
    for path in sorted([*HERE.glob("*.py"), *HERE.glob("*.toml"), *HERE.glob("templates/*"), *(HERE.parents[1] / "parsers" / "forms").glob("*.toml")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _render_all(site: Site, due: list[_Task], workers: int | None) -> Iterator[None]:
    count = workers or os.cpu_count() or 1
    if count == 1 or len(due) < _ALONE:
        renderer = _Renderer(site)
        for task in due:
            renderer.render(task)
            yield
        return
    from concurrent.futures import ProcessPoolExecutor

    # Started afresh and not forked: the parent has threads of its libraries by now.
    chunks = [due[start : start + _CHUNK] for start in range(0, len(due), _CHUNK)]
    with ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_start_worker, initargs=(site,)) as pool:
        for done in pool.map(_render_some, chunks):
            yield from (None for _ in range(done))


_renderer: _Renderer | None = None


def _start_worker(site: Site) -> None:
    global _renderer
    parent = parent_process()
    if parent is not None:
        # Idle workers hold both ends of their pipe, and would wait for ever when the parent was killed.
        Thread(target=lambda: (wait([parent.sentinel]), os._exit(1)), daemon=True).start()
    _renderer = _Renderer(site)


def _render_some(tasks: list[_Task]) -> int:
    if _renderer is None:
        raise RuntimeError("a worker was not started by _start_worker")
    for task in tasks:
        _renderer.render(task)
    return len(tasks)


class _Renderer:
    """Writes pages of reports one at a time."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._template = environment().get_template("report.html")
        self._archive: Any = None

    def render(self, task: _Task) -> None:
        site, entry = self._site, task.entry
        line = site.catalogue.line(entry)
        record = json.loads(line)
        last = site.catalogue.record(task.last) if task.last is not None else None
        folder = site.folder / "reports"
        page = report_page.build_page(
            record,
            neighbours=task.neighbours,
            last_record=last if last is not None and isinstance(last.get("year"), int) else None,
            home=site.catalogue.home,
            folder=folder,
            pages=site.pages,
            saved=site.saved,
            warc=self._warc(entry),
            across=site.judged.across.get(entry.report_id, ()),
            decisions=site.judged.decisions.get(entry.report_id, ()),
            reviewed=entry.report_id in site.judged.reviewed,
        )
        slug = page.context["slug"]
        page.context["timeline"] = Markup(page.context["timeline"])  # noqa: S704 - our own SVG, escaped where it is made
        if page.copy is not None:
            write_changed(site.folder / "copies" / f"{slug}.html", page.copy.page)
        write_changed(folder / f"{slug}.json", line)
        # Last: the page is what the next time is looked for.
        write_changed(folder / f"{slug}.html", self._template.render(page.context, root="../", here="", policy=POLICY))

    def _warc(self, entry: Entry) -> report_page.WarcPlace | None:
        """The capture that was taken at the second that the record tells."""
        if self._archive is None:
            self._archive = _open_archive(self._site.catalogue.home) or False
        if not self._archive or not entry.fetched:
            return None
        from archive import ArchiveError

        try:
            captures = self._archive.history(entry.url)
        except (ArchiveError, ValueError):
            return None
        for capture in reversed(captures):
            if capture.fetched.strftime("%Y-%m-%dT%H:%M:%SZ") == entry.fetched:
                return report_page.WarcPlace(f"warc/{capture.warc}", capture.offset, capture.length, capture.rid)
        return None


def _open_archive(home: Path) -> Any:
    from archive import Archive, ArchiveError

    if not (home / "warc").is_dir():
        return None
    try:
        return Archive.read(home)
    except ArchiveError:
        return None


def _remove_left_over(folder: Path, before: Mapping[str, str], keys: Mapping[str, str]) -> int:
    """Remove pages that we wrote and whose report is not shown any more: taken down must mean gone."""
    left = [name for name in before if name not in keys and report_page.slug_of(name) == name]
    for name in left:
        for path in (folder / "reports" / f"{name}.html", folder / "reports" / f"{name}.json", folder / "copies" / f"{name}.html"):
            path.unlink(missing_ok=True)
    return len(left)
