"""What an import sends: its runs, and the parts that each of them is cut into."""

import uuid
from typing import Any, Self

import cattrs
from django.conf import settings
from django.db import models
from django.db.models import Q, Sum
from django.utils import timezone

from importer.bulk import Balance, Slice
from importer.checks.model import Summary
from importer.imports.leases import EARLY, IllegalMove, Leased, LeasedQuerySet

PAUSED = "paused"  # the state of an import that sends nothing more for now


class RunQuerySet(models.QuerySet[Any]):
    """Runs, in the order in which they were begun."""

    def at_work(self) -> Self:
        """Those confirmed and not yet ended; an import has at most one."""
        return self.filter(state__in=[Run.State.QUEUED, Run.State.RUNNING])

    def sent(self) -> Self:
        """Those that have sent rows, or are about to; an undo takes them back."""
        return self.exclude(state=Run.State.DRAFT).exclude(kind=Run.Kind.UNDO)


class Run(models.Model):
    """One sending of an import's rows, or the taking back of them."""

    class Kind(models.TextChoices):
        CANARY = "canary", "first rows"
        MAIN = "main", "all rows"
        RETRY = "retry", "corrected rows"
        UNDO = "undo", "undo"

    class State(models.TextChoices):
        DRAFT = "draft", "to be confirmed"
        QUEUED = "queued", "about to begin"
        RUNNING = "running", "running"
        ENDED = "ended", "ended"

    for_import = models.ForeignKey("imports.Import", models.PROTECT, related_name="runs")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.MAIN)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True)
    began_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    credits = models.PositiveIntegerField(default=0)  # that it was planned to take
    rows_file = models.CharField(max_length=60, blank=True)  # its rows, in sending order
    problems_file = models.CharField(max_length=60, blank=True)  # of the check they passed
    check_json = models.JSONField(null=True)  # checks.Summary, of a retry
    plan_json = models.JSONField(null=True)  # what a retry or an undo will do
    balance_json = models.JSONField(null=True)  # of the import, as it was when this run ended

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["for_import"],
                condition=Q(kind="main"),
                name="one_main_run_an_import",
            ),
            models.UniqueConstraint(
                fields=["for_import"],
                condition=Q(state__in=["queued", "running"]),
                name="one_run_at_work_an_import",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} run of {self.for_import}"

    @property
    def check_summary(self) -> Summary | None:
        return cattrs.structure(self.check_json, Summary) if self.check_json else None

    @property
    def balance(self) -> Balance | None:
        return cattrs.structure(self.balance_json, Balance) if self.balance_json else None


class PartQuerySet(LeasedQuerySet):
    """Parts, in the order in which they are sent."""

    def of(self, import_pk: uuid.UUID) -> Self:
        return self.filter(run__for_import=import_pk)

    def open(self) -> Self:
        """Those that still have a step to take."""
        return self.exclude(state__in=Part.ENDED)

    def unsent(self) -> Self:
        """Those of which the CRM has no job."""
        return self.filter(state__in=Part.UNSENT)

    def with_crm(self) -> Self:
        """Those that are sent, or may be, and have not ended."""
        return self.open().exclude(state__in=Part.UNSENT)

    def taken_up(self) -> Self:
        """Those that had ended, and of which the CRM or a person has told more since."""
        return self.filter(state__in=Part.ENDED, due_at__isnull=False)

    def waiting(self) -> Self:
        """Those whose next step is due, and that nobody works on."""
        due = Q(due_at=None) | Q(due_at__lte=timezone.now())
        stopping = Q(run__for_import__is_stopping=True, state__in=Part.STOPPABLE)
        held = Q(run__for_import__state=PAUSED, state__in=Part.UNSENT)
        is_open = ~Q(state__in=Part.ENDED) & (due | stopping) & ~held
        taken_up = Q(state__in=Part.ENDED, due_at__lte=timezone.now())
        return self.free().filter(is_open | taken_up)

    def rows_done(self) -> int:
        """Rows whose outcome the CRM has told so far."""
        return self.aggregate(rows=Sum("rows_done"))["rows"] or 0


