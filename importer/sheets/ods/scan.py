"""Rows and cells of an OpenDocument sheet, all those of a piece at once.

Every tag is found by its `<` and known by the letters behind it, every attribute by its `=` and
those before it. A cell that holds more than plain text goes to a real XML parser by itself, and so
does the whole piece if anything in it is written in an unusual way. Prefixes of names are taken to
be the customary ones, which no known program changes.
"""

from collections.abc import Mapping
from dataclasses import replace
from html import unescape

import numpy as np
import polars as pl
import pyarrow as pa

from importer.sheets.buffers import PADDING, UTF_8, Bytes, Ints, Texts, fields
from importer.sheets.numbers import replaced
from importer.sheets.ods.markup import as_written, columns_of, parse, parse_piece
from importer.sheets.ods.written import MOST_TIMES, TYPES, Cells, Mask, Written

_WORD = 8  # letters that are compared at once
_CACHED = 256 * 1024  # bytes
_LONGEST = len(PADDING)  # bytes of a value, with the quotation mark behind it


class _Odd(Exception):
    """Something that only a real parser should read."""


def written(piece: bytes) -> Written:
    """The whole rows in a piece of a sheet that ends with `PADDING`.

    Raises `ValueError` or `ExpatError` for XML that makes no sense.
    """
    _require_utf_8(piece)
    try:
        return _Piece(piece).written()
    except _Odd:
        return as_written(parse_piece(piece))


def _require_utf_8(piece: bytes) -> None:
    """Many times faster than decoding."""
    buffers = [None, pa.py_buffer(np.array([0, len(piece)]).data), pa.py_buffer(piece)]
    pa.Array.from_buffers(pa.large_string(), 1, buffers).validate(full=True)


def _marks(content: Bytes) -> Ints:
    """Where the signs "<" and "=" are, the latter of which is the next character.

    Looked for in parts that fit into a processor's cache.
    """
    found = [np.zeros(0, np.int64)]
    for begin in range(0, len(content), _CACHED):
        part = content[begin : begin + _CACHED]
        found.append(np.flatnonzero((part - ord("<")) < 2) + begin)
    return np.concatenate(found)


def _word(letters: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(letters, "little"))


_CELL, _COVERED, _ROW, _TEXT, _TEXT_END, _CLOSED = range(1, 7)
_TAGS = (  # by the first eight letters and the next
    (_CELL, b"table:ta", b"ble-cell"),
    (_COVERED, b"table:co", b"vered-ta"),
    (_ROW, b"table:ta", b"ble-row "),
    (_ROW, b"table:ta", b"ble-row>"),
    (_ROW, b"table:ta", b"ble-row/"),
    (_CLOSED, b"/table:t", b"able-cel"),
    (_CLOSED, b"/table:c", b"overed-t"),
)
_TEXT_TAG, _TEXT_END_TAG = _word(b"text:p>"), _word(b"/text:p>")
_SIX_LETTERS, _SEVEN_LETTERS = np.uint64((1 << 48) - 1), np.uint64((1 << 56) - 1)
_STORED = (b"ce:value", b"te-value", b"me-value", b"an-value")  # of numbers, dates, times, booleans
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'"}
_BEHIND = 4  # tags that are looked at behind another


def _table(values: Mapping[int, int]) -> Bytes:
    """A value for each byte, 0 for those not named."""
    table = np.zeros(256, np.uint8)
    table[[*values]] = [*values.values()]
    return table


_HAS_ATTRIBUTES = _table({_CELL: 1, _COVERED: 1, _ROW: 1}).astype(bool)
_IS_BLANK = _table(dict.fromkeys(b" \t\r\n", 1)).astype(bool)
_IS_NO_QUOTE = _table(dict.fromkeys(b" \t\r\n'", 1)).astype(bool)
_TYPE = np.full(256, TYPES.index("string"), np.uint8)  # by the first letter of its name
_TYPE[[ord(name[0]) for name in TYPES[1:]]] = range(1, len(TYPES))


