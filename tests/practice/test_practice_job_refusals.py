"""Every documented refusal of a bulk write, by version, and the order in which they come."""

import io
import zipfile
from typing import Any

import httpx
import pytest

from tests.practice.caller import ZGID, Caller, job_body, zipped
from tests.practice.controls import four_leads, suffer, turn
from tests.practice.holders import holder_of, refusal, withhold

WRITE = "/crm/bulk/v7/write"
LINES = [["Email", "Last_Name", "Company"], ["a.rao@example.com", "Rao", "Zylker"]]
MAPPED = ["Email", "Last_Name", "Company"]
VERSIONS = ["v2", "v7", "v8"]


@pytest.fixture
def file_id(caller: Caller) -> str:
    return caller.uploaded(zipped(LINES))


def asked(file_id: str, version: str = "v7", **more: Any) -> dict[str, Any]:
    """A good request in a version, but for what is given."""
    module = more.pop("module", "Leads")
    body: dict[str, Any] = job_body(file_id, **{"mappings": MAPPED, **more})
    body["resource"][0]["module"] = module if version == "v2" else {"api_name": module}
    return body


@pytest.mark.parametrize("version", VERSIONS)
def test_good_request_is_accepted_in_every_version(caller: Caller, file_id, version):
    assert caller.create(asked(file_id, version), version).status_code == 201


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"operation": None}, "MISSING_REQUIRED_KEY"),
        ({"operation": "merge"}, "INVALID_DATA"),
        ({"type": None}, "MISSING_REQUIRED_KEY"),
        ({"type": "query"}, "INVALID_DATA"),
        ({"module": "asdf"}, "MODULE_NOT_AVAILABLE"),
        ({"module": "Events"}, "MODULE_NOT_AVAILABLE"),
        ({"module": "Leads_X_Products"}, "MODULE_NOT_AVAILABLE"),
        ({"file_id": None}, "MISSING_REQUIRED_KEY"),
        ({"file_id": "improper"}, "INVALID_FILE_ID"),
        ({"file_id": "17"}, "FILE_NOT_FOUND"),
        ({"file_names": "rows.csv"}, "INVALID_DATA"),
        ({"file_names": ["other.csv"]}, "FILE_NOT_SUPPORTED"),
        ({"character_encoding": "UTF-99"}, "INVALID_DATA"),
        ({"operation": "update"}, "MANDATORY_NOT_FOUND"),
        ({"operation": "upsert"}, "MANDATORY_NOT_FOUND"),
        ({"operation": "upsert", "find_by": "City"}, "INVALID_DATA"),
        ({"mappings": [{"index": 0}]}, "MISSING_REQUIRED_KEY"),
        ({"mappings": [{"api_name": "ast_Name", "index": 0}]}, "INVALID_FIELD"),
        ({"mappings": [{"api_name": "Company"}]}, "MISSING_REQUIRED_KEY"),
        ({"mappings": [{"api_name": "Company", "index": 9}]}, "COLUMN_INDEX_NOT_FOUND"),
        ({"mappings": [{"api_name": "Company", "index": -1}]}, "COLUMN_INDEX_NOT_FOUND"),
        ({"mappings": [{"api_name": "Partner", "index": 0}]}, "MANDATORY_NOT_FOUND"),
        ({"mappings": ["Company", "Company"]}, "DUPLICATE_DATA"),
        (
            {"mappings": [{"api_name": "Birth_Date", "index": 0, "format": "QQ"}]},
            "INVALID_FORMAT",
        ),
        ({"mappings": ["Email"]}, "MANDATORY_FIELDS_NOT_MAPPED"),
    ],
)
def test_create_refuses_by_its_code(caller: Caller, file_id, version, changes, code):
    answer = caller.create(asked(**{"file_id": file_id, "version": version, **changes}), version)

    assert refusal(answer) == (400, code)


@pytest.mark.parametrize(
    ("version", "changes", "code"),
    [
        ("v2", {"callback": {"url": "http://x.example", "method": "get"}}, "INVALID_DATA"),
        (
            "v7",
            {"callback": {"url": "http://x.example", "method": "get"}},
            "INVALID_CALLBACK_METHOD",
        ),
        ("v7", {"callback": {"url": "nowhere", "method": "post"}}, "INVALID_DATA"),
        ("v8", {"callback": {"url": "nowhere", "method": "post"}}, "INVALID_CALLBACK_URL"),
        ("v2", {"mappings": None}, "MISSING_REQUIRED_KEY"),
        ("v2", {"mappings": [{"api_name": "Owner", "index": 0}]}, "INVALID_FIELD"),
        ("v2", {"module": "Secondary_Contacts"}, "MODULE_NOT_AVAILABLE"),
    ],
)
def test_versions_differ_in_what_they_refuse(caller: Caller, file_id, version, changes, code):
    answer = caller.create(asked(file_id, version, **changes), version)

    assert refusal(answer) == (400, code)


