"""What answers tell of credits, and what a look-up after a lost answer needs."""

from datetime import UTC, datetime, timedelta

import pytest

from importer.crm import coql
from importer.crm.client import CrmClient
from importer.crm.credits import JOB_CREDITS
from importer.crm.errors import CrmUnavailable
from importer.crm.jobs import JobState
from tests.crm.work import ended, leads_zip, request_for
from tests.practice.caller import ZGID, Caller
from tests.practice.controls import let_pass


class Told:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.left: list[int | None] = []

    def told(self, left: int | None) -> None:
        self.left.append(left)


def remaining(caller: Caller, count: int) -> None:
    caller.http.post("/control/credits", json={"remaining": count}).raise_for_status()


def test_credits_are_told_with_every_answer_once_half_are_gone(connect, caller, tmp_path):
    told = Told()
    crm: CrmClient = connect(credit_store=told)

    crm.organisation()
    remaining(caller, 5000)
    request = request_for(crm.bulk_write.upload(leads_zip(tmp_path), ZGID))
    before = told.left[-1]
    crm.bulk_write.create(request)

    assert told.left[0] is None
    assert before is not None
    assert told.left[-1] == before - JOB_CREDITS


def test_refusal_for_want_of_credits_tells_how_many_are_left(connect, caller, tmp_path):
    told = Told()
    crm: CrmClient = connect(credit_store=told)
    request = request_for(crm.bulk_write.upload(leads_zip(tmp_path), ZGID))
    remaining(caller, 300)

    with pytest.raises(CrmUnavailable):
        crm.bulk_write.create(request)

    assert told.left[-1] == 300


def test_token_server_tells_nothing_of_credits(connect, caller):
    told = Told()
    crm: CrmClient = connect(credit_store=told)

    crm.ready()

    assert told.left == []


def test_job_tells_its_module_operation_and_beginning(connect, caller, tmp_path):
    crm: CrmClient = connect()
    request = request_for(crm.bulk_write.upload(leads_zip(tmp_path), ZGID))

    job = ended(crm, crm.bulk_write.create(request))

    assert (job.state, job.module, job.operation) == (JobState.DONE, "Leads", "insert")
    assert job.created_at is not None
    assert datetime.now(UTC) - job.created_at < timedelta(minutes=5)


def test_find_all_leaves_out_what_was_there_before(connect, caller):
    crm: CrmClient = connect()
    crm.records.insert("Leads", [{"Last_Name": "Rao", "Company": "Before"}])
    let_pass(caller, 3600)
    [later] = crm.records.insert("Leads", [{"Last_Name": "Rao", "Company": "After"}])
    since = datetime.now(UTC) + timedelta(minutes=30)

    found = crm.records.find_all("Leads", "Last_Name", ["Rao"], ["Company"], since=since)

    assert [(record.id, record.values["Company"]) for record in found] == [(later.id, "After")]


def test_find_all_goes_on_where_a_query_ends(connect, caller, monkeypatch):
    monkeypatch.setattr(coql, "ROWS_PER_QUERY", 2)
    crm: CrmClient = connect()
    rows = [{"Last_Name": f"Person {n}", "Company": "Endless"} for n in range(5)]
    made = {outcome.id for outcome in crm.records.insert("Leads", rows)}

    found = [r.id for r in crm.records.find_all("Leads", "Company", ["Endless"], ["Company"])]

    assert len(found) == 5
    assert set(found) == made
