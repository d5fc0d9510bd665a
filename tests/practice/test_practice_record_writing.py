"""Records written through the API: insert, update and upsert, each answered for on its own."""

import json

import pytest

from tests.practice.caller import Caller
from tests.practice.records_calls import added, codes, first, write

LEADS = "/crm/v7/Leads"


def test_body_needs_no_content_type_and_ids_may_be_numbers(caller: Caller):
    record_id = added(caller)
    body = json.dumps({"data": [{"id": int(record_id), "City": "Gent"}]}).encode()

    answer = caller.http.put(LEADS, content=body)

    assert answer.status_code == 200
    assert caller.record("Leads", record_id)["City"] == "Gent"


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("Last_Name", 5, {"expected_data_type": "text"}),
        ("No_of_Employees", "5", {"expected_data_type": "integer"}),
        ("No_of_Employees", 5.5, {"expected_data_type": "integer"}),
        ("Annual_Revenue", "12", {"expected_data_type": "double"}),
        ("Email_Opt_Out", "true", {"expected_data_type": "boolean"}),
        ("Birth_Date", "31/12/1980", {"expected_data_type": "date"}),
        ("Email", "nobody", {"expected_data_type": "email"}),
        ("Interests", "Support", {"expected_data_type": "jsonarray"}),
        ("Partner", {"name": "Acme"}, {"expected_data_type": "jsonobject"}),
        ("City", "x" * 101, {"maximum_length": 100}),
    ],
)
def test_value_of_the_wrong_kind_is_named_with_its_place(caller: Caller, field, value, expected):
    answer = write(caller, "Leads", {"Last_Name": "A", field: value})

    place = {"api_name": field, "json_path": f"$.data[0].{field}"}
    assert first(answer)["code"] == "INVALID_DATA"
    assert first(answer)["details"] == {**place, **expected}


def test_taken_value_is_refused_with_its_holder(caller: Caller):
    holder = added(caller, Email="taken@example.com")

    details = first(write(caller, "Leads", {"Last_Name": "B", "Email": "TAKEN@example.com"}))[
        "details"
    ]

    assert details["json_path"] == "$.data[0].Email"
    assert details["duplicate_record"]["id"] == holder
    assert details["duplicate_record"]["module"]["api_name"] == "Leads"
    assert details["duplicate_record"]["Owner"]["name"] == "Patricia Boyle"


def test_clashes_in_several_unique_fields_are_told_together(caller: Caller):
    known = {"Name": "A", "Serial_Number": "S-1", "Asset_Tag": "T-1"}
    added(caller, "Machines", **known)

    answer = first(write(caller, "Machines", known))

    assert answer["code"] == "MULTIPLE_OR_MULTI_ERRORS"
    clashes = [error["details"]["api_name"] for error in answer["details"]["errors"]]
    assert clashes == ["Serial_Number", "Asset_Tag"]


def test_many_records_are_too_many(caller: Caller):
    answer = write(caller, "Leads", *[{"Last_Name": "A"}] * 101)

    assert (answer.status_code, answer.json()["code"]) == (400, "LIMIT_EXCEEDED")


@pytest.mark.parametrize(
    ("siblings", "status"),
    [
        ({"trigger": ["workflow", "approval", "blueprint"]}, 201),
        ({"trigger": []}, 201),
        ({"lar_id": "5725767000000091023", "process": ["review_process"]}, 201),
        ({"skip_feature_execution": [{"name": "cadences"}]}, 201),
        ({"trigger": ["everything"]}, 400),
        ({"skip_feature_execution": [{"name": "everything"}]}, 400),
    ],
)
def test_triggers_are_accepted_if_they_exist(caller: Caller, siblings, status):
    assert write(caller, "Leads", {"Last_Name": "A"}, **siblings).status_code == status


def test_a_layout_asks_for_its_own_fields(caller: Caller):
    layouts = caller.http.get("/crm/v7/settings/layouts?module=Leads").json()["layouts"]
    standard, other = ({"id": layout["id"]} for layout in layouts)

    given = [{"Last_Name": "A", "Layout": standard}, {"Last_Name": "A", "Layout": other}]

    assert codes(write(caller, "Leads", *given)) == ["MANDATORY_NOT_FOUND", "SUCCESS"]


