"""A sheet's cells as they stand in the file: how far they reach, and a single one of them."""

from contextlib import suppress
from dataclasses import dataclass

import polars as pl

from importer.sheets.block import Source, column_name
from importer.sheets.table import UnreadableFile


@dataclass(frozen=True, slots=True)
class Reach:
    """The last row and the last column of a sheet that hold anything; both count from 1."""

    rows: int = 0
    columns: int = 0


def reach(source: Source, sheet: str | None) -> Reach:
    """How far a sheet's cells reach, even beyond what can be imported."""
    rows, columns = 0, 0
    for block in source.blocks(sheet):
        filled = block.cells.select((pl.all().str.strip_chars() != "").fill_null(value=False))
        numbers = block.numbers.filter(filled.select(pl.any_horizontal(pl.all())).to_series())
        rows = max([rows, *numbers.tail(1)])
        columns = max([columns, *(place for place, cells in enumerate(filled, 1) if cells.any())])
    return Reach(rows, columns)


def reaches(source: Source, besides: str | None) -> dict[str, Reach | None]:
    """How far the other sheets reach, by name; None for one that cannot be read."""
    found: dict[str, Reach | None] = {}
    for sheet in source.sheets:
        if sheet.name != besides:
            with suppress(UnreadableFile):
                found[sheet.name] = None
                found[sheet.name] = reach(source, sheet.name)
    return found


def cell(source: Source, sheet: str | None, row: int, column: int) -> str:
    """What the cell shows in Excel; "" where there is none."""
    name = column_name(column)
    for block in source.blocks(sheet):
        found = block.where(block.numbers == row).cells
        if len(found) and name in found.columns:
            return found[name].item() or ""
        if len(block) and block.numbers[-1] >= row:
            break
    return ""
