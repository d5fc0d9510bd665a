"""The life of an import: the import itself, its runs, and the parts that they send."""

import hashlib
import json
import uuid
from datetime import timedelta
from typing import Any, Self, TypeVar

import cattrs
from django.conf import settings
from django.db import models
from django.db.models import Sum
from django.db.models.fields.json import KT
from django.utils import timezone

from importer.bulk import Balance, Slice
from importer.checks.model import Question, Summary
from importer.crm import schema
from importer.crm.errors import CrmRefused
from importer.crm.schema import Module, Operation, Organisation
from importer.imports.files import ImportFiles
from importer.imports.leases import IllegalMove, Leased, LeasedQuerySet
from importer.imports.uploads import Upload as Upload  # Django looks for models here
from importer.mapping.model import Mapping
from importer.sheets.table import Choice, Inspection, Reading, Table
from importer.teams import metadata
from importer.teams.models import Connection, Team, TeamQuerySet

T = TypeVar("T")
EARLY = timedelta(seconds=1)  # a nudge may come that much before the step is due


class ImportQuerySet(TeamQuerySet, LeasedQuerySet):  # type: ignore[override]  # as_manager of both
    """Imports, newest first."""

    def waiting(self) -> Self:
        """Those that a worker has something to do for."""
        return self.free().filter(
            models.Q(state=Import.State.DRAFT) & ~models.Q(work=Import.Work.NONE)
            | models.Q(state__in=[Import.State.QUEUED, Import.State.RUNNING])
        )

    def for_list(self) -> Self:
        """What a line of a list shows, without the large columns."""
        large = ["inspection_json", "table_json", "mapping_json", "questions_json", "check_json"]
        lines = self.select_related("created_by").defer(*large)
        return lines.annotate(rows=KT("table_json__rows"))

    def of_the_same_file(self, other: "Import") -> Self:
        """The team's earlier imports of the very same bytes."""
        same = self.filter(team=other.team_id, source_sha256=other.source_sha256)
        return same.filter(created_at__lt=other.created_at).exclude(state=Import.State.DRAFT)


