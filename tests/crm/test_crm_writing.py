"""Records that are written: an outcome for each, whatever becomes of the others."""

import json

import httpx
import pytest

from importer.crm.client import CrmClient
from importer.crm.errors import CrmRefused, OutcomeUnknown
from importer.crm.outcomes import Action, RecordOutcome
from importer.crm.records import Record
from tests.crm.work import lead_count, statuses
from tests.practice.controls import suffer

VERSIONS = pytest.mark.parametrize("version", ["v2", "v7", "v8"])


@pytest.fixture
def practice(caller, connect) -> CrmClient:
    return connect()


def lead(**values: object) -> dict[str, object]:
    return {"Last_Name": "Rao", "Company": "Zylker", **values}


def test_insert_answers_for_each_record_in_order(practice):
    good, bad, twin = (
        lead(Email="a@example.com"),
        {"Company": "Zylker"},
        lead(Email="a@example.com"),
    )

    outcomes = practice.records.insert("Leads", [good, bad, twin])

    assert [(o.ok, o.code, o.action) for o in outcomes] == [
        (True, "SUCCESS", Action.INSERT),
        (False, "MANDATORY_NOT_FOUND", Action.INSERT),
        (False, "DUPLICATE_DATA", Action.INSERT),
    ]
    assert [bool(o.id) for o in outcomes[:2]] == [True, False]
    assert outcomes[1].details["api_name"] == "Last_Name"
    assert (outcomes[2].id, outcomes[2].duplicate_of) == (None, outcomes[0].id)
    assert [r.id for r in practice.records.get("Leads", [outcomes[0].id], ["Email"])] == [
        outcomes[0].id
    ]


def test_insert_of_records_that_are_all_refused_answers_for_each_too(practice):
    outcomes = practice.records.insert("Leads", [{"Company": "Zylker"}, {"Company": "Acme"}])

    assert [o.code for o in outcomes] == ["MANDATORY_NOT_FOUND"] * 2


@VERSIONS
def test_update_sets_what_is_given_and_leaves_the_rest(caller, connect, version):
    practice = connect(api_version=version)
    [made] = practice.records.insert("Leads", [lead(City="Delft", Phone="123456")])

    [updated, lost] = practice.records.update(
        "Leads",
        [
            Record(made.id, {"City": None, "Email": "rao@example.com"}),
            Record("5725767000009999999", {"City": "Delft"}),
        ],
    )

    [record] = practice.records.get("Leads", [made.id], ["City", "Email", "Phone", "Owner"])
    assert (updated.id, updated.ok, lost.ok, lost.code) == (made.id, True, False, "INVALID_DATA")
    assert [record.values[f] for f in ("City", "Email", "Phone")] == [
        None,
        "rao@example.com",
        "123456",
    ]
    assert record.values["Owner"]["id"].isdecimal()


@VERSIONS
def test_upsert_tells_what_it_did_with_each_record(caller, connect, version):
    practice = connect(api_version=version)
    [made] = practice.records.insert("Leads", [lead(Email="rao@example.com")])

    rows = [lead(Email="rao@example.com", City="Delft"), lead(Email="lee@example.com"), {}]
    outcomes = practice.records.upsert("Leads", rows, find_by=["Email"])

    assert [(o.action, o.ok) for o in outcomes] == [
        (Action.UPDATE, True),
        (Action.INSERT, True),
        (Action.UPSERT, False),
    ]
    assert outcomes[0].id == made.id
    assert outcomes[1].id != made.id


@VERSIONS
def test_delete_answers_for_each_record_and_knows_what_was_gone(caller, connect, version):
    practice = connect(api_version=version)
    made = [o.id for o in practice.records.insert("Leads", [lead(), lead()])]
    practice.records.delete("Leads", made[:1])

    outcomes = practice.records.delete("Leads", made)

    assert [(o.id, o.action, o.ok, o.was_gone) for o in outcomes] == [
        (made[0], Action.DELETE, False, True),
        (made[1], Action.DELETE, True, False),
    ]


def test_delete_whose_answer_is_lost_finds_the_record_gone(practice, caller):
    [made] = practice.records.insert("Leads", [lead()])
    suffer(caller, "drop", on="DELETE /crm/*/Leads", moment="after")

    [outcome] = practice.records.delete("Leads", [made.id])

    assert outcome.was_gone
    assert practice.records.whole("Leads", made.id) is None


def test_update_whose_answer_is_lost_is_made_again(practice, caller):
    [made] = practice.records.insert("Leads", [lead()])
    suffer(caller, "drop", on="PUT /crm/*/Leads", moment="after")

    [outcome] = practice.records.update("Leads", [Record(made.id, {"City": "Delft"})])

    assert outcome.ok
    assert statuses(caller, "PUT /crm/v7/Leads") == [None, 200]


