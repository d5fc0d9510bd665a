"""A pause that the CRM wants holds for everybody who uses the connection."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import stamina

from importer.crm import wire
from importer.crm.client import Credentials, CrmClient
from importer.crm.errors import CrmUnavailable, OutcomeUnknown
from importer.crm.hosts import one_host
from importer.crm.pace import MemoryPace
from importer.crm.tokens import MemoryTokens
from tests.crm.work import request_for

pytestmark = pytest.mark.alone

TOKEN = {"access_token": "1000.a.b", "expires_in": 3600}


class Crm:
    """Answers token requests, and everything else with the answers it is given, in turn."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.answers = list(answers)
        self.token = httpx.Response(200, json=TOKEN)
        self.tokens_asked_for = 0
        self.asked_at: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/v2/token":
            self.tokens_asked_for += 1
            return self.token
        self.asked_at.append(time.monotonic())
        return self.answers.pop(0)


def client(crm: Crm, pace: MemoryPace) -> CrmClient:
    return CrmClient(
        one_host("http://crm.example"),
        Credentials("id", "secret", "refresh"),
        MemoryTokens(),
        pace,
        transport=httpx.MockTransport(crm),
    )


def too_many(seconds: int) -> httpx.Response:
    body = {"code": "TOO_MANY_REQUESTS", "message": "slow down", "status": "error", "details": {}}
    return httpx.Response(429, json=body, headers={"Retry-After": str(seconds)})


def test_pause_of_one_client_holds_for_another(tmp_path: Path):
    pace = MemoryPace()
    first, second = Crm(too_many(60)), Crm()
    with client(first, pace) as asking, pytest.raises(CrmUnavailable):
        asking.bulk_write.job("1")

    with client(second, pace) as asking, pytest.raises(CrmUnavailable) as refused:
        asking.bulk_write.job("1")

    assert second.asked_at == []
    assert 50 < (refused.value.retry_after_s or 0) <= 60


def test_short_pause_is_waited_for():
    pace = MemoryPace()
    pace.hold(0.3)
    done = {"id": "1", "status": "COMPLETED", "resource": [], "operation": "insert"}
    crm = Crm(httpx.Response(200, json=done))

    with client(crm, pace) as asking:
        asking.bulk_write.job("1")

    assert len(crm.asked_at) == 1
    assert pace.wait_s() == 0


def test_pause_never_ends_earlier_than_one_before():
    pace = MemoryPace()
    pace.hold(60)
    pace.hold(1)

    assert pace.wait_s() > 50


def test_pause_that_answers_a_new_job_holds_before_its_unknown_outcome_is_told():
    pace = MemoryPace()
    crm = Crm(httpx.Response(503, headers={"Retry-After": "60"}))

    with client(crm, pace) as asking, pytest.raises(OutcomeUnknown) as caught:
        asking.bulk_write.create(request_for("57"))

    assert caught.value.retry_after_s == 60
    assert 50 < pace.wait_s() <= 60


@pytest.mark.parametrize("named", ["9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_pause_that_no_clock_can_hold_is_kept_for_a_day(named):
    pace = MemoryPace()
    crm = Crm(httpx.Response(429, headers={"Retry-After": named}))

    with client(crm, pace) as asking, pytest.raises(CrmUnavailable):
        asking.organisation()

    assert 0.9 < pace.wait_s() / (24 * 3600) <= 1


def test_too_many_tokens_for_one_keep_all_from_asking_for_more():
    pace = MemoryPace()
    throttled = {"error": "Access Denied", "status": "failure"}
    first, second = Crm(), Crm()
    first.token = httpx.Response(200, json=throttled)
    with client(first, pace) as asking, pytest.raises(CrmUnavailable):
        asking.organisation()

    with client(second, pace) as asking, pytest.raises(CrmUnavailable) as refused:
        asking.organisation()

    assert (first.tokens_asked_for, second.tokens_asked_for) == (1, 0)
    assert 30 < (refused.value.retry_after_s or 0) <= 60


def test_accounts_server_that_wants_a_pause_is_given_it_by_all():
    pace = MemoryPace()
    crm = Crm()
    crm.token = httpx.Response(503, headers={"Retry-After": "60"})

    with client(crm, pace) as asking, pytest.raises(CrmUnavailable):
        asking.organisation()

    assert crm.tokens_asked_for == 1
    assert 50 < pace.wait_s() <= 60


# Apart from each other


def waits_before_the_next_try(error: CrmUnavailable) -> list[float]:
    """How long eight callers wait, in seconds, whose first tries fail at the same time."""
    waits, tries = [], Counter()

    def fails_once(number: int) -> None:
        tries[number] += 1
        if tries[number] == 1:
            raise error

    stamina.instrumentation.set_on_retry_hooks([lambda details: waits.append(details.wait_for)])
    try:
        with stamina.set_testing(False), ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda number: wire.repeat(lambda: fails_once(number)), range(8)))
    finally:
        stamina.instrumentation.set_on_retry_hooks(None)
    return waits


def test_callers_that_fail_together_do_not_come_back_together():
    waits = waits_before_the_next_try(CrmUnavailable("down"))

    assert len(set(waits)) == 8
    assert max(waits) - min(waits) > 0.05


def test_callers_that_are_told_the_same_pause_keep_it_and_come_back_apart(monkeypatch):
    monkeypatch.setattr("importer.crm.pace.SPREAD_S", 0.5)
    error = CrmUnavailable("busy")
    error.retry_after_s = 0.2

    waits = waits_before_the_next_try(error)

    assert min(waits) >= 0.2
    assert max(waits) - min(waits) > 0.05


def test_callers_that_wait_for_the_end_of_a_pause_ask_after_it_and_apart(monkeypatch):
    monkeypatch.setattr("importer.crm.pace.SPREAD_S", 0.6)
    pace, crm = MemoryPace(), Crm(*[httpx.Response(200, json={"modules": []})] * 8)
    with client(crm, pace) as asking, ThreadPoolExecutor(8) as pool:
        asking.ready()
        pace.hold(0.3)
        ends_at = time.monotonic() + pace.wait_s()
        list(pool.map(lambda _: asking.modules(), range(8)))

    assert min(crm.asked_at) >= ends_at - 0.01
    assert max(crm.asked_at) - min(crm.asked_at) > 0.06
