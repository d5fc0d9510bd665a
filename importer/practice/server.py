"""The practice CRM as a web application: which address is answered by what."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from importer.practice import browser, bulk_api, metadata, oauth, record_api
from importer.practice.api_errors import ApiError, invalid_url
from importer.practice.calls import api, refusal
from importer.practice.credits import JOB_COST
from importer.practice.crm import PracticeCrm, Settings
from importer.practice.organisation import ZGID


class VersionConvertor(StringConvertor):
    """An API version in a path, known or not."""

    regex = r"v[0-9][0-9.]*"


register_url_convertor("version", VersionConvertor())
TABS = "/crm/{domain_name}/tab/"


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
        routes=[*_pages(), *_bulk_routes(), *_metadata_routes(), *_record_routes()],
        exception_handlers=handlers,
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.crm = crm
    return app


def _pages() -> list[BaseRoute]:
    return [
        Route("/", browser.home),
        Route("/health", lambda request: PlainTextResponse("ready")),
        Route("/practice.css", browser.stylesheet),
        Route("/reset", browser.reset, methods=["POST"]),
        Route("/jobs", browser.job_list),
        Route("/jobs/{job_id}", browser.job_page),
        Route("/jobs/{job_id}/result", browser.job_result),
        Route(TABS + "{module}", browser.record_list),
        Route(TABS + "{module}/{record_id}", browser.record_page),
    ]


def _bulk_routes() -> list[BaseRoute]:
    result = api(bulk_api.download_result)
    return [
        Route("/oauth/v2/token", oauth.token, methods=["POST"]),
        Route("/oauth/v2/token/revoke", oauth.revoke, methods=["POST"]),
        Route("/crm/{version:version}/upload", bulk_api.upload, methods=["POST"]),
        Route(
            "/crm/bulk/{version:version}/write",
            api(bulk_api.create_job, cost=JOB_COST),
            methods=["POST"],
        ),
        Route("/crm/bulk/{version:version}/write/{job_id}", api(bulk_api.read_job)),
        Route("/crm/bulk/{version:version}/write/{job_id}/result", result),
        Route(f"/{{version:version}}/crm/{ZGID}/bulk-write/{{job_id}}/{{archive}}", result),
    ]


def _metadata_routes() -> list[BaseRoute]:
    return [
        Route("/crm/{version:version}/org", api(metadata.org)),
        Route("/crm/{version:version}/users", api(metadata.users)),
        Route("/crm/{version:version}/settings/modules", api(metadata.modules)),
        Route("/crm/{version:version}/settings/modules/{module}", api(metadata.module)),
        Route("/crm/{version:version}/settings/fields", api(metadata.fields)),
        Route("/crm/{version:version}/settings/layouts", api(metadata.layouts)),
    ]


def _record_routes() -> list[BaseRoute]:
    """Last, because a module may have any name."""
    many, one = "/crm/{version:version}/{module}", "/crm/{version:version}/{module}/{record_id}"
    return [
        Route("/crm/{version:version}/coql", api(record_api.query_records), methods=["POST"]),
        Route(many + "/search", api(record_api.search_records)),
        Route(many, api(record_api.list_records), methods=["GET"]),
        Route(many, api(record_api.create_records), methods=["POST"]),
        Route(many, api(record_api.update_records), methods=["PUT"]),
        Route(many, api(record_api.delete_records), methods=["DELETE"]),
        Route(one, api(record_api.read_record), methods=["GET"]),
        Route(one, api(record_api.update_record), methods=["PUT"]),
        Route(one, api(record_api.delete_record), methods=["DELETE"]),
    ]


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
