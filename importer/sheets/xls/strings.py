"""Texts as .xls stores them, which may go on in further records: [MS-XLS] 2.5.293 and 2.4.265."""

import re
from bisect import bisect_left
from itertools import accumulate
from struct import Struct

import numpy as np
import numpy.typing as npt
import polars as pl

from importer.sheets.biff.chain import follow, likely_starts
from importer.sheets.buffers import PADDING, UTF_16, Ints, Texts, fields

_HEAD = Struct("<HB")  # of a text: its length in characters, and flags
_WIDE, _GUIDED, _RICH = 1, 4, 8  # flags: two bytes a character, with a phonetic guide, with fonts
_CODECS = ("latin-1", UTF_16)
_LIKELY = re.compile(rb"[\x01-\xff]\x00[\x00\x01][\x20-\xff]")


class StoredTexts:
    """A chain of texts in the bodies of a record and of those that continue it.

    Where a text goes on in the next body, that begins with new flags.
    """

    def __init__(self, bodies: list[bytes]) -> None:
        self._buffer = b"".join(bodies) + PADDING
        self._breaks = [*accumulate(map(len, bodies))]
        self._end = self._breaks[-1]
        self._bytes = fields(self._buffer, "<u1")
        self._words = fields(self._buffer, "<u2")
        self._longs = fields(self._buffer, "<u4")

    def all(self, begin: int) -> pl.Series:
        """All the texts from `begin` on."""
        likely = likely_starts(_LIKELY, self._buffer, begin, self._end)
        starts = follow(self, begin, self._end, likely)[:-1]
        first, lengths, _ = self._heads(starts)
        wide = (self._bytes[starts + 2] & _WIDE).astype(bool)
        broken = self._broken(first, lengths << wide)
        parts, places = [], []
        for codec, mine in zip(_CODECS, (~wide & ~broken, wide & ~broken), strict=True):
            parts.append(Texts(self._buffer, codec).cut(first[mine], lengths[mine]))
            places.append(np.flatnonzero(mine))
        places.append(np.flatnonzero(broken))
        parts.append(pl.Series(map(self.text, starts[broken].tolist()), dtype=pl.String))
        return pl.concat(parts).gather(np.argsort(np.concatenate(places), kind="stable"))

    def text(self, at: int) -> str:
        return "".join(
            str(self._buffer[begin:end], _CODECS[wide], "replace")
            for begin, end, wide in self._pieces(at)
        )

    def size(self, at: int) -> int:
        *_, trailer = self._head(at)
        *_, (_, end, _) = self._pieces(at)
        return end + trailer - at

    def sizes(self, at: Ints) -> Ints:
        first, lengths, trailers = self._heads(at)
        widths = lengths << (self._bytes[at + 2] & _WIDE)
        sizes = first + widths + trailers - at
        for broken in np.flatnonzero(self._broken(first, widths)).tolist():
            sizes[broken] = self.size(int(at[broken]))
        return sizes

    def _head(self, at: int) -> tuple[int, int, bool, int]:
        """Of a text: where it begins, its characters, whether wide, and the bytes behind it."""
        length, flags = _HEAD.unpack_from(self._buffer, at)
        first, trailer = at + _HEAD.size, 0
        if flags & _RICH:
            trailer += 4 * int(self._words[first])
            first += 2
        if flags & _GUIDED:
            trailer += int(self._longs[first])
            first += 4
        return first, length, bool(flags & _WIDE), trailer

    def _heads(self, at: Ints) -> tuple[Ints, Ints, Ints]:
        """Of many texts at once: where they begin, their characters, the bytes behind them."""
        flags = self._bytes[at + 2]
        rich, guided = (flags & _RICH) != 0, (flags & _GUIDED) != 0
        behind_head = at + _HEAD.size
        trailers = np.where(rich, 4 * self._words[behind_head].astype(np.int64), 0)
        trailers += np.where(guided, self._longs[behind_head + 2 * rich], 0)
        first = behind_head + 2 * rich + 4 * guided
        return first, self._words[at].astype(np.int64), trailers

    def _broken(self, first: Ints, widths: Ints) -> npt.NDArray[np.bool_]:
        """Which texts go on in the next body."""
        breaks = np.array(self._breaks)
        following = breaks[np.minimum(np.searchsorted(breaks, first), len(breaks) - 1)]
        return (following < first + widths) & (widths > 0)

    def _pieces(self, at: int) -> list[tuple[int, int, bool]]:
        """Begin and end of each piece of a text, and whether it has two bytes a character.

        The last ends beyond all bodies, if the text does.
        """
        first, left, wide, _ = self._head(at)
        found = []
        while True:
            following = bisect_left(self._breaks, first)
            stop = self._breaks[following] if following < len(self._breaks) else self._end
            taken = min(left, max(0, stop - first) >> wide)
            left -= taken
            last = not left or stop >= self._end
            found.append((first, first + ((taken + (left if last else 0)) << wide), wide))
            if last:
                return found
            wide = bool(self._buffer[stop] & _WIDE)
            first = stop + 1


def text_in(bodies: list[bytes], at: int, codec: str | None) -> str:
    """The text at `at` of a record and those that continue it; its length takes two bytes.

    `codec` is that of Excel 5.0/95, None since Excel 97.
    """
    if codec is None:
        return StoredTexts(bodies).text(at)
    body = b"".join(bodies)
    begin = at + 2
    return str(body[begin : begin + int.from_bytes(body[at:begin], "little")], codec, "replace")


def short_text_in(body: bytes, at: int, codec: str | None) -> str:
    """The text at `at` of a record; its length takes one byte."""
    return text_in([body[at : at + 1] + b"\x00" + body[at + 1 :]], 0, codec)
