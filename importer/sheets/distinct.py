"""How many different values there are, in little memory however many."""

import numpy as np
import numpy.typing as npt

KEPT = 4_096
_RANGE = 2.0**64


class Distinct:
    """Keeps the smallest hashes seen: the fewer values, the larger the last of them.

    Exact up to 4,095 values; beyond, right to some two per cent ("k minimum values": Bar-Yossef
    and others, Counting Distinct Elements in a Data Stream, 2002).
    """

    def __init__(self) -> None:
        self._smallest: npt.NDArray[np.uint64] = np.empty(0, dtype=np.uint64)

    def add(self, hashes: npt.NDArray[np.uint64]) -> None:
        """Take in the hashes of some values."""
        if len(self._smallest) == KEPT:
            hashes = hashes[hashes < self._smallest[-1]]
        if not len(hashes):
            return
        known = np.sort(np.concatenate([self._smallest, hashes]))
        first = np.append(True, known[1:] != known[:-1])
        self._smallest = known[first][:KEPT]

    @property
    def count(self) -> int:
        if len(self._smallest) < KEPT:
            return len(self._smallest)
        return round((KEPT - 1) / (float(self._smallest[-1]) / _RANGE))
