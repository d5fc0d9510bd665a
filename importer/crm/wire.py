"""One request and its answer over HTTP: what went wrong becomes an error of ours, or is retried."""

import ssl
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import httpx
import stamina

from importer.crm import deadline
from importer.crm.complaints import (
    Complaint,
    complaint_in,
    complaint_of,
    json_object,
    retry_after_s,
    short_of_credits,
)
from importer.crm.errors import (
    CrmError,
    CrmRefused,
    CrmUnauthorised,
    CrmUnavailable,
    OutcomeUnknown,
)
from importer.crm.pace import spread

T = TypeVar("T")
Json = dict[str, Any]

# Before one of these, not a byte of the request has left us.
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)
# A record call answers so where it tells why each of its records was refused.
_ALL_REFUSED = {httpx.codes.BAD_REQUEST, httpx.codes.PRECONDITION_FAILED}
_UNAUTHORISED = {"INVALID_TOKEN", "INVALID_OAUTHTOKEN", "OAUTH_SCOPE_MISMATCH"}
TOO_MANY_REQUESTS = "TOO_MANY_REQUESTS"
_BROKEN = {"INTERNAL_ERROR", "INTERNAL_SERVER_ERROR"}

# Credits come back bit by bit over a rolling day, and Zoho names no time.
CREDITS_PAUSE_S = 900.0

_IN_ALL = 2  # times its time-out may one request take, while hardly a byte moves
_LONGEST_PAUSE_S = 5
_retrying = stamina.RetryingCaller(
    attempts=4, timeout=10, wait_initial=0.25, wait_max=4, wait_jitter=0.5
)


def connect(timeout_s: float, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """An HTTP client that never waits longer than `timeout_s` for the next byte.

    Nor for all of them, where they come too slowly: see `deadline`.
    """
    # A connection that the server is about to close for idleness would look like a lost answer.
    limits = httpx.Limits(max_connections=20, max_keepalive_connections=5, keepalive_expiry=2)
    http = httpx.Client(
        timeout=timeout_s, limits=limits, transport=transport, verify=_certificates()
    )
    # An httpx transport takes no network, unlike its pool. What it does take, a time-out for each
    # read and a hook for each event, cannot end a head that comes byte by byte.
    for way in (http._transport, *http._mounts.values()):  # directly, or through proxies
        if isinstance(way, httpx.HTTPTransport):
            way._pool._network_backend = deadline.Network(way._pool._network_backend)
    return http


@cache
def _certificates() -> ssl.SSLContext:
    """The authorities we trust; reading them takes longer than most requests."""
    return httpx.create_ssl_context()


def repeat(call: Callable[[], T]) -> T:
    """The result of `call`, tried a few times within some ten seconds while it is unavailable.

    Only for what may happen twice. A pause that the CRM asks for is kept; if it is longer than
    we wait here, the error goes to the caller at once and names it. Who fails together comes
    back at different moments.
    """
    return _retrying(_pause_after, call)


def _pause_after(error: Exception) -> bool | float:
    if not isinstance(error, CrmUnavailable):
        return False
    pause = error.retry_after_s
    if (pause or 0) > min(_LONGEST_PAUSE_S, deadline.left_s()):
        return False
    return True if pause is None else spread(pause)


@contextmanager
def answer(
    http: httpx.Client,
    method: str,
    url: str | httpx.URL,
    *,
    repeatable: bool = True,
    also: Container[int] = (),
    **send: Any,
) -> Iterator[httpx.Response]:
    """The answer to a request, its body still to be read inside the block.

    It is a success, or has one of the statuses that are welcome `also`.

    Raises `CrmUnavailable`, `CrmRefused` or `CrmUnauthorised`; and `OutcomeUnknown` where a
    request that is not `repeatable` may have taken effect.
    """
    left_s, timeout_s = deadline.left_s(), http.timeout.read or 0
    if left_s <= 0:
        raise CrmUnavailable("The CRM takes too long")
    try:
        with (
            deadline.one_request(_IN_ALL * timeout_s),
            http.stream(method, url, timeout=min(timeout_s, left_s), **send) as response,
        ):
            if not response.is_success and response.status_code not in also:
                response.read()
                raise fault(response, repeatable=repeatable)
            yield response
    except httpx.RequestError as error:
        raise _lost(error, repeatable=repeatable) from error


def read_json(
    http: httpx.Client,
    method: str,
    url: str,
    *,
    repeatable: bool = True,
    each: int = 0,
    **send: Any,
) -> Json:
    """The JSON object that answers a request; empty where the answer is 204, no content.

    A request about records, as many as `each` says, may be answered for each of them: that is an
    answer to it even where every record was refused.
    """
    also = _ALL_REFUSED if each else ()
    with answer(http, method, url, repeatable=repeatable, also=also, **send) as response:
        response.read()
    if response.status_code == httpx.codes.NO_CONTENT:
        return {}
    body = json_object(response)
    if body is not None and each and _answers(body) == each:
        return body
    if body is None or not response.is_success or complaint_in(body) is not None:
        raise fault(response, repeatable=repeatable)
    return body


def _answers(body: Json) -> int:
    """For how many records `body` says what became of them."""
    entries = body.get("data")
    if not isinstance(entries, list):
        return 0
    return sum(isinstance(entry, dict) and "status" in entry for entry in entries)


def fault(response: httpx.Response, *, repeatable: bool = True) -> CrmError:
    """What an answer that is no success means to us; its body must have been read.

    The HTTP status decides, or the body where it contradicts a 200, as the file servers' may.
    """
    complaint = complaint_of(response)
    status = response.status_code
    if complaint and response.is_success:
        status = complaint.status or httpx.codes.BAD_REQUEST
    complaint = complaint or Complaint(message=_no_words(response))
    kind = _kind(status, complaint.code, repeatable=repeatable)
    error = kind(complaint.message, code=complaint.code, details=complaint.details, status=status)
    error.retry_after_s = retry_after_s(response)
    if error.retry_after_s is None and asks_for_fewer(error) and short_of_credits(response):
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


def _no_words(response: httpx.Response) -> str:
    if response.is_success:
        return "The CRM's answer cannot be read"
    return f"The CRM answered with HTTP status {response.status_code}"


def _uncertain(repeatable: bool) -> type[CrmError]:
    return CrmUnavailable if repeatable else OutcomeUnknown


def _lost(error: httpx.RequestError, *, repeatable: bool) -> CrmError:
    """What it means that no whole answer came. An httpx error's text holds no headers or body."""
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, _NEVER_SENT):
        return CrmUnavailable(f"The CRM cannot be reached ({text})")
    return _uncertain(repeatable)(f"The CRM's answer was lost ({text})")
