"""The calls of a bulk read: create the job, ask how it goes, take its file."""

from pathlib import Path
from typing import Any, Final

from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute

from importer.practice.api.calls import Call, Terms, api_route
from importer.practice.api.errors import ApiError, too_many
from importer.practice.bulk_read.read_request import parse
from importer.practice.clock import CLOCK
from importer.practice.errands.errands import Errand, ErrandState, Kind
from importer.practice.organisation.company import CURRENT_USER
from importer.practice.storage.store import parse_id

JOB_COST: Final = 50
KEPT_S: Final = 24 * 60 * 60


def routes() -> list[BaseRoute]:
    many, scopes = "/crm/bulk/{version:version}/read", ("ZohoCRM.bulk.READ",)
    one = f"{many}/{{job_id}}"
    return [
        api_route(many, create_job, Terms(scopes, credits=(JOB_COST, JOB_COST)), "POST"),
        api_route(one, read_job, Terms(scopes)),
        api_route(f"{one}/result", download, Terms(scopes)),
    ]


def create_job(call: Call) -> Response:
    if not call.request.headers.get("Content-Type", "").startswith("application/json"):
        message = "the body must be given as application/json"
        raise ApiError("MEDIA_TYPE_NOT_SUPPORTED", message, status=415)
    module, request = parse(call.json())
    call.require_access(module, "READ")
    crm = call.crm
    request |= {"version": call.version, "per_page": crm.control.switches.max_read_rows}
    with crm.store.transaction() as db:
        job_id = crm.errands.accept(db, Kind.BULK_READ, module, request, crm.settings.pace_s)
    errand = crm.errands.get(Kind.BULK_READ, job_id)
    details: dict[str, Any] = {
        "id": str(job_id),
        "operation": "read",
        "state": "ADDED",
        "created_by": {"id": CURRENT_USER.id, "name": CURRENT_USER.full_name},
        "created_time": errand.created_time if errand else None,
    }
    answer = {
        "status": "success",
        "code": "ADDED_SUCCESSFULLY",
        "message": "Added successfully.",
        "details": details,
    }
    return JSONResponse({"data": [answer], "info": {}}, status_code=201)


def read_job(call: Call) -> Response:
    return JSONResponse({"data": [call.crm.bulk_reads.details(_job(call))]})


def download(call: Call) -> Response:
    """The file, ten times a minute and for a day."""
    job, reads = _job(call), call.crm.bulk_reads
    path = reads.path(job)
    if job.state is not ErrandState.COMPLETED or not path.exists() or _expired(path):
        raise _gone()
    if not reads.may_download():
        raise too_many()
    disposition = {"Content-Disposition": f'attachment; filename="{job.id}.zip"'}
    return FileResponse(path, media_type="application/zip", headers=disposition)


def _job(call: Call) -> Errand:
    known = parse_id(call.path("job_id"))
    job = None if known is None else call.crm.errands.get(Kind.BULK_READ, known)
    if job is None:
        raise _gone()
    return job


def _expired(path: Path) -> bool:
    return path.stat().st_mtime < CLOCK.time() - KEPT_S


def _gone() -> ApiError:
    return ApiError("RESOURCE_NOT_FOUND", "The requested resource doesn't exist.", status=404)
