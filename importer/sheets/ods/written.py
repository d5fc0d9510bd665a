"""Rows and cells of an OpenDocument sheet as they are written."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

TYPES = ("", "string", "float", "currency", "percentage", "date", "time", "boolean")
MOST_TIMES = 2**31  # that anything counts as repeated


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells, with one of everything for each."""

    rows: Ints  # the place among `Written.row_times`
    times: Ints  # how often it is repeated across
    covered: Mask  # hidden by a merged range
    types: npt.NDArray[np.uint8]  # the place in `TYPES`
    stored: pl.Series  # the value, "" where there is none
    shown: pl.Series  # the text, "" where there is none
    wrong: Mask  # marked as an error

    def where(self, mask: Mask) -> "Cells":
        return Cells(
            self.rows[mask],
            self.times[mask],
            self.covered[mask],
            self.types[mask],
            self.stored.filter(mask),
            self.shown.filter(mask),
            self.wrong[mask],
        )


@dataclass(frozen=True, slots=True)
class Written:
    """Whole rows of a sheet."""

    row_times: Ints  # how often each row is repeated down
    cells: Cells
