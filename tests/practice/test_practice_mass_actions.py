"""Mass update and mass delete: by ids at once, by view on a schedule."""

from pathlib import Path

import pytest

from tests.practice.caller import Caller
from tests.practice.controls import turn
from tests.practice.records_calls import added, codes, ended, first, put_into_state
from tests.practice_server import practice_crm

UPDATE, DELETE = "/crm/v7/Leads/actions/mass_update", "/crm/v7/Leads/actions/mass_delete"


def view(caller: Caller, module: str = "Leads", system_name: str = "ALLVIEWS") -> str:
    views = caller.http.get(f"/crm/v7/settings/custom_views?module={module}").json()["custom_views"]
    return next(one["id"] for one in views if one["system_name"] == system_name)


def test_update_by_ids_answers_for_each(caller: Caller):
    ids = [added(caller), "1", added(caller)]

    answer = caller.http.post(UPDATE, json={"data": [{"City": "Delft"}], "ids": ids})

    assert (answer.status_code, codes(answer)) == (207, ["SUCCESS", "INVALID_DATA", "SUCCESS"])
    assert [one["details"]["id"] for one in answer.json()["data"]] == ids
    assert caller.record("Leads", ids[2])["City"] == "Delft"


@pytest.mark.parametrize(
    ("over_write", "interests"), [(True, ["Training"]), (False, ["Support", "Training"])]
)
def test_update_adds_to_choices_unless_it_overwrites(caller: Caller, over_write, interests):
    lead = added(caller, Interests=["Support"])
    body = {"data": [{"Interests": ["Training"]}], "ids": [lead], "over_write": over_write}

    caller.http.post(UPDATE, json=body)

    assert caller.record("Leads", lead)["Interests"] == interests


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"ids": ["1"]}, "MANDATORY_NOT_FOUND", "required field not found"),
        ({"data": [{"City": "A"}]}, "MANDATORY_NOT_FOUND", "required field not found"),
        ({"data": [{}], "ids": ["1"]}, "INVALID_DATA", "No field found"),
        ({"data": [{"Nope": 1}], "ids": ["1"]}, "INVALID_DATA", "Field is not visible"),
        (
            {"data": [{"City": "A", "State": "B"}], "ids": ["1"]},
            "INVALID_DATA",
            "Max field limit exceeded",
        ),
        (
            {"data": [{"Email": "a@example.com"}], "ids": ["1"]},
            "INVALID_DATA",
            "This field cannot be updated in the Mass Update",
        ),
        (
            {"data": [{"Partner": {"id": "1"}}], "ids": ["1"]},
            "INVALID_DATA",
            "This field cannot be updated in the Mass Update",
        ),
        ({"data": [{"City": 5}], "ids": ["1"]}, "INVALID_DATA", "invalid data"),
        ({"data": [{"City": "A"}], "ids": ["1"] * 501}, "LIMIT_EXCEEDED", "Record count exceeded"),
        (
            {"data": [{"City": "A"}], "cvid": "1"},
            "INVALID_DATA",
            "the cvid given seems to be invalid",
        ),
        (
            {"data": [{"City": "A"}], "cvid": "1", "ids": ["1"]},
            "AMBIGUITY_DURING_PROCESSING",
            "ambiguity while processing the request",
        ),
    ],
)
def test_update_refuses_what_it_does_not_do(caller: Caller, body, code, message):
    answer = caller.http.post(UPDATE, json=body)

    assert answer.status_code == 400
    assert (answer.json()["code"], answer.json()["message"]) == (code, message)


def test_deals_take_three_fields(caller: Caller):
    deal = caller.find("select id from Deals where Deal_Reference = 'D-501'")[0]["id"]
    values = {"Next_Step": "Call", "Type": "New Business", "Closing_Date": "2027-01-31"}
    body = {"data": [values], "ids": [deal]}

    assert codes(caller.http.post("/crm/v7/Deals/actions/mass_update", json=body)) == ["SUCCESS"]


