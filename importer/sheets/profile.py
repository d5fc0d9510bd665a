"""What the columns of a table hold, gathered block by block in bounded memory.

Everything is counted over all values, but for their shapes and the samples told apart by them:
those come from the first rows, and from every fiftieth of the rows after them.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from math import ceil

import polars as pl

from importer.sheets import shapes
from importer.sheets.block import Block, CellKind
from importer.sheets.distinct import Distinct
from importer.sheets.table import ColumnProfile

_ALL_UNTIL = 25_000  # rows
_EVERY = 50
_CELLS_AT_ONCE = 100_000  # fewer would take longer to prepare for than to look at
_SHAPES_COUNTED = 500  # in one column; the oddest is among the first ones
_SHAPES_TOLD = 20
_DIGITS_EXCEL_KEEPS = 15  # of a number
_NUMERIC = re.compile(r"[-9.,]*9(a\+9)?")  # the shape of a number
_LEFT_OF_A_LONG_NUMBER = r"^-?\d([.,]\d+)?E\+\d\d$"  # in a text file that Excel wrote


@dataclass(slots=True)
class _Column:
    """What is known of one column so far."""

    filled: int = 0
    longest: str = ""
    damaged: int = 0
    distinct: Distinct = field(default_factory=Distinct)
    kinds: Counter[CellKind] = field(default_factory=Counter)
    shapes: dict[str, tuple[int, str]] = field(default_factory=dict)  # how many, and the first


class Profiler:
    """Feed it every block, blank cells being null, and `settle`; then ask for the profiles."""

    def __init__(self) -> None:
        self._columns: list[_Column] = []
        self._rows = 0
        self._sampled: list[pl.DataFrame] = []

    def filled(self, place: int) -> int:
        """Cells that are not blank in a column; `place` counts from 0."""
        return self._columns[place].filled if place < len(self._columns) else 0

    def profile(self, place: int, header: str) -> ColumnProfile:
        """Of a column, with a typical value, the longest, and one of the rarest shape."""
        column = self._columns[place] if place < len(self._columns) else _Column()
        commonest_first = sorted(column.shapes.items(), key=lambda item: -item[1][0])
        examples = [example for _, (_, example) in commonest_first]
        samples = [*examples[:1], column.longest, *examples[-1:]] if examples else []
        return ColumnProfile(
            header,
            place + 1,
            column.filled,
            distinct=column.distinct.count,
            samples=tuple(dict.fromkeys(samples)),
            shapes=tuple((shape, n) for shape, (n, _) in commonest_first[:_SHAPES_TOLD]),
            kinds={kind.name: n for kind, n in sorted(column.kinds.items()) if kind},
            damaged=column.damaged,
        )

    def settle(self) -> None:
        """Count in what waits to be counted, when all blocks are in."""
        self._add_sampled()

    def add(self, block: Block) -> None:
        """Count a block in."""
        self._columns += [_Column() for _ in range(block.cells.width - len(self._columns))]
        if not len(block):
            return
        self._add_values(block.cells)
        self._sample(block.cells)
        if block.kinds is None:
            self._add_exponents(block.cells)
        else:
            self._add_kinds(block.cells, block.kinds)
        self._rows += len(block)

    def _add_values(self, cells: pl.DataFrame) -> None:
        hashes = cells.select(pl.all().hash())
        longest = cells.select(pl.all().get(pl.all().str.len_bytes().arg_max())).row(0)
        for column, values, hashed, text in zip(
            self._columns, cells, hashes, longest, strict=False
        ):
            if values.null_count():
                hashed = hashed.filter(values.is_not_null())
            column.filled += len(hashed)
            column.distinct.add(hashed.to_numpy())
            column.longest = max(column.longest, text or "", key=len)

    def _sample(self, cells: pl.DataFrame) -> None:
        if self._rows < _ALL_UNTIL:
            self._add_shapes(cells, 1)
            return
        self._sampled.append(cells[::_EVERY])
        if sum(map(_filled, self._sampled)) >= _CELLS_AT_ONCE:
            self._add_sampled()

    def _add_sampled(self) -> None:
        if self._sampled:
            self._add_shapes(pl.concat(self._sampled, how="diagonal"), _EVERY)
            self._sampled = []

    def _add_shapes(self, cells: pl.DataFrame, each: int) -> None:
        """Count in the shapes of rows that stand for `each` as many."""
        parts = ceil(_filled(cells) / _CELLS_AT_ONCE) or 1
        for some in cells.iter_slices(ceil(len(cells) / parts)):
            for place, shape, count, example in shapes.counted(some):
                column = self._columns[place]
                known, first = column.shapes.get(shape, (0, example))
                if known or len(column.shapes) < _SHAPES_COUNTED:
                    column.shapes[shape] = min(known + count * each, column.filled), first

    def _add_exponents(self, cells: pl.DataFrame) -> None:
        """Count numbers that lost their digits before they became text, among other numbers."""
        for column, values in zip(self._columns, cells, strict=False):
            if any(_NUMERIC.fullmatch(shape) for shape in column.shapes):
                column.damaged += int(values.str.contains(_LEFT_OF_A_LONG_NUMBER).sum())

    def _add_kinds(self, cells: pl.DataFrame, kinds: pl.DataFrame) -> None:
        for column, values, kind in zip(self._columns, cells, kinds, strict=False):
            counts = kind.filter(values.is_not_null()).value_counts().rows()
            column.kinds.update({CellKind(number): n for number, n in counts})
            if column.kinds[CellKind.NUMBER] and len(column.longest) > _DIGITS_EXCEL_KEEPS:
                column.damaged += _longer(values.filter(kind == CellKind.NUMBER))


def _longer(numbers: pl.Series) -> int:
    """How many have more digits than Excel keeps; what their format adds is none of them."""
    long = numbers.filter(numbers.str.len_bytes() > _DIGITS_EXCEL_KEEPS)
    digits = long.str.replace_all(r"\D", "").str.strip_chars_start("0")
    return int((digits.str.len_bytes() > _DIGITS_EXCEL_KEEPS).sum())


def _filled(cells: pl.DataFrame) -> int:
    """How many cells are not blank."""
    return cells.width * len(cells) - int(sum(cells.null_count().row(0)))
