"""Where Zoho's documentation is silent or says two things, the practice CRM does either."""

import time

import pytest

from tests.practice.caller import Caller, job_body, zipped
from tests.practice.controls import (
    LINES,
    MAPPINGS,
    accepted,
    archive_of,
    four_leads,
    let_pass,
    suffer,
    turn,
)
from tests.practice.records_calls import added

pytestmark = pytest.mark.alone

NO_COMPANY = [["Last_Name"], ["Rao"]]
KEYED = ["Email", "Last_Name", "Company"]


def by_email(operation):
    """What a job over `KEYED` columns is asked for."""
    return {"mappings": KEYED, "operation": operation, "find_by": "Email"}


def outcomes(rows):
    return [(row["STATUS"], row["ERRORS"]) for row in rows]


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


def test_blank_key_of_an_update_has_either_code(caller: Caller):
    lines, update = [KEYED, ["", "Rao", "Zylker"]], by_email("update")
    missing = caller.run(lines, **update)
    turn(caller, blank_update_key="RESOURCE_NOT_FOUND")
    unknown = caller.run(lines, **update)

    assert missing[0]["ERRORS"] == "MANDATORY_NOT_FOUND-Email"
    assert unknown[0]["ERRORS"] == "RESOURCE_NOT_FOUND-Email"


def test_update_without_a_match_has_either_code(caller: Caller):
    lines, update = [KEYED, ["nobody@example.com", "Rao", "Zylker"]], by_email("update")
    unknown = caller.run(lines, **update)
    turn(caller, no_match="INVALID_DATA")
    invalid = caller.run(lines, **update)

    assert unknown[0]["ERRORS"] == "RESOURCE_NOT_FOUND-Email"
    assert invalid[0]["ERRORS"] == "INVALID_DATA-Email"


@pytest.mark.parametrize(
    ("position", "status", "errors", "phones"),
    [
        ("refuse", "SKIPPED", "INVALID_DATA-Account_Name", [None, None]),
        ("update_first", "UPDATED", "", ["555", None]),
        ("update_all", "UPDATED", "", ["555", "555"]),
    ],
)
def test_several_matches_are_refused_or_changed(caller: Caller, position, status, errors, phones):
    accounts = [added(caller, "Accounts", Account_Name="Twin") for _ in range(2)]
    turn(caller, several_matches=position)

    rows = caller.run(
        [["Account_Name", "Phone"], ["Twin", "555"]],
        module="Accounts",
        operation="upsert",
        find_by="Account_Name",
        mappings=["Account_Name", "Phone"],
    )

    assert (rows[0]["STATUS"], rows[0]["ERRORS"]) == (status, errors)
    assert [caller.record("Accounts", one)["Phone"] for one in accounts] == phones


def test_case_counts_in_keys_where_the_field_says_so(caller: Caller):
    columns = ["Name", "Asset_Tag", "Serial_Number"]
    lines = [columns, ["A", "t-1", "s-1"], ["B", "T-1", "S-2"], ["C", "T-1", "S-3"]]
    rows = caller.run([*lines, ["D", "t-2", "S-1"]], module="Machines", mappings=columns)
    told = caller.http.get("/crm/v7/settings/fields", params={"module": "Machines"}).json()

    case_counts = {one["api_name"]: one["unique"].get("case_sensitive") for one in told["fields"]}
    assert (case_counts["Asset_Tag"], case_counts["Serial_Number"]) == (True, False)
    assert outcomes(rows) == [
        ("ADDED", ""),
        ("ADDED", ""),
        ("SKIPPED", "DUPLICATE_DATA-Asset_Tag"),
        ("SKIPPED", "DUPLICATE_DATA-Serial_Number"),
    ]


def test_case_counts_in_keys_everywhere_or_not(caller: Caller):
    added(caller, Email="a.rao@example.com")
    lines = [KEYED, ["A.Rao@example.com", "Rao", "Zylker"]]
    alike = caller.run(lines, mappings=KEYED)
    turn(caller, key_comparison="exact")
    exact = caller.run([*lines, lines[1]], mappings=KEYED)

    assert outcomes(alike) == [("SKIPPED", "DUPLICATE_DATA-Email")]
    assert outcomes(exact) == [("ADDED", ""), ("SKIPPED", "DUPLICATE_DATA-Email")]


@pytest.mark.parametrize("operation", ["update", "upsert"])
def test_key_that_comes_again_is_taken_in_turn_or_skipped(caller: Caller, operation):
    added(caller, Email="a.rao@example.com")
    key = "a.rao@example.com"
    lines = [KEYED, [key, "First", "Zylker"], [key.upper(), "Second", "Zylker"]]
    in_turn = caller.run(lines, **by_email(operation))
    turn(caller, repeated_key="skip")
    skipped = caller.run(lines, **by_email(operation))

    assert outcomes(in_turn) == [("UPDATED", ""), ("UPDATED", "")]
    assert outcomes(skipped) == [("UPDATED", ""), ("SKIPPED", "DUPLICATE_DATA-Email")]


