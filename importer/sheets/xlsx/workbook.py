"""XLSX workbooks: their sheets, and the rows of a sheet as people see them, in bounded memory.

A sheet is read piece by piece. A piece that is like those of all but a few workbooks is read at
once, by `stored`; any other goes through a parser, cell by cell.
"""

import re
from collections.abc import Iterator
from contextlib import closing

from importer.sheets.block import Block, Merged
from importer.sheets.grid import Grid
from importer.sheets.guard import MB
from importer.sheets.xlsx.inflate import ahead, pieces
from importer.sheets.xlsx.markup import Parser, shortcuts
from importer.sheets.xlsx.package import PackagedWorkbook, broken_parts_reported
from importer.sheets.xlsx.parsed import SheetMarkup, merged_ranges
from importer.sheets.xlsx.seen import Looks, SeenCells, parsed_cells, seen_cells
from importer.sheets.xlsx.stored import stored_cells
from importer.sheets.xlsx.strings import SharedStrings
from importer.sheets.xlsx.tags import Odd, Piece

_OPENING, _CLOSING = re.compile(rb"<sheetData[^>]*>"), b"</row>"
_FIRST_PIECE, _PIECE = MB // 4, 2 * MB  # of XML, read at once
_BLOCK = 8 * MB  # of XML: some 10,000 rows of 20 columns
_MERGED_LOOKED_FOR = 64 * MB  # of XML, a tenth of a second: merged ranges stand at its end


class Workbook(PackagedWorkbook):
    """The rows of an .xlsx workbook."""

    def blocks(self, sheet: str | None) -> Iterator[Block]:
        """The rows of a sheet that hold anything, with the numbers that Excel shows.

        What merged ranges hide is left out, but in sheets too large for `merged`.
        """
        package, part, merged = self._package, self._part(sheet), self.merged(sheet)
        texts = package.read(package.strings_part) if package.strings_part else ()
        with broken_parts_reported(), closing(SharedStrings(texts)) as strings:
            looks = Looks(package.formats, package.from_1904, strings)
            yield from _blocks(package.read(part), looks, merged)

    def merged(self, sheet: str | None) -> tuple[Merged, ...]:
        """The merged ranges of a sheet, where it is small enough to look for them; else none."""
        part = self._part(sheet)
        with broken_parts_reported():
            if self._package.size(part) > _MERGED_LOOKED_FOR:
                return ()
            return merged_ranges(self._package.read(part))


def _blocks(buffers: Iterator[bytes], looks: Looks, merged: tuple[Merged, ...]) -> Iterator[Block]:
    grid, size, enough = Grid(merged), 0, 0
    with closing(ahead(_cells(buffers, looks))) as found:
        for length, cells in found:
            for some in cells:
                grid.add(*some)
            size += length
            if size >= enough:
                yield from grid.blocks()
                grid, size, enough = Grid(merged), 0, _BLOCK
    yield from grid.blocks()


def _cells(buffers: Iterator[bytes], looks: Looks) -> Iterator[tuple[int, list[SeenCells]]]:
    """The cells of each piece, and of how many bytes it was."""
    markup = SheetMarkup()
    parser = Parser(markup)
    contents = ahead(pieces(buffers, _CLOSING, _FIRST_PIECE, _PIECE))
    for content, in_order in shortcuts(parser, markup, contents, _OPENING):
        try:
            if not in_order:
                raise Odd("not between rows")
            stored = stored_cells(Piece(content), after=markup.row)
            cells = list(seen_cells(stored, looks))
            markup.row = stored.last_row
        except Odd:
            parser.feed(content)
            cells = [parsed_cells(markup.take(), looks)]
        yield len(content), cells
    parser.finish()
