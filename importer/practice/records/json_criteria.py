"""Criteria given as JSON, as bulk read and mass update take them: comparisons in groups."""

from typing import Any, Final

from importer.practice.api.errors import ApiError
from importer.practice.organisation.module import Module
from importer.practice.records.conditions import Condition, condition, joined

MAX_CRITERIA: Final = 25
MAX_VALUES: Final = 1000
MAX_DEPTH: Final = 5
EMPTY: Final = "${EMPTY}"
COMPARATORS: Final = frozenset(
    {
        "equal",
        "not_equal",
        "in",
        "not_in",
        "less_than",
        "less_equal",
        "greater_than",
        "greater_equal",
        "contains",
        "not_contains",
        "starts_with",
        "ends_with",
        "between",
        "not_between",
    }
)
LISTED: Final = ("in", "not_in", "between", "not_between")


def from_json(module: Module, criteria: Any) -> Condition:
    """The criteria as one condition; `ApiError` in the words of bulk read."""
    if _size(criteria, 1) > MAX_CRITERIA:
        raise ApiError("CRITERIA_LIMIT_EXCEEDED", "more than 25 criteria are given")
    return _condition(module, criteria)


def _size(criteria: Any, depth: int) -> int:
    """How many comparisons there are; whatever is none counts as one."""
    if depth > MAX_DEPTH:
        raise ApiError("INVALID_CRITERIA", "invalid criteria")
    group = criteria.get("group") if isinstance(criteria, dict) else None
    return sum(_size(one, depth + 1) for one in group) if isinstance(group, list) else 1


def _condition(module: Module, criteria: Any) -> Condition:
    if not isinstance(criteria, dict):
        raise ApiError("INVALID_CRITERIA", "invalid criteria")
    if "group" not in criteria:
        return _comparison(module, criteria)
    joint, group = str(criteria.get("group_operator")).lower(), criteria["group"]
    if joint not in ("and", "or"):
        raise ApiError("GROUP_OPERATOR_NOT_SUPPORTED", "the group operator is not supported")
    if not isinstance(group, list) or not group:
        raise ApiError("INVALID_CRITERIA", "invalid criteria")
    parts = [_condition(module, part) for part in group]
    return joined(parts, "and" if joint == "and" else "or")


def _comparison(module: Module, criterion: dict[str, Any]) -> Condition:
    named = criterion.get("field", criterion)  # the SDK for v8 names it by a text in mass updates
    name = named.get("api_name") if isinstance(named, dict) else named
    if not isinstance(name, str) or module.field(name.partition(".")[0]) is None:
        details = {"field": name}
        raise ApiError(
            "FIELD_IN_CRITERIA_NOT_AVAILABLE", "the field is not available", details=details
        )
    comparator, value = criterion.get("comparator"), criterion.get("value")
    if comparator not in COMPARATORS:
        details = {"comparator": comparator}
        raise ApiError(
            "FIELD_COMPARATOR_IN_CRITERIA_NOT_SUPPORTED",
            "the comparator is not supported",
            details=details,
        )
    if value is None or value == EMPTY:
        found = condition(module, name, "null", [])
        return found if comparator == "equal" else Condition(f"NOT {found.sql}", found.values)
    return condition(module, name, comparator, _texts(name, comparator, value))


def _texts(name: str, comparator: str, value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    if comparator in LISTED and isinstance(value, str):
        values = value.split(",")
    if len(values) > MAX_VALUES:
        raise ApiError("VALUE_LIMIT_EXCEEDED_IN_CRITERIA", "too many values are given")
    if not values or (len(values) > 1 and comparator not in LISTED):
        raise ApiError(
            "COMPARATOR_AND_VALUE_IN_CRITERIA_NOT_COMPATIBLE",
            "the comparator and the value do not go together",
            details={"field": name},
        )
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in values]
