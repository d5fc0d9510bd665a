"""A pause that a connection's CRM wants, as all processes see it."""

from importer.teams.models import Connection


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
