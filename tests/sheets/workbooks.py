"""Writes small workbooks and reads them cell by cell."""

import zipfile
from pathlib import Path

import xlsxwriter

from importer.sheets.block import CellKind
from importer.sheets.xlsx.workbook import Workbook

SHEET_PART, STRINGS_PART = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'

Cells = dict[tuple[int, int], tuple[str, CellKind]]  # by row and column, both from 1


def cells_of(path: Path, sheet: str | None = None) -> Cells:
    """What people see of all cells that hold anything."""
    with Workbook(path) as workbook:
        return {
            (number, place): (text, CellKind(kind))
            for block in workbook.blocks(sheet)
            for number, texts, kinds in zip(
                block.numbers, block.cells.iter_rows(), block.kinds.iter_rows(), strict=True
            )
            for place, (text, kind) in enumerate(zip(texts, kinds, strict=True), start=1)
            if text
        }


def texts_of(path: Path, sheet: str | None = None) -> dict[tuple[int, int], str]:
    return {place: text for place, (text, _) in cells_of(path, sheet).items()}


def write_workbook(path: Path, rows, options=None) -> Path:
    """A workbook of one sheet: rows of values, or of (value, number format)."""
    with xlsxwriter.Workbook(path, options or {}) as book:
        sheet = book.add_worksheet()
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                value, code = cell if isinstance(cell, tuple) else (cell, None)
                style = book.add_format({"num_format": code}) if code else None
                sheet.write(row, column, value, style)
    return path


def write_raw(path: Path, parts: dict[str, str | bytes], of: Path) -> Path:
    """The workbook `of` with some of its parts replaced."""
    with (
        zipfile.ZipFile(of) as source,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as raw,
    ):
        for name in source.namelist():
            raw.writestr(name, parts.get(name, source.read(name)))
    return path


def sheet_xml(rows: str) -> str:
    return f"<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>"


def strings_xml(texts: str) -> str:
    return f"<sst {MAIN}>{texts}</sst>"
