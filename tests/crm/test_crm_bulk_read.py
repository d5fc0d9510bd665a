"""Bulk read through the client: jobs over one page or several, and their files."""

import csv
import io
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from importer.crm.bulk_read import Criterion, Group, ReadJob, ReadRequest
from importer.crm.client import CrmClient
from importer.crm.errors import CrmRefused, CrmUnavailable
from importer.crm.jobs import JobState
from importer.crm.versions import VERSIONS
from tests.crm.work import NAMES, until_ended
from tests.practice.controls import let_pass, suffer, turn

REQUEST = ReadRequest("Leads", ("Last_Name", "Company"), (Criterion("Company", "equal", "Zylker"),))
ALL_VERSIONS = pytest.mark.parametrize("version", VERSIONS)


@pytest.fixture
def practice(caller, connect) -> CrmClient:
    """A client of the practice CRM, with four leads of Zylker."""
    practice: CrmClient = connect()
    practice.records.insert("Leads", [{"Last_Name": n, "Company": "Zylker"} for n in NAMES])
    return practice


def read(practice: CrmClient, request: ReadRequest) -> ReadJob:
    """The job over a request, once it has ended."""
    job_id = practice.bulk_read.create(request)
    job: ReadJob = until_ended(lambda: practice.bulk_read.job(job_id))
    return job


def rows(practice: CrmClient, job: ReadJob, folder: Path) -> list[dict[str, str]]:
    target = folder / "read.zip"
    practice.bulk_read.download(job, target)
    with zipfile.ZipFile(target) as archive:
        [name] = archive.namelist()
        return list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8"))))


@ALL_VERSIONS
def test_bulk_read_gives_the_records_that_meet_the_criteria(practice, connect, tmp_path, version):
    practice = connect(api_version=version)

    job = read(practice, REQUEST)

    assert (job.state, job.count, job.more) == (JobState.DONE, 4, False)
    assert abs(datetime.now(UTC) - job.created_at).total_seconds() < 60
    found = rows(practice, job, tmp_path)
    assert sorted(row["Last_Name"] for row in found) == list(NAMES)
    assert all(row["id"].isdecimal() for row in found)
    assert REQUEST.after(job) is None


@ALL_VERSIONS
def test_bulk_read_takes_several_criteria_that_must_all_hold(practice, connect, tmp_path, version):
    practice = connect(api_version=version)
    both = (*REQUEST.criteria, Criterion("Last_Name", "in", NAMES[:2]))

    job = read(practice, ReadRequest("Leads", ("Last_Name",), both))

    assert sorted(row["Last_Name"] for row in rows(practice, job, tmp_path)) == list(NAMES[:2])


@ALL_VERSIONS
def test_bulk_read_takes_criteria_of_which_any_may_hold(practice, connect, tmp_path, version):
    practice = connect(api_version=version)
    last, first = (Criterion("Last_Name", "equal", name) for name in (NAMES[3], NAMES[0]))
    either = Group("or", (last, Group("and", (first, *REQUEST.criteria))))

    job = read(practice, ReadRequest("Leads", ("Last_Name",), (*REQUEST.criteria, either)))

    found = rows(practice, job, tmp_path)
    assert sorted(row["Last_Name"] for row in found) == [NAMES[0], NAMES[3]]


def test_bulk_read_may_keep_to_a_custom_view(practice):
    everything, mine = practice.views("Leads")

    counts = [
        read(practice, ReadRequest("Leads", ("Owner",), view=view.id)).count
        for view in (everything, mine)
    ]

    listed = (practice.records.all("Leads", ["id"], view=view.id) for view in (everything, mine))
    assert counts == [len(list(found)) for found in listed]
    assert counts[0] > counts[1] > 0


@ALL_VERSIONS
def test_bulk_read_goes_on_page_by_page(practice, connect, caller, tmp_path, version):
    turn(caller, max_read_rows=3)
    practice = connect(api_version=version)
    found, request = [], REQUEST

    while request is not None:
        job = read(practice, request)
        found.append(sorted(row["Last_Name"] for row in rows(practice, job, tmp_path)))
        request = request.after(job)

    assert found == [list(NAMES[:3]), list(NAMES[3:])]


