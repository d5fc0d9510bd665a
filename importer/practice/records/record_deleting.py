"""Puts one record into the recycle bin, if its state allows."""

from typing import Any

from importer.practice.api.errors import ApiError
from importer.practice.organisation.module import Module
from importer.practice.records.record_writing import refuse_by_state
from importer.practice.storage.record_states import State, state_of
from importer.practice.storage.recycle_bin import RecycleBin
from importer.practice.storage.store import parse_id
from importer.practice.storage.stored_records import StoredRecord, StoredRecords


def delete_by_id(records: StoredRecords, module: Module, text: str, message: str) -> dict[str, Any]:
    """Delete the record, and the answer that says so; `ApiError` if that cannot be."""
    record_id = parse_id(text)
    if record_id is None:
        details = {"id": text, "expected_data_type": "bigint"}
        raise ApiError("UNABLE_TO_PARSE_DATA_TYPE", "unable to parse the id", details=details)
    record = records.get(module, record_id)
    if record is None:
        raise ApiError("INVALID_DATA", "record not deleted", details={"id": text})
    delete(records, module, record)
    details = {"id": str(record.id)}
    return {"code": "SUCCESS", "details": details, "message": message, "status": "success"}


def delete(records: StoredRecords, module: Module, record: StoredRecord) -> None:
    """Delete a record that is at hand. A blueprint keeps nobody from that."""
    if state_of(records.db, record.id) is not State.IN_BLUEPRINT:
        refuse_by_state(records, record)
    RecycleBin(records).take(module, record)
