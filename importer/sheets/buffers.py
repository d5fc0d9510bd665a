"""Numbers and texts are cut from a buffer, many at once.

Texts of ASCII, by far the most, are not decoded: Arrow's string views point at them where they lie.
In UTF-16 that is every other byte. The rest are decoded all at once, and pointed at as well.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Buffer = bytes | bytearray | memoryview | Bytes

PADDING = bytes(32)  # behind a buffer, so that reading a few bytes never leaves it
UTF_8, UTF_16 = "utf-8", "utf-16-le"
_LAST_OF_ASCII, _LAST_OF_TWO_BYTES = 0x7F, 0x7FF  # in UTF-8
_SURROGATE, _SURROGATES = 0xD800, 0xF800  # what these bits are in half a character
_HELD = 12  # bytes of a text that a view holds itself; of a longer one it holds four, and its place
_VIEW = np.dtype([("length", "<u4"), ("head", "<u8"), ("tail", "<u4")])
_HEAD = 4  # bytes before it in a view
_HEADS = np.array([(1 << 8 * min(length, 8)) - 1 for length in range(_HELD + 1)], np.uint64)
_TAILS = np.array([(1 << 8 * max(length - 8, 0)) - 1 for length in range(_HELD + 1)], np.uint32)


def fields(buffer: Buffer, kind: str) -> npt.NDArray[Any]:
    """A number of numpy's `kind` from every byte of `buffer` on: index it by the byte."""
    width = np.dtype(kind).itemsize
    return np.ndarray((len(buffer) - width + 1,), kind, buffer, strides=(1,))


def first_bytes(texts: pl.Series) -> bytes:
    """The byte that each text begins with, NUL where it is empty; none of them is null."""
    array = texts.to_arrow(compat_level=pl.CompatLevel.newest())
    end = array.offset + len(array)
    views = np.frombuffer(memoryview(array.buffers()[1] or b""), _VIEW)[array.offset : end]
    return views.view(np.uint8)[_HEAD :: _VIEW.itemsize].tobytes()


class Texts:
    """A buffer in UTF-16, Latin-1 or UTF-8, from which texts are cut. It ends with `PADDING`.

    What is said to be UTF-8 has to be that throughout.
    """

    def __init__(self, buffer: Buffer, codec: str) -> None:
        self._is_wide = codec == UTF_16
        self._planes = [_Plane(buffer, number, codec) for number in range(1 + self._is_wide)]

    def cut(self, starts: Ints, lengths: Ints) -> pl.Series:
        """The texts that start at those bytes and have so many code units, all in the buffer."""
        of_plane, places = starts & self._is_wide, starts >> self._is_wide
        views = np.empty(len(places), _VIEW)
        foreign = np.zeros(len(places), bool)
        for plane in self._planes:
            mine = np.flatnonzero(of_plane == plane.number) if self._is_wide else slice(None)
            first, length = places[mine], lengths[mine]
            views[mine] = _views(plane.low, plane.number, first, length)
            foreign[mine] = plane.foreign(first, length)
        held = [plane.low for plane in self._planes]
        for plane in self._planes if foreign.any() else ():
            mine = np.flatnonzero(foreign & (of_plane == plane.number))
            encoded, widths = plane.encoded(places[mine], lengths[mine])
            views[mine] = _views(encoded, len(held), np.cumsum(widths) - widths, widths)
            held.append(encoded)
        buffers = [None, *(pa.py_buffer(part.data) for part in (views.view(np.uint8), *held))]
        return pl.Series(pa.Array.from_buffers(pa.string_view(), len(views), buffers))


class _Plane:
    """The code units that begin at every byte of a buffer, or at every other one.

    Places and lengths are counted in code units.
    """

    def __init__(self, buffer: Buffer, number: int, codec: str) -> None:
        self.number = number  # of the first byte
        self._codec = codec
        if codec == UTF_16:
            self._units = np.frombuffer(buffer, "<u2", (len(buffer) - number) // 2, number)
            self.low = self._units.astype(np.uint8)
        else:
            self._units = self.low = np.frombuffer(buffer, np.uint8)

    def foreign(self, first: Ints, lengths: Ints) -> Mask | bool:
        """Which texts a view cannot show as they lie."""
        if self._codec == UTF_8 or not len(first):
            return False
        bounds = np.column_stack([first, first + lengths]).ravel()
        highest = np.where(lengths, np.maximum.reduceat(self._units, bounds)[::2], 0)
        return highest > _LAST_OF_ASCII

    def encoded(self, first: Ints, lengths: Ints) -> tuple[Bytes, Ints]:
        """Texts in UTF-8, none of them blank, one behind the other, and the bytes of each."""
        ends = np.cumsum(lengths)
        begins = ends - lengths
        units = self._units[np.repeat(first - begins, lengths) + np.arange(lengths.sum())]
        codes = units.astype(np.uint16)
        if (codes & _SURROGATES == _SURROGATE).any():
            bounds = zip(begins.tolist(), ends.tolist(), strict=True)
            texts = [
                units[b:e].tobytes().decode(self._codec, "replace").encode() for b, e in bounds
            ]
            encoded, sizes = b"".join(texts), np.array([*map(len, texts)])
        else:
            widths = 1 + (codes > _LAST_OF_ASCII) + (codes > _LAST_OF_TWO_BYTES)
            encoded = units.tobytes().decode(self._codec).encode()
            sizes = np.add.reduceat(widths, begins) if len(begins) else begins
        return np.frombuffer(encoded + PADDING, np.uint8), sizes


def _views(buffer: Bytes, number: int, first: Ints, lengths: Ints) -> npt.NDArray[np.void]:
    """What Arrow takes for texts in the buffer of this number. It ends with `PADDING`."""
    views = np.empty(len(first), _VIEW)
    held = np.minimum(lengths, _HELD)
    heads, tails = fields(buffer, "<u8")[first], fields(buffer, "<u4")[first + 8]
    long = lengths > _HELD
    far_heads = (heads & np.uint64(0xFFFFFFFF)) | np.uint64(number << 32)
    views["length"] = lengths
    views["head"] = np.where(long, far_heads, heads & _HEADS[held])
    views["tail"] = np.where(long, first, tails & _TAILS[held])
    return views
