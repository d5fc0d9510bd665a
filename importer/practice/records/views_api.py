"""The calls that list a module's views and the organisation's territories."""

from typing import Any

from starlette.responses import JSONResponse, Response

from importer.practice.api.calls import Call
from importer.practice.organisation.custom_views import CustomView, views_of
from importer.practice.organisation.territories import TERRITORIES, Territory


def list_views(call: Call) -> Response:
    views = views_of(call.module_asked_for)
    info = {"per_page": 200, "count": len(views), "page": 1, "more_records": False}
    info_with_default = {**info, "default": views[0].id}
    return JSONResponse(
        {"custom_views": [_view_json(view) for view in views], "info": info_with_default}
    )


def list_territories(call: Call) -> Response:
    info = {"per_page": 200, "count": len(TERRITORIES), "page": 1, "more_records": False}
    return JSONResponse(
        {"territories": [_territory_json(one) for one in TERRITORIES], "info": info}
    )


def _view_json(view: CustomView) -> dict[str, Any]:
    return {
        "id": view.id,
        "name": view.name,
        "display_value": view.name,
        "system_name": view.system_name,
        "category": "public_views",
        "access_type": "public",
        "default": view.owner_id is None,
        "system_defined": True,
        "favorite": None,
        "locked": False,
        "created_time": None,
        "modified_time": None,
        "last_accessed_time": None,
    }


def _territory_json(territory: Territory) -> dict[str, Any]:
    parent = next((one for one in TERRITORIES if one.id == territory.parent_id), None)
    return {
        "id": territory.id,
        "name": territory.name,
        "api_name": territory.name.replace(" ", "_"),
        "reporting_to": {"id": parent.id, "name": parent.name} if parent else None,
    }
