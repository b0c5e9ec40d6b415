"""The exports, read back by their own tools: equal counts and sums, nulls null, nothing half replaced."""

import csv
import hashlib
import json
import shutil
import sqlite3

import duckdb
import pytest
from openpyxl import load_workbook

from archive.suppression import suppress
from crawler.dataset import DatasetError, open_dataset
from crawler.dataset import sqlite as sqlite_file
from crawler.dataset.codebook import codebook
from crawler.dataset.export import export, load_panel, publish
from crawler.dataset.schema import TABLES
from crawler.dataset.sqlite import SEARCH_QUERY
from crawler.dataset.xlsx import write_xlsx
from parsers.form import load_forms
from tests.dataset_records import record, whole, write_home

EVIL = "=HYPERLINK(\"http://x\",\"y\")"
TEXTS = [("overview", "本年共收到行政复议\n第二段"), ("problems", EVIL), ("other", "-3项"), ("fees", "＝1+1")]
CELLS = {
    "requests.new.total": 1204, "requests.carried_in.total": None, "requests.total.total": (None, "dash", "-"),
    "disclosure.fees.amount": 0.092, "requests.granted.total": (-3, "number", "-3"), "requests.other.rest.total": (None, "text", "@SUM(1)"),
}  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    reports = [
        record(cells=CELLS, sections=TEXTS, title=EVIL, findings=[("requests.balance", ["requests.new.total"])]),
        record(year=2023, cells=whole(1)),
        record("白水镇人民政府", 2009, portal="baishui", verdict="partial", official=False),
    ]
    return write_home(tmp_path_factory.mktemp("home"), reports)


@pytest.fixture(scope="module")
def exported(home, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out") / "export"
    summary = export(home, folder, ["parquet", "csv", "sqlite", "xlsx", "jsonl"])
    assert summary.notes == []
    return folder


def csv_rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_all_formats_have_the_same_counts_and_sums(exported):
    con = duckdb.connect()
    sheets = load_workbook(exported / "xlsx/gongkai.xlsx", read_only=True)
    database = sqlite3.connect(exported / "sqlite/gongkai.sqlite")
    for table in TABLES:
        parquet = con.sql(f"SELECT count(*) FROM '{exported}/parquet/{table.name}.parquet'").fetchall()[0][0]
        assert len(csv_rows(exported / f"csv/{table.name}.csv")) == parquet
        assert database.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0] == parquet
        if table.name != "sections":
            assert sum(1 for _ in sheets[table.name].iter_rows()) - 1 == parquet
    expected = 1204 + 0.092 - 3 + 200
    column = [c.name for c in TABLES[1].columns].index("value")
    assert con.sql(f"SELECT sum(value) FROM '{exported}/parquet/cells.parquet'").fetchall()[0][0] == pytest.approx(expected)
    assert database.execute("SELECT sum(value) FROM cells").fetchone()[0] == pytest.approx(expected)
    assert sum(float(r["value"]) for r in csv_rows(exported / "csv/cells.csv") if r["value"]) == pytest.approx(expected)
    cells = list(sheets["cells"].iter_rows(min_row=2, values_only=True))
    assert sum(row[column] for row in cells if row[column] is not None) == pytest.approx(expected)


def test_a_blank_is_null_everywhere_and_its_kind_goes_along(exported):
    blank = "WHERE key = 'requests.carried_in.total' AND kind = 'blank'"
    con = duckdb.connect()
    assert con.sql(f"SELECT value FROM '{exported}/parquet/cells.parquet' {blank}").fetchall() == [(None,)]
    assert sqlite3.connect(exported / "sqlite/gongkai.sqlite").execute(f"SELECT value, raw FROM cells {blank}").fetchall() == [(None, "")]
    rows = [r for r in csv_rows(exported / "csv/cells.csv") if r["kind"] == "blank"]
    assert [r["value"] for r in rows] == [""]


