"""Whatever goes wrong, neither an error nor a log tells what authorises us."""

import json
import logging
from collections.abc import Callable, Iterator
from urllib.parse import unquote

import httpx
import pytest
import stamina

from importer.crm import errors
from importer.crm.client import Credentials, CrmClient, exchange_code, revoke_token
from importer.crm.errors import (
    CrmError,
    CrmRefused,
    CrmUnauthorised,
    CrmUnavailable,
    OutcomeUnknown,
)
from importer.crm.hosts import one_host
from importer.crm.tokens import MemoryTokens
from tests.crm.work import request_for

HOSTS = one_host("https://crm.example.com")
TOKEN, SECRET, REFRESH, CODE = "1000.the-token", "the-secret", "1000.the-refresh", "1000.the-code"
GRANTED = httpx.Response(200, json={"access_token": TOKEN, "expires_in": 3600})
ECHO = "you sent ALL-OF-IT"
SAID = ("Retry-After",)  # of the headers
Answer = httpx.Response | Exception


def saying(status: int, code: str, **headers: str) -> httpx.Response:
    """An answer that repeats all it was sent, wherever it can."""
    body = {"code": code, "message": ECHO, "status": "error", "details": {"sent": [ECHO]}}
    return httpx.Response(status, json=body, headers=headers)


def refusing_token(error: str) -> httpx.Response:
    return httpx.Response(200, json={"error": error, "error_description": ECHO})


def look(crm: CrmClient) -> object:
    return crm.organisation()


def create(crm: CrmClient) -> object:
    return crm.bulk_write.create(request_for("57"))


LOST = httpx.ReadTimeout("no answer")
CASES: dict[str, tuple[type[CrmError], Callable[[CrmClient], object], Answer, Answer]] = {
    "not reached": (CrmUnavailable, look, GRANTED, httpx.ConnectError("refused")),
    "lost": (CrmUnavailable, look, GRANTED, LOST),
    "too many": (CrmUnavailable, look, GRANTED, saying(429, "TOO_MANY_REQUESTS")),
    "down": (CrmUnavailable, look, GRANTED, httpx.Response(503, text=ECHO)),
    "unreadable": (CrmUnavailable, look, GRANTED, httpx.Response(200, text=ECHO)),
    "paused": (CrmUnavailable, look, GRANTED, saying(503, "", **{"Retry-After": "60"})),
    "refused": (CrmRefused, look, GRANTED, saying(400, "INVALID_DATA")),
    "files refused": (CrmRefused, look, GRANTED, httpx.Response(400, json={"x-error": ECHO})),
    "token refused": (CrmUnauthorised, look, GRANTED, saying(401, "INVALID_TOKEN")),
    "scope missing": (CrmUnauthorised, look, GRANTED, saying(401, "OAUTH_SCOPE_MISMATCH")),
    "grant refused": (CrmUnauthorised, look, refusing_token("invalid_code"), GRANTED),
    "too many tokens": (CrmUnavailable, look, refusing_token("Access Denied"), GRANTED),
    "accounts lost": (CrmUnavailable, look, LOST, GRANTED),
    "no token": (CrmUnavailable, look, httpx.Response(200, json={"refresh": REFRESH}), GRANTED),
    "job lost": (OutcomeUnknown, create, GRANTED, LOST),
    "job broken": (OutcomeUnknown, create, GRANTED, saying(500, "INTERNAL_ERROR")),
    "job without id": (OutcomeUnknown, create, GRANTED, httpx.Response(200, json={"id": ECHO})),
}


@pytest.fixture(autouse=True)
def one_try() -> Iterator[None]:
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


def transport(token: Answer, answer: Answer) -> httpx.MockTransport:
    def serve(request: httpx.Request) -> httpx.Response:
        said = token if request.url.path == "/oauth/v2/token" else answer
        if isinstance(said, Exception):
            raise said
        sent = unquote(f"{request.headers.get('Authorization')} {request.read().decode()}")
        headers = {name: said.headers[name] for name in SAID if name in said.headers}
        content = said.text.replace("ALL-OF-IT", sent.replace('"', "'"))
        return httpx.Response(said.status_code, headers=headers, text=content)

    return httpx.MockTransport(serve)


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and all that led to it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def told(error: BaseException) -> str:
    """Everything that an error says of itself, in any way that it can be asked."""
    return "\n".join(
        f"{one} {one!r} {one.args!r} {vars(one)!r} {json.dumps(vars(one), default=repr)}"
        for one in chain(error)
    )


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    for name in (None, "httpx", "httpcore", "importer"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


@pytest.mark.parametrize("case", CASES)
def test_error_tells_nothing_that_authorises(logged, case):
    kind, call, token, answer = CASES[case]
    crm = CrmClient(
        HOSTS,
        Credentials("1000.ID", SECRET, REFRESH),
        MemoryTokens(),
        transport=transport(token, answer),
    )

    with pytest.raises(kind) as caught:
        call(crm)

    assert type(caught.value) is kind
    assert_nothing_is_told(told(caught.value) + repr(crm) + logged.text)


def test_refused_grant_code_is_not_told(logged):
    refusing = transport(refusing_token("invalid_code"), GRANTED)

    with pytest.raises(CrmUnauthorised) as caught:
        exchange_code(HOSTS, "1000.ID", SECRET, CODE, transport=refusing)

    said = told(caught.value) + logged.text
    assert "you sent" in said  # what the CRM said is told, but for that
    assert CODE not in said
    assert SECRET not in said


def test_token_that_is_not_revoked_is_not_told(logged):
    refusing = transport(GRANTED, httpx.Response(400, json={"error": ECHO, "status": "failure"}))

    with pytest.raises(CrmRefused) as caught:
        revoke_token(HOSTS, REFRESH, transport=refusing)

    said = told(caught.value) + logged.text
    assert "you sent" in said
    assert REFRESH not in said


def test_cases_are_all_the_errors_that_there_are():
    family = {
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, CrmError)
    }

    assert {kind for kind, *_ in CASES.values()} == family - {CrmError}


def assert_nothing_is_told(said: str) -> None:
    assert said
    assert [secret for secret in (TOKEN, SECRET, REFRESH) if secret in said] == []
