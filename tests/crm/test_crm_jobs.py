"""The job request on the wire, and job objects in all of Zoho's spellings."""

from datetime import UTC, datetime, timedelta

import pytest

from importer.crm.jobs import FieldMapping, Job, JobRequest, JobState, job_from_json
from importer.crm.schema import Operation
from importer.crm.versions import VERSIONS

REQUEST = JobRequest(
    module="Leads",
    operation=Operation.UPSERT,
    file_id="111111000001492610",
    file_name="Leads.csv",
    fields=(
        FieldMapping("Email", 0),
        FieldMapping("Lead_Source", 1, default="Trade Show"),
        FieldMapping("Birth_Date", 2, format="MM/dd/yyyy"),
        FieldMapping("Partner", 3, find_by="Account_Name"),
        FieldMapping("Layout", default="5725767000000091055"),
    ),
    find_by="Email",
    ignore_empty=True,
    callback_url="https://ops.example.com/hooks/7f3c",
)

# As printed in Zoho's page on job details.
COMPLETED = {
    "status": "COMPLETED",
    "id": "5725767000001022001",
    "operation": "upsert",
    "created_time": "2026-03-02T10:15:31+05:30",
    "resource": [
        {
            "status": "COMPLETED",
            "code": "SUCCESS",
            "file": {
                "status": "COMPLETED",
                "name": "Leads.csv",
                "added_count": 9,
                "skipped_count": 2,
                "updated_count": 0,
                "total_count": 11,
            },
        }
    ],
    "result": {"download_url": "/v7/crm/org6196138/bulk-write/1/1.zip"},
}


def test_job_request_is_written_as_documented():
    assert REQUEST.to_json(VERSIONS["v7"]) == {
        "operation": "upsert",
        "character_encoding": "UTF-8",
        "ignore_empty": True,
        "callback": {"url": "https://ops.example.com/hooks/7f3c", "method": "post"},
        "resource": [
            {
                "type": "data",
                "module": {"api_name": "Leads"},
                "file_id": "111111000001492610",
                "file_names": ["Leads.csv"],
                "find_by": "Email",
                "ignore_empty": True,
                "field_mappings": [
                    {"api_name": "Email", "index": 0},
                    {
                        "api_name": "Lead_Source",
                        "index": 1,
                        "default_value": {"value": "Trade Show"},
                    },
                    {"api_name": "Birth_Date", "index": 2, "format": "MM/dd/yyyy"},
                    {"api_name": "Partner", "index": 3, "find_by": "Account_Name"},
                    {"api_name": "Layout", "default_value": {"value": "5725767000000091055"}},
                ],
            }
        ],
    }


def test_job_request_names_the_module_by_a_string_in_v2_alone():
    assert REQUEST.to_json(VERSIONS["v2"])["resource"][0]["module"] == "Leads"
    assert REQUEST.to_json(VERSIONS["v8"]) == REQUEST.to_json(VERSIONS["v7"])


def test_job_request_leaves_out_what_is_unset_but_never_a_false_ignore_empty():
    bare = JobRequest("Leads", Operation.INSERT, "9", "a.csv", (), ignore_empty=False)

    body = bare.to_json(VERSIONS["v7"])

    assert body.keys() == {"operation", "character_encoding", "ignore_empty", "resource"}
    assert "find_by" not in body["resource"][0]
    assert body["ignore_empty"] is body["resource"][0]["ignore_empty"] is False


def test_job_from_json_reads_a_completed_job():
    assert job_from_json(COMPLETED) == Job(
        id="5725767000001022001",
        state=JobState.DONE,
        code="SUCCESS",
        created=9,
        updated=0,
        skipped=2,
        total=11,
        download_url="/v7/crm/org6196138/bulk-write/1/1.zip",
        created_at=datetime(2026, 3, 2, 4, 45, 31, tzinfo=UTC),
        operation="upsert",
    )


@pytest.mark.parametrize("given", [None, "", "yesterday", "2026-03-02T10:15:31", 1772424931])
def test_job_from_json_knows_no_moment_that_is_not_given_with_its_offset(given):
    assert job_from_json(COMPLETED | {"created_time": given}).created_at is None


@pytest.mark.parametrize(
    ("changes", "age", "awaits"),
    [
        ({"result": None}, timedelta(hours=1), True),
        ({"result": None, "status": "SKIPPED"}, timedelta(hours=1), True),
        ({"result": None}, timedelta(days=8), False),
        ({"result": None, "status": "FAILED"}, timedelta(hours=1), False),
        ({"result": None, "status": "INPROGRESS"}, timedelta(hours=1), False),
        ({}, timedelta(hours=1), False),
    ],
)
def test_job_awaits_its_result_when_done_without_one_for_less_than_a_week(changes, age, awaits):
    created = (datetime.now(UTC) - age).isoformat()

    job = job_from_json(COMPLETED | {"created_time": created} | changes)

    assert job.awaits_result is awaits


def test_job_from_json_reads_a_queued_job_by_its_own_status_without_counts():
    added = {
        "status": "ADDED",
        "id": 5725767000001022001,
        "resource": [{"status": "INPROGRESS", "code": "ADDED", "file": {"status": "INPROGRESS"}}],
    }

    job = job_from_json(added)

    assert (job.id, job.state) == ("5725767000001022001", JobState.QUEUED)
    assert (job.created, job.updated, job.skipped, job.total) == (None,) * 4
    assert job.download_url is None


def test_job_from_json_gives_the_reason_of_a_failed_job():
    failed = {
        "status": "FAILED",
        "id": "1",
        "resource": [{"status": "FAILED", "code": "LIMIT_EXCEEDED", "module": "Leads"}],
        "result": None,
    }

    assert (job_from_json(failed).state, job_from_json(failed).code) == (
        JobState.FAILED,
        "LIMIT_EXCEEDED",
    )


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("ADDED", JobState.QUEUED),
        ("INPROGRESS", JobState.RUNNING),
        ("IN PROGRESS", JobState.RUNNING),
        ("In_Progress", JobState.RUNNING),
        ("COMPLETED", JobState.DONE),
        ("Completed", JobState.DONE),
        ("SKIPPED", JobState.DONE),
        ("FAILED", JobState.FAILED),
    ],
)
def test_job_state_has_many_spellings(status, state, caplog):
    assert job_from_json({"id": "1", "status": status}).state is state
    assert caplog.text == ""


def test_unknown_job_state_counts_as_running_and_is_logged(caplog):
    assert job_from_json({"id": "1", "status": "DEFERRED"}).state is JobState.RUNNING
    assert "DEFERRED" in caplog.text
