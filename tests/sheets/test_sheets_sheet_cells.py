"""How far a sheet's cells reach, and single cells, from several blocks."""

from itertools import zip_longest

import polars as pl
import pytest

from importer.sheets.block import Block, frame
from importer.sheets.sheet_cells import Reach, cell, reach

LONG = [(number, [str(number), "x"]) for number in range(3, 800)]


class Rows:
    """A source of one sheet with these rows."""

    sheets = ()

    def __init__(self, *rows):
        self.rows = rows

    def blocks(self, sheet):
        for start in range(0, len(self.rows), 500):
            numbers, cells = zip(*self.rows[start : start + 500], strict=True)
            yield Block(pl.Series(numbers), frame(list(zip_longest(*cells, fillvalue=""))))

    def merged(self, sheet):
        return ()


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], Reach(0, 0)),
        ([(2, ["", ""])], Reach(0, 0)),
        ([(2, ["", "a", " "]), (9, ["\u00a0"])], Reach(2, 2)),
        ([*LONG, (900, ["", "", "", "note"]), (901, [""])], Reach(900, 4)),
    ],
)
def test_reach_is_the_last_row_and_column_that_hold_anything(rows, expected):
    assert reach(Rows(*rows), None) == expected


@pytest.mark.parametrize(
    ("row", "column", "text"),
    [(3, 1, "3"), (799, 1, "799"), (799, 3, ""), (1, 1, ""), (900, 1, "")],
)
def test_cell_is_found_in_any_block(row, column, text):
    assert cell(Rows(*LONG), None, row, column) == text
