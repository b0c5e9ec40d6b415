"""The dataset: `reports.jsonl` as tables that can be asked by SQL, and what whole series of reports show.

    with open_dataset(home) as dataset:
        dataset.con.sql("SELECT organ, year, verdict FROM reports WHERE chosen").show()
        for finding in panel_findings(dataset): ...

The tables (DuckDB; a blank stays null, never nought):

`reports`    one row a report as captured: the record's own fields, `organ_key` and `place` (the same in all
             years of an organ), `level`, `chosen` (the copy that stands for its organ and year), and counts
`cells`      one row a cell of a form: report_id, seq, key, value, kind, raw, unit, derived, note, at,
             decision, reviewed
`sections`   report_id, seq, key, heading, text
`findings`   what the parser said: report_id, seq, check_id, level, keys, message, expected, found, decision
`addresses`  every address of a report: report_id, url, sha256, fetched, snapshot, twin_of (the first report of the same bytes,
             or the report itself for its other addresses)
`decisions`  what reviewers decided, with `state` applied, stale or unmatched

Reports that are suppressed are in none of them; `dataset.suppressed` counts them.
"""

from crawler.dataset.open import open_dataset
from crawler.dataset.panel import PanelFinding, panel_findings
from crawler.dataset.tables import Dataset, DatasetError

__all__ = ["Dataset", "DatasetError", "PanelFinding", "open_dataset", "panel_findings"]
