"""Notices: what became of an import, told to one person, or to the team's webhook.

A notice is its own outbox. In the app it is there at once; what has to leave the house waits in
`delivery` until it is sent, or given up after a day.
"""

import random
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.text import get_text_list

from importer.imports.causes import LABELS
from importer.imports.leases import Leased, LeasedQuerySet
from importer.teams.models import Team, User

if TYPE_CHECKING:
    from importer.imports.models import Import

TRIED_FOR = timedelta(days=1)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)


class NoticeQuerySet(LeasedQuerySet):
    """Notices, newest first."""

    def of(self, user: User) -> Self:
        """What `user` was told in the team that they belong to."""
        return self.filter(user=user, team=user.team_id)

    def unread(self) -> Self:
        """Those not seen yet; of imports of the team that their reader is in now."""
        return self.filter(read_at=None, team=F("user__team"))

    def mark_read(self) -> None:
        """They have been seen."""
        self.filter(read_at=None).update(read_at=timezone.now())

    def waiting(self) -> Self:
        """Those that have to be sent now, and that nobody is sending."""
        due = self.filter(delivery=Notice.Delivery.WAITING, due_at__lte=timezone.now())
        return due.free()

    def for_list(self) -> Self:
        """What a line of the list shows, without the import's large columns."""
        own = [field.name for field in Notice._meta.concrete_fields]
        return self.select_related("for_import").only(*own, "for_import__source_name")


