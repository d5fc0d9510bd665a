"""Events: every act, by whom and when. They are written once and never changed."""

from typing import Any, NoReturn, Self

from django.conf import settings
from django.db import models


class AppendOnly(Exception):
    """An event cannot be changed or removed."""


class EventQuerySet(models.QuerySet["Event"]):
    """Events, newest last; only ever added to."""

    def about(self, subject: models.Model) -> Self:
        """The story of `subject`."""
        return self.filter(subject_type=subject._meta.model_name, subject_id=str(subject.pk))

    def update(self, *_: Any, **__: Any) -> NoReturn:
        raise AppendOnly("events are never changed")

    def delete(self) -> NoReturn:
        raise AppendOnly("events are never removed")

    bulk_update = update


class Event(models.Model):
    """One act: `actor` did `kind` to a subject, at `at`; `detail` holds the facts of it."""

    team = models.ForeignKey("teams.Team", models.PROTECT, related_name="events")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True)
    at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=50)  # a past participle: uploaded, checked, confirmed
    subject_type = models.CharField(max_length=50)  # a model's name
    subject_id = models.CharField(max_length=50)
    detail = models.JSONField(default=dict)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            # an import's story, in order
            models.Index(fields=["subject_type", "subject_id", "id"], name="event_subject"),
            # a team's latest acts
            models.Index(fields=["team", "-at"], name="event_team_at"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_type} {self.subject_id}"

    def save(self, **kwargs: Any) -> None:
        """Only ever inserts."""
        if self.pk is not None:
            raise AppendOnly("events are never changed")
        super().save(force_insert=True, **kwargs)

    def delete(self, using: Any = None, keep_parents: bool = False) -> NoReturn:
        raise AppendOnly("events are never removed")

    @property
    def words(self) -> str:
        """The kind as people read it."""
        return self.kind.replace("_", " ")


def record(kind: str, subject: models.Model, actor: Any = None, **detail: Any) -> Event:
    """Add the event that `actor` (None for the product itself) did `kind` to `subject`.

    `detail` is plain JSON: facts and counts, never cell values or secrets.
    """
    event = Event(
        team_id=subject.team_id,  # type: ignore[attr-defined]
        actor=actor,
        kind=kind,
        subject_type=subject._meta.model_name or "",
        subject_id=str(subject.pk),
        detail=detail,
    )
    event.save()
    return event
