"""First rows, a pause, a stop, a limit on failures: nothing is sent that nobody wants sent."""

import pytest

from importer.imports.advance import advance_import, advance_part, drive
from importer.imports.models import Import, Part, Run
from importer.imports.running import pausing, starting
from importer.imports.running.starting import Terms
from tests.line import CREATE, answered
from tests.office import (
    assert_all_went_in,
    bring_to,
    checked,
    cut_into_parts,
    leads_csv,
    parts_of,
    told_of,
)

State = Import.State


@pytest.fixture
def confirm(connection, ana, domain, settings):
    """Confirms an upsert of leads on some terms, in parts of two rows."""
    settings.PART_ROWS = 2

    def confirm(rows: int, terms: Terms | None = None, *, bad: int = 0):
        import_ = checked(connection, ana, leads_csv(domain, rows, bad=bad))
        starting.start(import_, ana, starting.plan(import_).key, terms)
        return import_

    return confirm


def test_first_rows_are_tried_and_then_looked_at(confirm, crm, domain, line):
    import_ = confirm(5, Terms(canary=(2,)))

    drive(import_)

    assert (import_.state, import_.paused_because) == (State.PAUSED, Import.Pause.CANARY)
    assert set(crm.leads(domain)) == {f"p1@{domain}"}
    assert (import_.balance.created, import_.balance.not_sent) == (1, 4)
    assert line.count(CREATE) == 1


def test_going_on_after_the_first_rows_sends_all_others_and_none_twice(
    confirm, crm, ana, domain, line
):
    import_ = confirm(5, Terms(canary=(3, 5)))
    drive(import_)

    pausing.go_on(import_, ana)
    pausing.go_on(import_, ana)  # a second click
    drive(import_)

    assert_all_went_in(import_, crm, domain, rows=5)
    assert import_.balance.created == 5
    assert [run.kind for run in import_.runs.all()] == [Run.Kind.CANARY, Run.Kind.MAIN]
    assert line.count(CREATE) == 3  # one for two rows, two for three
    assert {"first_rows_sent", "went_on"} < set(told_of(import_))


def test_first_rows_that_are_all_rows_need_no_going_on(confirm, crm, domain):
    import_ = confirm(2, Terms(canary=(2, 3)))

    drive(import_)

    assert_all_went_in(import_, crm, domain, rows=2)


def test_stop_after_the_first_rows_leaves_the_others_unsent(confirm, crm, ana, domain):
    import_ = confirm(5, Terms(canary=(2,)))
    drive(import_)

    pausing.stop(import_, ana)
    drive(import_)

    assert import_.state == State.STOPPED
    assert (import_.balance.created, import_.balance.not_sent) == (1, 4)
    assert set(crm.leads(domain)) == {f"p1@{domain}"}


def test_first_rows_are_those_that_may_be_sent(connection, ana, domain):
    content = leads_csv(domain, 4, bad=1).decode().replace("Name 2", "")
    import_ = checked(connection, ana, content.encode())

    assert starting.first_rows(import_, 25) == (2, 4)


def test_pause_sends_nothing_more_and_waits_for_what_is_sent(confirm, crm, ana, domain, line):
    import_ = confirm(6)
    bring_to(import_, Part.State.SUBMITTED)

    pausing.pause(import_, ana)
    drive(import_)

    assert import_.state == State.PAUSED
    assert [part.state for part in parts_of(import_)] == ["collected", "planned", "planned"]
    assert line.count(CREATE) == 1

    pausing.go_on(import_, ana)
    drive(import_)

    assert_all_went_in(import_, crm, domain, rows=6)
    assert [kind for kind in told_of(import_) if kind in ("paused", "went_on")] == [
        "paused",
        "went_on",
    ]


def test_part_that_is_ready_is_not_sent_while_paused(confirm, ana, line):
    import_ = confirm(2)
    part = bring_to(import_, Part.State.UPLOADED)
    pausing.pause(import_, ana)

    assert advance_part(part.pk) is None
    assert line.count(CREATE) == 0


def test_pause_while_the_last_part_is_with_the_crm_lets_it_end(confirm, crm, ana, domain):
    import_ = confirm(2)
    bring_to(import_, Part.State.SUBMITTED)

    pausing.pause(import_, ana)
    drive(import_)

    assert_all_went_in(import_, crm, domain, rows=2)


def test_paused_import_can_be_stopped(confirm, ana):
    import_ = confirm(6)
    bring_to(import_, Part.State.SUBMITTED)
    pausing.pause(import_, ana)

    pausing.stop(import_, ana)
    drive(import_)

    assert import_.state == State.STOPPED
    assert (import_.balance.created, import_.balance.not_sent) == (2, 4)


def test_what_has_ended_or_not_begun_cannot_be_paused(confirm, connection, ana, domain):
    draft = checked(connection, ana, leads_csv(domain, 1))
    pausing.pause(draft, ana)
    ended = confirm(2)
    drive(ended)
    pausing.pause(ended, ana)
    pausing.go_on(ended, ana)
    pausing.stop(ended, ana)

    for import_, state in ((draft, State.DRAFT), (ended, State.DONE)):
        import_.refresh_from_db()
        assert (import_.state, import_.is_stopping) == (state, False)


def test_import_stops_by_itself_when_too_many_rows_fail(confirm, settings, connection, line):
    connection.parts_at_once = 1
    connection.save()
    import_ = confirm(8, Terms(failure_limit=10))
    cut_into_parts(import_)
    bad = parts_of(import_)[0]
    _refuse(line)

    drive(import_)

    bad.refresh_from_db()
    assert import_.state == State.STOPPED
    assert import_.balance.failed == 2
    assert import_.balance.not_sent > 0
    assert import_.balance.adds_up
    assert "2 of the first 2 rows failed, more than the 10 % you allowed" in import_.state_reason


def test_failures_within_the_limit_do_not_stop_it(confirm, connection, line):
    connection.parts_at_once = 1
    connection.save()
    import_ = confirm(4, Terms(failure_limit=60))
    line.cut(CREATE, lambda request, carry: carry(request))
    _refuse(line)

    drive(import_)

    assert import_.state == State.DONE_WITH_PROBLEMS
    assert (import_.balance.failed, import_.balance.created) == (2, 2)


def test_second_confirmation_changes_nothing(confirm, ana):
    import_ = confirm(2, Terms(canary=(2,)))

    starting.start(import_, ana, import_.plan_key, Terms())

    import_.refresh_from_db()
    assert import_.canary_json == [2]
    assert import_.runs.count() == 1
    assert advance_import(import_.pk) is not None


def _refuse(line) -> None:
    """The CRM refuses the next part outright."""
    line.cut(CREATE, answered(400, "INVALID_DATA"))
