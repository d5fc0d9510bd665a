"""The cells of an .xls sheet, found among its records and laid out in a grid."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from importer.sheets.biff.cells import (
    Places,
    Styles,
    add_booleans,
    add_errors,
    add_texts,
    from_rk,
    shared,
)
from importer.sheets.block import ROWS_OF_FIRST, ROWS_PER_BLOCK
from importer.sheets.buffers import Ints, Mask
from importer.sheets.grid import Grid
from importer.sheets.numbers import Floats
from importer.sheets.xls.records import HEAD, Records, Type
from importer.sheets.xls.strings import text_in

# Records of cells that hold anything, and the least bytes of their bodies.
_LEAST = {
    Type.NUMBER: 14,
    Type.RK: 10,
    Type.MUL_RK: 12,
    Type.LABEL_SST: 10,
    Type.BOOL_ERR: 8,
    Type.FORMULA: 14,
    Type.FORMULA_OF_3: 14,
    Type.FORMULA_OF_4: 14,
    Type.LABEL: 8,
    Type.RICH_STRING: 8,
}
_VALUE = HEAD + 6  # where the value of a cell begins: behind row, column and style
_RK_PAIR = 6  # bytes of a style and a number
_COLUMNS = 256  # of a sheet
_NOT_A_NUMBER = 0xFFFF  # ends the value of a formula that gives anything else
_GIVES_TEXT, _GIVES_BOOLEAN, _GIVES_ERROR = 0, 1, 2  # the first byte then


@dataclass(frozen=True, slots=True)
class CellRecords:
    """Where the cells of a sheet are, by row."""

    records: Records
    starts: Ints
    rows: Ints  # of each, from 0, ascending
    results: Ints  # where the texts that formulas give are stored

    @classmethod
    def among(cls, records: Records, starts: Ints) -> "CellRecords":
        """The cells among all records of a sheet. `LookupError` for one that is too short."""
        types = records.words[starts]
        least = np.zeros(1 << 16, np.int64)
        least[[*_LEAST]] = [*_LEAST.values()]
        cells = starts[least[types] > 0]
        if (records.sizes(cells) < HEAD + least[records.words[cells]]).any():
            raise LookupError("a record that is too short")
        rows = records.words[cells + HEAD].astype(np.int64)
        if (np.diff(rows) < 0).any():  # Excel itself writes them in order
            order = np.argsort(rows, kind="stable")
            cells, rows = cells[order], rows[order]
        return cls(records, cells, rows, starts[types == Type.STRING])

    def slices(self) -> Iterator["CellRecords"]:
        """So many rows at a time as a block may have; the first few by themselves."""
        begin, rows = 0, ROWS_OF_FIRST
        while begin < len(self.starts):
            end = int(np.searchsorted(self.rows, self.rows[begin] + rows))
            part = slice(begin, end)
            yield CellRecords(self.records, self.starts[part], self.rows[part], self.results)
            begin, rows = end, ROWS_PER_BLOCK


@dataclass(frozen=True, slots=True)
class Reader:
    """What the cells of a workbook refer to."""

    styles: Styles
    strings: pl.Series
    codec: str | None  # of texts, see `Skeleton`

    def lay_out(self, cells: CellRecords, grid: Grid) -> None:
        """Fill the grid with what the cells hold. `LookupError` for a text that is not there."""
        records = cells.records
        types = records.words[cells.starts]

        def of(kind: Type) -> Ints:
            found: Ints = cells.starts[types == kind]
            return found

        at = of(Type.NUMBER)
        self.styles.add_numbers(grid, _places(records, at), records.doubles[at + _VALUE])
        at = of(Type.RK)
        self.styles.add_numbers(grid, _places(records, at), from_rk(records.longs[at + _VALUE]))
        self.styles.add_numbers(grid, *_spread(records, of(Type.MUL_RK)))
        at = of(Type.LABEL_SST)
        add_texts(grid, _places(records, at), shared(self.strings, records.longs[at + _VALUE]))
        at = np.append(of(Type.LABEL), of(Type.RICH_STRING))
        add_texts(grid, _places(records, at), self._texts(records, at, _VALUE))
        at = of(Type.BOOL_ERR)
        _add_tokens(grid, records, at, at + _VALUE, records.bytes[at + _VALUE + 1] != 0)
        for kind in (Type.FORMULA, Type.FORMULA_OF_3, Type.FORMULA_OF_4):
            self._lay_out_formulas(cells, of(kind), grid)

    def _lay_out_formulas(self, cells: CellRecords, at: Ints, grid: Grid) -> None:
        """Formulas show the value that they gave when the workbook was saved."""
        records = cells.records
        special = records.words[at + _VALUE + 6] == _NOT_A_NUMBER
        numbers, at = at[~special], at[special]
        self.styles.add_numbers(grid, _places(records, numbers), records.doubles[numbers + _VALUE])
        gives = records.bytes[at + _VALUE]
        token = (gives == _GIVES_BOOLEAN) | (gives == _GIVES_ERROR)
        tokens = at[token]
        _add_tokens(grid, records, tokens, tokens + _VALUE + 2, gives[token] == _GIVES_ERROR)
        texts = at[gives == _GIVES_TEXT]
        results = np.append(cells.results, records.end)
        results = results[np.searchsorted(results, texts)]
        found = results < records.end
        add_texts(grid, _places(records, texts[found]), self._texts(records, results[found], HEAD))

    def _texts(self, records: Records, at: Ints, offset: int) -> pl.Series:
        """Texts that stand `offset` bytes behind the starts of their records."""
        found = [text_in(records.bodies(a), offset - HEAD, self.codec) for a in at.tolist()]
        return pl.Series(found, dtype=pl.String)


def _places(records: Records, at: Ints) -> Places:
    row, column, style = (records.words[at + HEAD + 2 * i].astype(np.int64) for i in range(3))
    return _placed(row, column, style)


def _placed(rows: Ints, columns: Ints, styles: Ints) -> Places:
    """All count from 0. `LookupError` for a cell that is in none of the columns."""
    if (columns >= _COLUMNS).any():
        raise LookupError("a cell beyond the last column")
    return Places(rows + 1, columns + 1, styles)


def _spread(records: Records, at: Ints) -> tuple[Places, Floats]:
    """The numbers of records that hold those of several cells side by side."""
    counts = (records.sizes(at) - HEAD - 6) // _RK_PAIR
    first = np.repeat(np.cumsum(counts) - counts, counts)
    which = np.arange(len(first)) - first
    pairs = np.repeat(at, counts) + HEAD + 4 + _RK_PAIR * which
    rows = np.repeat(records.words[at + HEAD].astype(np.int64), counts)
    columns = np.repeat(records.words[at + HEAD + 2].astype(np.int64), counts) + which
    places = _placed(rows, columns, records.words[pairs].astype(np.int64))
    return places, from_rk(records.longs[pairs + 2])


def _add_tokens(grid: Grid, records: Records, at: Ints, values: Ints, is_error: Mask) -> None:
    """Booleans and errors, which are stored in one byte each."""
    places, stored = _places(records, at), records.bytes[values]
    add_errors(grid, places.where(is_error), stored[is_error])
    add_booleans(grid, places.where(~is_error), stored[~is_error])
