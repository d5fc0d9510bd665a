"""The calls that write records, up to 100 at a time, each answered for on its own."""

from collections.abc import Callable
from typing import Any, Final

from starlette.responses import JSONResponse, Response

from importer.practice.api.calls import Call
from importer.practice.api.errors import ApiError, missing_param
from importer.practice.organisation.company import CURRENT_USER
from importer.practice.organisation.module import Module
from importer.practice.records.external_ids import ExternalIds
from importer.practice.records.queries import modified_since
from importer.practice.records.record_deleting import delete_by_id
from importer.practice.records.record_json import local_time, state_json
from importer.practice.records.record_writing import (
    clash_fields,
    existing_record,
    insert_record,
    update_record,
)
from importer.practice.storage.stored_records import StoredRecord, StoredRecords

MAX_WRITTEN: Final = 100
TRIGGERS: Final = frozenset({"workflow", "approval", "blueprint", "pathfinder", "orchestration"})
FEATURES: Final = {
    "apply_feature_execution": frozenset({"layout_rules"}),
    "skip_feature_execution": frozenset({"cadences"}),
}
NEVER_UPSERTED: Final = ("Tasks", "Events", "Calls")
Json = dict[str, Any]
Write = Callable[[StoredRecords, Json, str], Json]


def create_records(call: Call) -> Response:
    module, external = call.module, ExternalIds(call)

    def write(records: StoredRecords, given: Json, path: str) -> Json:
        given = external.resolved(records, given, path, whole=False)
        record = insert_record(records, module, given, path)
        return _success("record added", _about(records, record))

    return _write_all(call, _given(call), write, all_good=201)


def update_records(call: Call) -> Response:
    return _update_all(call, _given(call))


def update_one(call: Call) -> Response:
    record_id = ExternalIds(call).record_id(call.crm.records, call.path("record_id"))
    return _update_all(call, [{**_given(call)[0], "id": record_id}])


def upsert_records(call: Call) -> Response:
    """Update what one of the duplicate check fields finds, insert the rest."""
    module = call.module
    if module.api_name in NEVER_UPSERTED:
        raise ApiError("INVALID_MODULE", "The given module is not supported in API")
    fields = clash_fields(module, _duplicate_check_fields(call, module))
    external = ExternalIds(call)

    def write(records: StoredRecords, given: Json, path: str) -> Json:
        given = external.resolved(records, given, path, whole=False)
        return _upserted(records, module, given, fields, path)

    return _write_all(call, _given(call), write, all_good=200)


def delete_records(call: Call) -> Response:
    ids = call.query("ids")
    if not ids:
        raise missing_param("ids")
    return _delete_all(call, ids.split(","))


def delete_one(call: Call) -> Response:
    external = ExternalIds(call)
    return _delete_all(call, [external.record_id(call.crm.records, call.path("record_id"))])


def answers(data: list[Json], all_good: int = 200) -> Response:
    """One answer for each record, under the status of all of them together."""
    good = sum(answer["status"] == "success" for answer in data)
    status = all_good if good == len(data) else 207 if good else 400
    return JSONResponse({"data": data}, status_code=status)


def _given(call: Call) -> list[Json]:
    body = call.json()
    given = body.get("data")
    if given is None:
        missing = {"api_name": "data", "json_path": "$.data"}
        raise ApiError("MANDATORY_NOT_FOUND", "required field not found", details=missing)
    if not isinstance(given, list) or not all(isinstance(entry, dict) for entry in given):
        raise _invalid("data", expected_data_type="jsonarray")
    if not 0 < len(given) <= MAX_WRITTEN:
        details: Json = {"api_name": "data", "limit": MAX_WRITTEN}
        raise ApiError(
            "LIMIT_EXCEEDED", "1 to 100 records are written in one call", details=details
        )
    _require_siblings(body)
    return given


def _require_siblings(body: Json) -> None:
    """What stands beside `data` must be known, though nothing here is triggered by it."""
    _require_known("trigger", _listed(body, "trigger"), TRIGGERS)
    for key, known in FEATURES.items():
        features = _listed(body, key)
        names = [one.get("name") if isinstance(one, dict) else one for one in features]
        _require_known(key, names, known)


