"""The credits that a CRM tells of: kept where all processes see them, without a write each time."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from importer.teams.credits import DatabaseCredits
from importer.teams.models import Connection

pytestmark = pytest.mark.django_db


@pytest.fixture
def row(team):
    made = Connection.objects.create(team=team, name="A CRM")
    return Connection.objects.filter(pk=made.pk)


def left(row) -> int | None:
    return row.get().credits_left


def test_credits_that_are_told_are_kept_with_their_time(row):
    DatabaseCredits(row).told(4000)

    assert left(row) == 4000
    assert timezone.now() - row.get().credits_told_at < timedelta(seconds=10)


def test_what_hardly_changes_is_not_written_each_time(row):
    credits_ = DatabaseCredits(row)
    credits_.told(4000)

    with CaptureQueriesContext(
        database,
    ) as asked:
        for one_less in range(3999, 3950, -1):
            credits_.told(one_less)
    assert len(asked) == 0

    credits_.told(3500)
    assert left(row) == 3500


def test_too_few_for_a_job_is_news(row):
    credits_ = DatabaseCredits(row)
    credits_.told(510)

    credits_.told(499)

    assert left(row) == 499


def test_answer_that_tells_nothing_changes_nothing_at_first(row):
    credits_ = DatabaseCredits(row)
    credits_.told(4000)

    credits_.told(None)

    assert left(row) == 4000


def test_crm_that_has_been_silent_for_a_while_has_enough_again(row):
    row.update(credits_left=4000, credits_told_at=timezone.now() - timedelta(minutes=11))

    DatabaseCredits(row).told(None)

    assert left(row) is None


@pytest.mark.django_db(transaction=True)
def test_database_that_does_not_answer_keeps_nobody_from_asking(row, caplog):
    def busy(*_):
        raise OperationalError("database is locked")

    with database.execute_wrapper(busy):
        DatabaseCredits(row).told(4000)

    assert left(row) is None
    assert "could not be shared" in caplog.text
