"""Reads one cell's text as a value of a field's type, or refuses it.

Rules, limits and regular expressions are those of Zoho's field reference. Lookups need the
records and are read elsewhere.
"""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final

from importer.practice.judging.java_dates import read_date
from importer.practice.judging.rules import USUAL, Rules
from importer.practice.organisation.company import ZONE
from importer.practice.organisation.fields import Field
from importer.practice.storage.stored_records import Value

Reader = Callable[[str], Value]

EMAIL: Final = re.compile(
    r"^[+\-\w][\w!#$%&'*+\-/=?^`{|}~.]*@(?=.{4,256}$)"
    r"(?:[^\W_]+(?:[-_]*[^\W_])*\.)+[^\W\d_]{2,22}$"
)
PHONE: Final = re.compile(
    r"^([+]?)(?![.-])(?>(?>[.-]?[ ]?[\da-zA-Z]+)+"
    r"|([ ]?\((?![.-])(?>[ .-]?[\da-zA-Z]+)+\)(?![.])([ -]?[\da-zA-Z]+)?)+)+"
    r"(?>(?>([,]+)?[;]?[\da-zA-Z]+)+((#[\da-zA-Z]+)+)?)?[#;]?$"
)
URL: Final = re.compile(
    r"^(?:(?:https?|ftp)://(?:www.)?|www.)?"
    r"[^\x00-\x19\x22-\x27\x2A-\x2C\x2E-\x2F\x3A-\x3F\x5B-\x5E\x60\x7B\x7D-\x7F]+"
    r"(\.[^\x00-\x19\x22\x24-\x2C\x2E-\x2F\x3C\x3E\x40\x5B-\x5E\x60\x7B\x7D-\x7F]+)+"
    r"(?:[/?].*)?$"
)
WHOLE: Final = re.compile(r"[+-]?\d+", re.ASCII)
NUMBER: Final = re.compile(r"[+-]?(\d+)(\.\d+)?", re.ASCII)
MAX_DECIMALS: Final = 9
PATTERNS: Final = {"email": EMAIL, "phone": PHONE, "website": URL}
DATE_PATTERNS: Final = ("yyyy-MM-dd", "MM/dd/yyyy")
MOMENT_PATTERNS: Final = ("MM/dd/yyyy HH:mm:ss", "yyyy-MM-dd HH:mm:ss")


class InvalidValueError(ValueError):
    """The text is no value of the field's type, or too long for it."""


class MissingTargetError(InvalidValueError):
    """The text names no record that a lookup could point at."""


def reader(field: Field, pattern: str | None = None, rules: Rules = USUAL) -> Reader:
    """What turns a cell of `field` into its value; `pattern` is the mapping's date format."""
    match field.data_type:
        case "email" | "phone" | "website":
            return _shaped(PATTERNS[field.data_type], field.length)
        case "integer" | "bigint":
            return _whole(field)
        case "double" | "currency" | "percent":
            return _decimal(field, rules)
        case "boolean":
            return _truth
        case "date":
            return _date(pattern)
        case "datetime" | "event_reminder":
            return _moment(pattern)
        case "multiselectpicklist":
            return _several(field.length)
        case _ if rules.too_long == "truncate":
            return _beginning(field.length)
        case _:
            return _text(field.length)


def _text(length: int | None) -> Reader:
    def read(text: str) -> Value:
        if length is not None and len(text) > length:
            raise InvalidValueError
        return text

    return read


def _beginning(length: int | None) -> Reader:
    return lambda text: text[:length]


def _shaped(shape: re.Pattern[str], length: int | None) -> Reader:
    """The length is looked at first: it bounds what the expression has to try."""
    limited = _text(length)

    def read(text: str) -> Value:
        text = text.strip()
        limited(text)
        if not shape.match(text):
            raise InvalidValueError
        return text

    return read


def _whole(field: Field) -> Reader:
    digits = field.length or 18

    def read(text: str) -> Value:
        text = text.strip()
        if not WHOLE.fullmatch(text) or len(text.lstrip("+-")) > digits:
            raise InvalidValueError
        # A long integer is text in the API and keeps its leading zeros.
        return text if field.data_type == "bigint" else int(text)

    return read


def _decimal(field: Field, rules: Rules) -> Reader:
    """What stands after the field's last decimal is left away, or makes the number a wrong one."""
    digits = field.length or 16
    places = field.decimal_places or 0
    most = places if rules.extra_decimals == "refuse" else MAX_DECIMALS

    def read(text: str) -> Value:
        number = NUMBER.fullmatch(text.strip())
        if not number or len(number[1]) > digits or len(number[2] or ".") > most + 1:
            raise InvalidValueError
        return float(number[0][: number.end(1) + 1 + places])

    return read


def _truth(text: str) -> Value:
    match text.strip():
        case "true":
            return True
        case "false":
            return False
        case _:
            raise InvalidValueError


def _several(length: int | None) -> Reader:
    limited = _text(length)

    def read(text: str) -> Value:
        limited(text)
        return [part.strip() for part in text.split(";") if part.strip()]

    return read


def _date(pattern: str | None) -> Reader:
    patterns = (pattern,) if pattern else DATE_PATTERNS
    return lambda text: _by_any(patterns, text.strip()).date().isoformat()


def _moment(pattern: str | None) -> Reader:
    """A date-time that names no offset is meant in the organisation's zone."""
    patterns = (pattern,) if pattern else MOMENT_PATTERNS

    def read(text: str) -> Value:
        text = text.strip()
        moment = _iso_moment(text) if pattern is None and "T" in text else _by_any(patterns, text)
        return moment.replace(tzinfo=moment.tzinfo or ZONE).isoformat(timespec="seconds")

    return read


def _iso_moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidValueError from error


def _by_any(patterns: tuple[str, ...], text: str) -> datetime:
    for pattern in patterns:
        try:
            return read_date(text, pattern)
        except ValueError:
            continue
    raise InvalidValueError
