"""The calls about deleted records: what was deleted, the recycle bin, restoring and emptying."""

import json
from contextlib import suppress
from typing import Any, Final

from starlette.responses import JSONResponse, Response

from importer.practice.api.calls import Call
from importer.practice.api.errors import ApiError
from importer.practice.organisation.company import CURRENT_USER
from importer.practice.records.bin_filters import fits, read_filters
from importer.practice.records.queries import MAX_PER_PAGE, invalid_param
from importer.practice.records.record_json import local_time
from importer.practice.records.record_writing import invalid_id
from importer.practice.storage.recycle_bin import Deletion, Kind, RecycleBin, ValueTakenError
from importer.practice.storage.store import parse_id
from importer.practice.storage.stored_records import StoredRecords

MAX_DELETED: Final = 100
MAX_RESTORED: Final = 200
KINDS: Final[dict[str, tuple[Kind, ...]]] = {
    "all": ("recycle", "permanent"),
    "recycle": ("recycle",),
    "permanent": ("permanent",),
}
Json = dict[str, Any]


def deleted_records(call: Call) -> Response:
    """What was deleted from a module."""
    kind = call.query("type") or "all"
    if kind not in KINDS:
        details = {"param_name": "type", "supported_values": list(KINDS)}
        message = "Please check whether the input values are correct"
        raise ApiError("PATTERN_NOT_MATCHED", message, details=details)
    page, per_page, offset = _page(call)
    found = _bin(call).list(KINDS[kind], call.module, offset=offset, limit=per_page + 1)
    if not found:
        return Response(status_code=204)
    data = [_deletion_json(one) for one in found[:per_page]]
    return JSONResponse({"data": data, "info": _info(page, per_page, len(found))})


def list_bin(call: Call) -> Response:
    page, per_page, offset = _page(call)
    if call.query("ids") or call.query("filters"):
        found = _chosen(call)[offset : offset + per_page + 1]
    else:
        found = _bin(call).list(("recycle",), offset=offset, limit=per_page + 1)
    if not found:
        return Response(status_code=204)
    entries = [_entry_json(one) for one in found[:per_page]]
    return JSONResponse({"recycle_bin": entries, "info": _info(page, per_page, len(found))})


def read_entry(call: Call) -> Response:
    found = _find(_bin(call), call.path("record_id"))
    return JSONResponse({"recycle_bin": [_entry_json(found)]})


def purge_records(call: Call) -> Response:
    """Delete for good what ids or filters name."""
    ids, filters = call.query("ids"), call.query("filters")
    if not ids and not filters:
        message = "one of ids, filters is expected"
        details = {"param_names": ["ids", "filters"]}
        raise ApiError("EXPECTED_PARAM_MISSING", message, details=details)
    if ids and len(ids.split(",")) > MAX_DELETED:
        limit: Json = {"param_name": "ids", "limit": MAX_DELETED}
        raise ApiError("LIMIT_EXCEEDED", "at most 100 ids can be given", details=limit)
    names = ids.split(",") if ids else [str(one.record_id) for one in _chosen(call)]
    return _each(call, names, restore=False)


def purge_record(call: Call) -> Response:
    return _each(call, [call.path("record_id")], restore=False)


def restore_record(call: Call) -> Response:
    _require_v8(call)
    return _each(call, [call.path("record_id")], restore=True)


def restore_records(call: Call) -> Response:
    """Restore what `ids`, `filters` or `restore_all_records` name: exactly one of them."""
    _require_v8(call)
    body = call.json()
    given = [key for key in ("ids", "filters", "restore_all_records") if body.get(key)]
    if len(given) != 1:
        raise _not_one_of(given)
    if given == ["ids"]:
        ids = body["ids"]
        if not isinstance(ids, list) or len(ids) > MAX_RESTORED:
            raise ApiError("INVALID_DATA", "invalid data", details={"api_name": "ids"})
        return _each(call, [str(one) for one in ids], restore=True)
    filters = read_filters(body["filters"]) if given == ["filters"] else []
    with call.crm.store.transaction() as db:
        recycle_bin = RecycleBin(StoredRecords(db))
        for one in recycle_bin.every():
            if fits(one, filters):
                with suppress(ValueTakenError):  # that one stays in the bin
                    recycle_bin.restore(one)
    scheduled = {
        "code": "SCHEDULED",
        "details": {},
        "message": "restore is scheduled successfully",
        "status": "success",
    }
    return JSONResponse({"recycle_bin": [scheduled]}, status_code=202)


