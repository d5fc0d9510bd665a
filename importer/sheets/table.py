"""The words for a source file and the table read from it."""

from dataclasses import dataclass, field
from typing import Literal

ROW = "_row"  # the staged column with the row number that Excel shows

# A row being read: its number as Excel shows it and its cells' texts, "" where blank.
NumberedRow = tuple[int, list[str]]


class UnreadableFile(Exception):
    """A file that cannot be read; its text tells a person what it is and what to do."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook; a text file has none."""

    name: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read: as detected, or as a person chose."""

    format: Literal["csv", "xlsx"]
    header_row: int | None  # as Excel numbers it; None where the table has no header
    sheet: str | None = None  # of a workbook
    encoding: str | None = None  # of a text file: a Python codec name
    delimiter: str | None = None  # of a text file


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One row at the top of the file, as its owner sees it."""

    row: int  # as Excel numbers it
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a look at the top of a file tells, before anything is staged."""

    reading: Reading  # the proposal
    reasons: dict[str, str]  # why, by the name of the `Reading` attribute: one sentence each
    sheets: tuple[Sheet, ...]
    preview: tuple[PreviewRow, ...]  # the first 20 rows of the proposed sheet that hold anything


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """What a column holds, from all its values."""

    header: str  # distinct within the table
    filled: int  # cells that are not blank
    samples: tuple[str, ...] = ()  # up to three distinct values: the first, the longest, the oddest


@dataclass(frozen=True, slots=True)
class Table:
    """The one sheet the user chose, staged as Parquet.

    The file has a column `_row` (int64) and one text column (string, null where blank) for each
    of `columns`, in row groups of 25,000 rows. Blank rows are left out; row numbers are not.
    """

    columns: tuple[ColumnProfile, ...]
    rows: int
    warnings: tuple[str, ...] = field(default=())  # sentences for a person

    @property
    def headers(self) -> tuple[str, ...]:
        return tuple(column.header for column in self.columns)
