"""Where the header row is, and what the columns are called."""

import re
from collections.abc import Iterable, Sequence

from openpyxl.utils import get_column_letter

from importer.sheets.table import ROW, NumberedRow

_SHORT = 100  # characters; a longer text is a note, not a name
_NUMBER = re.compile(r"[-+(]?[\d.,\s']*\d[\d.,\s']*[)%]?")
_YEAR = re.compile(r"(19|20)\d\d")
_DATA = re.compile(r"\S+@\S+\.\S+|https?://\S+|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*")


def find(rows: Sequence[NumberedRow]) -> tuple[int | None, str]:
    """The number of the header row among the top `rows`, and the reason as a sentence.

    It is the first row about as wide as those below it, unless it reads like data.
    """
    for index, (number, cells) in enumerate(rows):
        width = _typical_width(rows[index + 1 :])
        filled = _filled(cells)
        if len(filled) < max(min(width, 2), width / 2):
            continue
        if not _are_names(filled) or (width == 0 and len(filled) == 1):
            return None, f"Row {number} reads like data, so the columns have numbers for names."
        if index == 0:
            return number, f"Row {number} is the first row and holds names, not data."
        return number, (
            f"Row {number} is the first with names across the table;"
            " what stands above it looks like titles or notes."
        )
    return None, "No row holds a name for every column, so the columns have numbers for names."


def _filled(cells: Iterable[str]) -> list[str]:
    return [cell.strip() for cell in cells if cell and not cell.isspace()]


def _typical_width(rows: Sequence[NumberedRow]) -> int:
    """Filled cells of the widest row but one, so that a single overlong row counts for nothing."""
    widths = sorted((len(_filled(cells)) for _, cells in rows), reverse=True)
    return widths[min(1, len(widths) - 1)] if widths else 0


def _are_names(texts: Sequence[str]) -> bool:
    """Short texts, mostly distinct, no data among them; years may be names of columns."""
    if any(_DATA.fullmatch(text) for text in texts):
        return False
    names = [text for text in texts if not _NUMBER.fullmatch(text) or _YEAR.fullmatch(text)]
    short = [name for name in names if len(name) <= _SHORT]
    return 2 * len(set(short)) >= len(texts)


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
                f"Column {get_column_letter(position + 1)} has the name “{name}” like another,"
                f" so it is called “{unique}” here."
            )
        return unique
