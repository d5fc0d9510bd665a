"""Well-formed records, many at once, as columns.

polars parses them. It takes short rows, lone carriage returns and stray quotation marks in its
own way or not at all, so every byte has to be accounted for, or the answer is None: then records
are read one by one.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from importer.sheets.block import column_name

MOST_COLUMNS = 16_384  # of a sheet in Excel

_QUOTE, _LF, _CR = b'"\n\r'
_MOST_CELLS = 8_000_000  # of records that differ in width, all as wide as the widest

_STEP = 256 * 1024  # bytes

Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole records, whose quotation marks are where they should be."""

    text: memoryview
    quotes: Positions  # every other one opens a cell
    delimiter: bytes

    def unquoted(self, byte: int) -> Positions:
        """Where `byte` stands outside quotes."""
        found = _positions(self.text, byte)
        inside: NDArray[np.bool_] = np.searchsorted(self.quotes, found) % 2 == 1
        return found[~inside]


@dataclass(frozen=True, slots=True)
class Columns:
    """Records side by side, blank ones included."""

    cells: pl.DataFrame
    widths: pl.Series  # int32: cells that each record has


def cut(text: bytes, delimiter: str) -> Piece | None:
    """The well-formed records at the beginning of `text`, which begins with a record."""
    divider = delimiter.encode()
    if len(divider) > 1:
        return None
    quotes = _positions(text, _QUOTE)
    right = _well_placed(text, quotes, divider)
    end = _end_of_last_record(text, quotes, right)
    inside = int(np.searchsorted(quotes, end))
    return Piece(memoryview(text)[:end], quotes[:inside], divider) if end else None


def parse(piece: Piece, width: int) -> Columns | None:
    """Its records, which are likely to have `width` cells each."""
    return _alike(piece, width) or _ragged(piece)


def _positions(text: bytes | memoryview, byte: int) -> Positions:
    found = [np.flatnonzero(here) + start for start, here in _marked(text, byte)]
    return np.concatenate(found) if found else np.empty(0, np.int64)


def _count(text: memoryview, byte: int) -> int:
    return sum(int(np.count_nonzero(here)) for _, here in _marked(text, byte))


def _marked(text: bytes | memoryview, byte: int) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    """Where `byte` stands, in steps short enough to need no fresh memory for each."""
    codes = np.frombuffer(text, np.uint8)
    for start in range(0, len(codes), _STEP):
        yield start, codes[start : start + _STEP] == byte


def _well_placed(text: bytes, quotes: Positions, divider: bytes) -> int:
    """How many marks, from the first on, open or close whole cells or are doubled in quotes."""
    codes = np.frombuffer(text, np.uint8)
    opening, closing = quotes[0::2], quotes[1::2]
    before = codes.take(opening - 1, mode="clip")  # a mark at the very beginning passes for itself
    after = codes.take(closing + 1, mode="clip")
    right = np.empty(len(quotes), np.bool_)
    right[0::2] = _among(before, (_QUOTE, _LF, divider[0]))
    right[1::2] = _among(after, (_QUOTE, _LF, _CR, divider[0]))
    return len(right) if right.all() else int(right.argmin())


def _among(codes: NDArray[np.uint8], allowed: tuple[int, ...]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = np.logical_or.reduce([codes == byte for byte in allowed])
    return found


def _end_of_last_record(text: bytes, quotes: Positions, right: int) -> int:
    """Just after the last line end outside quotes and before those that are not `right`."""
    end = len(text) if right == len(quotes) else int(quotes[right])
    end = text.rfind(b"\n", 0, end) + 1
    while (passed := int(np.searchsorted(quotes, end))) % 2:
        end = text.rfind(b"\n", 0, int(quotes[passed - 1])) + 1
    return end


def _alike(piece: Piece, width: int) -> Columns | None:
    """The columns if all records have `width` cells and end alike."""
    cells = _parsed(piece, width)
    if cells is None:
        return None
    rows = cells.height
    returns = _count(piece.text, _CR)
    if returns > rows:
        returns = len(piece.unquoted(_CR))
    ends = _not_in_cells(piece, cells) - rows * (width - 1)
    if ends != rows + returns or returns not in (0, rows):
        return None
    return Columns(cells, pl.repeat(width, rows, dtype=pl.Int32, eager=True))


def _ragged(piece: Piece) -> Columns | None:
    """The columns of records that differ, however they end but for lone carriage returns."""
    line_ends, dividers = piece.unquoted(_LF), piece.unquoted(piece.delimiter[0])
    returns = piece.unquoted(_CR)
    if not np.isin(returns + 1, line_ends).all():
        return None
    widths = np.diff(np.searchsorted(dividers, line_ends), prepend=0) + 1
    blank = np.diff(line_ends - np.searchsorted(returns, line_ends), prepend=-1) == 1
    width = int(widths.max())
    if width > MOST_COLUMNS or width * len(widths) > _MOST_CELLS:
        return None
    cells = _parsed(piece, width)
    other = len(dividers) + len(line_ends) + len(returns)
    if cells is None or cells.height != len(widths) or _not_in_cells(piece, cells) != other:
        return None
    return Columns(cells, pl.Series(np.where(blank, 0, widths), dtype=pl.Int32))


def _parsed(piece: Piece, width: int) -> pl.DataFrame | None:
    """As polars reads it. A first line of our own, for in it polars would look for a byte order
    mark, for signs of compression ("x^2" is one) and for the number of columns."""
    first = piece.delimiter * (width - 1) + b"\n"
    try:
        return pl.read_csv(
            b"".join((first, piece.text)),
            has_header=False,
            schema={column_name(position): pl.String for position in range(1, width + 1)},
            separator=piece.delimiter.decode(),
        ).slice(1)
    except pl.exceptions.PolarsError:
        return None


def _not_in_cells(piece: Piece, cells: pl.DataFrame) -> int:
    """How many bytes are delimiters and line ends, if all quotes were taken rightly."""
    doubled = int(np.count_nonzero(piece.quotes[2::2] == piece.quotes[1:-1:2] + 1))
    in_cells = cells.select(pl.sum_horizontal(pl.all().str.len_bytes().sum())).item()
    return len(piece.text) - int(in_cells) - (len(piece.quotes) - doubled)
