"""What an activity is about: `What_Id` points at a record of the module that `$se_module` names."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from importer.practice.api.errors import ApiError
from importer.practice.organisation.fields import Field
from importer.practice.organisation.module import Module
from importer.practice.organisation.modules import MODULES
from importer.practice.storage.store import parse_id
from importer.practice.storage.stored_records import StoredRecord, StoredRecords, Value

RELATED: Final = "What_Id"
NAMED_BY: Final = "$se_module"
NEVER_RELATED: Final = ("Tasks", "Events", "Calls")


def pointing_at(module: Module, given: Mapping[str, Any], path: str) -> Module:
    """The module as it is for what is given: with the pointer leading where that says.

    `ApiError` if a pointer is given and the module is not, or is none that can be pointed at.
    """
    if module.field(RELATED) is None or given.get(RELATED) is None:
        return module
    name = given.get(NAMED_BY)
    details = {"api_name": NAMED_BY, "json_path": f"{path}.{NAMED_BY}"}
    if name is None:
        raise ApiError("MANDATORY_NOT_FOUND", "required field not found", details=details)
    target = MODULES.get(str(name))
    if target is None or not target.listed or target.api_name in NEVER_RELATED:
        raise ApiError("INVALID_DATA", "invalid data", details=details)
    return _leading_to(module, target)


def as_it_points(records: StoredRecords, module: Module, record: StoredRecord) -> Module:
    """The module, with the pointer leading where that of a record does."""
    field, value = module.field(RELATED), record.data.get(RELATED)
    if field is None or value is None:
        return module
    target = target_of(records, field, value)
    return module if target is None else _leading_to(module, target)


def related_json(records: StoredRecords, module: Module, record: StoredRecord) -> dict[str, Any]:
    """The name of the module that a single activity is about."""
    field = as_it_points(records, module, record).field(RELATED)
    return {NAMED_BY: field.lookup} if field and record.data.get(RELATED) else {}


def target_of(records: StoredRecords, field: Field, value: Value) -> Module | None:
    """The module of the record that a pointer's value names: ids are never given twice."""
    if field.lookup is None or field.api_name != RELATED:
        return MODULES.get(field.lookup or "")
    row = records.db.execute(
        "SELECT module FROM records WHERE id = ?", (parse_id(str(value)),)
    ).fetchone()
    return MODULES[row["module"]] if row else MODULES[field.lookup]


@lru_cache(maxsize=64)
def _leading_to(module: Module, target: Module) -> Module:
    fields = (
        replace(field, lookup=target.api_name) if field.api_name == RELATED else field
        for field in module.own_fields
    )
    return replace(module, own_fields=tuple(fields))
