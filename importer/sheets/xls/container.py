"""The file within the file: an .xls is a small file system that holds the workbook as a stream."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import olefile

_NAMES = ("Workbook", "Book")
_LAST_SECTOR = 0xFFFFFFFA


def workbook_stream(path: Path) -> bytes:
    """The workbook's own bytes. Raises `LookupError` where there are none.

    Some programs leave out the file system.
    """
    if not olefile.isOleFile(path):
        return path.read_bytes()
    with olefile.OleFileIO(path) as container:
        name = next((name for name in _NAMES if container.exists(name)), None)
        if name is None:
            raise LookupError("no workbook")
        entry = container.direntries[container._find(name)]
        if entry.size > path.stat().st_size:
            raise LookupError("a workbook that is not all there")
        if entry.size < container.minisectorcutoff:
            return bytes(container.openstream(name).read())
        return _joined(path, container, entry.isectStart, entry.size)


def _joined(path: Path, container: olefile.OleFileIO, first: int, size: int) -> bytes:
    """The sectors of a stream one behind the other; many times faster than olefile."""
    width = container.sectorsize
    parts = []
    with path.open("rb") as file:
        for begin, end in _runs(container.fat, first, -(-size // width)):
            file.seek((begin + 1) * width)  # the header takes the first
            parts.append(file.read((end - begin) * width))
    stream = b"".join(parts)
    if len(stream) < size:
        raise LookupError("a stream that ends too early")
    return stream[:size]


def _runs(table: Sequence[int], first: int, count: int) -> Iterator[tuple[int, int]]:
    """The chain of at most so many sectors from `first` on, as stretches of neighbours.

    `table` has for each sector the one that follows it. `LookupError` for one that is not there.
    """
    following = np.array(table, np.int64)
    ends = np.flatnonzero(following != np.arange(1, len(following) + 1))
    sector = first
    while count > 0 and sector < _LAST_SECTOR:
        last = int(ends[np.searchsorted(ends, sector)])
        end = min(last + 1, sector + count)
        yield sector, end
        count -= end - sector
        sector = int(following[last])