def test_csv_holds_no_formula_and_leaves_numbers_alone(exported):
    said = {r["key"]: r for r in csv_rows(exported / "csv/cells.csv")[:6]}
    assert said["requests.granted.total"]["raw"] == "-3" and said["requests.granted.total"]["value"] == "-3"
    assert said["requests.total.total"]["raw"] == "-"
    assert said["requests.other.rest.total"]["raw"] == "'@SUM(1)"
    assert said["requests.new.total"]["value"] == "1204" and said["disclosure.fees.amount"]["value"] == "0.092"
    texts = [r["text"] for r in csv_rows(exported / "csv/sections.csv")]
    assert texts == ["本年共收到行政复议\n第二段", "'" + EVIL, "'-3项", "'＝1+1"]


def test_a_byte_order_mark_only_when_asked(home, exported, tmp_path):
    export(home, tmp_path / "bom", ["csv"], bom=True)
    assert (tmp_path / "bom/csv/cells.csv").read_bytes() == b"\xef\xbb\xbf" + (exported / "csv/cells.csv").read_bytes()


def test_excel_holds_no_formula_frozen_heads_and_the_codebook(exported):
    book = load_workbook(exported / "xlsx/gongkai.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not any(cell.data_type == "f" or cell.hyperlink for cell in cells)
    assert EVIL in [cell.value for cell in cells]
    assert all(book[name].freeze_panes == "B2" for name in ("wide", "cells", "codebook"))
    assert book["codebook"].max_row == len(codebook()) + 1


def test_a_table_too_long_for_a_sheet_is_left_out_and_said(home, exported, tmp_path):
    from datetime import datetime

    from crawler.dataset.export import load_panel, publish

    with open_dataset(home) as dataset:
        load_panel(dataset, iter(()))
        publish(dataset)
        counts = dict(write_xlsx(dataset, tmp_path, dated=datetime(2026, 1, 1), rows_a_sheet=100))
    book = load_workbook(tmp_path / "gongkai.xlsx")
    assert counts["cells"] == -1 and "cells" not in book.sheetnames
    assert any("LEFT OUT: cells has 206 rows" in str(row[0].value) for row in book["about"].iter_rows())


@pytest.mark.parametrize("words", ["行政复议", "复议", "议", "=HY"])
def test_sqlite_finds_chinese_words_of_any_length(exported, words):
    con = sqlite3.connect(exported / "sqlite/gongkai.sqlite")
    assert len(con.execute(SEARCH_QUERY, {"q": words}).fetchall()) == 1
    assert con.execute(SEARCH_QUERY, {"q": "诉讼"}).fetchall() == []
    assert con.execute("PRAGMA foreign_key_check").fetchall() == []


def test_the_index_of_words_agrees_with_the_texts(exported, tmp_path):
    con = sqlite3.connect(shutil.copy(exported / "sqlite/gongkai.sqlite", tmp_path))
    con.execute("INSERT INTO sections_fts(sections_fts) VALUES ('integrity-check')")


def test_json_lines_are_the_records_byte_for_byte(home, exported):
    assert (exported / "jsonl/reports.jsonl").read_bytes() == (home / "reports.jsonl").read_bytes()


def test_the_package_describes_and_proves_every_file(exported):
    package = json.loads((exported / "datapackage.json").read_text(encoding="utf-8"))
    for resource in package["resources"]:
        data = (exported / resource["path"]).read_bytes()
        assert resource["hash"] == "sha256:" + hashlib.sha256(data).hexdigest() and resource["bytes"] == len(data)
        if "schema" in resource:
            head = next(csv.reader(data.decode().splitlines()))
            assert [field["name"] for field in resource["schema"]["fields"]] == head
    listed = {line.split("  ", 1)[1] for line in (exported / "SHA256SUMS").read_text(encoding="utf-8").splitlines()}
    there = {p.relative_to(exported).as_posix() for p in exported.rglob("*") if p.is_file()}
    assert listed == there - {"SHA256SUMS"}


def test_the_codebook_has_every_cell_and_every_column():
    names = {(entry.table, entry.name) for entry in codebook()}
    for form in load_forms().values():
        assert {("cells", key) for key in form.cell_keys()} <= names
    for table in TABLES:
        assert {(table.name, column.name) for column in table.columns} <= names
    assert all(entry.zh and entry.en for entry in codebook())


def test_the_same_records_give_the_same_files(home, exported, tmp_path):
    export(home, tmp_path / "again", ["parquet", "csv", "sqlite", "xlsx", "jsonl"])
    assert (tmp_path / "again/SHA256SUMS").read_text() == (exported / "SHA256SUMS").read_text()


# ------------------------------------------------------------------------------------ what is there stays


def test_an_earlier_export_is_replaced_whole(home, tmp_path):
    target = tmp_path / "out"
    export(home, target, ["csv"])
    export(home, target, ["csv", "jsonl"])
    assert (target / "jsonl").is_dir() and not list(tmp_path.glob(".out*"))


@pytest.mark.parametrize(
    ("disturb", "words"),
    [
        (lambda t: (t / "notes.txt").write_text("x"), "not part of the earlier export"),
        (lambda t: (t / "csv/cells.csv").write_text("x"), "was changed"),
        (lambda t: (t / "SHA256SUMS").unlink(), "no export of ours"),
        (lambda t: None, "as jsonl too"),
    ],
)
def test_what_is_not_ours_or_would_be_lost_stops_the_export(home, tmp_path, disturb, words):
    target = tmp_path / "out"
    export(home, target, ["csv", "jsonl"])
    disturb(target)
    before = {p: p.read_bytes() for p in target.rglob("*") if p.is_file()}
    with pytest.raises(DatasetError, match=words):
        export(home, target, ["csv"])
    assert {p: p.read_bytes() for p in target.rglob("*") if p.is_file()} == before


def test_an_export_that_fails_leaves_the_earlier_one(home, tmp_path):
    target = tmp_path / "out"
    export(home, target, ["csv"])
    before = (target / "SHA256SUMS").read_bytes()
    broken = write_home(tmp_path / "broken", [record()])
    (broken / "reports.jsonl").write_text("{\n")
    with pytest.raises(DatasetError):
        export(broken, target, ["csv"])
    assert (target / "SHA256SUMS").read_bytes() == before and not list(tmp_path.glob(".out*"))


# ------------------------------------------------------------------------------------ persons, and people


def test_a_report_with_a_persons_number_is_held_back_until_somebody_looked(tmp_path):
    bad = record(sections=[("other", "张三 11010519491231002X")])
    home = write_home(tmp_path / "home", [bad, record(year=2023)])
    summary = export(home, tmp_path / "out", ["csv", "jsonl"])
    assert (summary.reports, summary.held_back) == (1, 1)
    assert "居民身份证号码" in summary.notes[0] and "19491231" not in summary.notes[0]
    assert not any(b"19491231" in p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file())
    suppress(home, "sha256", bad["source"]["sha256"], reason="a test number", by="us", state="reviewed")
    assert export(home, tmp_path / "out2", ["csv"]).held_back == 0


# ------------------------------------------------------------------------------------ decisions

HEAD = "report_id,url,digest,key,check,decision,value,printed,reason,date,reviewer\n"


def decide(folder, lines, *records):
    home = write_home(folder, records)
    (home / "decisions.csv").write_text("\ufeff" + HEAD + "".join(line + "\n" for line in lines), encoding="utf-8")
    return home


def test_a_correction_stands_beside_what_was_printed(tmp_path):
    made = record(cells={"requests.new.total": 3})
    home = decide(tmp_path, [f"{made['report_id']},,,requests.new.total,,corrected,8,3,misprint,2026-03-01,王敏"], made)
    with open_dataset(home) as dataset:
        rows = list(dataset.rows('SELECT "value", reviewed, decision FROM cells'))
    assert rows == [{"value": 3.0, "reviewed": 8.0, "decision": "corrected"}]


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("{id},,,requests.new.total,,confirmed,,4,r,2026-03-01,w", "stale"),
        ("{id},,,requests.old.total,,confirmed,,,r,2026-03-01,w", "stale"),
        ("{id},,000000000000,,,confirmed,,,r,2026-03-01,w", "stale"),
        (",{url},000000000000,,,confirmed,,,r,2026-03-01,w", "stale"),
        (",{url},{sha},,,confirmed,,,r,2026-03-01,w", "applied"),
        ("ffffffff,,,,,confirmed,,,r,2026-03-01,w", "unmatched"),
        ("{id},,,,form.incomplete,dismissed,,,r,2026-03-01,w", "stale"),
        ("{id},,,,requests.balance,dismissed,,,r,2026-03-01,w", "applied"),
    ],
)
def test_a_decision_is_applied_only_to_what_the_reviewer_saw(tmp_path, line, state):
    made = record(cells={"requests.new.total": 3}, findings=[("requests.balance", [])])
    filled = line.format(id=made["report_id"], url=made["source"]["url"], sha=made["source"]["sha256"][:12])
    with open_dataset(decide(tmp_path, [filled], made)) as dataset:
        assert [row["state"] for row in dataset.rows("SELECT state FROM decisions")] == [state]
        assert len(dataset.notes) == (state != "applied")


