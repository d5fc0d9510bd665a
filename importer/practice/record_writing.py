"""Writes one record given as JSON, by the same rules as the rows of a job.

A JSON value is put into the words a cell would use (a pointer by its id, a list by semicolons) and
judged like one; `null` empties a field.
"""

from typing import Any

from importer.practice.api_errors import ApiError
from importer.practice.columns import build_columns
from importer.practice.job_mappings import Mapping
from importer.practice.modules import Module
from importer.practice.rows import RowJudge
from importer.practice.store import parse_id
from importer.practice.stored_records import StoredRecord, StoredRecords

MESSAGES = {
    "MANDATORY_NOT_FOUND": "required field not found",
    "DUPLICATE_DATA": "duplicate data",
    "INVALID_DATA": "invalid data",
}


def write_record(
    records: StoredRecords, module: Module, operation: str, given: dict[str, Any]
) -> StoredRecord:
    """Insert or update a record; `ApiError` with the first thing that is wrong with it."""
    cells = _cells(records, module, operation, given)
    names = list(cells)
    judge = RowJudge(
        records,
        module,
        build_columns(records, module, [Mapping(n, i) for i, n in enumerate(names)], names),
        operation=operation,
        find_by="id" if operation == "update" else None,
    )
    outcome = judge.take(list(cells.values()))
    if outcome.reasons:
        code, at_fault = next(iter(outcome.reasons.items()))
        raise ApiError(code, MESSAGES.get(code, "invalid data"), details={"api_name": at_fault[0]})
    written = records.get(module, outcome.record_id or 0)
    if written is None:
        raise LookupError(outcome)
    return written


def _cells(
    records: StoredRecords, module: Module, operation: str, given: dict[str, Any]
) -> dict[str, str]:
    """A cell for each field that is given, or that the operation cannot do without."""
    writable = {name: value for name, value in given.items() if _writable(module, name)}
    for name, value in writable.items():
        _require_shape(module, name, value)
    cells = {name: _cell(value) for name, value in writable.items()}
    if operation == "insert":
        return {f.api_name: "" for f in module.fields if f.mandatory} | cells
    _require_record(records, module, given.get("id"))
    return cells | {"id": str(given["id"])}


def _writable(module: Module, name: str) -> bool:
    """Names that nobody knows are passed over, as are fields that only the CRM fills."""
    field = module.field(name)
    return field is not None and field.in_bulk


def _require_shape(module: Module, name: str, value: Any) -> None:
    """Only pointers are objects, and only fields with several values are lists."""
    field = module.field(name)
    if field is None or not isinstance(value, dict | list):
        return
    shape = "jsonobject" if isinstance(value, dict) else "jsonarray"
    if field.json_type != shape:
        expected = {"api_name": name, "expected_data_type": field.json_type}
        raise ApiError("INVALID_DATA", "invalid data", details=expected)


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case {"id": record_id}:
            return str(record_id)
        case list():
            return ";".join(_cell(part) for part in value)
        case _:
            return str(value)


def _require_record(records: StoredRecords, module: Module, given: Any) -> None:
    if given is None:
        raise ApiError(
            "MANDATORY_NOT_FOUND", "required field not found", details={"api_name": "id"}
        )
    record_id = parse_id(str(given))
    if record_id is None or records.get(module, record_id) is None:
        raise ApiError(
            "INVALID_DATA", "the id given seems to be invalid", details={"api_name": "id"}
        )
