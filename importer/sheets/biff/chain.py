"""Chains of items, each of which tells its own length, followed in many places at once.

To find an item one must have walked over all before it, which is slow in Python. So numpy walks
from many likely starts side by side; a likely start counts only if the walk from before it comes
upon it, so a wrong one costs time and never truth.
"""

import re
from collections.abc import Iterator
from typing import Protocol

import numpy as np

from importer.sheets.buffers import Ints

_STRIDE = 2_048  # bytes between likely starts
_MOST_ALONE = 5_000_000  # items without any likely start among them
_FEW = 32  # walkers, below which walking one by one is faster


class Chain(Protocol):
    """Knows how long the items of a buffer are, which is at least one byte."""

    def size(self, at: int) -> int:
        """Bytes of the item at `at`."""
        ...

    def sizes(self, at: Ints) -> Ints:
        """Bytes of each of the items at `at`, which may also lie amid one."""
        ...


def likely_starts(pattern: re.Pattern[bytes], buffer: bytes, begin: int, end: int) -> Iterator[int]:
    """Where `pattern` matches, every now and then."""
    at = begin + _STRIDE
    while found := pattern.search(buffer, at, end):
        start = found.start()
        yield start
        at = start + _STRIDE


def follow(chain: Chain, begin: int, end: int, likely: Iterator[int]) -> Ints:
    """Where each item from `begin` to `end` starts, and at last where the last one ends.

    That may be beyond `end`, if the last item is incomplete. `ValueError` for a chain of nothing
    but unlikely items.
    """
    starts = np.array([begin, *likely], np.int64)
    walkers, positions, reached = _walk_together(chain, starts, np.append(starts[1:], end))
    lone, true = [], np.zeros(len(starts), bool)
    walker_at = dict(zip(starts.tolist(), range(len(starts)), strict=True))
    ends = reached.tolist()
    at = begin
    while at < end:
        walker = walker_at.get(at)
        if walker is None or ends[walker] == at:
            lone.append(at)
            at += chain.size(at)
            if len(lone) > _MOST_ALONE:
                raise ValueError("far more items than any workbook has")
        else:
            true[walker] = True
            at = ends[walker]
    return np.sort(np.concatenate([positions[true[walkers]], np.array([*lone, at], np.int64)]))


def _walk_together(chain: Chain, starts: Ints, stops: Ints) -> tuple[Ints, Ints, Ints]:
    """Walk from each start until its stop is reached, or few are still walking.

    Gives every step as walker and position, and where each walker has come to.
    """
    at = starts.copy()
    walking = np.flatnonzero(starts < stops)
    walkers, positions = [walking[:0]], [at[:0]]
    while len(walking) >= _FEW:
        here = at[walking]
        walkers.append(walking)
        positions.append(here)
        there = here + chain.sizes(here)
        at[walking] = there
        walking = walking[there < stops[walking]]
    return np.concatenate(walkers), np.concatenate(positions), at
