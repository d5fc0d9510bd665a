"""Lost answers, jobs that go wrong and results that are late or damaged, over HTTP."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from importer.bulk import Slice, UnreadableResult, pack, reconcile
from importer.crm.client import CrmClient
from importer.crm.errors import CrmRefused, CrmUnavailable, OutcomeUnknown
from importer.crm.jobs import FieldMapping, Job, JobRequest, JobState
from importer.crm.schema import Operation
from tests.crm.endpoints import CREATE, HARMLESS, ONCE
from tests.crm.work import (
    NAMES,
    Work,
    calls_cut_off,
    ended,
    lead_count,
    leads_zip,
    request_for,
    statuses,
)
from tests.practice.caller import ZGID, Caller
from tests.practice.controls import let_pass, suffer, turn

pytestmark = pytest.mark.alone

CREATING = "POST /crm/bulk/v7/write"
MOMENTS = ("before", "during", "after")
WHOLE = Slice(offset=0, rows=4, first_row=2, last_row=5)
IMPATIENT_S, SLOW_S = 0.3, 1.0


@pytest.fixture
def crm(caller: Caller, connect: Callable[..., CrmClient]) -> CrmClient:
    return connect()


@pytest.fixture
def new_job(crm: CrmClient, tmp_path: Path) -> Callable[[], str]:
    """Starts a job of four leads, packed as an import packs them, and gives its id."""
    rows = pl.DataFrame({"_row": range(2, 6), "Last_Name": NAMES, "Company": ["Zylker"] * 4})
    rows.write_parquet(tmp_path / "checked.parquet")

    def new_job() -> str:
        archive = tmp_path / "part.zip"
        checked, leads = tmp_path / "checked.parquet", crm.module("Leads")
        packed = pack(checked, WHOLE, leads, archive, "leads.csv")
        fields = tuple(FieldMapping(f.api_name, n) for n, f in enumerate(packed.fields))
        file_id = crm.bulk_write.upload(archive, ZGID)
        return crm.bulk_write.create(
            JobRequest("Leads", Operation.INSERT, file_id, "leads.csv", fields)
        )

    return new_job


def ledger(crm: CrmClient, job: Job, folder: Path) -> pl.DataFrame:
    """What the job's result says of each row."""
    crm.bulk_write.download(job, folder / "result.zip")
    checked, leads = folder / "checked.parquet", crm.module("Leads")
    return reconcile(checked, WHOLE, leads, folder / "result.zip", Operation.INSERT, None).ledger


def leads_in_the_end(caller: Caller, expected: int) -> int:
    """How many leads there are once `expected` are, or once none have come for a while."""
    for _ in range(100 if expected else 15):
        if expected and lead_count(caller) >= expected:
            break
        time.sleep(0.02)
    return lead_count(caller)


# Lost answers


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_call_that_is_cut_off_is_made_again(crm, caller, tmp_path, name, moment):
    endpoint = HARMLESS[name]
    work = endpoint.work(crm, tmp_path)
    untroubled = endpoint.call(crm, work)
    suffer(caller, "drop", on=endpoint.on, moment=moment)

    again = endpoint.call(crm, work)

    assert again == untroubled or not endpoint.alike
    assert caller.http.get("/control").json()["faults"] == []


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_call_that_takes_too_long_is_made_again(connect, crm, caller, tmp_path, name):
    endpoint = HARMLESS[name]
    work = endpoint.work(crm, tmp_path)
    suffer(caller, "latency", on=endpoint.on, seconds=SLOW_S)

    endpoint.call(connect(timeout_s=IMPATIENT_S), work)

    assert caller.http.get("/control").json()["faults"] == []


@pytest.mark.parametrize("name", ["organisation", "upload", "job", "result"])
def test_harmless_call_that_always_takes_too_long_is_unavailable(
    connect, crm, caller, tmp_path, name
):
    endpoint = HARMLESS[name]
    work = endpoint.work(crm, tmp_path)
    impatient = connect(timeout_s=IMPATIENT_S)
    impatient.organisation()
    suffer(caller, "latency", on=endpoint.on, seconds=SLOW_S, times=None)

    with pytest.raises(CrmUnavailable, match="ReadTimeout"):
        endpoint.call(impatient, work)


@pytest.mark.parametrize(("moment", "leads"), [("before", 0), ("during", 4), ("after", 4)])
def test_create_job_that_is_cut_off_is_unknown_and_sent_once(crm, caller, tmp_path, moment, leads):
    request = request_for(crm.bulk_write.upload(leads_zip(tmp_path), ZGID))
    suffer(caller, "drop", on=CREATE, moment=moment)

    with pytest.raises(OutcomeUnknown):
        crm.bulk_write.create(request)

    assert leads_in_the_end(caller, leads) == leads
    assert statuses(caller, CREATING) == [None]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("name", ONCE)
def test_call_that_must_not_be_repeated_is_unknown_when_cut_off(
    crm, caller, tmp_path, name, moment
):
    endpoint = ONCE[name]
    work = endpoint.work(crm, tmp_path)
    suffer(caller, "drop", on=endpoint.on, moment=moment, times=None)

    with pytest.raises(OutcomeUnknown):
        endpoint.call(crm, work)

    assert calls_cut_off(caller) == 1