def empty_bin(call: Call) -> Response:
    _require_v8(call)
    with call.crm.store.transaction() as db:
        recycle_bin = RecycleBin(StoredRecords(db))
        for one in recycle_bin.every():
            recycle_bin.purge(one)
    answer = {
        "code": "SUCCESS",
        "details": {},
        "message": "recyclebin is cleared",
        "status": "success",
    }
    return JSONResponse(answer)


def _require_v8(call: Call) -> None:
    """Earlier versions know nothing of restoring and emptying."""
    if call.version != "v8":
        details = {"supported_version": "v8"}
        message = "the API is not supported in this version"
        raise ApiError("API_NOT_SUPPORTED", message, details=details)


def _bin(call: Call) -> RecycleBin:
    return RecycleBin(call.crm.records)


def _page(call: Call) -> tuple[int, int, int]:
    """Number, size and offset of the page."""
    page, per_page = call.number("page", 1), call.number("per_page", MAX_PER_PAGE)
    if per_page > MAX_PER_PAGE:
        raise invalid_param("per_page")
    return page, per_page, (page - 1) * per_page


def _chosen(call: Call) -> list[Deletion]:
    """The entries that the parameters `ids` or `filters` name."""
    ids, filters = call.query("ids"), call.query("filters")
    recycle_bin = _bin(call)
    if ids:
        found = [recycle_bin.find(parse_id(text) or 0) for text in ids.split(",")]
        return [one for one in found if one is not None]
    try:
        read = read_filters(json.loads(filters or ""))
    except ValueError as error:
        raise invalid_param("filters") from error
    return [one for one in recycle_bin.every() if fits(one, read)]


def _find(recycle_bin: RecycleBin, text: str) -> Deletion:
    record_id = parse_id(text)
    found = None if record_id is None else recycle_bin.find(record_id)
    if found is None:
        raise invalid_id(id=text)
    return found


def _each(call: Call, ids: list[str], *, restore: bool) -> Response:
    data = []
    with call.crm.store.transaction() as db:
        recycle_bin = RecycleBin(StoredRecords(db))
        for text in ids:
            try:
                found = _find(recycle_bin, text)
                (recycle_bin.restore if restore else recycle_bin.purge)(found)
            except ApiError as error:
                data.append(error.body())
                continue
            except ValueTakenError as error:
                data.append(_taken(error).body())
                continue
            message = "record restored" if restore else "record deleted"
            data.append(_success(message, text))
    good = sum(one["status"] == "success" for one in data)
    status = 200 if good == len(data) else 207 if good else 400
    return JSONResponse({"recycle_bin": data}, status_code=status)


def _success(message: str, text: str) -> Json:
    return {"code": "SUCCESS", "details": {"id": text}, "message": message, "status": "success"}


def _taken(error: ValueTakenError) -> ApiError:
    details = {"api_name": error.field, "id": str(error.holder)}
    return ApiError("DUPLICATE_DATA", "duplicate data", details=details)


def _not_one_of(given: list[str]) -> ApiError:
    places = [{"api_name": key, "json_path": f"$.{key}"} for key in given]
    if given:
        return ApiError(
            "AMBIGUITY_DURING_PROCESSING",
            "ambiguity while processing the request",
            details={"ambiguity_due_to": places},
        )
    expected = [{"api_name": key, "json_path": f"$.{key}"} for key in ("ids", "filters")]
    return ApiError(
        "EXPECTED_FIELD_MISSING",
        "one of the expected fields is missing",
        details={"expected_fields": expected},
    )


def _info(page: int, per_page: int, found: int) -> Json:
    return {
        "per_page": per_page,
        "count": min(found, per_page),
        "page": page,
        "more_records": found > per_page,
    }


def _deletion_json(deletion: Deletion) -> Json:
    by = {"id": CURRENT_USER.id, "name": CURRENT_USER.full_name}
    return {
        "id": str(deletion.record_id),
        "display_name": deletion.name,
        "type": deletion.kind,
        "deleted_by": by,
        "created_by": by,
        "deleted_time": local_time(deletion.deleted_time),
    }


def _entry_json(deletion: Deletion) -> Json:
    by = {"id": CURRENT_USER.id, "name": CURRENT_USER.full_name}
    return {
        "id": str(deletion.record_id),
        "display_name": deletion.name,
        "module": {"api_name": deletion.module.api_name, "id": deletion.module.id},
        "owner": by,
        "deleted_by": by,
        "deleted_time": local_time(deletion.deleted_time),
    }
