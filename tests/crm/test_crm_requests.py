"""What becomes of answers that are errors, broken, late or missing."""

import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Thread

import httpx
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
from importer.crm.jobs import FieldMapping, JobRequest, JobState
from importer.crm.schema import Operation
from importer.crm.tokens import AccessToken, MemoryTokens

pytestmark = pytest.mark.alone

JOB = JobRequest("Leads", Operation.INSERT, "9", "leads.csv", (FieldMapping("Last_Name", 0),))
UPLOADED = {
    "status": "success",
    "code": "FILE_UPLOAD_SUCCESS",
    "message": "file uploaded.",
    "details": {"file_id": 111111000001492610, "created_time": "2026-03-02T10:15:30+05:30"},
}
CREATED = {"status": "success", "code": "SUCCESS", "message": "success", "details": {"id": "57"}}


def refusal(code: str, message: str = "no", **details: object) -> dict[str, object]:
    return {"code": code, "message": message, "status": "error", "details": details}


@pytest.fixture
def zip_path(tmp_path):
    path = tmp_path / "part-001.zip"
    path.write_bytes(b"PK\x05\x06" + bytes(18))
    return path


@pytest.fixture
def listening():
    """A socket that accepts connections; the test decides what becomes of them."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def client_for(port: int, credentials, timeout_s: float = 5) -> CrmClient:
    """A client with a token in hand, so that its first request is the one in question."""
    tokens = MemoryTokens()
    tokens.renew(None, lambda: AccessToken("t", datetime.now(UTC) + timedelta(hours=1)))
    return CrmClient(one_host(f"http://127.0.0.1:{port}"), credentials, tokens, timeout_s=timeout_s)


# Harmless requests


def test_harmless_request_is_repeated_until_it_succeeds(client, crm):
    crm.script = [
        httpx.Response(503, text="<html>maintenance</html>"),
        httpx.ConnectTimeout("slow"),
        httpx.ReadError("reset"),
        httpx.Response(200, json={"status": "IN PROGRESS", "id": "57"}),
    ]

    assert client.bulk_write.job("57").state is JobState.RUNNING
    assert [r.url.path for r in crm.requests] == ["/crm/bulk/v7/write/57"] * 4


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500, json=refusal("INTERNAL_ERROR", "Internal Server Error")),
        httpx.Response(200, json=refusal("INTERNAL_ERROR", "Internal Server Error")),
        httpx.Response(429, json=refusal("TOO_MANY_REQUESTS")),
        httpx.Response(400, json=refusal("TOO_MANY_REQUESTS")),
        httpx.Response(502, text="<html>bad gateway</html>"),
        httpx.Response(200, text="<html>please log in</html>"),
        httpx.Response(200, json=[1]),
        httpx.Response(200, json={"id": "57"}),
        httpx.Response(200, json={"id": "57", "status": None}),
        httpx.Response(204),
        httpx.ReadTimeout("timed out"),
        httpx.RemoteProtocolError("disconnected"),
    ],
)
def test_harmless_request_is_unavailable_when_every_answer_is_broken(client, crm, answer):
    crm.script = [answer] * 4

    with pytest.raises(CrmUnavailable):
        client.bulk_write.job("57")


@pytest.mark.parametrize(
    ("status", "body", "error", "code", "text"),
    [
        (404, refusal("RESOURCE_NOT_FOUND", "gone"), CrmRefused, "RESOURCE_NOT_FOUND", "gone"),
        (403, refusal("NO_PERMISSION", "denied"), CrmRefused, "NO_PERMISSION", "denied"),
        (401, refusal("AUTHENTICATION_FAILURE"), CrmUnauthorised, "AUTHENTICATION_FAILURE", "no"),
        (400, {"data": [refusal("INVALID_DATA", "bad")]}, CrmRefused, "INVALID_DATA", "bad"),
        (200, refusal("INVALID_MODULE", "which?"), CrmRefused, "INVALID_MODULE", "which?"),
        (302, "<html>", CrmRefused, "", "The CRM answered with HTTP status 302"),
        (404, "<html>", CrmRefused, "", "The CRM answered with HTTP status 404"),
    ],
)
def test_refusal_carries_the_crms_own_words_and_is_not_repeated(
    client, crm, status, body, error, code, text
):
    crm.script = [httpx.Response(status, json=body)]

    with pytest.raises(error) as caught:
        client.bulk_write.job("57")

    assert (type(caught.value), caught.value.code, caught.value.message) == (error, code, text)
    assert len(crm.requests) == 1


def test_refusal_carries_the_details(client, crm):
    crm.script = [httpx.Response(400, json=refusal("MANDATORY_NOT_FOUND", api_name="Email"))]

    with pytest.raises(CrmRefused) as caught:
        client.bulk_write.job("57")

    assert (caught.value.details, caught.value.status) == ({"api_name": "Email"}, 400)


def test_short_retry_after_is_waited_for(client, crm):
    crm.script = [
        httpx.Response(429, headers={"Retry-After": "2"}),
        httpx.Response(200, json={"status": "ADDED", "id": "57"}),
    ]

    assert client.bulk_write.job("57").state is JobState.QUEUED


def test_long_retry_after_goes_to_the_caller_at_once(client, crm):
    crm.script = [httpx.Response(429, headers={"Retry-After": "3600"})]

    with pytest.raises(CrmUnavailable) as caught:
        client.bulk_write.job("57")

    assert caught.value.retry_after_s == 3600
    assert len(crm.requests) == 1


def test_retry_after_may_be_a_date(client, crm):
    until = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    crm.script = [httpx.Response(503, headers={"Retry-After": until})]

    with pytest.raises(CrmUnavailable) as caught:
        client.bulk_write.job("57")

    assert caught.value.retry_after_s == pytest.approx(3600, abs=60)


@pytest.mark.parametrize("given", ["", "soon", "-5", "Mon, 02 Mar 2026 10:00:00 -0000"])
def test_unreadable_retry_after_names_no_time(client, crm, given):
    crm.script = [httpx.Response(429, headers={"Retry-After": given})] * 4

    with pytest.raises(CrmUnavailable) as caught:
        client.bulk_write.job("57")

    assert caught.value.retry_after_s is None


# Uploads


def test_upload_sends_the_zip_with_its_headers_and_returns_the_id_as_text(client, crm, zip_path):
    crm.script = [httpx.Response(200, json=UPLOADED)]

    assert client.bulk_write.upload(zip_path, "808232144") == "111111000001492610"

    [request] = crm.requests
    assert request.url.path == "/crm/v7/upload"
    assert (request.headers["feature"], request.headers["X-CRM-ORG"]) == (
        "bulk-write",
        "808232144",
    )
    assert b'name="file"; filename="part-001.zip"' in request.content
    assert zip_path.read_bytes() in request.content


def test_upload_is_repeated_whole(client, crm, zip_path):
    crm.script = [httpx.WriteError("reset"), httpx.Response(200, json=UPLOADED)]

    client.bulk_write.upload(zip_path, "808232144")

    assert zip_path.read_bytes() in crm.requests[1].content


@pytest.mark.parametrize(
    ("status", "body", "code", "text"),
    [
        (200, refusal("INVALID_FILE_FORMAT", "only zip"), "INVALID_FILE_FORMAT", "only zip"),
        (413, refusal("FILE_TOO_LARGE", "too large"), "FILE_TOO_LARGE", "too large"),
        (
            400,
            {"ERROR_CODE": 400, "ERROR_MESSAGE": "Bad Request", "x-error": "check if headers"},
            "400",
            "Bad Request: check if headers",
        ),
        (
            200,
            {"info": "Forbidden", "http_status": "403", "x-error": "check if headers"},
            "403",
            "Forbidden: check if headers",
        ),
    ],
)
def test_upload_refusals_are_found_in_the_body_whatever_the_status(
    client, crm, zip_path, status, body, code, text
):
    crm.script = [httpx.Response(status, json=body)]

    with pytest.raises(CrmRefused) as caught:
        client.bulk_write.upload(zip_path, "808232144")

    assert (caught.value.code, caught.value.message) == (code, text)


# Creating a job


def test_create_job_returns_its_id(client, crm):
    crm.script = [httpx.Response(201, json=CREATED)]

    assert client.bulk_write.create(JOB) == "57"
    assert crm.requests[0].url.path == "/crm/bulk/v7/write"
    assert crm.requests[0].headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(400, json=refusal("INVALID_FILE_ID", "improper file id")), CrmRefused),
        (httpx.Response(201, json=refusal("MODULE_NOT_AVAILABLE")), CrmRefused),
        (httpx.Response(401, json=refusal("OAUTH_SCOPE_MISMATCH")), CrmUnauthorised),
        (httpx.Response(429, json=refusal("TOO_MANY_REQUESTS")), CrmUnavailable),
        (httpx.ConnectError("refused"), CrmUnavailable),
        (httpx.ConnectTimeout("slow"), CrmUnavailable),
        (httpx.ReadTimeout("timed out"), OutcomeUnknown),
        (httpx.ReadError("reset"), OutcomeUnknown),
        (httpx.WriteError("reset"), OutcomeUnknown),
        (httpx.RemoteProtocolError("disconnected"), OutcomeUnknown),
        (httpx.Response(500, json=refusal("INTERNAL_ERROR")), OutcomeUnknown),
        (httpx.Response(504, text="<html>"), OutcomeUnknown),
        (httpx.Response(201, text="<html>"), OutcomeUnknown),
        (httpx.Response(201, json={}), OutcomeUnknown),
        (httpx.Response(201, json=CREATED | {"details": {}}), OutcomeUnknown),
        (httpx.Response(201, json=CREATED | {"details": None}), OutcomeUnknown),
        (httpx.Response(201, json={"code": "SUCCESS", "details": {"id": "57"}}), OutcomeUnknown),
        (httpx.Response(204), OutcomeUnknown),
    ],
)
def test_create_job_is_sent_once_and_tells_refused_from_unknown(client, crm, answer, error):
    crm.script = [answer]

    with pytest.raises(CrmError) as caught:
        client.bulk_write.create(JOB)

    assert type(caught.value) is error
    assert len(crm.requests) == 1


def test_create_job_is_sent_again_after_an_expired_token_since_nothing_was_taken(client, crm):
    crm.script = [
        httpx.Response(401, json=refusal("INVALID_TOKEN")),
        httpx.Response(201, json=CREATED),
    ]

    assert client.bulk_write.create(JOB) == "57"
    assert crm.tokens_seen == ["token-1", "token-2"]


def test_create_job_outcome_is_unknown_when_the_server_hangs_up(listening, credentials):
    def hang_up():
        connection, _ = listening.accept()
        connection.recv(65536)
        connection.close()

    Thread(target=hang_up, daemon=True).start()

    port = listening.getsockname()[1]
    with client_for(port, credentials) as client, pytest.raises(OutcomeUnknown):
        client.bulk_write.create(JOB)


def test_create_job_outcome_is_unknown_when_the_answer_does_not_come(listening, credentials):
    port = listening.getsockname()[1]
    with client_for(port, credentials, timeout_s=0.2) as client, pytest.raises(OutcomeUnknown):
        client.bulk_write.create(JOB)


def test_create_job_is_unavailable_when_nobody_listens(listening, credentials):
    port = listening.getsockname()[1]
    listening.close()

    with client_for(port, credentials) as client, pytest.raises(CrmUnavailable):
        client.bulk_write.create(JOB)
