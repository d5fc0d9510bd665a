"""Records as the API shows them: every field under its name, pointers with the names of targets."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from importer.practice.fields import Field
from importer.practice.modules import Module
from importer.practice.organisation import CURRENT_USER, USERS_BY_ID, ZONE, User
from importer.practice.store import parse_id
from importer.practice.stored_records import StoredRecord, StoredRecords
from importer.practice.trade_modules import MODULES
from importer.practice.values import Value

Json = dict[str, Any]


def record_json(
    records: StoredRecords, module: Module, record: StoredRecord, names: Iterable[str] | None = None
) -> Json:
    """The record's id and the fields named, or all; names that the module lacks are passed over."""
    fields = module.fields if names is None else [module.field(name) for name in names]
    shown = {f.api_name: _shown(records, module, record, f) for f in fields if f is not None}
    return {**shown, "id": str(record.id)}


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
    value = record.data.get(field.api_name)
    if value is None:
        return False if field.data_type == "boolean" else None
    if field.lookup is not None:
        return _target(records, MODULES[field.lookup], value)
    if field.data_type in ("ownerlookup", "userlookup"):
        return user_json(USERS_BY_ID[str(value)])
    if field.data_type == "layout":
        return next(
            {"id": layout.id, "name": layout.name, "display_label": layout.name}
            for layout in module.layouts
            if layout.id == value
        )
    return value


def _target(records: StoredRecords, target: Module, value: Value) -> Json:
    """The record pointed at; one deleted since keeps its id only."""
    record_id = parse_id(str(value))
    record = None if record_id is None else records.get(target, record_id)
    name = None if record is None else display_name(target, record)
    return {"id": str(value), "name": name}
