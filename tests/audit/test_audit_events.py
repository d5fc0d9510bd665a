"""Events: written once, about one subject, and never changed or removed."""

import pytest
from django.db import models

from importer.audit.models import AppendOnly, Event, record
from importer.imports.models import Import


@pytest.fixture
def event(team, ana) -> Event:
    return record("renamed", new_import(team), ana, name="before")


def new_import(team) -> Import:
    return Import(team=team, source_name="a.csv", source_bytes=1)


def change_and_save(event: Event) -> None:
    event.kind = "never happened"
    event.save()


@pytest.mark.parametrize(
    "tamper",
    [
        change_and_save,
        lambda event: event.save(update_fields=["kind"]),
        lambda event: event.delete(),
        lambda event: Event.objects.update(kind="never happened"),
        lambda event: Event.objects.filter(pk=event.pk).update(kind="never happened"),
        lambda event: Event.objects.filter(pk=event.pk).delete(),
        lambda event: Event.objects.all().delete(),
        lambda event: Event.objects.bulk_update([event], ["kind"]),
        lambda event: Event.objects.update_or_create(
            pk=event.pk, defaults={"kind": "never happened"}
        ),
    ],
)
def test_event_cannot_be_changed_or_removed(event, tamper):
    with pytest.raises(AppendOnly):
        tamper(event)

    kept = Event.objects.get(pk=event.pk)
    assert (kept.kind, kept.detail) == ("renamed", {"name": "before"})


def test_event_outlives_what_it_is_about(event, team):
    with pytest.raises(models.ProtectedError):
        team.delete()


def test_record_keeps_who_did_what_to_which(team, ana):
    import_ = Import.objects.create(team=team, source_name="a.csv", source_bytes=1)

    event = record("checked", import_, ana, rows=3)

    event.refresh_from_db()
    assert (event.team, event.actor, event.kind) == (team, ana, "checked")
    assert (event.subject_type, event.subject_id) == ("import", str(import_.pk))
    assert event.detail == {"rows": 3}
    assert event.at is not None


def test_record_without_an_actor_is_the_products_own_act(team):
    assert record("swept", new_import(team)).actor is None


def test_events_about_a_subject_are_its_story_in_order(team):
    first, second = (
        Import.objects.create(team=team, source_name=name, source_bytes=1) for name in "ab"
    )
    for kind, subject in [("uploaded", first), ("uploaded", second), ("checked", first)]:
        record(kind, subject)

    assert [event.kind for event in Event.objects.about(first)] == ["uploaded", "checked"]
