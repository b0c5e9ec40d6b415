"""Open the dataset of a data home: read the records, leave out what is suppressed, apply the decisions."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from crawler.dataset.decisions import FILE_NAME, apply_decisions, load_decisions
from crawler.dataset.loading import first_line, load
from crawler.dataset.naming import name_organs
from crawler.dataset.tables import Dataset, DatasetError, build, connect
from crawler.dataset.withheld import withhold


def open_dataset(home: Path, *, decisions: bool = True, screened: bool = False) -> Dataset:
    """The tables over `home`/reports.jsonl, without what is suppressed; `screened`, also without personal data.

    Raises DatasetError when there are no records, when a line is no record (FILE:LINE), or, with
    `decisions`, when a line of decisions.csv does not say what it must.
    """
    records = home / "reports.jsonl"
    if not records.is_file():
        raise DatasetError(f"{records}: there are no records; crawl first, or give the data home with -s ARCHIVE_DIR=")
    try:
        con, folder = connect(records.stat().st_size)
    except (OSError, duckdb.Error) as error:
        raise DatasetError(f"{records}: no room for the tables: {first_line(error)}; set TMPDIR to a larger disk") from error
    try:
        dataset = Dataset(con, home, records, _folder=folder)
        reviewed = load_decisions(home / FILE_NAME) if decisions else []
        load(dataset)
        withhold(dataset, screened=screened)
        name_organs(dataset)
        build(con, "organs")
        apply_decisions(dataset, reviewed)
        build(con, "chosen", "deadlines")
        return dataset
    except BaseException:
        con.close()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        raise
