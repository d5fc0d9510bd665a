"""Every documented error at every address the client asks: which error of ours, in whose words."""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import pytest

from importer.crm.client import CrmClient
from importer.crm.errors import (
    CrmError,
    CrmRefused,
    CrmUnauthorised,
    CrmUnavailable,
    OutcomeUnknown,
)
from importer.crm.hosts import one_host
from importer.crm.tokens import MemoryTokens
from tests.crm.endpoints import ENDPOINTS
from tests.crm.work import CREDENTIALS, Work
from tests.practice.caller import Caller
from tests.practice.controls import suffer


@dataclass(frozen=True, slots=True)
class Answer:
    """An error as Zoho documents it."""

    status: int
    code: str
    message: str
    details: dict[str, Any] = field(default_factory=dict)
    means: type[CrmError] = CrmRefused


# In the order of the reference: "Codes common to every endpoint".
COMMON = (
    Answer(401, "INVALID_TOKEN", "invalid oauth token", means=CrmUnauthorised),
    Answer(401, "INVALID_OAUTHTOKEN", "invalid oauth token", means=CrmUnauthorised),
    Answer(401, "AUTHENTICATION_FAILURE", "Authentication failed", means=CrmUnauthorised),
    Answer(401, "OAUTH_SCOPE_MISMATCH", "Unauthorized", means=CrmUnauthorised),
    Answer(403, "NO_PERMISSION", "Permission denied to read", {"permissions": ["Crm_View"]}),
    Answer(400, "AUTHORIZATION_FAILED", "User does not have sufficient privilege to read"),
    Answer(404, "INVALID_URL_PATTERN", "Please check if the URL is a correct one"),
    Answer(400, "INVALID_REQUEST_METHOD", "The http request method type is not a valid one"),
    Answer(405, "INVALID_REQUEST_METHOD", "The http request method type is not a valid one"),
    Answer(400, "INVALID_MODULE", "The module name given seems to be invalid"),
    Answer(400, "REQUIRED_PARAM_MISSING", "One parameter is missing", {"param_name": "module"}),
    Answer(400, "MANDATORY_NOT_FOUND", "required field not found", {"api_name": "find_by"}),
    Answer(400, "INVALID_DATA", "invalid data", {"json_path": "$.operation"}),
    Answer(400, "LIMIT_REACHED", "limit reached", {"limit": 10}),
    Answer(400, "LIMIT_EXCEEDED", "limit exceeded", {"limit": 10}),
    Answer(400, "API_NOT_SUPPORTED", "not supported", {"supported_version": "v7"}),
    Answer(400, "INVALID_HOST", "invalid host"),
    Answer(429, "TOO_MANY_REQUESTS", "too many requests", means=CrmUnavailable),
    Answer(400, "DUPLICATE_DATA", "duplicate data", {"api_name": "Email"}),
    Answer(400, "RECORD_LOCKED", "the record is locked"),
    Answer(400, "NOT_APPROVED", "the record is not approved"),
    Answer(400, "RECORD_IN_BLUEPRINT", "the record is in a blueprint"),
    Answer(400, "CANNOT_PROCESS", "the record cannot be processed"),
    Answer(200, "NO_PERMISSION", "Permission denied"),
    Answer(500, "INTERNAL_ERROR", "Internal Server Error", means=OutcomeUnknown),
)
GONE = (
    Answer(404, "RESOURCE_NOT_FOUND", "The requested resource doesn't exist."),
    Answer(400, "RESOURCE_NOT_FOUND", "The requested resource doesn't exist."),
)


def refusals(*codes: str) -> tuple[Answer, ...]:
    return tuple(Answer(400, code, f"refused: {code}") for code in codes)


