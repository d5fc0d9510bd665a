"""Many numbers at once become the texts that people see, as `cells.seen_number` does for one.

What is rare or doubtful goes to `seen_number` itself, each different number once.
"""

from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from importer.sheets.block import CellKind
from importer.sheets.cells import DAY_S, Kind, Mark, NumberFormat, seen_number

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Seen = tuple[pl.Series, NDArray[np.uint8]]  # texts and `CellKind`s, one of each for a number

_ZERO = Mark("0", is_place=True)
_DIGITS = 15  # that Excel shows of a number
_TENS = 10.0 ** np.arange(23)  # all of them exact
_DOUBT = 0.13  # by how much a number scaled to 15 digits may be off, and some more
_FIRST_DAY, _LAST_DAY = 61, 2_900_000  # serials without surprises
_EPOCH_1900, _EPOCH_1904 = 25_569, 24_107  # the serials of 1 January 1970


def seen_numbers(values: Floats, number_format: NumberFormat, *, from_1904: bool) -> Seen:
    """What people see of finite numbers under a number format."""
    if number_format.condition or number_format.decimals:
        return _one_by_one(values, number_format, from_1904)
    match number_format.kind:
        case Kind.NUMBER:
            (texts, doubtful), kind = _plain(values, 0), CellKind.NUMBER
        case Kind.PERCENT:
            (texts, doubtful), kind = _plain(values, 2), CellKind.PERCENT
            texts += "%"
        case Kind.PADDED if all(mark == _ZERO for mark in number_format.pattern):
            digits = len(number_format.pattern)
            (texts, doubtful), kind = _zero_filled(values, digits), CellKind.NUMBER
        case Kind.DATE | Kind.DATE_TIME as date_kind:
            epoch = _EPOCH_1904 if from_1904 else _EPOCH_1900
            (texts, doubtful), kind = _dates(values, date_kind, epoch), CellKind.DATE
        case Kind.TIME:
            (texts, doubtful), kind = _times(values), CellKind.TIME
        case _:
            return _one_by_one(values, number_format, from_1904)
    kinds = np.full(len(values), kind, np.uint8)
    places = np.flatnonzero(doubtful)
    if len(places):
        mended, kinds[places] = _one_by_one(values[places], number_format, from_1904)
        texts = replaced(texts, places, mended)
    return texts, kinds


def replaced(texts: pl.Series, places: NDArray[np.intp], mended: pl.Series) -> pl.Series:
    """`texts` with those at `places` exchanged for `mended`."""
    order = np.arange(len(texts))
    order[places] = len(texts) + np.arange(len(places))
    return pl.concat([texts, mended]).gather(order)


def _one_by_one(values: Floats, number_format: NumberFormat, from_1904: bool) -> Seen:
    different, places = np.unique(values, return_inverse=True)
    seen = [seen_number(value, number_format, from_1904=from_1904) for value in different.tolist()]
    kinds = np.array([one.kind for one in seen], np.uint8)
    return pl.Series([one.text for one in seen], dtype=pl.String).gather(places), kinds[places]


def _plain(values: Floats, shift: int) -> tuple[pl.Series, Flags]:
    """The digits of each number times ten to the power of `shift`; which of them are in doubt.

    A number is scaled to a whole one of 15 digits and back: both steps are exact, but for the
    last digit of the first where it was close to a half. The shortest text of the result is the
    number rounded to 15 digits.
    """
    size = np.abs(values)
    usual = (size >= 1e-4) & (size < 10.0 ** (_DIGITS - shift - 1))
    values = np.where(usual, values, 1.0)
    decimals = _DIGITS - 1 - np.floor(np.log10(np.abs(values))).astype(np.intp)
    scaled = values * _TENS[decimals]
    whole = np.rint(scaled)
    close = np.abs(np.abs(scaled - whole) - 0.5) < _DOUBT
    close |= (np.abs(whole) >= _TENS[_DIGITS]) | (np.abs(whole) < _TENS[_DIGITS - 1])
    texts = pl.Series(whole / _TENS[decimals - shift]).cast(pl.String).str.strip_suffix(".0")
    return texts, close | ~usual


def _zero_filled(values: Floats, least: int) -> tuple[pl.Series, Flags]:
    """Whole numbers of at least so many digits: postal codes and the like."""
    usual = (values >= 0) & (values < _TENS[_DIGITS]) & (values == np.rint(values))
    digits = pl.Series(np.where(usual, values, 0).astype(np.int64)).cast(pl.String)
    return digits.str.zfill(least), ~usual


def _dates(values: Floats, kind: Kind, epoch: int) -> tuple[pl.Series, Flags]:
    days, seconds, usual = _moments(values, _FIRST_DAY)
    texts = pl.Series((days - epoch).astype(np.int32)).cast(pl.Date).cast(pl.String)
    if kind is Kind.DATE_TIME:
        return texts + " " + _clock().gather(seconds), ~usual
    timed = np.flatnonzero(seconds)
    if len(timed):
        texts = replaced(texts, timed, texts.gather(timed) + " " + _clock().gather(seconds[timed]))
    return texts, ~usual


def _times(values: Floats) -> tuple[pl.Series, Flags]:
    days, seconds, usual = _moments(values, 0)
    return _clock().gather(seconds), ~usual | (days > 0)


def _moments(values: Floats, first_day: int) -> tuple[NDArray[np.int64], NDArray[np.int64], Flags]:
    """Whole days and the seconds beyond, and for which numbers they can be trusted."""
    usual = (values >= first_day) & (values <= _LAST_DAY)
    total = np.rint(np.where(usual, values, first_day) * DAY_S).astype(np.int64)
    days = total // DAY_S
    return days, total - days * DAY_S, usual


@cache
def _clock() -> pl.Series:
    """The text of every second of a day."""
    sixty = [f"{number:02}" for number in range(60)]
    texts = [f"{h}:{m}:{s}" for h in sixty[:24] for m in sixty for s in sixty]
    return pl.Series(texts, dtype=pl.String)
