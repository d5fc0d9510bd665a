"""The calls about single records: read, list, search, query, and write up to 100 at a time."""

from typing import Any, Final

from starlette.responses import JSONResponse, Response

from importer.practice.api_errors import ApiError, missing_key
from importer.practice.calls import Call
from importer.practice.modules import Module
from importer.practice.organisation import CURRENT_USER
from importer.practice.queries import Condition, condition, from_coql, from_criteria
from importer.practice.record_json import local_time, record_json
from importer.practice.record_writing import write_record
from importer.practice.store import parse_id
from importer.practice.stored_records import StoredRecord, StoredRecords

MAX_PER_PAGE: Final = 200
MAX_LISTED: Final = 2000
MAX_FIELDS: Final = 50
MAX_WRITTEN: Final = 100
Json = dict[str, Any]


def list_records(call: Call) -> Response:
    """A page of a module. Only v2 may leave out the fields; `ids` picks records."""
    names = _field_names(call)
    if names is None and call.version != "v2":
        raise _missing_param("fields")
    ids = call.query("ids")
    chosen = condition(call.module, "id", "in", ids.split(",")) if ids else Condition("1", ())
    return _page(call, chosen, names)


def search_records(call: Call) -> Response:
    module, criteria = call.module, call.query("criteria")
    if criteria:
        return _page(call, from_criteria(module, criteria), _field_names(call))
    for kind in ("email", "phone"):
        text = call.query(kind)
        if text:
            return _page(call, _any_field(module, kind, text), _field_names(call))
    raise ApiError("EXPECTED_PARAM_MISSING", "one of criteria, email, phone is expected")


def query_records(call: Call) -> Response:
    """COQL."""
    query = call.json().get("select_query")
    if not isinstance(query, str):
        raise missing_key("select_query", "$.select_query")
    selection = from_coql(query)
    found = call.crm.records.page(
        selection.module,
        selection.condition.sql,
        selection.condition.values,
        offset=selection.offset,
        limit=selection.limit + 1,
    )
    if not found:
        return Response(status_code=204)
    rows = found[: selection.limit]
    data = [record_json(call.crm.records, selection.module, row, selection.fields) for row in rows]
    info = {"count": len(rows), "more_records": len(found) > len(rows)}
    return JSONResponse({"data": data, "info": info})


def read_record(call: Call) -> Response:
    record = _record(call.crm.records, call.module, call.path("record_id"))
    if record is None:
        return Response(status_code=204)
    data = record_json(call.crm.records, call.module, record, _field_names(call))
    return JSONResponse({"data": [data]})


def create_records(call: Call) -> Response:
    return _write_all(call, "insert", _given(call))


def update_records(call: Call) -> Response:
    return _write_all(call, "update", _given(call))


def update_record(call: Call) -> Response:
    given = [{**entry, "id": call.path("record_id")} for entry in _given(call)[:1]]
    return _write_all(call, "update", given)


def delete_records(call: Call) -> Response:
    ids = call.query("ids")
    if not ids:
        raise _missing_param("ids")
    return _delete_all(call, ids.split(","))


def delete_record(call: Call) -> Response:
    return _delete_all(call, [call.path("record_id")])


def _page(call: Call, where: Condition, names: list[str] | None) -> Response:
    page, per_page = call.number("page", 1), call.number("per_page", MAX_PER_PAGE)
    if per_page > MAX_PER_PAGE:
        raise ApiError("INVALID_DATA", "invalid data", details={"param_name": "per_page"})
    if page * per_page > MAX_LISTED:
        raise ApiError(
            "DISCRETE_PAGINATION_LIMIT_EXCEEDED", "more than 2000 records cannot be paged through"
        )
    records, module = call.crm.records, call.module
    found = records.page(
        module, where.sql, where.values, offset=(page - 1) * per_page, limit=per_page + 1
    )
    if not found:
        return Response(status_code=204)
    rows = found[:per_page]
    info = {
        "per_page": per_page,
        "count": len(rows),
        "page": page,
        "more_records": len(found) > len(rows),
        "sort_by": "id",
        "sort_order": "desc",
        "next_page_token": None,
        "previous_page_token": None,
        "page_token_expiry": None,
    }
    data = [record_json(records, module, row, names) for row in rows]
    return JSONResponse({"data": data, "info": info})


