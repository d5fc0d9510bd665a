"""What the reader sees in a spreadsheet, told as JSON can hold it; no database is needed."""

from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from importer import sheets
from importer.imports import reading_limits
from importer.sheets import Choice, Inspection, Reach, Sheet, Table

ROWS_TOLD = 5


def text_of_cell(path: Path, choice: Choice, row: int, column: int) -> str:
    """What a cell shows in Excel, numbered as there; "" where there is none."""
    return sheets.cell(path, choice, (row, column), **_within())


def look(path: Path, choice: Choice) -> tuple[dict[str, Any], dict[str, str]]:
    """What the file holds, and the reasons why it is read so.

    Raises `UnreadableFile`, as reading for an import does.
    """
    inspections: list[Inspection] = []
    with TemporaryDirectory() as folder:
        target = Path(folder) / "table.parquet"
        table = sheets.read(
            path,
            choice,
            target,
            on_inspection=inspections.append,
            **_within(),
        )
        first = sheets.head(target, ROWS_TOLD).drop(sheets.ROW)
        last = pl.scan_parquet(target).select(pl.col(sheets.ROW).last()).collect()
    inspection = inspections[-1]
    reading = inspection.reading
    chosen = _reach(inspection, table, last.item() if table.rows else 0)
    footer = [table.footer.reason] if table.footer else []
    others = _others(path, inspection)
    broken = [f"The sheet “{name}” cannot be read." for name, found in others.items() if not found]
    told = {
        "format": reading.format,
        "encoding": reading.encoding,
        "delimiter": reading.delimiter,
        "sheets": [_size(sheet, others.get(sheet.name, chosen)) for sheet in inspection.sheets],
        "sheet": reading.sheet,
        "header_row": reading.header_row,
        "headers": table.headers,
        "n_rows": table.rows,
        "n_cols": table.width,
        "rows": [list(row) for row in first.rows()],
        "warnings": [*table.warnings, *footer, *broken],
    }
    return told, inspection.reasons


def _reach(inspection: Inspection, table: Table, last_data_row: int) -> Reach:
    """How far the chosen sheet reaches, without reading it again."""
    shown = inspection.preview
    footer = table.footer.rows[-1] if table.footer else 0
    return Reach(max(last_data_row, footer, shown[-1].row), max(table.width, len(shown[-1].cells)))


def _others(path: Path, inspection: Inspection) -> dict[str, Reach | None]:
    """How far the sheets reach that were not chosen."""
    if len(inspection.sheets) < 2:
        return {}
    return sheets.reaches(path, Choice(sheet=inspection.reading.sheet), **_within())


def _size(sheet: Sheet, reach: Reach | None) -> dict[str, Any]:
    return asdict(sheet) | (asdict(reach) if reach else {"rows": None, "columns": None})


def _within() -> Any:
    """Limits and bounds, as arguments."""
    return {"limits": reading_limits.limits(), "bounds": reading_limits.bounds()}
