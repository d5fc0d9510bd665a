"""Where Zoho's documentation is silent or says two things, the practice CRM does either."""

import time

import pytest

from tests.practice.caller import Caller, job_body, zipped
from tests.practice.controls import LINES, MAPPINGS, accepted, four_leads, suffer, turn

NO_COMPANY = [["Last_Name"], ["Rao"]]


def test_running_state_is_spelled_either_way(caller: Caller):
    turn(caller, running_state="IN PROGRESS")
    suffer(caller, "job_stuck")
    path = f"/crm/bulk/v7/write/{four_leads(caller)}"
    for _ in range(200):
        job = caller.http.get(path).json()
        if job["status"] != "ADDED":
            break
        time.sleep(0.02)

    spelled = (job["status"], job["resource"][0]["status"], job["resource"][0]["file"]["status"])
    assert spelled == ("IN PROGRESS",) * 3


def test_download_url_is_absolute_or_relative(caller: Caller):
    absolute = caller.finished(four_leads(caller))["result"]["download_url"]
    turn(caller, download_url="relative")
    job = caller.finished(four_leads(caller))

    assert absolute.startswith(caller.address)
    assert job["result"]["download_url"].startswith("/v7/crm/")
    assert len(caller.result(job)) == 4


def test_layout_mandatory_field_is_required_ignored_or_fails_the_job(caller: Caller):
    body = job_body(caller.uploaded(zipped(NO_COMPANY)), mappings=["Last_Name"])
    refused = caller.create(body)
    turn(caller, layout_mandatory="ignore")
    ignored = caller.finished(accepted(caller, body))
    turn(caller, layout_mandatory="fail")
    failed = caller.finished(accepted(caller, body))

    assert refused.json()["code"] == "MANDATORY_FIELDS_NOT_MAPPED"
    assert refused.json()["message"].endswith("[Company]")
    assert ignored["resource"][0]["file"]["added_count"] == 1
    assert failed["status"] == "FAILED"
    assert failed["resource"][0]["code"] == "MANDATORY_FIELDS_NOT_MAPPED"


def test_system_mandatory_field_is_never_ignored(caller: Caller):
    turn(caller, layout_mandatory="ignore")
    body = job_body(caller.uploaded(zipped([["Company"], ["Zylker"]])), mappings=["Company"])

    assert caller.create(body).json()["code"] == "MANDATORY_FIELDS_NOT_MAPPED"


def test_refused_upload_has_either_status(caller: Caller):
    first = caller.upload(b"no archive")
    turn(caller, upload_refusal_status=200)
    second = caller.upload(b"no archive")

    assert (first.status_code, second.status_code) == (400, 200)
    assert first.json()["code"] == second.json()["code"] == "INVALID_FILE_FORMAT"


def test_unknown_option_is_added_or_refused(caller: Caller):
    lines = [["Last_Name", "Company", "Rating"], ["Rao", "Zylker", "Splendid"]]
    mappings = ["Last_Name", "Company", "Rating"]
    turn(caller, unknown_option="refuse")
    refused = caller.run(lines, mappings=mappings)
    turn(caller, unknown_option="add")
    added = caller.run(lines, mappings=mappings)

    assert refused[0]["ERRORS"] == "INVALID_DATA-Rating"
    assert added[0]["STATUS"] == "ADDED"


def test_blank_key_of_an_upsert_is_inserted_or_skipped(caller: Caller):
    lines = [["Email", "Last_Name", "Company"], ["", "Rao", "Zylker"]]
    request = {"mappings": lines[0], "operation": "upsert", "find_by": "Email"}
    inserted = caller.run(lines, **request)
    turn(caller, blank_key="skip")
    skipped = caller.run(lines, **request)

    assert inserted[0]["STATUS"] == "ADDED"
    assert skipped[0]["ERRORS"] == "MANDATORY_NOT_FOUND-Email"


def test_first_three_columns_are_those_of_the_mappings_or_of_the_file(caller: Caller):
    lines = [["City", "Last_Name", "Company", "Phone"], ["Pune", "Rao", "Zylker", "555"]]
    mappings = [
        {"api_name": name, "index": lines[0].index(name)}
        for name in ("Phone", "Company", "Last_Name", "City")
    ]
    by_mapping = caller.run(lines, mappings=mappings)
    turn(caller, echoed_columns="file")
    by_file = caller.run(lines, mappings=mappings)

    assert list(by_mapping[0])[:3] == ["Phone", "Company", "Last_Name"]
    assert list(by_file[0])[:3] == ["City", "Last_Name", "Company"]


def test_file_is_good_for_several_jobs_or_for_one(caller: Caller):
    body = job_body(caller.uploaded(zipped(LINES)), mappings=MAPPINGS)
    first, second = caller.create(body), caller.create(body)
    turn(caller, file_reuse="refused")
    third = caller.create(body)

    assert (first.status_code, second.status_code) == (201, 201)
    assert (third.status_code, third.json()["code"]) == (400, "ALREADY_USED")


def test_inventory_modules_may_be_closed_to_bulk_write(caller: Caller):
    turn(caller, inventory_in_bulk="refused")
    body = job_body(caller.uploaded(zipped(LINES)), module="Quotes")

    assert caller.create(body).json()["code"] == "MODULE_NOT_AVAILABLE"


def test_row_ceiling_can_be_lower(caller: Caller):
    turn(caller, max_rows=3)

    job = caller.finished(four_leads(caller))

    assert (job["status"], job["resource"][0]["code"]) == ("FAILED", "LIMIT_EXCEEDED")


@pytest.mark.parametrize(
    "switches", [{"warp": 9}, {"running_state": "RUNNING"}, {"max_rows": 0}, {"max_rows": "3"}]
)
def test_switches_have_only_their_positions(caller: Caller, switches):
    before = caller.http.get("/control").json()["switches"]

    answer = caller.http.post("/control/switches", json=switches)

    assert answer.status_code == 400
    assert caller.http.get("/control").json()["switches"] == before
