"""What the organisation has bought: calls at a time, credits and jobs a day."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.practice.caller import Caller, job_body, zipped
from tests.practice.controls import LINES, MAPPINGS, let_pass, suffer, turn
from tests.practice_server import practice_crm

pytestmark = pytest.mark.alone

LEADS = "/crm/v7/Leads"
QUERY = {"select_query": "select id from Leads where Last_Name = 'Haddad' limit 0, 1"}
ALL_LEADS = "5725767000000310010"
TEN, ELEVEN = ({"data": [{"Last_Name": "Rao", "Company": "A"}] * count} for count in (10, 11))
HEAVY = (
    ("POST", "/crm/v7/coql", {"json": QUERY}),
    ("GET", LEADS, {"params": {"fields": "City", "cvid": ALL_LEADS}}),
    ("GET", LEADS, {"params": {"fields": "City", "sort_by": "id"}}),
    ("POST", LEADS, {"json": ELEVEN}),
    ("PUT", LEADS, {"json": ELEVEN}),
    ("POST", f"{LEADS}/upsert", {"json": ELEVEN}),
)
LIGHT = (
    ("GET", "/crm/v7/org", {}),
    ("GET", LEADS, {"params": {"fields": "City"}}),
    ("POST", LEADS, {"json": TEN}),
)


def statuses(count, call):
    """What so many calls at the same moment are answered with."""
    with ThreadPoolExecutor(count) as crowd:
        return sorted(answer.status_code for answer in crowd.map(lambda _: call(), range(count)))


def test_calls_above_the_editions_number_are_refused(tmp_path):
    with practice_crm(tmp_path, edition="free") as address:
        caller = Caller(address)
        suffer(caller, "latency", seconds=1, times=None)

        limited = statuses(6, lambda: caller.http.get("/crm/v7/org"))
        turn(caller, concurrency="unlimited")
        unlimited = statuses(6, lambda: caller.http.get("/crm/v7/org"))

    assert limited == [*[200] * 5, 429]
    assert unlimited == [200] * 6


@pytest.mark.parametrize("call", HEAVY)
def test_heavy_calls_have_a_number_of_their_own(caller: Caller, call):
    suffer(caller, "latency", seconds=1, times=None)

    heavy = statuses(11, lambda: caller.http.request(*call[:2], **call[2]))

    assert (len(heavy), heavy.count(429)) == (11, 1)


@pytest.mark.parametrize("call", LIGHT)
def test_light_calls_count_for_the_edition_only(caller: Caller, call):
    suffer(caller, "latency", seconds=1, times=None)

    light = statuses(11, lambda: caller.http.request(*call[:2], **call[2]))

    assert (len(light), light.count(429)) == (11, 0)


def test_edition_says_what_a_day_allows(tmp_path):
    with practice_crm(tmp_path, edition="standard") as address:
        caller = Caller(address)
        remaining = caller.http.get("/control").json()["credits_remaining"]
        org = caller.http.get("/crm/v7/org").json()["org"][0]

    assert remaining == 52_500
    assert org["license_details"]["paid_type"] == "standard"


def test_free_edition_starts_ten_bulk_jobs_a_day(tmp_path):
    with practice_crm(tmp_path, edition="free", credits=60_000) as address:
        caller = Caller(address)
        body = job_body(caller.uploaded(zipped(LINES)), mappings=MAPPINGS)
        answers = [caller.create(body) for _ in range(11)]
        let_pass(caller, 24 * 3600 + 1)
        tomorrow = Caller(address).create(body)

    assert [answer.status_code for answer in answers] == [*[201] * 10, 400]
    assert answers[-1].json()["code"] == "LIMIT_REACHED"
    assert tomorrow.status_code == 201
