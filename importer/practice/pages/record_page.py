"""The page of one record: its values, its rows, and the state that may keep it from changing."""

from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from importer.practice.organisation.company import DOMAIN_NAME
from importer.practice.organisation.fields import Field
from importer.practice.organisation.module import Module
from importer.practice.pages.rendering import (
    TABS,
    crm_of,
    module_of,
    refused,
    render,
    sent_from_elsewhere,
)
from importer.practice.records.record_json import display_name, record_json
from importer.practice.records.related import as_it_points
from importer.practice.records.row_fields import row_fields
from importer.practice.storage.record_states import State, set_state, state_of
from importer.practice.storage.store import parse_id
from importer.practice.storage.stored_records import StoredRecord

STATE_WORDS: Final = {
    State.LOCKED: "Locked",
    State.UNAPPROVED: "Waiting for approval",
    State.IN_BLUEPRINT: "In a blueprint",
}


def routes() -> list[BaseRoute]:
    one = TABS + "{module}/{record_id}"
    return [Route(one, record_page), Route(f"{one}/state", change_state, methods=["POST"])]


def record_page(request: Request) -> Response:
    module, records = module_of(request), crm_of(request).records
    record = _record(request, module)
    module = as_it_points(records, module, record)
    shown = record_json(records, module, record)
    values = [(field, shown[field.api_name]) for field in _filled(module, shown)]
    tables = {field.label: (rows, shown[field.api_name]) for field, rows, _ in row_fields(module)}
    return render(
        "record.html",
        module=module,
        record=record,
        name=display_name(module, record),
        values=values,
        tables={label: table for label, table in tables.items() if table[1]},
        empty=sum(not field.virtual for field in module.fields) - len(values),
        state=state_of(records.db, record.id),
        words=STATE_WORDS,
    )


def change_state(request: Request) -> Response:
    """Put the record into the state that `to` names, or set it free."""
    if sent_from_elsewhere(request):
        return refused()
    module = module_of(request)
    record = _record(request, module)
    wanted = request.query_params.get("to", "")
    if wanted and wanted not in set(State):
        raise HTTPException(404)
    with crm_of(request).store.transaction() as db:
        set_state(db, record.id, State(wanted) if wanted else None)
    path = f"/crm/{DOMAIN_NAME}/tab/{module.api_name}/{record.id}"
    return RedirectResponse(path, status_code=303)


def _record(request: Request, module: Module) -> StoredRecord:
    record_id = parse_id(request.path_params["record_id"])
    record = None if record_id is None else crm_of(request).records.get(module, record_id)
    if record is None:
        raise HTTPException(404)
    return record


def _filled(module: Module, shown: dict[str, Any]) -> list[Field]:
    """The fields with a value of their own."""
    fields = (field for field in module.fields if not field.virtual)
    return [field for field in fields if shown.get(field.api_name) not in (None, "", [])]
