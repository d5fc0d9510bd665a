"""How imports use a connection: chosen by those who manage the team."""

import pytest
from django.urls import reverse

from importer.audit.models import Event
from importer.teams.models import Connection

pytestmark = pytest.mark.django_db


@pytest.fixture
def kept(team):
    return Connection.objects.create(team=team, name="A CRM")


def save(client, user, connection, **given):
    client.force_login(user)
    return client.post(reverse("teams:sending", args=[connection.pk]), given, follow=True)


def test_limits_and_mark_are_kept_and_recorded(client, boss, kept):
    page = save(client, boss, kept, part_rows="500", parts_at_once="2", mark_field="Import_Mark")

    kept.refresh_from_db()
    assert (kept.rows_a_part, kept.jobs_in_flight, kept.mark_field) == (500, 2, "Import_Mark")
    assert "Imports into “A CRM” begin so from now on" in page.content.decode()
    [event] = Event.objects.about(kept)
    assert (event.kind, event.actor) == ("sending_chosen", boss)
    assert event.detail["part_rows"] == 500


def test_empty_fields_mean_what_is_usual(client, boss, kept, settings):
    Connection.objects.update(part_rows=500, parts_at_once=2, mark_field="Import_Mark")

    save(client, boss, kept, part_rows="", parts_at_once="", mark_field="")

    kept.refresh_from_db()
    assert (kept.part_rows, kept.parts_at_once, kept.mark_field) == (None, None, "")
    assert kept.rows_a_part == settings.PART_ROWS


@pytest.mark.parametrize(
    "given",
    [
        {"part_rows": "25001"},
        {"part_rows": "0"},
        {"parts_at_once": "21"},
        {"mark_field": "Import Mark"},
        {"mark_field": "x' or 1"},
    ],
)
def test_what_cannot_be_is_refused_in_words(client, boss, kept, given):
    page = save(client, boss, kept, **given)

    assert page.context["form"].errors.keys() == given.keys()
    kept.refresh_from_db()
    assert (kept.part_rows, kept.parts_at_once, kept.mark_field) == (None, None, "")


def test_only_who_manages_the_team_may_choose(client, ana, stranger, kept):
    assert save(client, ana, kept, part_rows="5").status_code == 403
    assert save(client, stranger, kept, part_rows="5").status_code == 404
    kept.refresh_from_db()
    assert kept.part_rows is None
