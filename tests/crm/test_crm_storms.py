"""Many who ask at once: pauses that hold for all, credits that are gone, one new token for all."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import TypeVar

import httpx
import pytest

from importer.crm import wire
from importer.crm.client import Credentials, CrmClient, exchange_code
from importer.crm.errors import CrmError, CrmUnauthorised, CrmUnavailable
from importer.crm.hosts import one_host
from importer.crm.jobs import JobState
from importer.crm.pace import MemoryPace
from importer.crm.tokens import AccessToken, MemoryTokens
from tests.crm.work import CREDENTIALS, ended, lead_count, leads_zip, request_for, statuses
from tests.practice.caller import ZGID, Caller
from tests.practice.controls import let_pass, suffer
from tests.practice_server import practice_crm

pytestmark = pytest.mark.alone

EIGHT = range(8)
ORG = "GET /crm/v7/org"
TOKEN = "POST /oauth/v2/token"
CREATING = "POST /crm/bulk/v7/write"
T = TypeVar("T")


def all_at_once(call: Callable[[int], T]) -> list[T]:
    """The results of eight threads that call at the same moment."""
    ready = Barrier(len(EIGHT))

    def one(number: int) -> T:
        ready.wait(10)
        return call(number)

    with ThreadPoolExecutor(len(EIGHT)) as pool:
        return list(pool.map(one, EIGHT))


class Watched(httpx.HTTPTransport):
    """Notes when each request is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent_at: list[float] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent_at.append(time.monotonic())
        return super().handle_request(request)