class Part(Leased):
    """At most 25,000 rows / 25 MB zip: one bulk write job, or in an undo a batch of calls."""

    class State(models.TextChoices):
        PLANNED = "planned", "waiting"
        PACKED = "packed", "packed"
        UPLOADED = "uploaded", "uploaded"
        SUBMITTING = "submitting", "being sent"
        SETTLING = "settling", "being looked up"
        SUBMITTED = "submitted", "with the CRM"
        FINISHED = "finished", "result ready"
        COLLECTED = "collected", "finished"
        REFUSED = "refused", "refused"
        NOT_SENT = "not_sent", "not sent"
        UNKNOWN = "unknown", "outcome unknown"

    MOVES = {
        State.PLANNED: {State.PACKED, State.NOT_SENT, State.COLLECTED},  # the last in an undo
        State.PACKED: {State.UPLOADED, State.REFUSED, State.NOT_SENT},
        State.UPLOADED: {State.SUBMITTING, State.REFUSED, State.NOT_SENT},
        State.SUBMITTING: {
            State.UPLOADED,  # surely not sent
            State.SUBMITTED,
            State.SETTLING,
            State.REFUSED,
            State.NOT_SENT,
            State.UNKNOWN,
        },
        State.SETTLING: {
            State.SUBMITTING,  # again: its job was looked for in vain
            State.SUBMITTED,
            State.COLLECTED,
            State.UNKNOWN,
        },
        State.SUBMITTED: {State.FINISHED, State.REFUSED, State.UNKNOWN},
        State.FINISHED: {State.COLLECTED, State.UNKNOWN},
        # once ended, by a late hint of the CRM or a person who knows
        State.UNKNOWN: {State.SUBMITTED, State.COLLECTED, State.NOT_SENT},
        State.NOT_SENT: {State.SUBMITTED},
        State.COLLECTED: {State.SUBMITTED, State.COLLECTED},
    }
    UNSENT = (State.PLANNED, State.PACKED, State.UPLOADED)
    STOPPABLE = (*UNSENT, State.SUBMITTING)
    AT_WORK = (State.SUBMITTING, State.SUBMITTED)  # has a job that the CRM works on, or may
    ENDED = (State.COLLECTED, State.REFUSED, State.NOT_SENT, State.UNKNOWN)

    run = models.ForeignKey(Run, models.PROTECT, related_name="parts")
    number = models.PositiveIntegerField()  # from 1
    state = models.CharField(max_length=20, choices=State, default=State.PLANNED)
    offset = models.PositiveBigIntegerField()  # of its first row among the run's rows, from 0
    rows = models.PositiveIntegerField()
    first_row = models.PositiveBigIntegerField()  # as Excel numbers it
    last_row = models.PositiveBigIntegerField()
    clears = models.BooleanField(default=False)  # blank cells erase what the CRM has
    left_out_json = models.JSONField(default=list)  # API names of fields that it does not send
    fields_json = models.JSONField(default=list)  # bulk.PackedField, in the CSV's column order
    zip_bytes = models.PositiveIntegerField(null=True)
    file_id = models.CharField(max_length=50, blank=True)
    values_kept_at = models.DateTimeField(null=True)  # the records' values before it, for undo
    sent_at = models.DateTimeField(null=True)  # the request for its job, answered or not
    hinted_job_id = models.CharField(max_length=50, blank=True)  # by a callback; to be proved
    evidence_json = models.JSONField(null=True)  # what look-ups told, while the outcome is unknown
    job_id = models.CharField(max_length=50, blank=True)
    submitted_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)  # we saw that the job had ended
    was_sent_again = models.BooleanField(default=False)  # a first answer was lost
    looks = models.PositiveIntegerField(default=0)  # how often we asked in the present state
    tries = models.PositiveIntegerField(default=0)  # of the present step, while the CRM is busy
    faults = models.PositiveIntegerField(default=0)  # times that a step of it did not end well
    due_at = models.DateTimeField(null=True)  # the next step is useful from here on
    rows_done = models.PositiveIntegerField(default=0)  # as the CRM tells while it works
    rows_failed = models.PositiveIntegerField(default=0)  # of those, refused by the CRM
    code = models.CharField(max_length=60, blank=True)  # the CRM's, where it refused
    reason = models.TextField(blank=True)  # why it waits or ended without a result, for a person

    objects = PartQuerySet.as_manager()

    class Meta:
        ordering = ["run", "number"]
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="part_number_in_run"),
        ]
        indexes = [
            # the sweep
            models.Index(fields=["state", "due_at"], name="part_state_due"),
        ]

    def __str__(self) -> str:
        return f"part {self.number} ({self.get_state_display()})"

    @property
    def is_ended(self) -> bool:
        return self.state in self.ENDED

    @property
    def has_step(self) -> bool:
        """Whether there is something to do for it: also where it had ended and is taken up."""
        return not self.is_ended or self.due_at is not None

    @property
    def has_result_to_come(self) -> bool:
        """Whether its job is known, so that its outcome can be had as long as the CRM keeps it."""
        return self.state in (self.State.SUBMITTED, self.State.FINISHED)

    @property
    def is_due(self) -> bool:
        """Whether its next step is to be taken now: a person who stops is not kept waiting."""
        if self.state in self.STOPPABLE and self.run.for_import.is_stopping:
            return True
        if self.state in self.UNSENT and self.run.for_import.state == PAUSED:
            return False
        return self.due_at is None or self.due_at <= timezone.now() + EARLY

    @property
    def slice(self) -> Slice:
        """The rows of its run that it sends."""
        left_out = tuple(self.left_out_json)
        return Slice(self.offset, self.rows, self.first_row, self.last_row, left_out, self.clears)

    @property
    def slug(self) -> str:
        """Names the part's files."""
        return f"run-{self.run_id}-part-{self.number:04}"

    @property
    def ledger_name(self) -> str:
        """The file with the outcome of each of its rows."""
        return f"{self.slug}.ledger.parquet"

    def move(self, to: State, **fields: Any) -> None:
        """Step to `to` under our lease, saving `fields`; `LostLease` or `IllegalMove` otherwise."""
        if to not in self.MOVES.get(self.State(self.state), ()):
            raise IllegalMove(f"{self} cannot become {to}")
        self.write(**{"state": to, "tries": 0, "looks": 0, "due_at": None, "reason": ""} | fields)
