"""The calls about modules, fields and layouts."""

from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from importer.practice.api.calls import Call, Terms, api_route
from importer.practice.api.errors import ApiError
from importer.practice.metadata.field_json import field_json
from importer.practice.organisation.company import ADMINISTRATOR
from importer.practice.organisation.fields import Field
from importer.practice.organisation.module import Layout, Module
from importer.practice.organisation.modules import MODULES
from importer.practice.storage.stored_records import StoredRecords

Json = dict[str, Any]


def routes() -> list[BaseRoute]:
    settings, reads = "/crm/{version:version}/settings", "ZohoCRM.settings.{}.READ"
    of_modules, of_fields, of_layouts = (
        Terms((reads.format(area),)) for area in ("modules", "fields", "layouts")
    )
    field = f"{settings}/fields/{{field_id}}"
    return [
        api_route(f"{settings}/modules", modules, of_modules),
        api_route(f"{settings}/modules/{{module}}", module, of_modules),
        api_route(f"{settings}/fields", fields, of_fields),
        api_route(field, field_by_id, of_fields),
        api_route(f"{field}/pick_list_values", options_of_field, of_fields),
        api_route(f"{settings}/layouts", layouts, of_layouts),
        api_route(f"{settings}/layouts/{{layout_id}}", layout_by_id, of_layouts),
    ]


def modules(call: Call) -> Response:
    """All of them, unless the caller has seen them: they never change."""
    if call.request.headers.get("If-Modified-Since"):
        return Response(status_code=304)
    if (call.query("status") or "visible") != "visible":
        return Response(status_code=204)
    return JSONResponse({"modules": [_module(module) for module in MODULES.values()]})


def module(call: Call) -> Response:
    return JSONResponse({"modules": [_module(call.module)]})


def fields(call: Call) -> Response:
    about = call.module_asked_for
    if call.query("type") == "unused":
        return Response(status_code=204)
    records = call.crm.records
    return JSONResponse({"fields": [field_json(records, about, field) for field in about.fields]})


def field_by_id(call: Call) -> Response:
    about, field = _field_asked_for(call)
    return JSONResponse({"fields": [field_json(call.crm.records, about, field)]})


def options_of_field(call: Call) -> Response:
    about, field = _field_asked_for(call)
    values = field_json(call.crm.records, about, field)["pick_list_values"]
    return JSONResponse({"pick_list_values": values}) if values else Response(status_code=204)


def layouts(call: Call) -> Response:
    about = call.module_asked_for
    records = call.crm.records
    return JSONResponse({"layouts": [_layout(records, about, one) for one in about.layouts]})


def layout_by_id(call: Call) -> Response:
    about = call.module_asked_for
    for layout in about.layouts:
        if layout.id == call.path("layout_id"):
            return JSONResponse({"layouts": [_layout(call.crm.records, about, layout)]})
    raise _invalid_id()


def _field_asked_for(call: Call) -> tuple[Module, Field]:
    about = call.module_asked_for
    for field in about.fields:
        if about.field_id(field.api_name) == call.path("field_id"):
            return about, field
    raise _invalid_id()


def _invalid_id() -> ApiError:
    return ApiError("INVALID_DATA", "the id given seems to be invalid")


def _module(about: Module) -> Json:
    return {
        "id": about.id,
        "api_name": about.api_name,
        "module_name": f"CustomModule{about.number}" if about.kind == "custom" else about.api_name,
        "singular_label": about.singular,
        "plural_label": about.label,
        "generated_type": about.kind,
        "api_supported": True,
        "creatable": about.kind != "subform",
        "editable": about.kind != "subform",
        "viewable": True,
        "deletable": about.kind != "subform",
        "visible": about.listed,
        "visibility": 1,
        "status": "visible",
        "show_as_tab": about.listed,
        "quick_create": about.listed,
        "convertable": about.api_name == "Leads",
        "sequence_number": about.number,
        "parent_module": _parent(about),
        "profiles": [ADMINISTRATOR],
        "modified_time": None,
        "modified_by": None,
    }


def _parent(about: Module) -> Json:
    if about.parent is None:
        return {}
    parent = MODULES[about.parent]
    return {"api_name": parent.api_name, "id": parent.id}


def _layout(records: StoredRecords, about: Module, layout: Layout) -> Json:
    required = {field.api_name for field in about.required(layout.id)}
    section = {
        "id": str(int(layout.id) + 1),
        "name": f"{about.singular} Information",
        "api_name": f"{about.singular}_Information",
        "display_label": f"{about.singular} Information",
        "sequence_number": 1,
        "column_count": 2,
        "tab_traversal": 2,
        "isSubformSection": False,
        "generated_type": "default",
        "type": "used",
        "fields": [
            {**field_json(records, about, field), "required": field.api_name in required}
            for field in about.fields
            if field.api_name != "id"
        ],
    }
    return {
        "id": layout.id,
        "name": layout.name,
        "display_label": layout.name,
        "api_name": layout.name.replace(" ", "_"),
        "status": "active",
        "visible": True,
        "source": "crm",
        "profiles": [{**ADMINISTRATOR, "default": layout.default}],
        "convert_mapping": None,
        "created_time": None,
        "modified_time": None,
        "created_by": None,
        "modified_by": None,
        "sections": [section],
    }
