"""A cell's stored value and number format become the text that people see.

Where Excel shows less than it stores, nothing is lost: decimals are not rounded to the format,
and a time of day that a date format hides stays. Dates become ISO text, the same everywhere.
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum, auto
from functools import lru_cache
from itertools import takewhile
from math import isfinite
from typing import NamedTuple

from importer.sheets.block import CellKind

DAY_S = 24 * 60 * 60
_LONGEST_CODE = 255  # characters that Excel takes for a number format
_LAST_SERIAL = 2_958_466  # days, beyond which Excel shows no date
_LEAP_DAY_THAT_NEVER_WAS = 60  # Excel counts 29 February 1900

# The formats that workbooks name by number only, but for those that leave a number as it is
# (ECMA-376 18.8.30). How the dates and times of East Asian editions look depends on the language.
_BUILTIN = {
    **dict.fromkeys([9, 10], "0%"),
    **dict.fromkeys([14, 15, 16, 17], "yyyy-mm-dd"),
    **dict.fromkeys([27, 28, 29, 30, 31, 36, *range(50, 59)], "yyyy-mm-dd"),
    **dict.fromkeys([18, 19, 20, 21, 32, 33, 34, 35], "hh:mm:ss"),
    22: "yyyy-mm-dd hh:mm",
    **dict.fromkeys([45, 47], "mm:ss"),
    46: "[h]:mm:ss",
}

_SECTION = re.compile(r'(?:"[^"]*"|\\.|[^;])*')
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
_NOT_A_PLACEHOLDER = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]|am/pm|a/p', re.IGNORECASE)
_PART = re.compile(r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_.|\*.|\[[^\]]*\]|(?P<plain>.)')
_ESCAPED_CHARACTER = re.compile(r"_x([0-9A-Fa-f]{4})_")
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)(-?\d+(?:\.\d+)?)\]")
_COMPARED: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<>": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}
_PLAIN_INTEGER = re.compile(r"-?[1-9]\d{0,14}|0")


class Kind(Enum):
    """What a number format makes of a number."""

    NUMBER = auto()
    PADDED = auto()
    PERCENT = auto()
    DATE = auto()
    DATE_TIME = auto()
    TIME = auto()
    DURATION = auto()


class Condition(NamedTuple):
    """Which numbers a section of a number format is for."""

    sign: str
    limit: float

    def holds(self, value: float) -> bool:
        return _COMPARED[self.sign](value, self.limit)


class Mark(NamedTuple):
    """A character or text of a padded number's format."""

    text: str
    is_place: bool  # for a digit; otherwise shown as it is


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """A number format, understood as far as its meaning goes."""

    kind: Kind = Kind.NUMBER
    pattern: tuple[Mark, ...] = ()  # of a padded number before its decimal point, in order
    decimals: int = 0  # that a padded number has at least
    condition: Condition | None = None
    otherwise: "NumberFormat | None" = None  # where the condition does not hold

    def section_for(self, value: float) -> "NumberFormat":
        if self.condition is None or self.condition.holds(value):
            return self
        return self.otherwise.section_for(value) if self.otherwise else NumberFormat()


_GENERAL = NumberFormat()


def builtin_format(number: int) -> str:
    """The code of a format that workbooks name by number only."""
    return _BUILTIN.get(number, "General")


@lru_cache(maxsize=2_000)
def understand(code: str) -> NumberFormat:
    """The meaning of a number format's code, by its first section (ECMA-376 18.8.31).

    Numbers may be padded by other sections too, on a condition.
    """
    if len(code) > _LONGEST_CODE:
        return NumberFormat()
    section = _first_section(code)
    bare = _NOT_A_PLACEHOLDER.sub("", section).lower()
    if section.strip().lower() == "general" or "@" in bare:
        return NumberFormat()
    if _ELAPSED.search(section):
        return NumberFormat(Kind.DURATION)
    if date_kind := _date_kind(bare):
        return NumberFormat(date_kind)
    if "%" in bare:
        return NumberFormat(Kind.PERCENT)
    padding = _padding(section, bare)
    if not (condition := _CONDITION.search(section)):
        return padding
    rest = code[len(section) + 1 :]
    return replace(
        padding,
        condition=Condition(condition[1], float(condition[2])),
        otherwise=understand(rest) if rest else None,
    )


def _first_section(code: str) -> str:
    """What stands before the first `;` that is not quoted."""
    section = _SECTION.match(code)
    return section[0] if section else code


def _date_kind(bare: str) -> Kind | None:
    has_time = "h" in bare or "s" in bare
    has_date = "d" in bare or "y" in bare or ("m" in bare and not has_time)
    if has_date:
        return Kind.DATE_TIME if has_time else Kind.DATE
    return Kind.TIME if has_time else None


def _padding(section: str, bare: str) -> NumberFormat:
    """`00000`, `000-00-0000`, `00.00` and their like show zeros that the number lacks."""
    whole, _, decimals = bare.partition(".")
    digits = re.sub(r"[^0#?]", "", whole)
    if len(digits) < 2 or digits[0] != "0" or re.search(r"[.,e/]", whole + decimals):
        return NumberFormat()
    before_point = takewhile(lambda part: part["plain"] != ".", _PART.finditer(section))
    return NumberFormat(Kind.PADDED, tuple(map(_mark, before_point)), decimals.count("0"))


