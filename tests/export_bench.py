"""The export at several sizes: rows a second, peak memory and size, beside writing the same with pandas.

    python -m tests.export_bench --sizes 1000,10000,100000 [--cells 12] [--pandas PYTHON] [--json]

Each size is generated, then exported as Parquet and CSV by a process of its own, so that its peak memory is its own,
then written by pandas, in chunks, by another one. What pandas writes is less: the records' cells as one long table, with no
wide table, no choice of copies, no comparison of years. `time` is wall time, `cpu` that of the process with its threads;
on a machine that does other things too, only `cpu` means much. Exponents say how a cost grows with the size: 1.0 is in proportion.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

_CHUNK = 2000


def measure(size, *, cells=None, pandas=sys.executable):
    """Measure one size: reports and bytes in, and for `export` and `pandas` what `_run` says.

    `pandas` is the Python to write with pandas by; without pandas and pyarrow there, that part is left out.
    """
    # Here, and not above: the Python with pandas need not have what our own needs.
    from tests.dataset_records import write_lines

    with tempfile.TemporaryDirectory(prefix="gongkai-export-bench-") as folder:
        home = Path(folder) / "home"
        home.mkdir()
        found = {"reports": size, "bytes_in": write_lines(size, home / "reports.jsonl", cells=cells)}
        found["export"] = _run(sys.executable, "export", home, Path(folder) / "export")
        if pandas and _has_pandas(pandas):
            found["pandas"] = _run(pandas, "pandas", home, Path(folder) / "pandas")
        return found


def exponents(measured):
    """How time, cpu and memory of the export grow from each size to the next."""
    grown = []
    for small, large in pairwise(measured):
        ratio = math.log(large["reports"] / small["reports"])
        grown.append({name: round(math.log(large["export"][name] / small["export"][name]) / ratio, 2) for name in ("time", "cpu", "peak")})
    return grown


def _has_pandas(python):
    found = subprocess.run([python, "-c", "import pandas, pyarrow"], capture_output=True, check=False)
    return found.returncode == 0


def _run(python, name, home, target):
    """seconds `time` and `cpu`, `peak` in bytes, `rows` of cells, `rows_a_second`, `bytes_out`; by a process of its own."""
    done = subprocess.run(
        [python, "-m", "tests.export_bench", "--run", name, str(home), str(target)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def _told(started, rows, target):
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = time.perf_counter() - started
    return {
        "time": round(seconds, 2),
        "cpu": round(used.ru_utime + used.ru_stime, 2),
        # kilobytes on Linux, bytes on macOS
        "peak": used.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        "rows": rows,
        "rows_a_second": round(rows / seconds),
        "bytes_out": sum(path.stat().st_size for path in target.rglob("*") if path.is_file()),
    }


def _export(home, target):
    from crawler.dataset.export import export

    started = time.perf_counter()
    summary = export(home, target, ["parquet", "csv"])
    return _told(started, summary.rows["parquet"]["cells.parquet"], target)


def _pandas(home, target):
    import pandas
    import pyarrow
    import pyarrow.parquet

    started = time.perf_counter()
    target.mkdir()
    rows, writer = 0, None
    for number, reports in enumerate(pandas.read_json(home / "reports.jsonl", lines=True, chunksize=_CHUNK, dtype=False, convert_dates=False)):
        cells = pandas.json_normalize(reports[["report_id", "cells"]].to_dict("records"), "cells", ["report_id"])
        cells["value"] = cells["value"].astype("float64")
        table = pyarrow.Table.from_pandas(cells, preserve_index=False)
        writer = writer or pyarrow.parquet.ParquetWriter(target / "cells.parquet", table.schema, compression="zstd")
        writer.write_table(table)
        cells.to_csv(target / "cells.csv", index=False, mode="a", header=number == 0)
        rows += len(cells)
    if writer is not None:
        writer.close()
    return _told(started, rows, target)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="1000,10000", help="numbers of reports, parted by commas")
    parser.add_argument("--cells", type=int, help="only so many cells a report")
    parser.add_argument("--pandas", metavar="PYTHON", default=sys.executable, help="a Python with pandas and pyarrow (default: this one)")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--run", nargs=3, metavar=("WHAT", "HOME", "TARGET"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        what, home, target = options.run
        print(json.dumps({"export": _export, "pandas": _pandas}[what](Path(home), Path(target))))
        return
    measured = []
    for size in sorted(int(part) for part in options.sizes.split(",")):
        measured.append(measure(size, cells=options.cells, pandas=options.pandas))
        if not options.json:
            for name in ("export", "pandas"):
                if told := measured[-1].get(name):
                    print(
                        f"{size:>9,} reports, {measured[-1]['bytes_in'] / 1e6:,.0f} MB, by {name:6}: {told['time']:8.1f} s, cpu {told['cpu']:8.1f} s, "
                        f"{told['rows']:,} cells, {told['rows_a_second']:,} a second, peak {told['peak'] / 1e6:,.0f} MB, {told['bytes_out'] / 1e6:,.0f} MB out",
                        flush=True,
                    )
    grown = exponents(measured)
    print(json.dumps({"measured": measured, "exponents": grown}, indent=1) if options.json else f"grows with the exponents {grown}")


if __name__ == "__main__":
    main()
