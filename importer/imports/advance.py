"""The two doors through which everything long goes: `advance_import` and `advance_part`.

Each looks at the row's state, takes its lease, does the *next* step, saves it, and says when to be
called again. The database is the truth, so it does not matter who calls, how often, or whether
the one before died in the middle.
"""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from importer.imports import finishing, preparing, sending, starting
from importer.imports.leases import LostLease, leased
from importer.imports.models import Import, Part

NOW = timedelta(0)
SOON = timedelta(seconds=3)  # after a fault of our own
TRIES = 12  # of a step: the death of its process costs one, a fault of our own several
FAULT_TRIES = 4
OUR_FAULT = "Something went wrong on our side. Nothing was lost. Please tell your administrator."

log = logging.getLogger(__name__)


def advance_import(pk: UUID) -> timedelta | None:
    """Do the import's next step; when to call again, None when there is nothing (more) to do."""
    with leased(Import(pk=pk)) as import_:
        if import_ is None:
            return None
        step = _next_step(import_)
        if step is None:
            return None
        if import_.tries >= TRIES:
            import_.give_up(OUR_FAULT)
            return None
        import_.write(tries=import_.tries + 1)
        try:
            step(import_)
        except LostLease:
            return None
        except Exception:  # a fault of ours must end in a sentence for people, not in silence
            log.exception("Import %s: a step failed", pk)
            import_.write(tries=import_.tries - 1 + FAULT_TRIES)
            return SOON
        import_.write(tries=0)
        return NOW


def _next_step(import_: Import) -> Callable[[Import], None] | None:
    if import_.is_draft and import_.work:
        return preparing.prepare
    if import_.state == Import.State.QUEUED:
        return starting.begin
    if import_.state == Import.State.RUNNING and not Part.objects.of(import_.pk).open().exists():
        return finishing.finish
    return None


def advance_part(pk: int) -> timedelta | None:
    """Do the part's next step; when to call again, None when it ended or another works on it."""
    with leased(Part(pk=pk)) as part:
        if part is None or part.is_ended:
            return None
        if part.due_at is None or part.due_at <= timezone.now():
            try:
                sending.step(part)
            except LostLease:
                return None
            except Exception:  # as above: the part waits, says so, and is tried again
                log.exception("Part %s: a step failed", pk)
                sending.put_off(part, OUR_FAULT)
        return _until_due(part)


def _until_due(part: Part) -> timedelta | None:
    if part.is_ended:
        return None
    return max(part.due_at - timezone.now(), NOW) if part.due_at else NOW


def drive(import_: Import) -> None:
    """Advance `import_` until nothing is left to do, without a queue or worker."""
    while True:
        parts = Part.objects.of(import_.pk).open().values_list("pk", flat=True)
        waits = [advance_part(pk) for pk in parts]
        waits.append(advance_import(import_.pk))  # the last part's end is its next step
        import_.refresh_from_db()
        if not import_.is_open and not (import_.is_draft and import_.work):
            return
        pauses = [wait.total_seconds() for wait in waits if wait is not None]
        time.sleep(min(pauses, default=1.0))  # seconds