def test_update_by_view_is_scheduled_and_counts(caller: Caller):
    locked = added(caller)
    put_into_state(caller, "Leads", locked, "locked")
    body = {"data": [{"City": "Delft"}], "cvid": view(caller)}

    scheduled = first(caller.http.post(UPDATE, json=body))
    job_id = scheduled["details"]["job_id"]
    status = ended(caller, f"{UPDATE}?job_id={job_id}", "Status")

    assert scheduled["message"] == "mass update scheduled successfully"
    assert status == {
        "Status": "COMPLETED",
        "Failed_Count": 1,
        "Updated_Count": 6,
        "Not_Updated_Count": 0,
        "Total_Count": 7,
    }
    cities = caller.http.get("/crm/v7/Leads?fields=City").json()["data"]
    assert sum(lead["City"] == "Delft" for lead in cities) == 6


def test_update_stays_within_a_territory_and_within_criteria(caller: Caller):
    territories = caller.http.get("/crm/v7/settings/territories").json()["territories"]
    europe = next(one["id"] for one in territories if one["name"] == "Europe")
    criteria = [{"field": {"api_name": "Country"}, "comparator": "equal", "value": "Portugal"}]
    body = {
        "data": [{"City": "Delft"}],
        "cvid": view(caller),
        "territory": {"id": europe, "include_child": True},
        "criteria": criteria,
    }

    job = first(caller.http.post(UPDATE.replace("v7", "v8"), json=body))["details"]["job_id"]
    status = ended(caller, f"{UPDATE}?job_id={job}", "Status")

    assert status["Updated_Count"] == 1
    assert caller.find("select Country from Leads where City = 'Delft'")[0]["Country"] == "Portugal"


def test_one_scheduled_job_at_a_time(tmp_path: Path):
    with practice_crm(tmp_path, pace=60) as address:
        caller = Caller(address)
        update = {"data": [{"City": "Delft"}], "cvid": view(caller)}
        delete = {"cvid": view(caller)}

        updates = [caller.http.post(UPDATE, json=update) for _ in range(2)]
        deletes = [caller.http.post(DELETE, json=delete) for _ in range(2)]

        assert [(one.status_code, codes(one)) for one in updates] == [
            (200, ["SUCCESS"]),
            (202, ["ALREADY_SCHEDULED"]),
        ]
        assert [(one.status_code, codes(one)) for one in deletes] == [
            (200, ["SUCCESS"]),
            (400, ["ALREADY_SCHEDULED"]),
        ]
        job_id = first(updates[0])["details"]["job_id"]
        assert first(caller.http.get(f"{UPDATE}?job_id={job_id}"))["Status"] == "SCHEDULED"


def test_view_without_records_is_refused(caller: Caller):
    path, body = "/crm/v7/Events/actions/mass_delete", {"cvid": view(caller, "Events")}
    job_id = first(caller.http.post(path, json=body))["details"]["job_id"]
    ended(caller, f"{path}?job_id={job_id}", "Status")

    answer = caller.http.post(path, json=body)

    assert (answer.status_code, answer.json()["code"]) == (400, "NO_RECORDS_FOUND")


@pytest.mark.parametrize("path", [UPDATE, DELETE])
def test_status_of_an_unknown_job(caller: Caller, path):
    unknown, missing = caller.http.get(f"{path}?job_id=1"), caller.http.get(path)

    assert (unknown.status_code, unknown.json()["code"]) == (404, "NOT_FOUND")
    assert (missing.status_code, missing.json()["code"]) == (400, "MANDATORY_NOT_FOUND")


def test_delete_by_ids_answers_for_each(caller: Caller):
    ids = [added(caller), "1"]

    answer = caller.http.post(DELETE, json={"ids": [int(one) for one in ids]})

    assert (answer.status_code, codes(answer)) == (207, ["SUCCESS", "INVALID_DATA"])
    assert first(answer)["message"] == "record is deleted"
    assert caller.http.get(f"/crm/v7/Leads/{ids[0]}").status_code == 204


