"""The authorization page: a person sees which program asks for what, and says yes or no."""

from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from importer.practice.crm import PracticeCrm
from importer.practice.oauth.asking import Asked, AskedWronglyError, Consents, read_asked
from importer.practice.oauth.tokens import ThrottledError
from importer.practice.pages.rendering import CONTENT_POLICY, crm_of, render, sent_from_elsewhere


def routes() -> list[BaseRoute]:
    return [
        Route("/oauth/v2/auth", show, methods=["GET"]),
        Route("/oauth/v2/auth", answer, methods=["POST"]),
    ]


def show(request: Request) -> Response:
    """The page, or what is wrong with the link that led here."""
    crm = crm_of(request)
    try:
        asked = _asked(crm, request.query_params)
    except AskedWronglyError as error:
        return render("consent_refused.html", status=400, reason=str(error))
    ticket = Consents(crm.store).open(asked)
    parts = urlsplit(asked.redirect_uri)
    back_to = f"{parts.scheme}://{parts.netloc}"
    response = render("consent.html", asked=asked, ticket=ticket, back_to=back_to)
    # The browser also looks at where the answer to the form leads on to.
    policy = CONTENT_POLICY.replace("form-action 'self'", f"form-action 'self' {back_to}")
    response.headers["Content-Security-Policy"] = policy
    return response


async def answer(request: Request) -> Response:
    """Send the browser back to the program, with a code or without one."""
    if sent_from_elsewhere(request):
        return render("consent_refused.html", status=403, reason="it was sent by another site")
    form = await request.form(max_files=0, max_fields=5)
    address = str(request.base_url).rstrip("/")
    given = {name: str(value) for name, value in form.items()}
    return await run_in_threadpool(_settle, crm_of(request), given, address)


def _settle(crm: PracticeCrm, given: dict[str, str], address: str) -> Response:
    asked = Consents(crm.store).close(given.get("ticket", ""))
    if asked is None:
        return render("consent_refused.html", status=400, reason="the page had been open too long")
    if given.get("answer") != "accept":
        return _back(asked, {"error": "access_denied"})
    limited = crm.control.switches.oauth_limits != "none"
    offline = asked.offline and (asked.again or not crm.tokens.has_granted())
    try:
        code = crm.tokens.issue_code(
            asked.scopes, asked.redirect_uri, offline=offline, limited=limited
        )
    except ThrottledError:
        return render("consent_refused.html", status=429, reason="it came too often; wait a while")
    return _back(asked, {"code": code, "location": "us", "accounts-server": address})


def _asked(crm: PracticeCrm, params: QueryParams) -> Asked:
    asked = read_asked(params, crm.settings.redirect_uris)
    if not crm.tokens.knows(params.get("client_id", "")):
        raise AskedWronglyError("nobody knows its client id")
    return asked


def _back(asked: Asked, outcome: dict[str, Any]) -> Response:
    if asked.state is not None:
        outcome["state"] = asked.state
    joint = "&" if urlsplit(asked.redirect_uri).query else "?"
    url = f"{asked.redirect_uri}{joint}{urlencode(outcome)}"
    return RedirectResponse(url, status_code=303)
