"""The life of an import: what it is, what was decided, and how far it has come."""

import hashlib
import json
import uuid
from typing import Any, Self, TypeVar

import cattrs
from django.conf import settings
from django.db import models
from django.db.models.fields.json import KT
from django.utils import timezone

from importer.bulk import Balance, Group
from importer.checks.model import Question, Summary
from importer.crm import schema
from importer.crm.errors import CrmRefused
from importer.crm.schema import Module, Operation, Organisation
from importer.imports import files
from importer.imports.edits import Edit as Edit  # Django looks for models here
from importer.imports.files import ImportFiles
from importer.imports.leases import EARLY, IllegalMove, Leased, LeasedQuerySet
from importer.imports.notices import Notice as Notice
from importer.imports.runs import PAUSED
from importer.imports.runs import Part as Part
from importer.imports.runs import Run as Run
from importer.imports.uploads import Upload as Upload
from importer.mapping.model import Mapping
from importer.sheets.table import Choice, Inspection, Reading, Table
from importer.teams import metadata
from importer.teams.models import Connection, Team, TeamQuerySet, User

T = TypeVar("T")


class ImportQuerySet(TeamQuerySet, LeasedQuerySet):  # type: ignore[override]  # as_manager of both
    """Imports, newest first."""

    def waiting(self) -> Self:
        """Those that a worker has something to do for."""
        due = models.Q(due_at=None) | models.Q(due_at__lte=timezone.now() + EARLY)
        at_work = Run.objects.filter(state=Run.State.RUNNING)
        return self.free().filter(
            ~models.Q(state__in=Import.GOING) & ~models.Q(work=Import.Work.NONE)
            | models.Q(state=Import.State.QUEUED) & due
            | models.Q(state=Import.State.RUNNING)
            # what is with the CRM goes on while nothing more is sent
            | models.Q(state=Import.State.PAUSED, pk__in=at_work.values("for_import"))
        )

    def for_list(self) -> Self:
        """What a line of a list shows, without the large columns."""
        large = ["inspection_json", "table_json", "mapping_json", "questions_json", "check_json"]
        lines = self.select_related("created_by").defer(*large)
        return lines.annotate(rows=KT("table_json__rows"))

    def of_the_same_file(self, other: "Import") -> Self:
        """The team's imports of the very same bytes, confirmed before this one; the last first."""
        same = self.filter(team=other.team_id, source_sha256=other.source_sha256)
        earlier = same.filter(confirmed_at__lt=other.confirmed_at or timezone.now())
        return earlier.exclude(pk=other.pk).order_by("-confirmed_at")


