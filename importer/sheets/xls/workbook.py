"""An .xls workbook as a source of rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from struct import error as StructError  # noqa: N812 - an exception like any other
from typing import Self

import numpy as np

from importer.sheets.biff.cells import Styles
from importer.sheets.block import Block, Merged
from importer.sheets.buffers import Ints
from importer.sheets.grid import Grid
from importer.sheets.guard import DAMAGED_WORKBOOK
from importer.sheets.table import UnreadableFile
from importer.sheets.xls.cells import CellRecords, Reader
from importer.sheets.xls.container import workbook_stream
from importer.sheets.xls.records import Records, Type
from importer.sheets.xls.skeleton import read_skeleton

_BROKEN = (
    StructError,
    OSError,
    LookupError,
    ValueError,
    TypeError,  # olefile's, on a directory that makes no sense
    AttributeError,  # likewise
    OverflowError,
)


class XlsWorkbook:
    """A workbook, which is read whole: it holds 65,536 rows at most.

    Whatever is broken inside surfaces as `UnreadableFile`.
    """

    def __init__(self, path: Path) -> None:
        with _broken_parts_reported():
            self._records = Records(workbook_stream(path))
            self._skeleton = read_skeleton(self._records)
        self.sheets = tuple(self._skeleton.sheets)
        if not self.sheets:
            raise UnreadableFile("This workbook has no sheet with cells, only charts or macros.")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def blocks(self, sheet: str | None) -> Iterator[Block]:
        """The rows of a sheet that hold anything."""
        skeleton = self._skeleton
        styles = Styles(skeleton.formats, from_1904=skeleton.from_1904)
        reader = Reader(styles, skeleton.strings, skeleton.codec)
        with _broken_parts_reported():
            starts = self._starts(sheet)
            merged = tuple(self._merged(starts))
            for part in CellRecords.among(self._records, starts).slices():
                grid = Grid(merged)
                reader.lay_out(part, grid)
                yield from grid.blocks()

    def merged(self, sheet: str | None) -> tuple[Merged, ...]:
        """The merged ranges of a sheet."""
        with _broken_parts_reported():
            return tuple(self._merged(self._starts(sheet)))

    def _starts(self, sheet: str | None) -> Ints:
        """Where each record of a sheet starts."""
        offsets = {found.name: begin for found, begin in self._skeleton.sheets.items()}
        name = sheet if sheet is not None else self.sheets[0].name
        if name not in offsets:
            raise UnreadableFile(f"This workbook has no sheet named “{name}”.")
        begin = offsets[name]
        following = [offset for offset in offsets.values() if offset > begin]
        return self._records.substream(begin, min(following, default=self._records.end))

    def _merged(self, starts: Ints) -> Iterator[Merged]:
        for at in starts[self._records.words[starts] == Type.MERGE_CELLS].tolist():
            ranges = np.frombuffer(self._records.body(at)[2:], "<u2").reshape(-1, 4)
            for top, bottom, left, right in (ranges.astype(int) + 1).tolist():
                yield Merged(top, left, bottom, right)


@contextmanager
def _broken_parts_reported() -> Iterator[None]:
    """What a damaged or dishonest workbook makes the readers raise, as one clear sentence."""
    try:
        yield
    except _BROKEN as error:
        raise UnreadableFile(DAMAGED_WORKBOOK) from error
