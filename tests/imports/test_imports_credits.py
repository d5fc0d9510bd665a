"""Credits: a run begins when there are enough, waits in words otherwise, and resumes by itself."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection as database
from django.utils import timezone

from importer.imports import tasks
from importer.imports.advance import advance_import, advance_part, drive
from importer.imports.models import Import, Part, Run
from importer.imports.running import credits as api_credits
from importer.imports.running import pausing
from importer.imports.running.credits import BACK_AFTER
from importer.teams.models import Connection
from tests.line import CREATE, LOOK, UPLOAD, answered
from tests.office import assert_all_went_in, bring_to, cut_into_parts, parts_of
from tests.people import NEVER_EMPTY

State = Part.State
MINUTE = timedelta(minutes=1)
WAITING = re.compile(r"Waiting until (today|tomorrow) \d\d:\d\d, when ([\d,]+) credits are back: ")


@pytest.fixture
def left(connection):
    """Has the CRM have told, a while ago, how many credits are left."""

    def left(count: int | None, ago: timedelta = MINUTE) -> None:
        told = {"credits_left": count, "credits_told_at": timezone.now() - ago}
        Connection.objects.filter(pk=connection.pk).update(**told)

    return left


@pytest.fixture
def crm_has(crm):
    """Has the practice CRM have so many credits left; afterwards all are back."""

    def crm_has(remaining: int) -> None:
        crm.caller.http.post("/control/credits", json={"remaining": remaining}).raise_for_status()

    yield crm_has
    crm_has(NEVER_EMPTY)


def test_what_the_crm_tells_is_kept_for_all_processes(connection, crm_has):
    crm_has(3000)

    with connection.client() as crm:
        crm.organisation()

    connection.refresh_from_db()
    assert 2990 <= connection.credits_left < 3000
    assert timezone.now() - connection.credits_told_at < MINUTE


def test_run_that_the_credits_suffice_for_begins(start, left):
    left(500)
    import_ = start()

    advance_import(import_.pk)

    import_.refresh_from_db()
    assert (import_.state, import_.due_at, import_.state_reason) == (Import.State.RUNNING, None, "")


def test_run_begins_where_nothing_is_known_of_credits(start, left):
    for count, ago in ((None, MINUTE), (0, BACK_AFTER)):
        left(count, ago)
        import_ = start()

        advance_import(import_.pk)

        import_.refresh_from_db()
        assert import_.state == Import.State.RUNNING


def test_run_waits_for_credits_that_others_have_spent_until_the_day_is_over(start, left, line):
    left(100)
    import_ = start()

    advance_import(import_.pk)

    import_.refresh_from_db()
    told_at = Connection.objects.get(pk=import_.connection_id).credits_told_at
    assert (import_.state, import_.due_at) == (Import.State.QUEUED, told_at + BACK_AFTER)
    assert WAITING.match(import_.state_reason)
    assert import_.state_reason.endswith("500 are needed and 100 are left.")
    assert not line.carried
    assert not parts_of(import_)


def test_run_waits_until_enough_of_our_own_jobs_are_a_day_old(start, left, settings):
    settings.PART_ROWS = 1
    other = start(rows=3)
    advance_import(other.pk)
    now = timezone.now()
    for part, hours in zip(parts_of(other), (23, 22, 1), strict=True):
        spent = {"submitted_at": now - timedelta(hours=hours), "state": State.NOT_SENT}
        Part.objects.filter(pk=part.pk).update(**spent)
    left(600)
    import_ = start(rows=3)

    advance_import(import_.pk)

    import_.refresh_from_db()
    assert import_.due_at == now - timedelta(hours=22) + BACK_AFTER
    assert WAITING.match(import_.state_reason).group(2) == "1,000"


def test_run_resumes_by_itself_when_credits_are_back(start, left, crm, domain):
    left(100)
    import_ = start()
    advance_import(import_.pk)

    left(100, BACK_AFTER - timedelta(seconds=1))
    Import.objects.update(due_at=timezone.now() + timedelta(seconds=1))
    drive(import_)  # as `run_import` does, which waits too

    assert_all_went_in(import_, crm, domain)
    assert import_.state_reason == ""


def test_sweep_lets_go_on_what_waited_for_nothing(start, left):
    left(100)
    import_ = start()
    advance_import(import_.pk)
    assert not Import.objects.waiting().exists()

    left(5000)
    tasks.sweep()

    import_.refresh_from_db()
    assert (import_.due_at, import_.state_reason) == (None, "")
    assert Import.objects.waiting().exists()


def test_sweep_tells_anew_until_when_a_run_waits(start, left):
    left(100)
    import_ = start()
    advance_import(import_.pk)
    Import.objects.update(state_reason="Waiting until the day before yesterday")

    tasks.sweep()

    import_.refresh_from_db()
    assert WAITING.match(import_.state_reason)


def test_import_that_waits_for_credits_can_be_stopped(start, left, ana, line):
    left(100)
    import_ = start()
    advance_import(import_.pk)

    pausing.stop(import_, ana)
    drive(import_)

    assert import_.state == Import.State.STOPPED
    assert import_.balance.not_sent == 3
    assert line.count(CREATE) == 0


def test_what_a_run_has_still_to_spend_is_reserved(start, left, settings):
    settings.PART_ROWS = 1
    first, second = start(rows=2), start(rows=1)
    left(1400)

    advance_import(first.pk)
    advance_import(second.pk)
    second.refresh_from_db()
    assert second.state == Import.State.QUEUED
    assert second.state_reason.endswith("500 are needed and 400 are left.")

    Part.objects.of(first.pk).update(state=State.SUBMITTED)  # both are spent, and still 1,400 left
    Import.objects.filter(pk=second.pk).update(due_at=None)
    advance_import(second.pk)
    second.refresh_from_db()
    assert second.state == Import.State.RUNNING


@pytest.mark.django_db(transaction=True)
def test_two_that_begin_at_once_do_not_count_on_the_same_credits(start, left):
    imports = [start(), start(), start()]
    left(900)

    def begin(import_: Import) -> None:
        try:
            advance_import(import_.pk)
        finally:
            database.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(begin, imports))

    assert Run.objects.filter(state=Run.State.RUNNING).count() == 1
    assert Import.objects.filter(state=Import.State.QUEUED, due_at__isnull=False).count() == 2


def test_part_waits_in_the_same_words_when_credits_run_out(start, crm_has, line):
    import_ = start("insert")
    part = bring_to(import_, State.UPLOADED)
    crm_has(300)
    Part.objects.update(due_at=None)

    advance_part(part.pk)

    part.refresh_from_db()
    assert part.state == State.UPLOADED
    assert WAITING.match(part.reason)
    assert part.due_at > timezone.now() + MINUTE


def test_part_that_is_told_to_slow_down_speaks_of_no_credits(start, left, line):
    left(90_000)
    import_ = start("insert")
    part = bring_to(import_, State.UPLOADED)
    line.cut(CREATE, answered(429, "TOO_MANY_REQUESTS", **{"Retry-After": "60"}))
    Part.objects.update(due_at=None)

    advance_part(part.pk)

    part.refresh_from_db()
    assert part.reason.startswith("Waiting for the CRM:")


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("call", [UPLOAD, LOOK])
def test_pause_that_one_import_is_told_is_kept_by_all(start, line, status, call):
    slowed, other = start("insert"), start("insert")
    state = State.PACKED if call == UPLOAD else State.SUBMITTED
    part, others = bring_to(slowed, state), cut_into_parts(other)
    Part.objects.update(due_at=None)
    advance_part(others.pk)  # packed: that asks nothing of the CRM
    line.cut(call, answered(status, "TOO_MANY_REQUESTS", **{"Retry-After": "60"}))
    Part.objects.update(due_at=None)
    advance_part(part.pk)
    carried = len(line.carried)

    Part.objects.update(due_at=None)
    for held in (part, others):
        advance_part(held.pk)
        held.refresh_from_db()

    assert len(line.carried) == carried
    for held in (part, others):
        assert held.reason.startswith("Waiting for the CRM:")
        assert held.due_at > timezone.now() + timedelta(seconds=40)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2026, 11, 22, 14, 5, tzinfo=UTC), "today 16:05"),
        (datetime(2026, 11, 22, 22, 30, tzinfo=UTC), "tomorrow 00:30"),
        (datetime(2026, 11, 24, 7, 14, tzinfo=UTC), "Tue 24 Nov 09:14"),
    ],
)
def test_moment_is_spoken_as_where_the_organisation_lives(monkeypatch, moment, words):
    now = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    monkeypatch.setattr(api_credits.timezone, "now", lambda: now)

    assert api_credits.spoken(moment, "Europe/Helsinki") == words