def test_delete_by_view_takes_all_records_of_the_view(caller: Caller):
    body = {"cvid": view(caller, system_name="MYVIEWS")}

    job_id = first(caller.http.post(DELETE, json=body))["details"]["job_id"]
    status = ended(caller, f"{DELETE}?job_id={job_id}", "Status")

    assert (status["Deleted_Count"], status["Total_Count"]) == (2, 2)
    assert caller.http.get("/crm/v7/Leads/actions/count").json() == {"count": 4}


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        (DELETE, {}, "MANDATORY_NOT_FOUND"),
        (DELETE, {"ids": []}, "INVALID_DATA"),
        (DELETE, {"ids": ["1"] * 501}, "LIMIT_EXCEEDED"),
        (DELETE, {"ids": ["1"], "cvid": "1"}, "AMBIGUITY_DURING_PROCESSING"),
        (DELETE, {"cvid": "1"}, "INVALID_DATA"),
        (DELETE.replace("Leads", "Quoted_Items"), {"ids": ["1"]}, "NOT_SUPPORTED"),
        (UPDATE.replace("Leads", "Cases"), {"data": [{"Email": "a"}]}, "INVALID_MODULE"),
        (UPDATE.replace("Leads", "Leads_X_Users"), {"data": [{"id": 1}]}, "INVALID_MODULE"),
        (UPDATE.replace("Leads", "Nowhere"), {}, "INVALID_MODULE"),
    ],
)
def test_mass_actions_refuse_what_they_cannot_do(caller: Caller, path, body, code):
    answer = caller.http.post(path, json=body)

    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize("path", [UPDATE, DELETE])
def test_view_may_show_only_so_many_records(caller: Caller, path):
    turn(caller, max_scheduled=5)
    body = {"data": [{"City": "Delft"}], "cvid": view(caller)}

    answer = caller.http.post(path, json=body)

    assert (answer.status_code, answer.json()["code"]) == (400, "LIMIT_EXCEEDED")
    assert answer.json()["message"] == "Record count exceeded"


@pytest.mark.parametrize("territory", [{"id": "1"}, {"include_child": True}, "Europe"])
def test_territory_must_be_one(caller: Caller, territory):
    body = {"data": [{"City": "Delft"}], "cvid": view(caller), "territory": territory}

    answer = caller.http.post(UPDATE, json=body)

    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_DATA")


def test_delete_stays_within_a_territory(caller: Caller):
    territories = caller.http.get("/crm/v7/settings/territories").json()["territories"]
    iberia = next(one["id"] for one in territories if one["name"] == "Iberia")
    body = {"cvid": view(caller), "territory": {"id": iberia}}

    job_id = first(caller.http.post(DELETE, json=body))["details"]["job_id"]
    status = ended(caller, f"{DELETE}?job_id={job_id}", "Status")

    assert (status["Deleted_Count"], status["Failed_Count"]) == (1, 0)
    assert caller.find("select id from Leads where Country = 'Portugal'") == []


def test_mandatory_field_is_not_emptied(caller: Caller):
    body = {"data": [{"Last_Name": None}], "ids": [added(caller)]}

    answer = caller.http.post(UPDATE, json=body)

    assert (answer.status_code, answer.json()["code"]) == (400, "MANDATORY_NOT_FOUND")


def test_page_shows_scheduled_work(caller: Caller):
    nothing = caller.http.get("/scheduled").text
    body = {"data": [{"City": "Delft"}], "cvid": view(caller)}
    job_id = first(caller.http.post(UPDATE, json=body))["details"]["job_id"]
    ended(caller, f"{UPDATE}?job_id={job_id}", "Status")

    page = caller.http.get("/scheduled").text

    assert "Nothing was scheduled." in nothing
    assert job_id in page
    assert "Mass update" in page
