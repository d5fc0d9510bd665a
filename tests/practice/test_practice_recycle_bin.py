"""Deleted records: told of, restored, gone for good; through the API and on the page."""

import pytest

from tests.practice.caller import Caller
from tests.practice.records_calls import added, codes

BIN = "/crm/v8/settings/recycle_bin"


def deleted(caller: Caller, module: str = "Leads", **data) -> str:
    record_id = added(caller, module, **data)
    assert codes(caller.http.delete(f"/crm/v7/{module}/{record_id}")) == ["SUCCESS"]
    return record_id


def test_deleted_records_are_told_of_by_type(caller: Caller):
    bin_id, gone_id = deleted(caller, Last_Name="Bin"), deleted(caller, Last_Name="Gone")
    caller.http.delete(BIN, params={"ids": gone_id})

    def told(kind: str):
        entries = caller.http.get(f"/crm/v7/Leads/deleted?type={kind}").json()["data"]
        return {(one["id"], one["display_name"], one["type"]) for one in entries}

    in_bin, gone = (bin_id, "Bin", "recycle"), (gone_id, "Gone", "permanent")
    assert [told(kind) for kind in ("recycle", "permanent", "all")] == [
        {in_bin},
        {gone},
        {in_bin, gone},
    ]


def test_nothing_deleted_is_an_empty_204(caller: Caller):
    for path in ("/crm/v7/Leads/deleted", BIN):
        answer = caller.http.get(path)

        assert (answer.status_code, answer.content) == (204, b"")


def test_deleted_asks_for_a_known_type(caller: Caller):
    answer = caller.http.get("/crm/v7/Leads/deleted?type=lost")

    assert (answer.status_code, answer.json()["code"]) == (400, "PATTERN_NOT_MATCHED")


def test_bin_is_listed_by_ids_and_filters(caller: Caller):
    lead, account = deleted(caller), deleted(caller, "Accounts", Account_Name="A")
    group = [{"field": {"api_name": "module"}, "value": {"api_name": "Accounts"}}]
    filters = {"group_operator": "AND", "group": group}

    every = caller.http.get(BIN).json()["recycle_bin"]
    by_ids = caller.http.get(BIN, params={"ids": f"{lead},1"}).json()["recycle_bin"]
    filtered = caller.http.get(BIN, params={"filters": str(filters).replace("'", '"')}).json()

    assert [one["id"] for one in every] == [account, lead]
    assert [one["id"] for one in by_ids] == [lead]
    assert [one["module"]["api_name"] for one in filtered["recycle_bin"]] == ["Accounts"]


def test_restored_record_is_as_it_was_and_found_again(caller: Caller):
    rows = [{"Contact_Name": "Zoë"}]
    lead = deleted(caller, Email="back@example.com", Secondary_Contacts=rows)

    answer = caller.http.post(f"{BIN}/{lead}/actions/restore")

    assert answer.json()["recycle_bin"][0]["code"] == "SUCCESS"
    found = caller.find("select id from Leads where Email = 'back@example.com'")
    assert found == [{"id": lead}]
    shown = caller.record("Leads", lead)["Secondary_Contacts"]
    assert [row["Contact_Name"] for row in shown] == ["Zoë"]
    assert caller.http.get(BIN).status_code == 204


def test_record_whose_unique_value_was_given_away_stays_in_the_bin(caller: Caller):
    old = deleted(caller, Email="again@example.com")
    new = added(caller, Email="Again@example.com")

    one = caller.http.post(f"{BIN}/{old}/actions/restore")
    every = caller.http.post(f"{BIN}/actions/restore", json={"restore_all_records": True})
    page = caller.http.post(f"/deleted/{old}/restore", headers={"Origin": caller.address})

    refusal = one.json()["recycle_bin"][0]
    assert (one.status_code, refusal["code"]) == (400, "DUPLICATE_DATA")
    assert refusal["details"] == {"api_name": "Email", "id": new}
    assert every.status_code == 202
    assert page.status_code == 409
    assert "Another record has its Email by now" in page.text
    assert [entry["id"] for entry in caller.http.get(BIN).json()["recycle_bin"]] == [old]
    found = caller.find("select id from Leads where Email = 'again@example.com'")
    assert found == [{"id": new}]


@pytest.mark.parametrize(
    ("body", "status", "left"),
    [
        ({"ids": ["LEAD"]}, 200, 1),
        ({"ids": ["LEAD", "1"]}, 207, 1),
        ({"filters": {"field": {"api_name": "display_name"}, "value": "B"}}, 202, 1),
        ({"restore_all_records": True}, 202, 0),
        ({}, 400, 2),
        ({"ids": ["LEAD"], "restore_all_records": True}, 400, 2),
    ],
)
def test_several_are_restored_by_exactly_one_choice(caller: Caller, body, status, left):
    lead = deleted(caller, Last_Name="A")
    deleted(caller, Last_Name="B")
    if "ids" in body:
        body = {**body, "ids": [lead if one == "LEAD" else one for one in body["ids"]]}

    answer = caller.http.post(f"{BIN}/actions/restore", json=body)

    assert answer.status_code == status
    listed = caller.http.get(BIN)
    assert (len(listed.json()["recycle_bin"]) if listed.content else 0) == left


