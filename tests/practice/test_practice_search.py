"""Finding records: search by criteria, e-mail, phone and word; COQL; counts."""

import pytest

from tests.practice.caller import Caller
from tests.practice.records_calls import added, names

SEARCH = "/crm/v7/Leads/search"


def searched(caller: Caller, criteria: str):
    return caller.http.get(SEARCH, params={"criteria": criteria, "fields": "Last_Name"})


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        ("(Company:equals:cold)", ["Adeyemi"]),  # what equals a text contains it
        ("(Lead_Status:equals:Contact)", []),  # but not of a picklist
        ("(Lead_Status:in:Lost Lead,Pre-Qualified)", ["Carvalho", "Kowalczyk"]),
        ("((Country:not_equal:Sweden)and(Salutation:equals:Mr.))", ["O'Leary"]),
        ("(No_of_Employees:between:10,20)", ["Big"]),
        ("(No_of_Employees:greater_than:11)", ["Big"]),
        (
            "((Country:equals:Sweden)or((Country:equals:Poland)and(Salutation:equals:Mrs.)))",
            ["Kowalczyk", "Lindqvist"],
        ),
        ("(Company:starts_with:Brackets \\(and\\, more\\))", ["Big"]),
        ("(Interests:equals:Support)", ["Big"]),
    ],
)
def test_search_understands_criteria(caller: Caller, criteria, found):
    company = "Brackets (and, more) Ltd"
    lead = {"No_of_Employees": 12, "Company": company, "Interests": ["Support", "Training"]}
    added(caller, Last_Name="Big", **lead)

    assert names(searched(caller, criteria)) == found


@pytest.mark.parametrize(
    ("criteria", "code"),
    [
        ("Country:equals:Sweden", "INVALID_QUERY"),
        ("(Country:sounds_like:Sweden)", "INVALID_QUERY"),
        ("(Nowhere:equals:Sweden)", "INVALID_QUERY"),
        ("((City:equals:aa)and(City:equals:bb)or(City:equals:cc))", "INVALID_QUERY"),
        ("((City:equals:aa)", "INVALID_QUERY"),
        ("(" * 5000, "INVALID_QUERY"),
        ("(No_of_Employees:equals:many)", "INVALID_QUERY"),
        ("(" + "or".join(["(City:equals:aa)"] * 11) + ")", "LIMIT_REACHED"),
        ("(City:in:" + ",".join(["aa"] * 101) + ")", "LIMIT_REACHED"),
    ],
)
def test_search_refuses_other_criteria(caller: Caller, criteria, code):
    answer = searched(caller, criteria)

    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"email": "leila.haddad@cedarstone.example.com"}, ["Haddad"]),
        ({"phone": "555.010.2000"}, ["Phone"]),
        ({"word": "rope"}, ["Kowalczyk"]),
        ({"word": "rope", "email": "leila.haddad@cedarstone.example.com"}, ["Haddad"]),
        ({"word": "nothing like it"}, []),
    ],
)
def test_search_by_email_phone_or_word(caller: Caller, params, found):
    added(caller, Last_Name="Phone", Mobile="555.010.2000")

    assert names(caller.http.get(SEARCH, params=params)) == found


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, "EXPECTED_PARAM_MISSING"),
        ({"word": "a"}, "INVALID_DATA"),
        ({"word": "ab", "page": 11}, "LIMIT_REACHED"),
    ],
)
def test_search_has_its_limits(caller: Caller, params, code):
    answer = caller.http.get(SEARCH, params=params)

    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_search_looks_at_modules_that_people_see(caller: Caller):
    answer = caller.http.get("/crm/v7/Quoted_Items/search?word=ab")

    assert (answer.status_code, answer.json()["code"]) == (400, "NOT_SUPPORTED")


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("Country != 'Sweden' and Lead_Status = 'Contacted'", ["Adeyemi", "O'Leary"]),
        ("((Country = 'Sweden') or (Country = 'Poland'))", ["Lindqvist", "Kowalczyk"]),
        (
            "((Country = 'Sweden' or Country = 'Poland') and Salutation = 'Mr.')",
            ["Lindqvist"],
        ),
        ("Company like '%Rope%'", ["Kowalczyk"]),
        ("Company not like '%o%'", ["O'Leary"]),
        ("Last_Name not in ('Haddad', 'Carvalho') and Salutation = 'Ms.'", []),
        ("Website is null and Last_Name = 'Haddad'", ["Haddad"]),
        ("Website is not null", []),
        ("Last_Name between 'H' and 'L'", ["Haddad", "Kowalczyk"]),
        ("Last_Name = 'O\\'Leary'", ["O'Leary"]),
        ("Created_Time > '2100-01-01T00:00:00+00:00'", []),
        ("Email_Opt_Out = false and Country = 'Poland'", ["Kowalczyk"]),
    ],
)
def test_coql_understands_conditions(caller: Caller, where, found):
    rows = caller.find(f"select Last_Name from Leads where {where}")

    assert [row["Last_Name"] for row in rows] == found


