"""How many different values there are, in little memory however many."""

import numpy as np
import numpy.typing as npt

KEPT = 4_096
_RANGE = 2.0**64

Hashes = npt.NDArray[np.uint64]


class Distinct:
    """Keeps the smallest hashes seen: the fewer values, the larger the last of them.

    Exact up to 4,095 values; beyond, right to some two per cent ("k minimum values": Bar-Yossef
    and others, Counting Distinct Elements in a Data Stream, 2002).
    """

    def __init__(self) -> None:
        self._smallest: Hashes = np.empty(0, dtype=np.uint64)
        self._new: list[Hashes] = []  # until there are enough to be worth sorting

    def add(self, hashes: Hashes) -> None:
        """Take in the hashes of some values."""
        if len(self._smallest) == KEPT:
            hashes = hashes[hashes < self._smallest[-1]]
        self._new.append(hashes)
        if sum(map(len, self._new)) > KEPT:
            self._sort()

    @property
    def count(self) -> int:
        self._sort()
        if len(self._smallest) < KEPT:
            return len(self._smallest)
        return round((KEPT - 1) / (float(self._smallest[-1]) / _RANGE))

    def _sort(self) -> None:
        known = np.sort(np.concatenate([self._smallest, *self._new]))
        first = np.append(True, known[1:] != known[:-1])[: len(known)]
        self._smallest, self._new = known[first][:KEPT], []