class GrowingPace(MemoryPace):
    """A pause that somebody else makes longer while it is waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.left = [0.01, 0.01, 0.0]

    def wait_s(self) -> float:
        return self.left.pop(0) if self.left else 0.0


def eight_clients(connect, pace: MemoryPace, **options) -> list[CrmClient]:
    """Clients of one connection: they share its pace and its token, as processes do."""
    tokens = MemoryTokens()
    clients = [connect(tokens, pace=pace, **options) for _ in EIGHT]
    clients[0].organisation()
    return clients


# Pauses


def test_long_pause_that_one_is_told_keeps_all_from_asking(connect, caller):
    clients = eight_clients(connect, MemoryPace())
    suffer(caller, "answer", on=ORG, status=429, headers={"Retry-After": "60"})
    with pytest.raises(CrmUnavailable):
        clients[0].organisation()
    asked = len(statuses(caller, ORG))

    def refused(number: int) -> CrmUnavailable:
        with pytest.raises(CrmUnavailable) as caught:
            clients[number].organisation()
        return caught.value

    errors = all_at_once(refused)

    assert {error.code for error in errors} == {"TOO_MANY_REQUESTS"}
    assert all(50 < (error.retry_after_s or 0) <= 60 for error in errors)
    assert len(statuses(caller, ORG)) == asked


def test_short_pause_is_kept_by_eight_and_all_get_through(connect, caller):
    pace, watched = MemoryPace(), Watched()
    clients = eight_clients(connect, pace, transport=watched)
    watched.sent_at.clear()
    pace.hold(0.5)
    earliest = time.monotonic() + pace.wait_s()

    found = all_at_once(lambda number: clients[number].organisation().zgid)

    assert found == [ZGID] * len(EIGHT)
    assert min(watched.sent_at) >= earliest - 0.01


def test_storm_of_refusals_is_weathered_by_eight(connect, caller):
    clients = eight_clients(connect, MemoryPace())
    suffer(caller, "answer", on=ORG, status=429, headers={"Retry-After": "1"}, times=8)

    found = all_at_once(lambda number: clients[number].organisation().zgid)

    assert found == [ZGID] * len(EIGHT)
    assert statuses(caller, ORG).count(429) == 8


def test_pause_after_an_overload_holds_for_all_too(connect, caller):
    pace = MemoryPace()
    crm = connect(pace=pace)
    suffer(caller, "answer", on=ORG, status=503, headers={"Retry-After": "60"})

    with pytest.raises(CrmUnavailable):
        crm.organisation()

    assert 50 < pace.wait_s() <= 60


def test_pause_that_grows_while_it_is_waited_for_is_kept_whole(connect, caller):
    pace = GrowingPace()

    with suppress(CrmError):
        connect(pace=pace).bulk_write.job("1")

    assert pace.left == []


def test_calls_beyond_the_editions_concurrency_get_their_turn(tmp_path, monkeypatch, connect):
    monkeypatch.setattr("importer.crm.session.PAUSE_S", 0.5)
    with practice_crm(tmp_path, edition="free") as address:
        caller = Caller(address)
        clients = eight_clients(connect, MemoryPace(), hosts=one_host(address))
        suffer(caller, "latency", on=ORG, seconds=0.4, times=5)

        found = all_at_once(lambda number: clients[number].organisation().zgid)
        refused = statuses(caller, ORG).count(429)

    assert found == [ZGID] * len(EIGHT)
    assert refused > 0


def test_credits_that_are_gone_are_told_with_a_time_and_not_asked_for_again(connect, caller):
    pace = MemoryPace()
    crm = connect(pace=pace)
    suffer(caller, "credits_gone")

    with pytest.raises(CrmUnavailable) as caught:
        crm.organisation()

    assert (caught.value.code, caught.value.status) == ("TOO_MANY_REQUESTS", 429)
    assert caught.value.retry_after_s == wire.CREDITS_PAUSE_S
    assert pace.wait_s() > wire.CREDITS_PAUSE_S - 60
    assert statuses(caller, ORG) == [429]


def test_job_that_costs_more_credits_than_are_left_is_surely_not_started(connect, caller, tmp_path):
    crm = connect()
    request = request_for(crm.bulk_write.upload(leads_zip(tmp_path), ZGID))
    caller.http.post("/control/credits", json={"remaining": 499}).raise_for_status()

    with pytest.raises(CrmUnavailable) as caught:
        crm.bulk_write.create(request)

    assert caught.value.retry_after_s == wire.CREDITS_PAUSE_S
    assert statuses(caller, CREATING) == [429]
    assert lead_count(caller) == 0


# Tokens


@pytest.mark.parametrize("ends", ["by the clock", "before its time"])
def test_token_that_eight_find_expired_is_renewed_once(connect, caller, ends):
    clients = eight_clients(connect, MemoryPace())
    if ends == "by the clock":
        let_pass(caller, 3601)
    else:
        suffer(caller, "expired_token", on=ORG)
    minted = len(statuses(caller, TOKEN))

    found = all_at_once(lambda number: clients[number].organisation().zgid)

    assert found == [ZGID] * len(EIGHT)
    assert len(statuses(caller, TOKEN)) == minted + 1
    assert 401 in statuses(caller, ORG)


def test_token_that_eight_know_to_be_old_is_renewed_once_before_anybody_asks(connect, caller):
    tokens = MemoryTokens()
    tokens.renew(None, lambda: AccessToken("1000.old", datetime.now(UTC) - timedelta(hours=1)))
    clients = [connect(tokens) for _ in EIGHT]
    minted = len(statuses(caller, TOKEN))

    all_at_once(lambda number: clients[number].organisation())

    assert len(statuses(caller, TOKEN)) == minted + 1
    assert statuses(caller, ORG) == [200] * len(EIGHT)


def test_eight_jobs_created_with_an_expired_token_are_eight_jobs(connect, caller, tmp_path):
    clients = eight_clients(connect, MemoryPace())
    requests = [request_for(clients[0].bulk_write.upload(leads_zip(tmp_path), ZGID)) for _ in EIGHT]
    suffer(caller, "expired_token", on=CREATING)

    jobs = all_at_once(lambda number: clients[number].bulk_write.create(requests[number]))

    assert len(set(jobs)) == len(EIGHT)
    assert {ended(clients[0], job).state for job in jobs} == {JobState.DONE}
    assert statuses(caller, CREATING).count(201) == len(EIGHT)
    assert lead_count(caller) == 4 * len(EIGHT)


def test_revoked_connection_must_be_made_anew(connect, caller):
    client_id, secret = CREDENTIALS.client_id, CREDENTIALS.client_secret
    granted = exchange_code(one_host(caller.address), client_id, secret, "1000.practice.code")
    crm = connect(credentials=Credentials(client_id, secret, granted))
    assert crm.organisation().zgid == ZGID
    caller.http.post("/oauth/v2/token/revoke", params={"token": granted}).raise_for_status()

    with pytest.raises(CrmUnauthorised) as caught:
        crm.organisation()

    assert caught.value.code == "invalid_code"
    assert granted not in f"{caught.value} {caught.value!r}"
