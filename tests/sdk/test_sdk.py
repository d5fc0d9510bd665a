"""Zoho's official Python SDKs take the practice CRM for Zoho: `journey.py` says what they do."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.practice_server import ROOT, practice_crm
from tests.services import missing

HERE = Path(__file__).resolve().parent
TAKES_AT_MOST_S = 120
Steps = dict[str, Any]


@pytest.fixture(scope="module", params=["v7", "v8"])
def steps(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Steps:
    """What the SDK for one version made of every answer on its journey."""
    python = ROOT / ".venv-sdk" / request.param / "bin" / "python"
    if not python.exists():
        missing(f"Zoho's SDK for {request.param} is not installed here; `make sdk` installs it.")
    folder = tmp_path_factory.mktemp(f"sdk-{request.param}")
    with practice_crm(folder / "practice") as address:
        journey = subprocess.run(
            [python, HERE / "journey.py", address, folder],
            capture_output=True,
            text=True,
            timeout=TAKES_AT_MOST_S,
        )
    assert journey.returncode == 0, journey.stderr
    told: Steps = json.loads(journey.stdout)
    raised = {name: step["trace"] for name, step in told.items() if "trace" in step}
    assert not raised, raised
    return told


def first(step: Steps) -> dict[str, Any]:
    """The first of the records, or of the answers, that came back."""
    one: dict[str, Any] = step["object"]["data"][0]
    return one


def codes(step: Steps) -> list[str]:
    return [one["code"] for one in step["object"]["data"]]


def test_sdk_refreshes_a_token_and_learns_whose_it_is(steps: Steps):
    assert steps["stored_tokens"] == ["patricia.boyle@harbourlane.example.com:808232144"]


def test_sdk_reads_organisation_and_users(steps: Steps):
    users = steps["users"]["object"]["users"]

    assert steps["organisation"]["object"]["org"][0]["zgid"] == "808232144"
    assert [user["last_name"] for user in users] == ["Boyle", "Zielinski", "Okafor"]


def test_sdk_reads_modules_fields_and_layouts(steps: Steps):
    modules = {one["api_name"] for one in steps["modules"]["object"]["modules"]}
    fields = {one["api_name"]: one["data_type"] for one in steps["fields"]["object"]["fields"]}
    layouts = [one["name"] for one in steps["layouts"]["object"]["layouts"]]

    assert {"Leads", "Contacts", "Quotes", "Events"} <= modules
    assert steps["module"]["object"]["modules"][0]["api_name"] == "Leads"
    assert (fields["Email"], fields["Secondary_Contacts"]) == ("email", "subform")
    assert layouts == ["Standard", "Partner referral"]


def test_sdk_uploads_a_file_and_creates_a_job(steps: Steps):
    job = steps["bulk_insert"]

    assert (job["upload"]["status"], job["upload"]["kind"]) == (200, "SuccessResponse")
    assert job["upload"]["object"]["code"] == "FILE_UPLOAD_SUCCESS"
    assert (job["create"]["status"], job["create"]["object"]["code"]) == (201, "SUCCESS")


@pytest.mark.parametrize(
    ("step", "counts", "statuses"),
    [
        ("bulk_insert", (1, 0, 1), ["ADDED", "SKIPPED"]),
        ("bulk_update", (0, 1, 0), ["UPDATED"]),
        ("bulk_upsert", (1, 1, 0), ["UPDATED", "ADDED"]),
    ],
)
def test_sdk_follows_a_job_to_its_result(steps: Steps, step, counts, statuses):
    job = steps[step]["details"]["object"]
    file = job["resource"][0]["file"]
    result = steps[step]["result"]

    assert job["status"] == "COMPLETED"
    assert (file["added_count"], file["updated_count"], file["skipped_count"]) == counts
    assert [row["STATUS"] for row in result["rows"]] == statuses
    assert result["name"].endswith(".zip")


def test_sdk_takes_an_unlisted_refusal_for_a_success(steps: Steps):
    refused = steps["bulk_refused"]

    assert (refused["status"], refused["object"]["status"]) == (400, "error")
    assert refused["object"]["code"] == "FILE_NOT_FOUND"
    assert (steps["bulk_unknown"]["status"], steps["bulk_unknown"]["kind"]) == (404, "APIException")


def test_sdk_creates_reads_and_updates_a_record(steps: Steps):
    record = first(steps["record_get"])

    assert first(steps["record_create"])["message"] == "record added"
    assert (record["Email"], record["Lead_Source"]) == ("grace@sdk.example.com", "Trade Show")
    assert record["Owner"]["name"] == "Patricia Boyle"
    assert first(steps["record_update"])["message"] == "record updated"


def test_sdk_reads_the_answer_for_each_record(steps: Steps):
    mixed = steps["record_mixed"]

    assert mixed["status"] == 207
    assert codes(mixed) == ["SUCCESS", "DUPLICATE_DATA", "MANDATORY_NOT_FOUND"]


def test_sdk_upserts_by_a_duplicate_check_field(steps: Steps):
    answer = first(steps["record_upsert"])

    assert (answer["action"], answer["duplicate_field"]) == ("update", "Email")


def test_sdk_lists_a_page(steps: Steps):
    info = steps["record_list"]["object"]["info"]

    assert (info["count"], info["more_records"], info["sort_by"]) == (3, True, "id")
    assert info["next_page_token"]


def test_sdk_takes_nothing_for_nothing(steps: Steps):
    empty = [steps[name] for name in ("record_none", "record_not_modified", "search_none")]

    assert [one["status"] for one in empty] == [204, 304, 204]
    assert [one["object"] for one in empty] == [None, None, None]


def test_sdk_deletes_a_record(steps: Steps):
    assert first(steps["record_delete"])["message"] == "record deleted"
    assert first(steps["record_deleted"])["display_name"] == "Hopper"


def test_sdk_writes_and_reads_line_items(steps: Steps):
    quote = first(steps["quote_get"])
    item = quote["Quoted_Items"][0]

    assert (item["Product_Name"]["name"], item["Quantity"], item["Total"]) == ("SDK winch", 4, 50)
    assert quote["Grand_Total"] == 50


@pytest.mark.parametrize("step", ["search_criteria", "search_email", "search_word", "coql"])
def test_sdk_finds_a_record(steps: Steps, step):
    assert "ada@sdk.example.com" in [record["Email"] for record in steps[step]["object"]["data"]]


def test_sdk_counts_records(steps: Steps):
    assert steps["count"]["object"]["count"] > 0


def test_sdk_reads_what_is_wrong_with_a_query(steps: Steps):
    broken = steps["coql_broken"]

    assert (broken["status"], broken["object"]["code"]) == (400, "SYNTAX_ERROR")


def test_sdk_updates_records_by_ids_and_by_view(steps: Steps):
    status = first(steps["mass_update_status"])

    assert codes(steps["mass_update"]) == ["SUCCESS", "SUCCESS"]
    assert first(steps["mass_update_view"])["message"] == "mass update scheduled successfully"
    assert status["status"] == "COMPLETED"
    assert status["updated_count"] == status["total_count"] > 0


def test_sdk_deletes_records_by_ids_and_by_view(steps: Steps):
    status = first(steps["mass_delete_status"])

    assert codes(steps["mass_delete"]) == ["SUCCESS", "SUCCESS"]
    assert (status["status"], status["deleted_count"], status["failed_count"]) == (
        "COMPLETED",
        1,
        0,
    )


def test_sdk_reads_records_in_bulk(steps: Steps):
    result = steps["bulk_read_result"]

    assert first(steps["bulk_read_create"])["code"] == "ADDED_SUCCESSFULLY"
    assert first(steps["bulk_read_details"])["result"]["count"] == 2
    assert [row["Last_Name"] for row in result["rows"]] == ["King", "S"]


def test_sdk_empties_the_recycle_bin(steps: Steps):
    names = [one["display_name"] for one in steps["recycle_bin"]["object"]["recycle_bin"]]

    assert {"One", "Two"} <= set(names)
    assert steps["recycle_bin_delete"]["object"]["recycle_bin"][0]["code"] == "SUCCESS"
