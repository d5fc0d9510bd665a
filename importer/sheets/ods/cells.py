"""What the cells of an OpenDocument sheet show, and what kind they are."""

import re
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import polars as pl

from importer.sheets.block import CellKind
from importer.sheets.cells import Kind, NumberFormat, Seen
from importer.sheets.numbers import Floats, replaced, seen_numbers
from importer.sheets.ods.written import TYPES, Cells

Kinds = npt.NDArray[np.uint8]

_DAY_H = 24
_FORMATS = {
    "float": NumberFormat(),
    "currency": NumberFormat(),
    "percentage": NumberFormat(Kind.PERCENT),
}
_WRONG = len(TYPES)  # in place of the type of a cell that is marked as an error
_ERROR = r"^(#[A-Z0-9/]+[!?]?|Err:\d+)$"  # what a number shows where there is none
_ERROR_STARTS = ("#", "Err:")
# A number shown with more digits than it has, or with dashes between them.
_PADDED = r"^[^\d.,]*(0[\d\s/()-]+|0\d+[.,]\d+|\d+(-\d+)+)$"
_TIME = re.compile(r"(-?)PT(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:[.,]\d*)?S)?")


def seen_cells(cells: Cells) -> tuple[pl.Series, Kinds]:
    """The text and the `CellKind` of cells that hold anything.

    Raises `ValueError` for a number that is none.
    """
    is_stored = (cells.stored != "").to_numpy()
    types = np.where(is_stored, cells.types, TYPES.index("string"))
    types[cells.wrong] = _WRONG
    kinds = np.empty(len(types), np.uint8)
    places, parts = [], []
    for code in np.unique(types).tolist():
        mine = np.flatnonzero(types == code)
        seen, kinds[mine] = _seen(code, cells.stored.gather(mine), cells.shown.gather(mine))
        places.append(mine)
        parts.append(seen)
    return pl.concat(parts).gather(np.argsort(np.concatenate(places))), kinds


def _seen(code: int, stored: pl.Series, shown: pl.Series) -> tuple[pl.Series, Kinds | int]:
    """The texts and kinds of cells of one type, by what they store and what they show."""
    if code == _WRONG:
        return shown, CellKind.ERROR
    match TYPES[code]:
        case "float" | "currency" | "percentage" as number:
            return _numbers(_floats(stored), _FORMATS[number], shown)
        case "date":
            return _dates(stored), CellKind.DATE
        case "time":
            return _each(_time, stored, shown)
        case "boolean":
            return _booleans(stored, shown)
        case _:
            blank = np.flatnonzero(shown == "")
            return replaced(shown, blank, stored.gather(blank)), CellKind.TEXT


def _floats(stored: pl.Series) -> Floats:
    try:
        return stored.cast(pl.Float64).to_numpy()
    except pl.exceptions.InvalidOperationError as error:
        raise ValueError("a number that is none") from error


def _numbers(
    values: Floats, number_format: NumberFormat, shown: pl.Series
) -> tuple[pl.Series, Kinds]:
    finite = np.nan_to_num(values)
    texts, kinds = seen_numbers(finite, number_format, from_1904=False)
    wrong = np.flatnonzero(_matches(shown, _ERROR_STARTS, _ERROR) | (finite != values))
    kinds[wrong] = CellKind.ERROR
    padded = np.flatnonzero((shown != texts) & shown.str.contains(_PADDED))
    points = shown.gather(padded).str.replace(",", ".", literal=True)
    numbers = points.str.replace_all(r"[^\d.]", "").cast(pl.Float64).to_numpy()
    as_shown = np.concatenate([wrong, padded[numbers == values[padded]]])
    return replaced(texts, as_shown, shown.gather(as_shown)), kinds


def _matches(texts: pl.Series, starts: tuple[str, ...], pattern: str) -> npt.NDArray[np.bool_]:
    """Which texts have `pattern`; those that start otherwise are not looked at, to be quick."""
    matches = np.zeros(len(texts), bool)
    for start in starts:
        likely = np.flatnonzero(texts.str.starts_with(start))
        if len(likely):
            matches[likely] = texts.gather(likely).str.contains(pattern)
    return matches


def _dates(stored: pl.Series) -> pl.Series:
    """ISO 8601, as stored, in the form that all dates have."""
    moments = stored.str.replace("T", " ", literal=True)
    fine = np.flatnonzero(moments.str.len_bytes() > len("2000-01-01 00:00:00"))
    return replaced(moments, fine, moments.gather(fine).str.replace(r"(\.\d*)?Z?$", ""))


def _booleans(stored: pl.Series, shown: pl.Series) -> tuple[pl.Series, Kinds]:
    known = stored.is_in(["true", "false"])
    kinds = np.where(known, CellKind.BOOLEAN, CellKind.TEXT).astype(np.uint8)
    return stored.str.to_uppercase().zip_with(known, shown), kinds


def _each(
    read: Callable[[str], Seen | None], stored: pl.Series, shown: pl.Series
) -> tuple[pl.Series, Kinds]:
    """What `read` makes of a value, or what is shown where it makes nothing of it."""
    known = {value: read(value) for value in stored.unique()}
    seen = [
        known[value] or Seen(text, CellKind.TEXT) for value, text in zip(stored, shown, strict=True)
    ]
    texts = pl.Series([one.text for one in seen], dtype=pl.String)
    return texts, np.array([one.kind for one in seen], np.uint8)


def _time(stored: str) -> Seen | None:
    """An ISO 8601 duration: a time of day, unless it is longer than a day or negative."""
    found = _TIME.fullmatch(stored)
    if not found or stored.endswith("PT"):
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    minutes, seconds = minutes + seconds // 60, seconds % 60
    hours, minutes = hours + minutes // 60, minutes % 60
    kind = CellKind.TIME if hours < _DAY_H and not found[1] else CellKind.DURATION
    return Seen(f"{found[1]}{hours:02}:{minutes:02}:{seconds:02}", kind)
