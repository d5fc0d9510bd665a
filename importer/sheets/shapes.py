"""What values look like: alike but for their letters and digits, they have one shape.

"A-17" and "Bc-2" are "a-9". What is beyond ASCII counts as a letter.
"""

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

_CHARACTERS = 24  # that are looked at

_SIGNS = np.arange(256, dtype=np.uint8)  # of a shape, by the byte of a value
_SIGNS[list(b"0123456789")] = ord("9")
_SIGNS[list(range(ord("A"), ord("Z") + 1))] = ord("a")
_SIGNS[list(range(ord("a"), ord("z") + 1))] = ord("a")
_SIGNS[0x80:] = ord("a")
_IN_RUNS = np.isin(np.arange(256), list(b"a9"))  # signs that stand for any number of letters


def counted(values: pl.Series) -> list[tuple[str, int, str]]:
    """Each shape, how many of the values have it, and the first of them, in that order.

    None of the values is null.
    """
    both = pl.DataFrame({"shape": _shapes(values), "value": values})
    return both.group_by("shape", maintain_order=True).agg(pl.len(), pl.col("value").first()).rows()


def _shapes(values: pl.Series) -> pl.Series:
    """The shape of each value, worked out over the bytes of all; a regex takes three times that."""
    starts, letters = _laid_out(values.str.head(_CHARACTERS))
    signs = _SIGNS[letters]
    kept = np.ones(len(signs) + 1, np.bool_)
    kept[1:-1] = (signs[1:] != signs[:-1]) | ~_IN_RUNS[signs[1:]]
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