def test_a_reviewer_may_choose_or_exclude_a_copy(tmp_path):
    good, other = record(url="http://q/1"), record(url="http://q/2", verdict="partial")
    for word, which in (("chosen", other), ("excluded", good)):
        home = decide(tmp_path / word, [f"{which['report_id']},,,,,{word},,,r,2026-03-01,w"], good, other)
        with open_dataset(home) as dataset:
            assert [r["url"] for r in dataset.rows("SELECT url FROM reports WHERE chosen")] == ["http://q/2"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("x,,,k,,corrected,,,r,2026-03-01,w", "a value goes with"),
        ("x,,,k,,corrected,nan,,r,2026-03-01,w", "not a number"),
        ("x,,,k,,dismissed,,,r,2026-03-01,w", "about a cell; it may be"),
        ("x,,,k,c,confirmed,,,r,2026-03-01,w", "one of them"),
        (",http://q,,,,confirmed,,,r,2026-03-01,w", "name the report"),
        ("x,,,,,confirmed,,,,2026-03-01,w", "reason is empty"),
        ("x,,,,,confirmed,,,r,1.3.2026,w", "not a date"),
        ("x,,,,,confirmed,,,r,w", "10 fields"),
        ("x,,,,,confirmed,,,r,2026-03-01,w\nx,,,,,excluded,,,r,2026-03-01,w", ":3: decided before, in line 2"),
    ],
)
def test_a_line_that_does_not_say_what_it_must_is_named(tmp_path, line, words):
    with pytest.raises(DatasetError, match=r"decisions\.csv:\d") as caught:
        open_dataset(decide(tmp_path, [line], record()))
    assert words in str(caught.value)


def test_cells_come_to_the_database_a_stretch_at_a_time_in_the_order_of_their_key(home, monkeypatch):
    monkeypatch.setattr(sqlite_file, "_STRETCH", 2)
    with open_dataset(home) as dataset:
        load_panel(dataset, iter(()))
        publish(dataset)
        stretches = [
            [(row["report_id"], row["key"]) for row in dataset.rows(question)] for question in sqlite_file.questions(dataset, next(table for table in TABLES if table.name == "cells"))
        ]
        assert len(stretches) == 2 and all(keys == sorted(keys) for keys in stretches)
        assert sum(map(len, stretches)) == dataset.number("SELECT count(*) FROM cells") > 200
