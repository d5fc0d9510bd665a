"""What fails before a job is asked for leaves its part unsent: no row of it is in doubt."""

from datetime import timedelta

import httpx
import pytest
import stamina
from django.db import OperationalError
from django.db import connection as database
from django.utils import timezone

from importer.imports.advance import advance_part, drive
from importer.imports.models import Import, Part
from importer.teams.models import Connection
from tests.line import CREATE, TOKEN, Killed, answered, killed, lost_before, not_reached
from tests.office import assert_all_went_in, bring_to, parts_of, the_lease_runs_out

State = Part.State


class Locked:
    """Stands before the database: once `armed`, it fails to answer what holds `words`."""

    def __init__(self, words: str, times: int = 1) -> None:
        self.words, self.times, self.armed = words, times, False

    def __call__(self, execute, sql, *rest):
        if self.armed and self.times and self.words in sql:
            self.times -= 1
            raise OperationalError("database is locked")
        return execute(sql, *rest)


@pytest.fixture
def about_to_send(start, connection):
    """A plain insert whose next step creates its job."""
    import_ = start("insert")
    part = bring_to(import_, State.UPLOADED)
    Part.objects.update(due_at=None)
    return import_, part


def expire_token(connection: Connection) -> None:
    Connection.objects.filter(pk=connection.pk).update(access_token_expires_at=timezone.now())


@pytest.mark.parametrize(
    "fault",
    [
        not_reached,
        lost_before,
        answered(500),
        lambda request, carry: httpx.Response(200, json={"error": "Access Denied"}),
    ],
)
def test_token_that_is_not_to_be_had_leaves_a_part_unsent(about_to_send, connection, line, fault):
    _, part = about_to_send
    expire_token(connection)
    line.cut(TOKEN, fault, times=9)

    advance_part(part.pk)

    part.refresh_from_db()
    assert part.state == State.UPLOADED
    assert part.reason.startswith("Waiting for the CRM:")
    assert line.count(CREATE) == 0


def test_pause_that_others_were_told_leaves_a_part_unsent(about_to_send, connection, line):
    _, part = about_to_send
    connection.pace.hold(600)

    again = advance_part(part.pk)

    part.refresh_from_db()
    assert part.state == State.UPLOADED
    assert again > timedelta(minutes=5)
    assert line.count(CREATE) == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("column", ["access_token", "held_until"])
def test_database_that_fails_before_a_job_is_asked_for_leaves_no_row_in_doubt(
    about_to_send, crm, domain, line, monkeypatch, column
):
    """In the middle: after the part was saved as `submitting`, before the request is sent."""
    import_, part = about_to_send
    locked = Locked(f'SELECT "teams_connection"."{column}"')
    move = Part.move

    def moved(part: Part, to: State, **fields: object) -> None:
        move(part, to, **fields)
        locked.armed = to == State.SUBMITTING

    monkeypatch.setattr(Part, "move", moved)
    with database.execute_wrapper(locked):
        advance_part(part.pk)

    part.refresh_from_db()
    assert (locked.times, part.state) == (0, State.UPLOADED)
    assert line.count(CREATE) == 0
    drive(import_)
    assert_all_went_in(import_, crm, domain)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("words", ['"held_until" =', '"imports_part"'])
def test_database_that_fails_when_a_job_was_not_taken_leaves_no_row_in_doubt(
    about_to_send, crm, domain, line, words
):
    """In the answer's wake: neither the pause nor the part's state can be saved at first."""
    import_, part = about_to_send
    locked = Locked(words, times=2)

    def too_many(request: httpx.Request, carry) -> httpx.Response:
        locked.armed = True
        return answered(429, "TOO_MANY_REQUESTS")(request, carry)

    line.cut(CREATE, too_many)
    with stamina.set_testing(True, attempts=3, cap=True), database.execute_wrapper(locked):
        advance_part(part.pk)

    part.refresh_from_db()
    assert (locked.times, part.state) == (0, State.UPLOADED)
    drive(import_)
    assert_all_went_in(import_, crm, domain)
    assert line.count(CREATE) == 1


def test_plain_insert_killed_while_its_token_is_renewed_is_sent_later(
    about_to_send, connection, crm, domain, line
):
    import_, _ = about_to_send
    expire_token(connection)
    line.cut(TOKEN, killed)

    with pytest.raises(Killed):
        drive(import_)
    the_lease_runs_out()
    drive(import_)

    assert_all_went_in(import_, crm, domain)
    assert line.count(CREATE) == 1


def test_connection_that_no_longer_works_ends_a_part_as_not_sent(about_to_send, connection, line):
    import_, _ = about_to_send
    expire_token(connection)
    line.cut(TOKEN, lambda request, carry: httpx.Response(200, json={"error": "invalid_code"}), 9)

    drive(import_)

    assert parts_of(import_)[0].state == State.NOT_SENT
    assert (import_.state, import_.balance.not_sent) == (Import.State.DONE_WITH_PROBLEMS, 3)
    assert line.count(CREATE) == 0
