"""Stretches of a piece of XML that hold the text of an element, read as whole columns."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from importer.sheets.cells import unescape
from importer.sheets.numbers import replaced
from importer.sheets.xlsx.packed import stretches, unpacked
from importer.sheets.xlsx.tags import LAST_BYTES, WORD, Bytes, Grammar, Odd, Piece, Places

_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'"}
_REFERENCE = re.compile(r"&(?:#(\d+)|#x([0-9a-fA-F]+)|\w*);?")
# What makes `<t xml:space="preserve">` longer than `<t>`, and its words by their offsets.
_SPACE = b'xml:space="preserve">'
_SPACED = tuple(
    (offset, np.uint64(int.from_bytes(_SPACE[offset : offset + WORD], "little")))
    for offset in (0, WORD, len(_SPACE) - WORD)
)
_ZEROS, _HIGH_BITS, _SIX_TO_HIGH = (
    np.uint64(byte * 0x0101010101010101) for byte in (0x30, 0x80, 0x76)
)
# Digits become a number by neighbours: ones to pairs, pairs to fours, fours to eight.
_STEPS = tuple(
    (np.uint64(mask), np.uint64(factor), np.uint64(shift))
    for mask, factor, shift in (
        (0x0F0F0F0F0F0F0F0F, (10 << 8) + 1, 8),
        (0x00FF00FF00FF00FF, (100 << 16) + 1, 16),
        (0x0000FFFF0000FFFF, (10_000 << 32) + 1, 32),
    )
)


@dataclass(frozen=True, slots=True)
class Spans:
    """Where texts start in a piece, and where they end."""

    piece: Piece
    starts: Places
    ends: Places

    def at(self, which: Places) -> "Spans":
        return Spans(self.piece, self.starts.take(which), self.ends.take(which))

    def texts(self) -> pl.Series:
        """The texts as they were before they were written as XML, and as Excel undoes them."""
        copies = self._valid()
        texts = pl.Series(copies, dtype=pl.String)
        marked = np.union1d(_holders(copies, b"&"), _holders(copies, b"\r"))
        if len(marked):
            texts = replaced(texts, marked, _without_entities(texts.gather(marked)))
        escaped = _holders(copies, b"_x")
        if len(escaped):
            undone = [unescape(text) for text in texts.gather(escaped)]
            texts = replaced(texts, escaped, pl.Series(undone, dtype=pl.String))
        return texts

    def written(self) -> pl.Series:
        """The texts as they stand in the XML. Raises `Odd` where they are not UTF-8."""
        return pl.Series(self._valid(), dtype=pl.String)

    def distinct(self) -> tuple[list[str], Places]:
        """The different texts as they stand in the XML, and which of them each is."""
        encoded = self._copied().dictionary_encode()
        _require_utf_8(encoded.dictionary)
        return pl.Series(encoded.dictionary).to_list(), encoded.indices.to_numpy()

    def _valid(self) -> pa.LargeStringArray:
        texts = self._copied()
        if not self.piece.is_ascii:
            _require_utf_8(texts)
        return texts

    def _copied(self) -> pa.LargeStringArray:
        return stretches(self.piece.bytes, self.starts, self.ends)

    def digits(self) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Each text as a whole number, and whether it is one of at most eight digits."""
        lengths = self.ends - self.starts
        short = (lengths > 0) & (lengths <= WORD)
        mask = LAST_BYTES.take(np.minimum(lengths, WORD))
        digits = (self.piece.words(self.ends - WORD) ^ _ZEROS) & mask
        wrong = ((digits + _SIX_TO_HIGH) | digits) & _HIGH_BITS
        for kept, factor, shift in _STEPS:
            digits = (digits & kept) * factor >> shift
        return digits.astype(np.int64), short & (wrong == 0)


def text_spans(grammar: Grammar, piece: Piece, places: Places, tags: Bytes, texts: Places) -> Spans:
    """What stands in the elements `t` and `v` whose opening tags are given; nothing in `<t/>`."""
    kinds, following = tags.take(texts), tags.take(texts + 1)
    starts, ends = places.take(texts) + len("<t>"), places.take(texts + 1)
    is_blank = ~grammar.closes_text.take(following)
    spaced = np.flatnonzero(grammar.is_spaced.take(kinds) & ~is_blank)
    if len(spaced):
        for offset, content in _SPACED:
            if not (piece.words(starts.take(spaced) + offset) == content).all():
                raise Odd("attributes of a text")
        starts[spaced] += len(_SPACE)
    if is_blank.any():
        starts = np.where(is_blank, ends, starts)
    return Spans(piece, starts, ends)


def _holders(texts: pa.LargeStringArray, sign: bytes) -> Places:
    """Which texts may hold a sign of one byte or two."""
    content, ends = unpacked(texts)
    places = np.flatnonzero(content == sign[0])
    if len(sign) > 1 and len(places):
        places = places[content.take(places + 1, mode="clip") == sign[1]]
    return np.unique(np.searchsorted(ends, places, side="right"))


def _require_utf_8(texts: "pa.Array[Any]") -> None:
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid as error:
        raise Odd("not UTF-8") from error


def _without_entities(texts: pl.Series) -> pl.Series:
    texts = texts.str.replace_all("\r\n?", "\n")
    numbered = texts.str.replace_many(list(_ENTITIES), [""]).str.contains("&", literal=True)
    if numbered.any():
        return pl.Series([_REFERENCE.sub(_character, text) for text in texts], dtype=pl.String)
    return texts.str.replace_many(_ENTITIES)


def _character(reference: re.Match[str]) -> str:
    """The character that a reference stands for."""
    decimal, hexadecimal = reference.groups()
    if not (decimal or hexadecimal):
        return _ENTITIES.get(reference[0]) or _odd(reference[0])
    number = int(decimal) if decimal else int(hexadecimal, 16)
    allowed = number in (0x9, 0xA, 0xD) or 0x20 <= number < 0xD800 or 0xE000 <= number < 0xFFFE
    allowed |= 0x10000 <= number < 0x110000
    return chr(number) if allowed and reference[0].endswith(";") else _odd(reference[0])


def _odd(reference: str) -> str:
    raise Odd(f"the reference {reference}")
