"""Where the header row is, and what the columns are called."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from importer.sheets.block import Merged
from importer.sheets.column_letters import column_letters
from importer.sheets.layout.excerpt import Excerpt
from importer.sheets.layout.header_extent import extent, tells_apart
from importer.sheets.layout.likeness import Likeness, is_value
from importer.sheets.table import ROW, NumberedRow

_LONGEST_NAME = 250  # characters, of a question in a survey; a longer text is a note
_PREAMBLE = 30  # rows at most that may stand above the header and be as good as half as wide
_ROWS_THAT_TELL = 5
_NAMING_VALUES = (Likeness.YEAR, Likeness.DATE, Likeness.TIME)
_COMMENT = ("# ", "// ", "-- ", "; ")


@dataclass(frozen=True, slots=True)
class Header:
    """The rows that name the columns."""

    first: int | None  # as Excel numbers it; None where no row names the columns
    rows: int  # how many, blank ones between them too
    reason: str  # a sentence


def find(rows: Sequence[NumberedRow], merged: Sequence[Merged] = ()) -> Header:
    """The header among the top rows of a sheet that hold anything.

    It is the first row about as wide as those below it, unless it reads like data, or a wider
    one further down does better: with names over numbers and dates, or below a blank row.
    """
    top = Excerpt.of(rows)
    wide = _first_wide(top)
    if wide is None:
        return Header(
            None, 0, "No row holds a name for every column, so the columns have numbers for names."
        )
    row = wide if _are_names(top, wide) else None
    for later in range(wide + 1, min(wide + _PREAMBLE, len(top))):
        if _does_better(top, later, wide if row is None else row):
            row = later
    if row is None:
        number = top.number(wide)
        reason = f"Row {number} reads like data, so the columns have numbers for names."
        return Header(None, 0, reason)
    return _whole(top, row, merged)


def _whole(top: Excerpt, row: int, merged: Sequence[Merged]) -> Header:
    """The header around a row of names, and why."""
    first, last = extent(top, row, merged)
    start, end = top.number(first), top.number(last)
    above = "; what stands above it looks like titles or notes" if first else ""
    if end > start:
        reason = f"Rows {start} to {end} name the columns together{above}."
    elif first == 0:
        reason = f"Row {start} is the first row and holds names, not data."
    else:
        reason = f"Row {start} is the first with names across the table{above}."
    return Header(start, end - start + 1, reason)


def _first_wide(top: Excerpt) -> int | None:
    """The first row about as wide as those below; rather one that is no remark."""
    wide = [row for row in range(len(top)) if _is_wide(top, row)]
    plain = next((row for row in wide if not _is_remark(top, row)), None)
    if plain is not None and _are_names(top, plain):
        return plain
    return wide[0] if wide else None


def _is_wide(top: Excerpt, row: int) -> bool:
    """Compares with the widest row below but one, so that a single overlong row means nothing."""
    widths = sorted(map(top.width, range(row + 1, len(top))), reverse=True)
    usual = widths[min(1, len(widths) - 1)] if widths else 0
    return top.width(row) >= max(min(usual, 2), usual / 2)


def _is_remark(top: Excerpt, row: int) -> bool:
    """A comment, or a line such as "Region: North"."""
    first, *others = top.texts(row)
    if first.startswith(_COMMENT):
        return True
    return first.endswith(":") and len(others) == 1 and not others[0].endswith(":")


class _Part(Enum):
    """What a cell may be to the column below it."""

    NAME = auto()
    NAME_OF_VALUES = auto()  # words over numbers, a date over numbers
    VALUE = auto()  # like those below
    DATA = auto()  # what nobody calls a column
    OTHER = auto()


_NAMES = (_Part.NAME, _Part.NAME_OF_VALUES)


def _are_names(top: Excerpt, row: int) -> bool:
    """Short texts, mostly distinct, no data among them; years and dates may name columns."""
    filled = top.filled(row)
    if len(filled) == 1 and row == len(top) - 1:
        return False
    parts = {column: _part(top, row, column) for column in filled}
    found = set(parts.values())
    if _Part.DATA in found or (_Part.VALUE in found and _Part.NAME_OF_VALUES not in found):
        return False
    names = {top.text(row, column) for column, part in parts.items() if part in _NAMES}
    short = [name for name in names if len(name) <= _LONGEST_NAME]
    distinct = 2 * len(short) >= len(filled) or tells_apart(top, row + 1)
    return distinct and not _comes_again(top, row)


def _part(top: Excerpt, row: int, column: int) -> _Part:
    cell, below = top.at(row, column), top.column(column, row + 1)
    over_others = is_value(below) and below is not cell
    if cell is Likeness.ADDRESS or (cell is Likeness.DATE and not over_others):
        return _Part.DATA
    if cell is Likeness.WORDS or (cell in _NAMING_VALUES and (over_others or below is None)):
        return _Part.NAME_OF_VALUES if over_others else _Part.NAME
    return _Part.VALUE if cell is below else _Part.OTHER


def _comes_again(top: Excerpt, row: int) -> bool:
    """Whether most of a row's texts are found again below in their columns, as values are.

    A few rows tell nothing, and a header repeated on every page of a report is no value.
    """
    filled = top.filled(row)
    below = range(row + 1, len(top))
    if len(below) < _ROWS_THAT_TELL:
        return False
    same = {r: [c for c in filled if top.text(r, c) == top.text(row, c)] for r in below}
    repeated = len(filled) if len(filled) > 1 else 2
    again = {c for columns in same.values() if 4 * len(columns) < 3 * repeated for c in columns}
    return 2 * len(again) >= len(filled)


def _does_better(top: Excerpt, row: int, than: int) -> bool:
    """Whether a row names more columns than one above it that then is a title or note."""
    if top.width(row) <= top.width(than) or not _are_names(top, row):
        return False
    return _stands_over_values(top, row, than) or _stands_apart(top, row, than)


def _stands_over_values(top: Excerpt, row: int, above: int) -> bool:
    """Whether columns hold numbers, dates and the like from below this row on, and no sooner."""
    filled = top.filled(row)
    columns = [c for c in filled if is_value(top.column(c, row + 1))]
    fitting = [
        r
        for r in range(above, row)
        if 2 * sum(top.at(r, c) is top.column(c, row + 1) for c in columns) >= len(columns)
    ]
    return len(columns) > 1 and not fitting


def _stands_apart(top: Excerpt, row: int, above: int) -> bool:
    """Whether a blank row parts much narrower rows from this one."""
    rows = range(above, row)
    parted = any(not top.adjoins(r) for r in range(above + 1, row + 1))
    return (
        parted
        and 4 * top.width(above) < 3 * top.width(row)
        and all(top.width(r) < top.width(row) for r in rows)
    )


def joined(rows: Sequence[NumberedRow], merged: Sequence[Merged] = ()) -> list[str]:
    """The columns' names in a header of one row or more, "" where a column has none.

    What stands above a name comes before it: "Address" over "Street" makes "Address Street".
    The name of a group counts for all columns merged under it; where nothing is merged, for all
    up to the next group.
    """
    if len(rows) < 2:
        return list(rows[0][1]) if rows else []
    top = Excerpt(rows)
    numbers = {number for number, _ in rows}
    merged = [cell for cell in merged if cell.top in numbers and cell.right > cell.left]
    width = max(len(cells) for _, cells in rows)
    levels = [_spread(top, row, width, merged) for row in range(len(top))]
    return [" ".join(dict.fromkeys(filter(None, parts))) for parts in zip(*levels, strict=True)]


def _spread(top: Excerpt, row: int, width: int, merged: Sequence[Merged]) -> list[str]:
    """A header row's texts, each over all columns that it stands for."""
    texts = [top.text(row, column) for column in range(width)]
    for column in range(1, width):
        if not texts[column] and _continues(top, row, column, merged):
            texts[column] = texts[column - 1]
    return texts


