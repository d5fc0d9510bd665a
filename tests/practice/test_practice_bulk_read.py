"""Bulk read: a job over a module's records, its criteria, states, pages and file."""

import csv
import io
import zipfile

import pytest

from tests.practice.caller import Caller
from tests.practice.controls import suffer
from tests.practice.listening import heard_of, listening
from tests.practice.records_calls import added, ended, first

READ = "/crm/bulk/v7/read"


def asked(caller: Caller, **query):
    return caller.http.post(READ, json={"query": {"module": {"api_name": "Leads"}, **query}})


def read(caller: Caller, **query):
    """The job at its end, and the rows of its file."""
    created = asked(caller, **query)
    assert created.status_code == 201, created.text
    job = ended(caller, f"{READ}/{first(created)['details']['id']}", "state")
    answer = caller.http.get(job["result"]["download_url"])
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == [f"{job['id']}.csv"]
        text = archive.read(archive.namelist()[0]).decode()
    return job, list(csv.DictReader(io.StringIO(text)))


def criterion(name: str, comparator: str, value):
    return {"field": {"api_name": name}, "comparator": comparator, "value": value}


def test_file_has_the_ids_and_the_fields_asked_for(caller: Caller):
    lead = {"Interests": ["Support", "Training"], "Email_Opt_Out": True, "Background": "x" * 600}
    record_id = added(caller, Last_Name="Full", **lead)
    fields = ["Last_Name", "Interests", "Email_Opt_Out", "Background", "Owner", "City"]

    job, rows = read(caller, fields=fields)

    assert (job["state"], job["result"]["count"], job["result"]["more_records"]) == (
        "COMPLETED",
        7,
        False,
    )
    assert rows[-1] == {
        "id": record_id,
        "Last_Name": "Full",
        "Interests": "Support;Training",
        "Email_Opt_Out": "true",
        "Background": "x" * 600,
        "Owner": "5725767000000411001",
        "City": "",
    }


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        (criterion("Country", "in", ["Sweden", "Poland"]), ["Lindqvist", "Kowalczyk"]),
        (criterion("Company", "contains", "rope"), ["Kowalczyk"]),
        (criterion("Company", "ends_with", "Ceramics"), ["Carvalho"]),
        (criterion("Salutation", "not_in", ["Ms.", "Mr."]), ["Kowalczyk", "Adeyemi"]),
        (
            {
                "group_operator": "and",
                "group": [
                    criterion("Salutation", "equal", "Ms."),
                    {
                        "group_operator": "or",
                        "group": [
                            criterion("Country", "equal", "Portugal"),
                            criterion("Country", "equal", "Sweden"),
                        ],
                    },
                ],
            },
            ["Carvalho"],
        ),
        (criterion("Website", "not_equal", "${EMPTY}"), []),
    ],
)
def test_criteria_choose_the_records(caller: Caller, criteria, found):
    _, rows = read(caller, fields=["Last_Name"], criteria=criteria)

    assert [row["Last_Name"] for row in rows] == found


def test_pages_follow_each_other_by_number_and_by_token(caller: Caller):
    caller.http.post("/control/switches", json={"max_read_rows": 4})

    job, rows = read(caller, fields=["Last_Name"])
    by_token = caller.http.post(
        READ, json={"query": {"page_token": job["result"]["next_page_token"]}}
    )
    last = ended(caller, f"{READ}/{first(by_token)['details']['id']}", "state")["result"]
    _, by_number = read(caller, fields=["Last_Name"], page=2)

    assert (len(rows), job["result"]["more_records"]) == (4, True)
    assert (last["count"], last["page"], last["more_records"]) == (2, 2, False)
    assert [row["Last_Name"] for row in by_number] == ["Carvalho", "O'Leary"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"module": {"api_name": "Nowhere"}}, "MODULE_NOT_AVAILABLE"),
        ({"fields": ["Nope"]}, "FIELD_NOT_AVAILABLE"),
        ({"fields": ["City"] * 201}, "LIMIT_REACHED"),
        ({"page": 0}, "PAGE_NOT_SUPPORTED"),
        ({"page": 501}, "PAGE_RANGE_EXCEEDED"),
        ({"page_token": "nonsense"}, "INVALID_DATA"),
        ({"criteria": "City = A"}, "INVALID_CRITERIA"),
        ({"criteria": criterion("Nope", "equal", "a")}, "FIELD_IN_CRITERIA_NOT_AVAILABLE"),
        (
            {"criteria": criterion("City", "resembles", "a")},
            "FIELD_COMPARATOR_IN_CRITERIA_NOT_SUPPORTED",
        ),
        (
            {"criteria": {"group_operator": "or", "group": [criterion("City", "equal", "a")] * 26}},
            "CRITERIA_LIMIT_EXCEEDED",
        ),
        (
            {"criteria": {"group_operator": "xor", "group": [criterion("City", "equal", "a")]}},
            "GROUP_OPERATOR_NOT_SUPPORTED",
        ),
    ],
)
def test_create_refuses_what_cannot_be_read(caller: Caller, query, code):
    answer = asked(caller, **query)

    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "REQUEST_BODY_IS_EMPTY"),
        ({"query": []}, "MANDATORY_NOT_FOUND"),
        ({"query": {}}, "MANDATORY_NOT_FOUND"),
        (
            {"query": {"module": "Leads"}, "callback": {"url": "x", "method": "post"}},
            "INVALID_CALLBACK_URL",
        ),
        (
            {"query": {"module": "Leads"}, "callback": {"url": "http://a.b", "method": "get"}},
            "INVALID_CALLBACK_METHOD",
        ),
        ({"query": {"module": "Events"}, "file_type": "ics"}, "NOT_SUPPORTED_FEATURE"),
    ],
)
def test_create_refuses_a_body_that_is_not_right(caller: Caller, body, code):
    answer = caller.http.post(READ, json=body)

    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_page_token_expires_after_a_day(lone_caller: Caller):
    lone_caller.http.post("/control/switches", json={"max_read_rows": 4})
    job, _ = read(lone_caller, fields=["Last_Name"])
    query = {"query": {"page_token": job["result"]["next_page_token"]}}

    lone_caller.http.post("/control/clock", json={"advance_s": 24 * 60 * 60 + 60})
    answer = Caller(lone_caller.address).http.post(READ, json=query)

    assert (answer.status_code, answer.json()["code"]) == (400, "EXPIRED_VALUE")


