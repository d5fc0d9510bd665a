"""An .xlsb workbook as a source of rows."""

from collections.abc import Iterator

from importer.sheets.biff.cells import Styles
from importer.sheets.block import Block, Merged
from importer.sheets.grid import Grid
from importer.sheets.guard import MB
from importer.sheets.xlsb import cells
from importer.sheets.xlsb.package import BinaryPackage
from importer.sheets.xlsb.strings import SharedTexts
from importer.sheets.xlsx.package import PackagedWorkbook, broken_parts_reported

_MERGED_LOOKED_FOR = 4 * MB  # in sheets up to this size; they stand behind the rows


class XlsbWorkbook(PackagedWorkbook):
    """The rows of an .xlsb workbook."""

    _opened_as = BinaryPackage

    def blocks(self, sheet: str | None) -> Iterator[Block]:
        """The rows of a sheet that hold anything.

        Of a merged range in a large sheet, the cells beneath the first are given too.
        """
        package, part = self._package, self._part(sheet)
        styles = Styles(package.formats, from_1904=package.from_1904)
        strings_part = package.strings_part
        with broken_parts_reported():
            strings = SharedTexts(package.read(strings_part) if strings_part else iter(()))
            merged = self.merged(sheet)
            for found in cells.cells(package.read(part)):
                grid = Grid(merged)
                cells.lay_out(found, styles, strings, grid)
                yield from grid.blocks()

    def merged(self, sheet: str | None) -> tuple[Merged, ...]:
        """The merged ranges of a sheet, if it is not large."""
        part = self._part(sheet)
        if self._package.size(part) > _MERGED_LOOKED_FOR:
            return ()
        with broken_parts_reported():
            return tuple(cells.merged(self._package.read(part)))
