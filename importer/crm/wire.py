"""One request and its answer over HTTP: what went wrong becomes an error of ours, or is retried."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, TypeVar

import httpx
import stamina

from importer.crm.errors import (
    CrmError,
    CrmRefused,
    CrmUnauthorised,
    CrmUnavailable,
    OutcomeUnknown,
)

T = TypeVar("T")
Json = dict[str, Any]

# Before one of these, not a byte of the request has left us.
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)
_UNAUTHORISED = {"INVALID_TOKEN", "INVALID_OAUTHTOKEN", "OAUTH_SCOPE_MISMATCH"}
TOO_MANY_REQUESTS = "TOO_MANY_REQUESTS"
_BROKEN = {"INTERNAL_ERROR", "INTERNAL_SERVER_ERROR"}

# Credits come back bit by bit over a rolling day, and Zoho names no time.
JOB_CREDITS = 500  # what a bulk write job costs
CREDITS_PAUSE_S = 900.0

_LONGEST_PAUSE_S = 5
_retrying = stamina.RetryingCaller(
    attempts=4, timeout=10, wait_initial=0.25, wait_max=4, wait_jitter=0.5
)


def connect(timeout_s: float, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """An HTTP client that never waits longer than `timeout_s` for the next byte."""
    # A connection that the server is about to close for idleness would look like a lost answer.
    limits = httpx.Limits(max_connections=20, max_keepalive_connections=5, keepalive_expiry=2)
    return httpx.Client(
        timeout=timeout_s, limits=limits, transport=transport, verify=_certificates()
    )


@cache
def _certificates() -> ssl.SSLContext:
    """The authorities we trust; reading them takes longer than most requests."""
    return httpx.create_ssl_context()


def repeat(call: Callable[[], T]) -> T:
    """The result of `call`, tried a few times within some ten seconds while it is unavailable.

    Only for what may happen twice. A pause that the CRM asks for is kept; if it is longer than
    we wait here, the error goes to the caller at once and names it.
    """
    return _retrying(_pause_after, call)


def _pause_after(error: Exception) -> bool | float:
    if not isinstance(error, CrmUnavailable):
        return False
    pause = error.retry_after_s
    if pause is None:
        return True
    return pause if pause <= _LONGEST_PAUSE_S else False


@contextmanager
def answer(
    http: httpx.Client, method: str, url: str | httpx.URL, *, repeatable: bool = True, **send: Any
) -> Iterator[httpx.Response]:
    """The successful answer to a request, its body still to be read inside the block.

    Raises `CrmUnavailable`, `CrmRefused` or `CrmUnauthorised`; and `OutcomeUnknown` where a
    request that is not `repeatable` may have taken effect.
    """
    try:
        with http.stream(method, url, **send) as response:
            if not response.is_success:
                response.read()
                raise fault(response, repeatable=repeatable)
            yield response
    except httpx.RequestError as error:
        raise _lost(error, repeatable=repeatable) from error


def read_json(
    http: httpx.Client, method: str, url: str, *, repeatable: bool = True, **send: Any
) -> Json:
    """The JSON object that answers a request; empty where the answer is 204, no content."""
    with answer(http, method, url, repeatable=repeatable, **send) as response:
        response.read()
    if response.status_code == httpx.codes.NO_CONTENT:
        return {}
    body = _json(response)
    if body is None or _complaint(body) is not None:
        raise fault(response, repeatable=repeatable)
    return body


def fault(response: httpx.Response, *, repeatable: bool = True) -> CrmError:
    """What an answer that is no success means to us; its body must have been read.

    The HTTP status decides, or the body where it contradicts a 200, as the file servers' may.
    """
    complaint = _complaint(_json(response) or {})
    status = response.status_code
    if complaint and response.is_success:
        status = complaint.status or httpx.codes.BAD_REQUEST
    complaint = complaint or _Complaint(message=_no_words(response))
    kind = _kind(status, complaint.code, repeatable=repeatable)
    error = kind(complaint.message, code=complaint.code, details=complaint.details, status=status)
    if isinstance(error, CrmUnavailable):
        error.retry_after_s = _retry_after_s(response)
        if error.retry_after_s is None and asks_for_fewer(error) and _short_of_credits(response):
            error.retry_after_s = CREDITS_PAUSE_S
    return error


def asks_for_fewer(error: CrmError) -> bool:
    """Whether the CRM was asked too often, or more than the organisation's credits allow."""
    return error.status == httpx.codes.TOO_MANY_REQUESTS or error.code == TOO_MANY_REQUESTS


