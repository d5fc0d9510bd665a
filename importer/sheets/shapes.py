"""What values look like: alike but for their letters and digits, they have one shape.

"A-17" and "Bc-2" are "a-9". What is beyond ASCII counts as a letter.
"""

from string import ascii_letters

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

_CHARACTERS = 24  # that are looked at

_SIGNS = bytes.maketrans(  # of a shape, by the byte of a value
    b"012345678" + ascii_letters.encode() + bytes(range(0x80, 0x100)),
    b"9" * 9 + b"a" * (len(ascii_letters) + 0x80),
)
_LETTERS, _DIGITS = b"a9"  # signs that stand for any number of them


def counted(cells: pl.DataFrame) -> list[tuple[int, str, int, str]]:
    """The shapes in each column, by the column's place from 0, and in the order they come in.

    With each, how many cells have it and the first of them; blank cells have none.
    """
    columns = [column.drop_nulls() if column.null_count() else column for column in cells]
    values = pl.concat(columns)
    places = np.repeat(np.arange(len(columns), dtype=np.uint16), [*map(len, columns)])
    both = pl.DataFrame({"place": places, "shape": _shapes(values), "value": values})
    shapes = both.group_by("place", "shape", maintain_order=True)
    return shapes.agg(pl.len(), pl.col("value").first()).rows()


def _shapes(values: pl.Series) -> pl.Series:
    """The shape of each value, worked out over the bytes of all; a regex takes three times that."""
    starts, letters = _laid_out(values.str.head(_CHARACTERS))
    signs = np.frombuffer(letters.tobytes().translate(_SIGNS), np.uint8)
    later = signs[1:]
    kept = np.ones(len(signs) + 1, np.bool_)
    kept[1:-1] = (later != signs[:-1]) | ((later != _LETTERS) & (later != _DIGITS))
    kept[starts] = True
    left = np.flatnonzero(kept)
    places = np.searchsorted(left, starts)
    shapes = pa.LargeStringArray.from_buffers(
        len(values), pa.py_buffer(places.data), pa.py_buffer(signs[left[:-1]].data)
    )
    return pl.Series(shapes)


def _laid_out(values: pl.Series) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Where in the bytes of all values each begins, and where the last ends; these bytes."""
    text = values.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    places, letters = (memoryview(part or b"") for part in text.buffers()[1:])
    return np.frombuffer(places, np.int64), np.frombuffer(letters, np.uint8)
