"""What the versions of the API do differently."""

import pytest

from tests.practice.caller import Caller, job_body, zipped
from tests.practice.controls import LINES, MAPPINGS, accepted

UPDATE = [["Email", "Phone", "City"], ["leila.haddad@cedarstone.example.com", "", ""]]


def old_body(caller, lines, mappings, **more):
    """A request as the oldest version has it: its module a text."""
    body = job_body(caller.uploaded(zipped(lines)), mappings=mappings, **more)
    resource = body["resource"][0]
    resource["module"] = resource["module"]["api_name"]
    return body


def test_oldest_version_tells_a_job_without_codes_and_its_module_as_a_text(caller: Caller):
    job_id = accepted(caller, old_body(caller, LINES, MAPPINGS), "v2")
    caller.finished(job_id)

    job = caller.http.get(f"/crm/bulk/v2/write/{job_id}").json()

    assert job["resource"][0]["module"] == "Leads"
    assert "code" not in job["resource"][0]
    assert caller.http.get(f"/crm/bulk/v2/write/{job_id}/result").status_code == 200


def test_oldest_version_ignores_blank_cells_column_by_column(caller: Caller):
    lead = caller.find("select id from Leads where Last_Name = 'Haddad' limit 0, 1")[0]["id"]
    change = {"data": [{"id": lead, "Phone": "555 0100", "City": "Beirut"}]}
    caller.http.put("/crm/v7/Leads", json=change).raise_for_status()
    email = caller.record("Leads", lead)["Email"]
    mappings = ["Email", {"api_name": "Phone", "index": 1, "ignore_empty": True}, "City"]
    lines = [UPDATE[0], [email, "", ""]]

    body = old_body(caller, lines, mappings, operation="update", find_by="Email")
    caller.finished(accepted(caller, body, "v2"))

    record = caller.record("Leads", lead)
    assert (record["Phone"], record["City"]) == ("555 0100", None)


def test_oldest_version_needs_mappings_and_knows_no_users(caller: Caller):
    unmapped = old_body(caller, LINES, None)
    owned = old_body(caller, LINES, ["Last_Name", {"api_name": "Owner", "index": 1}])

    assert caller.create(unmapped, "v2").json()["code"] == "MISSING_REQUIRED_KEY"
    assert caller.create(owned, "v2").json()["code"] == "INVALID_FIELD"


@pytest.mark.parametrize("version", ["v7", "v8"])
def test_later_versions_want_the_module_as_an_object(caller: Caller, version):
    body = old_body(caller, LINES, MAPPINGS)

    assert caller.create(body, version).json()["code"] == "INVALID_DATA"


def test_job_body_must_not_claim_to_be_something_else(caller: Caller):
    headers = {"Content-Type": "text/plain"}

    answer = caller.http.post("/crm/bulk/v7/write", content=b"{}", headers=headers)

    assert answer.json()["code"] == "REQUEST_BODY_NOT_SUPPORTED"


def test_field_cannot_be_mapped_twice(caller: Caller):
    mappings = [*MAPPINGS, {"api_name": "Company", "index": 0}]
    body = job_body(caller.uploaded(zipped(LINES)), mappings=mappings)

    assert caller.create(body).json()["code"] == "DUPLICATE_DATA"
