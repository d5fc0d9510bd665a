"""What calls about records cost, and the scopes that they need."""

from pathlib import Path

import httpx
import pytest

from tests.practice.caller import Caller
from tests.practice.holders import holder_of
from tests.practice.records_calls import added, ended, first, write
from tests.practice_server import practice_crm


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/crm/v7/Leads", {"data": [{"Last_Name": "A"}]}),
        ("PUT", "/crm/v7/Leads", {"data": [{"id": "1"}]}),
        ("POST", "/crm/v7/Leads/upsert", {"data": [{"Last_Name": "A"}]}),
        ("DELETE", "/crm/v7/Leads/1", None),
        ("GET", "/crm/v7/Accounts?fields=id", None),
        ("GET", "/crm/v7/Leads/search?word=ab", None),
        ("POST", "/crm/v7/coql", {"select_query": "select id from Leads where id = 1"}),
        ("POST", "/crm/v7/Leads/actions/mass_update", {"data": [{"City": "A"}], "ids": ["1"]}),
        ("POST", "/crm/v7/Leads/actions/mass_delete", {"ids": ["1"]}),
        ("GET", "/crm/v7/settings/recycle_bin", None),
        ("GET", "/crm/v7/settings/custom_views?module=Leads", None),
        ("POST", "/crm/bulk/v7/read", {"query": {"module": {"api_name": "Leads"}}}),
    ],
)
def test_reading_leads_allows_nothing_else(shared_reader: httpx.Client, method, path, body):
    answer = shared_reader.request(method, path, json=body)

    assert (answer.status_code, answer.json()["code"]) == (401, "OAUTH_SCOPE_MISMATCH")


@pytest.fixture(scope="module")
def shared_reader(shared_address: str) -> httpx.Client:
    return holder_of(shared_address, "ZohoCRM.modules.leads.READ")


def test_reading_leads_is_allowed(shared_reader: httpx.Client, caller: Caller):
    lead = added(caller)

    assert shared_reader.get(f"/crm/v7/Leads/{lead}").status_code == 200
    assert shared_reader.get("/crm/v7/Leads?fields=id").status_code == 200


def test_coql_and_bulk_read_need_the_module_too(shared_address: str):
    holder = holder_of(shared_address, "ZohoCRM.coql.READ,ZohoCRM.bulk.READ,ZohoCRM.org.READ")
    query = {"select_query": "select id from Leads where id = 1"}

    coql = holder.post("/crm/v7/coql", json=query)
    read = holder.post("/crm/bulk/v7/read", json={"query": {"module": {"api_name": "Leads"}}})

    assert [one.json()["code"] for one in (coql, read)] == ["OAUTH_SCOPE_MISMATCH"] * 2


def test_calls_cost_by_what_they_do(tmp_path: Path):
    with practice_crm(tmp_path, credits=200) as address:
        caller = Caller(address)
        views = caller.http.get("/crm/v7/settings/custom_views?module=Leads").json()
        view = views["custom_views"][0]["id"]
        lead, ids = {"Last_Name": "A"}, [str(number) for number in range(101)]
        caller.http.post("/control/credits", json={"remaining": 90})
        calls = [
            lambda: write(caller, "Leads", *[lead] * 11),
            lambda: caller.http.get(f"/crm/v7/Leads?fields=id&cvid={view}"),
            lambda: caller.http.get("/crm/v7/Leads?fields=id"),
            lambda: caller.http.post("/crm/v7/Leads/actions/mass_delete", json={"ids": ids}),
            lambda: caller.http.post(
                "/crm/bulk/v7/read", json={"query": {"module": {"api_name": "Leads"}}}
            ),
        ]

        left = [int(call().headers["X-API-CREDITS-REMAINING"]) for call in calls]

    # A mass delete of nobody is refused, and so costs no more than any call.
    assert left == [88, 85, 84, 83, 33]


def test_scheduled_work_goes_on_after_a_restart(tmp_path: Path):
    path = "/crm/v7/Leads/actions/mass_update"
    with practice_crm(tmp_path, pace=1) as address:
        caller = Caller(address)
        views = caller.http.get("/crm/v7/settings/custom_views?module=Leads").json()
        body = {"data": [{"City": "Delft"}], "cvid": views["custom_views"][0]["id"]}
        job_id = first(caller.http.post(path, json=body))["details"]["job_id"]

    with practice_crm(tmp_path) as address:
        status = ended(Caller(address), f"{path}?job_id={job_id}", "Status")

    assert (status["Status"], status["Updated_Count"]) == ("COMPLETED", 6)