class _Piece:
    """A piece of a sheet: its tags, and the attributes of rows and cells."""

    def __init__(self, piece: bytes) -> None:
        self._buffer = piece
        self._bytes = fields(piece, "<u1")
        self._words = fields(piece, "<u8")
        self._texts = Texts(piece, UTF_8)
        marks = _marks(self._bytes)
        is_tag = self._bytes[marks] == ord("<")
        self._tags = np.append(marks[is_tag], len(piece) - len(PADDING))
        self._kinds = self._kinds_of(self._tags)
        equals = np.flatnonzero(~is_tag)
        tag_of = equals - np.arange(len(equals)) - 1
        wanted = (tag_of >= 0) & _HAS_ATTRIBUTES.take(self._kinds[tag_of])
        self._equals = marks[equals[wanted]]  # of each attribute
        self._tag_of = tag_of[wanted]
        self._letters = self._words[self._equals - _WORD]  # the last of each attribute's name

    def written(self) -> Written:
        """Raises `_Odd` for what only a real parser should read."""
        rows = np.flatnonzero(self._kinds == _ROW)
        cells = np.flatnonzero((self._kinds == _CELL) | (self._kinds == _COVERED))
        if not len(cells) or cells[0] < rows[:1].sum():
            raise _Odd
        self._check_attributes()
        times = self._times()
        shown, odd = self._shown(cells)
        found = Cells(
            rows=np.searchsorted(rows, cells) - 1,
            times=times[cells],
            covered=self._kinds[cells] == _COVERED,
            types=self._types()[cells],
            stored=self._stored(cells),
            shown=shown,
            wrong=self._wrong()[cells],
        )
        return Written(times[rows], self._with_odd(found, cells, np.flatnonzero(odd)))

    def _kinds_of(self, tags: Ints) -> Bytes:
        first, second = self._words[tags + 1], self._words[tags + 1 + _WORD]
        kinds = np.zeros(len(tags) + _BEHIND, np.uint8)
        found = kinds[:-_BEHIND]
        for kind, letters, more in _TAGS:
            found |= ((first == _word(letters)) & (second == _word(more))) * np.uint8(kind)
        found |= ((first & _SEVEN_LETTERS) == _TEXT_TAG) * np.uint8(_TEXT)
        found |= (first == _TEXT_END_TAG) * np.uint8(_TEXT_END)
        return kinds

    def _check_attributes(self) -> None:
        """Only those that are written as `name="value"` are known by their names."""
        before, behind = self._bytes[self._equals - 1], self._bytes[self._equals + 1]
        if _IS_BLANK.take(before).any() or _IS_NO_QUOTE.take(behind).any():
            raise _Odd

    def _named(self, letters: bytes) -> Ints:
        """The attributes whose names end with 8 or 16 letters."""
        found = np.flatnonzero(self._letters == _word(letters[-_WORD:]))
        if len(letters) > _WORD:
            before = self._words[self._equals[found] - 2 * _WORD]
            found = found[before == _word(letters[:_WORD])]
        return found

    def _values(self, attributes: Ints) -> tuple[Ints, Ints]:
        """Where the value of each attribute starts, and how long it is."""
        starts = self._equals[attributes] + 2
        windows = np.lib.stride_tricks.sliding_window_view(self._bytes, _LONGEST)[starts]
        is_end = windows == ord('"')
        if not is_end.any(axis=1).all():
            raise _Odd
        return starts, is_end.argmax(axis=1)

    def _times(self) -> Ints:
        """How often each tag says that it is repeated."""
        times = np.ones(len(self._kinds), np.int64)
        for name in (b"columns-repeated", b"er-rows-repeated"):
            found = self._named(name)
            told = self._texts.cut(*self._values(found)).cast(pl.Int64, strict=False)
            times[self._tag_of[found]] = told.fill_null(MOST_TIMES).clip(1, MOST_TIMES).to_numpy()
        return times

    def _types(self) -> Bytes:
        types = np.zeros(len(self._kinds), np.uint8)
        found = self._named(b"ffice:value-type")
        types[self._tag_of[found]] = _TYPE.take(self._bytes[self._equals[found] + 2])
        return types

    def _wrong(self) -> Mask:
        wrong = np.zeros(len(self._kinds), bool)
        found = self._named(b"lcext:value-type")
        is_error = (self._words[self._equals[found] + 2] & _SIX_LETTERS) == _word(b'error"')
        wrong[self._tag_of[found[is_error]]] = True
        return wrong

    def _stored(self, cells: Ints) -> pl.Series:
        found = np.concatenate([self._named(name) for name in _STORED])
        starts, lengths = np.zeros((2, len(self._kinds)), np.int64)
        starts[self._tag_of[found]], lengths[self._tag_of[found]] = self._values(found)
        return self._texts.cut(starts[cells], lengths[cells])

    def _shown(self, cells: Ints) -> tuple[pl.Series, Mask]:
        """The texts of cells that hold plain text or nothing, and which hold more than that."""
        following = self._tags[cells + 1]
        opened = self._bytes[following - 1] == ord(">")
        closed = opened & (self._bytes[following - 2] == ord("/"))
        opened &= ~closed
        kinds = [self._kinds[cells + behind] for behind in (1, 2, 3)]
        empty = opened & (kinds[0] == _CLOSED)
        plain = (kinds[0] == _TEXT) & (kinds[1] == _TEXT_END) & (kinds[2] == _CLOSED) & opened
        starts = following + len("<text:p>")
        lengths = np.where(
            plain, self._tags[np.minimum(cells + 2, len(self._tags) - 1)] - starts, 0
        )
        odd = ~(closed | empty | plain)
        named = np.zeros(len(self._kinds), bool)
        named[self._tag_of[self._named(b"ng-value")]] = True
        return unescaped(self._texts.cut(starts, lengths)), odd | (named[cells] & ~plain)

    def _with_odd(self, found: Cells, cells: Ints, odd: Ints) -> Cells:
        """With what a real parser makes of the odd ones."""
        if not len(odd):
            return found
        ends = np.flatnonzero(self._kinds == _CLOSED)
        end_of = np.searchsorted(ends, cells[odd])
        following = np.append(cells, len(self._kinds))[odd + 1]
        if end_of[-1] >= len(ends) or (ends[end_of] > following).any():
            raise _Odd
        stretches = zip(self._tags[cells[odd]], self._tags[ends[end_of]], strict=True)
        xml = (self._buffer[b : self._buffer.index(b">", e) + 1] for b, e in stretches)
        read = columns_of(parse(b"".join(xml)).cells)
        if len(read.rows) != len(odd):
            raise _Odd
        found.types[odd], found.wrong[odd] = read.types, read.wrong
        return replace(
            found,
            stored=replaced(found.stored, odd, read.stored),
            shown=replaced(found.shown, odd, read.shown),
        )


def unescaped(texts: pl.Series) -> pl.Series:
    """Texts as they were before they were written as XML."""
    marked = np.flatnonzero(texts.str.contains("&", literal=True))
    if not len(marked):
        return texts
    escaped = texts.gather(marked)
    if escaped.str.contains("&#", literal=True).any():
        return replaced(texts, marked, pl.Series(list(map(unescape, escaped))))
    return replaced(texts, marked, escaped.str.replace_many(_ENTITIES))
