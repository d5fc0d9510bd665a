"""What a COQL query finds, as the API shows it: records, or groups of them summed up."""

import json
from typing import Any

from importer.practice.organisation.fields import Field
from importer.practice.organisation.module import Module
from importer.practice.records.conditions import expression, reached
from importer.practice.records.coql import Selection
from importer.practice.records.coql_columns import Column
from importer.practice.records.record_json import local_time, record_json
from importer.practice.storage.store import parse_id
from importer.practice.storage.stored_records import StoredRecord, StoredRecords

Json = dict[str, Any]


def selected(records: StoredRecords, selection: Selection) -> list[Json]:
    """The rows, one more than asked for if there are more."""
    if selection.sums_up:
        return _summed_up(records, selection)
    found = records.page(
        selection.module,
        selection.condition.sql,
        selection.condition.values,
        order=selection.order,
        offset=selection.offset,
        limit=selection.limit + 1,
    )
    return [_row(records, selection, record) for record in found]


def _row(records: StoredRecords, selection: Selection, record: StoredRecord) -> Json:
    """The columns and the id, which is always there."""
    module = selection.module
    row = {column.key: _value(records, module, record, column.name) for column in selection.columns}
    return {**row, "id": str(record.id)}


def _value(records: StoredRecords, module: Module, record: StoredRecord, name: str) -> Any:
    """A pointer is its id only; `Account_Name.Phone` is the target's field."""
    field, target, beyond = reached(module, name)
    if target is None:
        shown = record_json(records, module, record, [field.api_name])[field.api_name]
        return {"id": shown["id"]} if isinstance(shown, dict) else shown
    target_id = parse_id(str(record.data.get(field.api_name) or ""))
    found = None if target_id is None else records.get(target, target_id)
    return None if found is None else _value(records, target, found, beyond)


def _summed_up(records: StoredRecords, selection: Selection) -> list[Json]:
    module, where = selection.module, selection.condition
    columns = ", ".join(column.sql(module) for column in selection.columns)
    groups = ", ".join(expression(module, name) for name in selection.groups)
    rows = records.db.execute(
        f"SELECT {columns} FROM records"  # noqa: S608 - known fields; values are bound
        f" WHERE module = ? AND deleted = 0 AND {where.sql}"
        f"{' GROUP BY ' + groups if groups else ''}"
        f" ORDER BY {selection.order} LIMIT ? OFFSET ?",
        (module.api_name, *where.values, selection.limit + 1, selection.offset),
    )
    return [
        {
            column.key: _shown(_field(module, column), value, column)
            for column, value in zip(selection.columns, row, strict=True)
        }
        for row in rows
    ]


def _field(module: Module, column: Column) -> Field:
    field, target, beyond = reached(module, column.name)
    return field if target is None else target.field(beyond) or field


def _shown(field: Field, value: Any, column: Column) -> Any:
    """A value of the database as the API shows it."""
    if value is None or column.aggregate in ("COUNT", "SUM", "AVG"):
        return value
    if field.api_name in ("Created_Time", "Modified_Time"):
        return local_time(value)
    match field.json_type:
        case "boolean":
            return bool(value)
        case "jsonobject":
            return {"id": value}
        case "jsonarray":
            return json.loads(value)
        case _:
            return str(value) if field.api_name == "id" else value
