"""Sending to a CRM that fails: every answer, and none, leads where no row is written twice."""

from datetime import timedelta

import httpx
import pytest

from importer.imports.advance import advance_import, advance_part, drive
from importer.imports.models import Import, Part
from importer.imports.running import settling, steps, waiting
from importer.imports.running.evidence import Claim
from tests.line import (
    CREATE,
    DOWNLOAD,
    LOOK,
    UPLOAD,
    answered,
    garbage,
    lost_after,
    lost_before,
    not_reached,
)
from tests.office import (
    assert_all_went_in,
    bring_to,
    parts_of,
    told_of,
)

State = Part.State


@pytest.mark.parametrize("loss", [lost_before, answered(500), answered(502)])
def test_plain_insert_whose_answer_is_lost_is_unknown_and_never_sent_again(start, line, loss):
    import_ = start("insert")
    line.cut(CREATE, loss)

    drive(import_)

    [part] = parts_of(import_)
    assert part.state == State.UNKNOWN
    assert "may or may not have created" in part.reason
    assert import_.balance.unknown == 3
    assert line.count(CREATE) == 0


@pytest.mark.parametrize("loss", [lost_before, lost_after, answered(500)])
def test_upsert_whose_answer_is_lost_is_sent_again(start, crm, domain, line, loss):
    import_ = start("upsert")
    line.cut(CREATE, loss)

    drive(import_)

    assert_all_went_in(import_, crm, domain)


def test_insert_with_a_match_field_sent_again_creates_nothing_twice(start, crm, domain, line):
    import_ = start("insert with a match field")
    line.cut(CREATE, lost_after)
    line.cut(("POST", "/coql"), answered(204), times=999)  # though its rows are there

    drive(import_)

    assert line.count(CREATE) == 2
    assert set(crm.leads(domain)) == {f"p{n}@{domain}" for n in (1, 2, 3)}
    # what was skipped as existing is what we had created, or was there before: who can tell?
    assert import_.balance.unknown == 3

    line.faults.clear()  # it can be searched now
    settling.decide(parts_of(import_)[0], Claim.THERE, import_.created_by)
    advance_part(parts_of(import_)[0].pk)
    advance_import(import_.pk)
    import_.refresh_from_db()
    assert import_.balance.created == 3


@pytest.mark.parametrize("call", [UPLOAD, CREATE, LOOK, DOWNLOAD])
@pytest.mark.parametrize("fault", [not_reached, answered(429, "TOO_MANY_REQUESTS")])
def test_crm_that_is_unavailable_is_waited_for(start, crm, domain, line, call, fault):
    import_ = start("insert")
    line.cut(call, fault, times=5)

    drive(import_)

    assert_all_went_in(import_, crm, domain)
    assert line.count(CREATE) == 1


@pytest.mark.parametrize("call", [UPLOAD, LOOK, DOWNLOAD])
@pytest.mark.parametrize("fault", [lost_before, lost_after, answered(503)])
def test_harmless_call_whose_answer_is_lost_is_made_again(start, crm, domain, line, call, fault):
    import_ = start("insert")
    line.cut(call, fault, times=3)

    drive(import_)

    assert_all_went_in(import_, crm, domain)
    assert line.count(CREATE) == 1


def test_part_that_waits_for_the_crm_says_so_and_keeps_the_pause_it_was_given(start, line):
    import_ = start()
    bring_to(import_, State.UPLOADED)
    line.cut(CREATE, answered(429, "TOO_MANY_REQUESTS", **{"Retry-After": "120"}))
    [part] = parts_of(import_)

    wait = advance_part(part.pk)

    part.refresh_from_db()
    assert part.state == State.UPLOADED
    assert part.reason.startswith("Waiting for the CRM:")
    assert timedelta(seconds=60) < wait < timedelta(seconds=180)
    assert advance_part(part.pk) is None  # asked too early: nothing happens
    assert line.count(CREATE) == 0


def test_part_put_off_waits_ever_longer(start, line, monkeypatch):
    monkeypatch.setattr(waiting, "FIRST_RETRY_S", 10.0)
    monkeypatch.setattr(waiting, "LONGEST_RETRY_S", 60.0)
    import_ = start()
    part = bring_to(import_, State.UPLOADED)
    line.cut(CREATE, not_reached, times=20)

    waits = []
    for _ in range(5):
        Part.objects.update(due_at=None)
        waits.append(advance_part(part.pk).total_seconds())

    assert waits[0] < waits[1] < waits[2]
    assert max(waits) < 60 * 1.3 + 1  # the longest, and what spreads the load


