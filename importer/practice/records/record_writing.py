"""Writes one record given as JSON, by the same rules as the rows of a job.

A JSON value is put into the words a cell would use and judged like one; `null` empties a field.
"""

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from importer.practice.api.errors import ApiError
from importer.practice.clock import CLOCK
from importer.practice.judging.columns import build_columns
from importer.practice.judging.mapping import Mapping
from importer.practice.judging.rows import Outcome, RowJudge
from importer.practice.organisation.company import USERS_BY_ID
from importer.practice.organisation.fields import Field
from importer.practice.organisation.module import Module
from importer.practice.records.related import RELATED, pointing_at
from importer.practice.records.row_fields import given_rows, row_fields
from importer.practice.records.value_shapes import cell, expected_type, invalid_value, require_shape
from importer.practice.storage.record_states import State, set_state, state_of
from importer.practice.storage.store import parse_id
from importer.practice.storage.stored_records import StoredRecord, StoredRecords

Given = MappingOf[str, Any]
PERCENT: Final = range(101)
MAX_PARTICIPANTS: Final = 50


def insert_record(
    records: StoredRecords, module: Module, given: Given, path: str = "$.data[0]"
) -> StoredRecord:
    """A new record; `ApiError` with what is wrong with it, the place told from `path` on."""
    module = pointing_at(module, given, path)
    required = module.required(_layout_id(given))
    if "Layout" not in given:
        required = tuple(field for field in required if field.mandatory)
    _require_rows(module, given, path)
    cells = {field.api_name: "" for field in required if not field.virtual}
    cells |= _cells(module, given, path)
    record = _written(records, module, "insert", cells, given, path)
    _require_callee(module, record, path)
    _write_rows(records, module, record, given, path)
    if given.get("$approved") is False:
        set_state(records.db, record.id, State.UNAPPROVED)
    return record


def update_record(
    records: StoredRecords, module: Module, given: Given, path: str = "$.data[0]"
) -> StoredRecord:
    """A changed record, the one whose id is given; `ApiError` with what speaks against it."""
    record = existing_record(records, module, given.get("id"), path)
    refuse_by_state(records, record)
    module = pointing_at(module, given, path)
    merged = _appended(module, record, given)
    cells = {**_cells(module, merged, path), "id": str(record.id)}
    record = _written(records, module, "update", cells, merged, path)
    _write_rows(records, module, record, given, path)
    return record


def existing_record(records: StoredRecords, module: Module, given: Any, path: str) -> StoredRecord:
    """The record that an id names; ids come as text and as numbers."""
    if given is None:
        details = {"api_name": "id", "json_path": f"{path}.id"}
        raise ApiError("MANDATORY_NOT_FOUND", "required field not found", details=details)
    record_id = parse_id(str(given))
    record = None if record_id is None else records.get(module, record_id)
    if record is None:
        raise invalid_id(api_name="id", json_path=f"{path}.id")
    return record


def invalid_id(**details: str) -> ApiError:
    return ApiError("INVALID_DATA", "the id given seems to be invalid", details=details)


def refuse_by_state(records: StoredRecords, record: StoredRecord) -> None:
    """`ApiError` if the record's state forbids that it is changed."""
    state = state_of(records.db, record.id)
    if state is not None:
        raise ApiError(state.record_code, state.sentence, details={"id": str(record.id)})


def _require_rows(module: Module, given: Given, path: str) -> None:
    """A document cannot be without line items."""
    for field, _, _ in row_fields(module):
        if field.mandatory and not given.get(field.api_name):
            details = {"api_name": field.api_name, "json_path": f"{path}.{field.api_name}"}
            raise ApiError("MANDATORY_NOT_FOUND", "required field not found", details=details)


def _require_callee(module: Module, record: StoredRecord, path: str) -> None:
    """A call that is still to come is to somebody, or about something."""
    if module.api_name != "Calls" or record.data.keys() & {"Who_Id", RELATED}:
        return
    if datetime.fromisoformat(str(record.data["Call_Start_Time"])) > CLOCK.now():
        details = {"api_name": "Who_Id", "json_path": f"{path}.Who_Id"}
        raise ApiError("MANDATORY_NOT_FOUND", "required field not found", details=details)


def _write_rows(
    records: StoredRecords, module: Module, record: StoredRecord, given: Given, path: str
) -> None:
    for field, rows, link in row_fields(module):
        if field.api_name not in given:
            continue
        present = records.pointing(rows, link.api_name, record.id)
        value = given[field.api_name]
        if value is None:
            for row in present:
                records.remove(rows, row)
            continue
        known = {str(row.id): row for row in present}
        for place, entry in enumerate(given_rows(field, value, path)):
            at = f"{path}.{field.api_name}[{place}]"
            _write_row(records, rows, known, {**entry, link.api_name: str(record.id)}, at)


def _write_row(
    records: StoredRecords, rows: Module, known: MappingOf[str, StoredRecord], row: Given, path: str
) -> None:
    """Append, change or remove one row; only the record's own rows are known."""
    if rows.kind == "linking":
        _refuse_locked_targets(records, rows, row)
    if row.get("id") is None:
        insert_record(records, rows, row, path)
        return
    present = known.get(str(row["id"]))
    if present is None:
        raise invalid_id(api_name="id", json_path=f"{path}.id")
    if "_delete" in row:
        records.remove(rows, present)
    else:
        update_record(records, rows, row, path)


