"""A job's field mappings, checked: every key of each."""

import re
from dataclasses import dataclass
from typing import Any, Final

from importer.practice.api.errors import ApiError, invalid_data, missing_key
from importer.practice.bulk.resource_parsing import Given
from importer.practice.judging.java_dates import UnknownPatternError, strptime_pattern
from importer.practice.judging.mapping import Mapping
from importer.practice.judging.values import InvalidValueError, reader
from importer.practice.organisation.fields import Field
from importer.practice.organisation.modules import MODULES

MAX_MAPPINGS: Final = 200
NUMBERS: Final = ("integer", "bigint", "double", "currency", "percent")
# Digits and the marks between them. Zoho lists the patterns it knows, and that list is lost.
NUMBER_PATTERN: Final = re.compile(r"[#0]+(?:[.,' \u00a0][#0]+)*")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One mapping as the caller gave it, for one field."""

    given: Json
    path: str
    field: Field

    def wrong(self, key: str, **details: Any) -> ApiError:
        return invalid_data(key, f"{self.path}.{key}", **details)

    def refused(self, code: str, message: str, key: str) -> ApiError:
        details = {"api_name": self.field.api_name, "json_path": f"{self.path}.{key}"}
        return ApiError(code, message, details=details)


def parse_mappings(
    about: Given, operation: str, header: list[str], parent_header: list[str]
) -> tuple[Mapping, ...]:
    """The mappings given, or those that the header names; `ApiError` for the first wrong one."""
    path = f"{about.path}.field_mappings"
    given = about.entry.get("field_mappings")
    if given is None and (about.version == "v2" or about.parent is not None):
        raise missing_key("field_mappings", path)
    if given is None:
        given = [_by_header(name, index) for index, name in enumerate(header)]
    if not isinstance(given, list) or not all(isinstance(entry, dict) for entry in given):
        raise invalid_data("field_mappings", path, expected_data_type="jsonarray")
    entries = [
        Entry(one, f"{path}[{place}]", _field(one, f"{path}[{place}]", about, operation))
        for place, one in enumerate(given)
    ]
    mappings = tuple(_mapping(entry, about, len(header), len(parent_header)) for entry in entries)
    _require_reasonable(entries)
    return mappings


def _require_reasonable(entries: list[Entry]) -> None:
    if len(entries) > MAX_MAPPINGS:
        raise ApiError(
            "HEADER_LIMIT_EXCEEDED",
            f"A file may have at most {MAX_MAPPINGS} columns",
            details={"limit": MAX_MAPPINGS},
        )
    seen: set[str] = set()
    for entry in entries:
        if entry.field.api_name in seen:
            raise entry.refused("DUPLICATE_DATA", "the field is mapped twice", "api_name")
        seen.add(entry.field.api_name)


def _by_header(name: str, index: int) -> Json:
    """`Account_Name.id` is a lookup by id, a plain name a field; `Parent_Id` holds ids."""
    api_name, _, find_by = name.strip().partition(".")
    by_id = "id" if api_name == "Parent_Id" else None
    return {"api_name": api_name, "index": index, "find_by": find_by or by_id}


def _field(given: Json, path: str, about: Given, operation: str) -> Field:
    api_name = given.get("api_name")
    if api_name is None:
        raise missing_key("api_name", f"{path}.api_name")
    field = about.module.field(str(api_name))
    if field is None or not _may_be_filled(field, about, operation):
        raise ApiError(
            "INVALID_FIELD",
            f"invalid mapping. invalid api_name {api_name}.",
            details={"api_name": str(api_name), "json_path": f"{path}.api_name"},
        )
    return field


def _may_be_filled(field: Field, about: Given, operation: str) -> bool:
    """Of a linking module its two lookups only; no users in the oldest version."""
    if field.api_name == "id":
        return operation != "insert"
    if about.module.kind == "linking":
        return field in about.module.own_fields
    return field.in_bulk and not (about.version == "v2" and field.names_user)


def _mapping(entry: Entry, about: Given, width: int, parent_width: int) -> Mapping:
    default, index = _default(entry), entry.given.get("index")
    if index is None and default is None:
        name = entry.field.api_name
        raise missing_key(f"index for field {name}", f"{entry.path}.index")
    if index is not None:
        _require_column(entry, "index", width)
    link = _link(entry, about, parent_width)
    return Mapping(
        api_name=entry.field.api_name,
        index=index,
        find_by=None if link is not None else _find_by(entry, about),
        format=_format(entry, default),
        default=default,
        parent_column_index=link,
        ignore_empty=about.version == "v2" and entry.given.get("ignore_empty") is True,
    )


def _require_column(entry: Entry, key: str, width: int) -> None:
    index = entry.given[key]
    if isinstance(index, bool) or not isinstance(index, int):
        raise entry.wrong(key, expected_data_type="integer")
    if not 0 <= index < width:
        message = f"column index {index} of field {entry.field.api_name} is not in the file"
        raise entry.refused("COLUMN_INDEX_NOT_FOUND", message, key)


def _link(entry: Entry, about: Given, parent_width: int) -> int | None:
    """The parent file's column that the rows refer to, for the lookup to the parent."""
    index = entry.given.get("parent_column_index")
    if index is None:
        return None
    if about.parent is None or entry.field != about.module.link_to(about.parent):
        raise entry.wrong("parent_column_index")
    if entry.given.get("find_by") is not None:
        message = "find_by and parent_column_index cannot be given together"
        raise entry.refused("COEXISTENCE_NOT_ALLOWED", message, "parent_column_index")
    _require_column(entry, "parent_column_index", parent_width)
    return int(index)


def _default(entry: Entry) -> str | None:
    given = entry.given.get("default_value")
    if given is None:
        return None
    if not isinstance(given, dict):
        raise entry.wrong("default_value")
    value = given.get("value")
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


def _find_by(entry: Entry, about: Given) -> str | None:
    """Lookups must say by what they look; users are looked up by id unless by e-mail."""
    find_by, field = entry.given.get("find_by"), entry.field
    if field.lookup is not None:
        if find_by is None and entry.given.get("index") is not None:
            links = about.parent is not None and field == about.module.link_to(about.parent)
            key = "parent_column_index" if links else "find_by"
            raise entry.refused("MANDATORY_NOT_FOUND", f"Required key {key} is not available", key)
        supported = {"id", *MODULES[field.lookup].indexed}
    elif field.names_user:
        supported = {"id", "email"}
    else:
        return None
    if find_by is not None and str(find_by) not in supported:
        raise entry.wrong("find_by", supported_values=sorted(supported))
    return find_by


def _format(entry: Entry, default: str | None) -> str | None:
    """The pattern of a date, which must be one, and which the default must follow.

    That of a number must be one too, and is kept; the cells are plain numbers all the same.
    """
    given, field = entry.given.get("format"), entry.field
    pattern = None if given is None else str(given)
    message = f"invalid format for field {field.api_name}"
    if field.data_type in NUMBERS:
        if pattern is not None and not NUMBER_PATTERN.fullmatch(pattern):
            raise entry.refused("INVALID_FORMAT", message, "format")
        return pattern
    if field.data_type not in ("date", "datetime"):
        return None
    try:
        strptime_pattern(pattern or "")
    except UnknownPatternError as error:
        raise entry.refused("INVALID_FORMAT", message, "format") from error
    try:
        if default is not None:
            reader(field, pattern)(default)
    except InvalidValueError as error:
        raise entry.refused("INVALID_FORMAT", message, "default_value") from error
    return pattern