def test_hundred_and_one_records_are_too_many_to_ask_for(practice, caller):
    with pytest.raises(ValueError, match="1 to 100"):
        practice.records.insert("Leads", [lead()] * 101)
    with pytest.raises(ValueError, match="1 to 100"):
        practice.records.delete("Leads", [])

    assert lead_count(caller) == 0


@pytest.mark.parametrize(
    ("status", "code", "message", "details"),
    [
        (400, "MANDATORY_NOT_FOUND", "required field not found", {"api_name": "Last_Name"}),
        (400, "INVALID_DATA", "invalid data", {"expected_data_type": "integer"}),
        (400, "DUPLICATE_DATA", "duplicate data", {"duplicate_record": {"id": "57"}}),
        (400, "MULTIPLE_OR_MULTI_ERRORS", "multiple errors", {"errors": [{"code": "X"}]}),
        (400, "DEPENDENT_FIELD_MISSING", "a field is missing", {}),
        (400, "RECORD_LOCKED", "the record is locked", {}),
        (400, "NOT_APPROVED", "the record is not approved", {}),
        (400, "RECORD_IN_BLUEPRINT", "the record is in a blueprint", {}),
        (400, "CANNOT_PROCESS", "cannot process", {}),
        (412, "ALREADY_MODIFIED", "modified since", {}),
        (200, "LIMIT_EXCEEDED", "limit exceeded", {}),
    ],
)
def test_record_that_is_refused_alone_tells_why(client, crm, status, code, message, details):
    error = {"status": "error", "code": code, "message": message, "details": details}
    crm.script = [httpx.Response(status, json={"data": [error]})]

    outcomes = client.records.update("Leads", [Record("57", {"City": "Delft"})])

    assert outcomes == (RecordOutcome("57", Action.UPDATE, False, code, message, details),)


def test_record_that_nobody_may_touch_refuses_the_whole_call(client, crm):
    error = {"status": "error", "code": "NO_PERMISSION", "message": "no", "details": {}}
    crm.script = [httpx.Response(403, json={"data": [error]})]

    with pytest.raises(CrmRefused, match="NO_PERMISSION"):
        client.records.update("Leads", [Record("57", {"City": "Delft"})])


def test_record_that_the_crm_broke_down_over_is_uncertain(client, crm):
    told = {"status": "error", "message": "Internal Server Error", "details": {}}
    body = {"data": [{**told, "code": "INTERNAL_ERROR"}, {**told, "code": "INVALID_DATA"}]}
    crm.script = [httpx.Response(207, json=body)]

    outcomes = client.records.insert("Leads", [lead(), lead()])

    assert [o.uncertain for o in outcomes] == [True, False]


@pytest.mark.parametrize("call", ["insert", "upsert"])
@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(201, json={"data": []}),
        httpx.Response(201, json={"data": [{"status": "success"}] * 2}),
        httpx.Response(201, json={"data": [{"id": "1"}]}),
        httpx.Response(201, json={"data": [{"status": "success", "code": "SUCCESS"}]}),
        httpx.Response(201, json={}),
        httpx.Response(204),
        httpx.Response(201, text="<html>"),
        httpx.ReadTimeout("timed out"),
    ],
)
def test_written_records_are_unknown_where_no_answer_is_about_them(client, crm, call, answer):
    crm.script = [answer]

    with pytest.raises(OutcomeUnknown):
        getattr(client.records, call)("Leads", [lead()])

    assert len(crm.requests) == 1


@pytest.mark.parametrize(
    ("automation", "expected"),
    [(True, {"data": [lead()]}), (False, {"data": [lead()], "trigger": []})],
)
def test_insert_says_whether_the_crms_automation_runs(client, crm, automation, expected):
    done = {"status": "success", "code": "SUCCESS", "message": "", "details": {"id": 57}}
    crm.script = [httpx.Response(201, json={"data": [done]})]

    [outcome] = client.records.insert("Leads", [lead()], automation=automation)

    assert outcome.id == "57"
    assert json.loads(crm.requests[0].content) == expected


def test_delete_says_whether_the_crms_automation_runs(client, crm):
    done = {"status": "success", "code": "SUCCESS", "message": "", "details": {"id": "57"}}
    crm.script = [httpx.Response(200, json={"data": [done]})]

    client.records.delete("Leads", ["57"], automation=False)

    assert dict(crm.requests[0].url.params) == {"ids": "57", "wf_trigger": "false"}