def _field_names(call: Call) -> list[str] | None:
    fields = call.query("fields")
    if not fields:
        return None
    names = [name.strip() for name in fields.split(",")]
    if len(names) > MAX_FIELDS:
        raise ApiError("LIMIT_EXCEEDED", "more than 50 fields are given")
    return names


def _any_field(module: Module, data_type: str, text: str) -> Condition:
    """Records with `text` in any of the module's fields of a type."""
    names = [field.api_name for field in module.fields if field.data_type == data_type]
    parts = [condition(module, name, "equals", [text]) for name in names]
    sql = " OR ".join(part.sql for part in parts) or "0"
    return Condition(f"({sql})", tuple(value for part in parts for value in part.values))


def _record(records: StoredRecords, module: Module, text: str) -> StoredRecord | None:
    record_id = parse_id(text)
    if record_id is None:
        raise ApiError("INVALID_DATA", "the id given seems to be invalid")
    return records.get(module, record_id)


def _given(call: Call) -> list[Json]:
    given = call.json().get("data")
    if given is None:
        raise ApiError(
            "MANDATORY_NOT_FOUND", "required field not found", details={"api_name": "data"}
        )
    if not isinstance(given, list) or not all(isinstance(entry, dict) for entry in given):
        raise ApiError("INVALID_DATA", "invalid data", details={"api_name": "data"})
    if not 0 < len(given) <= MAX_WRITTEN:
        raise ApiError("LIMIT_EXCEEDED", "1 to 100 records can be written in one call")
    return given


def _write_all(call: Call, operation: str, given: list[Json]) -> Response:
    """Each record on its own: one that is refused does not hold back the others."""
    with call.crm.store.transaction() as db:
        records = StoredRecords(db)
        answers = [_written(records, call.module, operation, entry) for entry in given]
    return _answers(answers, 201 if operation == "insert" else 200)


def _written(records: StoredRecords, module: Module, operation: str, entry: Json) -> Json:
    try:
        record = write_record(records, module, operation, entry)
    except ApiError as error:
        return error.body()
    by = {"id": CURRENT_USER.id, "name": CURRENT_USER.full_name}
    details = {
        "id": str(record.id),
        "Created_Time": local_time(record.created_time),
        "Modified_Time": local_time(record.modified_time),
        "Created_By": by,
        "Modified_By": by,
        "$approval_state": "approved",
    }
    message = "record added" if operation == "insert" else "record updated"
    return {"code": "SUCCESS", "details": details, "message": message, "status": "success"}


def _delete_all(call: Call, ids: list[str]) -> Response:
    if len(ids) > MAX_WRITTEN:
        raise ApiError("LIMIT_EXCEEDED", "at most 100 records can be deleted in one call")
    with call.crm.store.transaction() as db:
        answers = [_deleted(StoredRecords(db), call.module, text) for text in ids]
    return _answers(answers, 200)


def _deleted(records: StoredRecords, module: Module, text: str) -> Json:
    record_id = parse_id(text)
    record = None if record_id is None else records.get(module, record_id)
    if record is None:
        return ApiError("INVALID_DATA", "record not deleted", details={"id": text}).body()
    records.delete(module, record)
    return {
        "code": "SUCCESS",
        "details": {"id": str(record.id)},
        "message": "record deleted",
        "status": "success",
    }


def _answers(answers: list[Json], all_good: int) -> Response:
    good = sum(answer["status"] == "success" for answer in answers)
    status = all_good if good == len(answers) else 207 if good else 400
    return JSONResponse({"data": answers}, status_code=status)


def _missing_param(name: str) -> ApiError:
    return ApiError(
        "REQUIRED_PARAM_MISSING",
        "One of the expected parameter is missing",
        details={"param_name": name},
    )
