"""The cells of an .xlsb sheet, found among its records and laid out in a grid."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from importer.sheets.biff.cells import (
    Places,
    Styles,
    add_booleans,
    add_errors,
    add_texts,
    from_rk,
)
from importer.sheets.block import Merged
from importer.sheets.buffers import Ints
from importer.sheets.grid import Grid
from importer.sheets.xlsb.records import Stretch, Type, stretches
from importer.sheets.xlsb.strings import SharedTexts, texts_in

_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
# The least bytes of the body of a cell, by its type.
_LEAST = np.zeros(Type.CELL_R_STRING + 1, np.int64)
_LEAST[[Type.CELL_BLANK]] = 8
_LEAST[[Type.CELL_ERROR, Type.CELL_BOOL, Type.FMLA_BOOL, Type.FMLA_ERROR]] = 9
_LEAST[[Type.CELL_RK, Type.CELL_ST, Type.CELL_ISST, Type.FMLA_STRING]] = 12
_LEAST[[Type.CELL_R_STRING]] = 13
_LEAST[[Type.CELL_REAL, Type.FMLA_NUM]] = 16
_VALUE = 8  # where the value of a cell begins in its body
_SHORT_BY = 4  # bytes: a short cell does not tell its column, which follows the one before
_TO_FULL = Type.SHORT_BLANK - Type.CELL_BLANK
_STYLE = 0xFFFFFF
_LIKELY = re.compile(
    rb"(?:[\x02\x07]\x0c|\x05\x10|\x01\x08|\x06[\x0c-\x7f]).[\x00-\x3f]\x00\x00", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of whole rows; rows and columns count from 1."""

    found: Stretch
    rows: Ints
    columns: Ints

    def of(self, *types: Type) -> "Cells":
        mine = np.logical_or.reduce([self.found.types == kind for kind in types])
        return Cells(self.found.where(mine), self.rows[mine], self.columns[mine])

    @property
    def places(self) -> Places:
        styles = self.found.records.longs[self.found.bodies + 4] & _STYLE
        return Places(self.rows, self.columns, styles.astype(np.int64))

    @property
    def values(self) -> Ints:
        """Where the value of each starts."""
        return self.found.bodies + _VALUE


def cells(buffers: Iterator[bytes]) -> Iterator[Cells]:
    """The cells of a sheet's part, many rows at a time.

    Raises `LookupError`, `ValueError` or `EOFError` for what is not a sheet.
    """
    last_row = 0
    for stretch in stretches(buffers, _LIKELY, _whole_rows):
        ends = np.flatnonzero(stretch.types == Type.END_SHEET_DATA)
        part = stretch.where(slice(ends[0])) if len(ends) else stretch
        found = _located(part)
        if len(found.rows):
            if found.rows[0] <= last_row or (np.diff(found.rows) < 0).any():
                raise ValueError("rows that are not in order")
            last_row = int(found.rows[-1])
            yield found
        if len(ends):
            return
    raise EOFError("a sheet without an end")


def _whole_rows(types: Ints) -> int:
    """A row is whole when the next one has begun, or when the rows have ended."""
    if (types == Type.END_SHEET_DATA).any():
        return len(types)
    headers = np.flatnonzero(types == Type.ROW_HDR)
    return int(headers[-1]) if len(headers) else len(types)


def _located(stretch: Stretch) -> Cells:
    """The cells among the records, and where they are."""
    is_header = stretch.types == Type.ROW_HDR
    headers = stretch.where(is_header)
    if (headers.sizes < 4).any():
        raise LookupError("a row that is too short")
    row_numbers = headers.records.longs[headers.bodies].astype(np.int64) + 1
    of_row = np.cumsum(is_header) - 1
    is_cell = (stretch.types <= Type.SHORT_ISST) | (stretch.types == Type.CELL_R_STRING)
    is_cell &= ~is_header & (of_row >= 0)
    found, is_short = _lengthened(stretch.where(is_cell))
    if (found.sizes < _LEAST[found.types]).any():
        raise LookupError("a cell that is too short")
    columns = found.records.longs[found.bodies].astype(np.int64) + 1
    if is_short.any():
        every = np.arange(len(columns))
        last_full = np.maximum.accumulate(np.where(is_short, 0, every))
        columns = columns[last_full] + every - last_full
    rows = row_numbers[of_row[is_cell]]
    if (rows > _LAST_ROW).any() or (columns > _LAST_COLUMN).any():
        raise ValueError("a cell beyond the last row or column")
    return Cells(found, rows, columns)


def _lengthened(cells: Stretch) -> tuple[Stretch, npt.NDArray[np.bool_]]:
    """Short cells as if they were full ones, and which they are."""
    is_short = (cells.types >= Type.SHORT_BLANK) & (cells.types <= Type.SHORT_ISST)
    return Stretch(
        cells.records,
        np.where(is_short, cells.types - _TO_FULL, cells.types),
        np.where(is_short, cells.bodies - _SHORT_BY, cells.bodies),
        np.where(is_short, cells.sizes + _SHORT_BY, cells.sizes),
    ), is_short


def lay_out(cells: Cells, styles: Styles, strings: SharedTexts, grid: Grid) -> None:
    """Fill the grid with what the cells hold. `LookupError` for a text that is not there."""
    records = cells.found.records
    numbers = cells.of(Type.CELL_REAL, Type.FMLA_NUM)
    styles.add_numbers(grid, numbers.places, records.doubles[numbers.values])
    numbers = cells.of(Type.CELL_RK)
    styles.add_numbers(grid, numbers.places, from_rk(records.longs[numbers.values]))
    shared = cells.of(Type.CELL_ISST)
    add_texts(grid, shared.places, strings.at(records.longs[shared.values].astype(np.int64)))
    for types, flags in (((Type.CELL_ST, Type.FMLA_STRING), 0), ((Type.CELL_R_STRING,), 1)):
        own = cells.of(*types)
        ends = own.found.bodies + own.found.sizes
        add_texts(grid, own.places, texts_in(records, own.values + flags, ends))
    booleans = cells.of(Type.CELL_BOOL, Type.FMLA_BOOL)
    add_booleans(grid, booleans.places, records.bytes[booleans.values])
    errors = cells.of(Type.CELL_ERROR, Type.FMLA_ERROR)
    add_errors(grid, errors.places, records.bytes[errors.values])


def merged(buffers: Iterator[bytes]) -> Iterator[Merged]:
    """The merged ranges of a sheet's part, which stand behind its rows."""
    for stretch in stretches(buffers, _LIKELY, len):
        ranges = stretch.where(stretch.types == Type.MERGE_CELL)
        bounds = [ranges.records.longs[ranges.bodies + 4 * i].astype(np.int64) for i in range(4)]
        for top, bottom, left, right in (np.column_stack(bounds) + 1).tolist():
            yield Merged(top, left, bottom, right)
