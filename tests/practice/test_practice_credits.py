"""What calls cost, and what happens when the day's credits are gone."""

import pytest

from tests.practice.caller import Caller, job_body, zipped
from tests.practice.holders import refusal
from tests.practice.records_calls import write
from tests.practice_server import practice_crm

LINES = [["Last_Name", "Company"], ["Rao", "Zylker"]]
LEAD = {"Last_Name": "Rao"}


def test_accepted_job_costs_500_and_a_refused_one_a_single_call(tmp_path):
    with practice_crm(tmp_path, credits=1000) as address:
        caller = Caller(address)
        org = caller.http.get("/crm/v7/org")
        refused = caller.create({})
        body = job_body(caller.uploaded(zipped(LINES)), mappings=["Last_Name", "Company"])
        accepted = caller.create(body)

    assert "X-API-CREDITS-REMAINING" not in org.headers
    assert "X-API-CREDITS-REMAINING" not in refused.headers
    assert accepted.headers["X-API-CREDITS-REMAINING"] == str(1000 - 1 - 1 - 1 - 500)


def test_calls_are_refused_when_no_credits_are_left(tmp_path):
    with practice_crm(tmp_path, credits=2) as address:
        caller = Caller(address)
        body = job_body(caller.uploaded(zipped(LINES)), mappings=["Last_Name", "Company"])
        job = caller.create(body)
        statuses = [caller.http.get("/crm/v7/org").status_code for _ in range(2)]

    assert (job.status_code, job.json()["code"]) == (429, "TOO_MANY_REQUESTS")
    assert statuses == [200, 429]


CALLS = {
    "metadata": (1, "GET", "/crm/v7/settings/fields?module=Leads", None),
    "organisation": (1, "GET", "/crm/v7/org", None),
    "a list": (1, "GET", "/crm/v7/Leads?fields=id", None),
    "one record": (1, "GET", "/crm/v7/Leads/1", None),
    "a search": (1, "GET", "/crm/v7/Leads/search?word=rope", None),
    "the list of calls": (1, "GET", "/crm/v7/__apis", None),
    "a refused call": (1, "GET", "/crm/v7/Nowhere?fields=id", None),
    "one new record": (1, "POST", "/crm/v7/Leads", {"data": [LEAD]}),
    "ten new records": (1, "POST", "/crm/v7/Leads", {"data": [LEAD] * 10}),
    "eleven new records": (2, "POST", "/crm/v7/Leads", {"data": [LEAD] * 11}),
    "a hundred upserts": (10, "POST", "/crm/v7/Leads/upsert", {"data": [LEAD] * 100}),
    "a bulk read": (50, "POST", "/crm/bulk/v7/read", {"query": {"module": "Leads"}}),
}


@pytest.mark.parametrize("call", CALLS)
def test_call_costs_its_credits(caller: Caller, call):
    cost, method, path, body = CALLS[call]
    before = remaining(caller)

    caller.http.request(method, path, json=body)

    assert before - remaining(caller) == cost


def test_mass_delete_costs_by_the_hundred(caller: Caller):
    for _ in range(2):
        write(caller, "Leads", *[LEAD] * 100)
    views = caller.http.get("/crm/v7/settings/custom_views?module=Leads").json()
    found = caller.http.get("/crm/v7/Leads?fields=id").json()["data"]
    bodies = [{"ids": [one["id"] for one in found[:101]]}, {"cvid": views["custom_views"][0]["id"]}]
    costs = []

    for body in bodies:
        before = remaining(caller)
        caller.http.post("/crm/v7/Leads/actions/mass_delete", json=body)
        costs.append(before - remaining(caller))

    # Of 206 leads, 101 are gone by then.
    assert costs == [2, 2]


def test_header_tells_what_is_left_once_half_is_spent(caller: Caller):
    allowance = remaining(caller)
    headers = []

    for left in (allowance // 2 + 1, allowance // 2):
        caller.http.post("/control/credits", json={"remaining": left})
        headers.append(caller.http.get("/crm/v7/org").headers.get("X-API-CREDITS-REMAINING"))

    assert headers == [None, str(allowance // 2 - 1)]


def test_refused_calls_have_no_headers_of_other_kinds(caller: Caller):
    caller.http.post("/control/credits", json={"remaining": 0})

    answer = caller.http.get("/crm/v7/org")

    assert refusal(answer) == (429, "TOO_MANY_REQUESTS")
    assert answer.headers["X-API-CREDITS-REMAINING"] == "0"
    assert not [name for name in answer.headers if name.startswith("x-ratelimit")]


def remaining(caller: Caller) -> int:
    return int(caller.http.get("/control").json()["credits_remaining"])
