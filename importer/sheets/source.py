"""A source file's rows, whatever its format, as a `Reading` says."""

from collections.abc import Iterator
from pathlib import Path

from importer.sheets import guard, text
from importer.sheets.guard import Limits
from importer.sheets.table import NumberedRow, Reading
from importer.sheets.workbook import Workbook


def rows(path: Path, reading: Reading, limits: Limits) -> Iterator[NumberedRow]:
    """All rows that hold anything, from the top of the file, header and titles included."""
    guard.measure_file(path, limits)
    yield from guard.within(_unguarded_rows(path, reading, limits), limits)


def _unguarded_rows(path: Path, reading: Reading, limits: Limits) -> Iterator[NumberedRow]:
    if reading.format == "csv":
        yield from text.records(path, reading.encoding or "utf-8", reading.delimiter or ",")
        return
    guard.measure_archive(path, limits)
    with Workbook(path) as workbook:
        yield from workbook.rows(reading.sheet or workbook.sheets[0].name)
