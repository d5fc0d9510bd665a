"""COQL beyond conditions: aliases, sums and groups, pointers to several modules, what it costs."""

from typing import Any

import httpx
import pytest

from tests.practice.caller import Caller
from tests.practice.controls import turn
from tests.practice.holders import holder_of, refusal
from tests.practice.records_calls import added


def asked(caller: Caller, query: str, **more: Any) -> httpx.Response:
    return caller.http.post("/crm/v7/coql", json={"select_query": query, **more})


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("select COUNT(id) from Leads where id > 0", [{"COUNT(id)": 6}]),
        ("select count(id) as leads from Leads where id > 0", [{"leads": 6}]),
        (
            (
                "select Lead_Status, COUNT(id) from Leads where id > 0 group by Lead_Status"
                " order by COUNT(id) desc limit 1"
            ),
            [{"Lead_Status": "Contacted", "COUNT(id)": 3}],
        ),
        (
            (
                "select SUM(Amount) as total, MIN(Amount) as least, MAX(Amount) as most,"
                " AVG(Amount) from Deals where id is not null"
            ),
            [{"total": 187500.5, "least": 12500.5, "most": 96000.0, "AVG(Amount)": 46875.125}],
        ),
        (
            (
                "select Account_Name.Industry, COUNT(id) as n from Contacts where id > 0"
                " group by Account_Name.Industry order by n desc limit 1"
            ),
            [{"Account_Name.Industry": "Manufacturing", "n": 2}],
        ),
        (
            (
                "select Taxable, Product_Active, COUNT(id) from Products where id > 0"
                " group by Taxable, Product_Active"
            ),
            [{"Taxable": None, "Product_Active": True, "COUNT(id)": 3}],
        ),
        ("select MIN(Closing_Date) from Deals where id > 0", [{"MIN(Closing_Date)": "2026-12-18"}]),
    ],
)
def test_records_are_summed_up_in_groups(caller: Caller, query, rows):
    assert caller.find(query) == rows


def test_groups_of_a_pointer_show_its_id(caller: Caller):
    query = "select Account_Name, COUNT(id) from Contacts where id > 0 group by Account_Name"
    account = caller.find("select id from Accounts where Account_Name = 'Acme Marine Supplies'")

    rows = caller.find(f"{query} order by COUNT(id) desc limit 1")

    assert rows == [{"Account_Name": {"id": account[0]["id"]}, "COUNT(id)": 2}]


def test_more_groups_are_told_of(caller: Caller):
    query = "select Lead_Status from Leads where id > 0 group by Lead_Status"

    pages = [asked(caller, f"{query} limit {offset}, 3").json() for offset in (0, 3)]

    assert [page["info"] for page in pages] == [
        {"count": 3, "more_records": True},
        {"count": 1, "more_records": False},
    ]


def test_columns_have_aliases_and_may_stand_in_quotes(caller: Caller):
    query = (
        "select 'Last_Name' as 'surname', Partner.Account_Name as company from Leads"
        ' where "Last_Name" = "Haddad"'
    )

    rows = caller.find(query)

    assert [(row["surname"], row["company"]) for row in rows] == [("Haddad", None)]


def test_records_come_by_id_unless_another_order_is_asked_for(caller: Caller):
    ids = [row["id"] for row in caller.find("select id from Leads where id > 0")]
    by_account = caller.find(
        "select Last_Name from Contacts where id > 0"
        " order by Account_Name.Account_Name desc, Last_Name limit 1"
    )

    assert ids == sorted(ids)
    assert by_account[0]["Last_Name"] == "Schäfer"


def test_pointer_to_several_modules_says_which(caller: Caller):
    lead = added(caller, Last_Name="Perry", Industry="Retail")
    what = {"What_Id": {"id": lead}, "$se_module": "Leads"}
    added(caller, "Tasks", Subject="Call back", **what)

    rows = caller.find(
        "select Subject, 'What_Id->Leads.Last_Name' from Tasks"
        f" where ('What_Id->Leads.id' in ('{lead}') and 'What_Id->Leads.Industry' = 'Retail')"
    )

    assert [(row["Subject"], row["What_Id->Leads.Last_Name"]) for row in rows] == [
        ("Call back", "Perry")
    ]


