"""The calls of a bulk write: upload an archive, create a job, ask how it goes, take its result."""

from collections.abc import AsyncGenerator
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute

from importer.practice.api.calls import ApiRoute, Call, Terms, answer, api_route, refusal
from importer.practice.api.credits import JOB_COST
from importer.practice.api.errors import ApiError
from importer.practice.bulk.job_details import Telling, job_details
from importer.practice.bulk.job_parsing import parse
from importer.practice.bulk.jobs import Job
from importer.practice.bulk.resource_parsing import named_modules
from importer.practice.bulk.uploads import MAX_BYTES, is_zip
from importer.practice.organisation.company import CURRENT_USER, ZGID
from importer.practice.storage.store import parse_id

UPLOADING = Terms(scopes=("ZohoFiles.files.ALL",))
DEED_SCOPES = {"insert": "CREATE", "update": "UPDATE", "upsert": "CREATE"}
MULTIPART_MARGIN = 64 * 1024  # boundaries and part headers
MAX_DRAINED = 4 * MAX_BYTES  # read and thrown away, so that the caller gets to hear the refusal


def routes() -> list[BaseRoute]:
    one = "/crm/bulk/{version:version}/write/{job_id}"
    archive = f"/{{version:version}}/crm/{ZGID}/bulk-write/{{job_id}}/{{archive}}"
    scopes = ("ZohoCRM.bulk.CREATE",)
    creating = Terms(scopes, credits=(JOB_COST, JOB_COST))
    return [
        ApiRoute("/crm/{version:version}/upload", upload, UPLOADING, ["POST"]),
        api_route("/crm/bulk/{version:version}/write", create_job, creating, "POST"),
        api_route(one, read_job, Terms(scopes)),
        api_route(f"{one}/result", download_result, Terms(scopes)),
        api_route(archive, download_result, Terms(scopes)),
    ]


async def upload(request: Request) -> Response:
    """Take a multipart body with one part called `file`."""
    form = await _form(request)
    call = Call(request.app.state.crm, request)
    try:
        return await run_in_threadpool(_answer_upload, call, form)
    finally:
        if isinstance(form, FormData):
            await form.close()


def create_job(call: Call) -> Response:
    """Check the request and accept it; the work is done later."""
    crm = call.crm
    kind = call.request.headers.get("Content-Type", "application/json")
    if kind.partition(";")[0].strip().lower() != "application/json":
        raise ApiError("REQUEST_BODY_NOT_SUPPORTED", "the request body must be JSON")
    asked = call.json()
    for module in named_modules(asked):
        call.require_access(module, DEED_SCOPES.get(str(asked.get("operation")), "CREATE"))
    request = parse(asked, call.version, crm.uploads, crm.control.switches)
    limit = crm.settings.edition.bulk_jobs_a_day
    with crm.store.transaction() as db:
        if limit is not None and crm.jobs.accepted_today() >= limit:
            message = "no more bulk jobs can be started today"
            raise ApiError("LIMIT_REACHED", message, details={"limit": limit})
        job_id = crm.jobs.accept(db, request, crm.settings.pace_s)
        crm.uploads.mark_used(db, int(request.file_id))
    details = {
        "id": str(job_id),
        "created_by": {"id": CURRENT_USER.id, "name": CURRENT_USER.full_name},
    }
    body = {"status": "success", "code": "SUCCESS", "message": "success", "details": details}
    return JSONResponse(body, status_code=201)


def read_job(call: Call) -> Response:
    job = _job(call, call.path("job_id"))
    if job is None:
        raise ApiError("RESOURCE_NOT_FOUND", "The requested resource doesn't exist.", status=404)
    telling = Telling(call.address, call.crm.control.switches, call.version)
    return JSONResponse(job_details(job, telling))


def download_result(call: Call) -> Response:
    """The result's archive, under either of its addresses."""
    job = _job(call, call.path("job_id"))
    path = call.crm.store.results_dir / f"{job.id}.zip" if job else None
    days = call.crm.control.switches.result_days
    if job is None or path is None or not job.has_result(days) or not path.exists():
        gone = {"x-info": "Link not valid", "info": "Forbidden", "http_status": "404"}
        return JSONResponse(gone, status_code=404)
    disposition = {"Content-Disposition": f'attachment; filename="{job.id}.zip"'}
    return FileResponse(path, media_type="application/zip", headers=disposition)


def _job(call: Call, job_id: str) -> Job | None:
    known = parse_id(job_id)
    return None if known is None else call.crm.jobs.get(known)


async def _form(request: Request) -> FormData | ApiError:
    """The body's parts; or what is wrong with it, to be said once the caller is known."""
    try:
        return await MultiPartParser(request.headers, _limited(request), max_files=1).parse()
    except ApiError as error:
        return error
    except (MultiPartException, KeyError):
        return _no_file()


async def _limited(request: Request) -> AsyncGenerator[bytes, None]:
    """The body as it comes; `ApiError` at its end if it was too large."""
    seen = 0
    async for chunk in request.stream():
        seen += len(chunk)
        if seen <= MAX_BYTES + MULTIPART_MARGIN:
            yield chunk
        elif seen > MAX_DRAINED:
            break
    if seen > MAX_BYTES + MULTIPART_MARGIN:
        raise _too_large()


def _answer_upload(call: Call, form: FormData | ApiError) -> Response:
    """The file host may say in words of its own that a token opens nothing."""
    if call.crm.control.switches.upload_refusal_words == "file host" and not call.token_opens:
        body = {"ERROR_CODE": 401, "ERROR_MESSAGE": "Unauthorized request, token is not valid"}
        return JSONResponse(body, status_code=401)
    return answer(call, lambda call: _keep(call, form), UPLOADING)


def _keep(call: Call, form: FormData | ApiError) -> Response:
    refused = _header_refusal(call)
    if refused is not None:
        return refused
    if isinstance(form, ApiError):
        raise form
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise _no_file()
    if (file.size or 0) > MAX_BYTES:
        raise _too_large()
    if not is_zip(file.file):
        raise ApiError(
            "INVALID_FILE_FORMAT",
            "invalid file format. only zip format is supported",
            status=call.crm.control.switches.upload_refusal_status,
        )
    file_id, created_time = call.crm.uploads.save(file.file, file.filename or "file")
    return JSONResponse(
        {
            "status": "success",
            "code": "FILE_UPLOAD_SUCCESS",
            "message": "file uploaded.",
            "details": {"file_id": str(file_id), "created_time": created_time},
        }
    )


def _header_refusal(call: Call) -> Response | None:
    """The file host's own answers to missing and wrong headers."""
    feature = call.request.headers.get("feature")
    if feature is None or call.request.headers.get("X-CRM-ORG") != ZGID:
        body: dict[str, Any] = {
            "ERROR_CODE": 400,
            "ERROR_MESSAGE": "Bad Request",
            "x-error": "check if headers [feature, X-CRM-ORG] are present and valid",
        }
        return JSONResponse(body, status_code=400)
    if feature != "bulk-write":
        # Seen with HTTP 200: only the body says that nothing was kept.
        error = ApiError("NOT_SUPPORTED_FEATURE", "Feature is not supported", status=200)
        return refusal(error)
    return None


def _too_large() -> ApiError:
    return ApiError("FILE_TOO_LARGE", "File size too large to process", status=413)


def _no_file() -> ApiError:
    return ApiError(
        "REQUIRED_PARAM_MISSING",
        "One of the expected parameter is missing",
        details={"param_name": "file"},
    )
