"""Stored cells become what people see of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from importer.sheets.block import CellKind
from importer.sheets.cells import NumberFormat, Seen, iso_text, seen, unescape
from importer.sheets.numbers import seen_numbers
from importer.sheets.xlsx.parsed import RawCell
from importer.sheets.xlsx.spans import Spans
from importer.sheets.xlsx.stored import TYPES, CellType, StoredCells
from importer.sheets.xlsx.strings import SharedStrings
from importer.sheets.xlsx.tags import Odd, Places

_NO_FORMAT = NumberFormat()


@dataclass(frozen=True)
class Looks:
    """What a workbook knows of its cells beyond what they hold."""

    formats: tuple[NumberFormat, ...]  # by the style that cells give
    from_1904: bool
    strings: SharedStrings

    def format(self, style: int) -> NumberFormat:
        return self.formats[style] if 0 <= style < len(self.formats) else _NO_FORMAT

    @cached_property
    def different_formats(self) -> tuple[NumberFormat, ...]:
        return tuple(dict.fromkeys((_NO_FORMAT, *_by_identity(self.formats).values())))

    def format_places(self, styles: NDArray[np.int64]) -> NDArray[np.int64]:
        """Which of the `different_formats` each style has."""
        return self._place_of_style.take(np.minimum(styles, len(self.formats)))

    @cached_property
    def _place_of_style(self) -> NDArray[np.int64]:
        places = {found: place for place, found in enumerate(self.different_formats)}
        place_of = {key: places[found] for key, found in _by_identity(self.formats).items()}
        return np.array([*map(place_of.__getitem__, map(id, self.formats)), 0], np.int64)


def _by_identity(formats: tuple[NumberFormat, ...]) -> dict[int, NumberFormat]:
    """Each once, though a workbook may name it a million times."""
    return dict(zip(map(id, formats), formats, strict=True))


Kinds = CellKind | NDArray[np.uint8]
SeenCells = tuple[NDArray[np.int64], NDArray[np.int64], pl.Series, Kinds]  # as a `Grid` takes them
Shown = tuple[Places, pl.Series, Kinds]  # which cells; texts; kinds


def seen_cells(cells: StoredCells, looks: Looks) -> Iterator[SeenCells]:
    """What people see of the cells, in no order. Raises `Odd` where that takes a parser."""
    for cell_type in map(CellType, np.flatnonzero(np.bincount(cells.types)).tolist()):
        which = np.flatnonzero(cells.types == cell_type)
        for part, texts, kinds in _shown(cell_type, which, cells, looks):
            yield cells.rows.take(part), cells.columns.take(part), texts, kinds


def _shown(cell_type: CellType, which: Places, cells: StoredCells, looks: Looks) -> Iterator[Shown]:
    """What people see of the cells of one type."""
    spans = cells.spans.at(which)
    match cell_type:
        case CellType.NUMBER:
            formats = looks.format_places(cells.styles.take(which))
            yield from _numbers(which, spans, formats, looks)
        case CellType.SHARED:
            places, whole = spans.digits()
            _require(whole.all(), "the place of a text")
            yield which, looks.strings.take(places), CellKind.TEXT
        case CellType.TEXT:
            yield which, spans.texts(), CellKind.TEXT
        case CellType.BOOLEAN:
            yield which, _truths(spans), CellKind.BOOLEAN
        case CellType.ERROR:
            yield which, spans.texts(), CellKind.ERROR
        case CellType.DATE:
            texts = [iso_text(text) for text in spans.texts()]
            yield which, pl.Series(texts, dtype=pl.String), CellKind.DATE


def _truths(spans: Spans) -> pl.Series:
    values, whole = spans.digits()
    _require(whole.all() and (values <= 1).all(), "a truth of its own kind")
    return pl.Series(["FALSE", "TRUE"]).gather(values)


def _numbers(
    which: Places, spans: Spans, formats: NDArray[np.int64], looks: Looks
) -> Iterator[Shown]:
    """Whole numbers without a format are seen as they are written; others are worked out."""
    _, plain = spans.digits()
    first = spans.piece.byte(spans.starts)
    plain &= (formats == 0) & ((first != ord("0")) | (spans.ends - spans.starts == 1))
    as_written = np.flatnonzero(plain)
    yield which.take(as_written), spans.at(as_written).written(), CellKind.NUMBER

    others = np.flatnonzero(~plain)
    worked_out = _worked_out(spans.at(others).written(), formats.take(others), looks)
    for places, texts, kinds in worked_out:
        yield which.take(others.take(places)), texts, kinds


def _worked_out(written: pl.Series, formats: NDArray[np.int64], looks: Looks) -> Iterator[Shown]:
    """Numbers by their formats, then whatever is none."""
    values = written.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()
    finite = np.isfinite(values)
    for place in np.flatnonzero(np.bincount(formats)):
        here = np.flatnonzero((formats == place) & finite)
        number_format = looks.different_formats[place]
        yield here, *seen_numbers(values.take(here), number_format, from_1904=looks.from_1904)
    rest = np.flatnonzero(~finite)
    shown = [
        seen(_plain(text), looks.different_formats[place], from_1904=looks.from_1904)
        for text, place in zip(written.gather(rest), formats.take(rest).tolist(), strict=True)
    ]
    yield rest, *_columns(shown)


def _columns(shown: list[Seen]) -> tuple[pl.Series, NDArray[np.uint8]]:
    texts = pl.Series([cell.text for cell in shown], dtype=pl.String)
    return texts, np.array([cell.kind for cell in shown], np.uint8)


def _plain(written: str) -> str:
    _require(not set(written) & set("&\r"), "a number that is none")
    return written


def _require(plain: bool | np.bool_, what: str) -> None:
    if not plain:
        raise Odd(what)


def parsed_cells(cells: list[RawCell], looks: Looks) -> SeenCells:
    """The same for cells that a parser has read."""
    shared = [cell for cell in cells if cell.kind == "s"]
    places = np.array([int(cell.text) for cell in shared], np.int64)
    texts = iter(looks.strings.take(places))
    shown = [
        Seen(next(texts), CellKind.TEXT) if cell.kind == "s" else _seen(cell, looks)
        for cell in cells
    ]
    return (
        np.array([cell.row for cell in cells], np.int64),
        np.array([cell.column for cell in cells], np.int64),
        *_columns(shown),
    )


def _seen(cell: RawCell, looks: Looks) -> Seen:
    match TYPES.get(cell.kind, CellType.TEXT):
        case CellType.NUMBER:
            return seen(cell.text, looks.format(cell.style), from_1904=looks.from_1904)
        case CellType.BOOLEAN:
            truth = cell.text.strip() in ("1", "true")
            return Seen("TRUE" if truth else "FALSE", CellKind.BOOLEAN)
        case CellType.DATE:
            return Seen(iso_text(cell.text), CellKind.DATE)
        case CellType.ERROR:
            return Seen(unescape(cell.text), CellKind.ERROR)
        case _:
            return Seen(unescape(cell.text), CellKind.TEXT)