@pytest.mark.parametrize(
    ("resources", "code"),
    [
        (None, "MISSING_REQUIRED_KEY"),
        ({}, "INVALID_DATA"),
        ([], "INVALID_DATA"),
        (["Leads"], "INVALID_DATA"),
        ([{"type": "data"}], "MISSING_REQUIRED_KEY"),
        ([{"type": "data", "module": {"api_name": "Leads"}}] * 101, "LIMIT_EXCEEDED"),
    ],
)
def test_resources_are_up_to_a_hundred_objects(caller: Caller, resources, code):
    answer = caller.create({"operation": "insert", "resource": resources})

    assert refusal(answer) == (400, code)


def test_oldest_version_may_require_a_callback(caller: Caller, file_id):
    turn(caller, v2_callback="required")

    assert refusal(caller.create(asked(file_id, "v2"), "v2")) == (400, "MISSING_REQUIRED_KEY")
    assert caller.create(asked(file_id)).status_code == 201


@pytest.mark.parametrize("version", VERSIONS)
def test_body_must_be_json_and_say_so(caller: Caller, version):
    path = f"/crm/bulk/{version}/write"
    text = {"Content-Type": "text/plain"}

    assert refusal(caller.http.post(path, content=b"{")) == (400, "BAD_REQUEST")
    assert refusal(caller.http.post(path, content=b"[]")) == (400, "BAD_REQUEST")
    answer = caller.http.post(path, content=b"{}", headers=text)
    assert refusal(answer) == (400, "REQUEST_BODY_NOT_SUPPORTED")


@pytest.mark.parametrize("version", VERSIONS)
def test_other_methods_and_addresses_are_refused(caller: Caller, version):
    path = f"/crm/bulk/{version}/write"

    assert refusal(caller.http.put(path)) == (400, "INVALID_REQUEST_METHOD")
    assert refusal(caller.http.get(f"/crm/{version}/upload/x/y/z")) == (404, "INVALID_URL_PATTERN")
    assert refusal(caller.http.post("/crm/bulk/v99/write")) == (404, "INVALID_URL_PATTERN")


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        (None, "AUTHENTICATION_FAILURE"),
        ("1000.no.scheme", "AUTHENTICATION_FAILURE"),
        ("Zoho-oauthtoken 1000.unknown", "INVALID_TOKEN"),
    ],
)
@pytest.mark.parametrize("version", VERSIONS)
def test_every_call_of_a_bulk_write_needs_a_token(caller: Caller, version, authorization, code):
    headers = {"Authorization": authorization} if authorization else {}
    stranger = httpx.Client(base_url=caller.address, headers=headers)
    answers = [
        stranger.post(f"/crm/{version}/upload", files={"file": b"x"}),
        stranger.post(f"/crm/bulk/{version}/write", json={}),
        stranger.get(f"/crm/bulk/{version}/write/1"),
        stranger.get(f"/crm/bulk/{version}/write/1/result"),
    ]

    assert [refusal(answer) for answer in answers] == [(401, code)] * 4


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("job_id", ["1", "no-digits", "9" * 40])
def test_status_and_result_of_an_unknown_job_are_not_there(caller: Caller, version, job_id):
    job = f"/crm/bulk/{version}/write/{job_id}"
    addresses = [f"{job}/result", f"/{version}/crm/{ZGID}/bulk-write/{job_id}/{job_id}.zip"]

    status = caller.http.get(job)
    results = [caller.http.get(address) for address in addresses]

    assert refusal(status) == (404, "RESOURCE_NOT_FOUND")
    assert status.json()["message"] == "The requested resource doesn't exist."
    assert [one.status_code for one in results] == [404, 404]
    assert [one.json()["x-info"] for one in results] == ["Link not valid"] * 2


def test_result_is_not_there_before_the_end_nor_after_a_failure(caller: Caller):
    suffer(caller, "job_stuck")
    stuck = four_leads(caller)
    early = caller.http.get(f"{WRITE}/{stuck}/result")
    caller.http.delete("/control/faults")
    caller.finished(stuck)
    suffer(caller, "job_failed")
    failed = caller.finished(four_leads(caller))

    assert early.json()["x-info"] == "Link not valid"
    assert caller.http.get(f"{WRITE}/{stuck}/result").status_code == 200
    assert "result" not in failed
    assert caller.http.get(f"{WRITE}/{failed['id']}/result").status_code == 404


