"""What openpyxl finds in a workbook, told in our words: a reader that shares nothing with ours.

openpyxl gives a cell's value, the code of its number format and whether that is one of dates. It
leaves open, and so this is not compared:

- the formats 27 to 36 and 50 to 58, dates and times of East Asian editions: it knows none of them;
- numbers under a format of dates that are no date: Excel shows #### for those below 0 and beyond
  the year 9999, and "1900-01-00" for 0; openpyxl makes early dates, errors and midnight of them;
- 29 February 1900, which Excel shows and openpyxl calls the 28th;
- which way half a second is rounded;
- zeros shown that the number lacks, under any code that is not in `_PADDED`.
"""

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple
from warnings import catch_warnings

import openpyxl
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

from importer.sheets.block import CellKind
from tests.sheets.workbooks import Cells

EAST_ASIAN = {*range(27, 37), *range(50, 59)}  # formats, by Excel's numbers

_AS_IT_IS = {
    *BUILTIN_FORMATS.values(),
    "0.000000",
    "#,##0.00 [$€-407]",
    '#,##0.00 "days"',
    '_-* #,##0.00_-;-* #,##0.00_-;_-* "-"??_-;_-@_-',
    "[Red][<0]-0;[Blue]0",
    "[Red]0.00",
}
_PADDED = {  # by code: the least digits, and how all of them are laid out
    "00000": (5, r"(\d+)", r"\1"),
    '"INV-"0000': (4, r"(\d+)", r"INV-\1"),
    '"No. "000': (3, r"(\d+)", r"No. \1"),
    "000-00-0000": (9, r"(\d+)(\d\d)(\d{4})", r"\1-\2-\3"),
}

_CALLED_THE_28TH = date(1900, 2, 28)
_HALF = 500_000  # microseconds


class Told(NamedTuple):
    """The cells of a sheet that hold anything."""

    cells: Cells  # those that openpyxl can tell
    unsure: dict[tuple[int, int], str]  # the other ones' number formats, by row and column from 1


def told(path: Path, sheet: str | None = None) -> Told:
    """What people see in a sheet, the first if none is named."""
    with catch_warnings(action="ignore"):  # that a number is no date
        book = openpyxl.load_workbook(path, data_only=True)
    found = Told({}, {})
    cells = (book[sheet] if sheet else book.worksheets[0])._cells  # the others are blank
    for place, cell in cells.items():
        if cell.value in (None, ""):
            continue
        seen = _seen(cell.value, cell.number_format, cell.data_type, book.epoch)
        if seen:
            found.cells[place] = seen
        else:
            found.unsure[place] = cell.number_format
    return found


def seen_number(value: float, code: str, *, from_1904: bool) -> str | None:
    """What people see of a number; None where openpyxl leaves it open."""
    epoch = MAC_EPOCH if from_1904 else WINDOWS_EPOCH
    number: float | datetime | time | timedelta = value
    if is_date_format(code):
        try:
            number = from_excel(value, epoch, timedelta=is_timedelta_format(code))
        except (OverflowError, ValueError):
            return None
    seen = _seen(number, code, "n", epoch)
    return seen and seen[0]


def _seen(value, code: str, data_type: str, epoch: datetime) -> tuple[str, CellKind] | None:
    match value:
        case "#VALUE!" if data_type == "e" and any(_shows(code)):
            return None  # perhaps a number that openpyxl can make no date of
        case str():
            return value, CellKind.ERROR if data_type == "e" else CellKind.TEXT
        case bool():
            return str(value).upper(), CellKind.BOOLEAN
        case int() | float():
            return _number(Decimal(f"{value:.15g}"), code)
        case timedelta():
            return _duration(value)
    return _moment(value, code, epoch)


def _number(number: Decimal, code: str) -> tuple[str, CellKind] | None:
    if "%" in code:
        return f"{_digits(number * 100)}%", CellKind.PERCENT
    is_whole = number == number.to_integral_value()
    if code in _AS_IT_IS or (code in _PADDED and not is_whole):
        return _digits(number), CellKind.NUMBER
    if code not in _PADDED:
        return None
    least, places, layout = _PADDED[code]
    digits = re.sub(places, layout, _digits(abs(number)).zfill(least))
    return "-" * (number < 0) + digits, CellKind.NUMBER


def _digits(number: Decimal) -> str:
    return f"{(number + 0).normalize():f}"


def _duration(value: timedelta) -> tuple[str, CellKind]:
    minutes, seconds = divmod(round(abs(value.total_seconds())), 60)
    sign = "-" if value < timedelta() and minutes + seconds else ""
    return f"{sign}{minutes // 60:02}:{minutes % 60:02}:{seconds:02}", CellKind.DURATION


def _moment(value: datetime | time, code: str, epoch: datetime) -> tuple[str, CellKind] | None:
    """A date; of a number below 1 openpyxl makes a time."""
    below_1 = isinstance(value, time)
    moment = datetime.combine(epoch, value) if below_1 else value
    if (
        moment < epoch
        or moment.date() == _CALLED_THE_28TH
        or abs(moment.microsecond - _HALF) < 2_000
    ):
        return None
    moment = (moment + timedelta(microseconds=_HALF)).replace(microsecond=0)
    day, clock = _shows(code)
    if below_1 and not (day and (epoch.year == 1904 or moment.time() == time())):
        return moment.time().isoformat(), CellKind.TIME
    if moment < epoch + timedelta(days=epoch.year < 1904):
        return None
    day_alone = moment.time() == time() and not clock
    return str(moment.date() if day_alone else moment), CellKind.DATE


def _shows(code: str) -> tuple[bool, bool]:
    """Whether a format shows a day, and whether a time of day."""
    bare = re.sub(r'\[[^\]]*\]|\\.|"[^"]*"|General', "", code).lower()
    clock = bool(re.search("[hs]", bare))
    return bool(re.search("[dy]", bare)) or ("m" in bare and not clock), clock