class Import(Leased):
    """One file's journey into the CRM."""

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        QUEUED = "queued", "queued"
        RUNNING = "running", "running"
        DONE = "done", "done"
        DONE_WITH_PROBLEMS = "done_with_problems", "done with problems"
        STOPPED = "stopped", "stopped"
        FAILED = "failed", "failed"

    class Work(models.TextChoices):
        """What a worker does for a draft; the person waits and watches."""

        NONE = "", "nothing"
        READ = "read", "reading the file"
        ASK = "ask", "looking for values that need an answer"
        CHECK = "check", "checking every row"

    MOVES = {
        State.DRAFT: {State.QUEUED},
        State.QUEUED: {State.RUNNING, State.FAILED},
        State.RUNNING: {State.DONE, State.DONE_WITH_PROBLEMS, State.STOPPED, State.FAILED},
    }
    OPEN = (State.QUEUED, State.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, models.PROTECT, related_name="imports")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="imports"
    )  # null: the command line
    created_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=20, choices=State, default=State.DRAFT)
    state_reason = models.TextField("why", blank=True)  # why it failed, for a person
    work = models.CharField(max_length=10, choices=Work, default=Work.NONE, blank=True)
    work_number = models.PositiveIntegerField(default=0)  # counts what was asked of the worker
    tries = models.PositiveIntegerField(default=0)  # of the present step
    work_error = models.TextField(blank=True)  # why the work could not be done, for a person

    source_name = models.CharField("file", max_length=255)
    source_bytes = models.BigIntegerField("size in bytes")
    source_sha256 = models.CharField("SHA-256", max_length=64)
    choice_json = models.JSONField(null=True)  # what a person decided about reading the file
    inspection_json = models.JSONField(null=True)
    inspected_for = models.PositiveIntegerField(null=True)  # the `work_number` it holds for
    rows_read = models.PositiveIntegerField(default=0)  # while the file is read
    table_json = models.JSONField(null=True)
    table_file = models.CharField(max_length=40, blank=True)  # the staged table's name

    connection = models.ForeignKey(Connection, models.PROTECT, null=True, related_name="imports")
    module = models.CharField(max_length=100, blank=True)  # API name
    operation = models.CharField(max_length=10, blank=True, choices=[(o, o) for o in Operation])
    find_by = models.CharField("match field", max_length=100, blank=True)  # API name
    mapping_json = models.JSONField(null=True)

    questions_json = models.JSONField(null=True)
    questions_for = models.CharField(max_length=64, blank=True)  # the `question_key` they answer
    check_json = models.JSONField(null=True)
    checked_for = models.CharField(max_length=64, blank=True)  # the `plan_key` it holds for
    metadata_version = models.CharField(max_length=64, blank=True)  # that the last work used
    module_json = models.JSONField(null=True)  # crm.schema.Module as it was for the check

    confirmed_at = models.DateTimeField(null=True)
    is_stopping = models.BooleanField(default=False)  # what is not with the CRM yet, stays here
    finished_at = models.DateTimeField(null=True)
    balance_json = models.JSONField(null=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            # the team's list of imports
            models.Index(fields=["team", "-created_at"], name="import_team_created"),
            # the sweep
            models.Index(fields=["state", "work"], name="import_state_work"),
            # has this file been imported before?
            models.Index(fields=["team", "source_sha256"], name="import_team_source"),
        ]

    def __str__(self) -> str:
        return f"{self.source_name} ({self.get_state_display()})"

    # The JSON columns as what they are -----------------------------------------------------

    @property
    def files(self) -> ImportFiles:
        return ImportFiles(self.id)

    @property
    def choice(self) -> Choice:
        return _structured(self.choice_json, Choice) or Choice()

    @property
    def reading(self) -> Reading | None:
        return self.inspection.reading if self.inspection else None

    @property
    def inspection(self) -> Inspection | None:
        return _structured(self.inspection_json, Inspection)

    @property
    def table(self) -> Table | None:
        return _structured(self.table_json, Table)

    @property
    def mapping(self) -> Mapping:
        return Mapping.from_json(self.mapping_json) if self.mapping_json else Mapping()

    @property
    def questions(self) -> tuple[Question, ...]:
        """What only a person can answer, if it was asked for the choices as they are."""
        if not self.is_asked:
            return ()
        return cattrs.structure(self.questions_json or [], tuple[Question, ...])

    @property
    def check_summary(self) -> Summary | None:
        return _structured(self.check_json, Summary)

    @property
    def balance(self) -> Balance | None:
        return _structured(self.balance_json, Balance)

    @property
    def organisation(self) -> Organisation | None:
        return _structured(self.connection.organisation, Organisation) if self.connection else None

    def destination(self) -> Module:
        """The module that the rows go to, with its fields. Raises `CrmError`.

        Of a confirmed import as it was checked, whatever the CRM's fields are by now.
        """
        if self.module_json and not self.is_draft:
            return schema.module_from_json(self.module_json)
        if self.connection is None:
            raise CrmRefused("No connection was chosen.")
        return metadata.module(self.connection, self.module)

    # What holds for which choices ----------------------------------------------------------

    @property
    def plan_key(self) -> str:
        """Stands for all that decides what a run would do: file, reading, destination, mapping."""
        return self._key(self.mapping)

    @property
    def question_key(self) -> str:
        """As `plan_key`, but the same whatever has been answered."""
        return self._key(self.mapping.without_answers())

    def _key(self, mapping: Mapping) -> str:
        decided = [
            self.source_sha256,
            (self.inspection_json or {}).get("reading"),
            str(self.connection_id),
            self.module,
            self.operation,
            self.find_by,
            mapping.to_json(),
            self.metadata_version,
        ]
        return hashlib.sha256(json.dumps(decided, sort_keys=True).encode()).hexdigest()

    @property
    def is_asked(self) -> bool:
        """Whether the questions are those of the choices as they are now."""
        return bool(self.mapping_json) and self.questions_for == self.question_key

    @property
    def is_checked(self) -> bool:
        """Whether the check is one of the choices as they are now."""
        return bool(self.mapping_json) and self.checked_for == self.plan_key

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    @property
    def is_open(self) -> bool:
        """On its way: confirmed, and not yet ended."""
        return self.state in self.OPEN

    def note(self, **found: Any) -> bool:
        """Save what the worker found; False if the person has asked for other work meanwhile."""
        same = {"pk": self.pk, "lease_token": self.lease_token, "work_number": self.work_number}
        return bool(Import.objects.filter(**same).update(**found))

    def finish_work(self, **done: Any) -> bool:
        """As `note`; the worker has nothing more to do."""
        return self.note(work=Import.Work.NONE, tries=0, **done)

    def give_up(self, reason: str) -> None:
        """End what cannot be done, with the `reason` for a person."""
        if self.is_draft:
            self.finish_work(work_error=reason)
        else:
            self.move(self.State.FAILED, state_reason=reason, tries=0)

    def move(self, to: State, **fields: Any) -> None:
        """Step to `to`, saving `fields` with it; `IllegalMove` if another was first."""
        origins = [state for state, targets in self.MOVES.items() if to in targets]
        mine = Import.objects.filter(pk=self.pk, state__in=origins)
        if not mine.update(state=to, **fields):
            raise IllegalMove(f"{self} cannot become {to}")
        self.refresh_from_db()


class Run(models.Model):
    """One sending of an import's rows."""

    class Kind(models.TextChoices):
        MAIN = "main", "main"

    for_import = models.ForeignKey(Import, models.PROTECT, related_name="runs")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.MAIN)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["for_import"],
                condition=models.Q(kind="main"),
                name="one_main_run_an_import",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} run of {self.for_import}"