def _mark(part: re.Match[str]) -> Mark:
    if part["plain"]:
        return Mark(part["plain"], part["plain"] in "0#?")
    return Mark(part["quoted"] or part["escaped"] or "", is_place=False)


class Seen(NamedTuple):
    """What people see of a cell."""

    text: str
    kind: CellKind


def seen(stored: str, number_format: NumberFormat, *, from_1904: bool) -> Seen:
    """What people see of a number, as the XML holds it, under a number format."""
    if number_format == _GENERAL and _PLAIN_INTEGER.fullmatch(stored):
        return Seen(stored, CellKind.NUMBER)
    try:
        value = float(stored)
    except ValueError:
        return Seen(stored, CellKind.NUMBER)
    if not isfinite(value):
        return Seen(stored, CellKind.NUMBER)
    return seen_number(value, number_format, from_1904=from_1904)


def seen_number(value: float, number_format: NumberFormat, *, from_1904: bool) -> Seen:
    """What people see of a finite number under a number format."""
    number = Decimal(f"{value:.15g}")  # Excel shows no more digits than 15
    number_format = number_format.section_for(value)
    moment: Seen | None = None
    match number_format.kind:
        case Kind.NUMBER:
            pass
        case Kind.PADDED:
            return Seen(padded(number, number_format), CellKind.NUMBER)
        case Kind.PERCENT:
            return Seen(f"{plain(number * 100)}%", CellKind.PERCENT)
        case _ if abs(value) > _LAST_SERIAL:
            pass
        case Kind.DURATION:
            return Seen(_duration(value), CellKind.DURATION)
        case kind:
            moment = _moment(value, kind, from_1904=from_1904)
    return moment or Seen(plain(number), CellKind.NUMBER)


def plain(number: Decimal) -> str:
    """Digits without an exponent or trailing zeros."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def padded(number: Decimal, number_format: NumberFormat) -> str:
    """The digits before the decimal point laid into the pattern from the right; all those after.

    A number with decimals under a format for whole ones is left as it is.
    """
    digits, _, decimals = plain(abs(number)).partition(".")
    if decimals and not number_format.decimals:
        return plain(number)
    shown = ("-" if number < 0 else "") + _laid_out(digits, number_format.pattern)
    if number_format.decimals:
        shown += f".{decimals:0<{number_format.decimals}}"
    return shown


def _laid_out(digits: str, pattern: tuple[Mark, ...]) -> str:
    places = sum(mark.is_place for mark in pattern)
    digits, overflow = digits[-places:], digits[:-places]
    shown = ""
    for mark in pattern:
        if not mark.is_place:
            shown += mark.text
            continue
        if places <= len(digits):
            shown += overflow + digits[len(digits) - places]
            overflow = ""
        elif mark.text == "0":
            shown += "0"
        places -= 1
    return shown


def _duration(serial: float) -> str:
    seconds = round(abs(serial) * DAY_S)
    sign = "-" if serial < 0 and seconds else ""
    return f"{sign}{seconds // 3600:02}:{_minutes_and_seconds(seconds)}"


def _moment(serial: float, kind: Kind, *, from_1904: bool) -> Seen | None:
    """A serial number of days as ISO text; None for what Excel cannot show as a date."""
    if serial < 0:
        return None
    days, seconds = divmod(round(serial * DAY_S), DAY_S)
    time = f"{seconds // 3600:02}:{_minutes_and_seconds(seconds)}"
    if not days and (kind is Kind.TIME or (seconds and not from_1904)):
        return Seen(time, CellKind.TIME)
    day = _date(days, from_1904=from_1904) if days or from_1904 else None
    if day is None:
        return None
    return Seen(f"{day} {time}" if seconds or kind is not Kind.DATE else day, CellKind.DATE)


def _date(days: int, *, from_1904: bool) -> str | None:
    if days == _LEAP_DAY_THAT_NEVER_WAS and not from_1904:
        return "1900-02-29"  # as Excel shows it; no date, so a later check can say so
    epoch = date(1904, 1, 1) if from_1904 else date(1899, 12, 30)
    if days < _LEAP_DAY_THAT_NEVER_WAS and not from_1904:
        days += 1
    try:
        return (epoch + timedelta(days)).isoformat()
    except OverflowError:
        return None


def _minutes_and_seconds(seconds: int) -> str:
    return f"{seconds // 60 % 60:02}:{seconds % 60:02}"


def iso_text(stored: str) -> str:
    """A date that the file holds as ISO 8601 text, in the form that all others have."""
    day, _, time = stored.rstrip("Z").partition("T")
    return f"{day} {time.partition('.')[0]}" if time else day


def unescape(text: str) -> str:
    """Undo `_x000D_` and its like, by which Excel writes what XML cannot hold."""
    if "_x" not in text:
        return text
    undone = _ESCAPED_CHARACTER.sub(lambda match: chr(int(match[1], 16)), text)
    return undone.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
