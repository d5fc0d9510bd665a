"""A pause that a connection's CRM wants, as all processes see it."""

import pytest
import stamina
from django.db import OperationalError
from django.db import connection as database

from importer.crm.errors import CrmUnavailable
from importer.teams.models import Connection


class Locked:
    """Stands before the database and refuses the first `times` questions."""

    def __init__(self, times: int) -> None:
        self.times = times

    def __call__(self, execute, *question):
        self.times -= 1
        if self.times >= 0:
            raise OperationalError("database is locked")
        return execute(*question)


@pytest.fixture(autouse=True)
def no_waiting():
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


def test_pause_is_seen_by_every_process(connection):
    connection.pace.hold(60)

    assert 50 < Connection.objects.get(pk=connection.pk).pace.wait_s() <= 60


def test_pause_never_ends_earlier_than_one_before(connection):
    connection.pace.hold(60)
    connection.pace.hold(1)

    assert connection.pace.wait_s() > 50


def test_pause_that_is_over_is_no_pause(connection):
    connection.pace.hold(-1)

    assert connection.pace.wait_s() == 0


@pytest.mark.django_db(transaction=True)
def test_pause_is_shared_although_the_database_is_busy(connection):
    with database.execute_wrapper(Locked(times=2)):
        connection.pace.hold(60)

    assert connection.pace.wait_s() > 50


@pytest.mark.django_db(transaction=True)
def test_pause_that_cannot_be_shared_is_logged_and_raises_nothing(connection, caplog):
    pace = connection.pace

    with database.execute_wrapper(Locked(times=9)):
        pace.hold(60)

    assert pace.wait_s() == 0
    assert "could not be shared" in caplog.text


def test_pause_that_cannot_be_read_is_worth_another_try(connection):
    pace = connection.pace

    with (
        database.execute_wrapper(Locked(times=9)),
        pytest.raises(CrmUnavailable, match="our own database"),
    ):
        pace.wait_s()
