"""Records told by the ids of another system, with the header `X-EXTERNAL`."""

from typing import Any

import httpx
import pytest

from tests.practice.caller import Caller
from tests.practice.holders import refusal
from tests.practice.records_calls import added, codes, first

ACCOUNTS = "/crm/v7/Accounts"
OWN = {"X-EXTERNAL": "Accounts.Customer_Number"}


def call(caller: Caller, method: str, path: str, header: str, *data: Any) -> httpx.Response:
    body = {"data": list(data)} if data else None
    return caller.http.request(method, path, json=body, headers={"X-EXTERNAL": header})


def test_record_is_read_updated_and_deleted_by_its_external_id(caller: Caller):
    one = f"{ACCOUNTS}/C-1002"
    account = first(caller.http.get(one, headers=OWN))

    updated = caller.http.put(one, json={"data": [{"Phone": "5550102000"}]}, headers=OWN)
    phone = caller.record("Accounts", account["id"])["Phone"]
    deleted = caller.http.delete(one, headers=OWN)

    assert account["Account_Name"] == "Bluebell Bakeries"
    assert (first(updated)["details"]["id"], phone) == (account["id"], "5550102000")
    assert first(deleted)["details"]["id"] == account["id"]
    assert refusal(caller.http.get(one, headers=OWN)) == (400, "INVALID_DATA")


def test_records_are_updated_by_external_ids_each_on_its_own(caller: Caller):
    data = [{"Customer_Number": number, "Fax": "1"} for number in ("C-1001", "C-9999", "C-1003")]

    answer = call(caller, "PUT", ACCOUNTS, "Accounts.Customer_Number", *data)

    assert (answer.status_code, codes(answer)) == (207, ["SUCCESS", "INVALID_DATA", "SUCCESS"])
    assert answer.json()["data"][1]["details"]["api_name"] == "Customer_Number"


def test_lookup_is_given_by_an_external_id(caller: Caller):
    header = "Contacts.Account_Name.Customer_Number"
    data = {"Last_Name": "Ext", "Account_Name": {"Customer_Number": "C-1004", "id": "1"}}

    answer = call(caller, "POST", "/crm/v7/Contacts", header, data)
    missed = call(
        caller,
        "POST",
        "/crm/v7/Contacts",
        header,
        {**data, "Account_Name": {"Customer_Number": "C-0"}},
    )

    contact = caller.record("Contacts", first(answer)["details"]["id"])
    assert contact["Account_Name"]["name"] == "Driftwood Hotels"
    assert codes(missed) == ["INVALID_DATA"]


def test_activity_and_rows_reach_external_ids_of_their_modules(caller: Caller):
    what = {"Subject": "Visit", "$se_module": "Accounts", "What_Id": {"Customer_Number": "C-1005"}}
    task = call(caller, "POST", "/crm/v7/Tasks", "Tasks.What_Id->Accounts.Customer_Number", what)
    rows = [{"Product_Name": {"Product_Code": "WN-400"}, "Quantity": 2}]
    quote = {"Subject": "Winches", "Quoted_Items": rows}
    wrong = call(
        caller, "POST", "/crm/v7/Quotes", "Quotes.Quoted_Items.Product_Name.Product_Code", quote
    )

    about = caller.record("Tasks", first(task)["details"]["id"])["What_Id"]
    assert about["name"] == "Evergreen Clinics"
    # A product code is unique, and yet no external field.
    assert codes(wrong) == ["INVALID_DATA"]


def test_records_own_id_goes_before_an_external_one(caller: Caller):
    account = added(caller, "Accounts", Account_Name="Fjord Ferries", Customer_Number="C-2001")
    data = {"id": account, "Customer_Number": "C-2002"}

    call(caller, "PUT", ACCOUNTS, "Accounts.Customer_Number", data)

    assert caller.record("Accounts", account)["Customer_Number"] == "C-2002"


@pytest.mark.parametrize(
    "header",
    ["Contacts.Email", "Accounts", "Accounts.Nope", "Accounts.Phone", "Accounts.Nope.Nope"],
)
def test_header_must_name_an_external_field_of_the_module(caller: Caller, header):
    answer = call(caller, "PUT", f"{ACCOUNTS}/C-1001", header, {"Nope": {"Nope": "1"}})

    error = answer.json()["data"][0] if "data" in answer.json() else answer.json()
    assert (answer.status_code, error["code"]) == (400, "INVALID_DATA")
    assert error["details"]["header_name"] == "X-EXTERNAL"


def test_metadata_tells_external_fields(caller: Caller):
    fields = caller.http.get("/crm/v8/settings/fields?module=Accounts").json()["fields"]

    external = {one["api_name"]: one["external"] for one in fields if one["external"]}
    assert external == {"Customer_Number": {"type": "org", "show": True}}