def test_callback_is_told_of_the_end_as_documented(caller: Caller):
    with listening() as (url, heard):
        body = {
            "query": {"module": {"api_name": "Leads"}, "fields": ["Last_Name"]},
            "callback": {"url": url, "method": "post"},
        }
        job_id = first(caller.http.post(READ, json=body))["details"]["id"]
        told = heard_of(heard, 1)[0]["data"][0]

    assert (told["id"], told["operation"], told["state"]) == (job_id, "read", "COMPLETED")
    assert told["result"]["count"] == 6
    assert told["result"]["download_url"] == f"{READ}/{job_id}/result"
    assert told["query"]["module"]["api_name"] == "Leads"


def test_failure_is_told_with_its_reason(caller: Caller):
    suffer(caller, "job_failed", on="read Leads")
    with listening() as (url, heard):
        body = {
            "query": {"module": {"api_name": "Leads"}},
            "callback": {"url": url, "method": "post"},
        }
        job_id = first(caller.http.post(READ, json=body))["details"]["id"]
        told = heard_of(heard, 1)[0]["data"][0]

    job = ended(caller, f"{READ}/{job_id}", "state")
    assert [one["state"] for one in (told, job)] == ["FAILURE"] * 2
    assert told["result"]["error_message"]["code"] == "INTERNAL_ERROR"
    assert caller.http.get(f"{READ}/{job_id}/result").json()["code"] == "RESOURCE_NOT_FOUND"


def test_create_needs_its_content_type(caller: Caller):
    answer = caller.http.post(READ, content=b'{"query":{"module":{"api_name":"Leads"}}}')

    assert (answer.status_code, answer.json()["code"]) == (415, "MEDIA_TYPE_NOT_SUPPORTED")


def test_unknown_job_is_not_found(caller: Caller):
    for path in (f"{READ}/1", f"{READ}/1/result"):
        answer = caller.http.get(path)

        assert (answer.status_code, answer.json()["code"]) == (404, "RESOURCE_NOT_FOUND")


def test_file_is_given_ten_times_a_minute_and_kept_for_a_day(lone_caller: Caller):
    job, _ = read(lone_caller, fields=["Last_Name"])
    path = job["result"]["download_url"]

    first_nine = {lone_caller.http.get(path).status_code for _ in range(9)}
    eleventh = lone_caller.http.get(path)
    lone_caller.http.post("/control/clock", json={"advance_s": 25 * 60 * 60})
    next_day = Caller(lone_caller.address).http.get(path)

    assert (first_nine, eleventh.status_code) == ({200}, 429)
    assert eleventh.json()["code"] == "TOO_MANY_REQUESTS"
    assert next_day.status_code == 404


def test_page_gives_the_file_to_a_person(caller: Caller):
    job, _ = read(caller, fields=["Last_Name"])

    assert f"/scheduled/{job['id']}/file" in caller.http.get("/scheduled").text
    file = caller.http.get(f"/scheduled/{job['id']}/file")
    assert (file.status_code, file.content[:2]) == (200, b"PK")
    assert caller.http.get("/scheduled/1/file").status_code == 404