def test_profile_without_the_right_is_refused(caller: Caller, file_id):
    withhold(caller, "create Leads")
    forbidden = caller.create(asked(file_id))
    withhold(caller, "bulk_write")
    unprivileged = caller.create(asked(file_id))
    withhold(caller, "API access")
    shut_out = caller.create(asked(file_id))
    withhold(caller)

    assert refusal(forbidden) == (403, "NO_PERMISSION")
    assert forbidden.json()["message"] == "Permission denied to create"
    assert forbidden.json()["details"] == {"permissions": ["Crm_Implied_Create_Leads"]}
    assert refusal(unprivileged) == (400, "AUTHORIZATION_FAILED")
    assert unprivileged.json()["message"].startswith("User does not have sufficient privilege to ")
    assert refusal(shut_out) == (403, "NO_PERMISSION")
    assert caller.create(asked(file_id)).status_code == 201


def test_rights_follow_the_operation(caller: Caller, file_id):
    withhold(caller, "update *")

    update = caller.create(asked(file_id, operation="update", find_by="Email"))

    assert refusal(update) == (403, "NO_PERMISSION")
    assert caller.create(asked(file_id)).status_code == 201


@pytest.mark.parametrize("withheld", ["create Leads", ["fly Leads"], None])
def test_only_known_rights_can_be_withheld(caller: Caller, withheld):
    answer = caller.http.post("/control/rights", json={"withheld": withheld})

    assert answer.status_code == 400
    assert caller.http.get("/control").json()["withheld"] == []


def test_zip_that_holds_no_csv_is_not_supported(caller: Caller):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("notes.txt", "nothing")

    answer = caller.create(asked(caller.uploaded(archive.getvalue())))

    assert refusal(answer) == (400, "FILE_NOT_SUPPORTED")
    assert answer.json()["message"] == "File not supported for bulk write"


def test_refused_request_starts_no_job_and_costs_one_call(caller: Caller, file_id):
    before = caller.http.get("/control").json()["credits_remaining"]

    caller.create(asked(file_id, mappings=["Email"]))

    assert caller.http.get("/control").json()["credits_remaining"] == before - 1


def test_checks_run_in_the_documented_order(caller: Caller, file_id):
    """A request with everything wrong, put right one thing after the other."""
    resource: dict[str, Any] = {
        "file_id": 1.5,
        "field_mappings": [{"api_name": "Nope", "index": 99}],
    }
    body: dict[str, Any] = {"callback": {"url": "x", "method": "get"}, "resource": [resource]}
    narrow = "ZohoCRM.bulk.CREATE,ZohoCRM.modules.leads.CREATE"
    stranger = httpx.Client(base_url=caller.address)
    reader = holder_of(caller.address, "ZohoCRM.bulk.READ,ZohoCRM.modules.ALL")
    of_leads = holder_of(caller.address, narrow)

    callers = [
        refusal(stranger.post(WRITE, content=b"{")),
        refusal(reader.post(WRITE, content=b"{")),
        refusal(of_leads.post(WRITE, content=b"{")),
        refusal(of_leads.post(WRITE, json={"resource": [{"module": {"api_name": "Deals"}}]})),
    ]
    steps: list[tuple[dict[str, Any], dict[str, Any]]] = [
        (body, {}),
        (body, {"operation": "merge"}),
        (body, {"operation": "upsert"}),
        (body, {"callback": None}),
        (resource, {"type": "query"}),
        (resource, {"type": "data"}),
        (resource, {"module": {"api_name": "Nope"}}),
        (resource, {"module": {"api_name": "Leads"}, "file_id": None}),
        (resource, {"file_id": "no digits"}),
        (resource, {"file_id": "17"}),
        (resource, {"file_id": file_id, "file_names": ["other.csv"]}),
        (resource, {"file_names": ["rows.csv"]}),
        (resource, {"find_by": "Email"}),
        (resource, {"field_mappings": [{"api_name": "Last_Name", "index": 99}]}),
        (resource, {"field_mappings": [{"api_name": "Last_Name", "index": 0}]}),
        (resource, {"field_mappings": [{"api_name": "Email", "index": 0}]}),
    ]
    codes = []
    for place, change in steps:
        place.update(change)
        codes.append(refusal(of_leads.post(WRITE, json=body))[1])

    assert callers == [
        (401, "AUTHENTICATION_FAILURE"),
        (401, "OAUTH_SCOPE_MISMATCH"),
        (400, "BAD_REQUEST"),
        (401, "OAUTH_SCOPE_MISMATCH"),
    ]
    assert codes == [
        "MISSING_REQUIRED_KEY",
        "INVALID_DATA",
        "INVALID_CALLBACK_METHOD",
        "MISSING_REQUIRED_KEY",
        "INVALID_DATA",
        "MISSING_REQUIRED_KEY",
        "MODULE_NOT_AVAILABLE",
        "MISSING_REQUIRED_KEY",
        "INVALID_FILE_ID",
        "FILE_NOT_FOUND",
        "FILE_NOT_SUPPORTED",
        "MANDATORY_NOT_FOUND",
        "INVALID_FIELD",
        "COLUMN_INDEX_NOT_FOUND",
        "MANDATORY_NOT_FOUND",
        "MANDATORY_FIELDS_NOT_MAPPED",
    ]
