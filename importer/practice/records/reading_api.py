"""The calls that read records: a module's list and a single one."""

from starlette.responses import JSONResponse, Response

from importer.practice.api.calls import Call
from importer.practice.api.errors import missing_param
from importer.practice.records.conditions import EVERY, Condition, condition, joined
from importer.practice.records.external_ids import ExternalIds
from importer.practice.records.queries import (
    Page,
    ambiguous,
    asked_page,
    field_names,
    modified_since,
    page_info,
)
from importer.practice.records.record_json import record_json, state_json
from importer.practice.records.record_writing import invalid_id
from importer.practice.records.related import related_json
from importer.practice.records.views import in_territory, in_view
from importer.practice.storage.store import parse_id


def list_records(call: Call) -> Response:
    """A page of a module. Only v2 may leave out the fields."""
    names = field_names(call)
    if names is None and call.version != "v2":
        raise missing_param("fields")
    since = modified_since(call, "If-Modified-Since")
    answer = answer_page(call, _chosen(call, since), asked_page(call), names)
    return Response(status_code=304) if since and answer.status_code == 204 else answer


def read_record(call: Call) -> Response:
    """One record whole: its flags and its rows too."""
    records, module = call.crm.records, call.module
    record_id = parse_id(ExternalIds(call).record_id(records, call.path("record_id")))
    if record_id is None:
        raise invalid_id()
    record = records.get(module, record_id)
    if record is None:
        return Response(status_code=204)
    since = modified_since(call, "If-Modified-Since")
    if since is not None and record.modified_time <= since:
        return Response(status_code=304)
    names = field_names(call)
    data = record_json(records, module, record, names)
    if names is None:
        data |= state_json(records, record) | related_json(records, module, record)
    return JSONResponse({"data": [data]})


def answer_page(call: Call, where: Condition, page: Page, names: list[str] | None) -> Response:
    """The records of one page; nothing at all is an empty 204."""
    records, module = call.crm.records, call.module
    where = page.begun(where)
    found = records.page(
        module,
        where.sql,
        where.values,
        order=page.order,
        offset=page.offset,
        limit=page.per_page + 1,
    )
    if not found:
        return Response(status_code=204)
    rows = found[: page.per_page]
    info = page_info(call, page, rows, more=len(found) > len(rows))
    data = [record_json(records, module, row, names, in_list=True) for row in rows]
    return JSONResponse({"data": data, "info": info})


def _chosen(call: Call, since: str | None) -> Condition:
    """The records that the parameters leave over."""
    module, parts = call.module, [EVERY]
    ids, view, territory = call.query("ids"), call.query("cvid"), call.query("territory_id")
    if ids:
        parts.append(condition(module, "id", "in", ids.split(",")))
    if view:
        if call.query("sort_by"):
            raise ambiguous("cvid", "sort_by")
        parts.append(in_view(module, view))
    if territory:
        include_child = call.query("include_child") == "true"
        parts.append(in_territory(module, territory, include_child=include_child))
    if since:
        parts.append(Condition("modified_time > ?", (since,)))
    return joined(parts, "and")
