"""What the reader sees in a spreadsheet, told as JSON can hold it; no database is needed."""

from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from importer import sheets
from importer.imports import reading_limits
from importer.sheets import Choice, Inspection, Table
from importer.sheets.archives import unpacked
from importer.sheets.sheet_cells import Reach, cell, reach
from importer.sheets.source import open_source

ROWS_TOLD = 5


def text_of_cell(path: Path, choice: Choice, row: int, column: int) -> str:
    """What a cell shows in Excel, numbered as there; "" where there is none."""
    with unpacked(path, reading_limits.limits()) as file:
        reading = sheets.inspect(file.path, choice, limits=file.limits).reading
        with open_source(file.path, reading, file.limits) as source:
            return cell(source, reading.sheet, row, column)


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
            limits=reading_limits.limits(),
            bounds=reading_limits.bounds(),
            on_inspection=inspections.append,
        )
        first = sheets.head(target, ROWS_TOLD).drop(sheets.ROW)
        last = pl.scan_parquet(target).select(pl.col(sheets.ROW).last()).collect()
    inspection = inspections[-1]
    reading = inspection.reading
    chosen = _reach(inspection, table, last.item() if table.rows else 0)
    footer = [table.footer.reason] if table.footer else []
    told = {
        "format": reading.format,
        "encoding": reading.encoding,
        "delimiter": reading.delimiter,
        "sheets": _sheets(path, inspection, chosen),
        "sheet": reading.sheet,
        "header_row": reading.header_row,
        "headers": table.headers,
        "n_rows": table.rows,
        "n_cols": table.width,
        "rows": [list(row) for row in first.rows()],
        "warnings": [*table.warnings, *footer],
    }
    return told, inspection.reasons


def _reach(inspection: Inspection, table: Table, last_data_row: int) -> Reach:
    """How far the chosen sheet reaches, without reading it again."""
    shown = inspection.preview
    footer = table.footer.rows[-1] if table.footer else 0
    return Reach(max(last_data_row, footer, shown[-1].row), max(table.width, len(shown[-1].cells)))


def _sheets(path: Path, inspection: Inspection, chosen: Reach) -> list[dict[str, Any]]:
    reading = inspection.reading
    if not inspection.sheets:
        return []
    with (
        unpacked(path, reading_limits.limits()) as file,
        open_source(file.path, reading, file.limits) as source,
    ):
        return [
            asdict(sheet)
            | asdict(chosen if sheet.name == reading.sheet else reach(source, sheet.name))
            for sheet in inspection.sheets
        ]
