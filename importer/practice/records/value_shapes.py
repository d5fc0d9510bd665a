"""What JSON a field's value may be given as, and how that is written as a cell."""

from typing import Any, Final

from importer.practice.api.errors import ApiError
from importer.practice.organisation.fields import Field

NAMED_BY_TYPE: Final = (
    "email",
    "phone",
    "website",
    "date",
    "datetime",
    "integer",
    "bigint",
    "double",
    "boolean",
)


def require_shape(field: Field, value: Any, path: str) -> None:
    """`ApiError` unless `value` is JSON of the field's kind; `null` is of every kind."""
    if value is not None and not _fits(field, value):
        raise invalid_value(field, path)


def invalid_value(field: Field, path: str, **details: Any) -> ApiError:
    about = {"api_name": field.api_name, "json_path": f"{path}.{field.api_name}", **details}
    if not details:
        about["expected_data_type"] = expected_type(field)
    return ApiError("INVALID_DATA", "invalid data", details=about)


def expected_type(field: Field) -> str:
    if field.data_type in NAMED_BY_TYPE:
        return field.data_type
    return "text" if field.json_type == "string" else field.json_type


def cell(value: Any) -> str:
    """The words a cell would use: a pointer by its id, a list by semicolons, nothing for `null`."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case {"id": record_id}:
            return str(record_id)
        case list():
            return ";".join(cell(part) for part in value)
        case _:
            return str(value)


def _fits(field: Field, value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    match field.json_type:
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return is_number and isinstance(value, int)
        case "double":
            return is_number
        case "jsonarray":
            return isinstance(value, list) and all(isinstance(part, str) for part in value)
        case "jsonobject":
            return "id" in value if isinstance(value, dict) else isinstance(value, str | int)
        case _ if field.data_type == "bigint":
            return isinstance(value, str | int) and not isinstance(value, bool)
        case _:
            return isinstance(value, str)
