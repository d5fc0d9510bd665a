"""A source file is opened by its format, measured beforehand; its rows come as clean blocks."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import polars as pl

from importer.sheets import guard
from importer.sheets.block import Block, Opened, Source
from importer.sheets.buffers import first_bytes
from importer.sheets.guard import Limits
from importer.sheets.ods.workbook import OdsWorkbook
from importer.sheets.table import Format, NumberedRow, Reading
from importer.sheets.text.document import TextDocument
from importer.sheets.xls.workbook import XlsWorkbook
from importer.sheets.xlsb.workbook import XlsbWorkbook
from importer.sheets.xlsx.workbook import Workbook

# The bytes that no white space begins with, in UTF-8, nor a blank cell, where a NUL stands for one.
_FILLING = bytes(set(range(256)) - set(b"\x00\t\n\v\f\r \xc2\xe1\xe2\xe3"))

_COLUMNS_AT_ONCE = 256  # to say what to do with thousands takes more memory than their cells


def open_source(path: Path, reading: Reading, limits: Limits) -> Opened:
    """The file, ready to give its rows."""
    guard.measure_file(path, limits)
    match reading.format:
        case Format.CSV:
            return TextDocument(
                path, reading.encoding or "utf-8", reading.delimiter or ",", reading.escape
            )
        case Format.XLSX:
            guard.measure_archive(path, limits)
            return Workbook(path)
        case Format.XLSB:
            guard.measure_archive(path, limits)
            return XlsbWorkbook(path)
        case Format.ODS:
            guard.measure_archive(path, limits)
            return OdsWorkbook(path)
        case Format.XLS:
            return XlsWorkbook(path)


def blocks(source: Source, sheet: str | None, limits: Limits) -> Iterator[Block]:
    """The rows that hold anything: blank cells are null, blank rows are gone.

    Raises `UnreadableFile` when they turn out too wide or too many.
    """
    gate = guard.Gate(limits)
    for block in source.blocks(sheet):
        clean = _clean(block)
        gate.admit(clean)
        if len(clean):
            yield clean


def top(source: Source, sheet: str | None, rows: int, limits: Limits) -> list[NumberedRow]:
    """The first `rows` rows that hold anything, as lists."""
    return list(islice(_rows(blocks(source, sheet, limits)), rows))


def _rows(found: Iterator[Block]) -> Iterator[NumberedRow]:
    for block in found:
        yield from as_rows(block)


def as_rows(block: Block) -> Iterator[NumberedRow]:
    """The rows one by one, their cells up to the last that holds anything."""
    for number, cells in zip(block.numbers, block.cells.iter_rows(), strict=True):
        texts = [cell or "" for cell in cells]
        while texts and not texts[-1]:
            texts.pop()
        yield number, texts


def _clean(block: Block) -> Block:
    """Blank cells null; only the rows that hold anything, no wider than they do."""
    cells = block.cells
    suspects = [column.name for column in cells if _may_hold_blanks(column)]
    for start in range(0, len(suspects), _COLUMNS_AT_ONCE):
        some = pl.col(suspects[start : start + _COLUMNS_AT_ONCE])
        cells = cells.with_columns(pl.when(some.str.strip_chars() != "").then(some))
    blanks = cells.null_count().row(0)
    width = max((n for n, blank in enumerate(blanks, 1) if blank < len(block)), default=0)
    if not width:
        return block.slice(0, 0)
    clean = replace(block, cells=cells).narrowed(width)
    if 0 in blanks:  # some column is filled in every row
        return clean
    return clean.where(clean.cells.select(guard.any_filled()).to_series())


def _may_hold_blanks(column: pl.Series) -> bool:
    """Whether a cell may be "" or white space alone; a look at where cells begin tells most."""
    filled = column.drop_nulls() if column.null_count() else column
    return bool(first_bytes(filled).translate(None, _FILLING))
