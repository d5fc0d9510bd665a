"""What every API call goes through, and how a refusal is answered."""

import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from importer.practice.api.admission import (
    admitted_scopes,
    lose_time,
    require_credits,
    require_right,
    require_scope,
)
from importer.practice.api.errors import ApiError, invalid_url, missing_param
from importer.practice.crm import PracticeCrm
from importer.practice.oauth.scopes import scope_name
from importer.practice.organisation.module import Module
from importer.practice.organisation.modules import MODULES

VERSIONS: Final = ("v2", "v7", "v8")
MAX_BODY_BYTES: Final = 8 * 1024**2

Handler = Callable[["Call"], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
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

    @property
    def module_asked_for(self) -> Module:
        """The module that the query names."""
        name = self.query("module")
        if name is None:
            raise missing_param("module")
        return module_named(name)

    @property
    def occasion(self) -> str:
        """What mishaps know the call by: `POST /crm/v7/upload`."""
        return f"{self.request.method} {self.request.url.path}"

    @cached_property
    def scopes(self) -> tuple[str, ...]:
        """What the caller's token may be used for; `ApiError` if there is no valid one."""
        authorization = self.request.headers.get("Authorization", "")
        return admitted_scopes(self.crm, authorization, self.occasion)

    @property
    def token_opens(self) -> bool:
        """Whether there is a valid token."""
        try:
            return bool(self.scopes)
        except ApiError:
            return False

    @property
    def scope_name(self) -> str:
        """The path's module as scopes name it, known or not."""
        name = str(self.request.path_params.get("module", ""))
        return scope_name(MODULES[name]) if name in MODULES else name.lower()

    def require_access(self, module: Module, deed: str) -> None:
        """The scope and the right, for calls that name their module in the body."""
        require_scope(self.scopes, f"ZohoCRM.modules.{scope_name(module)}.{deed}")
        require_right(self.crm, "ZohoCRM.modules.{module}." + deed, module.api_name)

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


@dataclass(frozen=True, slots=True)
class Terms:
    """What a call must bring, and what it costs."""

    scopes: tuple[str, ...] = ()  # every one of them; `{module}` is the one that the path names
    credits: tuple[int, int] = (1, 1)  # the least and the most
    cost: Callable[[Call], int] | None = None  # how many they are, where the two differ
    heavy: Callable[[Call], bool] = lambda call: False  # of these only few may be under way

    def cost_of(self, call: Call) -> int:
        return self.credits[0] if self.cost is None else self.cost(call)


class ApiRoute(Route):
    """An address of the API, with the terms on which it may be called."""

    def __init__(
        self, path: str, endpoint: Endpoint, terms: Terms, methods: Sequence[str] = ("GET",)
    ) -> None:
        super().__init__(path, endpoint, methods=list(methods))
        self.terms = terms


def module_named(name: str) -> Module:
    if name not in MODULES:
        raise ApiError("INVALID_MODULE", "The module name given seems to be invalid")
    return MODULES[name]


def api_route(path: str, handler: Handler, terms: Terms, method: str = "GET") -> ApiRoute:
    """A route to a handler that may block."""

    async def endpoint(request: Request) -> Response:
        try:
            body = await _read(request)
        except ApiError as error:
            return refusal(error)
        call = Call(request.app.state.crm, request, body)
        return await run_in_threadpool(answer, call, handler, terms)

    return ApiRoute(path, endpoint, terms, [method])


def answer(call: Call, handler: Handler, terms: Terms) -> Response:
    """What `handler` answers, if the call is admitted; it is charged for then."""
    try:
        if call.version not in VERSIONS:
            raise invalid_url()
        with ExitStack() as under_way:
            if call.crm.control.switches.concurrency == "limited":
                under_way.enter_context(call.crm.calls.one_more())
                if terms.heavy(call):
                    under_way.enter_context(call.crm.heavy_calls.one_more())
            cost = _admit(call, terms)
            lose_time(call.crm, call.occasion)
            return _charged(call, handler, cost)
    except ApiError as error:
        response = refusal(error)
        response.headers.update(call.crm.credits.header())
        return response


def _charged(call: Call, handler: Handler, cost: int) -> Response:
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


def _admit(call: Call, terms: Terms) -> int:
    """What the call costs; `ApiError` if it lacks the token, a scope, a right, or the credits."""
    held = call.scopes
    for scope in terms.scopes:
        require_scope(held, scope.format(module=call.scope_name))
    for scope in terms.scopes:
        require_right(call.crm, scope, str(call.request.path_params.get("module", "")))
    cost = terms.cost_of(call)
    require_credits(call.crm, cost, call.occasion)
    return cost


async def _read(request: Request) -> bytes:
    """The body, as long as it is not unreasonable."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise ApiError("BAD_REQUEST", "the request body is too large", status=413)
    return bytes(body)
