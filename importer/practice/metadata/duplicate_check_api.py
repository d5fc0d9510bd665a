"""The calls that read, set, change and drop the duplicate check preference of leads."""

from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from importer.practice.api.calls import Call, Terms, api_route
from importer.practice.api.errors import ApiError
from importer.practice.metadata.duplicate_check import KEY
from importer.practice.organisation.module import Module
from importer.practice.organisation.people_modules import LEADS


def routes() -> list[BaseRoute]:
    path, scope = f"/crm/{{version:version}}/settings/{KEY}", f"ZohoCRM.settings.{KEY}"
    read, create, update, delete = (
        Terms((f"{scope}.{deed}",)) for deed in ("READ", "CREATE", "UPDATE", "DELETE")
    )
    return [
        api_route(path, read_preference, read),
        api_route(path, enable, create, "POST"),
        api_route(path, change, update, "PUT"),
        api_route(path, disable, delete, "DELETE"),
    ]


def read_preference(call: Call) -> Response:
    _module(call)
    preference = call.crm.duplicate_check.preference
    return JSONResponse({KEY: preference}) if preference else Response(status_code=204)


def enable(call: Call) -> Response:
    module = _module(call)
    if call.crm.duplicate_check.preference is not None:
        raise ApiError("ALREADY_CONFIGURED", "already configured.")
    call.crm.duplicate_check.enable(module, call.json().get(KEY))
    return _done("enabled")


def change(call: Call) -> Response:
    module = _module(call)
    _require_enabled(call)
    call.crm.duplicate_check.enable(module, call.json().get(KEY))
    return _done("updated")


def disable(call: Call) -> Response:
    _module(call)
    _require_enabled(call)
    call.crm.duplicate_check.disable()
    return _done("disabled")


def _module(call: Call) -> Module:
    """Leads have the preference, and no other module."""
    module = call.module_asked_for
    if module is not LEADS:
        details = {"param_name": "module"}
        message = "This API does not support the given module"
        raise ApiError("NOT_SUPPORTED", message, details=details)
    return module


def _require_enabled(call: Call) -> None:
    if call.crm.duplicate_check.preference is None:
        raise ApiError("NOT_ALLOWED", "duplicate check preference is not enabled")


def _done(deed: str) -> Response:
    answer: dict[str, Any] = {
        "code": "SUCCESS",
        "status": "success",
        "message": f"duplicate check preference {deed}",
        "details": {},
    }
    return JSONResponse({KEY: answer})
