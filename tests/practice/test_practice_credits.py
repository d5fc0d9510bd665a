"""What calls cost, and what happens when the day's credits are gone."""

from tests.practice.caller import Caller, job_body, zipped
from tests.practice_server import practice_crm

LINES = [["Last_Name", "Company"], ["Rao", "Zylker"]]


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
