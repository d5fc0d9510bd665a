"""The rows of a sheet that make its table: the header taken off, a footer held back."""

from collections.abc import Iterator
from itertools import chain

import polars as pl

from importer.sheets.block import Block
from importer.sheets.layout import footers
from importer.sheets.segments import ROWS_PER_GROUP
from importer.sheets.source import as_rows
from importer.sheets.table import Footer, NumberedRow, Reading, UnreadableFile


class DataRows:
    """The data rows, block by block. `header` is known at once, `footer` when all are taken."""

    def __init__(self, blocks: Iterator[Block], reading: Reading) -> None:
        self.footer: Footer | None = None
        self.header: list[NumberedRow] = []
        self.header_width = 0  # cells of a text file's header, blank ones too
        self._blocks = blocks
        self._last_row = reading.last_row
        if reading.header_row:
            rest = self._below_header(reading)
            self._blocks = chain([rest] if rest else [], blocks)

    def __iter__(self) -> Iterator[Block]:
        """As many at once as a row group has, which saves taking them apart again."""
        held: list[Block] = []
        count = 0
        kept_back = footers.ROWS_LOOKED_AT if self._last_row is None else 0
        for block in self._blocks if self._last_row is None else self._until(self._last_row):
            held.append(block)
            count += len(block)
            if count >= ROWS_PER_GROUP + kept_back:
                rows = _joined(held)
                yield rows.slice(0, ROWS_PER_GROUP)
                held = [rows.slice(ROWS_PER_GROUP)]
                count -= ROWS_PER_GROUP
        yield from self._last(held)

    def _last(self, held: list[Block]) -> Iterator[Block]:
        if not held:
            return
        rows = _joined(held)
        if self._last_row is None:
            rows = self._without_footer(rows)
        for start in range(0, len(rows), ROWS_PER_GROUP):
            yield rows.slice(start, ROWS_PER_GROUP)

    def _until(self, last_row: int) -> Iterator[Block]:
        for block in self._blocks:
            yield block.where(block.numbers <= last_row)
            if block.numbers[-1] >= last_row:
                return

    def _below_header(self, reading: Reading) -> Block | None:
        """Take the header off; what is left of the block in which it ends."""
        first = reading.header_row or 0
        below = first + reading.header_rows
        for block in self._blocks:
            within = block.where(block.numbers.is_between(first, below, closed="left"))
            if len(within) and not self.header and within.widths is not None:
                self.header_width = int(within.widths[0])
            self.header += as_rows(within)
            rest = block.where(block.numbers >= below)
            if len(rest):
                return rest
        if not self.header:
            raise UnreadableFile(
                f"The file ends before row {first}. Choose a header row further up."
            )
        return None

    def _without_footer(self, rows: Block) -> Block:
        tail = rows.slice(max(0, len(rows) - footers.ROWS_LOOKED_AT))
        self.footer = footers.find(list(as_rows(tail)))
        if self.footer is None:
            return rows
        return rows.where(rows.numbers < self.footer.rows[0])


def _joined(blocks: list[Block]) -> Block:
    """One block of several, as wide as the widest."""
    if len(blocks) == 1:
        return blocks[0]
    kinds = [block.kinds for block in blocks if block.kinds is not None]
    widths = [block.widths for block in blocks if block.widths is not None]
    return Block(
        pl.concat([block.numbers for block in blocks]),
        pl.concat([block.cells for block in blocks], how="diagonal"),
        pl.concat(kinds, how="diagonal") if kinds else None,
        pl.concat(widths) if widths else None,
    )
