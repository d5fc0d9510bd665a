"""An OpenDocument spreadsheet as a source of rows."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np

from importer.sheets.block import ROWS_PER_BLOCK, Block, Merged
from importer.sheets.grid import Grid
from importer.sheets.guard import MB
from importer.sheets.ods.cells import seen_cells
from importer.sheets.ods.document import Document
from importer.sheets.ods.markup import as_written, parse_piece
from importer.sheets.ods.places import Counter, merged
from importer.sheets.ods.scan import written
from importer.sheets.ods.written import Cells, Mask
from importer.sheets.table import Sheet
from importer.sheets.xlsx.package import broken_parts_reported

_MERGED_LOOKED_FOR = 4 * MB  # in documents up to this size, unzipped


class OdsWorkbook:
    """An open spreadsheet, measured beforehand by `guard`.

    Whatever is broken inside surfaces as `UnreadableFile`.
    """

    def __init__(self, path: Path) -> None:
        with broken_parts_reported():
            self._document = Document(path)

    @cached_property
    def sheets(self) -> tuple[Sheet, ...]:
        with broken_parts_reported():
            return self._document.sheets()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._document.close()

    def blocks(self, sheet: str | None) -> Iterator[Block]:
        """The rows of a sheet that hold anything."""
        grid, wanted = Grid(), 0
        with broken_parts_reported():
            counter = Counter()
            for found in map(written, self._document.rows(sheet)):
                places = counter.places(found)
                filled = _filled(found.cells)
                rows, columns, which = places.at(np.flatnonzero(filled)).copies()
                if len(rows):
                    texts, kinds = seen_cells(found.cells.where(filled))
                    if len(which) > len(texts):
                        texts, kinds = texts.gather(which), kinds[which]
                    grid.add(rows, columns, texts, kinds)
                if grid.reach > wanted:
                    yield from grid.blocks()
                    grid, wanted = Grid(), ROWS_PER_BLOCK // 2
            yield from grid.blocks()

    def merged(self, sheet: str | None) -> tuple[Merged, ...]:
        """The merged ranges of a sheet, if the document is not large."""
        if self._document.size > _MERGED_LOOKED_FOR:
            return ()
        with broken_parts_reported():
            counter = Counter()
            pieces = map(parse_piece, self._document.rows(sheet))
            return tuple(
                area for rows in pieces for area in merged(rows, counter.places(as_written(rows)))
            )


def _filled(cells: Cells) -> Mask:
    """Which are cells that people see anything of."""
    return ((cells.shown != "") | (cells.stored != "")).to_numpy() & ~cells.covered