def test_append_values_keeps_what_was_chosen(caller: Caller):
    record_id = added(caller, Interests=["Support"])
    more = {"Interests": ["Training", "Support"], "$append_values": {"Interests": True}}

    caller.http.put(f"{LEADS}/{record_id}", json={"data": [more]})

    assert caller.record("Leads", record_id)["Interests"] == ["Support", "Training"]


def test_if_unmodified_since_protects_later_changes(caller: Caller):
    record_id = added(caller)
    body = {"data": [{"City": "Gent"}]}

    def put(since: str):
        headers = {"If-Unmodified-Since": since}
        return caller.http.put(f"{LEADS}/{record_id}", json=body, headers=headers)

    too_old, new = put("2020-01-01T00:00:00+00:00"), put("2100-01-01T00:00:00+00:00")

    assert (too_old.status_code, codes(too_old)) == (412, ["ALREADY_MODIFIED"])
    assert (new.status_code, codes(new)) == (200, ["SUCCESS"])


def test_update_of_nobody_is_refused(caller: Caller):
    answer = caller.http.put(LEADS, json={"data": [{"City": "A"}, {"id": "1", "City": "A"}]})

    assert codes(answer) == ["MANDATORY_NOT_FOUND", "INVALID_DATA"]
    assert answer.json()["data"][1]["message"] == "the id given seems to be invalid"


def upsert(caller: Caller, module: str, *data, **siblings):
    return caller.http.post(f"/crm/v7/{module}/upsert", json={"data": list(data), **siblings})


def test_upsert_updates_what_a_key_finds_and_inserts_the_rest(caller: Caller):
    record_id = added(caller, Email="a@example.com", City="Gent")
    known = {"Last_Name": "A", "Email": "A@example.com"}
    new = {"Last_Name": "B", "Email": "b@example.com"}

    answer = upsert(caller, "Leads", known, new, duplicate_check_fields=["Email"])

    told = [(one["action"], one["duplicate_field"]) for one in answer.json()["data"]]
    assert (answer.status_code, told) == (200, [("update", "Email"), ("insert", None)])
    assert caller.record("Leads", record_id)["City"] == "Gent"


@pytest.mark.parametrize(
    ("siblings", "outcome"),
    [
        # The name finds one account, but the number belongs to another.
        ({}, ("DUPLICATE_DATA", None)),
        ({"duplicate_check_fields": ["Customer_Number"]}, ("SUCCESS", "Customer_Number")),
        ({"duplicate_check_fields": []}, ("SUCCESS", "Customer_Number")),
    ],
)
def test_upsert_goes_by_the_system_field_only_if_that_is_asked(caller: Caller, siblings, outcome):
    data = {"Account_Name": "Driftwood Hotels", "Customer_Number": "C-1001"}

    answer = first(upsert(caller, "Accounts", data, **siblings))

    assert (answer["code"], answer.get("duplicate_field")) == outcome


@pytest.mark.parametrize(
    ("module", "code"), [("Tasks", "INVALID_MODULE"), ("Leads", "INVALID_DATA")]
)
def test_upsert_needs_a_module_and_fields_made_for_it(caller: Caller, module, code):
    answer = upsert(caller, module, {"Last_Name": "A"}, duplicate_check_fields=["Company"])

    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_meetings_and_calls_are_written_here_though_not_in_bulk(caller: Caller):
    meeting = {
        "Event_Title": "Demo",
        "Start_DateTime": "2026-12-01T10:00:00+01:00",
        "End_DateTime": "2026-12-01T11:00:00+01:00",
        "Remind_At": "2026-12-01T09:45:00+01:00",
    }
    call = {
        "Subject": "Ask",
        "Call_Type": "Outbound",
        "Call_Start_Time": "2026-01-05T10:00:00+01:00",
        "Call_Duration": "00:00",
    }

    met = added(caller, "Events", **meeting)

    assert caller.record("Events", met)["Start_DateTime"] == "2026-12-01T10:00:00+01:00"
    refused = first(write(caller, "Calls", call))
    assert refused["message"] == "Call Duration can not be zero."
    added(caller, "Calls", **{**call, "Call_Duration": "00:15"})


