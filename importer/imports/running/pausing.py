"""Pause, go on, stop: what is with the CRM is waited for, what is here stays here."""

from django.db import transaction
from django.utils import timezone

from importer.audit.models import record
from importer.imports.announcing import announce
from importer.imports.models import Import, Notice, Part, Run
from importer.imports.running import starting
from importer.teams.models import User

State = Import.State


@transaction.atomic
def pause(import_: Import, user: User | None) -> None:
    """Send nothing more until somebody goes on."""
    running = Import.objects.filter(pk=import_.pk, state=State.RUNNING, is_stopping=False)
    if running.update(state=State.PAUSED, paused_because=Import.Pause.PERSON):
        record("paused", import_, user)


@transaction.atomic
def go_on(import_: Import, user: User | None) -> None:
    """Send the rest: where only the first rows were tried, all others now."""
    because = import_.paused_because
    paused = Import.objects.filter(pk=import_.pk, state=State.PAUSED, paused_because=because)
    tried = because == Import.Pause.CANARY
    if not paused.update(
        state=State.QUEUED if tried else State.RUNNING,
        paused_because=Import.Pause.NONE,
        due_at=None,
    ):
        return
    if tried:
        planned = import_.runs.get(kind=Run.Kind.CANARY).credits  # for all rows
        starting.queue(import_, Run.Kind.MAIN, user, planned)
    record("went_on", import_, user)


@transaction.atomic
def stop(import_: Import, user: User | None, reason: str = "") -> None:
    """Send nothing more at all; `reason` tells people why, where none of them asked for it."""
    mine = Import.objects.filter(pk=import_.pk)
    going = mine.filter(state__in=Import.OPEN, is_stopping=False)
    if not going.update(is_stopping=True, state_reason=reason, due_at=None):
        return
    mine.filter(state=State.PAUSED).update(state=State.RUNNING, paused_because=Import.Pause.NONE)
    Part.objects.of(import_.pk).unsent().update(due_at=None)
    record("stopped", import_, user, reason=reason)


def stop_if_failing(import_: Import, run: Run) -> None:
    """Stop by itself when more rows fail than were allowed for."""
    limit = import_.failure_limit
    if limit is None:
        return
    answered = run.parts.filter(state__in=[Part.State.COLLECTED, Part.State.REFUSED])
    rows = failed = 0
    for part in answered.only("rows", "rows_failed"):
        rows, failed = rows + part.rows, failed + part.rows_failed
    if failed * 100 > limit * rows:
        share = f"{failed:,} of the first {rows:,} rows failed, more than the {limit} % you allowed"
        stop(import_, None, f"{share}, so nothing more is sent.")


@transaction.atomic
def show_canary(import_: Import, run: Run) -> None:
    """The first rows are in: wait for somebody to look at them."""
    import_.move(State.PAUSED, paused_because=Import.Pause.CANARY)
    announce(import_, Notice.Kind.CANARY, run.created_by)
    end(run, import_)
    record("first_rows_sent", import_, run=run.pk)


def end(run: Run, import_: Import) -> None:
    """The run is over; it keeps the balance that it left behind."""
    Run.objects.filter(pk=run.pk).update(
        state=Run.State.ENDED, finished_at=timezone.now(), balance_json=import_.balance_json
    )
