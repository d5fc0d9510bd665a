"""A few rows of a sheet side by side, with what each of their cells reads like."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from importer.sheets.layout.likeness import Likeness, likeness, typical
from importer.sheets.table import NumberedRow


@dataclass(frozen=True)
class Excerpt:
    """Rows that hold anything, in order; rows and columns count from 0 here."""

    rows: Sequence[NumberedRow]

    @classmethod
    def of(cls, rows: Iterable[NumberedRow]) -> Self:
        """Those of `rows` that hold anything."""
        return cls([row for row in rows if any(cell.strip() for cell in row[1])])

    def __len__(self) -> int:
        return len(self.rows)

    def number(self, row: int) -> int:
        """The row as Excel numbers it."""
        return self.rows[row][0]

    def text(self, row: int, column: int) -> str:
        cells = self.rows[row][1]
        return cells[column].strip() if column < len(cells) else ""

    def at(self, row: int, column: int) -> Likeness:
        cells = self._likenesses[row]
        return cells[column] if column < len(cells) else Likeness.BLANK

    def filled(self, row: int) -> list[int]:
        """The columns in which a row holds anything."""
        return self._filled[row]

    def width(self, row: int) -> int:
        """How many cells of a row hold anything."""
        return len(self._filled[row])

    def texts(self, row: int) -> list[str]:
        """What those cells hold."""
        return [self.text(row, column) for column in self._filled[row]]

    def column(self, column: int, first: int, end: int | None = None) -> Likeness | None:
        """What the cells of a column read like in the rows from `first` to before `end`."""
        rows = range(first, len(self) if end is None else end)
        return typical(self.at(row, column) for row in rows)

    def adjoins(self, row: int) -> bool:
        """Whether no blank row parts this row from the one before."""
        return row > 0 and self.number(row) == self.number(row - 1) + 1

    @cached_property
    def _likenesses(self) -> list[list[Likeness]]:
        return [[likeness(cell) for cell in cells] for _, cells in self.rows]

    @cached_property
    def _filled(self) -> list[list[int]]:
        return [
            [column for column, cell in enumerate(cells) if cell is not Likeness.BLANK]
            for cells in self._likenesses
        ]
