"""The XML inside a workbook, read as a stream and trusted in nothing.

Expat never fetches anything. A workbook has no business declaring entities, so a document type
is refused outright, which leaves nothing to expand or to resolve.
"""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import IO, NamedTuple, Protocol
from xml.parsers import expat

Attributes = dict[str, str]

_CHUNK = 64 * 1024
_LONGEST_TEXT = 1024**2  # Excel holds 32,767 characters in a cell
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384


class ForbiddenMarkup(ValueError):
    """XML that no honest workbook holds."""


class Handler(Protocol):
    """What happens at each tag and text; names may carry a namespace prefix."""

    def start(self, name: str, attributes: Attributes) -> None: ...
    def end(self, name: str) -> None: ...
    def text(self, data: str) -> None: ...


def feed(source: IO[bytes], handler: Handler) -> Iterator[None]:
    """Hand `source` to `handler`, pausing after every chunk."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = handler.start
    parser.EndElementHandler = handler.end
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    while chunk := source.read(_CHUNK):
        parser.Parse(chunk, False)
        yield
    parser.Parse(b"", True)
    yield


def _refuse_doctype(*_: object) -> None:
    raise ForbiddenMarkup("document type declaration")


def local(name: str) -> str:
    """The name without a namespace prefix."""
    return name[name.find(":") + 1 :]


@dataclass(slots=True)
class Tags:
    """Every opening tag of a small part, in order: name and attributes."""

    found: list[tuple[str, Attributes]] = field(default_factory=list)

    def start(self, name: str, attributes: Attributes) -> None:
        self.found.append((local(name), attributes))

    def end(self, name: str) -> None: ...

    def text(self, data: str) -> None: ...


def tags(source: IO[bytes]) -> list[tuple[str, Attributes]]:
    """All opening tags of a part small enough to hold."""
    handler = Tags()
    for _ in feed(source, handler):
        pass
    return handler.found


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


class RawCell(NamedTuple):
    """A cell as the file holds it."""

    column: int  # from 1
    kind: str  # ECMA-376 ST_CellType: n, s, str, inlineStr, b, e, d
    style: int  # index into the workbook's cell formats
    text: str


class RowHandler:
    """Collects the rows of a sheet that hold anything; take them from `done` as they come."""

    def __init__(self) -> None:
        self.done: list[tuple[int, list[RawCell]]] = []
        self._row = 0
        self._column = 0
        self._cells: list[RawCell] = []
        self._cell: Attributes = {}
        self._text = _Text()

    def start(self, name: str, attributes: Attributes) -> None:
        tag = local(name)
        if tag == "c":
            reference = attributes.get("r")
            self._column = column_of(reference) if reference else self._column + 1
            if not 1 <= self._column <= _LAST_COLUMN:
                raise ForbiddenMarkup("a column beyond the last")
            self._cell = attributes
            self._text.take()
        elif tag == "row":
            self._row = int(attributes.get("r", self._row + 1))
            if not 1 <= self._row <= _LAST_ROW:
                raise ForbiddenMarkup("a row beyond the last")
            self._column = 0
        else:
            self._text.enter(tag)

    def end(self, name: str) -> None:
        tag = local(name)
        if tag == "c":
            if text := self._text.take():
                kind, style = self._cell.get("t", "n"), int(self._cell.get("s", 0))
                self._cells.append(RawCell(self._column, kind, style, text))
        elif tag == "row":
            if self._cells:
                self.done.append((self._row, self._cells))
                self._cells = []
        else:
            self._text.leave(tag)

    def text(self, data: str) -> None:
        self._text.add(data)


def raw_rows(source: IO[bytes]) -> Iterator[tuple[int, list[RawCell]]]:
    """The rows of a sheet part that hold anything, with the numbers that Excel shows."""
    handler = RowHandler()
    for _ in feed(source, handler):
        yield from handler.done
        handler.done.clear()


class SharedStrings:
    """The texts that cells point to, read no further than asked for and held as bytes."""

    def __init__(self, source: IO[bytes] | None) -> None:
        self._texts = bytearray()
        self._ends = array("Q", [0])
        self._text = _Text()
        self._more = feed(source, self) if source else iter(())

    def __getitem__(self, index: int) -> str:
        if index < 0:
            raise IndexError(index)
        while index + 1 >= len(self._ends):
            try:
                next(self._more)
            except StopIteration:
                raise IndexError(index) from None
        return self._texts[self._ends[index] : self._ends[index + 1]].decode("utf-8")

    def start(self, name: str, attributes: Attributes) -> None:
        self._text.enter(local(name))

    def end(self, name: str) -> None:
        tag = local(name)
        self._text.leave(tag)
        if tag == "si":
            self._texts += self._text.take().encode("utf-8")
            self._ends.append(len(self._texts))

    def text(self, data: str) -> None:
        self._text.add(data)


@lru_cache(maxsize=20_000)
def _column_number(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def column_of(reference: str) -> int:
    """The column of a cell reference, from 1: `AB12` is in column 28."""
    return _column_number(reference.rstrip("0123456789"))
