"""The accounts server: tokens in, tokens out. Refusals come with HTTP 200, as Zoho's do."""

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from importer.practice.crm import PracticeCrm
from importer.practice.tokens import LIFETIME_S

SCOPE = "ZohoCRM.bulk.ALL ZohoFiles.files.ALL ZohoCRM.modules.ALL ZohoCRM.settings.ALL"
Given = FormData | QueryParams


async def token(request: Request) -> Response:
    """A token for a refresh token or a code, given in the body or the query."""
    given = request.query_params or await request.form(max_files=0, max_fields=20)
    address = str(request.base_url).rstrip("/")
    body = await run_in_threadpool(_token, request.app.state.crm, given, address)
    return JSONResponse(body)


async def revoke(request: Request) -> Response:
    form = await request.form(max_files=0, max_fields=20)
    given = str(request.query_params.get("token") or form.get("token") or "")
    if await run_in_threadpool(request.app.state.crm.tokens.revoke, given):
        return JSONResponse({"status": "success"})
    return JSONResponse({"error": "invalid_token", "status": "failure"}, status_code=400)


def _token(crm: PracticeCrm, given: Given, address: str) -> dict[str, object]:
    wrong = crm.tokens.client_error(_text(given, "client_id"), _text(given, "client_secret"))
    if wrong is not None:
        return {"error": wrong}
    match _text(given, "grant_type"):
        case "refresh_token":
            return _access(crm, _text(given, "refresh_token"), address)
        case "authorization_code":
            refresh_token = crm.tokens.grant(_text(given, "code"))
            if refresh_token is None:
                return {"error": "invalid_code"}
            return {**_access(crm, refresh_token, address), "refresh_token": refresh_token}
        case _:
            return {"error": "unsupported_grant_type"}


def _access(crm: PracticeCrm, refresh_token: str, address: str) -> dict[str, object]:
    access_token = crm.tokens.refresh(refresh_token)
    if access_token is None:
        return {"error": "invalid_code"}
    return {
        "access_token": access_token,
        "scope": SCOPE,
        "api_domain": address,
        "token_type": "Bearer",
        "expires_in": LIFETIME_S,
    }


def _text(given: Given, key: str) -> str:
    return str(given.get(key) or "")
