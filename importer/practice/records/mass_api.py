"""Mass update and mass delete: by ids at once, by view on a schedule; and how that goes."""

from typing import Any, Final

from starlette.responses import JSONResponse, Response

from importer.practice.api.calls import Call
from importer.practice.api.errors import ApiError
from importer.practice.errands.errands import Errand, ErrandState, Kind
from importer.practice.organisation.company import CURRENT_USER
from importer.practice.organisation.module import Module
from importer.practice.records.mass_actions import chosen_records, mass_values
from importer.practice.records.record_deleting import delete_by_id
from importer.practice.records.record_json import local_time
from importer.practice.records.record_writing import existing_record, update_record
from importer.practice.records.value_shapes import require_shape
from importer.practice.records.writing_api import answers
from importer.practice.storage.store import parse_id
from importer.practice.storage.stored_records import StoredRecords

MAX_IDS: Final = 500
MAX_FIELDS: Final = {"Deals": 3}
NEVER_UPDATED: Final = ("Cases",)
Json = dict[str, Any]


def mass_update(call: Call) -> Response:
    module, body = call.module, call.json()
    if not module.listed or module.api_name in NEVER_UPDATED:
        raise ApiError("INVALID_MODULE", "The given module is not supported in API")
    values = _values(module, body)
    ids = _ids(body)
    if ids is None:
        return _schedule(call, Kind.MASS_UPDATE, {**body, "data": values}, 202)
    with call.crm.store.transaction() as db:
        data = [_updated(StoredRecords(db), module, body, values, one) for one in ids]
    return answers(data)


def mass_delete(call: Call) -> Response:
    module, body = call.module, call.json()
    if not module.listed:
        raise ApiError("NOT_SUPPORTED", "mass delete is not supported for the module")
    ids = _ids(body)
    if ids is None:
        return _schedule(call, Kind.MASS_DELETE, body, 400)
    data = []
    with call.crm.store.transaction() as db:
        for one in ids:
            try:
                data.append(delete_by_id(StoredRecords(db), module, one, "record is deleted"))
            except ApiError as error:
                data.append(error.body())
    return answers(data)