NO_JOB = (Answer(404, "NOT_FOUND", "the job is not found"),)
LISTS = refusals(
    "DISCRETE_PAGINATION_LIMIT_EXCEEDED",
    "PAGINATION_LIMIT_EXCEEDED",
    "EXPIRED_VALUE",
    "TOKEN_BOUND_DATA_MISMATCH",
    "AMBIGUITY_DURING_PROCESSING",
)
QUERIES = refusals("SYNTAX_ERROR", "INVALID_QUERY", "INVALID_ALIAS", "DUPLICATE_ALIAS")
WRITES = refusals(
    "MULTIPLE_OR_MULTI_ERRORS",
    "DEPENDENT_FIELD_MISSING",
    "DEPENDENT_MISMATCH",
    "DEPENDENT_SERVICE_ERROR",
)
OWN = {
    "upload": (
        Answer(400, "INVALID_FILE_FORMAT", "invalid file format", {"created_time": "2026-03-02"}),
        Answer(200, "INVALID_FILE_FORMAT", "invalid file format", {"created_time": "2026-03-02"}),
        Answer(413, "FILE_TOO_LARGE", "File size too large to process"),
        Answer(200, "NOT_SUPPORTED_FEATURE", "Feature is not supported"),
    ),
    "create_job": tuple(
        Answer(400, code, message, details)
        for code, message, details in (
            ("MANDATORY_FIELDS_NOT_MAPPED", "All mandatory fields are not mapped [Company]", {}),
            ("MANDATORY_NOT_FOUND", "Required key find_by is not available", {}),
            ("MISSING_REQUIRED_KEY", "required key operation is not found", {"json_path": "$"}),
            ("INVALID_FIELD", "invalid mapping. invalid api_name ast_Name.", {}),
            ("INVALID_FIELD_NAME", "invalid field name", {}),
            ("INVALID_FORMAT", "invalid format", {"api_name": "Birthday"}),
            ("INVALID_FILE_ID", "improper file id", {}),
            ("FILE_NOT_FOUND", "no such file", {}),
            ("FILE_NOT_SUPPORTED", "File not supported for bulk write", {}),
            ("HEADER_LIMIT_EXCEEDED", "too many fields", {"limit": 200}),
            ("COLUMN_INDEX_NOT_FOUND", "no such column", {"index": 17}),
            ("MODULE_NOT_AVAILABLE", "Requested module 'asdf' is not available.", {}),
            ("COEXISTENCE_NOT_ALLOWED", "not together", {"api_name": "format"}),
            ("INVALID_CALLBACK_METHOD", "invalid", {"supported_callback_methods": ["post"]}),
            ("INVALID_CALLBACK_URL", "invalid callback url", {}),
            ("INVALID_REQUEST", "invalid request", {}),
            ("BAD_REQUEST", "bad request", {}),
            ("REQUEST_BODY_NOT_SUPPORTED", "the request body is not supported", {}),
            ("NOT_ALLOWED", "not allowed", {}),
            ("ALREADY_USED", "already used", {}),
        )
    ),
    "job": GONE,
    "result": GONE,
    "create_read": (
        *refusals("REQUEST_BODY_IS_EMPTY", "MODULE_NOT_AVAILABLE", "INVALID_CRITERIA"),
        Answer(415, "MEDIA_TYPE_NOT_SUPPORTED", "the body must be given as application/json"),
    ),
    "read_job": GONE,
    "read_result": GONE,
    "get": LISTS,
    "all": LISTS,
    "search": refusals("EXPECTED_PARAM_MISSING", "INVALID_QUERY", "NOT_SUPPORTED"),
    "query": QUERIES,
    "find": QUERIES,
    "find_all": QUERIES,
    "deleted": refusals("PATTERN_NOT_MATCHED"),
    "insert": WRITES,
    "update": (*WRITES, Answer(412, "ALREADY_MODIFIED", "the record was modified since")),
    "upsert": WRITES,
    "delete": refusals("UNABLE_TO_PARSE_DATA_TYPE"),
    "mass_update": refusals("CANNOT_PERFORM_ACTION", "NO_RECORDS_FOUND"),
    "update_view": (
        *refusals("CANNOT_PERFORM_ACTION", "NO_RECORDS_FOUND"),
        Answer(202, "ALREADY_SCHEDULED", "mass update is already scheduled"),
    ),
    "update_job": NO_JOB,
    "mass_delete": refusals("NOT_SUPPORTED"),
    "delete_view": refusals("ALREADY_SCHEDULED", "NOT_SUPPORTED"),
    "delete_job": NO_JOB,
}
CASES = [
    pytest.param(endpoint, answer, id=f"{name}-{answer.status}-{answer.code}")
    for name, endpoint in ENDPOINTS.items()
    for answer in (*COMMON, *OWN.get(name, ()))
]


@pytest.fixture(scope="module")
def tokens() -> MemoryTokens:
    return MemoryTokens()


@pytest.fixture(scope="module")
def crm(address: str, tokens: MemoryTokens) -> Iterator[CrmClient]:
    with CrmClient(one_host(address), CREDENTIALS, tokens) as client:
        yield client


@pytest.fixture(scope="module")
def work(crm: CrmClient, tmp_path_factory: pytest.TempPathFactory) -> Work:
    """All that the calls need, made before the first mishap."""
    work = Work(crm, tmp_path_factory.mktemp("work"))
    for endpoint in ENDPOINTS.values():
        endpoint.given(work)
    return work


@pytest.fixture(scope="module")
def teller(address: str) -> Caller:
    return Caller(address)


