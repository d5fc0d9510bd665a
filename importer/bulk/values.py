"""Values as the CRM has them: when two are the same, and how a file's text becomes one."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from importer.crm.schema import Field

_WHOLE = frozenset({"integer", "bigint"})
_NUMBERS = frozenset({*_WHOLE, "double", "decimal", "currency", "percent"})
_POINTERS = frozenset({"lookup", "ownerlookup", "userlookup", "layout"})
_WITHOUT_CASE = frozenset({"email", "website"})
_NO_OPTION = "-None-"


def canonical(field: Field, value: Any, time_zone: str) -> str:
    """One text for all that mean the same in `field`: JSON of a record, or a text that was sent.

    A date-time without an offset is one of `time_zone` (an IANA name). Blank is "", of a tick box
    "false".
    """
    if isinstance(value, Mapping):
        return str(value.get("id") or "")
    text = _text(value).strip().replace("\r\n", "\n")
    match field.data_type:
        case "boolean":
            return text.lower() or "false"
        case "multiselectpicklist":
            pieces = value if isinstance(value, list) else text.split(";")
            return ";".join(sorted({_option(field, str(p).strip()) for p in pieces} - {""}))
        case "picklist":
            return _option(field, text)
        case "datetime":
            return _moment(text, time_zone)
        case kind if kind in _NUMBERS:
            return _number(field, text)
        case kind if kind in _WITHOUT_CASE:
            return text.lower()
    return text


def from_text(field: Field, text: str | None) -> Any:
    """The JSON value that `text` in a bulk read's file stands for; None where it is blank."""
    if not text:
        return False if field.data_type == "boolean" else None
    match field.data_type:
        case "boolean":
            return text.lower() == "true"
        case "multiselectpicklist":
            return text.split(";")
        case "bigint":
            return text
        case "integer":
            return int(text)
        case kind if kind in _NUMBERS:
            return float(text)
        case kind if kind in _POINTERS:
            return {"id": text}
    return text


def to_write(value: Any) -> Any:
    """A value that was read, as the CRM takes it back: a pointer by its id alone."""
    return {"id": value["id"]} if isinstance(value, Mapping) and "id" in value else value


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
    return str(value)


def _option(field: Field, text: str) -> str:
    """The value of the option that `text` names, by label or value."""
    if text == _NO_OPTION:
        return ""
    return next((o.value for o in field.options if text in (o.label, o.value)), text)


def _number(field: Field, text: str) -> str:
    try:
        number = Decimal(text)
        if field.decimal_places is not None and field.data_type not in _WHOLE:
            number = number.quantize(Decimal(1).scaleb(-field.decimal_places), ROUND_DOWN)
    except InvalidOperation:  # no number, or of more digits than any field has
        return text
    return f"{number.normalize():f}" if number else "0"


def _moment(text: str, time_zone: str) -> str:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return text
    aware = read if read.tzinfo else read.replace(tzinfo=ZoneInfo(time_zone))
    return aware.astimezone(UTC).isoformat(timespec="seconds")
