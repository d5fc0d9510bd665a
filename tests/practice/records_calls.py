"""Calls about records that several tests make."""

import time
from typing import Any

import httpx

from tests.practice.caller import Caller


def added(caller: Caller, module: str = "Leads", **data: Any) -> str:
    """The id of a new record; a lead needs no more than is given here."""
    given = {"Last_Name": "New", "Company": "New"} | data if module == "Leads" else data
    answer = write(caller, module, given)
    assert answer.status_code == 201, answer.text
    return str(first(answer)["details"]["id"])


def write(caller: Caller, module: str, *data: dict[str, Any], **siblings: Any) -> httpx.Response:
    return caller.http.post(f"/crm/v7/{module}", json={"data": list(data), **siblings})


def first(answer: httpx.Response) -> dict[str, Any]:
    one: dict[str, Any] = answer.json()["data"][0]
    return one


def codes(answer: httpx.Response) -> list[str]:
    return [one["code"] for one in answer.json()["data"]]


def names(answer: httpx.Response, field: str = "Last_Name") -> list[str]:
    """The values of a field in the records that came; none for an empty answer."""
    return [one[field] for one in answer.json()["data"]] if answer.content else []


def put_into_state(caller: Caller, module: str, record_id: str, state: str) -> None:
    """As a person does on the record's page."""
    page = f"/crm/org808232144/tab/{module}/{record_id}/state?to={state}"
    answer = caller.http.post(page, headers={"Origin": caller.address})
    assert answer.status_code == 303, answer.text


def ended(caller: Caller, path: str, key: str) -> dict[str, Any]:
    """What a job tells of itself at its end; `key` is what it calls its state."""
    for _ in range(500):
        job = first(caller.http.get(path))
        if job[key] in ("COMPLETED", "FAILED", "FAILURE"):
            return job
        time.sleep(0.02)
    raise AssertionError(f"{path} did not end")