class Import(Leased):
    """One file's journey into the CRM."""

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        QUEUED = "queued", "queued"
        RUNNING = "running", "running"
        PAUSED = PAUSED, "paused"
        DONE = "done", "done"
        DONE_WITH_PROBLEMS = "done_with_problems", "done with problems"
        STOPPED = "stopped", "stopped"
        FAILED = "failed", "failed"

    class Work(models.TextChoices):
        """What a worker does while nothing is sent; the person waits and watches."""

        NONE = "", "nothing"
        READ = "read", "reading the file"
        ASK = "ask", "looking for values that need an answer"
        CHECK = "check", "checking every row"
        RECHECK = "recheck", "checking the corrected rows"
        LOOK_BACK = "look_back", "looking at what can be undone"

    class Pause(models.TextChoices):
        """Why nothing more is sent for now."""

        NONE = "", "not paused"
        PERSON = "person", "paused by a person"
        CANARY = "canary", "the first rows are in, to be looked at"

    MOVES = {
        State.DRAFT: {State.QUEUED},
        State.QUEUED: {State.RUNNING, State.FAILED, State.STOPPED},
        State.RUNNING: {
            State.PAUSED,
            State.DONE,
            State.DONE_WITH_PROBLEMS,
            State.STOPPED,
            State.FAILED,
        },
        State.PAUSED: {
            State.PAUSED,  # for another reason
            State.QUEUED,
            State.RUNNING,
            State.DONE,
            State.DONE_WITH_PROBLEMS,
            State.STOPPED,
            State.FAILED,
        },
        # a further run: corrected rows, an undo
        State.DONE: {State.QUEUED, State.RUNNING},
        State.DONE_WITH_PROBLEMS: {State.QUEUED, State.RUNNING},
        State.STOPPED: {State.QUEUED, State.RUNNING},
    }
    GOING = (State.QUEUED, State.RUNNING)
    OPEN = (*GOING, State.PAUSED)
    ENDED = (State.DONE, State.DONE_WITH_PROBLEMS, State.STOPPED, State.FAILED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, models.PROTECT, related_name="imports")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="imports"
    )  # null: the command line
    created_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=20, choices=State, default=State.DRAFT)
    state_reason = models.TextField("why", blank=True)  # it failed, stopped or waits
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
    groups_json = models.JSONField(null=True)  # bulk.Group each; null: the rows are all alike
    checked_for = models.CharField(max_length=64, blank=True)  # the `plan_key` it holds for
    metadata_version = models.CharField(max_length=64, blank=True)  # that the last work used
    module_json = models.JSONField(null=True)  # crm.schema.Module as it was for the check

    confirmed_at = models.DateTimeField(null=True)
    canary_json = models.JSONField(null=True)  # the rows to try first, as Excel numbers them
    failure_limit = models.PositiveSmallIntegerField(null=True)  # percent; more stop it
    keeps_values = models.BooleanField(default=False)  # of records it changes, for undo
    due_at = models.DateTimeField(null=True)  # the next run begins then: credits are back
    paused_because = models.CharField(max_length=10, choices=Pause, default=Pause.NONE, blank=True)
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
    def groups(self) -> tuple[Group, ...]:
        """How the checked rows are grouped for sending; none where they are all alike."""
        return cattrs.structure(self.groups_json or [], tuple[Group, ...])

    @property
    def problems_file(self) -> str:
        """What the latest check found."""
        runs = self.runs.sent().exclude(problems_file="")
        latest: str | None = runs.values_list("problems_file", flat=True).last()
        return latest or files.problems(self.checked_for)

    @property
    def latest_check(self) -> Summary | None:
        """What the latest check found: of all rows, or of those corrected since."""
        run = self.runs.sent().exclude(check_json=None).last()
        return run.check_summary if run else self.check_summary

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

    @property
    def is_ended(self) -> bool:
        return self.state in self.ENDED

    @property
    def is_never_given_up(self) -> bool:
        """Whether rows were sent: then it is gone on with until all of them are told."""
        return self.is_open and (self.state != self.State.QUEUED or bool(self.balance_json))

    @property
    def is_due(self) -> bool:
        """Whether the next run may begin now: a person who stops is not kept waiting."""
        return self.due_at is None or self.is_stopping or self.due_at <= timezone.now() + EARLY

    @property
    def run_at_work(self) -> Run | None:
        """The run that was confirmed and has not ended."""
        run: Run | None = self.runs.at_work().first()
        return run

    def note(self, **found: Any) -> bool:
        """Save what the worker found; False if the person has asked for other work meanwhile."""
        same = {"pk": self.pk, "lease_token": self.lease_token, "work_number": self.work_number}
        return bool(Import.objects.filter(**same).update(**found))

    def finish_work(self, **done: Any) -> bool:
        """As `note`; the worker has nothing more to do."""
        return self.note(work=Import.Work.NONE, tries=0, **done)

    def give_up(self, reason: str) -> None:
        """End what cannot be done, with the `reason` for a person."""
        if self.state not in self.GOING:
            self.finish_work(work_error=reason)
        else:
            self.move(self.State.FAILED, state_reason=reason, tries=0)

    def queue(self, run: Run, user: User | None) -> None:
        """A further `run`, of an import that had ended, begins when a worker comes to it."""
        Run.objects.filter(pk=run.pk).update(state=Run.State.QUEUED, created_by=user)
        self.move(
            self.State.QUEUED,
            is_stopping=False,
            paused_because=self.Pause.NONE,
            due_at=None,
            state_reason="",
            work_error="",
            tries=0,
        )

    def move(self, to: State, **fields: Any) -> None:
        """Step to `to`, saving `fields` with it; `IllegalMove` if another was first."""
        origins = [state for state, targets in self.MOVES.items() if to in targets]
        mine = Import.objects.filter(pk=self.pk, state__in=origins)
        if not mine.update(state=to, **fields):
            raise IllegalMove(f"{self} cannot become {to}")
        self.refresh_from_db()


def _structured(data: Any, kind: type[T]) -> T | None:
    return cattrs.structure(data, kind) if data else None
