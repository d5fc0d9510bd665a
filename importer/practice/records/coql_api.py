"""The call for a COQL query: it costs by the rows that are asked for."""

from typing import Any, Final

from starlette.responses import JSONResponse, Response

from importer.practice.api.admission import require_scope
from importer.practice.api.calls import Call
from importer.practice.api.errors import ApiError
from importer.practice.metadata.field_json import field_json
from importer.practice.records.coql import Limits, Selection, from_coql
from importer.practice.records.coql_rows import selected

CREDITS: Final = {200: 1, 1000: 2, 2000: 3}  # up to so many rows
METADATA: Final = "fields"
Json = dict[str, Any]


def query_records(call: Call) -> Response:
    selection = _selection(call)
    with_metadata = _wants_metadata(call)
    call.require_access(selection.module, "READ")
    rows = selected(call.crm.records, selection)
    if not rows:
        return Response(status_code=204)
    data = rows[: selection.limit]
    info = {"count": len(data), "more_records": len(rows) > len(data)}
    told = _metadata(call, selection) if with_metadata else {}
    return JSONResponse({"data": data, "info": info, **told})


def credits_of(call: Call) -> int:
    """By the limit of the query; one that cannot be read costs as little as any call."""
    try:
        limit = _selection(call).limit
    except ApiError:
        return 1
    return next((cost for rows, cost in CREDITS.items() if limit <= rows), max(CREDITS.values()))


def _selection(call: Call) -> Selection:
    query = call.json().get("select_query")
    if query is None:
        details = {"api_name": "select_query"}
        raise ApiError("MANDATORY_NOT_FOUND", "required field not found", details=details)
    if not isinstance(query, str):
        raise _invalid("select_query", expected_data_type="string")
    switches = call.crm.control.switches
    return from_coql(query, Limits(switches.max_coql_rows, switches.max_coql_values))


def _wants_metadata(call: Call) -> bool:
    """Whether the columns are to be explained; only fields can be."""
    asked = call.json().get("include_meta")
    if asked is None:
        return False
    if asked != [METADATA]:
        raise _invalid("include_meta", supported_values=[METADATA])
    require_scope(call.scopes, "ZohoCRM.settings.fields.READ")
    return True


def _metadata(call: Call, selection: Selection) -> Json:
    """What the module's own columns are."""
    module, records = selection.module, call.crm.records
    fields = [module.field(column.name) for column in selection.columns]
    told = {f.api_name: field_json(records, module, f) for f in fields if f is not None}
    return {METADATA: told}


def _invalid(key: str, **details: Any) -> ApiError:
    about = {"api_name": key, "json_path": f"$.{key}", **details}
    return ApiError("INVALID_DATA", "invalid data", details=about)
