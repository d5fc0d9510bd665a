"""What others take to read a spreadsheet. Runs in an environment of its own: make bench.

python -m tests.bench.sheet_peers PEER FILE [TARGET]   # prints the seconds, imports left out
"""

import csv
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def calamine_parse(path: Path, target: Path) -> None:
    """The bare parse: no number formats, error cells blank, nothing written."""
    import python_calamine as calamine

    with timed():
        calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)


def calamine_rows(path: Path, target: Path) -> None:
    """All rows as Python values."""
    import python_calamine as calamine

    with timed():
        calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()


def openpyxl_rows(path: Path, target: Path) -> None:
    """All rows, read-only, values only."""
    import openpyxl

    with timed():
        book = openpyxl.load_workbook(path, read_only=True)
        for _ in book.worksheets[0].iter_rows(values_only=True):
            pass


def polars_csv(path: Path, target: Path) -> None:
    """Delimited text to Parquet, all columns text."""
    import polars as pl

    with timed():
        pl.scan_csv(path, infer_schema=False).sink_parquet(target, compression="zstd")


def pandas_csv(path: Path, target: Path) -> None:
    import pandas as pd

    with timed():
        pd.read_csv(path, dtype=str)


def csv_rows(path: Path, target: Path) -> None:
    """All records by Python's own reader, thrown away."""
    with timed(), path.open(newline="", encoding="utf-8") as file:
        for _ in csv.reader(file):
            pass


@contextmanager
def timed() -> Iterator[None]:
    """Print the seconds that the block takes, and the most megabytes that the process has held.

    Those of its own program (Linux): what the system counts for a process includes what its
    parent held when it started it.
    """
    start = time.perf_counter()
    yield
    seconds = time.perf_counter() - start
    status = Path("/proc/self/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    print(seconds, int(peak.split()[1]) / 1024)


if __name__ == "__main__":
    globals()[sys.argv[1]](*map(Path, sys.argv[2:]))