def test_create_job_that_takes_too_long_is_unknown_and_sent_once(connect, crm, caller, tmp_path):
    request = request_for(crm.bulk_write.upload(leads_zip(tmp_path), ZGID))
    impatient = connect(timeout_s=IMPATIENT_S)
    impatient.organisation()
    suffer(caller, "latency", on=CREATE, seconds=SLOW_S)

    with pytest.raises(OutcomeUnknown, match="ReadTimeout"):
        impatient.bulk_write.create(request)

    assert leads_in_the_end(caller, 4) == 4
    assert statuses(caller, CREATING) == [201]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_harmless_call_survives_a_server_error_and_create_job_does_not_repeat(
    crm, caller, tmp_path, status
):
    request = request_for(crm.bulk_write.upload(leads_zip(tmp_path), ZGID))
    suffer(caller, "answer", on="GET /crm/v7/org", status=status, times=3)
    suffer(caller, "answer", on=CREATE, status=status)

    assert crm.organisation().zgid == ZGID
    with pytest.raises(OutcomeUnknown):
        crm.bulk_write.create(request)

    assert statuses(caller, CREATING) == [status]
    assert leads_in_the_end(caller, 0) == 0


@pytest.mark.parametrize("moment", MOMENTS)
def test_token_request_that_is_cut_off_is_made_again(connect, caller, moment):
    suffer(caller, "drop", on="POST /oauth/v2/token", moment=moment)

    assert connect().organisation().zgid == ZGID


# Jobs


@pytest.mark.parametrize("spelling", ["INPROGRESS", "IN PROGRESS"])
def test_job_that_is_stuck_is_running_in_either_spelling(crm, caller, new_job, spelling):
    turn(caller, running_state=spelling)
    suffer(caller, "job_stuck", after_rows=2)
    job_id = new_job()
    for _ in range(200):
        job = crm.bulk_write.job(job_id)
        if job.total == 2:
            break
        time.sleep(0.02)

    assert (job.state, job.created, job.download_url) == (JobState.RUNNING, 2, None)
    caller.http.delete("/control/faults")
    assert ended(crm, job_id).created == 4


def test_job_that_failed_tells_why_and_how_far_it_came(crm, caller, new_job):
    suffer(caller, "job_failed", after_rows=3, code="LIMIT_REACHED")

    job = ended(crm, new_job())

    assert (job.state, job.code, job.created) == (JobState.FAILED, "LIMIT_REACHED", 3)
    assert not job.awaits_result


@pytest.mark.parametrize("address_is", ["absolute", "relative"])
@pytest.mark.parametrize("version", ["v2", "v7", "v8"])
def test_whole_way_is_the_same_in_every_version(connect, caller, tmp_path, version, address_is):
    turn(caller, download_url=address_is)
    crm = connect(api_version=version)

    work = Work(crm, tmp_path)
    crm.bulk_write.download(work.job, work.target)

    assert (work.job.state, work.job.created, work.job.total) == (JobState.DONE, 4, 4)
    assert work.job.download_url.startswith(f"/{version}/") == (address_is == "relative")
    assert work.target.read_bytes().startswith(b"PK")


def test_metadata_is_the_same_in_every_version(connect, caller):
    clients = [connect(api_version=version) for version in ("v2", "v7", "v8")]

    assert len({crm.organisation() for crm in clients}) == 1
    assert len({crm.modules() for crm in clients}) == 1
    assert len({frozenset(f.api_name for f in crm.module("Leads").fields) for crm in clients}) == 1


# Results


def test_result_that_is_late_is_asked_for_again(crm, caller, new_job, tmp_path):
    suffer(caller, "result_late", seconds=600)
    job = ended(crm, new_job())

    with pytest.raises(CrmUnavailable, match="not there yet"):
        crm.bulk_write.download(job, tmp_path / "result.zip")
    let_pass(caller, 601)

    assert set(ledger(crm, crm.bulk_write.job(job.id), tmp_path)["outcome"]) == {"created"}


def test_result_that_is_gone_is_not_asked_for_again(crm, caller, new_job, tmp_path):
    job = ended(crm, new_job())
    let_pass(caller, 7 * 24 * 3600 + 1)
    of_last_week = datetime.now(UTC) - timedelta(days=7, seconds=1)
    old = replace(crm.bulk_write.job(job.id), created_at=of_last_week)

    with pytest.raises(CrmRefused, match="Link not valid"):
        crm.bulk_write.download(old, tmp_path / "result.zip")

    assert not (tmp_path / "result.zip").exists()


def test_result_that_is_truncated_is_read_as_damaged(crm, caller, new_job, tmp_path):
    suffer(caller, "result_truncated")
    job = ended(crm, new_job())

    with pytest.raises(UnreadableResult):
        ledger(crm, job, tmp_path)


def test_result_that_lacks_a_row_leaves_that_row_unknown(crm, caller, new_job, tmp_path):
    suffer(caller, "result_row_missing", row=2)

    rows = ledger(crm, ended(crm, new_job()), tmp_path)

    assert rows["outcome"].to_list() == ["created", "unknown", "created", "created"]


def test_result_in_another_order_tells_each_row_its_own_record(crm, caller, new_job, tmp_path):
    suffer(caller, "result_disordered")

    rows = ledger(crm, ended(crm, new_job()), tmp_path)

    records = [caller.record("Leads", record_id) for record_id in rows["record_id"]]
    assert [record["Last_Name"] for record in records] == list(NAMES)


def test_job_that_broke_off_tells_which_rows_it_came_to(crm, caller, new_job, tmp_path):
    suffer(caller, "job_broken_off", after_rows=1)

    rows = ledger(crm, ended(crm, new_job()), tmp_path)

    assert rows["outcome"].to_list() == ["created", "failed", "failed", "failed"]
    assert lead_count(caller) == 1
