"""The records that a part of an .xlsb workbook consists of, see [MS-XLSB] 2.3."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from re import Pattern

import numpy as np
import numpy.typing as npt

from importer.sheets.biff.chain import follow, likely_starts
from importer.sheets.buffers import PADDING, Ints, fields

_FIRST_STRETCH, _STRETCH, _MOST_KEPT = 64 * 1024, 4 * 1024**2, 64 * 1024**2  # bytes
_MORE = 0x80  # in a byte of a number that goes on in the next
_BITS = 7  # of the number in each byte
_NO_TEXT = 0xFFFFFFFF  # in place of a length
_TYPE_BYTES, _SIZE_BYTES = 2, 4  # at most


class Type(IntEnum):
    """Records by their number. Those up to `FMLA_ERROR` stand in rows."""

    ROW_HDR = 0
    CELL_BLANK = 1
    CELL_RK = 2
    CELL_ERROR = 3
    CELL_BOOL = 4
    CELL_REAL = 5
    CELL_ST = 6
    CELL_ISST = 7
    FMLA_STRING = 8
    FMLA_NUM = 9
    FMLA_BOOL = 10
    FMLA_ERROR = 11
    SHORT_BLANK = 12
    SHORT_ISST = 18
    SST_ITEM = 19
    FMT = 44
    XF = 47
    CELL_R_STRING = 62
    END_SHEET_DATA = 146
    WB_PROP = 153
    BUNDLE_SH = 156
    MERGE_CELL = 176
    BEGIN_CELL_XFS = 617
    END_CELL_XFS = 618


class Records:
    """A stretch of a part that begins with a record. Index its number fields by the byte."""

    def __init__(self, stretch: bytes) -> None:
        self.end = len(stretch)
        self.buffer = stretch + PADDING
        self.bytes = fields(self.buffer, "<u1")
        self.words = fields(self.buffer, "<u2")
        self.longs = fields(self.buffer, "<u4")
        self.doubles = fields(self.buffer, "<f8")

    def size(self, at: int) -> int:
        _, body, size = self._head(at)
        return body + size - at

    def sizes(self, at: Ints) -> Ints:
        first, second = self.bytes[at], self.bytes[at + 1]  # mostly the type and the size
        sizes = second + np.int64(2)
        long = np.flatnonzero((first | second) & _MORE)
        if len(long):
            _, bodies, more = self.heads(at[long])
            sizes[long] = bodies + more - at[long]
        return sizes

    def boundaries(self, likely: Pattern[bytes]) -> Ints:
        """Where each whole record starts, and where the last one ends."""
        found = follow(self, 0, self.end, likely_starts(likely, self.buffer, 0, self.end))
        return found[found <= self.end]

    def heads(self, at: Ints) -> tuple[Ints, Ints, Ints]:
        """The type, the start of the body and the bytes of the body of each record."""
        types, at = self._numbers(at, _TYPE_BYTES)
        sizes, at = self._numbers(at, _SIZE_BYTES)
        return types, at, sizes

    def _numbers(self, at: Ints, most: int) -> tuple[Ints, Ints]:
        """The numbers of up to so many bytes at each place, and where each ends."""
        byte = self.bytes[at]
        numbers, ends = byte.astype(np.int64), at + 1
        longer = np.flatnonzero(byte & _MORE)
        for place in range(1, most):
            if not len(longer):
                break
            byte = self.bytes[ends[longer]]
            numbers[longer] += (byte.astype(np.int64) - 1) << (_BITS * place)
            ends[longer] += 1
            longer = longer[(byte & _MORE) != 0]
        return numbers, ends

    def one_by_one(self) -> Iterator[tuple[int, bytes]]:
        """The type and the body of each record."""
        at = 0
        while at < self.end:
            kind, body, size = self._head(at)
            at = body + size
            yield kind, self.buffer[body:at]

    def _head(self, at: int) -> tuple[int, int, int]:
        kind, at = self._number(at, _TYPE_BYTES)
        size, at = self._number(at, _SIZE_BYTES)
        return kind, at, size

    def _number(self, at: int, most: int) -> tuple[int, int]:
        number = 0
        for place in range(most):
            byte = self.buffer[at + place]
            number |= (byte & ~_MORE) << (_BITS * place)
            if not byte & _MORE:
                break
        return number, at + place + 1


def wide_text(body: bytes, at: int) -> tuple[str, int]:
    """The text at `at`, after its length, and where it ends."""
    length = int.from_bytes(body[at : at + 4], "little")
    if length == _NO_TEXT:
        return "", at + 4
    end = at + 4 + 2 * length
    return str(body[at + 4 : end], "utf-16-le", "replace"), end


@dataclass(frozen=True, slots=True)
class Stretch:
    """Records that follow one another: their types, where their bodies start, and bodies' bytes."""

    records: Records
    types: Ints
    bodies: Ints
    sizes: Ints

    def where(self, which: slice | npt.NDArray[np.bool_]) -> "Stretch":
        return Stretch(self.records, self.types[which], self.bodies[which], self.sizes[which])


def stretches(
    buffers: Iterator[bytes], likely: Pattern[bytes], whole: Callable[[Ints], int]
) -> Iterator[Stretch]:
    """A part stretch by stretch, the first of them small.

    `whole` tells from their types how many records may be taken now; the rest come with the next
    stretch. Raises `ValueError` where it never takes any, and `EOFError` for a part that ends amid
    a record.
    """
    kept = b""
    for buffer in _joined(buffers):
        records = Records(kept + buffer)
        boundaries = records.boundaries(likely)
        stretch = Stretch(records, *records.heads(boundaries[:-1]))
        taken = whole(stretch.types)
        yield stretch.where(slice(taken))
        kept = records.buffer[boundaries[taken] : records.end]
        if len(kept) > _MOST_KEPT:
            raise ValueError("a row larger than any row is")
    if kept:
        raise EOFError("a part that ends amid a record")


def _joined(buffers: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, a few first and then more at a time."""
    first = next(buffers, b"")
    yield first[:_FIRST_STRETCH]
    waiting = [first[_FIRST_STRETCH:]]
    for buffer in buffers:
        waiting.append(buffer)
        if sum(map(len, waiting)) >= _STRETCH:
            yield b"".join(waiting)
            waiting = []
    yield b"".join(waiting)