@pytest.mark.parametrize(
    ("switches", "module", "columns"),
    [
        ({}, "Machines", ["Asset_Tag", "Name"]),
        ({"key_comparison": "exact"}, "Accounts", ["Account_Name", "Phone"]),
    ],
)
def test_key_is_repeated_only_where_it_is_the_same_key(caller: Caller, switches, module, columns):
    turn(caller, repeated_key="skip", **switches)
    suffer(caller, "job_stuck", after_rows=1, seconds=0)  # what was seen before is seen alike
    lines = [columns, ["t-1", "1"], ["T-1", "2"], ["T-1", "3"]]

    rows = caller.run(
        lines, module=module, operation="upsert", find_by=columns[0], mappings=columns
    )

    again = ("SKIPPED", f"DUPLICATE_DATA-{columns[0]}")
    assert outcomes(rows) == [("ADDED", ""), ("ADDED", ""), again]


def test_key_seen_before_a_standstill_still_counts_as_repeated(caller: Caller):
    key = "a.rao@example.com"
    lines = [KEYED, [key, "First", "Zylker"], [key, "Second", "Zylker"]]
    turn(caller, repeated_key="skip")
    suffer(caller, "job_stuck", after_rows=1, seconds=0)

    rows = caller.run(lines, **by_email("upsert"))

    assert outcomes(rows) == [("ADDED", ""), ("SKIPPED", "DUPLICATE_DATA-Email")]


def test_insert_of_an_existing_key_is_an_error_or_silent(caller: Caller):
    lead = added(caller, Email="a.rao@example.com", Last_Name="Rao")
    lines, insert = [KEYED, ["a.rao@example.com", "Changed", "Zylker"]], by_email("insert")
    error = caller.run(lines, **insert)[0]
    turn(caller, existing_key="silent")
    silent = caller.run(lines, **insert)[0]

    told = [(row["STATUS"], row["RECORD_ID"], row["ERRORS"]) for row in (error, silent)]
    assert told == [("SKIPPED", "", "DUPLICATE_DATA-Email"), ("SKIPPED", lead, "")]
    assert caller.record("Leads", lead)["Last_Name"] == "Rao"


def test_lookup_without_a_target_has_either_code(caller: Caller):
    lines = [["Last_Name", "Account_Name.Account_Name"], ["Rao", "Nowhere & Sons"]]
    invalid = caller.run(lines, module="Contacts")
    turn(caller, lookup_miss="RESOURCE_NOT_FOUND")
    unknown = caller.run(lines, module="Contacts")

    assert invalid[0]["ERRORS"] == "INVALID_DATA-Account_Name.Account_Name"
    assert unknown[0]["ERRORS"] == "RESOURCE_NOT_FOUND-Account_Name.Account_Name"


@pytest.mark.parametrize(
    ("switch", "position", "field", "text", "value"),
    [
        ("too_long", "truncate", "First_Name", "x" * 41, "x" * 40),
        ("extra_decimals", "refuse", "Score", "1.239", 1.23),
    ],
)
def test_what_goes_beyond_a_limit_is_cut_or_refused(
    caller: Caller, switch, position, field, text, value
):
    columns = ["Last_Name", "Company", field]
    lines = [columns, ["Rao", "Zylker", text]]
    usual = caller.run(lines, mappings=columns)[0]
    turn(caller, **{switch: position})
    other = caller.run(lines, mappings=columns)[0]

    refused, cut = (other, usual) if position == "refuse" else (usual, other)
    assert refused["ERRORS"] == f"INVALID_DATA-{field}"
    assert caller.record("Leads", cut["RECORD_ID"])[field] == value


def test_errors_name_the_header_or_the_field(caller: Caller):
    lines = [["Mail", "Name", "Firm"], ["nobody", "Rao", "Zylker"]]
    by_header = caller.run(lines, mappings=KEYED)
    turn(caller, error_names="field")
    by_field = caller.run(lines, mappings=KEYED)

    assert by_header[0]["ERRORS"] == "INVALID_DATA-Mail"
    assert by_field[0]["ERRORS"] == "INVALID_DATA-Email"


def test_all_errors_of_a_row_are_told_or_the_first(caller: Caller):
    lines = [KEYED, ["nobody", "", ""]]
    every = caller.run(lines, mappings=KEYED)
    turn(caller, row_errors="first")
    first = caller.run(lines, mappings=KEYED)

    assert every[0]["ERRORS"] == "INVALID_DATA-Email:MANDATORY_NOT_FOUND-Last_Name,Company"
    assert first[0]["ERRORS"] == "INVALID_DATA-Email"


