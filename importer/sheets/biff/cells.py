"""Stored cells, many of a kind at once, become the texts of a grid."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from importer.sheets.block import CellKind
from importer.sheets.buffers import Bytes, Ints
from importer.sheets.cells import NumberFormat
from importer.sheets.grid import Grid
from importer.sheets.numbers import Floats, seen_numbers

# [MS-XLS] 2.5.10 and [MS-XLSB] 2.5.97.2; Excel shows a code it does not know as no error at all.
_ERRORS = {
    0: "#NULL!",
    7: "#DIV/0!",
    15: "#VALUE!",
    23: "#REF!",
    29: "#NAME?",
    36: "#NUM!",
    42: "#N/A",
    43: "#GETTING_DATA",
}
_NO_NUMBER = 36
_ERROR_TEXTS = pl.Series([_ERRORS.get(code, "#ERROR!") for code in range(256)])
_BOOLEAN_TEXTS = pl.Series(["FALSE", "TRUE"])


@dataclass(frozen=True, slots=True)
class Places:
    """Where cells are, and the style that each has. Rows and columns count from 1."""

    rows: Ints
    columns: Ints
    styles: Ints

    def where(self, mask: npt.NDArray[np.bool_]) -> "Places":
        return Places(self.rows[mask], self.columns[mask], self.styles[mask])


class Styles:
    """What each style of a workbook makes of a number."""

    def __init__(self, formats: Sequence[NumberFormat], *, from_1904: bool) -> None:
        self._formats = list(dict.fromkeys([NumberFormat(), *formats]))
        place = {number_format: i for i, number_format in enumerate(self._formats)}
        # A cell of a style that is not there has no format.
        self._format_of = np.array([*map(place.__getitem__, formats), 0])
        self._from_1904 = from_1904

    def add_numbers(self, grid: Grid, places: Places, values: Floats) -> None:
        finite = np.isfinite(values)
        if not finite.all():
            add_errors(grid, places.where(~finite), np.full(len(values), _NO_NUMBER)[~finite])
            places, values = places.where(finite), values[finite]
        formats = self._format_of[np.minimum(places.styles, len(self._format_of) - 1)]
        for number in np.unique(formats).tolist():
            mine = formats == number
            texts, kinds = seen_numbers(
                values[mine], self._formats[number], from_1904=self._from_1904
            )
            grid.add(places.rows[mine], places.columns[mine], texts, kinds)


def add_texts(grid: Grid, places: Places, texts: pl.Series) -> None:
    grid.add(places.rows, places.columns, texts, CellKind.TEXT)


def add_booleans(grid: Grid, places: Places, values: Bytes) -> None:
    texts = _BOOLEAN_TEXTS.gather((values != 0).astype(np.uint32))
    grid.add(places.rows, places.columns, texts, CellKind.BOOLEAN)


def add_errors(grid: Grid, places: Places, codes: Bytes) -> None:
    grid.add(places.rows, places.columns, _ERROR_TEXTS.gather(codes), CellKind.ERROR)


def shared(strings: pl.Series, indices: Ints) -> pl.Series:
    """The texts that cells point to; `LookupError` for one that is not there."""
    if len(indices) and int(indices.max()) >= len(strings):
        raise LookupError("a text that is not there")
    return strings.gather(indices)


def from_rk(stored: npt.NDArray[np.uint32]) -> Floats:
    """Numbers that are stored in 30 bits: [MS-XLS] 2.5.217."""
    fractions = ((stored & 0xFFFFFFFC).astype(np.uint64) << np.uint64(32)).view(np.float64)
    values = np.where(stored & 2, stored.view(np.int32) >> 2, fractions)
    return np.where(stored & 1, values / 100, values)
