"""What the CRM's answers say beside what was asked for: complaints, pauses, credits left."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs

import httpx

from importer.crm.credits import JOB_CREDITS

LONGEST_PAUSE_S = 24 * 3600.0  # credits come back within a day; no pause needs to be longer
_SECRET_FIELDS = ("client_secret", "refresh_token", "code", "token")  # of token requests


@dataclass(frozen=True, slots=True)
class Complaint:
    """What an error body says, whichever of Zoho's shapes it has."""

    code: str = ""
    message: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    status: int | None = None  # HTTP, where the body repeats or corrects it


def complaint_in(body: Mapping[str, Any]) -> Complaint | None:
    """The complaint in an answer's body, or None where it holds none."""
    entries = body.get("data")
    if isinstance(entries, list) and len(entries) == 1 and isinstance(entries[0], dict):
        body = entries[0]
        if "id" in body:  # a record, whose fields may be called as they like
            return None
    if body.get("code", "SUCCESS") != "SUCCESS" and body.get("status") != "success":
        details = body.get("details")
        return Complaint(
            code=str(body["code"]),
            message=str(body.get("message") or ""),
            details=details if isinstance(details, dict) else {},
        )
    if isinstance(body.get("error"), str):  # the accounts server
        return Complaint(body["error"], str(body.get("error_description") or ""))
    if body.keys() & {"ERROR_CODE", "x-error", "x-info"}:  # the file servers
        return _file_server_complaint(body)
    return None


def _file_server_complaint(body: Mapping[str, Any]) -> Complaint:
    said = (body.get(key) for key in ("ERROR_MESSAGE", "info", "x-error", "x-info"))
    number = str(body.get("ERROR_CODE") or body.get("http_status") or "")
    return Complaint(
        code=number,
        message=": ".join(str(words) for words in said if words),
        status=int(number) if number.isdecimal() else None,
    )


def complaint_of(response: httpx.Response) -> Complaint | None:
    """What an answer complains of; never with what authorised its request."""
    body = json_object(response, hiding=_secrets(response.request))
    return complaint_in(body) if body else None


def json_object(response: httpx.Response, *, hiding: Iterable[str] = ()) -> dict[str, Any] | None:
    """The JSON object that an answer consists of, or None where it is anything else."""
    content = response.content
    for secret in hiding:
        content = content.replace(secret.encode(), "…".encode())
    try:
        body = json.loads(content)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def credits_left(response: httpx.Response) -> int | None:
    """The organisation's credits; Zoho tells of them only when more than half are gone."""
    left = response.headers.get("X-API-CREDITS-REMAINING", "").strip()
    return int(left) if left.isdecimal() else None


def short_of_credits(response: httpx.Response) -> bool:
    """Whether the CRM says that fewer credits are left than a job costs."""
    left = credits_left(response)
    return left is not None and left < JOB_CREDITS


def retry_after_s(response: httpx.Response) -> float | None:
    """The pause that the CRM asks for, given in seconds or as a date (RFC 9110, 10.2.3)."""
    given = response.headers.get("Retry-After", "").strip()
    if given.isdecimal():
        return min(float(given), LONGEST_PAUSE_S)
    try:
        until = parsedate_to_datetime(given)
    except ValueError:
        return None
    if until.tzinfo is None:
        return None
    return min(max(0.0, (until - datetime.now(UTC)).total_seconds()), LONGEST_PAUSE_S)


def _secrets(request: httpx.Request) -> list[str]:
    """What authorised a request, in case that an answer repeats it."""
    found = [request.headers.get("Authorization", "").rpartition(" ")[2]]
    if request.headers.get("Content-Type") == "application/x-www-form-urlencoded":
        form = parse_qs(request.read().decode())
        found += [value for name in _SECRET_FIELDS for value in form.get(name, ())]
    return [secret for secret in found if secret]
