"""Texts in one buffer, told apart by where they start and end."""

from mmap import mmap
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Content = bytes | mmap | NDArray[Any]


def end_to_end(content: Content, offsets: Content, count: int) -> pa.LargeStringArray:
    """The texts that fill `content`, not copied; each starts at one of the `offsets`."""
    starts, texts = pa.py_buffer(cast("bytes", offsets)), pa.py_buffer(cast("bytes", content))
    return cast("pa.LargeStringArray", pa.LargeStringArray.from_buffers(count, starts, texts))


def stretches(content: Content, starts: Ints, ends: Ints) -> pa.LargeStringArray:
    """Copies of the texts that start and end at so many places of `content`, in their order."""
    offsets = np.empty(2 * len(starts), np.int64)
    offsets[0::2], offsets[1::2] = starts, ends
    # Between two texts stands one that is nobody's.
    texts = end_to_end(content, offsets, max(len(offsets) - 1, 0))
    return texts.take(np.arange(0, len(offsets), 2))


def unpacked(texts: pa.LargeStringArray) -> tuple[NDArray[np.uint8], Ints]:
    """The bytes of texts that stand end to end, and where each text ends there."""
    _, offsets, content = texts.buffers()
    bounds = np.frombuffer(cast("bytes", offsets or bytes(8)), np.int64)
    bounds = bounds[texts.offset : texts.offset + len(texts) + 1]
    filled = np.frombuffer(cast("bytes", content or b""), np.uint8)
    return filled[bounds[0] : bounds[-1]], bounds[1:] - bounds[0]
