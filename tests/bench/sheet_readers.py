"""Our own reading of a spreadsheet, measured as the peers in `sheet_peers` are.

python -m tests.bench.sheet_readers staged|top|paged|parsed FILE TARGET

Prints the seconds, imports left out.
"""

import sys
from dataclasses import replace
from pathlib import Path

from importer.sheets import DEFAULT_LIMITS, inspect, page, stage
from importer.sheets.source import open_source
from tests.bench.sheet_peers import timed

LIMITS = replace(DEFAULT_LIMITS, file_bytes=1024**3)  # for a million rows of text


def staged(path: Path, target: Path) -> None:
    """The first sheet to Parquet, the way an import goes.

    The look at its first rows comes before and is not counted: `top` measures that.
    """
    reading = inspect(path, limits=LIMITS).reading
    with timed():
        stage(path, reading, target, limits=LIMITS)


def top(path: Path, target: Path) -> None:
    """What a person waits for after an upload: a look at the first rows."""
    with timed():
        inspect(path, limits=LIMITS)


def paged(path: Path, target: Path) -> None:
    """50 rows from the beginning, the midst and the end of the staged table."""
    rows = stage(path, inspect(path, limits=LIMITS).reading, target, limits=LIMITS).rows
    with timed():
        for offset in (0, rows // 2 - 25, rows - 50):
            page(target, offset, 50)


def parsed(path: Path, target: Path) -> None:
    """The bare reading, nothing written."""
    reading = inspect(path, limits=LIMITS).reading
    with timed(), open_source(path, reading, LIMITS) as source:
        for _ in source.blocks(reading.sheet):
            pass


if __name__ == "__main__":
    globals()[sys.argv[1]](*map(Path, sys.argv[2:]))