def _refuse_locked_targets(records: StoredRecords, rows: Module, row: Given) -> None:
    """What is locked must not be linked to either."""
    for field in rows.own_fields:
        target = parse_id(cell(row.get(field.api_name)))
        if target is not None and state_of(records.db, target) is State.LOCKED:
            details = {"id": str(target), "api_name": field.api_name}
            raise ApiError(State.LOCKED.record_code, State.LOCKED.sentence, details=details)


def _written(
    records: StoredRecords,
    module: Module,
    operation: str,
    cells: dict[str, str],
    given: Given,
    path: str,
) -> StoredRecord:
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
        raise _refusal(records, module, outcome, given, path)
    record = records.get(module, outcome.record_id or 0)
    if record is None:
        raise LookupError(outcome)
    return record


def _cells(module: Module, given: Given, path: str) -> dict[str, str]:
    """A cell for each field that is given. Names that nobody knows are passed over, as are fields
    that only the CRM fills.
    """
    _require_room(given, path)
    cells = {}
    for name, value in given.items():
        field = module.field(name)
        if field is not None and field.in_bulk:
            require_shape(field, value, path)
            _require_sense(field, value, path)
            cells[name] = cell(value)
    return cells


def _require_room(given: Given, path: str) -> None:
    """A meeting's people are counted, though they are not kept."""
    people = given.get("Participants")
    if isinstance(people, list) and len(people) > MAX_PARTICIPANTS:
        details = {
            "api_name": "Participants",
            "json_path": f"{path}.Participants",
            "limit": MAX_PARTICIPANTS,
        }
        raise ApiError("LIMIT_EXCEEDED", "more than 50 participants are given", details=details)


def _require_sense(field: Field, value: Any, path: str) -> None:
    details = {"api_name": field.api_name, "json_path": f"{path}.{field.api_name}"}
    if field.api_name == "Probability" and value is not None and value not in PERCENT:
        raise ApiError("INVALID_DATA", "Given Probability is not valid", details=details)
    if field.api_name == "Call_Duration" and value is not None and not str(value).strip("0:"):
        raise ApiError("DEPENDENT_MISMATCH", "Call Duration can not be zero.", details=details)


def _layout_id(given: Given) -> str | None:
    layout = given.get("Layout")
    return cell(layout) if layout is not None else None


def _appended(module: Module, record: StoredRecord, given: Given) -> Given:
    """`given` with the entries that `$append_values` keeps in a multi-select picklist."""
    wanted = given.get("$append_values")
    if not isinstance(wanted, dict):
        return given
    merged = dict(given)
    for name, append in wanted.items():
        kept, new = record.data.get(name), given.get(name)
        if append is True and isinstance(kept, list) and isinstance(new, list):
            merged[name] = [*kept, *(entry for entry in new if entry not in kept)]
    return merged


def _refusal(
    records: StoredRecords, module: Module, outcome: Outcome, given: Given, path: str
) -> ApiError:
    """The first thing that is wrong, as the API words it; clashes in several fields together."""
    code, names = next(iter((outcome.reasons or {}).items()))
    fields = [field for name in names if (field := module.field(name)) is not None]
    errors = [_error(records, module, code, field, given, path) for field in fields]
    if code == "DUPLICATE_DATA" and len(errors) > 1:
        details = {"errors": [error.body() for error in errors]}
        return ApiError("MULTIPLE_OR_MULTI_ERRORS", "multiple errors", details=details)
    return errors[0] if errors else ApiError(code, "invalid data")


def _error(
    records: StoredRecords, module: Module, code: str, field: Field, given: Given, path: str
) -> ApiError:
    details = {"api_name": field.api_name, "json_path": f"{path}.{field.api_name}"}
    value = given.get(field.api_name)
    if code == "DUPLICATE_DATA":
        holder = records.find(module, field.api_name, value)[0]
        details |= _duplicate(records, module, holder)
        return ApiError(code, "duplicate data", details=details)
    if code == "MANDATORY_NOT_FOUND":
        return ApiError(code, "required field not found", details=details)
    if isinstance(value, str) and field.length is not None and len(value) > field.length:
        return invalid_value(field, path, maximum_length=field.length)
    return invalid_value(field, path, expected_data_type=expected_type(field))


def _duplicate(records: StoredRecords, module: Module, record_id: int) -> dict[str, Any]:
    """Whose value it is that was given again."""
    named = {"api_name": module.api_name, "id": module.id}
    record = records.get(module, record_id)
    owner = USERS_BY_ID[str(record.data["Owner"])] if record else None
    holder: dict[str, Any] = {"id": str(record_id), "module": named}
    if owner is not None:
        holder["Owner"] = {"id": owner.id, "name": owner.full_name}
    return {"id": str(record_id), "duplicate_record": holder}


def clash_fields(module: Module, given: Sequence[str] | None) -> list[str]:
    """The fields an upsert looks for a record by, in their order.

    Those given, then the rest of the unique fields that people made; without any, the system's
    own field first.
    """
    unique = [f.api_name for f in module.own_fields if f.unique and f.custom]
    first = list(given) if given is not None else [module.duplicate_check]
    return first + [name for name in unique if name not in first]