def _listed(body: Json, key: str) -> list[Any]:
    value = body.get(key)
    if value is not None and not isinstance(value, list):
        raise _invalid(key, expected_data_type="jsonarray")
    return value or []


def _require_known(key: str, names: list[Any], known: frozenset[str]) -> None:
    if not all(isinstance(name, str) and name in known for name in names):
        raise _invalid(key, supported_values=sorted(known))


def _invalid(key: str, **details: Any) -> ApiError:
    about = {"api_name": key, "json_path": f"$.{key}", **details}
    return ApiError("INVALID_DATA", "invalid data", details=about)


def _write_all(call: Call, given: list[Json], write: Write, *, all_good: int) -> Response:
    """Each record on its own: one that is refused does not hold back the others."""
    data = []
    with call.crm.store.transaction() as db:
        records = StoredRecords(db)
        for place, entry in enumerate(given):
            try:
                with call.crm.store.savepoint(db):
                    data.append(write(records, entry, f"$.data[{place}]"))
            except ApiError as error:
                data.append(error.body())
    if [answer["code"] for answer in data] == ["ALREADY_MODIFIED"]:
        return JSONResponse({"data": data}, status_code=412)
    return answers(data, all_good)


def _update_all(call: Call, given: list[Json]) -> Response:
    module, external = call.module, ExternalIds(call)
    unless_since = modified_since(call, "If-Unmodified-Since")

    def write(records: StoredRecords, entry: Json, path: str) -> Json:
        entry = external.resolved(records, entry, path, whole="id" not in entry)
        if unless_since is not None:
            _refuse_modified(existing_record(records, module, entry.get("id"), path), unless_since)
        record = update_record(records, module, entry, path)
        return _success("record updated", _about(records, record))

    return _write_all(call, given, write, all_good=200)


def _refuse_modified(record: StoredRecord, since: str) -> None:
    if record.modified_time > since:
        details = {"id": str(record.id)}
        raise ApiError("ALREADY_MODIFIED", "the record was modified since", details=details)


def _duplicate_check_fields(call: Call, module: Module) -> list[str] | None:
    body = call.json()
    if body.get("duplicate_check_fields") is None:
        return None
    names = _listed(body, "duplicate_check_fields")
    for place, name in enumerate(names):
        if not isinstance(name, str) or name not in module.key_fields:
            details = {"api_name": name, "json_path": f"$.duplicate_check_fields[{place}]"}
            message = "the field is no duplicate check field"
            raise ApiError("INVALID_DATA", message, details=details)
    return names


def _upserted(
    records: StoredRecords, module: Module, given: Json, fields: list[str], path: str
) -> Json:
    found, duplicate_field = given.get("id"), None
    for name in fields:
        value = given.get(name)
        holders = records.find(module, name, value) if found is None and value else []
        if holders:
            found, duplicate_field = holders[0], name
    if found is None:
        record, action = insert_record(records, module, given, path), "insert"
    else:
        record, action = update_record(records, module, {**given, "id": found}, path), "update"
    message = "record added" if action == "insert" else "record updated"
    return {
        **_success(message, _about(records, record)),
        "action": action,
        "duplicate_field": duplicate_field,
    }


def _success(message: str, details: Json) -> Json:
    return {"code": "SUCCESS", "details": details, "message": message, "status": "success"}


def _about(records: StoredRecords, record: StoredRecord) -> Json:
    by = {"id": CURRENT_USER.id, "name": CURRENT_USER.full_name}
    return {
        "id": str(record.id),
        "Created_Time": local_time(record.created_time),
        "Modified_Time": local_time(record.modified_time),
        "Created_By": by,
        "Modified_By": by,
        "$approval_state": state_json(records, record)["$approval_state"],
    }


def _delete_all(call: Call, ids: list[str]) -> Response:
    if len(ids) > MAX_WRITTEN:
        details = {"param_name": "ids", "limit": MAX_WRITTEN}
        raise ApiError(
            "LIMIT_EXCEEDED", "at most 100 records are deleted by a call", details=details
        )
    data = []
    with call.crm.store.transaction() as db:
        for text in ids:
            try:
                data.append(delete_by_id(StoredRecords(db), call.module, text, "record deleted"))
            except ApiError as error:
                data.append(error.body())
    return answers(data)
