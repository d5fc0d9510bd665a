"""Comparisons of fields with values, as conditions that the database understands.

Search, COQL, bulk read and the custom views all ask through here, each by its own grammar.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from importer.practice.api.errors import ApiError
from importer.practice.organisation.company import ZONE
from importer.practice.organisation.fields import Field
from importer.practice.organisation.module import Module
from importer.practice.organisation.modules import MODULES
from importer.practice.storage.store import parse_id
from importer.practice.storage.stored_records import Value, key_text

COLUMNS: Final = {"id": "id", "Created_Time": "created_time", "Modified_Time": "modified_time"}
COMPARISONS: Final = {
    "less_than": "<",
    "less_equal": "<=",
    "greater_than": ">",
    "greater_equal": ">=",
}
NEGATIONS: Final = {
    "not_equal": "equal",
    "not_in": "in",
    "not_contains": "contains",
    "not_like": "like",
    "not_between": "between",
}
PATTERNS: Final = {"starts_with": "{}%", "ends_with": "%{}", "contains": "%{}%"}
LONGEST_PATTERN: Final = 5000
Joint = Literal["and", "or"]


@dataclass(frozen=True, slots=True)
class Condition:
    """An SQL condition on the records table, its values apart."""

    sql: str
    values: tuple[Value, ...] = ()


EVERY: Final = Condition("1")


def joined(parts: Sequence[Condition], joint: Joint) -> Condition:
    """All of the parts, or any of them."""
    sql = f" {joint.upper()} ".join(part.sql for part in parts)
    return Condition(f"({sql})", tuple(value for part in parts for value in part.values))


def condition(module: Module, name: str, operator: str, texts: Sequence[str]) -> Condition:
    """One comparison; by index where the field has one.

    Operators are `equal`, `in`, `less_than` and so on, `starts_with`, `contains`, `like`,
    `between`, `null`, and what negates them. `Account_Name.Industry` asks the record pointed at.
    """
    field, target, beyond = reached(module, name)
    if target is not None and (beyond != "id" or "->" in name):
        return _at_target(field, target, beyond, operator, texts)
    if operator in NEGATIONS:
        asked = condition(module, field.api_name, NEGATIONS[operator], texts)
        return Condition(f"NOT coalesce({asked.sql}, 0)", asked.values)
    if operator == "null":
        return Condition(f"{_column(field)} IS NULL")
    return _comparison(module, field, operator, texts)


def reached(module: Module, name: str) -> tuple[Field, Module | None, str]:
    """A field; or a pointer, the module it leads to and the field there, as `Account_Name.Phone`.

    What may point at several modules says which: `What_Id->Leads.Phone`.
    """
    pointer, _, beyond = name.partition(".")
    pointer, _, wanted = pointer.partition("->")
    field = known_field(module, pointer)
    if not beyond and not wanted:
        return field, None, ""
    target = MODULES.get(wanted or field.lookup or "")
    if target is None or field.lookup is None or not beyond:
        raise invalid_query(column_name=name)
    known_field(target, beyond)
    return field, target, beyond


def expression(module: Module, name: str) -> str:
    """The SQL for the value of a field, or of a field of the record pointed at."""
    field, target, beyond = reached(module, name)
    if target is None:
        return _column(field)
    return (
        f"(SELECT {expression(target, beyond)} FROM records AS target WHERE target.deleted = 0"  # noqa: S608 - known fields
        f" AND target.id = CAST(json_extract(records.data, '$.{field.api_name}') AS INTEGER))"
    )


def known_field(module: Module, name: str) -> Field:
    field = module.field(name)
    if field is None:
        raise invalid_query(column_name=name)
    return field


def invalid_query(**details: str) -> ApiError:
    return ApiError("INVALID_QUERY", "invalid query formed", details=details)


def _comparison(module: Module, field: Field, operator: str, texts: Sequence[str]) -> Condition:
    column = _column(field)
    if operator in ("equal", "in") and texts:
        return _equality(module, field, texts)
    if operator == "between" and len(texts) == 2:
        low, high = (_comparable(field, text) for text in texts)
        return Condition(f"{column} BETWEEN ? AND ?", (low, high))
    if len(texts) != 1 or len(texts[0]) > LONGEST_PATTERN:
        raise invalid_query(column_name=field.api_name)
    if operator in COMPARISONS:
        value = _comparable(field, texts[0])
        return Condition(f"{column} {COMPARISONS[operator]} ?", (value,))
    if operator in PATTERNS:
        pattern = PATTERNS[operator].format(_unwild(texts[0], r"[\\%_]"))
        return Condition(f"{column} LIKE ? ESCAPE '\\'", (pattern,))
    if operator == "like":
        return Condition(f"{column} LIKE ? ESCAPE '\\'", (_unwild(texts[0], r"[\\_]"),))
    raise invalid_query(operator=operator)


def _equality(module: Module, field: Field, texts: Sequence[str]) -> Condition:
    if field.api_name in module.indexed:
        return _by_index(module, field.api_name, texts)
    values = tuple(_comparable(field, text) for text in texts)
    column = _column(field)
    if field.data_type == "boolean":
        return Condition(f"coalesce({column}, 0) IN ({_marks(values)})", values)
    if field.json_type == "jsonarray":
        entries = f"SELECT value FROM json_each(data, '$.{field.api_name}')"  # noqa: S608 - a known field
        return Condition(f"EXISTS ({entries} WHERE value IN ({_marks(values)}))", values)
    return Condition(f"{column} COLLATE NOCASE IN ({_marks(values)})", values)


def _by_index(module: Module, name: str, texts: Sequence[str]) -> Condition:
    inner = "SELECT record_id FROM keys WHERE module = ? AND field = ?"
    keys = tuple(key_text(text) for text in texts)
    sql = f"id IN ({inner} AND value IN ({_marks(keys)}))"
    return Condition(sql, (module.api_name, name, *keys))


def _at_target(
    field: Field, target: Module, beyond: str, operator: str, texts: Sequence[str]
) -> Condition:
    asked = condition(target, beyond, operator, texts)
    found = "SELECT CAST(id AS TEXT) FROM records WHERE module = ? AND deleted = 0"
    sql = f"{_column(field)} IN ({found} AND {asked.sql})"
    return Condition(sql, (target.api_name, *asked.values))


def _column(field: Field) -> str:
    """Where a field's value lies; its name comes from the metadata."""
    return COLUMNS.get(field.api_name) or f"json_extract(data, '$.{field.api_name}')"


def _marks(values: Sequence[Value]) -> str:
    return ", ".join("?" for _ in values)


def _unwild(text: str, special: str) -> str:
    return re.sub(f"({special})", r"\\\1", text)


def _comparable(field: Field, text: str) -> Value:
    """`text` as the database keeps such values."""
    try:
        if field.api_name == "id":
            return parse_id(text) or 0
        if field.api_name in COLUMNS:
            return _moment(text).astimezone(UTC).isoformat(timespec="seconds")
        if field.data_type == "datetime":
            return _moment(text).isoformat(timespec="seconds")
        if field.json_type in ("integer", "double"):
            return float(text)
    except (ValueError, OverflowError) as error:
        raise invalid_query(column_name=field.api_name) from error
    return text.lower() == "true" if field.data_type == "boolean" else text


def _moment(text: str) -> datetime:
    """A date-time that names no offset is meant in the organisation's zone."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=moment.tzinfo or ZONE)
