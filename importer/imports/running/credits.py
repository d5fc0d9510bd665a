"""API credits: a run begins when the CRM's credits suffice for it, and otherwise says from when.

Zoho counts them over a rolling day and tells what is left only when less than half is. What we do
not know does not keep a run from beginning.
"""

import logging
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import models, transaction
from django.utils import timezone

from importer.crm.credits import JOB_CREDITS
from importer.crm.errors import CrmUnavailable
from importer.crm.wire import asks_for_fewer
from importer.imports.models import Import, Part, Run
from importer.teams.models import Connection

BACK_AFTER = timedelta(days=1, minutes=1)  # the CRM counts by the minute

log = logging.getLogger(__name__)


@transaction.atomic
def suffice(import_: Import, run: Run, needed: int) -> bool:
    """Whether the run may begin, which takes so many credits; if not, it waits and says so.

    Inside a transaction that has the run begin, nobody else can count on the same credits.
    """
    queued = Import.objects.filter(pk=import_.pk, state=Import.State.QUEUED, is_stopping=False)
    if import_.connection is None or import_.is_stopping:
        return True
    connection = Connection.objects.select_for_update().get(pk=import_.connection.pk)
    left = _left(connection)
    if left is not None:
        left = max(left - _reserved(connection, run), 0)
    if left is None or left >= needed:
        if import_.due_at:
            queued.update(due_at=None, state_reason="")
        return True
    until, reason = _wait(import_, connection, needed, left)
    Run.objects.filter(pk=run.pk).update(credits=needed)
    if queued.exclude(state_reason=reason).update(due_at=until, state_reason=reason):
        log.warning("Import %s: %s", import_.pk, reason)
    return False


def look_again() -> None:
    """Tell the imports that wait how long still; days pass, and credits come back unforeseen."""
    waiting = Import.objects.filter(state=Import.State.QUEUED, due_at__gt=timezone.now())
    for import_ in waiting.select_related("connection"):
        run = import_.run_at_work
        if run:
            suffice(import_, run, run.credits)


def used_up(import_: Import, error: CrmUnavailable) -> str | None:
    """Why a part waits, where the CRM takes no job because the credits are used up."""
    if import_.connection is None or not asks_for_fewer(error):
        return None
    connection = Connection.objects.get(pk=import_.connection.pk)
    left = _left(connection)
    if left is None or left >= JOB_CREDITS:
        return None
    return _wait(import_, connection, JOB_CREDITS, left)[1]


def _left(connection: Connection) -> int | None:
    """As the CRM has told within a day, and what has come back since."""
    now, told_at = timezone.now(), connection.credits_told_at
    if connection.credits_left is None or told_at is None or told_at <= now - BACK_AFTER:
        return None
    back = _jobs(connection).filter(
        submitted_at__gt=told_at - BACK_AFTER, submitted_at__lte=now - BACK_AFTER
    )
    return connection.credits_left + JOB_CREDITS * back.count()


def _reserved(connection: Connection, run: Run) -> int:
    """What other runs at work have still to spend."""
    others = Run.objects.filter(for_import__connection=connection, state=Run.State.RUNNING)
    reserved = 0
    for other in others.exclude(pk=run.pk):
        spent = JOB_CREDITS * other.parts.exclude(state__in=Part.UNSENT).count()
        reserved += max(other.credits - spent, 0)
    return reserved


def _wait(import_: Import, connection: Connection, needed: int, left: int) -> tuple[datetime, str]:
    """When so many credits are back that those needed are there, and a sentence about it."""
    missing_jobs = -(-(needed - left) // JOB_CREDITS)
    since = timezone.now() - BACK_AFTER
    jobs = _jobs(connection).filter(submitted_at__gt=since).order_by("submitted_at")
    earliest = [job.submitted_at for job in jobs.only("submitted_at")[:missing_jobs]]
    if len(earliest) == missing_jobs:
        spent_at, back = earliest[-1], missing_jobs * JOB_CREDITS
    else:  # others have spent them; when the day is over, all are back
        spent_at, back = connection.credits_told_at, needed - left
    until = (spent_at or timezone.now()) + BACK_AFTER
    zone = import_.organisation.time_zone if import_.organisation else "UTC"
    return until, (
        f"Waiting until {spoken(until, zone)}, when {back:,} credits are back: "
        f"{needed:,} are needed and {left:,} are left."
    )


def spoken(moment: datetime, zone: str) -> str:
    """A moment soon to come, in words of those who live in the time zone: tomorrow 09:14."""
    there = ZoneInfo(zone)
    local, today = moment.astimezone(there), timezone.now().astimezone(there).date()
    days = (local.date() - today).days
    day = {0: "today", 1: "tomorrow"}.get(days) or f"{local:%a} {local.day} {local:%b}"
    return f"{day} {local:%H:%M}"


def _jobs(connection: Connection) -> models.QuerySet[Part]:
    """The parts whose jobs the CRM has charged for."""
    parts: models.QuerySet[Part] = Part.objects.filter(run__for_import__connection=connection)
    return parts