@pytest.fixture
def told(teller: Caller) -> Iterator[Caller]:
    """Somebody who tells the practice CRM what to suffer, for one test."""
    yield teller
    teller.http.delete("/control/faults").raise_for_status()


def public(thing: object) -> set[str]:
    """The methods that others may call."""
    return {
        name for name, _ in inspect.getmembers(type(thing), inspect.isfunction) if name[0] != "_"
    }


def calls_of(caller: Caller) -> list[str]:
    """The calls that the practice CRM was asked for, in order."""
    return [one["call"] for one in caller.http.get("/control/calls").json()["calls"]]


def secrets_of(tokens: MemoryTokens) -> tuple[str, ...]:
    token = tokens.current()
    assert token is not None
    return token.value, CREDENTIALS.client_secret, CREDENTIALS.refresh_token


def everything_told_by(error: BaseException | None) -> Iterator[str]:
    """The words of an error, and of those that led to it."""
    while error is not None:
        yield f"{error} {error!r} {vars(error)}"
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize(("endpoint", "answer"), CASES)
def test_error_is_ours_by_type_and_zohos_by_its_words(crm, tokens, work, told, endpoint, answer):
    said = {"code": answer.code, "message": answer.message, "details": answer.details}
    body = {**said, "status": "error"}
    suffer(told, "answer", on=endpoint.on, status=answer.status, body=body, times=None)
    means = answer.means
    if means is OutcomeUnknown and endpoint.repeatable:
        means = CrmUnavailable

    with pytest.raises(CrmError) as caught:
        endpoint.call(crm, work)

    error = caught.value
    assert type(error) is means
    assert {"code": error.code, "message": error.message, "details": error.details} == said
    told_by_error = " ".join(everything_told_by(error))
    assert not [secret for secret in secrets_of(tokens) if secret in told_by_error]


def test_every_call_of_the_client_is_made_here(crm):
    ask_nothing = {"close", "ready", "record_url"}
    groups = {name: group for name, group in vars(crm).items() if not name.startswith("_")}

    calls = {*public(crm), *(f"{name}.{call}" for name in groups for call in public(groups[name]))}

    assert {endpoint.name for endpoint in ENDPOINTS.values()} == calls - ask_nothing


def test_every_address_that_the_client_asks_is_here(connect, caller, tmp_path):
    crm = connect()
    work = [(endpoint, endpoint.work(crm, tmp_path)) for endpoint in ENDPOINTS.values()]
    made_ready = len(calls_of(caller))
    for endpoint, its_work in work:
        endpoint.call(crm, its_work)

    asked = set(calls_of(caller)[made_ready:])

    assert len(asked) > len(ENDPOINTS) / 2
    known = [endpoint.on for endpoint in ENDPOINTS.values()]
    assert [one for one in asked if not any(fnmatchcase(one, on) for on in known)] == []


@pytest.mark.parametrize("name", ENDPOINTS)
def test_answer_that_is_no_json_is_an_error_of_ours(crm, work, told, name):
    endpoint = ENDPOINTS[name]
    suffer(told, "answer", on=endpoint.on, status=502, body="<h1>Bad gateway</h1>", times=None)

    with pytest.raises(CrmUnavailable if endpoint.repeatable else OutcomeUnknown) as caught:
        endpoint.call(crm, work)

    assert caught.value.status == 502


@pytest.mark.parametrize("name", ENDPOINTS)
def test_answer_about_something_else_is_an_error_of_ours(crm, work, told, name):
    endpoint = ENDPOINTS[name]
    suffer(told, "answer", on=endpoint.on, status=200, body={"weather": "fine"}, times=None)

    with pytest.raises(CrmUnavailable if endpoint.repeatable else OutcomeUnknown):
        endpoint.call(crm, work)


@pytest.mark.parametrize(
    ("status", "body", "means"),
    [
        (200, {"error": "invalid_code"}, CrmUnauthorised),
        (200, {"error": "invalid_client"}, CrmUnauthorised),
        (200, {"error": "invalid_client_secret"}, CrmUnauthorised),
        (400, {"error": "Access Denied", "error_description": "too many"}, CrmUnavailable),
        (200, {"error": "Access Denied", "error_description": "too many"}, CrmUnavailable),
        (500, {"error": "general_error"}, CrmUnavailable),
    ],
)
def test_refused_token_says_whether_to_connect_anew(connect, told, status, body, means):
    suffer(told, "answer", on="POST /oauth/v2/token", status=status, body=body, times=None)

    with pytest.raises(CrmError) as caught:
        connect().organisation()

    assert (type(caught.value), caught.value.code) == (means, body["error"])
    words = " ".join(everything_told_by(caught.value))
    assert CREDENTIALS.client_secret not in words
    assert CREDENTIALS.refresh_token not in words
