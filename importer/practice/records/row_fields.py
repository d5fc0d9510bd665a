"""Fields that hold rows: subforms, line items, and lookups of several records or users.

The field itself is empty; its rows are records of a module of their own that point at the record.
A row given with an id is changed, or removed if it says `_delete`; one without is appended, and
`null` in place of the rows removes them all.
"""

from collections.abc import Iterator
from typing import Any, Final

from importer.practice.api.errors import ApiError
from importer.practice.organisation.fields import Field
from importer.practice.organisation.module import Module
from importer.practice.organisation.modules import MODULES
from importer.practice.storage.stored_records import StoredRecord, StoredRecords

MAX_ROWS: Final = 100
SHOWN_OF_ROWS: Final = frozenset({"Created_Time", "Modified_Time"})
Json = dict[str, Any]


def row_fields(module: Module) -> Iterator[tuple[Field, Module, Field]]:
    """Each such field, the module of its rows, and the lookup by which a row knows its record."""
    for field in module.own_fields:
        if field.virtual and field.rows_in is not None:
            rows = MODULES[field.rows_in]
            link = rows.link_to(module)
            if link is not None:
                yield field, rows, link


def rows_of(
    records: StoredRecords, module: Module, field: Field, record: StoredRecord
) -> tuple[Module, Field, list[StoredRecord]]:
    """The module, the link and the records of a field's rows, oldest first."""
    for one, rows, link in row_fields(module):
        if one is field:
            return rows, link, records.pointing(rows, link.api_name, record.id)
    raise KeyError(field.api_name)


def shown_fields(rows: Module, link: Field) -> list[str]:
    """What a record shows of each of its rows: all but what leads back to the record."""
    own = [field.api_name for field in rows.own_fields if field is not link]
    return own if rows.kind == "linking" else [*own, *sorted(SHOWN_OF_ROWS)]


def given_rows(field: Field, value: Any, path: str) -> list[Json]:
    """The rows of a field as they were given; `ApiError` if these are none."""
    place = {"api_name": field.api_name, "json_path": f"{path}.{field.api_name}"}
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        details = {**place, "expected_data_type": "jsonarray"}
        raise ApiError("INVALID_DATA", "invalid data", details=details)
    if len(value) > MAX_ROWS:
        details = {**place, "limit": str(MAX_ROWS)}
        raise ApiError("LIMIT_EXCEEDED", "more than 100 rows are given", details=details)
    return value


def amounts(row: Json) -> Json:
    """A line item with what it comes to."""
    if not isinstance(row.get("Quantity"), int | float):
        return row
    price = row.get("List_Price") or 0
    return {**row, "Total": round(row["Quantity"] * price - (row.get("Discount") or 0), 2)}