def test_bulk_read_asks_for_the_next_page_by_number_where_there_is_no_token():
    job = ReadJob("57", JobState.DONE, count=200_000, more=True)

    request = REQUEST.after(job).after(job)

    assert (request.page, request.page_token) == (3, None)
    assert request.to_json(VERSIONS["v2"])["query"] == {
        "module": "Leads",
        "fields": ["Last_Name", "Company"],
        "criteria": {"api_name": "Company", "comparator": "equal", "value": "Zylker"},
        "page": 3,
    }


def test_bulk_read_names_its_callback():
    request = ReadRequest("Leads", ("Email",), callback_url="https://ops.example.com/hooks/1")

    assert request.to_json(VERSIONS["v7"]) == {
        "query": {"module": {"api_name": "Leads"}, "fields": ["Email"], "page": 1},
        "callback": {"url": "https://ops.example.com/hooks/1", "method": "post"},
    }


def test_bulk_read_that_failed_tells_why(client, crm):
    said = {"status": "error", "code": "LIMIT_EXCEEDED", "message": "too many", "details": {}}
    told = {"id": 57, "operation": "read", "state": "FAILURE", "result": {"error_message": said}}
    crm.script = [httpx.Response(200, json={"data": [told]})]

    assert client.bulk_read.job("57") == ReadJob(
        "57", JobState.FAILED, code="LIMIT_EXCEEDED", message="too many"
    )


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("ADDED", JobState.QUEUED),
        ("QUEUED", JobState.QUEUED),
        ("IN PROGRESS", JobState.RUNNING),
        ("INPROGRESS", JobState.RUNNING),
        ("COMPLETED", JobState.DONE),
        ("FAILURE", JobState.FAILED),
        ("FAILED", JobState.FAILED),
    ],
)
def test_bulk_read_state_has_many_spellings(client, crm, state, expected):
    crm.script = [httpx.Response(200, json={"data": [{"id": "57", "state": state}]})]

    assert client.bulk_read.job("57").state is expected


def test_bulk_read_file_that_is_gone_is_refused_and_leaves_nothing(practice, caller, tmp_path):
    job = read(practice, REQUEST)
    let_pass(caller, 24 * 3600 + 1)

    with pytest.raises(CrmRefused, match="RESOURCE_NOT_FOUND"):
        practice.bulk_read.download(job, tmp_path / "read.zip")

    assert list(tmp_path.iterdir()) == []


def test_bulk_read_file_that_breaks_off_is_fetched_again_whole(practice, caller, tmp_path):
    job = read(practice, REQUEST)
    suffer(caller, "drop", on="GET /crm/bulk/*/read/*/result", moment="during")

    assert len(rows(practice, job, tmp_path)) == 4


def test_bulk_read_file_may_be_fetched_ten_times_a_minute(practice, tmp_path):
    job = read(practice, REQUEST)
    for _ in range(10):
        practice.bulk_read.download(job, tmp_path / "read.zip")

    with pytest.raises(CrmUnavailable):
        practice.bulk_read.download(job, tmp_path / "read.zip")


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example.com/57.zip",
        "http://crm.example.com/57.zip",
        "https://crm.example.com:8443/57.zip",
        "https://user@crm.example.com/57.zip",
        "https://[::1/57.zip",
    ],
)
def test_bulk_read_file_is_asked_of_the_connections_own_hosts_alone(client, crm, tmp_path, address):
    job = ReadJob("57", JobState.DONE, download_url=address)

    with pytest.raises(CrmRefused):
        client.bulk_read.download(job, tmp_path / "read.zip")

    assert crm.requests == []


@pytest.mark.parametrize(
    "address",
    [
        "/crm/bulk/v7/read/57/result",
        "https://crm.example.com/crm/bulk/v7/read/57/result",
        None,
    ],
)
def test_bulk_read_file_has_an_absolute_or_a_relative_address(client, crm, tmp_path, address):
    content = httpx.Response(200, content=b"PK", headers={"Content-Type": "application/zip"})
    crm.script = [content]

    client.bulk_read.download(
        ReadJob("57", JobState.DONE, download_url=address), tmp_path / "read.zip"
    )

    assert (tmp_path / "read.zip").read_bytes() == b"PK"
    [request] = crm.requests
    assert str(request.url) == "https://crm.example.com/crm/bulk/v7/read/57/result"
