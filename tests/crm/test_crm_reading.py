"""Records that are read: long lists wholly, and whatever is looked for."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import httpx
import pytest

from importer.crm.client import CrmClient
from importer.crm.criteria import all_of, criterion
from importer.crm.errors import CrmRefused
from importer.crm.hosts import one_host
from importer.crm.records import Record
from importer.crm.tokens import MemoryTokens
from tests.crm.work import CREDENTIALS, csv_zip, ended, request_for, statuses
from tests.practice.caller import ZGID, Caller

MANY = 2_250  # more than page numbers reach


@pytest.fixture
def practice(caller, connect) -> CrmClient:
    return connect()


@pytest.fixture(scope="module")
def crowd(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CrmClient]:
    """A client of a CRM with many leads, all of the company Crowd."""
    folder: Path = tmp_path_factory.mktemp("crowd")
    lines = [f"Person {n},Crowd" for n in range(MANY)]
    with CrmClient(one_host(address), CREDENTIALS, MemoryTokens()) as crm:
        file_id = crm.bulk_write.upload(csv_zip(folder, "Last_Name,Company", *lines), ZGID)
        assert ended(crm, crm.bulk_write.create(request_for(file_id))).created == MANY
        yield crm


def ids_of(records: Iterator[Record]) -> list[str]:
    return [record.id for record in records]


def lead(**values: object) -> dict[str, object]:
    return {"Last_Name": "Rao", "Company": "Zylker", **values}


def test_all_reads_every_page_of_a_long_list(crowd):
    found = list(crowd.records.all("Leads", ["Company"]))

    assert len({record.id for record in found}) == len(found) >= MANY
    assert [record.values["Company"] for record in found].count("Crowd") == MANY


def test_all_asks_for_no_page_before_it_is_come_to(crowd, address):
    calls, list_of_leads = Caller(address), "GET /crm/v7/Leads"
    before = len(statuses(calls, list_of_leads))

    first = list(islice(crowd.records.all("Leads", ["Company"]), 200))

    assert len(first) == 200
    assert len(statuses(calls, list_of_leads)) == before + 1


def test_query_reads_every_page_of_what_it_finds(crowd):
    found = ids_of(crowd.records.query("Leads", ["Last_Name"], "Company = 'Crowd'"))

    assert len(set(found)) == len(found) == MANY


def test_get_takes_any_number_of_ids(crowd):
    ids = ids_of(crowd.records.query("Leads", [], "Company = 'Crowd'"))[:250]
    nobody = "5725767000009999999"

    found = list(crowd.records.get("Leads", iter([*ids, nobody]), ["Company"]))

    assert sorted(record.id for record in found) == sorted(ids)
    assert {record.values["Company"] for record in found} == {"Crowd"}


def test_find_takes_any_number_of_values(crowd):
    names = [f"Person {n}" for n in range(120)]

    found = list(crowd.records.find("Leads", "Last_Name", names, ["Last_Name"]))

    assert sorted(record.values["Last_Name"] for record in found) == sorted(names)


def test_search_reads_all_pages_and_is_refused_where_the_crm_ends(crowd):
    found = crowd.records.search("Leads", word="Crowd")

    first = ids_of(islice(found, 2_000))
    with pytest.raises(CrmRefused, match="LIMIT_REACHED"):
        next(found)

    assert len(set(first)) == 2_000


def test_count_tells_how_many_there_are(crowd):
    assert crowd.records.count("Leads", criteria=criterion("Company", "equals", "Crowd")) == MANY
    assert crowd.records.count("Leads") > MANY


@pytest.mark.parametrize(
    "by",
    [
        {"email": "rao@example.com"},
        {"phone": "5550123"},
        {"word": "Rao"},
        {"criteria": criterion("Email", "equals", "rao@example.com")},
        {
            "criteria": all_of(
                criterion("Email", "in", "rao@example.com", "lee@example.com"),
                criterion("Last_Name", "starts_with", "Ra"),
            )
        },
    ],
)
def test_search_finds_in_four_ways(practice, by):
    rao = lead(Email="rao@example.com", Phone="5550123")
    outcomes = practice.records.insert("Leads", [rao, lead(Last_Name="Lee")])

    assert ids_of(practice.records.search("Leads", **by)) == [outcomes[0].id]


@pytest.mark.parametrize("name", ["O'Hara", "back\\slash", "' or id != '", "ö “ü”", "a, b) or (c"])
def test_find_takes_values_as_they_are(practice, name):
    [made] = practice.records.insert("Leads", [lead(Last_Name=name)])

    assert ids_of(practice.records.find("Leads", "Last_Name", [name], [])) == [made.id]


@pytest.mark.parametrize("name", ["Zylker (NL)", "Rao, Lee", "back\\slash", "a:b", "Zylker)or("])
def test_criterion_takes_values_as_they_are(practice, name):
    [made] = practice.records.insert("Leads", [lead(Company=name)])

    found = practice.records.search("Leads", criteria=criterion("Company", "in", name))

    assert ids_of(found) == [made.id]


def test_nothing_found_is_an_empty_list(practice):
    records = practice.records

    assert list(records.get("Leads", [], ["City"])) == []
    assert list(records.get("Leads", ["5725767000009999999"], [])) == []
    assert list(records.get("Leads", ["5725767000009999999"], ["City"])) == []
    assert list(records.search("Leads", word="Nobodyatall")) == []
    assert list(records.query("Leads", [], "Last_Name = 'Nobody'")) == []
    assert list(records.find("Leads", "Last_Name", [], [])) == []
    assert records.whole("Leads", "5725767000009999999") is None


def test_whole_finds_a_record_by_an_id_of_another_system(practice):
    [made] = practice.records.insert(
        "Accounts", [{"Account_Name": "Zylker", "Customer_Number": "C-77"}]
    )

    found = practice.records.whole("Accounts", "C-77", external="Customer_Number")

    assert found == practice.records.whole("Accounts", made.id)
    with pytest.raises(CrmRefused, match="INVALID_DATA"):
        practice.records.whole("Accounts", "C-78", external="Customer_Number")


def test_deleted_records_are_in_the_bin_or_gone_for_good(practice, caller):
    names = ("Kept a while", "Gone")
    outcomes = practice.records.insert("Leads", [lead(Last_Name=name) for name in names])
    kept, gone = (outcome.id for outcome in outcomes)
    assert list(practice.records.deleted("Leads")) == []
    practice.records.delete("Leads", [kept, gone])
    caller.http.delete("/crm/v7/settings/recycle_bin", params={"ids": gone}).raise_for_status()

    in_bin, out = (list(practice.records.deleted("Leads", k)) for k in ("recycle", "permanent"))

    assert [(one.id, one.name, one.gone) for one in in_bin] == [(kept, "Kept a while", False)]
    assert [(one.id, one.name, one.gone) for one in out] == [(gone, "Gone", True)]
    assert {one.id for one in practice.records.deleted("Leads")} == {kept, gone}
    assert abs(datetime.now(UTC) - in_bin[0].deleted_at).total_seconds() < 60


def test_whole_reads_what_lists_leave_out(practice):
    row = {"Contact_Name": "Asha"}
    [made] = practice.records.insert("Leads", [lead(Secondary_Contacts=[row])])

    whole = practice.records.whole("Leads", made.id)

    assert [one["Contact_Name"] for one in whole.values["Secondary_Contacts"]] == ["Asha"]
    assert whole.values["Last_Name"] == "Rao"


def test_get_asks_for_more_than_fifty_fields_in_turns(client, crm):
    fields = [f"F{n}" for n in range(120)]

    def page(request: httpx.Request) -> httpx.Response:
        asked = request.url.params["fields"].split(",")
        ids = ["1", "2"] if "F0" in asked else ["2"]  # somebody has deleted the first
        return httpx.Response(
            200, json={"data": [{"id": one, **dict.fromkeys(asked, "x")} for one in ids]}
        )

    crm.script = [page] * 3

    assert list(client.records.get("Leads", ["1", "2"], fields)) == [
        Record("2", dict.fromkeys(fields, "x"))
    ]
    assert [len(r.url.params["fields"].split(",")) for r in crm.requests] == [50, 50, 20]


def test_ids_are_text_wherever_they_stand(client, crm):
    given = {
        "id": 5725767000001030001,
        "Account_Name": {"id": 5725767000001030002, "name": "Zylker"},
        "Lines": [{"id": 5725767000001030003, "Product": {"id": None}}],
        "No_of_Employees": 12,
    }
    crm.script = [httpx.Response(200, json={"data": [given]})]

    assert client.records.whole("Leads", "5725767000001030001") == Record(
        "5725767000001030001",
        {
            "Account_Name": {"id": "5725767000001030002", "name": "Zylker"},
            "Lines": [{"id": "5725767000001030003", "Product": {"id": None}}],
            "No_of_Employees": 12,
        },
    )


def test_record_may_have_a_field_that_is_called_code(client, crm):
    crm.script = [httpx.Response(200, json={"data": [{"id": "1", "code": "A-17"}]})]

    assert client.records.whole("Machines", "1") == Record("1", {"code": "A-17"})


def test_list_without_tokens_is_paged_by_number(client, crm):
    crm.script = [
        httpx.Response(200, json={"data": [{"id": "1"}], "info": {"more_records": True}}),
        httpx.Response(200, json={"data": [{"id": "2"}], "info": {"more_records": False}}),
    ]

    assert [record.id for record in client.records.all("Leads", ["City"])] == ["1", "2"]
    assert [r.url.params.get("page") for r in crm.requests] == [None, "2"]
