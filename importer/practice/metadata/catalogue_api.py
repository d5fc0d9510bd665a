"""`__apis`: the list of all calls, the scopes that they need and the credits that they cost."""

import re
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from importer.practice.api.calls import ApiRoute, Call, Terms, api_route

Json = dict[str, Any]


def routes() -> list[BaseRoute]:
    terms = Terms(("ZohoCRM.apis.READ",))
    return [api_route("/crm/{version:version}/__apis", catalogue, terms)]


def catalogue(call: Call) -> Response:
    paths: dict[str, list[Json]] = {}
    for route in call.request.app.routes:
        if isinstance(route, ApiRoute):
            path = _shown(route.path, call.version)
            paths.setdefault(path, []).extend(_operations(route))
    return JSONResponse(
        {"__apis": [{"path": path, "operation_types": found} for path, found in paths.items()]}
    )


def _shown(path: str, version: str) -> str:
    """A route's path in the caller's version: `/crm/v8/{module}/{record_id}`."""
    return re.sub(r"\{(\w+):\w+\}", r"{\1}", path).replace("{version}", version)


def _operations(route: ApiRoute) -> list[Json]:
    least, most = route.terms.credits
    return [
        {
            "method": method,
            "oauth_scope": ",".join(route.terms.scopes),
            "min_credits": least,
            "max_credits": most,
        }
        for method in sorted(route.methods or ())
        if method != "HEAD"
    ]