class Notice(Leased):
    """One thing that happened to an import, told to `user`; to the webhook where that is None."""

    class Kind(models.TextChoices):
        FINISHED = "finished", "finished"
        STOPPED = "stopped", "stopped"
        TOO_MANY_FAILED = "too_many_failed", "stopped by itself"
        RETRIED = "retried", "retried"  # the rows that had not gone in were sent again
        UNDONE = "undone", "undone"
        FAILED = "failed", "failed"
        CANARY = "canary", "first rows are in"  # a person looks at them and says how to go on
        WAITING = "waiting", "waiting for you"  # for what only a person can decide
        WEBHOOK_FAILED = "webhook_failed", "webhook failed"  # for those who manage the team

    class Delivery(models.TextChoices):
        """What becomes of the e-mail, or of the message to the webhook."""

        NONE = "", "not to be sent"
        WAITING = "waiting", "waiting"
        SENT = "sent", "sent"
        FAILED = "failed", "given up"

    PAUSED = (Kind.CANARY, Kind.WAITING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, models.PROTECT, related_name="notices")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="notices"
    )
    for_import = models.ForeignKey("imports.Import", models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=20, choices=Kind)
    module = models.CharField(max_length=200)  # as people call it
    counts = models.JSONField(default=dict)  # rows by outcome, as they were then; and "rows"
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)

    delivery = models.CharField(max_length=10, choices=Delivery, default=Delivery.NONE, blank=True)
    tries = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)  # the next try
    fault = models.TextField(blank=True)  # of the latest try, for a person

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            # a person's list
            models.Index(fields=["user", "-created_at"], name="notice_user_created"),
            # the number in every page's header
            models.Index(fields=["user"], condition=Q(read_at=None), name="notice_unread"),
            # the sweep
            models.Index(fields=["due_at"], condition=Q(delivery="waiting"), name="notice_due"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} notice of {self.for_import_id}"

    @classmethod
    def about(cls, import_: "Import", kind: Kind, counts: dict[str, int], **to: Any) -> Self:
        """A notice of what just happened to `import_`, not saved yet."""
        label = (import_.module_json or {}).get("label") or import_.module
        facts = {"module": label, "counts": counts, "kind": kind}
        return cls(team_id=import_.team_id, for_import=import_, **facts, **to)

    @property
    def is_problem(self) -> bool:
        """Whether somebody has to do something, or not all went as it was meant to."""
        if self.kind == self.Kind.UNDONE:
            return self.went_in > 0
        if self.kind in (self.Kind.FINISHED, self.Kind.RETRIED):
            return self.went_in < self.rows
        return True

    @property
    def state(self) -> str:
        """The colour and the shape for it."""
        if self.kind in (self.Kind.FAILED, self.Kind.WEBHOOK_FAILED):
            return "failed"
        if self.kind in self.PAUSED:
            return "paused"
        if self.kind in (self.Kind.STOPPED, self.Kind.TOO_MANY_FAILED):
            return "stopped"
        return "done_with_problems" if self.is_problem else "done"

    @property
    def is_due(self) -> bool:
        return self.delivery == self.Delivery.WAITING and self.due_at <= timezone.now()

    @property
    def rows(self) -> int:
        return int(self.counts.get("rows", 0))

    @property
    def went_in(self) -> int:
        """Rows whose record was in the CRM as the row says."""
        return sum(self.counts.get(name, 0) for name in ("created", "updated", "unchanged"))

    @property
    def taken_back(self) -> int:
        """Rows that were in the CRM and that undoing took out again."""
        return int(self.counts.get("reversed", 0))

    @property
    def number(self) -> str:
        """The import's, short enough to be read out."""
        return str(self.for_import_id)[:8]

    @property
    def url(self) -> str:
        """Where to see what it tells of."""
        if self.kind == self.Kind.WEBHOOK_FAILED:
            return reverse("notifications:notifications")
        return reverse("imports:go_on", args=[self.for_import_id])

    @property
    def address(self) -> str:
        """As `url`, from outside."""
        return f"{settings.BASE_URL}{self.url}"

    def put_off(self) -> None:
        """Let the next try, if there has to be one, come later than the one before."""
        pause = min(FIRST_PAUSE * 2 ** min(self.tries, 20), LONGEST_PAUSE)
        pause *= random.uniform(1.0, 1.3)  # noqa: S311  # spreads load
        self.write(tries=self.tries + 1, due_at=timezone.now() + pause)

    @property
    def is_hopeless(self) -> bool:
        """Whether it has been tried for long enough."""
        return self.due_at > self.created_at + TRIED_FOR

    # What it says --------------------------------------------------------------------------

    @property
    def headline(self) -> str:
        """What happened, in a line without anybody's data."""
        one = self.rows == 1
        return HEADLINES[self.Kind(self.kind)].format(
            module=self.module,
            went_in=f"{self.went_in:,} of {self.rows:,} {'row is' if one else 'rows are'} in",
            taken_back=f"{self.taken_back:,} of {self.rows:,} {'row was' if one else 'rows were'}",
        )

    @property
    def detail(self) -> str:
        """The counts, or what there is to do; perhaps nothing."""
        if self.kind == self.Kind.WEBHOOK_FAILED:
            return f"It was not told of an import into {self.module}."
        if "done" in self.counts:
            return f"{self.counts['done']:,} of {self.rows:,} rows are done."
        told = [f"{self.counts[o]:,} {label}" for o, label in LABELS.items() if self.counts.get(o)]
        return f"{get_text_list(told, 'and')}." if told else ""

    @property
    def next_step(self) -> str:
        """What its link is for."""
        if self.kind == self.Kind.WEBHOOK_FAILED:
            return "See what is wrong with it"
        return "Say how to go on" if self.kind in self.PAUSED else "See what became of every row"


HEADLINES = {
    Notice.Kind.FINISHED: "{went_in} {module}",
    Notice.Kind.STOPPED: "Stopped: {went_in} {module}",
    Notice.Kind.TOO_MANY_FAILED: "Stopped, for too many failed: {went_in} {module}",
    Notice.Kind.RETRIED: "Retried: {went_in} {module}",
    Notice.Kind.UNDONE: "Undone: {taken_back} taken back from {module}",
    Notice.Kind.FAILED: "The import into {module} failed",
    Notice.Kind.CANARY: "The first rows are in {module}: have a look at them",
    Notice.Kind.WAITING: "The import into {module} waits for you",
    Notice.Kind.WEBHOOK_FAILED: "Your team's webhook could not be reached for a day",
}
