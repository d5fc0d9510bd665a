"""Lists of records: pages, tokens, order, views, territories and times."""

import base64
import json
import time

import pytest

from tests.practice.caller import Caller
from tests.practice.records_calls import added, codes, first, names

pytestmark = pytest.mark.alone

LEADS = "/crm/v7/Leads"


def test_page_token_goes_through_every_record_once(caller: Caller):
    seen, token = list[str](), None
    while True:
        params = {"fields": "Last_Name", "per_page": 4} | ({"page_token": token} if token else {})
        page = caller.http.get(LEADS, params=params).json()
        seen += [record["Last_Name"] for record in page["data"]]
        token = page["info"]["next_page_token"]
        if token is None:
            break
        added(caller, Last_Name="Came between")

    assert seen == ["O'Leary", "Carvalho", "Adeyemi", "Kowalczyk", "Haddad", "Lindqvist"]
    assert page["info"]["page"] == 2


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"fields": "Email"}, "TOKEN_BOUND_DATA_MISMATCH"),
        ({"page": "2"}, "AMBIGUITY_DURING_PROCESSING"),
        ({"page_token": "nonsense"}, "INVALID_DATA"),
    ],
)
def test_page_token_is_good_for_its_own_list_only(caller: Caller, more, code):
    asked = {"fields": "Last_Name", "per_page": 4}
    token = caller.http.get(LEADS, params=asked).json()["info"]["next_page_token"]

    answer = caller.http.get(LEADS, params={**asked, "page_token": token, **more})

    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_page_tokens_reach_a_hundred_thousand_records(caller: Caller):
    asked = {"fields": "Last_Name", "per_page": 4}
    token = caller.http.get(LEADS, params=asked).json()["info"]["next_page_token"]
    _, *rest = json.loads(base64.urlsafe_b64decode(token))
    beyond = base64.urlsafe_b64encode(json.dumps([25_001, *rest]).encode()).decode()

    answer = caller.http.get(LEADS, params={**asked, "page_token": beyond})

    assert (answer.status_code, answer.json()["code"]) == (400, "PAGINATION_LIMIT_EXCEEDED")


def test_page_token_expires_after_a_day(lone_caller: Caller):
    asked = {"fields": "Last_Name", "per_page": 4}
    token = lone_caller.http.get(LEADS, params=asked).json()["info"]["next_page_token"]

    lone_caller.http.post("/control/clock", json={"advance_s": 25 * 60 * 60})
    answer = Caller(lone_caller.address).http.get(LEADS, params={**asked, "page_token": token})

    assert answer.json()["code"] == "EXPIRED_VALUE"


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"page": 11, "per_page": 200}, "DISCRETE_PAGINATION_LIMIT_EXCEEDED"),
        ({"per_page": 201}, "INVALID_DATA"),
        ({"sort_by": "Last_Name"}, "INVALID_DATA"),
        ({"sort_order": "up"}, "INVALID_DATA"),
        ({"cvid": "1"}, "INVALID_DATA"),
        ({"territory_id": "1"}, "INVALID_DATA"),
        ({"fields": ",".join(f"F{n}" for n in range(51))}, "LIMIT_EXCEEDED"),
    ],
)
def test_list_refuses_what_it_cannot_give(caller: Caller, params, code):
    answer = caller.http.get(LEADS, params={"fields": "Last_Name", **params})

    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_list_is_sorted_by_a_time(caller: Caller):
    record_id = caller.find("select id from Leads where Last_Name = 'Lindqvist'")[0]["id"]
    caller.http.post("/control/clock", json={"advance_s": 60})
    caller.http.put(f"{LEADS}/{record_id}", json={"data": [{"City": "Umeå"}]})

    params = {"fields": "Last_Name", "sort_by": "Modified_Time", "sort_order": "desc"}

    assert names(caller.http.get(LEADS, params=params))[0] == "Lindqvist"


def test_list_gives_the_records_of_ids_and_territories(caller: Caller):
    ids = [added(caller, Last_Name=name) for name in ("A", "B")]
    territories = caller.http.get("/crm/v7/settings/territories").json()["territories"]
    europe = next(one["id"] for one in territories if one["name"] == "Europe")

    by_ids = caller.http.get(LEADS, params={"fields": "Last_Name", "ids": ",".join(ids)})
    alone = caller.http.get(LEADS, params={"fields": "Last_Name", "territory_id": europe})
    whole = {"fields": "Last_Name", "territory_id": europe, "include_child": "true"}

    assert names(by_ids) == ["B", "A"]
    assert names(alone) == ["Kowalczyk", "Lindqvist"]
    assert names(caller.http.get(LEADS, params=whole)) == ["Carvalho", "Kowalczyk", "Lindqvist"]


def test_list_gives_the_records_of_a_view(caller: Caller):
    views = caller.http.get("/crm/v7/settings/custom_views?module=Leads").json()
    mine = next(one["id"] for one in views["custom_views"] if one["system_name"] == "MYVIEWS")
    asked = {"fields": "Last_Name", "cvid": mine}

    assert names(caller.http.get(LEADS, params=asked)) == ["Adeyemi", "Lindqvist"]
    sorted_too = caller.http.get(LEADS, params={**asked, "sort_by": "id"})
    assert sorted_too.json()["code"] == "AMBIGUITY_DURING_PROCESSING"


@pytest.mark.parametrize(
    ("since", "status"),
    [("2100-01-01T00:00:00+00:00", 304), ("Wed, 01 Jan 2020 00:00:00 GMT", 200)],
)
def test_if_modified_since_leaves_out_what_is_older(caller: Caller, since, status):
    record_id = added(caller)
    headers = {"If-Modified-Since": since}

    one = caller.http.get(f"{LEADS}/{record_id}", headers=headers)
    many = caller.http.get(f"{LEADS}?fields=Last_Name", headers=headers)

    assert (one.status_code, many.status_code) == (status, status)


def test_list_cuts_rich_text_and_leaves_rows_to_the_single_record(caller: Caller):
    rows = [{"Contact_Name": "Zoë"}]
    record_id = added(caller, Background="x" * 600, Secondary_Contacts=rows)

    listed = first(caller.http.get(LEADS, params={"fields": "Background,Secondary_Contacts"}))
    single = caller.record("Leads", record_id)

    assert listed == {"Background": "x" * 500, "id": record_id}
    assert len(single["Background"]) == 600
    assert [row["Contact_Name"] for row in single["Secondary_Contacts"]] == ["Zoë"]


def test_single_record_of_an_impossible_id_is_refused(caller: Caller):
    answer = caller.http.get(f"{LEADS}/abc")

    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_DATA")
    assert codes(caller.http.delete(f"{LEADS}/abc")) == ["UNABLE_TO_PARSE_DATA_TYPE"]


def test_an_answer_with_a_body_is_not_held_back(caller: Caller):
    """A connection that waits for more to send would take some forty milliseconds each time."""
    record_id = added(caller)

    def quickest(path: str) -> float:
        times = []
        for _ in range(10):
            start = time.perf_counter()
            caller.http.get(path)
            times.append(time.perf_counter() - start)
        return min(times)

    assert quickest(f"{LEADS}/{record_id}") < 8 * quickest(f"{LEADS}/1")
