"""A job's field mappings: which column fills which field, and how its cells are read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from importer.practice.api_errors import ApiError, invalid_data, missing_key
from importer.practice.fields import Field
from importer.practice.java_dates import UnknownPatternError, strptime_pattern
from importer.practice.modules import Module
from importer.practice.trade_modules import MODULES

MAX_MAPPINGS: Final = 200
ROOT: Final = "$.resource[0].field_mappings"


@dataclass(frozen=True, slots=True)
class Mapping:
    """One column (counted from 0) for one field; without a column, `default` fills it."""

    api_name: str
    index: int | None = None
    find_by: str | None = None
    format: str | None = None
    default: str | None = None


def parse_mappings(
    given: Any, module: Module, operation: str, header: list[str]
) -> tuple[Mapping, ...]:
    """The mappings given, or those that the header names; `ApiError` for the first wrong one."""
    if given is None:
        given = [_by_header(name, index) for index, name in enumerate(header)]
    if not isinstance(given, list) or not all(isinstance(entry, dict) for entry in given):
        raise invalid_data("field_mappings", ROOT, expected_data_type="jsonarray")
    fields = [_field(entry, place, module, operation) for place, entry in enumerate(given)]
    mappings = tuple(
        _mapping(entry, place, field, len(header))
        for place, (entry, field) in enumerate(zip(given, fields, strict=True))
    )
    if len(mappings) > MAX_MAPPINGS:
        raise ApiError(
            "HEADER_LIMIT_EXCEEDED",
            f"A file may have at most {MAX_MAPPINGS} columns",
            details={"limit": MAX_MAPPINGS},
        )
    return mappings


def required_fields(module: Module, mappings: Sequence[Mapping]) -> tuple[Field, ...]:
    """What a new record needs in the layout that all rows are for."""
    layout = next((m.default for m in mappings if m.api_name == "Layout" and m.index is None), None)
    return module.required(layout)


def _by_header(name: str, index: int) -> dict[str, Any]:
    """`Account_Name.id` is a lookup by id, a plain name a field."""
    api_name, _, find_by = name.strip().partition(".")
    return {"api_name": api_name, "index": index, "find_by": find_by or None}


def _field(entry: dict[str, Any], place: int, module: Module, operation: str) -> Field:
    api_name = entry.get("api_name")
    if api_name is None:
        raise missing_key("api_name", f"{ROOT}[{place}].api_name")
    field = module.field(str(api_name))
    by_id = api_name == "id" and operation != "insert"
    if field is None or not (field.in_bulk or by_id):
        raise ApiError(
            "INVALID_FIELD",
            f"invalid mapping. invalid api_name {api_name}.",
            details={"api_name": str(api_name), "json_path": f"{ROOT}[{place}].api_name"},
        )
    return field


def _mapping(entry: dict[str, Any], place: int, field: Field, width: int) -> Mapping:
    default, index = _default(entry, place), entry.get("index")
    if index is None and default is None:
        raise missing_key(f"index for field {field.api_name}", f"{ROOT}[{place}].index")
    if index is not None and (isinstance(index, bool) or not isinstance(index, int)):
        raise invalid_data("index", f"{ROOT}[{place}].index", expected_data_type="integer")
    if index is not None and not 0 <= index < width:
        raise ApiError(
            "COLUMN_INDEX_NOT_FOUND",
            f"column index {index} of field {field.api_name} is not in the file",
            details={"api_name": field.api_name, "json_path": f"{ROOT}[{place}].index"},
        )
    return Mapping(
        api_name=field.api_name,
        index=index,
        find_by=_find_by(entry, place, field),
        format=_format(entry, place, field),
        default=default,
    )


def _default(entry: dict[str, Any], place: int) -> str | None:
    given = entry.get("default_value")
    if given is None:
        return None
    if not isinstance(given, dict):
        raise invalid_data("default_value", f"{ROOT}[{place}].default_value")
    value = given.get("value")
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


def _find_by(entry: dict[str, Any], place: int, field: Field) -> str | None:
    """Lookups must say by what they look; users are looked up by id unless by e-mail."""
    find_by = entry.get("find_by")
    if field.lookup is not None:
        if find_by is None and entry.get("index") is not None:
            raise ApiError(
                "MANDATORY_NOT_FOUND",
                "Required key find_by is not available",
                details={"api_name": field.api_name, "json_path": f"{ROOT}[{place}].find_by"},
            )
        supported = {"id", *MODULES[field.lookup].indexed}
    elif field.data_type in ("ownerlookup", "userlookup"):
        supported = {"id", "email"}
    else:
        return None
    if find_by is not None and str(find_by) not in supported:
        raise invalid_data(
            "find_by", f"{ROOT}[{place}].find_by", supported_values=sorted(supported)
        )
    return find_by


def _format(entry: dict[str, Any], place: int, field: Field) -> str | None:
    pattern = entry.get("format")
    if pattern is None or field.data_type not in ("date", "datetime"):
        return None
    try:
        strptime_pattern(str(pattern))
    except UnknownPatternError as error:
        raise ApiError(
            "INVALID_FORMAT",
            f"invalid format for field {field.api_name}",
            details={"api_name": field.api_name, "json_path": f"{ROOT}[{place}].format"},
        ) from error
    return str(pattern)
