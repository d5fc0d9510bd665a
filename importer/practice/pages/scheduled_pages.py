"""The page of scheduled work: mass updates, mass deletes, and bulk reads with their files."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from importer.practice.errands.errands import ErrandState, Kind
from importer.practice.pages.rendering import SAFE_HEADERS, crm_of, render
from importer.practice.storage.store import parse_id

SHOWN: Final = 100
KIND_WORDS: Final = {
    Kind.MASS_UPDATE: "Mass update",
    Kind.MASS_DELETE: "Mass delete",
    Kind.BULK_READ: "Bulk read",
}


def routes() -> list[BaseRoute]:
    return [
        Route("/scheduled", scheduled_list),
        Route("/scheduled/{errand_id}/file", read_file),
    ]


def scheduled_list(request: Request) -> Response:
    errands = crm_of(request).errands.latest(SHOWN)
    return render("scheduled.html", errands=errands, words=KIND_WORDS)


def read_file(request: Request) -> Response:
    """The file of a bulk read for the person at the browser."""
    crm, errand_id = crm_of(request), parse_id(request.path_params["errand_id"])
    errand = None if errand_id is None else crm.errands.get(Kind.BULK_READ, errand_id)
    if errand is None or errand.state is not ErrandState.COMPLETED:
        raise HTTPException(404)
    path = crm.bulk_reads.path(errand)
    if not path.exists():
        raise HTTPException(404)
    return FileResponse(path, filename=path.name, headers=SAFE_HEADERS)
