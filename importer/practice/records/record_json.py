"""Records as the API shows them: every field under its name, pointers with the names of targets."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from importer.practice.organisation.company import CURRENT_USER, USERS_BY_ID, ZONE, User
from importer.practice.organisation.fields import Field
from importer.practice.organisation.module import Module
from importer.practice.records.related import target_of
from importer.practice.records.row_fields import amounts, rows_of, shown_fields
from importer.practice.storage.record_states import State, state_of
from importer.practice.storage.store import parse_id
from importer.practice.storage.stored_records import StoredRecord, StoredRecords, Value

Json = dict[str, Any]
LARGE_TEXT: Final = 32_000  # what is longer is rich text
CUT_AT: Final = 500


def record_json(
    records: StoredRecords,
    module: Module,
    record: StoredRecord,
    names: Iterable[str] | None = None,
    *,
    in_list: bool = False,
) -> Json:
    """The record's id and the fields named, or all; names that the module lacks are passed over.

    In a list, rich text is cut short and fields that hold rows are left out.
    """
    asked = module.fields if names is None else [module.field(name) for name in names]
    fields = [f for f in asked if f is not None and not (in_list and f.virtual)]
    shown = {f.api_name: _shown(records, module, record, f) for f in fields}
    if in_list:
        shown = {f.api_name: _cut(f, shown[f.api_name]) for f in fields}
    elif "Grand_Total" in shown:
        shown["Grand_Total"] = _grand_total(shown)
    return {**shown, "id": str(record.id)}


def state_json(records: StoredRecords, record: StoredRecord) -> Json:
    """The flags of a single record that say whether it may be changed."""
    state = state_of(records.db, record.id)
    approved = state is not State.UNAPPROVED
    return {
        "$approved": approved,
        "$approval_state": "approved" if approved else "approval_process_pending",
        "$process_flow": state is State.IN_BLUEPRINT,
        "$locked_for_me": state is State.LOCKED,
    }


def display_name(module: Module, record: StoredRecord) -> str:
    """What people call the record."""
    return str(record.data.get(module.display_field.api_name) or record.id)


def local_time(text: str) -> str:
    """A moment of the database in the organisation's zone."""
    return datetime.fromisoformat(text).astimezone(ZONE).isoformat(timespec="seconds")


def user_json(user: User) -> Json:
    return {"id": user.id, "name": user.full_name, "email": user.email}


def _shown(records: StoredRecords, module: Module, record: StoredRecord, field: Field) -> Any:
    match field.api_name:
        case "Created_By" | "Modified_By":
            return user_json(CURRENT_USER)
        case "Created_Time":
            return local_time(record.created_time)
        case "Modified_Time":
            return local_time(record.modified_time)
    if field.virtual:
        return _rows(records, module, record, field)
    value = record.data.get(field.api_name)
    if value is None:
        return False if field.data_type == "boolean" else None
    target = target_of(records, field, value)
    if target is not None:
        return _target(records, target, value)
    if field.data_type in ("ownerlookup", "userlookup"):
        return user_json(USERS_BY_ID[str(value)])
    if field.data_type == "layout":
        return next(
            {"id": layout.id, "name": layout.name, "display_label": layout.name}
            for layout in module.layouts
            if layout.id == value
        )
    return value


def _rows(records: StoredRecords, module: Module, record: StoredRecord, field: Field) -> list[Json]:
    rows, link, found = rows_of(records, module, field, record)
    names = shown_fields(rows, link)
    return [amounts(record_json(records, rows, row, names)) for row in found]


def _grand_total(shown: Json) -> float:
    """What the line items come to together."""
    totals = [
        row.get("Total") or 0 for rows in shown.values() if isinstance(rows, list) for row in rows
    ]
    return float(round(sum(totals) + (shown.get("Adjustment") or 0), 2))


def _cut(field: Field, value: Any) -> Any:
    rich = field.data_type == "textarea" and (field.length or 0) > LARGE_TEXT
    return value[:CUT_AT] if rich and isinstance(value, str) else value


def _target(records: StoredRecords, target: Module, value: Value) -> Json:
    """The record pointed at; one deleted since keeps its id only."""
    record_id = parse_id(str(value))
    record = None if record_id is None else records.get(target, record_id)
    name = None if record is None else display_name(target, record)
    return {"id": str(value), "name": name}
