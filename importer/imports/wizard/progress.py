"""Step 7, Progress: watch it happen, pause it, go on, stop it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zlib import crc32

from django.core.cache import cache
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from importer.imports import tasks
from importer.imports.models import Import, Part, Run
from importer.imports.running import estimating, pausing
from importer.imports.wizard import outcome_pages
from importer.imports.wizard.frame import import_of, of_import, show, wizard_step
from importer.imports.wizard.steps import Step, step_url
from importer.teams.models import Connection
from importer.teams.requests import TeamRequest

SHARED_S = 1  # all who watch an import see it as it was that long ago at most
ONE_CALL_S = 3  # a rate from less time is chance
UNSEEN = [
    "fields_json",
    "evidence_json",
    "run__check_json",
    "run__plan_json",
    "run__balance_json",
]
WATCHED = [
    "team_id",
    "state",
    "state_reason",
    "is_stopping",
    "paused_because",
    "connection__parts_at_once",
]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import's latest run is, as everybody of its team sees it."""

    team_id: int
    state: str
    state_label: str
    reason: str  # why it waits, stops or failed
    is_open: bool
    is_stopping: bool
    paused_because: str
    kind: str  # of the run
    parts: list[dict[str, Any]]
    stages: list[dict[str, str]]
    done: int  # rows
    to_send: int
    failed: int
    unsent: int  # parts
    with_crm: int
    rate: int | None  # rows a minute
    left: str  # in words, or blank

    @property
    def version(self) -> str:
        """The same as long as there is nothing new to see."""
        return f"{crc32(repr(self).encode()):x}"


@wizard_step(Step.PROGRESS)
def progress(request: TeamRequest, import_: Import) -> HttpResponse:
    """How far it is. The fragment of an ended import asks for nothing more."""
    return show(request, import_, Step.PROGRESS, _context(import_, _progress(import_.pk)))


@require_safe
def live(request: TeamRequest, pk: UUID) -> HttpResponse:
    """What is new since the version that the page shows, or nothing; however many watch."""
    now = cache.get_or_set(f"progress:{pk}", lambda: _progress(pk), SHARED_S) or _progress(pk)
    if now.team_id != request.user.team_id:
        raise Http404
    if request.GET.get("seen") == now.version:
        return HttpResponse(status=204)
    if now.state == Import.State.RUNNING:
        watched = {"import_": Import(pk=pk, state=now.state), "now": now}
        return render(request, "imports/progress.html#progress", watched)
    import_ = import_of(request, pk)
    return show(request, import_, Step.PROGRESS, _context(import_, now))


def _context(import_: Import, now: Progress) -> dict[str, Any]:
    tried = outcome_pages.tried(import_) if now.paused_because == Import.Pause.CANARY else None
    return {"now": now, "tried": tried}


def _progress(pk: UUID) -> Progress:
    """Two queries, and one more for the time left while it runs."""
    import_ = Import.objects.select_related("connection").only(*WATCHED).filter(pk=pk).first()
    if import_ is None:
        raise Http404
    parts = list(Part.objects.of(pk).select_related("run").defer(*UNSEEN))
    run = max((part.run for part in parts), key=lambda run: run.pk, default=None)
    parts = [part for part in parts if part.run == run]
    waiting = next((p.reason for p in parts if p.reason and not p.is_ended), "")
    return Progress(
        team_id=import_.team_id,
        state=import_.state,
        state_label=import_.get_state_display(),
        reason=import_.state_reason or waiting,
        is_open=import_.is_open,
        is_stopping=import_.is_stopping,
        paused_because=import_.paused_because,
        kind=run.kind if run else Run.Kind.MAIN,
        parts=[_cell(part) for part in parts],
        stages=outcome_pages.stages(import_, parts),
        done=sum(part.rows_done for part in parts),
        to_send=sum(part.rows for part in parts),
        failed=sum(part.rows_failed for part in parts),
        unsent=sum(part.state in Part.UNSENT for part in parts),
        with_crm=sum(part.state not in Part.UNSENT and not part.is_ended for part in parts),
        rate=_rate(run, parts),
        left=_left(import_.connection, import_, parts),
    )


def _cell(part: Part) -> dict[str, Any]:
    label = part.get_state_display()
    if part.rows_failed and part.state == Part.State.COLLECTED:
        label = f"{label}, {part.rows_failed:,} of {part.rows:,} rows failed"
    return {"number": part.number, "state": part.state, "label": label}


def _rate(run: Run | None, parts: list[Part]) -> int | None:
    """Rows a minute since the first part was sent."""
    sent = [part.sent_at for part in parts if part.sent_at]
    if run is None or not sent:
        return None
    until: datetime = run.finished_at or timezone.now()
    seconds = (until - min(sent)).total_seconds()
    done = sum(part.rows_done for part in parts)
    return round(60 * done / seconds) if done and seconds >= ONE_CALL_S else None


def _left(connection: Connection | None, import_: Import, parts: list[Part]) -> str:
    waiting = [part for part in parts if not part.is_ended]
    if import_.state != Import.State.RUNNING or connection is None or not waiting:
        return ""
    part = estimating.of_a_part(connection, max(part.rows for part in waiting))
    if part is None:
        return ""
    left = estimating.of_parts(part, len(waiting), connection.jobs_in_flight)
    return estimating.in_words(left)


@require_POST
@of_import
def pause(request: TeamRequest, import_: Import) -> HttpResponse:
    """Send nothing more for now."""
    pausing.pause(import_, request.user)
    return redirect(step_url(import_, Step.PROGRESS))


@require_POST
@of_import
def go_on(request: TeamRequest, import_: Import) -> HttpResponse:
    """Send the rest."""
    pausing.go_on(import_, request.user)
    tasks.nudge(import_)
    return redirect(step_url(import_, Step.PROGRESS))


@require_POST
@of_import
def stop(request: TeamRequest, import_: Import) -> HttpResponse:
    """Send nothing more of this import."""
    pausing.stop(import_, request.user)
    tasks.nudge(import_)
    return redirect(step_url(import_, Step.PROGRESS))