def broken(missing: str, *, repeatable: bool = True) -> CrmError:
    """The error for an answer that claims success and lacks what it is about."""
    return _uncertain(repeatable)(f"The CRM's answer lacks {missing}")


def _kind(status: int, code: str, *, repeatable: bool) -> type[CrmError]:
    if status == 429 or code == TOO_MANY_REQUESTS:
        return CrmUnavailable
    if status == 401 or code in _UNAUTHORISED:
        return CrmUnauthorised
    if status >= 500 or status < 300 or status == 408 or code in _BROKEN:
        return _uncertain(repeatable)
    return CrmRefused


def _uncertain(repeatable: bool) -> type[CrmError]:
    return CrmUnavailable if repeatable else OutcomeUnknown


def _lost(error: httpx.RequestError, *, repeatable: bool) -> CrmError:
    """What it means that no whole answer came. An httpx error's text holds no headers or body."""
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, _NEVER_SENT):
        return CrmUnavailable(f"The CRM cannot be reached ({text})")
    return _uncertain(repeatable)(f"The CRM's answer was lost ({text})")


@dataclass(frozen=True, slots=True)
class _Complaint:
    """What an error body says, whichever of Zoho's shapes it has."""

    code: str = ""
    message: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    status: int | None = None  # HTTP, where the body repeats or corrects it


def _complaint(body: Json) -> _Complaint | None:
    """The complaint in `body`, or None where it holds none."""
    entries = body.get("data")
    if isinstance(entries, list) and len(entries) == 1 and isinstance(entries[0], dict):
        body = entries[0]
    if body.get("code", "SUCCESS") != "SUCCESS" and body.get("status") != "success":
        details = body.get("details")
        return _Complaint(
            code=str(body["code"]),
            message=str(body.get("message") or ""),
            details=details if isinstance(details, dict) else {},
        )
    if isinstance(body.get("error"), str):  # the accounts server
        return _Complaint(body["error"], str(body.get("error_description") or ""))
    if body.keys() & {"ERROR_CODE", "x-error", "x-info"}:  # the file servers
        return _file_server_complaint(body)
    return None


def _file_server_complaint(body: Json) -> _Complaint:
    said = (body.get(key) for key in ("ERROR_MESSAGE", "info", "x-error", "x-info"))
    number = str(body.get("ERROR_CODE") or body.get("http_status") or "")
    return _Complaint(
        code=number,
        message=": ".join(str(words) for words in said if words),
        status=int(number) if number.isdecimal() else None,
    )


def _json(response: httpx.Response) -> Json | None:
    try:
        body = response.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _no_words(response: httpx.Response) -> str:
    if response.is_success:
        return "The CRM's answer cannot be read"
    return f"The CRM answered with HTTP status {response.status_code}"


def _short_of_credits(response: httpx.Response) -> bool:
    """Whether fewer credits are left than a job costs; Zoho says so late in the day alone."""
    left = response.headers.get("X-API-CREDITS-REMAINING", "").strip()
    return left.isdecimal() and int(left) < JOB_CREDITS


def _retry_after_s(response: httpx.Response) -> float | None:
    """The pause that the CRM asks for, given in seconds or as a date (RFC 9110, 10.2.3)."""
    given = response.headers.get("Retry-After", "").strip()
    if given.isdecimal():
        return float(given)
    try:
        until = parsedate_to_datetime(given)
    except ValueError:
        return None
    return max(0.0, (until - datetime.now(UTC)).total_seconds()) if until.tzinfo else None
