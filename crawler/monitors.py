"""Thresholds that turn a silent loss into a failed run, for Spidermon.

A crawl can end as it should, without one error, and have lost half of what it had last time: a portal moved its column,
an access check went up, a template changed. Each monitor here compares what the run came to with a threshold, or with
the last run that was asked for the same. What fails is logged as an error, stands in the run's journal under
`alarms`, and the exit status is that of an incomplete run.

Off unless SPIDERMON_ENABLED is on. Spidermon's own settings and actions (mail, Slack, files) hold as its manual says;
with SPIDERMON_SPIDER_CLOSE_MONITORS other suites take the place of this one.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import UsageError

from crawler.completeness import compare_runs, unpack_years
from crawler.status import FINISHED

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

    from crawler.run import Run

logger = logging.getLogger("gongkai")

SUITE = "crawler.monitors.suite"


@dataclass(frozen=True)
class Thresholds:
    """What a run may come to without an alarm. Shares are of 1.

    `reports`: how many at least. `fewer`: what share of the last run's reports may be missing. `unreadable`: what share of
    the reports. `blocked`: what share of the portals. `unread`: what share of the pages could not be had.
    """

    reports: int = 1
    fewer: float = 0.02
    unreadable: float = 0.1
    blocked: float = 0.1
    unread: float = 0.1

    @classmethod
    def of(cls, settings: BaseSettings) -> Thresholds:
        """By the settings MONITOR_REPORTS_MIN, MONITOR_FEWER_MAX, MONITOR_UNREADABLE_MAX, MONITOR_BLOCKED_MAX, MONITOR_UNREAD_MAX.

        Raises UsageError for one that is no number.
        """
        try:
            return cls(
                settings.getint("MONITOR_REPORTS_MIN", cls.reports),
                settings.getfloat("MONITOR_FEWER_MAX", cls.fewer),
                settings.getfloat("MONITOR_UNREADABLE_MAX", cls.unreadable),
                settings.getfloat("MONITOR_BLOCKED_MAX", cls.blocked),
                settings.getfloat("MONITOR_UNREAD_MAX", cls.unread),
            )
        except ValueError:
            raise UsageError("MONITOR_REPORTS_MIN is a number, MONITOR_…_MAX are shares such as 0.1", print_help=False) from None


class MonitorsAddon:
    """Switches Spidermon on, with the monitors here, where SPIDERMON_ENABLED asks for it. Raises UsageError without the package."""

    def update_settings(self, settings: BaseSettings) -> None:
        if not settings.getbool("SPIDERMON_ENABLED"):
            return
        if find_spec("spidermon") is None:
            raise UsageError("SPIDERMON_ENABLED: the package spidermon is not installed; pip install spidermon", print_help=False)
        Thresholds.of(settings)
        settings.setdefault("SPIDERMON_SPIDER_CLOSE_MONITORS", (SUITE,), "addon")
        from spidermon.contrib.scrapy.extensions import Spidermon

        from crawler.spiders.county_portals import CountyPortals

        logging.getLogger(CountyPortals.name).addFilter(_is_news)
        settings.setdefault_in_component_priority_dict("EXTENSIONS", Spidermon, 500)


def _is_news(record: logging.LogRecord) -> bool:
    """Spidermon draws tables of what went well, and says with a traceback what we have said in a line. Its errors stay."""
    text = record.getMessage()
    return not text.startswith("[Spidermon]") or (record.levelno >= logging.WARNING and "FAIL: RunMonitor/" not in text)


def find_alarms(journal: Mapping[str, Any], last: Mapping[str, Any] | None, blocked: int, allowed: Thresholds) -> Iterator[tuple[str, str]]:
    """Yield the name of each threshold that a run breaks, with a line that says how.

    `journal` is the run's, `last` that of the run before it with the same task, `blocked` how many portals refused us.
    """
    verdicts = journal["counts"]["verdicts"]
    reports = _reports(journal)
    if reports < allowed.reports:
        yield "reports", f"{reports} reports; at least {allowed.reports} are expected"
    if last is not None:
        before = _reports(last)
        if before and (before - reports) / before > allowed.fewer:
            yield "fewer", f"{reports} reports; run {last['run']} had {before}"
        lost = compare_runs(_organ_years(last), _organ_years(journal))
        if lost.worse:
            yield "lost", str(lost)
    unreadable = verdicts.get("unreadable", 0)
    if reports and unreadable / reports > allowed.unreadable:
        yield "unreadable", f"{unreadable} of {reports} reports could not be read"
    portals = len(journal["asked_for"]["portals"])
    if portals and blocked / portals > allowed.blocked:
        yield "blocked", f"{blocked} of {portals} portals refused us"
    missed = sum(bool(failure["worth_a_retry"]) for failure in journal["failures"])
    pages = journal["counts"]["pages"] + missed
    if pages and missed / pages > allowed.unread:
        yield "unread", f"{missed} of {pages} pages could not be had"


def last_like(run: Run, journal: Mapping[str, Any]) -> dict[str, Any] | None:
    """The journal of the newest earlier run that came to its end and was asked for the same; None when there is none."""
    for path in sorted((Path(run.root) / "runs").glob("r[0-9]*.json"), reverse=True):
        if path.stem >= run.id:
            continue
        try:
            found: dict[str, Any] = json.loads(path.read_bytes())
            if found["asked_for"] == journal["asked_for"] and found["reason"] in FINISHED:
                return found
        except (OSError, ValueError, KeyError, TypeError):
            continue  # a journal that was cut off or is no journal: the one before it, then
    return None


def _reports(journal: Mapping[str, Any]) -> int:
    verdicts: dict[str, int] = journal["counts"]["verdicts"]
    return sum(verdicts.values()) - verdicts.get("not_a_report", 0)


def _organ_years(journal: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list(unpack_years(journal.get("ledger", {}).get("organ_years", ())))


def __getattr__(name: str) -> Any:
    # Made when Spidermon asks for it: its classes cannot be named where it is not installed.
    if name == "suite":
        return _make_suite()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _make_suite() -> Any:
    from spidermon import Monitor, MonitorSuite

    from crawler.run import Run

    class RunMonitor(Monitor):  # type: ignore[misc]
        """A run lost nothing that it should have had."""

        def test_run(self) -> None:
            """What the run came to is within its thresholds."""
            crawler = self.data["crawler"]
            run = Run.of(crawler)
            ledger = getattr(crawler.spider, "ledger", None)
            journal = run.journal() | {
                "failures": (asdict(failure) for failure in run.failures),
                "ledger": {"organ_years": ledger.each_year() if ledger is not None else ()},
            }
            found = list(find_alarms(journal, last_like(run, journal), len(run.blocked_portals()), Thresholds.of(crawler.settings)))
            for name, line in found:
                run.alarms.append(f"{name}: {line}")
                logger.error("Monitor %s: %s", name, line)
            if found:
                run.keep_journal()
                self.fail("; ".join(line for _, line in found))

    class RunMonitors(MonitorSuite):  # type: ignore[misc]
        monitors = [RunMonitor]  # noqa: RUF012 - Spidermon's way

    return RunMonitors