def _continues(top: Excerpt, row: int, column: int, merged: Sequence[Merged]) -> bool:
    """Whether a blank cell of a header row belongs to the group that is named to its left."""
    if not any(top.text(below, column) for below in range(row + 1, len(top))):
        return False
    if merged:
        number = top.number(row)
        return any(cell.top == number and cell.left <= column < cell.right for cell in merged)
    return not any(top.text(above, column) for above in range(row))


class ColumnNames:
    """A distinct name for every column, growing with the widest row."""

    def __init__(self, header: Sequence[str]) -> None:
        self.names: list[str] = []
        self.warnings: list[str] = []
        self._taken = {ROW}
        # Arrow cannot hold a NUL in a name.
        self._given = [" ".join(text.replace("\x00", " ").split()) for text in header]
        self._reserved = set(self._given)
        self.grow(len(self._given))

    def grow(self, width: int) -> None:
        """Name the columns up to `width`."""
        for position in range(len(self.names), width):
            self.names.append(self._distinct(position))
            self._taken.add(self.names[-1])

    def is_unnamed(self, position: int) -> bool:
        """Whether the header has nothing at `position`, which counts from 0."""
        return position >= len(self._given) or not self._given[position]

    def _distinct(self, position: int) -> str:
        unnamed = self.is_unnamed(position)
        name = f"Column {position + 1}" if unnamed else self._given[position]
        unique, count = name, 1
        while unique in self._taken or (unique in self._reserved and (unnamed or count > 1)):
            count += 1
            unique = f"{name} ({count})"
        if unique != name and not unnamed:
            self.warnings.append(
                f"Column {column_letters(position + 1)} has the name “{name}” like another,"
                f" so it is called “{unique}” here."
            )
        return unique
