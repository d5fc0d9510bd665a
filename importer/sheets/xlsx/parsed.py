"""The cells and texts of a workbook, as a parser comes upon them one after the other."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from importer.sheets.block import Merged
from importer.sheets.guard import MB
from importer.sheets.xlsx.markup import Attributes, ForbiddenMarkup, local, tags

LAST_ROW, LAST_COLUMN = 1_048_576, 16_384

_RANGE = re.compile(r"([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})")
_END_OF_ROWS = re.compile(rb"</((?:\w+:)?)sheetData\s*>")
_LONGEST_TAG = 100  # bytes, of the one that ends the rows
_MOST_BEHIND_ROWS = 8 * MB
_LONGEST_TEXT = 1024**2  # Excel holds 32,767 characters in a cell


@dataclass(slots=True)
class _Text:
    """Gathers the text of `t` and `v` elements, without the phonetic guides of `rPh`."""

    gathered: list[str] = field(default_factory=list)
    length: int = 0
    within: bool = False
    phonetic: bool = False

    def enter(self, name: str) -> None:
        if name == "rPh":
            self.phonetic = True
        elif name in ("t", "v"):
            self.within = not self.phonetic

    def leave(self, name: str) -> None:
        if name == "rPh":
            self.phonetic = False
        elif name in ("t", "v"):
            self.within = False

    def add(self, data: str) -> None:
        if self.within:
            self.length += len(data)
            if self.length > _LONGEST_TEXT:
                raise ForbiddenMarkup("a cell longer than Excel can hold")
            self.gathered.append(data)

    def take(self) -> str:
        text = "".join(self.gathered)
        self.gathered.clear()
        self.length = 0
        return text


class _Level:
    """How deep among the tags the parser is."""

    def __init__(self, container: str) -> None:
        self._container = container
        self._depth = 0
        self._container_depth: int | None = None

    def enter(self, name: str) -> None:
        self._depth += 1
        if name == self._container:
            self._container_depth = self._depth

    def leave(self) -> None:
        if self._depth == self._container_depth:
            self._container_depth = None
        self._depth -= 1

    @property
    def in_container(self) -> bool:
        """Right inside it: between one of its elements and the next."""
        return self._depth == self._container_depth


class RawCell(NamedTuple):
    """A cell as the file holds it."""

    row: int
    column: int  # from 1
    kind: str  # ECMA-376 ST_CellType: n, s, str, inlineStr, b, e, d
    style: int  # index into the workbook's cell formats
    text: str


class SheetMarkup:
    """Collects the cells of a sheet that hold anything; `take` them as they come."""

    def __init__(self) -> None:
        self.row = 0  # the last that began
        self._level = _Level("sheetData")
        self._cells: list[RawCell] = []
        self._column = 0
        self._cell: Attributes = {}
        self._text = _Text()

    @property
    def between_elements(self) -> bool:
        """Whether what comes next is a row."""
        return self._level.in_container

    def take(self) -> list[RawCell]:
        cells, self._cells = self._cells, []
        return cells

    def start(self, name: str, attributes: Attributes) -> None:
        tag = local(name)
        self._level.enter(tag)
        if tag == "c":
            reference = attributes.get("r")
            self._column = column_of(reference) if reference else self._column + 1
            if not 1 <= self._column <= LAST_COLUMN:
                raise ForbiddenMarkup("a column beyond the last")
            self._cell = attributes
            self._text.take()
        elif tag == "row":
            number = int(attributes.get("r", self.row + 1))
            if not self.row < number <= LAST_ROW:
                raise ForbiddenMarkup("a row out of order or beyond the last")
            self.row = number
            self._column = 0
        else:
            self._text.enter(tag)

    def end(self, name: str) -> None:
        tag = local(name)
        self._level.leave()
        if tag != "c":
            self._text.leave(tag)
        elif text := self._text.take():
            kind, style = self._cell.get("t", "n"), int(self._cell.get("s", 0))
            self._cells.append(RawCell(self.row, self._column, kind, style, text))

    def text(self, data: str) -> None:
        self._text.add(data)


class StringsMarkup:
    """Collects the texts that cells share; `take` them as they come."""

    def __init__(self) -> None:
        self._level = _Level("sst")
        self._texts: list[str] = []
        self._text = _Text()

    @property
    def between_elements(self) -> bool:
        """Whether what comes next is a text."""
        return self._level.in_container

    def take(self) -> list[str]:
        texts, self._texts = self._texts, []
        return texts

    def start(self, name: str, attributes: Attributes) -> None:
        tag = local(name)
        self._level.enter(tag)
        self._text.enter(tag)

    def end(self, name: str) -> None:
        tag = local(name)
        self._level.leave()
        self._text.leave(tag)
        if tag == "si":
            self._texts.append(self._text.take())

    def text(self, data: str) -> None:
        self._text.add(data)


@lru_cache(maxsize=20_000)
def _column_number(letters: str) -> int:
    if len(letters) > 3:  # XFD is the last
        raise ForbiddenMarkup("a column beyond the last")
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def column_of(reference: str) -> int:
    """The column of a cell reference, from 1: `AB12` is in column 28."""
    return _column_number(reference.rstrip("0123456789"))


def merged_ranges(buffers: Iterator[bytes]) -> tuple[Merged, ...]:
    """The merged ranges of a sheet; none where too much stands beside them.

    They come behind its rows, so those need no parsing.
    """
    seen, end_of_rows = b"", None
    while not end_of_rows and (buffer := next(buffers, b"")):
        seen = seen[-_LONGEST_TAG:] + buffer
        end_of_rows = _END_OF_ROWS.search(seen)
    if not end_of_rows:
        return ()
    rest = seen[end_of_rows.end() :]
    for buffer in buffers:
        rest += buffer
        if len(rest) > _MOST_BEHIND_ROWS:
            return ()
    if b"mergeCell" not in rest:
        return ()
    rest = b"<%bworksheet>" % end_of_rows[1] + rest
    found = (
        _RANGE.fullmatch(attributes.get("ref", "")) for _, attributes in tags([rest], "mergeCell")
    )
    return tuple(
        Merged(int(top), _column_number(left), int(bottom), _column_number(right))
        for left, top, right, bottom in (match.groups() for match in found if match)
    )
