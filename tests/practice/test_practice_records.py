"""Single records through the API."""

import pytest

from tests.practice.caller import Caller


def added(caller: Caller, module: str = "Leads", **data) -> str:
    answer = caller.http.post(f"/crm/v7/{module}", json={"data": [data]})
    assert answer.status_code == 201, answer.text
    return answer.json()["data"][0]["details"]["id"]


def test_list_needs_fields_and_is_paged(caller: Caller):
    missing = caller.http.get("/crm/v7/Leads").json()
    page = caller.http.get("/crm/v7/Leads?fields=Last_Name&per_page=4&page=2").json()

    assert missing["details"] == {"param_name": "fields"}
    assert [set(record) for record in page["data"]] == [{"id", "Last_Name"}] * 2
    assert (page["info"]["count"], page["info"]["more_records"]) == (2, False)


def test_nothing_found_is_an_empty_204_without_content_type(caller: Caller):
    answer = caller.http.get("/crm/v7/Leads/search?email=nobody@example.com")

    assert (answer.status_code, answer.content) == (204, b"")
    assert "Content-Type" not in answer.headers


@pytest.mark.parametrize(
    "criteria",
    [
        "(Email:equals:NEW@example.com)",
        "((Email:equals:new@example.com)and(Last_Name:equals:New))",
        "((Email:in:x@example.com,new@example.com)or(Last_Name:equals:Nobody))",
        "(Company:starts_with:Comma\\, )",
    ],
)
def test_search_by_criteria(caller: Caller, criteria):
    record_id = added(caller, Last_Name="New", Company="Comma, Inc", Email="new@example.com")

    answer = caller.http.get("/crm/v7/Leads/search", params={"criteria": criteria})

    assert [record["id"] for record in answer.json()["data"]] == [record_id]


@pytest.mark.parametrize(
    "query",
    [
        "select Last_Name from Leads where Email in ('x@a.com', 'new@example.com') limit 0, 9",
        "select Last_Name from Leads where ((Last_Name = 'O\\'New') and (Company = 'Comma, Inc'))",
        "select Last_Name from Leads where Annual_Revenue = 1200 limit 5",
    ],
)
def test_coql_finds_records(caller: Caller, query):
    record_id = added(
        caller,
        Last_Name="O'New",
        Company="Comma, Inc",
        Email="new@example.com",
        Annual_Revenue=1200,
    )

    assert caller.find(query) == [{"Last_Name": "O'New", "id": record_id}]


@pytest.mark.parametrize(
    "query",
    [
        "select id from Leads",
        "select Nope from Leads where id = 1",
        "select id from Leads where Email = 'a' or Email = 'b' and Email = 'c'",
        "select City, count(id) from Leads where Email = 'a'",
        "select id from Leads where Email = 'a'; drop table records",
    ],
)
def test_coql_refuses_what_it_does_not_understand(caller: Caller, query):
    answer = caller.http.post("/crm/v7/coql", json={"select_query": query})

    assert answer.status_code == 400
    assert answer.json()["code"] in ("SYNTAX_ERROR", "INVALID_QUERY")


def test_records_are_updated_and_null_clears(caller: Caller):
    record_id = added(caller, Last_Name="A", Company="A", City="Pune")

    answer = caller.http.put(f"/crm/v7/Leads/{record_id}", json={"data": [{"City": None}]})

    assert answer.json()["data"][0]["message"] == "record updated"
    record = caller.record("Leads", record_id)
    assert (record["City"], record["Company"]) == (None, "A")


def test_each_record_is_answered_for_on_its_own(caller: Caller):
    data = [{"Last_Name": "A"}, {"Company": "B"}, {"Last_Name": "C", "Email": "c"}]
    data.append({"Last_Name": {"first": "D"}})

    answer = caller.http.post("/crm/v7/Leads", json={"data": data})

    assert answer.status_code == 207
    codes = [entry["code"] for entry in answer.json()["data"]]
    assert codes == ["SUCCESS", "MANDATORY_NOT_FOUND", "INVALID_DATA", "INVALID_DATA"]


def test_deleted_record_is_gone_and_frees_its_unique_value(caller: Caller):
    record_id = added(caller, Last_Name="A", Company="A", Email="a@example.com")

    answer = caller.http.delete("/crm/v7/Leads", params={"ids": f"{record_id},1"})

    assert [entry["code"] for entry in answer.json()["data"]] == ["SUCCESS", "INVALID_DATA"]
    assert caller.http.get(f"/crm/v7/Leads/{record_id}").status_code == 204
    added(caller, Last_Name="A", Company="A", Email="a@example.com")