def test_rows_beyond_the_ceiling_fail_the_job_or_are_skipped(caller: Caller):
    turn(caller, max_rows=3)
    failed = caller.finished(four_leads(caller))
    turn(caller, surplus_rows="skip")
    job = caller.finished(four_leads(caller))

    assert (failed["status"], failed["resource"][0]["code"]) == ("FAILED", "LIMIT_EXCEEDED")
    assert job["status"] == "COMPLETED"
    assert outcomes(caller.result(job)) == [("ADDED", "")] * 3 + [("SKIPPED", "LIMIT_EXCEEDED")]


def test_unreadable_file_has_either_code(caller: Caller):
    codes = []
    for position in ("INVALID_FORMAT", "INVALID_FILE_FORMAT"):
        turn(caller, unreadable_file=position)
        content = zipped([["Last_Name", "Company"], ["Rao", "x" * 200_000]])
        job = caller.finished(accepted(caller, job_body(caller.uploaded(content))))
        codes.append((job["status"], job["resource"][0]["code"]))

    assert codes == [("FAILED", "INVALID_FORMAT"), ("FAILED", "INVALID_FILE_FORMAT")]


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


def test_further_csv_files_are_refused_or_overlooked(caller: Caller):
    archive = archive_of(first=LINES, second=[["Last_Name", "Company"], ["Rao", "Zylker"]])
    unnamed = job_body(caller.uploaded(archive), mappings=MAPPINGS)
    named = job_body(caller.uploaded(archive), mappings=MAPPINGS, file_names=["second.csv"])
    unknown = job_body(caller.uploaded(archive), mappings=MAPPINGS, file_names=["third.csv"])
    refused = [caller.create(body).json()["code"] for body in (unnamed, named, unknown)]
    turn(caller, surplus_files="overlook")
    jobs = [caller.finished(accepted(caller, body)) for body in (unnamed, named)]

    assert refused == ["FILE_NOT_SUPPORTED"] * 3
    assert [job["resource"][0]["file_names"] for job in jobs] == [["first.csv"], ["second.csv"]]
    assert [job["resource"][0]["file"]["added_count"] for job in jobs] == [4, 1]
    assert caller.create(unknown).json()["code"] == "FILE_NOT_SUPPORTED"


@pytest.mark.parametrize("operation", ["update", "upsert"])
def test_value_of_another_record_is_refused_or_left_out(caller: Caller, operation):
    machines = [
        added(caller, "Machines", Name="A", Asset_Tag=f"t-{n}", Serial_Number=f"s-{n}")
        for n in (1, 2)
    ]
    columns = ["Asset_Tag", "Serial_Number", "Name"]
    asked = {"module": "Machines", "operation": operation, "find_by": "Asset_Tag"}
    lines = [columns, ["t-1", "s-2", "B"]]
    refused = caller.run(lines, mappings=columns, **asked)
    turn(caller, unique_clash="leave_out")
    left_out = caller.run(lines, mappings=columns, **asked)
    new = caller.run([columns, ["t-3", "s-2", "C"]], mappings=columns, **asked)

    assert outcomes(refused) == [("SKIPPED", "DUPLICATE_DATA-Serial_Number")]
    assert outcomes(left_out) == [("UPDATED", "")]
    changed = caller.record("Machines", machines[0])
    assert (changed["Name"], changed["Serial_Number"]) == ("B", "s-1")
    missing = {"update": "RESOURCE_NOT_FOUND-Asset_Tag:", "upsert": ""}[operation]
    assert outcomes(new) == [("SKIPPED", f"{missing}DUPLICATE_DATA-Serial_Number")]


def test_file_is_kept_for_some_days(caller: Caller):
    body = job_body(caller.uploaded(zipped(LINES)), mappings=MAPPINGS)
    turn(caller, file_days=1)
    let_pass(caller, 86_400 + 60)
    later = Caller(caller.address)  # the token of yesterday has expired
    late = later.create(body)
    turn(caller, file_days=2)
    in_time = later.create(body)

    assert (in_time.status_code, late.json()["code"]) == (201, "FILE_NOT_FOUND")


def test_inventory_modules_may_be_closed_to_bulk_write(caller: Caller):
    turn(caller, inventory_in_bulk="refused")
    body = job_body(caller.uploaded(zipped(LINES)), module="Quotes")

    assert caller.create(body).json()["code"] == "MODULE_NOT_AVAILABLE"


@pytest.mark.parametrize(
    "switches", [{"warp": 9}, {"running_state": "RUNNING"}, {"max_rows": 0}, {"max_rows": "3"}]
)
def test_switches_have_only_their_positions(caller: Caller, switches):
    before = caller.http.get("/control").json()["switches"]

    answer = caller.http.post("/control/switches", json=switches)

    assert answer.status_code == 400
    assert caller.http.get("/control").json()["switches"] == before
