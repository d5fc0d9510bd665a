"""The accounts server: tokens in, tokens out. Refusals come with HTTP 200, as Zoho's do."""

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from importer.practice.api.admission import lose_time
from importer.practice.crm import PracticeCrm
from importer.practice.oauth import consent
from importer.practice.oauth.tokens import LIFETIME_S, Access, RefusedError, ThrottledError

Given = FormData | QueryParams
Json = dict[str, Any]


def routes() -> list[BaseRoute]:
    return [
        Route("/oauth/v2/token", token, methods=["POST"]),
        Route("/oauth/v2/token/revoke", revoke, methods=["POST"]),
        Route("/oauth/serverinfo", server_info),
        *consent.routes(),
    ]


async def token(request: Request) -> Response:
    """A token for a refresh token or a code, given in the body or the query."""
    given = request.query_params or await request.form(max_files=0, max_fields=20)
    address = str(request.base_url).rstrip("/")
    return JSONResponse(await run_in_threadpool(_answer, request.app.state.crm, given, address))


async def revoke(request: Request) -> Response:
    form = await request.form(max_files=0, max_fields=20)
    given = str(request.query_params.get("token") or form.get("token") or "")
    if await run_in_threadpool(request.app.state.crm.tokens.revoke, given):
        return JSONResponse({"status": "success"})
    return JSONResponse({"error": "invalid_token", "status": "failure"}, status_code=400)


def server_info(request: Request) -> Response:
    """The accounts server of each data centre: there is one."""
    address = str(request.base_url).rstrip("/")
    return JSONResponse({"result": "success", "locations": {"us": address}})


def _answer(crm: PracticeCrm, given: Given, address: str) -> Json:
    lose_time(crm, "POST /oauth/v2/token")
    try:
        return {**_tokens(crm, given), "api_domain": address}
    except ThrottledError:
        return {
            "error": "Access Denied",
            "error_description": "You have made too many requests continuously."
            " Please try again after some time.",
            "status": "failure",
        }
    except RefusedError as refused:
        return {"error": str(refused)}


def _tokens(crm: PracticeCrm, given: Given) -> Json:
    wrong = crm.tokens.client_error(_text(given, "client_id"), _text(given, "client_secret"))
    if wrong is not None:
        raise RefusedError(wrong)
    limits = crm.control.switches.oauth_limits
    match _text(given, "grant_type"):
        case "refresh_token":
            return _access(crm.tokens.refresh(_text(given, "refresh_token"), limits=limits))
        case "authorization_code":
            code, redirect_uri = _text(given, "code"), _text(given, "redirect_uri")
            grant = crm.tokens.exchange(code, redirect_uri, limits=limits)
            lasting = {"refresh_token": grant.refresh_token} if grant.refresh_token else {}
            return {**_access(grant.access), **lasting}
        case _:
            raise RefusedError("unsupported_grant_type")


def _access(access: Access) -> Json:
    return {
        "access_token": access.token,
        "scope": " ".join(access.scopes),
        "token_type": "Bearer",
        "expires_in": LIFETIME_S,
    }


def _text(given: Given, key: str) -> str:
    return str(given.get(key) or "")