def test_coql_orders_and_pages(caller: Caller):
    query = "select Last_Name from Leads where id > 0 order by Last_Name asc limit 2, 2"

    answer = caller.http.post("/crm/v7/coql", json={"select_query": query}).json()

    assert [row["Last_Name"] for row in answer["data"]] == ["Haddad", "Kowalczyk"]
    assert answer["info"] == {"count": 2, "more_records": True}


def test_coql_shows_pointers_as_ids_and_reaches_beyond_them(caller: Caller):
    query = (
        "select Account_Name, Account_Name.Industry from Contacts"
        " where Account_Name.Account_Name = 'Bluebell Bakeries'"
    )
    account = caller.find("select id from Accounts where Account_Name = 'Bluebell Bakeries'")[0]

    rows = caller.find(query)

    shown = {"Account_Name": {"id": account["id"]}, "Account_Name.Industry": "Retail"}
    assert [{key: row[key] for key in shown} for row in rows] == [shown]


VALUES = ", ".join(f"'{number}'" for number in range(51))
COLUMNS = ", ".join(["City"] * 51)
JOINED = "Account_Name.Phone, Contact_Name.Phone, Campaign_Source.Type"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("select id from Leads where", "SYNTAX_ERROR"),
        ("select id from Leads where City", "SYNTAX_ERROR"),
        ("select id from Leads where City = 'a' and City = 'b' and City = 'c'", "SYNTAX_ERROR"),
        ("select id from Leads where (City = 'a'", "SYNTAX_ERROR"),
        ("select id from Leads where " + "(" * 5000, "SYNTAX_ERROR"),
        ("select id from Nowhere where id = 1", "INVALID_QUERY"),
        ("select City.id from Leads where id = 1", "INVALID_QUERY"),
        ("select City, City from Leads where id = 1", "DUPLICATE_DATA"),
        (f"select {COLUMNS} from Leads where id = 1", "LIMIT_EXCEEDED"),
        (f"select id from Leads where City in ({VALUES})", "LIMIT_EXCEEDED"),
        ("select id from Leads where id = 1 limit 201", "LIMIT_EXCEEDED"),
        ("select id from Leads where id = 1 limit 9900, 200", "LIMIT_EXCEEDED"),
        (f"select {JOINED} from Deals where id = 1", "LIMIT_EXCEEDED"),
    ],
)
def test_coql_keeps_zohos_grammar_and_limits(caller: Caller, query, code):
    answer = caller.http.post("/crm/v7/coql", json={"select_query": query})

    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize(
    ("params", "count"),
    [({}, 6), ({"criteria": "(Country:equals:Sweden)"}, 1), ({"word": "nothing like it"}, 0)],
)
def test_records_are_counted(caller: Caller, params, count):
    answer = caller.http.get("/crm/v7/Leads/actions/count", params=params)

    assert answer.json() == {"count": count}


def test_coql_takes_the_newer_limits_at_a_switch(caller: Caller):
    caller.http.post("/control/switches", json={"max_coql_rows": 2000, "max_coql_values": 100})

    rows = caller.find(f"select id from Leads where City not in ({VALUES}) limit 0, 2000")

    assert len(rows) == 6