def product(caller: Caller) -> dict[str, str]:
    return {"id": caller.find("select id from Products where Product_Code = 'WN-400'")[0]["id"]}


def test_line_items_are_written_shown_changed_and_removed(caller: Caller):
    items = [
        {"Product_Name": product(caller), "Quantity": 2, "List_Price": 10.5},
        {"Product_Name": product(caller), "Quantity": 1, "List_Price": 4, "Discount": 1},
    ]
    quote = added(caller, "Quotes", Subject="Winches", Quoted_Items=items)
    shown = caller.record("Quotes", quote)
    first_id, second_id = (item["id"] for item in shown["Quoted_Items"])
    changed = [{"id": first_id, "Quantity": 3}, {"id": second_id, "_delete": None}, items[1]]

    answer = caller.http.put(f"/crm/v7/Quotes/{quote}", json={"data": [{"Quoted_Items": changed}]})

    assert [item["Total"] for item in shown["Quoted_Items"]] == [21, 3]
    assert codes(answer) == ["SUCCESS"]
    after = caller.record("Quotes", quote)
    assert [item["Quantity"] for item in after["Quoted_Items"]] == [3, 1]
    assert after["Grand_Total"] == 34.5


@pytest.mark.parametrize(
    ("items", "code", "path"),
    [
        ([], "MANDATORY_NOT_FOUND", "$.data[0].Quoted_Items"),
        ("rows", "INVALID_DATA", "$.data[0].Quoted_Items"),
        ([{"Quantity": 1}], "MANDATORY_NOT_FOUND", "$.data[0].Quoted_Items[0].Product_Name"),
        ([{"id": "1"}], "INVALID_DATA", "$.data[0].Quoted_Items[0].id"),
    ],
)
def test_a_quote_without_good_line_items_is_not_written_at_all(caller: Caller, items, code, path):
    answer = write(caller, "Quotes", {"Subject": "Broken", "Quoted_Items": items})

    assert (codes(answer), first(answer)["details"]["json_path"]) == ([code], path)
    assert caller.find("select id from Quotes where Subject = 'Broken'") == []


def test_lookups_of_several_records_and_users_are_rows_too(caller: Caller):
    user = {"id": "5725767000000411017"}
    lead = added(
        caller,
        Products_of_Interest=[{"Interesting_Product": product(caller)}],
        Support_Team=[{"Supporting_User": user}],
    )

    shown = caller.record("Leads", lead)
    caller.http.put(f"{LEADS}/{lead}", json={"data": [{"Products_of_Interest": None}]})

    linked = [row["Interesting_Product"]["name"] for row in shown["Products_of_Interest"]]
    assert linked == ["Deck winch 400"]
    assert shown["Support_Team"][0]["Supporting_User"]["name"] == "Tomasz Zielinski"
    assert caller.record("Leads", lead)["Products_of_Interest"] == []


@pytest.mark.parametrize(
    ("params", "status", "code"),
    [
        ({}, 400, "REQUIRED_PARAM_MISSING"),
        ({"ids": ",".join(["1"] * 101)}, 400, "LIMIT_EXCEEDED"),
        ({"ids": "LEAD,1", "wf_trigger": "false"}, 207, "SUCCESS"),
        ({"ids": "LEAD", "wf_trigger": "true"}, 200, "SUCCESS"),
        ({"ids": "x"}, 400, "UNABLE_TO_PARSE_DATA_TYPE"),
        ({"ids": "1"}, 400, "INVALID_DATA"),
    ],
)
def test_delete_answers_for_the_ids_it_is_given(caller: Caller, params, status, code):
    lead = added(caller)
    params = {name: value.replace("LEAD", lead) for name, value in params.items()}

    answer = caller.http.delete("/crm/v7/Leads", params=params)

    body = answer.json()
    told = body["data"][0] if "data" in body else body
    assert (answer.status_code, told["code"]) == (status, code)