def test_only_v8_restores(caller: Caller):
    lead = deleted(caller)

    answer = caller.http.post(f"/crm/v7/settings/recycle_bin/{lead}/actions/restore")

    assert (answer.status_code, answer.json()["code"]) == (400, "API_NOT_SUPPORTED")
    assert answer.json()["details"] == {"supported_version": "v8"}


def test_purged_record_cannot_come_back(caller: Caller):
    first_id, second_id = deleted(caller), deleted(caller)

    one = caller.http.delete(f"{BIN}/{first_id}")
    rest = caller.http.post(f"{BIN}/actions/empty")

    assert (one.status_code, rest.json()["message"]) == (200, "recyclebin is cleared")
    for gone in (first_id, second_id):
        assert caller.http.post(f"{BIN}/{gone}/actions/restore").status_code == 400


def test_bin_forgets_after_sixty_days(lone_caller: Caller):
    deleted(lone_caller)

    lone_caller.http.post("/control/clock", json={"advance_s": 61 * 24 * 60 * 60})

    assert Caller(lone_caller.address).http.get(BIN).status_code == 204


def test_page_lists_deleted_records_and_brings_one_back(caller: Caller):
    lead = deleted(caller, Last_Name="<Deleted>")
    origin = {"Origin": caller.address}

    page = caller.http.get("/deleted").text
    elsewhere = caller.http.post(
        f"/deleted/{lead}/restore", headers={"Origin": "https://evil.example"}
    )
    answer = caller.http.post(f"/deleted/{lead}/restore", headers=origin)

    assert "&lt;Deleted&gt;" in page
    assert elsewhere.status_code == 403
    assert answer.headers["Location"] == f"/crm/org808232144/tab/Leads/{lead}"
    assert caller.http.get(answer.headers["Location"]).status_code == 200
    assert "Nothing was deleted." in caller.http.get("/deleted").text


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("GET", {"per_page": 201}, "INVALID_DATA"),
        ("GET", {"filters": "module=Leads"}, "INVALID_DATA"),
        ("GET", {"filters": '{"field":{"api_name":"owner"},"value":"1"}'}, "INVALID_DATA"),
        ("GET", {"filters": '{"group_operator":"OR","group":[]}'}, "INVALID_DATA"),
        ("DELETE", {}, "EXPECTED_PARAM_MISSING"),
        ("DELETE", {"ids": ",".join(["1"] * 101)}, "LIMIT_EXCEEDED"),
    ],
)
def test_bin_refuses_what_it_cannot_do(caller: Caller, method, params, code):
    answer = caller.http.request(method, BIN, params=params)

    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_bin_is_purged_by_ids_or_filters_each_on_its_own(caller: Caller):
    first_id, second_id = deleted(caller, Last_Name="A"), deleted(caller, Last_Name="B")
    filters = '{"field":{"api_name":"display_name"},"value":"B"}'

    by_ids = caller.http.delete(BIN, params={"ids": f"{first_id},1"})
    by_filters = caller.http.delete(BIN, params={"filters": filters})

    assert by_ids.status_code == 207
    assert [one["code"] for one in by_ids.json()["recycle_bin"]] == ["SUCCESS", "INVALID_DATA"]
    assert by_filters.json()["recycle_bin"][0]["details"]["id"] == second_id
    assert caller.http.get(BIN).status_code == 204


def test_bin_comes_in_pages(caller: Caller):
    ids = [deleted(caller) for _ in range(3)]

    page = caller.http.get(BIN, params={"per_page": 2, "page": 2}).json()

    assert [one["id"] for one in page["recycle_bin"]] == ids[:1]
    assert page["info"] == {"per_page": 2, "count": 1, "page": 2, "more_records": False}


def test_permanent_deletions_are_told_for_120_days(lone_caller: Caller):
    lead = deleted(lone_caller)
    lone_caller.http.delete(f"{BIN}/{lead}")
    path, day = "/crm/v7/Leads/deleted?type=permanent", 24 * 60 * 60

    lone_caller.http.post("/control/clock", json={"advance_s": 119 * day})
    remembered = Caller(lone_caller.address).http.get(path)
    lone_caller.http.post("/control/clock", json={"advance_s": 2 * day})
    forgotten = Caller(lone_caller.address).http.get(path)

    assert [one["id"] for one in remembered.json()["data"]] == [lead]
    assert forgotten.status_code == 204
