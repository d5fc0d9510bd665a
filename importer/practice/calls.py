"""What every API call goes through: version, token, credits; and how a refusal is answered."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from importer.practice.api_errors import ApiError, invalid_url
from importer.practice.crm import PracticeCrm
from importer.practice.modules import Module
from importer.practice.trade_modules import MODULES

VERSIONS: Final = ("v2", "v7", "v8")
TOKEN_KIND: Final = "Zoho-oauthtoken "  # noqa: S105 - the scheme's name
MAX_BODY_BYTES: Final = 8 * 1024**2

Handler = Callable[["Call"], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the API, its body read."""

    crm: PracticeCrm
    request: Request
    body: bytes = b""

    @property
    def version(self) -> str:
        return str(self.request.path_params["version"])

    @property
    def address(self) -> str:
        """Where the caller reached the practice CRM."""
        return str(self.request.base_url).rstrip("/")

    @property
    def module(self) -> Module:
        """The module that the path names."""
        return module_named(str(self.request.path_params["module"]))

    def path(self, name: str) -> str:
        return str(self.request.path_params[name])

    def query(self, name: str) -> str | None:
        return self.request.query_params.get(name)

    def number(self, name: str, default: int) -> int:
        """A whole number of the query, 1 or more."""
        text = self.query(name) or str(default)
        if not (text.isascii() and text.isdecimal()) or not int(text[:9]) > 0:
            raise ApiError("INVALID_DATA", "invalid data", details={"param_name": name})
        return int(text[:9])

    def json(self) -> dict[str, Any]:
        """The body, which must be a JSON object; its Content-Type is not looked at."""
        try:
            body = json.loads(self.body)
        except ValueError as error:
            raise ApiError("BAD_REQUEST", "the request body is not valid JSON") from error
        if not isinstance(body, dict):
            raise ApiError("BAD_REQUEST", "the request body is not a JSON object")
        return body


def module_named(name: str) -> Module:
    if name not in MODULES:
        raise ApiError("INVALID_MODULE", "The module name given seems to be invalid")
    return MODULES[name]


def api(handler: Handler, *, cost: int = 1) -> Endpoint:
    """An endpoint out of a handler that may block. A call that succeeds costs `cost` credits."""

    async def endpoint(request: Request) -> Response:
        try:
            body = await _read(request)
        except ApiError as error:
            return refusal(error)
        call = Call(request.app.state.crm, request, body)
        return await run_in_threadpool(answer, call, handler, cost)

    return endpoint


def answer(call: Call, handler: Handler, cost: int = 1) -> Response:
    """What `handler` answers, if the call is admitted; it is charged for then."""
    try:
        _admit(call, cost)
    except ApiError as error:
        return refusal(error)
    try:
        response = handler(call)
    except ApiError as error:
        response = refusal(error)
    with call.crm.store.transaction() as db:
        call.crm.credits.spend(db, cost if response.status_code < 400 else 1)
    response.headers.update(call.crm.credits.header())
    return response


def refusal(error: ApiError) -> Response:
    return JSONResponse(error.body(), status_code=error.status)


def _admit(call: Call, cost: int) -> None:
    if call.version not in VERSIONS:
        raise invalid_url()
    authorization = call.request.headers.get("Authorization", "")
    if not authorization.startswith(TOKEN_KIND):
        raise ApiError("AUTHENTICATION_FAILURE", "Authentication failed", status=401)
    if not call.crm.tokens.valid(authorization.removeprefix(TOKEN_KIND).strip()):
        raise ApiError("INVALID_TOKEN", "invalid oauth token", status=401)
    if call.crm.credits.remaining() < cost:
        raise ApiError(
            "TOO_MANY_REQUESTS",
            "too many requests. please try again after some time",
            status=429,
        )


async def _read(request: Request) -> bytes:
    """The body, as long as it is not unreasonable."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise ApiError("BAD_REQUEST", "the request body is too large", status=413)
    return bytes(body)
