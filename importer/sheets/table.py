"""The words for a source file and the table read from it."""

from dataclasses import dataclass, field
from enum import StrEnum

ROW = "_row"  # the staged column with the row number that Excel shows

# A row being looked at: its number as Excel shows it and its cells' texts, "" where blank.
NumberedRow = tuple[int, list[str]]


class UnreadableFile(Exception):
    """A file that cannot be read; its text tells a person what it is and what to do."""


class Format(StrEnum):
    """What kind of file the rows come from."""

    CSV = "csv"  # delimited text, whatever the delimiter
    XLSX = "xlsx"  # .xlsm too
    XLSB = "xlsb"
    XLS = "xls"
    ODS = "ods"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook; a text file has none."""

    name: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read: as detected, or as a person chose."""

    format: Format
    header_row: int | None  # its first, as Excel numbers it; None where the table has no header
    header_rows: int = 1  # how many rows the header has
    last_row: int | None = None  # of data, as Excel numbers it; None: before what reads as a footer
    sheet: str | None = None  # of a workbook
    encoding: str | None = None  # of a text file: a Python codec name
    delimiter: str | None = None  # of a text file
    escape: str | None = None  # of a text file: what precedes a quotation mark within quotes


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person decided about reading a file; None is left to us."""

    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header_row: int | None = None  # as Excel numbers it; 0 where the table has no header
    header_rows: int | None = None
    last_row: int | None = None


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One row at the top of the file, as its owner sees it."""

    row: int  # as Excel numbers it
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another encoding that the file may be written in."""

    encoding: str  # a Python codec name
    label: str  # for people
    sample: str  # a few words of the file, read so


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a look at the top of a file tells, before anything is staged."""

    reading: Reading  # the proposal
    reasons: dict[str, str]  # why, by the name of the `Reading` attribute: one sentence each
    sheets: tuple[Sheet, ...]
    preview: tuple[PreviewRow, ...]  # the first 100 rows of the proposed sheet that hold anything
    encodings: tuple[Alternative, ...] = ()  # where unsure: the proposal first, then others
    member: str | None = None  # of an archive: the file inside that is read


@dataclass(frozen=True, slots=True)
class Footer:
    """Rows below the data that are none: totals, notes, sources. They are not staged."""

    rows: tuple[int, ...]  # as Excel numbers them
    reason: str  # a sentence


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """What a column holds, from all its values."""

    header: str  # distinct within the table
    position: int = 0  # in the sheet, from 1
    filled: int = 0  # cells that are not blank
    distinct: int = 0  # different values; beyond 1,000 an estimate, right to a few per cent
    samples: tuple[str, ...] = ()  # up to three: the typical, the longest and the oddest value
    shapes: tuple[tuple[str, int], ...] = ()  # the commonest and how many: "99/99/9999"
    kinds: dict[str, int] = field(default_factory=dict)  # cells by `CellKind` name, text left out
    damaged: int = 0  # numbers that Excel has rounded to 15 digits


@dataclass(frozen=True, slots=True)
class Table:
    """The one sheet the user chose, staged as Parquet.

    The file has a column `_row` (int64) and one text column (string, null where blank) for each
    of `columns`, in row groups of 25,000 rows. Blank rows are left out; row numbers are not.
    """

    columns: tuple[ColumnProfile, ...]
    rows: int
    width: int = 0  # of the table in the sheet: columns up to the last that has a name or a value
    warnings: tuple[str, ...] = ()  # sentences for a person
    footer: Footer | None = None

    @property
    def headers(self) -> tuple[str, ...]:
        return tuple(column.header for column in self.columns)
