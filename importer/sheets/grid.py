"""Cells found in any order are laid out as the rows and columns of a block."""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from importer.sheets.block import ROWS_PER_BLOCK, Block, CellKind, Merged, column_name

Ints = npt.NDArray[np.int64]
_PLACES_PER_BLOCK = 4_000_000  # rows times columns; a sheet may claim far more than it holds


class Grid:
    """Takes in the cells of consecutive rows, many at a time; rows and columns count from 1."""

    def __init__(self, merged: Iterable[Merged] = ()) -> None:
        self._merged = tuple(merged)
        self._rows: list[Ints] = []
        self._columns: list[Ints] = []
        self._texts: list[pl.Series] = []
        self._kinds: list[npt.NDArray[np.uint8]] = []

    def add(
        self,
        rows: Ints,
        columns: Ints,
        texts: pl.Series,
        kinds: CellKind | npt.NDArray[np.uint8],
    ) -> None:
        """Cells, each with its text and kind; of two in one place the later counts."""
        if len(rows):
            self._rows.append(rows)
            self._columns.append(columns)
            self._texts.append(texts)
            self._kinds.append(np.broadcast_to(np.asarray(kinds, np.uint8), rows.shape))

    @property
    def reach(self) -> int:
        """How many rows lie between the first and the last that have a cell, both included."""
        if not self._rows:
            return 0
        return max(int(r.max()) for r in self._rows) - min(int(r.min()) for r in self._rows) + 1

    def blocks(self) -> Iterator[Block]:
        """The rows that have a cell, in order."""
        if not self._rows:
            return
        rows, columns = np.concatenate(self._rows), np.concatenate(self._columns)
        kinds = np.concatenate(self._kinds)
        texts = pl.concat([*self._texts, pl.Series([None], dtype=pl.String)]).rechunk()
        numbers, place_of = _distinct(rows)
        width = int(columns.max())
        step = min(ROWS_PER_BLOCK, max(1, _PLACES_PER_BLOCK // width))
        for first in range(0, len(numbers), step):
            here = numbers[first : first + step]
            cells = _within(rows, here, whole=len(here) == len(numbers))
            places = (columns[cells] - 1) * len(here) + place_of[cells] - first
            cell_at = np.full(width * len(here), len(texts) - 1, np.uint32)
            cell_at[places] = np.arange(len(rows), dtype=np.uint32)[cells]
            self._hide_merged(cell_at.reshape(width, -1), here, len(texts) - 1)
            yield _block(here, width, texts.gather(cell_at), np.append(kinds, np.uint8(0))[cell_at])

    def _hide_merged(self, cell_at: npt.NDArray[np.uint32], numbers: Ints, blank: int) -> None:
        """Of a merged range, people see the cell at its top left alone."""
        for area in self._merged:
            top, bottom = np.searchsorted(numbers, [area.top, area.bottom + 1])
            hidden = cell_at[area.left - 1 : area.right, top:bottom]
            if hidden.size:
                seen = hidden[0, 0] if numbers[top] == area.top else blank
                hidden[:] = blank
                hidden[0, 0] = seen


def _distinct(rows: Ints) -> tuple[Ints, Ints]:
    """The row numbers that occur, ascending, and which of them each is.

    Far faster than sorting, for rows lie close.
    """
    lowest = int(rows.min())
    occurs = np.zeros(int(rows.max()) - lowest + 1, bool)
    occurs[rows - lowest] = True
    place_of = np.cumsum(occurs) - 1
    return np.flatnonzero(occurs) + lowest, place_of[rows - lowest]


def _within(rows: Ints, numbers: Ints, *, whole: bool) -> slice | npt.NDArray[np.bool_]:
    if whole:
        return slice(None)
    within: npt.NDArray[np.bool_] = (rows >= numbers[0]) & (rows <= numbers[-1])
    return within


def _block(numbers: Ints, width: int, texts: pl.Series, kinds: npt.NDArray[np.uint8]) -> Block:
    names = [column_name(position) for position in range(1, width + 1)]
    height = len(numbers)
    cells = [texts.slice(i * height, height).alias(name) for i, name in enumerate(names)]
    kind_columns = kinds.reshape(width, height)
    return Block(
        pl.Series(numbers),
        pl.DataFrame(cells),
        pl.DataFrame([pl.Series(n, kind_columns[i]) for i, n in enumerate(names)]),
    )