@pytest.mark.parametrize(
    ("query", "code", "details"),
    [
        (
            "select City, COUNT(id) from Leads where id > 0",
            "INVALID_QUERY",
            {"column_name": "City", "clause": "group by"},
        ),
        (
            "select City from Leads where id > 0 group by State",
            "INVALID_QUERY",
            {"column_name": "City", "clause": "group by"},
        ),
        (
            "select SUM(City) from Leads where id > 0",
            "INVALID_DATA",
            {"column": "City", "reason": "SUM needs a field of numbers"},
        ),
        (
            "select MAX(Amount), MAX(Amount) from Deals where id > 0",
            "DUPLICATE_DATA",
            {"column_name": "Amount", "aggregate": "MAX"},
        ),
        (
            "select City as a, State as a from Leads where id > 0",
            "DUPLICATE_ALIAS",
            {"alias": "a", "referred_columns": ["City", "State"]},
        ),
        (
            "select City as '' from Leads where id > 0",
            "INVALID_ALIAS",
            {"alias": "", "column_name": "City"},
        ),
        (
            (
                "select MAX(Amount), MIN(Amount), SUM(Amount), AVG(Amount), COUNT(Amount),"
                " COUNT(id) from Deals where id > 0"
            ),
            "LIMIT_EXCEEDED",
            {"limit": 5},
        ),
        (
            "select City from Leads where id > 0 group by City, State, Street, Country, Zip_Code",
            "LIMIT_EXCEEDED",
            {"limit": 4},
        ),
        (
            "select id from Leads where id > 0 order by " + ", ".join(["City"] * 11),
            "LIMIT_EXCEEDED",
            {"limit": 10},
        ),
        (
            "select COUNT(id) from Leads where id > 0 order by City",
            "INVALID_QUERY",
            {"column_name": "City", "clause": "order by"},
        ),
        (
            "select id from Leads where "
            + "(" * 24
            + "id > 0"
            + " and id > 0)" * 24
            + " and (id > 0 or id > 1)",
            "LIMIT_EXCEEDED",
            {"limit": 25},
        ),
        ("select id from Nowhere where id > 0", "INVALID_QUERY", {"module": "Nowhere"}),
        (
            "select id from Tasks where 'What_Id->Nowhere.id' = '1'",
            "INVALID_QUERY",
            {"column_name": "What_Id->Nowhere.id"},
        ),
        ("select id from Leads where id ~ 0", "SYNTAX_ERROR", {"near": "~ 0"}),
    ],
)
def test_refusals_name_what_is_wrong(caller: Caller, query, code, details):
    answer = asked(caller, query)

    assert refusal(answer) == (400, code)
    assert answer.json()["details"] == details


def test_query_must_be_given_as_a_text(caller: Caller):
    missing = caller.http.post("/crm/v7/coql", json={})
    wrong = asked(caller, 5)

    assert refusal(missing) == (400, "MANDATORY_NOT_FOUND")
    assert refusal(wrong) == (400, "INVALID_DATA")


def test_columns_are_explained_to_who_may_know(caller: Caller):
    query = "select Last_Name, Partner.Phone from Leads where Last_Name = 'Haddad'"
    scopes = "ZohoCRM.coql.READ,ZohoCRM.modules.leads.READ"
    holder = holder_of(caller.address, scopes)
    body = {"select_query": query, "include_meta": ["fields"]}

    told = asked(caller, query, include_meta=["fields"]).json()["fields"]

    assert {name: field["data_type"] for name, field in told.items()} == {"Last_Name": "text"}
    assert refusal(holder.post("/crm/v7/coql", json=body)) == (401, "OAUTH_SCOPE_MISMATCH")
    assert refusal(asked(caller, query, include_meta=["rows"])) == (400, "INVALID_DATA")


def test_query_costs_by_the_rows_it_asks_for(caller: Caller):
    turn(caller, max_coql_rows=2000)
    costs = []

    for limit in (1, 200, 201, 1000, 1001, 2000):
        before = caller.http.get("/control").json()["credits_remaining"]
        asked(caller, f"select id from Leads where id > 0 limit {limit}")
        costs.append(before - caller.http.get("/control").json()["credits_remaining"])

    assert costs == [1, 1, 2, 2, 3, 3]
