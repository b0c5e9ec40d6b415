"""The table `names`: of each report the division and the name that its organ comes to, by the rule of `crawler/organs.py`."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from crawler.dataset.tables import Dataset, literal
from crawler.organs import Name, one_name_each

_ASKED = """
CREATE OR REPLACE TEMP VIEW called AS
SELECT line, organ, division_code AS code, division_name AS division, coalesce(portal, '') AS portal
FROM reports WHERE organ IS NOT NULL
"""


def name_organs(dataset: Dataset) -> None:
    """Make the table `names`, for `sql/organs.sql`."""
    con = dataset.con
    con.execute(_ASKED)
    called = [Name(*row) for row in con.execute("SELECT DISTINCT portal, organ, code, division FROM called").fetchall()]
    with tempfile.TemporaryDirectory(prefix="gongkai-names-") as folder:
        path = Path(folder) / "names.jsonl"
        with path.open("w", encoding="utf-8") as out:
            for name, organ in one_name_each(called).items():
                out.write(json.dumps(name._asdict() | {"known": organ.code, "name": organ.name}, ensure_ascii=False) + "\n")
        columns = ", ".join(f"{column}: 'VARCHAR'" for column in ("portal", "organ", "code", "division", "known", "name"))
        con.execute(
            "CREATE OR REPLACE TABLE names AS "  # noqa: S608 - quoted
            'SELECT line, found.known AS code, found."name" FROM called '
            f"JOIN read_json({literal(path)}, format = 'newline_delimited', columns = {{{columns}}}) AS found "
            "ON found.portal = called.portal AND found.organ = called.organ "
            "AND found.code IS NOT DISTINCT FROM called.code AND found.division IS NOT DISTINCT FROM called.division"
        )
    con.execute("DROP VIEW called")
