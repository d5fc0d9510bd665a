"""The practice CRM's own pages: what it is, its records, its jobs, and the way back to the seed."""

from typing import Any, Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import BaseRoute, Route

from importer.practice.bulk.jobs import Job
from importer.practice.organisation.module import Module
from importer.practice.organisation.modules import LISTED
from importer.practice.pages import deleted_pages, record_page, scheduled_pages
from importer.practice.pages.rendering import (
    PAGES,
    SAFE_HEADERS,
    TABS,
    crm_of,
    module_of,
    refused,
    render,
    sent_from_elsewhere,
)
from importer.practice.records.conditions import EVERY, Condition
from importer.practice.records.record_json import record_json
from importer.practice.storage.store import parse_id
from importer.practice.storage.stored_records import StoredRecord, StoredRecords, key_text

ROWS_PER_PAGE: Final = 50
JOBS_SHOWN: Final = 100
COLUMNS_SHOWN: Final = 5


def routes() -> list[BaseRoute]:
    return [
        Route("/", home),
        Route("/health", lambda request: PlainTextResponse("ready")),
        Route("/practice.css", stylesheet),
        Route("/reset", reset, methods=["POST"]),
        Route("/jobs", job_list),
        Route("/jobs/{job_id}", job_page),
        Route("/jobs/{job_id}/result", job_result),
        Route(TABS + "{module}", record_list),
        *record_page.routes(),
        *deleted_pages.routes(),
        *scheduled_pages.routes(),
    ]


def home(request: Request) -> Response:
    crm = crm_of(request)
    counts = [(module, crm.records.count(module)) for module in LISTED]
    credits_left = (crm.credits.remaining(), crm.credits.allowance)
    return render("home.html", counts=counts, jobs=crm.jobs.latest(5), credits=credits_left)


def record_list(request: Request) -> Response:
    """A page of a module, or of the records whose name or key begins with what is searched for."""
    module, records = module_of(request), crm_of(request).records
    search = request.query_params.get("search", "").strip()
    number = parse_id(request.query_params.get("page", "1")) or 1
    number = min(number, 1_000_000)
    where = _beginning_with(module, search) if search else EVERY
    offset = (number - 1) * ROWS_PER_PAGE
    found = records.page(module, where.sql, where.values, offset=offset, limit=ROWS_PER_PAGE + 1)
    columns = _columns(module)
    rows = [_row(records, module, record, columns) for record in found[:ROWS_PER_PAGE]]
    more = len(found) > ROWS_PER_PAGE
    return render(
        "records.html",
        module=module,
        columns=columns,
        rows=rows,
        search=search,
        total=records.count(module, where.sql, where.values),
        number=number,
        newer=_page_link(search, number - 1) if number > 1 else None,
        older=_page_link(search, number + 1) if more else None,
    )


def job_list(request: Request) -> Response:
    return render("jobs.html", jobs=crm_of(request).jobs.latest(JOBS_SHOWN))


def job_page(request: Request) -> Response:
    job = _job(request)
    return render("job.html", job=job, has_result=_has_result(request, job))


def job_result(request: Request) -> Response:
    """The result's archive for the person at the browser."""
    job = _job(request)
    path = crm_of(request).store.results_dir / f"{job.id}.zip"
    if not _has_result(request, job) or not path.exists():
        raise HTTPException(404)
    return FileResponse(path, filename=f"{job.id}.zip", headers=SAFE_HEADERS)


def reset(request: Request) -> Response:
    """Back to the seed, if it was one of our own pages that asked."""
    if sent_from_elsewhere(request):
        return refused()
    crm_of(request).reset()
    return RedirectResponse("/", status_code=303)


def stylesheet(request: Request) -> Response:
    return FileResponse(PAGES / "practice.css", media_type="text/css", headers=SAFE_HEADERS)


def not_found(request: Request) -> Response:
    return render("not_found.html", status=404)


def _job(request: Request) -> Job:
    job_id = parse_id(request.path_params["job_id"])
    job = None if job_id is None else crm_of(request).jobs.get(job_id)
    if job is None:
        raise HTTPException(404)
    return job


def _has_result(request: Request, job: Job) -> bool:
    return job.has_result(crm_of(request).control.switches.result_days)


def _beginning_with(module: Module, text: str) -> Condition:
    """Records with an indexed text that begins so; found by index however many there are."""
    start = key_text(text)
    names = [
        field.api_name
        for field in module.fields
        if field.api_name in module.indexed and field.lookup is None
    ]
    within = "module = ? AND field = ? AND value >= ? AND value < ?"
    one = f"id IN (SELECT record_id FROM keys WHERE {within})"  # noqa: S608 - values are bound
    values = [part for n in names for part in (module.api_name, n, start, f"{start}\U0010ffff")]
    return Condition(f"({' OR '.join([one] * len(names))})", tuple(values))


def _columns(module: Module) -> list[tuple[str, str]]:
    """Names and labels of what a list shows: the record's name, its keys, then the rest."""
    first = module.display_field.api_name
    ranked = sorted(
        module.own_fields,
        key=lambda f: (f.api_name != first, f.api_name not in module.key_fields),
    )
    parts = ("First_Name", "Last_Name", "Salutation") if module.composes_name else ()
    shown = [f for f in ranked if f.data_type != "textarea" and f.api_name not in parts]
    return [(f.api_name, f.label) for f in shown[:COLUMNS_SHOWN]]


def _row(
    records: StoredRecords,
    module: Module,
    record: StoredRecord,
    columns: list[tuple[str, str]],
) -> dict[str, Any]:
    values = record_json(records, module, record, [name for name, _ in columns])
    first, *rest = (values[name] for name, _ in columns)
    return {"id": record.id, "name": first or record.id, "values": rest}


def _page_link(search: str, number: int) -> str:
    asked = {"search": search, "page": str(number)} if search else {"page": str(number)}
    return f"?{urlencode(asked)}"