class PartQuerySet(LeasedQuerySet):
    """Parts, in file order."""

    def of(self, import_pk: uuid.UUID) -> Self:
        return self.filter(run__for_import=import_pk)

    def open(self) -> Self:
        """Those that still have a step to take."""
        return self.exclude(state__in=Part.ENDED)

    def waiting(self) -> Self:
        """Those whose next step is due, and that nobody works on."""
        due = models.Q(due_at=None) | models.Q(due_at__lte=timezone.now())
        stopping = models.Q(run__for_import__is_stopping=True, state__in=Part.STOPPABLE)
        return self.open().free().filter(due | stopping)

    def rows_done(self) -> int:
        """Rows whose outcome the CRM has told so far."""
        return self.aggregate(rows=Sum("rows_done"))["rows"] or 0


class Part(Leased):
    """At most 25,000 rows / 25 MB zip: one bulk write job."""

    class State(models.TextChoices):
        PLANNED = "planned", "waiting"
        PACKED = "packed", "packed"
        UPLOADED = "uploaded", "uploaded"
        SUBMITTING = "submitting", "being sent"
        SUBMITTED = "submitted", "with the CRM"
        FINISHED = "finished", "result ready"
        COLLECTED = "collected", "finished"
        REFUSED = "refused", "refused"
        NOT_SENT = "not_sent", "not sent"
        UNKNOWN = "unknown", "outcome unknown"

    MOVES = {
        State.PLANNED: {State.PACKED, State.NOT_SENT},
        State.PACKED: {State.UPLOADED, State.REFUSED, State.NOT_SENT},
        State.UPLOADED: {State.SUBMITTING, State.REFUSED, State.NOT_SENT},
        State.SUBMITTING: {
            State.UPLOADED,  # surely not sent
            State.SUBMITTED,
            State.REFUSED,
            State.NOT_SENT,
            State.UNKNOWN,
        },
        State.SUBMITTED: {State.FINISHED, State.REFUSED, State.UNKNOWN},
        State.FINISHED: {State.COLLECTED, State.UNKNOWN},
    }
    UNSENT = (State.PLANNED, State.PACKED, State.UPLOADED)
    STOPPABLE = (*UNSENT, State.SUBMITTING)
    ENDED = (State.COLLECTED, State.REFUSED, State.NOT_SENT, State.UNKNOWN)

    run = models.ForeignKey(Run, models.PROTECT, related_name="parts")
    number = models.PositiveIntegerField()  # from 1
    state = models.CharField(max_length=20, choices=State, default=State.PLANNED)
    offset = models.PositiveBigIntegerField()  # of its first row among the checked rows, from 0
    rows = models.PositiveIntegerField()
    first_row = models.PositiveBigIntegerField()  # as Excel numbers it
    last_row = models.PositiveBigIntegerField()
    fields_json = models.JSONField(default=list)  # bulk.PackedField, in the CSV's column order
    zip_bytes = models.PositiveIntegerField(null=True)
    file_id = models.CharField(max_length=50, blank=True)
    job_id = models.CharField(max_length=50, blank=True)
    submitted_at = models.DateTimeField(null=True)
    was_sent_again = models.BooleanField(default=False)  # a first answer was lost
    looks = models.PositiveIntegerField(default=0)  # how often we asked for the job's state
    tries = models.PositiveIntegerField(default=0)  # of the present step, while the CRM is busy
    faults = models.PositiveIntegerField(default=0)  # times that a step of it did not end well
    due_at = models.DateTimeField(null=True)  # the next step is useful from here on
    rows_done = models.PositiveIntegerField(default=0)  # as the CRM tells while it works
    code = models.CharField(max_length=60, blank=True)  # the CRM's, where it refused
    reason = models.TextField(blank=True)  # why it ended without a result, for a person

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
    def is_due(self) -> bool:
        """Whether its next step is to be taken now: a person who stops is not kept waiting."""
        if self.due_at is None or self.due_at <= timezone.now() + EARLY:
            return True
        return self.state in self.STOPPABLE and self.run.for_import.is_stopping

    @property
    def slice(self) -> Slice:
        """The checked rows that it sends."""
        return Slice(self.offset, self.rows, self.first_row, self.last_row)

    @property
    def slug(self) -> str:
        """Names the part's files."""
        return f"run-{self.run_id}-part-{self.number:04}"

    def move(self, to: State, **fields: Any) -> None:
        """Step to `to` under our lease, saving `fields`; `LostLease` or `IllegalMove` otherwise."""
        if to not in self.MOVES.get(self.State(self.state), ()):
            raise IllegalMove(f"{self} cannot become {to}")
        self.write(**{"state": to, "tries": 0, "due_at": None, "reason": ""} | fields)


def _structured(data: Any, kind: type[T]) -> T | None:
    return cattrs.structure(data, kind) if data else None
