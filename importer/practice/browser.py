"""The practice CRM's own pages: what it is, its records, its jobs, and the way back to the seed."""

from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from importer.practice.crm import PracticeCrm
from importer.practice.jobs import COMPLETED, Job
from importer.practice.modules import Module
from importer.practice.organisation import COMPANY, DOMAIN_NAME
from importer.practice.queries import Condition
from importer.practice.record_json import display_name, local_time, record_json
from importer.practice.store import parse_id
from importer.practice.stored_records import StoredRecord, StoredRecords, key_text
from importer.practice.trade_modules import MODULES

PAGES: Final = Path(__file__).parent / "pages"
ROWS_PER_PAGE: Final = 50
JOBS_SHOWN: Final = 100
COLUMNS_SHOWN: Final = 5
CONTENT_POLICY: Final = (
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
SAFE_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
pages = Environment(
    loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
pages.globals.update(company=COMPANY, domain_name=DOMAIN_NAME)
pages.filters["local_time"] = lambda text: local_time(text)[:16].replace("T", " ")
pages.filters["grouped"] = lambda number: f"{number:,}"


def render(page: str, *, status: int = 200, **context: Any) -> Response:
    html = pages.get_template(page).render(**context)
    return HTMLResponse(html, status_code=status, headers=SAFE_HEADERS)


def home(request: Request) -> Response:
    crm = _crm(request)
    counts = [(module, crm.records.count(module)) for module in MODULES.values()]
    credits_left = (crm.credits.remaining(), crm.credits.allowance)
    return render("home.html", counts=counts, jobs=crm.jobs.latest(5), credits=credits_left)


def record_list(request: Request) -> Response:
    """A page of a module, or of the records whose name or key begins with what is searched for."""
    module, records = _module(request), _crm(request).records
    search = request.query_params.get("search", "").strip()
    number = parse_id(request.query_params.get("page", "1")) or 1
    number = min(number, 1_000_000)
    where = _beginning_with(module, search) if search else Condition("1", ())
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


def record_page(request: Request) -> Response:
    module, records = _module(request), _crm(request).records
    record_id = parse_id(request.path_params["record_id"])
    record = None if record_id is None else records.get(module, record_id)
    if record is None:
        raise HTTPException(404)
    shown = record_json(records, module, record)
    values = [
        (field, shown[field.api_name])
        for field in module.fields
        if shown.get(field.api_name) not in (None, "", [])
    ]
    return render(
        "record.html",
        module=module,
        record=record,
        name=display_name(module, record),
        values=values,
        empty=len(module.fields) - len(values),
    )


def job_list(request: Request) -> Response:
    return render("jobs.html", jobs=_crm(request).jobs.latest(JOBS_SHOWN))


def job_page(request: Request) -> Response:
    job = _job(request)
    return render("job.html", job=job, has_result=job.state == COMPLETED)


def job_result(request: Request) -> Response:
    """The result's archive for the person at the browser."""
    job = _job(request)
    path = _crm(request).store.results_dir / f"{job.id}.zip"
    if job.state != COMPLETED or not path.exists():
        raise HTTPException(404)
    return FileResponse(path, filename=f"{job.id}.zip", headers=SAFE_HEADERS)


def reset(request: Request) -> Response:
    """Back to the seed, if it was one of our own pages that asked."""
    origin = urlsplit(request.headers.get("Origin", ""))
    if origin.netloc != request.url.netloc:
        return render("refused.html", status=403)
    _crm(request).reset()
    return RedirectResponse("/", status_code=303)


def stylesheet(request: Request) -> Response:
    return FileResponse(PAGES / "practice.css", media_type="text/css", headers=SAFE_HEADERS)


def not_found(request: Request) -> Response:
    return render("not_found.html", status=404)


def _crm(request: Request) -> PracticeCrm:
    crm: PracticeCrm = request.app.state.crm
    return crm


def _module(request: Request) -> Module:
    module = MODULES.get(request.path_params["module"])
    if module is None or request.path_params["domain_name"] != DOMAIN_NAME:
        raise HTTPException(404)
    return module


def _job(request: Request) -> Job:
    job_id = parse_id(request.path_params["job_id"])
    job = None if job_id is None else _crm(request).jobs.get(job_id)
    if job is None:
        raise HTTPException(404)
    return job


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
