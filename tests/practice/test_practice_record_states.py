"""Records in a state that forbids changes, and what each part of the API says about it."""

import pytest

from tests.practice.caller import Caller
from tests.practice.records_calls import added, codes, first, put_into_state, write

ALL_STATES = pytest.mark.parametrize(
    ("state", "record_code", "row_code"),
    [
        ("locked", "RECORD_LOCKED", "BLOCKED_RECORD"),
        ("unapproved", "NOT_APPROVED", "NOT_APPROVED"),
        ("in_blueprint", "RECORD_IN_BLUEPRINT", "CANNOT_PROCESS"),
    ],
)


@ALL_STATES
def test_records_api_refuses_the_change(caller: Caller, state, record_code, row_code):
    lead = added(caller, Email="held@example.com")
    put_into_state(caller, "Leads", lead, state)
    data = {"data": [{"Last_Name": "B", "Email": "held@example.com"}]}
    mass = {"data": [{"City": "Delft"}], "ids": [lead]}

    update = caller.http.put(f"/crm/v7/Leads/{lead}", json=data)
    upsert = caller.http.post("/crm/v7/Leads/upsert", json=data)
    mass_update = caller.http.post("/crm/v7/Leads/actions/mass_update", json=mass)

    assert [codes(one) for one in (update, upsert, mass_update)] == [[record_code]] * 3
    assert caller.record("Leads", lead)["Last_Name"] == "New"


@ALL_STATES
def test_bulk_write_skips_the_row(caller: Caller, state, record_code, row_code):
    lead = added(caller, Email="held@example.com")
    put_into_state(caller, "Leads", lead, state)
    lines = [["Email", "City"], ["held@example.com", "Delft"]]

    rows = caller.run(lines, operation="update", find_by="Email", mappings=["Email", "City"])

    assert [(row["STATUS"], row["ERRORS"]) for row in rows] == [("SKIPPED", f"{row_code}-Email")]


@pytest.mark.parametrize(
    ("state", "code"),
    [("locked", "RECORD_LOCKED"), ("unapproved", "NOT_APPROVED"), ("in_blueprint", "SUCCESS")],
)
def test_delete_is_refused_but_for_a_blueprint(caller: Caller, state, code):
    lead = added(caller)
    put_into_state(caller, "Leads", lead, state)

    assert codes(caller.http.delete(f"/crm/v7/Leads/{lead}")) == [code]


@ALL_STATES
def test_mass_actions_by_ids_answer_for_the_held_one_alone(
    caller: Caller, state, record_code, row_code
):
    held, free = added(caller), added(caller)
    put_into_state(caller, "Leads", held, state)
    update = {"data": [{"City": "Delft"}], "ids": [held, free]}

    updated = caller.http.post("/crm/v7/Leads/actions/mass_update", json=update)
    deleted = caller.http.post("/crm/v7/Leads/actions/mass_delete", json={"ids": [held, free]})

    kept = "SUCCESS" if state == "in_blueprint" else record_code
    assert (updated.status_code, codes(updated)) == (207, [record_code, "SUCCESS"])
    assert codes(deleted) == [kept, "SUCCESS"]


def test_locked_product_is_not_linked_to(caller: Caller):
    product = added(caller, "Products", Product_Name="Locked winch")
    put_into_state(caller, "Products", product, "locked")
    link = {"Interesting_Product": {"id": product}}

    answer = write(caller, "Leads", {"Last_Name": "A", "Products_of_Interest": [link]})

    assert codes(answer) == ["RECORD_LOCKED"]
    assert first(answer)["details"]["api_name"] == "Interesting_Product"


def test_a_record_inserted_unapproved_waits(caller: Caller):
    lead = added(caller, **{"$approved": False})

    shown = caller.record("Leads", lead)

    assert (shown["$approved"], shown["$approval_state"]) == (False, "approval_process_pending")
    answer = caller.http.put(f"/crm/v7/Leads/{lead}", json={"data": [{"City": "Delft"}]})
    assert codes(answer) == ["NOT_APPROVED"]


def test_page_shows_the_state_and_sets_the_record_free(caller: Caller):
    lead = added(caller)
    page = f"/crm/org808232144/tab/Leads/{lead}"
    put_into_state(caller, "Leads", lead, "locked")

    locked = caller.http.get(page).text
    put_into_state(caller, "Leads", lead, "")

    assert "This record cannot be changed through the API." in locked
    assert "This record cannot be changed" not in caller.http.get(page).text
    assert codes(caller.http.delete(f"/crm/v7/Leads/{lead}")) == ["SUCCESS"]


def test_state_is_not_changed_from_elsewhere_or_to_nonsense(caller: Caller):
    path = f"/crm/org808232144/tab/Leads/{added(caller)}/state"
    own, other = {"Origin": caller.address}, {"Origin": "https://evil.example"}

    assert caller.http.post(f"{path}?to=locked", headers=other).status_code == 403
    assert caller.http.post(f"{path}?to=frozen", headers=own).status_code == 404
