"""Sending, part by part: killed at any moment, nudged twice, stopped; nothing twice or lost."""

import httpx
import pytest

from importer.imports.advance import TRIES, TRYING_ON, advance_import, advance_part, drive
from importer.imports.models import Import, Part
from importer.imports.running import pausing, sending, settling, steps
from importer.imports.running.evidence import Claim
from tests.line import (
    CREATE,
    DOWNLOAD,
    LOOK,
    UPLOAD,
    Killed,
    answered,
    killed,
    killed_after,
    lost_before,
)
from tests.office import (
    assert_all_went_in,
    bring_to,
    parts_of,
    the_lease_runs_out,
    told_of,
)

State = Part.State
KINDS = ["insert", "insert with a match field", "upsert"]


@pytest.mark.parametrize("kind", KINDS)
def test_import_goes_in(start, crm, domain, line, kind):
    import_ = start(kind)

    drive(import_)

    assert_all_went_in(import_, crm, domain)
    assert import_.balance.created == 3
    assert line.count(CREATE) == 1
    assert told_of(import_)[-4:] == ["started", "submitted", "collected", "finished"]


@pytest.mark.parametrize(
    "state",
    [State.PLANNED, State.PACKED, State.UPLOADED, State.SUBMITTED, State.FINISHED],
)
def test_import_killed_between_two_steps_goes_on(start, crm, domain, line, state):
    import_ = start("insert")
    bring_to(import_, state)

    drive(import_)  # by another process

    assert_all_went_in(import_, crm, domain)
    assert line.count(CREATE) == 1


@pytest.mark.parametrize("call", [UPLOAD, LOOK, DOWNLOAD])
@pytest.mark.parametrize("death", [killed, killed_after])
def test_import_killed_in_the_middle_of_a_call_goes_on(start, crm, domain, line, call, death):
    import_ = start("insert")
    line.cut(call, death)

    with pytest.raises(Killed):
        drive(import_)
    the_lease_runs_out()
    drive(import_)

    assert_all_went_in(import_, crm, domain)
    assert line.count(CREATE) == 1


@pytest.mark.parametrize("death", [killed, killed_after])
@pytest.mark.parametrize("kind", ["insert with a match field", "upsert"])
def test_part_killed_while_being_sent_is_sent_again_where_that_is_safe(
    start, crm, domain, line, death, kind
):
    import_ = start(kind)
    line.cut(CREATE, death)

    with pytest.raises(Killed):
        drive(import_)
    assert parts_of(import_)[0].state == State.SUBMITTING
    the_lease_runs_out()
    drive(import_)

    assert import_.balance.adds_up
    assert import_.balance.went_in + import_.balance.unknown == 3
    assert not import_.balance.unknown or kind != "upsert"
    assert set(crm.leads(domain)) == {f"p{n}@{domain}" for n in (1, 2, 3)}


def test_plain_insert_killed_while_being_sent_is_never_sent_again(start, line):
    import_ = start("insert")
    line.cut(CREATE, killed)

    with pytest.raises(Killed):
        drive(import_)
    the_lease_runs_out()
    drive(import_)

    assert parts_of(import_)[0].state == State.UNKNOWN
    assert import_.state == Import.State.DONE_WITH_PROBLEMS
    assert (import_.balance.unknown, import_.balance.rows) == (3, 3)
    assert import_.balance.adds_up
    assert line.count(CREATE) == 0
    assert "outcome_unknown" in told_of(import_)


def test_plain_insert_killed_when_it_was_sent_is_found_and_never_sent_again(
    start, crm, domain, line
):
    import_ = start("insert")
    line.cut(CREATE, killed_after)

    with pytest.raises(Killed):
        drive(import_)
    the_lease_runs_out()
    drive(import_)

    assert_all_went_in(import_, crm, domain)
    assert line.count(CREATE) == 1


def test_nudge_that_comes_twice_does_nothing(start, line):
    import_ = start("insert")
    part = bring_to(import_, State.UPLOADED)
    seen = []

    def meanwhile(request: httpx.Request, carry) -> httpx.Response:
        seen.append(advance_part(part.pk))
        return carry(request)

    line.cut(CREATE, meanwhile)
    advance_part(part.pk)

    assert seen == [None]
    assert line.count(CREATE) == 1


