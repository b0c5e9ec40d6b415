"""Coverage in a terminal: marks without colour, widths as a terminal counts them, JSON for scripts."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path

from crawler.coverage.catalogue import load_catalogue
from crawler.coverage.states import find_states
from crawler.coverage.table import terminal_width, wants_colour, write_table
from crawler.summary import width
from tests.coverage_home import add_run, bare_record, write_records

ROOT = Path(__file__).resolve().parent.parent


def home(tmp_path):
    write_records(
        tmp_path,
        [
            bare_record(report_id="a", year=2020),
            bare_record(report_id="b", year=2022, verdict="flagged", findings=[{"check": "requests.balance", "level": "error", "keys": [], "message": "m", "expected": 1, "found": 0}]),
            bare_record(report_id="c", organ="A", year=2022),
        ],
    )  # fmt: skip
    add_run(tmp_path, [{"id": "p1", "name": "某县人民政府"}])
    return tmp_path


def table(tmp_path, **wishes):
    return write_table(find_states(load_catalogue(home(tmp_path))), **wishes)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_marks_stand_under_their_years_whatever_the_names_width(tmp_path):
    lines = table(tmp_path).splitlines()
    heads = [width(lines[0][: lines[0].index(year)]) for year in ("20", "21", "22")]
    rows = {line.split()[0]: line for line in lines[1:5] if line.startswith("  ")}
    for name, marks in (("某县某局", "●×▲"), ("A", "··●")):
        line = rows[name]
        found = [line[number] for number in range(len(line)) if width(line[:number]) - 1 in heads]
        assert "".join(found) == marks


def test_missing_and_doubtful_are_listed_with_their_reasons(tmp_path):
    text = table(tmp_path)
    assert "某县某局: 2021: not published (not listed in the columns that were found)" in text
    assert "某县某局 2022: flagged (requests.balance)" in text


def test_colour_adds_nothing_but_colour(tmp_path):
    plain, coloured = table(tmp_path), table(tmp_path, colour=True)
    assert "\x1b[" not in plain and "\x1b[" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain


def test_no_line_of_the_grid_is_wider_than_the_terminal(tmp_path):
    records = [bare_record(report_id=f"r{year}", organ="很长的名称" * 12, year=year) for year in range(2008, 2026)]
    write_records(tmp_path, records)
    text = write_table(find_states(load_catalogue(tmp_path)), columns=50)
    grid = text.split("\n\n")[0].splitlines()
    assert max(width(line) for line in grid) <= 50
    assert "do not fit here" in text


def test_colours_are_for_terminals_that_want_them():
    assert wants_colour(Terminal(), {})
    assert not wants_colour(Terminal(), {"NO_COLOR": "1"})
    assert not wants_colour(Terminal(), {"TERM": "dumb"})
    assert not wants_colour(io.StringIO(), {})
    assert terminal_width(io.StringIO()) == 100


def run(*args):
    return subprocess.run([sys.executable, "-m", "scrapy", "coverage", *map(str, args)], cwd=ROOT, capture_output=True, timeout=60)


def test_the_command_prints_json_that_a_script_can_read(tmp_path):
    done = run(home(tmp_path), "--json", "--years", "2021-2022")
    told = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert [(line["organ"], line["year"], line["state"], line["verdict"]) for line in told["organ_years"]] == [
        ("A", 2022, "found", "verified"), ("某县某局", 2021, "absent", None), ("某县某局", 2022, "found", "flagged"),
    ]  # fmt: skip


def test_the_command_says_in_one_line_what_is_wrong(tmp_path):
    for args, words in (
        ((tmp_path / "none",), "crawl or replay first"),
        ((tmp_path, "--years", "22"), "a year or a span"),
    ):
        done = run(*args)
        assert done.returncode == 2, args
        assert b"Traceback" not in done.stderr and words in done.stderr.decode()


def test_a_line_that_is_no_record_makes_the_run_incomplete_and_is_named(tmp_path):
    home(tmp_path)
    with (tmp_path / "reports.jsonl").open("ab") as lines:
        lines.write(b"{}\n")
    done = run(tmp_path)
    assert done.returncode == 12
    assert "reports.jsonl:4: not a record" in done.stderr.decode()
    assert b"\x1b" not in done.stdout and "●" in done.stdout.decode()
