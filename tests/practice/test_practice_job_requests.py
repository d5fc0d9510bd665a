"""What is refused when a job is created, with which code, and in which order."""

import io
import zipfile
from typing import Any

import pytest

from tests.practice.caller import Caller, job_body, zipped

LINES = [["Email", "Last_Name", "Company"], ["a.rao@example.com", "Rao", "Zylker"]]
MAPPED = ["Email", "Last_Name", "Company"]


def refused(caller: Caller, body: Any, version: str = "v7") -> str:
    answer = caller.create(body, version)
    assert (answer.status_code, answer.json()["status"]) == (400, "error"), answer.text
    return str(answer.json()["code"])


@pytest.fixture
def file_id(caller: Caller) -> str:
    return caller.uploaded(zipped(LINES))


def test_accepted_job_answers_201_with_its_id(caller: Caller, file_id):
    answer = caller.create(job_body(file_id, mappings=MAPPED))

    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (201, "success", "SUCCESS")
    assert body["details"]["created_by"]["name"] == "Patricia Boyle"


def test_job_needs_json_and_an_operation(caller: Caller, file_id):
    assert caller.http.post("/crm/bulk/v7/write", content=b"{").json()["code"] == "BAD_REQUEST"
    assert refused(caller, {}) == "MISSING_REQUIRED_KEY"
    assert refused(caller, job_body(file_id, operation="delete")) == "INVALID_DATA"


@pytest.mark.parametrize(
    ("callback", "code"),
    [
        ({"url": "https://example.com/x"}, "MISSING_REQUIRED_KEY"),
        ({"url": "https://example.com/x", "method": "get"}, "INVALID_CALLBACK_METHOD"),
        ({"url": "file:///etc/passwd", "method": "post"}, "INVALID_CALLBACK_URL"),
        ({"url": "http://[x", "method": "post"}, "INVALID_CALLBACK_URL"),
    ],
)
def test_callback_is_checked_before_the_resource(caller: Caller, callback, code):
    assert refused(caller, {"operation": "insert", "callback": callback}, "v8") == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": "query"}, "INVALID_DATA"),
        ({"module": "Nope"}, "MODULE_NOT_AVAILABLE"),
        ({"file_id": "abc"}, "INVALID_FILE_ID"),
        ({"file_id": "42"}, "FILE_NOT_FOUND"),
        ({"file_names": ["other.csv"]}, "FILE_NOT_SUPPORTED"),
        ({"file_names": ["rows.csv"]}, None),
        ({"find_by": "Company"}, "INVALID_DATA"),
    ],
)
def test_resource_is_checked(caller: Caller, file_id, change, code):
    body = job_body(**{"file_id": file_id, "mappings": MAPPED, **change})

    answer = caller.create(body)

    assert answer.json()["code"] == (code or "SUCCESS")


def test_v2_names_the_module_by_a_text(caller: Caller, file_id):
    body = job_body(file_id, mappings=MAPPED)
    body["resource"][0]["module"] = "Leads"
    answer = caller.create(body, "v2")

    job = caller.finished(answer.json()["details"]["id"])
    assert job["status"] == "COMPLETED"


def test_v2_takes_no_object_for_the_module(caller: Caller, file_id):
    assert refused(caller, job_body(file_id, mappings=MAPPED), "v2") == "INVALID_DATA"


@pytest.mark.parametrize("operation", ["update", "upsert"])
def test_update_and_upsert_need_find_by(caller: Caller, file_id, operation):
    body = job_body(file_id, operation=operation, mappings=MAPPED)

    assert refused(caller, body) == "MANDATORY_NOT_FOUND"


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        ({"index": 0}, "MISSING_REQUIRED_KEY"),
        ({"api_name": "ast_Name", "index": 0}, "INVALID_FIELD"),
        ({"api_name": "Created_Time", "index": 0}, "INVALID_FIELD"),
        ({"api_name": "Brochure", "index": 0}, "INVALID_FIELD"),
        ({"api_name": "Email"}, "MISSING_REQUIRED_KEY"),
        ({"api_name": "Email", "index": 3}, "COLUMN_INDEX_NOT_FOUND"),
        ({"api_name": "Email", "index": -1}, "COLUMN_INDEX_NOT_FOUND"),
        ({"api_name": "Email", "index": "0"}, "INVALID_DATA"),
        ({"api_name": "Partner", "index": 0}, "MANDATORY_NOT_FOUND"),
        ({"api_name": "Partner", "index": 0, "find_by": "Industry"}, "INVALID_DATA"),
        ({"api_name": "Partner", "index": 0, "find_by": ["id"]}, "INVALID_DATA"),
        ({"api_name": "Birth_Date", "index": 0, "format": "QQ"}, "INVALID_FORMAT"),
        ({"api_name": "Annual_Revenue", "index": 0, "format": "many"}, "INVALID_FORMAT"),
        ({"api_name": "Annual_Revenue", "index": 0, "format": "#.#,"}, "INVALID_FORMAT"),
        ({"api_name": "Birth_Date", "default_value": {"value": "soon"}}, "INVALID_FORMAT"),
    ],
)
def test_mappings_are_checked(caller: Caller, file_id, mapping, code):
    body = job_body(file_id, mappings=[mapping, "Last_Name", "Company"])

    assert refused(caller, body) == code


def test_missing_mandatory_fields_are_named(caller: Caller, file_id):
    answer = caller.create(job_body(file_id, mappings=["Email"]))

    assert answer.json()["code"] == "MANDATORY_FIELDS_NOT_MAPPED"
    assert answer.json()["message"].endswith("[Company,Last_Name]")


def test_another_layout_asks_for_less(caller: Caller, file_id):
    layouts = caller.http.get("/crm/v7/settings/layouts?module=Leads").json()["layouts"]
    layout = {"api_name": "Layout", "default_value": {"value": layouts[1]["id"]}}

    answer = caller.create(job_body(file_id, mappings=["Email", "Last_Name", layout]))

    assert answer.status_code == 201


def test_more_than_200_mapped_columns_are_refused(caller: Caller):
    file_id = caller.uploaded(zipped([[f"c{i}" for i in range(201)]]))

    body = job_body(file_id, mappings=["Description"] * 201)

    assert refused(caller, body) == "HEADER_LIMIT_EXCEEDED"


@pytest.mark.parametrize("names", [[], ["a.csv", "b.csv"], ["notes.txt"]])
def test_archive_must_hold_exactly_one_csv(caller: Caller, names):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        for name in names:
            opened.writestr(name, "Last_Name,Company\n")

    body = job_body(caller.uploaded(archive.getvalue()), mappings=["Last_Name", "Company"])

    assert refused(caller, body) == "FILE_NOT_SUPPORTED"


def test_unpacked_size_is_measured_before_opening(caller: Caller):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("rows.csv", "Last_Name,Company\nRao,Zylker\n")
        opened.getinfo("rows.csv").file_size = 501 * 1024**2  # as the archive's directory has it

    body = job_body(caller.uploaded(archive.getvalue()), mappings=["Last_Name", "Company"])

    assert refused(caller, body) == "FILE_NOT_SUPPORTED"


def test_unknown_job_is_not_found(caller: Caller):
    answer = caller.http.get("/crm/bulk/v7/write/123")

    assert (answer.status_code, answer.json()["code"]) == (404, "RESOURCE_NOT_FOUND")
