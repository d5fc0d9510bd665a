"""Rows on their way from a file into its table: a batch of them, column by column."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Protocol, Self

import polars as pl

from importer.sheets.table import Sheet

ROWS_PER_BLOCK = 25_000  # at most
ROWS_OF_FIRST = 500  # a reader's first block is small, for people wait to see it


class CellKind(IntEnum):
    """What the file says a cell is, whatever its text looks like."""

    TEXT = 0
    NUMBER = 1
    PERCENT = 2
    DATE = 3  # with or without a time of day
    TIME = 4
    DURATION = 5
    BOOLEAN = 6
    ERROR = 7


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive rows of a sheet, as its owner sees them.

    Row numbers rise from block to block; rows without a cell may be left out. The columns of
    `cells` and `kinds` are called "1", "2", ... by their place in the sheet. Blocks of one sheet
    may differ in width.
    """

    numbers: pl.Series  # int64: the row as Excel numbers it; in a text file the record
    cells: pl.DataFrame  # text; "" or null where blank
    kinds: pl.DataFrame | None = None  # uint8 `CellKind`, as `cells`; None where all are text
    widths: pl.Series | None = None  # int32: cells that a text file's record has

    def __len__(self) -> int:
        return len(self.numbers)

    def where(self, mask: pl.Series) -> Self:
        """The rows for which `mask` is true."""
        if mask.all():
            return self
        return self._each(lambda part: part.filter(mask))

    def slice(self, offset: int, length: int | None = None) -> Self:
        """`length` rows from `offset` on, which counts from 0."""
        return self._each(lambda part: part.slice(offset, length))

    def narrowed(self, width: int) -> Self:
        """Its first `width` columns."""
        if width == self.cells.width:
            return self
        kinds = None if self.kinds is None else self.kinds[:, :width]
        return replace(self, cells=self.cells[:, :width], kinds=kinds)

    def _each(self, change: Callable[[Any], Any]) -> Self:
        return type(self)(
            change(self.numbers),
            change(self.cells),
            None if self.kinds is None else change(self.kinds),
            None if self.widths is None else change(self.widths),
        )


class Source(Protocol):
    """An open file. Whatever is broken inside surfaces as `UnreadableFile`."""

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        """The sheets that can hold a table, in the file's order; none of a text file."""
        ...

    def blocks(self, sheet: str | None) -> Iterator[Block]:
        """The rows of a sheet from the top, header and titles included."""
        ...

    def merged(self, sheet: str | None) -> tuple["Merged", ...]:
        """The merged ranges of a sheet, where it is small enough to look for them; else none."""
        ...


Opened = AbstractContextManager[Source]


@dataclass(frozen=True, slots=True)
class Merged:
    """A merged range: rows and columns from 1, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


def column_name(position: int) -> str:
    """What a block calls the column at `position`, from 1."""
    return str(position)


def frame(columns: Sequence[Sequence[str | None] | pl.Series]) -> pl.DataFrame:
    """Text columns under the names that a block gives them."""
    return pl.DataFrame(
        [
            pl.Series(column_name(position), column, dtype=pl.String)
            for position, column in enumerate(columns, start=1)
        ]
    )