def delete_cost(call: Call) -> int:
    """A credit for every hundred records, by ids or by view; a wrong request is one call."""
    try:
        body = call.json()
        ids = _ids(body)
        records = _count(call, _request(call, body)) if ids is None else len(ids)
    except ApiError:
        return 1
    return -(-records // 100) or 1


def update_status(call: Call) -> Response:
    errand = _errand(call, Kind.MASS_UPDATE)
    counts = {"Updated_Count": errand.done, "Not_Updated_Count": errand.unchanged}
    return _status(errand, counts)


def delete_status(call: Call) -> Response:
    errand = _errand(call, Kind.MASS_DELETE)
    return _status(errand, {"Deleted_Count": errand.done})


def _values(module: Module, body: Json) -> Json:
    """The one set of values that all records get."""
    data = body.get("data")
    if data is None:
        raise _missing("data")
    if not isinstance(data, list) or len(data) != 1 or not isinstance(data[0], dict):
        raise ApiError("INVALID_DATA", "invalid data", details=_at("data"))
    values: Json = data[0]
    if not values:
        raise ApiError("INVALID_DATA", "No field found", details=_at("data"))
    if len(values) > MAX_FIELDS.get(module.api_name, 1):
        raise ApiError("INVALID_DATA", "Max field limit exceeded", details=_at("data"))
    for name, value in values.items():
        _require_updatable(module, name, value)
    return values


def _require_updatable(module: Module, name: str, value: Any) -> None:
    field = module.field(name)
    details = {"api_name": name, "json_path": f"$.data[0].{name}"}
    if field is None:
        raise ApiError("INVALID_DATA", "Field is not visible", details=details)
    if not field.mass_updatable:
        message = "This field cannot be updated in the Mass Update"
        raise ApiError("INVALID_DATA", message, details=details)
    require_shape(field, value, "$.data[0]")
    if value is None and field.mandatory:
        raise ApiError("MANDATORY_NOT_FOUND", "required field not found", details=details)


def _ids(body: Json) -> list[str] | None:
    """The ids that are given; None if a view is."""
    ids = body.get("ids")
    if ids is None:
        if body.get("cvid") is None:
            raise _missing("cvid")
        return None
    if body.get("cvid") is not None:
        due_to = [_at("ids"), _at("cvid")]
        raise ApiError(
            "AMBIGUITY_DURING_PROCESSING",
            "ambiguity while processing the request",
            details={"ambiguity_due_to": due_to},
        )
    if not isinstance(ids, list) or not ids:
        details = {**_at("ids"), "expected_data_type": "jsonarray"}
        raise ApiError("INVALID_DATA", "invalid data", details=details)
    if len(ids) > MAX_IDS:
        details = {**_at("ids"), "limit": str(MAX_IDS)}
        raise ApiError("LIMIT_EXCEEDED", "Record count exceeded", details=details)
    return [str(one) for one in ids]


def _updated(records: StoredRecords, module: Module, body: Json, values: Json, one: str) -> Json:
    try:
        record = existing_record(records, module, one, "$.ids")
        keeps = body.get("over_write") is not True
        record = update_record(records, module, mass_values(values, record, keeps=keeps))
    except ApiError as error:
        return {**error.body(), "details": {**error.details, "id": one}}
    by = {"id": CURRENT_USER.id, "name": CURRENT_USER.full_name}
    details = {
        "id": one,
        "Modified_Time": local_time(record.modified_time),
        "Created_Time": local_time(record.created_time),
        "Modified_By": by,
        "Created_By": by,
    }
    return {"code": "SUCCESS", "details": details, "message": "record updated", "status": "success"}


def _schedule(call: Call, kind: Kind, body: Json, already_status: int) -> Response:
    """Take on the records of a view, unless the module is busy with the like."""
    module, crm = call.module, call.crm
    request = _request(call, body)
    count = _count(call, request)
    if not count:
        raise ApiError("NO_RECORDS_FOUND", "no records found")
    if count > crm.control.switches.max_scheduled:
        raise ApiError("LIMIT_EXCEEDED", "Record count exceeded")
    word = kind.value.replace("_", " ")
    with crm.store.transaction() as db:
        if crm.errands.unfinished(kind, module):
            busy = ApiError("ALREADY_SCHEDULED", f"{word} is already scheduled")
            return JSONResponse({"data": [busy.body()]}, status_code=already_status)
        job_id = crm.errands.accept(db, kind, module, request, crm.settings.pace_s)
    answer = {
        "code": "SUCCESS",
        "details": {"job_id": str(job_id)},
        "message": f"{word} scheduled successfully",
        "status": "success",
    }
    return JSONResponse({"data": [answer]})


def _request(call: Call, body: Json) -> Json:
    """What is asked for, as errands keep it."""
    territory = body.get("territory")
    if territory is not None and not isinstance(territory, dict):
        details = {**_at("territory"), "expected_data_type": "jsonobject"}
        raise ApiError("INVALID_DATA", "invalid data", details=details)
    request: Json = {key: body[key] for key in ("data", "cvid", "over_write") if key in body}
    return {**request, "territory": territory, "criteria": _criteria(call, body)}


def _count(call: Call, request: Json) -> int:
    where = chosen_records(call.module, request)
    return call.crm.records.count(call.module, where.sql, where.values)


def _criteria(call: Call, body: Json) -> list[Any]:
    """Only v8 narrows a view down by criteria."""
    criteria = body.get("criteria") if call.version == "v8" else None
    return criteria if isinstance(criteria, list) else [criteria] if criteria else []


def _errand(call: Call, kind: Kind) -> Errand:
    job_id = call.query("job_id")
    if not job_id:
        details = {"param_name": "job_id"}
        raise ApiError("MANDATORY_NOT_FOUND", "required field not found", details=details)
    known = parse_id(job_id)
    errand = None if known is None else call.crm.errands.get(kind, known)
    if errand is None or errand.module is not call.module:
        raise ApiError("NOT_FOUND", "the job is not found", status=404)
    return errand


def _status(errand: Errand, counts: Json) -> Response:
    """Keys with capitals, as Zoho has them here. A mass delete knows no waiting."""
    waits = errand.state is ErrandState.SCHEDULED and errand.kind is Kind.MASS_DELETE
    state = ErrandState.RUNNING if waits else errand.state
    status = {
        "Status": state.value.upper(),
        "Failed_Count": errand.failed,
        **counts,
        "Total_Count": errand.total,
    }
    return JSONResponse({"data": [status]})


def _missing(key: str) -> ApiError:
    return ApiError("MANDATORY_NOT_FOUND", "required field not found", details=_at(key))


def _at(key: str) -> dict[str, str]:
    return {"api_name": key, "json_path": f"$.{key}"}