def test_nudge_of_what_has_ended_does_nothing(start, line):
    import_ = start("insert")
    drive(import_)
    before = len(line.carried)

    assert advance_import(import_.pk) is None
    assert advance_part(parts_of(import_)[0].pk) is None
    assert len(line.carried) == before


def test_worker_that_wakes_after_its_successor_changes_nothing(start, crm, domain, line):
    import_ = start("insert")
    part = bring_to(import_, State.PACKED)

    def sleeps(request: httpx.Request, carry) -> httpx.Response:
        the_lease_runs_out()
        advance_part(part.pk)  # the successor uploads
        return carry(request)

    line.cut(UPLOAD, sleeps)
    assert advance_part(part.pk) is None
    woken = Part.objects.get(pk=part.pk)

    assert woken.state == State.UPLOADED
    assert line.count(UPLOAD) >= 2  # an upload that no job names does no harm
    drive(import_)
    assert_all_went_in(import_, crm, domain)


def test_fault_of_our_own_is_tried_again_and_told(start, crm, domain, monkeypatch):
    import_ = start("insert")
    part = bring_to(import_, State.PLANNED)
    with monkeypatch.context() as patch:
        patch.setattr(sending.bulk, "pack", lambda *args: 1 / 0)
        advance_part(part.pk)

    part.refresh_from_db()
    assert part.state == State.PLANNED
    assert "Something went wrong on our side" in part.reason
    drive(import_)
    assert_all_went_in(import_, crm, domain)


def test_result_that_can_be_had_is_not_given_up(start, crm, domain, monkeypatch):
    import_ = start("insert")
    part = bring_to(import_, State.FINISHED)
    with monkeypatch.context() as patch:
        patch.setitem(steps.STEPS, State.FINISHED, lambda *args: 1 / 0)
        for _ in range(TRIES + 2):
            Part.objects.update(due_at=None)
            advance_part(part.pk)

    part.refresh_from_db()
    assert (part.state, part.reason) == (State.FINISHED, TRYING_ON)
    assert part.due_at
    drive(import_)
    assert_all_went_in(import_, crm, domain)


def test_fault_of_our_own_does_not_change_why_a_part_is_unknown(start, ana, line, monkeypatch):
    import_ = start("insert")
    line.cut(CREATE, lost_before)
    drive(import_)
    [part] = parts_of(import_)
    settling.decide(part, Claim.THERE, ana)
    monkeypatch.setitem(steps.STEPS, State.UNKNOWN, lambda *args: 1 / 0)

    advance_part(part.pk)

    part.refresh_from_db()
    assert (part.state, part.reason) == (State.UNKNOWN, settling.ANSWER_LOST)
    assert part.due_at


def test_parts_go_in_one_by_one_and_add_up(start, settings, crm, domain, line):
    settings.PART_ROWS = 2
    import_ = start("insert", rows=5)

    drive(import_)

    parts = parts_of(import_)
    assert [(p.number, p.offset, p.rows, p.first_row, p.last_row) for p in parts] == [
        (1, 0, 2, 2, 3),
        (2, 2, 2, 4, 5),
        (3, 4, 1, 6, 6),
    ]
    assert len({part.job_id for part in parts}) == line.count(CREATE) == 3
    assert_all_went_in(import_, crm, domain, rows=5)


def test_parts_end_each_in_their_own_way(start, settings, line):
    settings.PART_ROWS = 1
    import_ = start("insert", rows=4)
    line.cut(CREATE, answered(400, "INVALID_DATA"))
    line.cut(CREATE, lost_before)
    line.cut(CREATE, answered(401, "OAUTH_SCOPE_MISMATCH"))

    drive(import_)

    balance = import_.balance
    assert (balance.failed, balance.unknown, balance.not_sent, balance.created) == (1, 1, 1, 1)
    assert balance.adds_up


def test_import_that_is_stopped_sends_nothing_more(start, settings, ana, crm, domain, line):
    settings.PART_ROWS = 1
    import_ = start("insert", rows=3)
    bring_to(import_, State.SUBMITTED)

    pausing.stop(import_, ana)
    drive(import_)

    assert import_.state == Import.State.STOPPED
    assert (import_.balance.created, import_.balance.not_sent) == (1, 2)
    assert import_.balance.adds_up
    assert set(crm.leads(domain)) == {f"p1@{domain}"}
    assert line.count(CREATE) == 1
