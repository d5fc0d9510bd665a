"""The two doors through which everything long goes: `advance_import` and `advance_part`.

Each looks at the row's state, takes its lease, does the *next* step, saves it, and says when to be
called again. The database is the truth, so it does not matter who calls, how often, or whether
the one before died in the middle.
"""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from django.db import DatabaseError, transaction
from django.utils import timezone

from importer.audit.models import record
from importer.imports import preparing
from importer.imports.announcing import announce_end
from importer.imports.leases import LostLease, leased
from importer.imports.models import Import, Part
from importer.imports.running import finishing, pausing, starting, steps, turns, waiting

NOW = timedelta(0)
SOON = timedelta(seconds=3)  # after a fault of our own
IDLE_S = 0.5
TRIES = 12  # of a step: the death of its process costs one, a fault of our own several
FAULT_TRIES = 4
OUR_FAULT = "Something went wrong on our side. Please tell your administrator."
TRYING_ON = f"{OUR_FAULT} We keep trying."

log = logging.getLogger(__name__)


def advance_import(pk: UUID) -> timedelta | None:
    """Do the import's next step; when to call again, None when there is nothing (more) to do."""
    with suppress(LostLease), leased(Import(pk=pk)) as import_:
        step = import_ and _next_step(import_)
        if import_ is None or not step:
            return None
        if import_.tries >= TRIES and not import_.is_never_given_up:
            _give_up(import_)
            return None
        import_.write(tries=import_.tries + 1)
        try:
            step(import_)
        except LostLease:
            raise
        except Exception:  # a fault of ours must end in a sentence for people, not in silence
            log.exception("Import %s: a step failed", pk)
            return _after_fault(import_)
        import_.write(tries=0)
        return NOW
    return None


def _after_fault(import_: Import) -> timedelta | None:
    """Try again soon, later with the sweep; what was sent is never given up."""
    lasts = import_.is_never_given_up
    reason = TRYING_ON if lasts else import_.state_reason
    import_.write(tries=import_.tries - 1 + FAULT_TRIES, state_reason=reason)
    if import_.tries < TRIES:
        return SOON
    if not lasts:
        _give_up(import_)
    return None


@transaction.atomic
def _give_up(import_: Import) -> None:
    import_.give_up(OUR_FAULT)
    record("given_up", import_, reason=OUR_FAULT)
    run = import_.run_at_work
    if import_.state == Import.State.FAILED:
        announce_end(import_, run)
        if run:
            pausing.end(run, import_)


def _next_step(import_: Import) -> Callable[[Import], None] | None:
    if import_.state not in Import.GOING and import_.work:
        return preparing.prepare
    if import_.state == Import.State.QUEUED:
        return starting.begin if import_.is_due else None
    if import_.state == Import.State.PAUSED and not import_.run_at_work:
        return None
    if import_.is_open and not Part.objects.of(import_.pk).open().exists():
        return finishing.finish
    return None


def advance_part(pk: int) -> timedelta | None:
    """Do the part's next step; when to call again, None if there was none to do now."""
    with suppress(LostLease), leased(Part(pk=pk)) as part:
        if part is None or not part.has_step or not part.is_due or turns.is_behind(part):
            return None
        if part.faults >= TRIES:
            if not part.has_result_to_come:
                steps.give_up(part, OUR_FAULT)
                return None
            waiting.put_off(part, TRYING_ON)  # even if this step ends the process
        part.write(faults=part.faults + 1)
        had_ended = part.is_ended
        try:
            steps.step(part)
        except LostLease:
            raise
        except Exception:  # as above: the part waits, says so, and is tried again
            log.exception("Part %s: a step failed", pk)
            if not part.is_ended:
                waiting.put_off(part, TRYING_ON)
            elif had_ended:  # it is only taken up
                waiting.put_off(part, part.reason)
        else:
            part.write(faults=0)
        return _until_due(part) if part.has_step else None
    return None


def _until_due(part: Part) -> timedelta:
    return max(part.due_at - timezone.now(), NOW) if part.due_at else NOW


def drive(import_: Import) -> None:
    """Advance `import_` until nothing is left to do, without a queue or worker."""
    while True:
        try:
            again = _drive_once(import_)
        except DatabaseError:  # somebody else holds it; our steps can be taken again
            log.warning("The database is busy", exc_info=True)
            again = SOON
        import_.refresh_from_db()
        if not import_.is_open and not import_.work:
            return
        if _needs_somebody(import_):
            return
        time.sleep(again.total_seconds() if again is not None else IDLE_S)


def _needs_somebody(import_: Import) -> bool:
    """Whether it waits for a person, and nothing of it is with the CRM."""
    if import_.state == Import.State.PAUSED:
        return not Part.objects.of(import_.pk).with_crm().exists()
    return import_.tries >= TRIES and import_.is_never_given_up


def _drive_once(import_: Import) -> timedelta | None:
    for pk in turns.due(import_.pk):
        advance_part(pk)
    return advance_import(import_.pk)
