"""The cells of a piece of a sheet as the file stores them, all at once."""

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from importer.sheets.xlsx.parsed import LAST_COLUMN, LAST_ROW
from importer.sheets.xlsx.spans import Spans, text_spans
from importer.sheets.xlsx.tags import Grammar, Odd, Piece, Places

Ints = NDArray[np.int64]

_LONGEST_TAIL = 100  # bytes
_LONGEST_STYLE = 6  # digits; Excel keeps 64,000
_SHEET = Grammar(
    codes={
        "row": ["ro"],
        "/row": ["/r"],
        "c": ["c "],
        "/c": ["/c"],
        "f": ["f>", "f ", "f/"],
        "/f": ["/f"],
        "is": ["is"],
        "/is": ["/i"],
    },
    pairs={
        "row": ["row", "/row", "c"],
        "/row": ["row"],
        "c": ["c", "/c", "/row", "f", "v", "is"],
        "/c": ["c", "/row"],
        "f": ["/f", "/c", "v"],
        "/f": ["/c", "v"],
        "/v": ["/c"],
        "is": ["t", "/is"],
        "/t": ["/is"],
        "/is": ["/c"],
    },
    texts=["v", "t"],
)
# How many tags before a text its cell's tag stands, by the tag right before the text.
_BACK = _SHEET.table({"c": 1, "f": 2, "/f": 3, "is": 2})

_ATTRIBUTE = re.compile(r"""\s+([\w:]+)\s*=\s*(?:"([^"<&]*)"|'([^'<&]*)')""")
_END = re.compile(r"\s*/?>\s*")


class CellType(IntEnum):
    """How a cell holds what it holds (ECMA-376 ST_CellType)."""

    NUMBER = 0
    SHARED = 1  # a place in the table of texts
    TEXT = 2
    BOOLEAN = 3
    ERROR = 4
    DATE = 5  # as ISO 8601 text


TYPES = {
    "n": CellType.NUMBER,
    "s": CellType.SHARED,
    "str": CellType.TEXT,
    "inlineStr": CellType.TEXT,
    "b": CellType.BOOLEAN,
    "e": CellType.ERROR,
    "d": CellType.DATE,
}


@dataclass(frozen=True, slots=True)
class StoredCells:
    """Cells that hold something, in the order of the file; an element of each array for one."""

    rows: Ints  # as Excel numbers them
    columns: Ints  # from 1
    types: NDArray[np.uint8]  # `CellType`s
    styles: Ints  # places among the workbook's cell formats
    spans: Spans
    last_row: int  # even if it holds nothing


def stored_cells(piece: Piece, after: int) -> StoredCells:
    """The cells of whole rows, all of which come after the row numbered `after`.

    Raises `Odd` for what only a real parser can read.
    """
    places, tags = _SHEET.read(piece, first="row", last="/row")
    row_tags = np.flatnonzero(tags == _SHEET.number["row"])
    numbers, digits = _row_numbers(piece, places.take(row_tags), after)
    texts = np.flatnonzero(_SHEET.opens_text.take(tags))
    spans = text_spans(_SHEET, piece, places, tags, texts)
    filled = np.flatnonzero(spans.ends > spans.starts)
    if len(filled) < len(texts):
        texts, spans = texts.take(filled), spans.at(filled)
    cell_tags = texts - _BACK.take(tags.take(texts - 1))
    counts = np.diff(np.searchsorted(cell_tags, row_tags), append=len(cell_tags))
    columns, tails = _references(piece, places.take(cell_tags), np.repeat(digits, counts))
    types, styles = _attributes(Spans(piece, tails, places.take(cell_tags + 1)))
    rows = np.repeat(numbers, counts)
    return StoredCells(rows, columns, types, styles, spans, last_row=int(numbers[-1]))


def _row_numbers(piece: Piece, tags: Places, after: int) -> tuple[Ints, Ints]:
    """The number of each row, and of how many digits it is; they must rise."""
    start = tags + len('<row r="')
    if not (piece.words(tags) == _word(b'<row r="')).all():
        raise Odd("a row without a number")
    digits = np.argmax([piece.byte(start, n) == ord('"') for n in range(8)], axis=0)
    numbers, whole = Spans(piece, start, start + digits).digits()
    if not whole.all() or not (np.diff(numbers, prepend=after) > 0).all():
        raise Odd("rows out of order")
    if numbers[-1] > LAST_ROW:
        raise Odd("a row beyond the last")
    return numbers, digits


def _references(piece: Piece, tags: Places, digits: Ints) -> tuple[Ints, Places]:
    """The column that each cell names, from 1, and where its tag goes on behind that."""
    words = piece.words(tags)
    if not (words << np.uint64(16) == _word(b'\0\0<c r="')).all():
        raise Odd("a cell without a reference")
    columns, letters = np.zeros(len(tags), np.int64), np.zeros(len(tags), np.int64)
    more = np.ones(len(tags), bool)
    for place in range(3):
        values = piece.byte(tags, len('<c r="') + place).astype(np.int64) - (ord("A") - 1)
        more &= (values >= 1) & (values <= 26)
        columns = np.where(more, columns * 26 + values, columns)
        letters += more
        if not more.any():
            break
    ends = tags + len('<c r="') + letters + digits
    if not (letters.all() and (piece.byte(ends) == ord('"')).all()):
        raise Odd("a reference of its own kind")
    if len(columns) and columns.max() > LAST_COLUMN:
        raise Odd("a column beyond the last")
    return columns, ends + 1


def _attributes(tails: Spans) -> tuple[NDArray[np.uint8], Ints]:
    """The type and style of each cell, from the rest of its tag: few spellings, each read once."""
    if len(tails.starts) and (tails.ends - tails.starts).max() > _LONGEST_TAIL:
        raise Odd("a long tag")
    spellings, which = tails.distinct()
    meanings = [_meaning(spelling) for spelling in spellings]
    types = np.array([kind for kind, _ in meanings], np.uint8)
    styles = np.array([style for _, style in meanings], np.int64)
    return types.take(which), styles.take(which)


@lru_cache(maxsize=10_000)
def _meaning(tail: str) -> tuple[int, int]:
    """The type and style that the attributes behind a cell's reference give."""
    attributes = {"r": ""}
    end = 0
    while attribute := _ATTRIBUTE.match(tail, end):
        if attribute[1] in attributes:
            raise Odd("an attribute twice")
        attributes[attribute[1]] = attribute[2] or attribute[3] or ""
        end = attribute.end()
    kind, style = attributes.get("t", "n"), attributes.get("s", "0")
    if not _END.fullmatch(tail, end) or kind not in TYPES or not _is_style(style):
        raise Odd(f"the attributes {tail}")
    return TYPES[kind], int(style)


def _is_style(text: str) -> bool:
    return text.isdecimal() and len(text) <= _LONGEST_STYLE


def _word(content: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(content, "little"))
