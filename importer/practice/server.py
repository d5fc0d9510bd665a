"""The practice CRM as a web application: which address is answered by what."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from importer.practice.api.calls import refusal
from importer.practice.api.errors import ApiError, invalid_url
from importer.practice.bulk import bulk_api
from importer.practice.bulk_read import read_api
from importer.practice.control import control_api
from importer.practice.crm import PracticeCrm, Settings
from importer.practice.metadata import (
    catalogue_api,
    duplicate_check_api,
    metadata_api,
    organisation_api,
)
from importer.practice.oauth import accounts_api
from importer.practice.pages import browser
from importer.practice.records import record_api


class VersionConvertor(StringConvertor):
    """An API version in a path, known or not."""

    regex = r"v[0-9][0-9.]*"


class ModuleConvertor(StringConvertor):
    """The place of a module in a path, known or not; what has an address of its own is none."""

    regex = r"(?!(?:__apis|coql|org|settings|upload|users)(?:/|$))[^/]+"


register_url_convertor("version", VersionConvertor())
register_url_convertor("module", ModuleConvertor())


def api_routes() -> list[BaseRoute]:
    """What needs a token. The records come last, because a module may have any name."""
    return [
        *bulk_api.routes(),
        *read_api.routes(),
        *organisation_api.routes(),
        *metadata_api.routes(),
        *catalogue_api.routes(),
        *duplicate_check_api.routes(),
        *record_api.routes(),
    ]


def create_app(settings: Settings, address: str) -> Starlette:
    """The application; its jobs run between its start-up and its shut-down."""
    crm = PracticeCrm(settings, address)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        crm.open()
        yield
        crm.close()

    handlers = {404: _nowhere, 405: _wrong_method, 500: _broken}
    app = Starlette(
        routes=[
            *browser.routes(),
            *control_api.routes(),
            *accounts_api.routes(),
            *api_routes(),
        ],
        exception_handlers=handlers,
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.crm = crm
    return app


def _is_page(request: Request) -> bool:
    path = request.url.path
    return "/tab/" in path or not path.startswith(("/crm/", "/oauth/", "/v"))


def _nowhere(request: Request, error: Exception) -> Response:
    return browser.not_found(request) if _is_page(request) else refusal(invalid_url())


def _wrong_method(request: Request, error: Exception) -> Response:
    refused = ApiError("INVALID_REQUEST_METHOD", "The http request method type is not a valid one")
    return refusal(refused)


def _broken(request: Request, error: Exception) -> Response:
    body = ApiError("INTERNAL_ERROR", "Internal Server Error", status=500).body()
    return JSONResponse(body, status_code=500)
