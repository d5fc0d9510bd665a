"""What one process of an installation is told holds for all of them: real processes, over HTTP."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.crm.work import statuses
from tests.journey.stacks import database
from tests.practice.caller import Caller
from tests.practice.controls import let_pass, suffer
from tests.practice_server import ROOT, practice_crm

pytestmark = pytest.mark.alone

EIGHT = 8
ORG, ORG_PATH = "GET /crm/v7/org", "/crm/v7/org"
CREATING = "POST /crm/bulk/v7/write"
TOKEN, TOKEN_PATH = "POST /oauth/v2/token", "/oauth/v2/token"
DATABASES = ["SQLite", pytest.param("PostgreSQL", marks=pytest.mark.services)]
Office = Callable[..., Any]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with practice_crm(tmp_path_factory.mktemp("practice")) as address:
        yield address


@pytest.fixture(scope="module")
def only_caller(address: str) -> Caller:
    """One for all tests: the practice CRM, like Zoho, gives few tokens."""
    return Caller(address)


@pytest.fixture
def caller(only_caller: Caller) -> Caller:
    """Somebody beside the processes who tells the practice CRM, just reset, what to suffer."""
    only_caller.http.post("/reset", headers={"Origin": only_caller.address})
    return only_caller


@pytest.fixture(scope="module", params=DATABASES)
def installed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, address: str
) -> Iterator[Office]:
    """Takes orders for processes that share one database."""
    data_dir: Path = tmp_path_factory.mktemp("office")
    with ExitStack() as held:
        url = f"sqlite:///{data_dir / 'importer.sqlite3'}"
        if request.param == "PostgreSQL":
            url = held.enter_context(database())
        settings = {"DATA_DIR": str(data_dir), "DATABASE_URL": url, "PRACTICE_CRM_URL": address}
        office = subprocess.Popen(
            [sys.executable, "-m", "tests.teams.asking"],
            cwd=ROOT,
            env=os.environ | settings,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

        def order(deed: str, **details: object) -> Any:
            assert office.stdin is not None
            assert office.stdout is not None
            office.stdin.write(json.dumps({"deed": deed, **details}) + "\n")
            office.stdin.flush()
            return json.loads(office.stdout.readline())

        order("prepare")
        try:
            yield order
        finally:
            office.communicate(timeout=15)


@pytest.fixture
def office(installed: Office, caller: Caller) -> Office:
    """An installation whose token is fresh, and that knows of no pause."""
    installed("begin_anew", token=token_of(caller))
    return installed


def moments(asked: list[dict[str, Any]], path: str) -> list[float]:
    """When anybody sent a request to `path`."""
    return [at for one in asked for sent_to, at in one["sent"] if sent_to == path]


def token_of(caller: Caller) -> str:
    return caller.http.headers["Authorization"].rpartition(" ")[2]


def told(asked: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(one["error"], one["code"]) for one in asked}


# Pauses


def test_pause_that_one_process_is_told_keeps_all_from_asking(office, caller):
    suffer(caller, "answer", on=ORG, status=429, headers={"Retry-After": "60"})
    office("ask", processes=1)

    asked = office("ask", processes=EIGHT)

    assert told(asked) == {("CrmUnavailable", "TOO_MANY_REQUESTS")}
    assert all(30 < one["retry_after_s"] <= 60 for one in asked)
    assert statuses(caller, ORG) == [429]


def test_pause_is_kept_to_its_end_by_all_processes_and_they_come_back_apart(office, caller):
    suffer(caller, "answer", on=ORG, status=429, headers={"Retry-After": "2"})

    asked = office("ask", processes=EIGHT, follow=True)

    first, *later = sorted(moments(asked, ORG_PATH))
    assert told(asked) == {("", "")}
    assert min(later) >= first + 2
    assert max(later) - min(later) > 0.02
    assert statuses(caller, ORG) == [429] + [200] * EIGHT


def test_maintenance_that_answers_a_new_job_holds_for_all_processes(office, caller):
    suffer(caller, "answer", on=CREATING, status=503, headers={"Retry-After": "60"})
    assert told(office("ask", processes=1, call="create")) == {("OutcomeUnknown", "INTERNAL_ERROR")}

    asked = office("ask", processes=EIGHT)

    assert told(asked) == {("CrmUnavailable", "TOO_MANY_REQUESTS")}
    assert statuses(caller, CREATING) == [503]
    assert statuses(caller, ORG) == []


def test_credits_that_are_gone_for_one_process_are_asked_for_by_none(office, caller):
    suffer(caller, "credits_gone")
    office("ask", processes=1)

    asked = office("ask", processes=EIGHT)

    assert told(asked) == {("CrmUnavailable", "TOO_MANY_REQUESTS")}
    assert all(one["retry_after_s"] > 600 for one in asked)
    assert statuses(caller, ORG) == [429]


# Tokens


@pytest.mark.parametrize("found_by", ["its time", "the CRM's answer"])
def test_token_that_eight_processes_find_expired_is_renewed_once(office, caller, found_by):
    if found_by == "its time":
        office("begin_anew", token=token_of(caller), hours_left=-1)
    else:
        let_pass(caller, 3601)
    before = len(statuses(caller, TOKEN))

    asked = office("ask", processes=EIGHT)

    assert told(asked) == {("", "")}
    assert statuses(caller, TOKEN)[before:] == [200]
    assert statuses(caller, ORG).count(200) == EIGHT
    assert (401 in statuses(caller, ORG)) == (found_by == "the CRM's answer")


def test_too_many_tokens_for_one_process_are_asked_for_by_none(office, caller):
    office("begin_anew")
    before = len(statuses(caller, TOKEN))
    denied = {"error": "Access Denied", "status": "failure"}
    suffer(caller, "answer", on=TOKEN, status=200, body=denied, times=None)

    at_once = office("ask", processes=EIGHT)
    later = office("ask", processes=EIGHT)

    assert {error for error, _ in told(at_once + later)} == {"CrmUnavailable"}
    assert statuses(caller, TOKEN)[before:] == [200]
    assert statuses(caller, ORG) == []


def test_process_killed_while_it_renews_the_token_keeps_others_for_its_claim_alone(office, caller):
    office("begin_anew")
    before = len(statuses(caller, TOKEN))
    died_at = office("die_while_renewing", claim_s=2)

    asked = office("ask", processes=EIGHT)

    assert told(asked) == {("", "")}
    [renewed_at] = moments(asked, TOKEN_PATH)
    assert renewed_at > died_at + 1
    assert statuses(caller, TOKEN)[before:] == [200]
