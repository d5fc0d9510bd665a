"""A part's next step, and what becomes of it where the CRM cannot or will not take it."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from importer import bulk
from importer.audit.models import record
from importer.crm.client import CrmClient
from importer.crm.errors import CrmRefused, CrmUnauthorised, CrmUnavailable
from importer.imports.announcing import announce
from importer.imports.models import Import, Notice, Part, Run
from importer.imports.running import collecting, pausing, reversing, sending, settling
from importer.imports.running.credits import used_up
from importer.imports.running.waiting import put_off
from importer.teams import metadata

State = Part.State
RESULT_KEPT_FOR = timedelta(days=7)  # Zoho CRM API, Download Bulk Write Result
RESULT_GONE = "The CRM keeps a result for seven days; we could not read it in that time."
STOPPED = "The import was stopped before this row was sent."
UNAUTHORISED = "The connection to the CRM no longer works. Connect it again under Connections."
STALE = {  # codes that show that the CRM's fields are no longer as we know them
    "FIELD_NOT_AVAILABLE",
    "INVALID_FIELD",
    "INVALID_FIELD_NAME",
    "INVALID_MODULE",
    "INVALID_QUERY",
    "MANDATORY_FIELDS_NOT_MAPPED",
    "MODULE_NOT_AVAILABLE",
}
STEPS: dict[State, Callable[[Part, Import, CrmClient], None]] = {
    State.PLANNED: sending.pack,
    State.PACKED: sending.upload,
    State.UPLOADED: sending.submit,
    State.SUBMITTING: sending.send_again,
    State.SETTLING: settling.settle,
    State.SUBMITTED: collecting.look,
    State.FINISHED: collecting.collect,
    # once ended
    State.UNKNOWN: settling.take_up,
    State.NOT_SENT: settling.take_up,
    State.COLLECTED: settling.take_up,
}


def step(part: Part) -> None:
    """Take the part's next step, under our lease.

    Every step saves where it is before and after it speaks to the CRM, so that whoever comes
    next, after a crash too, knows what has happened and what may be done again.
    """
    import_ = part.run.for_import
    undoes = part.run.kind == Run.Kind.UNDO
    if import_.is_stopping and part.state in Part.UNSENT and not reversing.is_begun(part):
        part.move(State.NOT_SENT, reason=reversing.STOPPED if undoes else STOPPED)
        return
    too_old = timezone.now() - RESULT_KEPT_FOR
    if not part.is_ended and part.submitted_at and part.submitted_at < too_old:
        give_up(part, RESULT_GONE)
        return
    if import_.connection is None:
        raise ValueError(f"{import_} has no connection")
    found = State(part.state)
    with import_.connection.client() as crm:
        try:
            take = reversing.step if undoes else STEPS[found]
            take(part, import_, crm)
        except CrmUnavailable as error:
            reason = used_up(import_, error) or f"Waiting for the CRM: {error.message}."
            put_off(part, reason, error.retry_after_s)
        except CrmRefused as error:
            _refused(part, import_, error, found)
    if part.code:
        _doubt_metadata(import_, part.code)
    is_told = part.state in (State.COLLECTED, State.REFUSED) and found not in Part.ENDED
    if is_told and part.run == import_.run_at_work:
        pausing.stop_if_failing(import_, part.run)


def give_up(part: Part, reason: str) -> None:
    """End a part that cannot be got further, truthfully: what may be with the CRM is unknown."""
    if part.is_ended:  # it had been taken up
        part.write(due_at=None, faults=0, hinted_job_id="")
    else:
        part.move(State.NOT_SENT if part.state in Part.UNSENT else State.UNKNOWN, reason=reason)


def _refused(part: Part, import_: Import, error: CrmRefused, found: State) -> None:
    """The CRM said no: what that means for the rows depends on whether there may be a job.

    There may if the part was `found` sent before this step.
    """
    with_crm = found not in Part.UNSENT
    unauthorised = isinstance(error, CrmUnauthorised)
    if with_crm and unauthorised:  # the truth can be told once a person has connected anew
        put_off(part, UNAUTHORISED)
        announce(import_, Notice.Kind.WAITING)
        return
    explained = bulk.explain(error.code, None) if error.code else error.message
    reason = UNAUTHORISED if unauthorised else explained
    facts = {"code": error.code, "message": error.message}
    record("refused", import_, part=part.number, **facts)
    if found in Part.ENDED:
        give_up(part, reason)
    elif with_crm:
        part.move(State.UNKNOWN, code=error.code, reason=reason)
    elif unauthorised or part.state == State.PLANNED:
        code = "" if unauthorised else error.code
        part.move(State.NOT_SENT, code=code, reason=reason)
    else:
        part.move(State.REFUSED, code=error.code, reason=reason, rows_failed=part.rows)


def _doubt_metadata(import_: Import, code: str) -> None:
    """Ask for the module's fields anew where the CRM's answer shows that they have changed."""
    if code in STALE and import_.connection:
        metadata.forget(import_.connection, import_.module)
