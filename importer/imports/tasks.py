"""Celery's side of it: messages that nudge `advance`, and the sweep that finds lost ones."""

import logging
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from kombu.exceptions import OperationalError

from importer.celery import app
from importer.imports.advance import advance_import, advance_part
from importer.imports.delivering import deliver
from importer.imports.models import Import, Part
from importer.imports.notices import Notice, NoticeQuerySet
from importer.imports.running import turns
from importer.imports.running.credits import look_again
from importer.imports.uploads import Upload

log = logging.getLogger(__name__)


@app.task
def nudge_import(pk: str) -> None:
    """Let the import take its next step, and those of its parts that wait."""
    again = advance_import(UUID(pk))
    if again is not None:
        _send(nudge_import, pk, again)
        return  # its parts come when it has nothing more to do itself
    for part in turns.due(UUID(pk)):
        _send(nudge_part, part)
    _send_waiting(Notice.objects.filter(for_import=UUID(pk)))


@app.task
def nudge_part(pk: int) -> None:
    """Let the part take its next step; then it is the turn of others, or of the import.

    A nudge that came twice, or too early, does nothing and so ends here.
    """
    again = advance_part(pk)
    if again is not None:
        _send(nudge_part, pk, again)
    part = Part.objects.select_related("run").only("state", "looks", "run__for_import").get(pk=pk)
    if part.is_ended or (part.state == Part.State.SUBMITTED and not part.looks):
        _send(nudge_import, str(part.run.for_import_id))  # the next part's turn, or its own


@app.task
def deliver_notice(pk: str) -> None:
    """Send the notice; where that fails, the sweep finds it when it is due again."""
    deliver(UUID(pk))


@app.task
def sweep() -> None:
    """Nudge whatever waits: its message was lost, or whoever worked on it died."""
    look_again()
    for pk in Import.objects.waiting().values_list("pk", flat=True):
        _send(nudge_import, str(pk))
    for part in Part.objects.taken_up().free().values_list("pk", flat=True):
        _send(nudge_part, part)
    _send_waiting(Notice.objects.all())
    Upload.objects.discard_stale()


def nudge(import_: Import) -> None:
    """Ask a worker to look at `import_`, once what was saved can be seen."""
    transaction.on_commit(partial(_send, nudge_import, str(import_.pk)))


def _send_waiting(notices: NoticeQuerySet) -> None:
    for pk in notices.waiting().values_list("pk", flat=True):
        _send(deliver_notice, str(pk))


def _send(task: Any, pk: str | int, delay: timedelta = timedelta(0)) -> None:
    try:
        task.apply_async((pk,), countdown=delay.total_seconds() or None)
    except (OperationalError, OSError):
        log.warning("The queue cannot be reached; the sweep will find %s.", pk)
