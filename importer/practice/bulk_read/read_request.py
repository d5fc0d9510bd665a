"""A bulk read as it is asked for: which fields of which records, and which page of them."""

import base64
import json
from typing import Any, Final

from importer.practice.api.errors import ApiError
from importer.practice.clock import CLOCK
from importer.practice.organisation.module import Module
from importer.practice.organisation.modules import MODULES
from importer.practice.records.conditions import EVERY, Condition, joined
from importer.practice.records.json_criteria import from_json
from importer.practice.records.views import in_view
from importer.practice.storage.store import parse_id

MAX_FIELDS: Final = 200
MAX_PAGE: Final = 500
TOKEN_S: Final = 24 * 60 * 60
Json = dict[str, Any]


def parse(body: Json) -> tuple[Module, Json]:
    """The module, and the request as errands keep it; `ApiError` in bulk read's own words."""
    if not body:
        raise ApiError("REQUEST_BODY_IS_EMPTY", "the request body is empty")
    query = body.get("query")
    if not isinstance(query, dict):
        raise _missing("query")
    if body.get("file_type", "csv") != "csv" or query.get("file_type", "csv") != "csv":
        raise ApiError("NOT_SUPPORTED_FEATURE", "only CSV files are read here")
    request: Json = {"callback": _callback(body.get("callback")), "after": 0}
    if query.get("page_token") is not None:
        request |= _continued(query["page_token"])
        return MODULES[request["module"]], request
    module = _module(query.get("module"))
    request |= {
        "module": module.api_name,
        "fields": _fields(module, query.get("fields")),
        "criteria": query.get("criteria"),
        "cvid": query.get("cvid"),
        "page": _page(query.get("page", 1)),
    }
    chosen_records(module, request)  # refuses what cannot be asked
    return module, request


def chosen_records(module: Module, request: Json) -> Condition:
    """The records that the criteria and the view leave over."""
    parts = [EVERY]
    if request["criteria"] is not None:
        parts.append(from_json(module, request["criteria"]))
    if request["cvid"] is not None:
        parts.append(in_view(module, str(request["cvid"])))
    return joined(parts, "and")


def next_page_token(request: Json, last_id: int) -> str:
    """What asks for the page after the record `last_id`."""
    kept = {key: request[key] for key in ("module", "fields", "criteria", "cvid")}
    content = {
        **kept,
        "page": request["page"] + 1,
        "after": last_id,
        "until": int(CLOCK.time()) + TOKEN_S,
    }
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


def _continued(token: Any) -> Json:
    try:
        content: Json = json.loads(base64.urlsafe_b64decode(str(token)))
        expired = content.pop("until") < CLOCK.time()
        module = MODULES[content["module"]]
        content["after"] = parse_id(str(content["after"])) or 0
        content["page"] = _page(content["page"])
        content["fields"] = _fields(module, content["fields"])
        chosen_records(module, content)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _invalid("page_token") from error
    if expired:
        details = {"api_name": "page_token", "json_path": "$.query.page_token"}
        raise ApiError("EXPIRED_VALUE", "the page token has expired", details=details)
    return content


def _module(given: Any) -> Module:
    name = given.get("api_name") if isinstance(given, dict) else given
    if name is None:
        raise _missing("module")
    if not isinstance(name, str) or name not in MODULES:
        details = {"module": name}
        raise ApiError("MODULE_NOT_AVAILABLE", "the module is not available", details=details)
    return MODULES[name]


def _fields(module: Module, given: Any) -> list[str]:
    """The columns after the id; all of the module's, if none are named."""
    if given is None:
        return [field.api_name for field in module.fields if field.api_name != "id"]
    if not isinstance(given, list):
        raise _invalid("fields")
    if len(given) > MAX_FIELDS:
        raise ApiError("LIMIT_REACHED", "more than 200 fields are given")
    for name in given:
        if not isinstance(name, str) or module.field(name) is None:
            details = {"field": name}
            raise ApiError("FIELD_NOT_AVAILABLE", "the field is not available", details=details)
    return [name for name in given if name != "id"]


def _page(given: Any) -> int:
    if not isinstance(given, int) or given < 1:
        raise ApiError("PAGE_NOT_SUPPORTED", "pages are counted from 1")
    if given > MAX_PAGE:
        raise ApiError("PAGE_RANGE_EXCEEDED", "there is no page beyond 500")
    return given


def _callback(given: Any) -> str | None:
    if given is None:
        return None
    url = given.get("url") if isinstance(given, dict) else None
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise ApiError("INVALID_CALLBACK_URL", "the callback has no usable address")
    if given.get("method") != "post":
        raise ApiError("INVALID_CALLBACK_METHOD", "the callback's method must be post")
    return url


def _missing(key: str) -> ApiError:
    details = {"api_name": key, "json_path": f"$.{key}" if key == "query" else f"$.query.{key}"}
    return ApiError("MANDATORY_NOT_FOUND", "required field not found", details=details)


def _invalid(key: str) -> ApiError:
    details = {"api_name": key, "json_path": f"$.query.{key}"}
    return ApiError("INVALID_DATA", "invalid data", details=details)
