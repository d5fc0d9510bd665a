"""Where the cells of an OpenDocument sheet stand, which is told by counting and repeating."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from importer.sheets.block import Merged
from importer.sheets.ods.markup import Rows
from importer.sheets.ods.written import Written
from importer.sheets.table import UnreadableFile

Ints = npt.NDArray[np.int64]

_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_MOST_COPIES = 5_000_000  # of the cells in one piece of a sheet


@dataclass(frozen=True, slots=True)
class Places:
    """The first place of each cell, from 1, and how often it is repeated down and across."""

    rows: Ints
    columns: Ints
    down: Ints
    across: Ints

    def at(self, which: Ints) -> "Places":
        parts = (self.rows, self.columns, self.down, self.across)
        return Places(*(part[which] for part in parts))

    def copies(self) -> tuple[Ints, Ints, Ints]:
        """The row and the column of each copy, and of which cell it is one.

        Raises `UnreadableFile` for more than a spreadsheet holds.
        """
        self._measure()
        if (self.down == 1).all() and (self.across == 1).all():
            return self.rows, self.columns, np.arange(len(self.rows))
        across, right = _copies(self.across)
        down, below = _copies(self.down[across])
        which = across[down]
        return self.rows[which] + below, (self.columns[across] + right)[down], which

    def _measure(self) -> None:
        copies = (self.down.astype(float) * self.across).sum() - len(self.rows)
        beyond = (self.rows + self.down - 1 > _LAST_ROW).any()
        beyond |= (self.columns + self.across - 1 > _LAST_COLUMN).any()
        if beyond or copies > _MOST_COPIES:
            raise UnreadableFile(
                "This spreadsheet repeats cells far more often than a real one does, so it was not"
                " opened. Copy the rows you need into a new one and upload that."
            )


def _copies(times: Ints) -> tuple[Ints, Ints]:
    """For each copy, of which thing it is one, and its number from 0."""
    which = np.repeat(np.arange(len(times)), times)
    return which, np.arange(len(which)) - np.repeat(np.cumsum(times) - times, times)


class Counter:
    """Counts the rows of a sheet, piece after piece."""

    def __init__(self) -> None:
        self._rows = 0

    def places(self, written: Written) -> Places:
        """The place of each cell in whole rows."""
        times, cells = written.row_times, written.cells
        row_ends = self._rows + np.cumsum(times)
        self._rows = int(row_ends[-1]) if len(times) else self._rows
        ends = np.append(0, np.cumsum(cells.times))
        before_row = ends[np.searchsorted(cells.rows, np.arange(len(times)))]
        return Places(
            rows=(row_ends - times + 1)[cells.rows],
            columns=ends[:-1] - before_row[cells.rows] + 1,
            down=times[cells.rows],
            across=cells.times,
        )


def merged(rows: Rows, places: Places) -> Iterator[Merged]:
    """The merged ranges, each by its first cell."""
    for number, cell in enumerate(rows.cells):
        down, across = cell.count("rows-spanned"), cell.count("columns-spanned")
        if down > 1 or across > 1:
            top, left = int(places.rows[number]), int(places.columns[number])
            yield Merged(top, left, top + down - 1, left + across - 1)
