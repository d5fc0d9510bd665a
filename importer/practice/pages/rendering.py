"""How every page of the practice CRM is drawn, and how it knows its own forms."""

from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from importer.practice.crm import PracticeCrm
from importer.practice.organisation.company import COMPANY, DOMAIN_NAME
from importer.practice.organisation.module import Module
from importer.practice.organisation.modules import MODULES
from importer.practice.records.record_json import local_time

PAGES: Final = Path(__file__).parent
TABS: Final = "/crm/{domain_name}/tab/"
CONTENT_POLICY: Final = (
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
SAFE_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not `no-referrer`, with which browsers no longer say where a form was sent from.
    "Referrer-Policy": "same-origin",
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


def sent_from_elsewhere(request: Request) -> bool:
    """Whether it was not one of our own pages that asked."""
    return urlsplit(request.headers.get("Origin", "")).netloc != request.url.netloc


def refused() -> Response:
    """For a form that was sent from elsewhere."""
    return render("refused.html", status=403)


def crm_of(request: Request) -> PracticeCrm:
    crm: PracticeCrm = request.app.state.crm
    return crm


def module_of(request: Request) -> Module:
    module = MODULES.get(request.path_params["module"])
    if module is None or request.path_params["domain_name"] != DOMAIN_NAME:
        raise HTTPException(404)
    return module