@pytest.mark.parametrize(
    ("call", "state", "outcome"),
    [
        (UPLOAD, State.REFUSED, "failed"),
        (CREATE, State.REFUSED, "failed"),
        (LOOK, State.UNKNOWN, "unknown"),
        (DOWNLOAD, State.UNKNOWN, "unknown"),
    ],
)
def test_crm_that_refuses_ends_the_part(start, line, call, state, outcome):
    import_ = start("insert")
    line.cut(call, answered(403, "NO_PERMISSION"), times=9)

    drive(import_)

    [part] = parts_of(import_)
    assert (part.state, part.code) == (state, "NO_PERMISSION")
    assert part.reason
    assert getattr(import_.balance, outcome) == 3
    assert import_.balance.adds_up
    assert "refused" in told_of(import_)


@pytest.mark.parametrize("call", [UPLOAD, CREATE])
def test_crm_that_no_longer_knows_us_is_sent_nothing(start, crm, domain, line, call):
    import_ = start("insert")
    line.cut(call, answered(401, "OAUTH_SCOPE_MISMATCH"), times=9)

    drive(import_)

    assert parts_of(import_)[0].state == State.NOT_SENT
    assert (import_.balance.not_sent, import_.state) == (3, Import.State.DONE_WITH_PROBLEMS)
    assert crm.leads(domain) == {}


@pytest.mark.parametrize("call", [LOOK, DOWNLOAD])
def test_result_waits_until_a_person_has_connected_anew(start, crm, domain, line, call):
    import_ = start("insert")
    bring_to(import_, State.SUBMITTED)
    line.cut(call, answered(401, "OAUTH_SCOPE_MISMATCH"), times=3)
    for _ in range(20):
        Part.objects.update(due_at=None)
        advance_part(parts_of(import_)[0].pk)
        if parts_of(import_)[0].reason == steps.UNAUTHORISED:
            break

    assert parts_of(import_)[0].reason == steps.UNAUTHORISED
    assert not parts_of(import_)[0].is_ended
    drive(import_)
    assert_all_went_in(import_, crm, domain)


def test_token_that_expired_while_sending_costs_no_second_job(start, crm, domain, line):
    import_ = start("insert")
    line.cut(CREATE, answered(401, "INVALID_TOKEN"))

    drive(import_)

    assert_all_went_in(import_, crm, domain)
    assert line.count(CREATE) == 1


def job_answer(state: str, code: str = "", **counts: int) -> httpx.Response:
    resource = {"code": code, "file": {"status": state, **counts}}
    return httpx.Response(200, json={"id": "1", "status": state, "resource": [resource]})


NOTHING = {"added_count": 0, "updated_count": 0}


@pytest.mark.parametrize(
    ("code", "counts", "state", "outcome"),
    [
        ("INTERNAL_ERROR", NOTHING, State.REFUSED, "failed"),
        ("INVALID_FORMAT", {}, State.REFUSED, "failed"),
        ("INTERNAL_ERROR", NOTHING | {"added_count": 1}, State.UNKNOWN, "unknown"),
        ("INTERNAL_ERROR", {}, State.UNKNOWN, "unknown"),
    ],
)
def test_job_that_failed_is_refused_only_if_it_surely_wrote_nothing(
    start, line, code, counts, state, outcome
):
    import_ = start("insert")
    line.cut(LOOK, lambda request, carry: job_answer("FAILED", code, **counts))

    drive(import_)

    [part] = parts_of(import_)
    assert (part.state, part.code) == (state, code)
    assert getattr(import_.balance, outcome) == 3
    assert "job_failed" in told_of(import_)


def test_job_in_a_state_unknown_to_us_is_looked_at_again(start, crm, domain, line):
    import_ = start("insert")
    line.cut(LOOK, lambda request, carry: job_answer("PONDERING"), times=3)

    drive(import_)

    assert_all_went_in(import_, crm, domain)


def test_result_that_comes_damaged_is_fetched_again(start, crm, domain, line):
    import_ = start("insert")
    line.cut(DOWNLOAD, garbage, times=2)

    drive(import_)

    assert_all_went_in(import_, crm, domain)
    assert line.count(DOWNLOAD) == 1


def test_result_that_stays_damaged_is_unknown(start, line):
    import_ = start("insert")
    line.cut(DOWNLOAD, garbage, times=50)

    drive(import_)

    [part] = parts_of(import_)
    assert part.state == State.UNKNOWN
    assert "could not be read" in part.reason
    assert import_.balance.unknown == 3
    assert 40 < len(line.faults) < 50
