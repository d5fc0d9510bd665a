"""An open text file: its records as blocks of rows."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from itertools import islice, zip_longest
from math import ceil
from pathlib import Path

import polars as pl

from importer.sheets.block import ROWS_OF_FIRST, ROWS_PER_BLOCK, Block, Merged, frame
from importer.sheets.table import NumberedRow, Sheet, UnreadableFile
from importer.sheets.text import columns
from importer.sheets.text.columns import MOST_COLUMNS, Columns, Piece
from importer.sheets.text.delimiter import is_hint
from importer.sheets.text.feed import Feed
from importer.sheets.text.records import Records

_LEAST = 256 * 1024  # bytes that are worth parsing together
_FEW = 16 * 1024  # bytes to read one by one where that cannot be done
_AT_ONCE = 8 * 1024**2
_AHEAD = 2  # pieces cut while another is in use
_PARSED_AT_ONCE = 2
_MOST_CELLS = 4_000_000  # of a block of records read one by one


class TextDocument(AbstractContextManager["TextDocument"]):
    """A file of delimited text. It has no sheets and merges nothing."""

    sheets: tuple[Sheet, ...] = ()

    def __init__(
        self, path: Path, encoding: str, delimiter: str, escape: str | None = None
    ) -> None:
        self._path = path
        self._encoding = encoding
        self._delimiter = delimiter
        self._escape = escape

    def __exit__(self, *_: object) -> None:
        """Nothing is kept open between blocks."""

    def blocks(self, sheet: str | None = None, *, at_once: int = _AT_ONCE) -> Iterator[Block]:
        """The records that hold anything; blank ones are counted, a `sep=` line too.

        `at_once`: how many bytes are parsed together, unless they make trouble.
        """
        with self._path.open("rb") as file:
            feed = Feed(file, self._encoding, min(at_once, _LEAST))
            yield from _Reader(feed, self._delimiter, self._escape).blocks(at_once)

    def merged(self, sheet: str | None = None) -> tuple[Merged, ...]:
        return ()


class _Reader:
    """Reads well-formed stretches of a feed column by column, others record by record."""

    def __init__(self, feed: Feed, delimiter: str, escape: str | None) -> None:
        self._feed = feed
        self._delimiter = delimiter
        self._escape = escape
        self._records = Records(feed, delimiter, escape)
        self._width = 1  # of most records, lately
        self._parser = ThreadPoolExecutor(_PARSED_AT_ONCE)
        self._coming: deque[tuple[Piece, Future[Columns | None]]] = deque()

    def blocks(self, at_once: int) -> Iterator[Block]:
        least, few = min(at_once, _LEAST), min(at_once, _FEW)
        yield from self._one_by_one(len(self._feed.ahead(least)), ROWS_OF_FIRST)
        fast, slow = least, few  # bytes to parse together, and to read one by one if that fails
        with self._parser:
            while self._cut_ahead(fast):
                done, found = self._parsed()
                if found is None:
                    yield from self._one_by_one(min(slow, len(self._feed.ahead(slow))))
                    fast, slow = least, min(2 * slow, at_once)
                else:
                    yield from self._divided(found)
                    fast, slow = min(max(2 * done, least), at_once), slow if done < few else few

    def _cut_ahead(self, size: int) -> bool:
        """Have pieces of `size` bytes at most parsed; False if nothing is left to be read."""
        while len(self._coming) <= _AHEAD and (text := self._feed.ahead(size)):
            piece = self._cut(text)
            if piece is None:
                return True
            self._feed.take(len(piece.text))
            self._coming.append((piece, self._parser.submit(columns.parse, piece, self._width)))
        return bool(self._coming)

    def _parsed(self) -> tuple[int, Columns | None]:
        """How long the next piece is, and its records; None if they have to be read one by one."""
        if not self._coming:
            return 0, None
        piece, parsed = self._coming[0]
        found = parsed.result()
        if found:
            self._coming.popleft()
        else:
            self._feed.give_back([piece.text for piece, _ in self._coming])
            self._drop()
        return len(piece.text), found

    def _drop(self) -> None:
        while self._coming:
            self._coming.pop()[1].cancel()

    def _cut(self, text: bytes) -> Piece | None:
        """The records at the beginning of `text`, if they are well-formed."""
        if self._escape and self._escape.encode() in text:
            return None
        return columns.cut(text, self._delimiter)

    def _divided(self, found: Columns) -> Iterator[Block]:
        """Blocks of about the same size, none of them too large."""
        self._width = _commonest(found.widths)
        count = found.cells.height
        size = ceil(count / ceil(count / ROWS_PER_BLOCK))
        for start in range(0, count, size):
            cells = found.cells.slice(start, size)
            first = self._records.number + 1
            self._records.number += cells.height
            numbers = pl.int_range(first, self._records.number + 1, eager=True)
            yield Block(numbers, cells, widths=found.widths.slice(start, size))

    def _one_by_one(self, ahead: int, most: int | None = None) -> Iterator[Block]:
        """Blocks of the records, `most` at most, that begin in the next `ahead` bytes."""
        rows = islice(self._records.upto(self._feed.offset + ahead), most)
        batch: list[NumberedRow] = []
        widest = 0
        for number, cells in self._filled(rows):
            widest = max(widest, len(cells))
            if batch and len(batch) * widest > _MOST_CELLS:
                yield self._block(batch)
                batch, widest = [], len(cells)
            batch.append((number, cells))
            if len(batch) == ROWS_PER_BLOCK:
                yield self._block(batch)
                batch, widest = [], 0
        if batch:
            yield self._block(batch)

    def _filled(self, rows: Iterable[NumberedRow]) -> Iterator[NumberedRow]:
        """Those that hold anything, but for a `sep=` line."""
        for number, cells in rows:
            if len(cells) > MOST_COLUMNS:
                raise UnreadableFile(
                    f"Row {number:,} has more than {MOST_COLUMNS:,} cells, the most that Excel can"
                    " show. Check that you chose the right file and the right delimiter."
                )
            if any(cells) and not (number == 1 and is_hint(cells, self._delimiter)):
                yield number, cells

    def _block(self, rows: list[NumberedRow]) -> Block:
        numbers, cells = zip(*rows, strict=True)
        widths = pl.Series(map(len, cells), dtype=pl.Int32)
        self._width = _commonest(widths)
        columns = list(zip_longest(*cells, fillvalue=""))
        return Block(pl.Series(numbers, dtype=pl.Int64), frame(columns), widths=widths)


def _commonest(widths: pl.Series) -> int:
    return max(widths.mode().to_list(), default=1) or 1
