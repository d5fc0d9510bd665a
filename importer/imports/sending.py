"""One step of a part's way: packed, uploaded, submitted, watched, collected.

Every step saves where it is before and after it speaks to the CRM, so that whoever comes next,
after a crash too, knows what has happened and what may be done again.
"""

import logging
import random
from collections.abc import Callable
from datetime import timedelta

import cattrs
import polars as pl
import stamina
from django.db import OperationalError, transaction
from django.utils import timezone

from importer import bulk
from importer.audit.models import record
from importer.bulk import Outcome, PackedField, UnreadableResult
from importer.crm.client import CrmClient
from importer.crm.errors import CrmRefused, CrmUnauthorised, CrmUnavailable, OutcomeUnknown
from importer.crm.jobs import FieldMapping, Job, JobRequest, JobState
from importer.crm.schema import Operation
from importer.imports import files
from importer.imports.models import Import, Part
from importer.teams import metadata
from importer.teams.models import User

log = logging.getLogger(__name__)

State = Part.State
FIRST_LOOK_S, LONGEST_LOOK_S = 1.0, 30.0
FIRST_RETRY_S, LONGEST_RETRY_S = 5.0, 300.0
STOPPED = "The import was stopped before this row was sent."
LONGEST_PAUSE_S = 900.0  # even if the CRM names a longer one; a person may stop meanwhile
ANSWER_LOST = (
    "The CRM's answer to this part was lost. It may or may not have created its records; "
    "sending it again could create them twice."
)
CREATED_OR_THERE = (
    "The CRM's first answer was lost. The record exists: it was there before, or this import "
    "created it."
)
UNAUTHORISED = "The connection to the CRM no longer works. Connect it again under Connections."
NOTHING_WRITTEN = {  # codes of a job that failed before its first row
    "FILE_NOT_SUPPORTED",
    "HEADER_LIMIT_EXCEEDED",
    "INVALID_FIELD",
    "INVALID_FILE_FORMAT",
    "INVALID_FORMAT",
    "LIMIT_EXCEEDED",
    "MANDATORY_FIELDS_NOT_MAPPED",
}
STALE = {  # codes that show that the CRM's fields are no longer as we know them
    "INVALID_FIELD",
    "INVALID_FIELD_NAME",
    "MANDATORY_FIELDS_NOT_MAPPED",
    "MODULE_NOT_AVAILABLE",
}
RESULT_KEPT_FOR = timedelta(days=7)  # Zoho CRM API, Download Bulk Write Result
RESULT_GONE = "The CRM keeps a result for seven days; we could not read it in that time."
DOWNLOADS = 3  # of a result that comes damaged


@transaction.atomic
def stop(import_: Import, user: User | None) -> None:
    """Send nothing more; what is with the CRM already is waited for."""
    running = Import.objects.filter(pk=import_.pk, state__in=Import.OPEN, is_stopping=False)
    if running.update(is_stopping=True):
        Part.objects.of(import_.pk).filter(state__in=Part.UNSENT).update(due_at=None)
        record("stopped", import_, user)


def step(part: Part) -> None:
    """Take the part's next step, under our lease."""
    import_ = part.run.for_import
    if import_.is_stopping and part.state in Part.UNSENT:
        part.move(State.NOT_SENT, reason=STOPPED)
        return
    if part.submitted_at and part.submitted_at < timezone.now() - RESULT_KEPT_FOR:
        give_up(part, RESULT_GONE)
        return
    if import_.connection is None:
        raise ValueError(f"{import_} has no connection")
    with import_.connection.client() as crm:
        try:
            STEPS[State(part.state)](part, import_, crm)
        except CrmUnavailable as error:
            put_off(part, f"Waiting for the CRM: {error.message}.", error.retry_after_s)
        except CrmRefused as error:
            _refused(part, error)


def give_up(part: Part, reason: str) -> None:
    """End a part that cannot be got further, truthfully: what may be with the CRM is unknown."""
    part.move(State.NOT_SENT if part.state in Part.UNSENT else State.UNKNOWN, reason=reason)


def _pack(part: Part, import_: Import, crm: CrmClient) -> None:
    with (
        import_.files.read(files.checked(import_.checked_for)) as checked,
        import_.files.write(f"{part.slug}.zip") as target,
    ):
        packed = bulk.pack(checked, part.slice, import_.destination(), target, csv_name(part))
    part.move(
        State.PACKED,
        fields_json=cattrs.unstructure(packed.fields),
        zip_bytes=packed.zip_bytes,
    )


def _upload(part: Part, import_: Import, crm: CrmClient) -> None:
    organisation = import_.organisation or crm.organisation()
    with import_.files.read(f"{part.slug}.zip") as path:
        file_id = crm.bulk_write.upload(path, organisation.zgid)
    part.move(State.UPLOADED, file_id=file_id)


def _submit(part: Part, import_: Import, crm: CrmClient) -> None:
    request = _job_request(part, import_)
    crm.ready()  # what can fail before anything is sent does so before we save that it may be
    # Saved before it is sent: a part that is found in this state may have a job.
    part.move(State.SUBMITTING, tries=part.tries)
    _send(part, import_, crm, request)


def _send_again(part: Part, import_: Import, crm: CrmClient) -> None:
    """A part found in `submitting`: a job may exist. A plain insert may not be sent again."""
    if import_.is_stopping or (import_.operation == Operation.INSERT and not import_.find_by):
        part.move(State.UNKNOWN, reason=ANSWER_LOST)
        record("outcome_unknown", import_, part=part.number)
        return
    crm.ready()
    part.write(was_sent_again=True)
    _send(part, import_, crm, _job_request(part, import_))


def _send(part: Part, import_: Import, crm: CrmClient, request: JobRequest) -> None:
    try:
        job_id = crm.bulk_write.create(request)
    except OutcomeUnknown as error:
        put_off(part, f"The CRM's answer was lost ({error.message}).")
        return
    except CrmUnavailable:
        if not part.was_sent_again:  # surely not sent
            _securely(part, lambda: part.move(State.UPLOADED, tries=part.tries))
        raise
    log.info("Import %s: part %s is job %s", import_.pk, part.number, job_id)

    def submitted() -> None:
        part.move(State.SUBMITTED, job_id=job_id, submitted_at=timezone.now())
        record("submitted", import_, part=part.number, job_id=job_id, rows=part.rows)

    _securely(part, submitted)
    _wait(part, FIRST_LOOK_S)


def _securely(part: Part, save: Callable[[], None]) -> None:
    """Save all of what we know of a request, although the database may be busy."""
    before = part.state
    for attempt in stamina.retry_context(on=OperationalError, attempts=5):
        with attempt, transaction.atomic():
            part.state = before  # as it still is, should a first try be rolled back
            save()


def _look(part: Part, import_: Import, crm: CrmClient) -> None:
    job = crm.bulk_write.job(part.job_id)
    if job.state is JobState.DONE:
        part.move(State.FINISHED, rows_done=part.rows, looks=0)
    elif job.state is JobState.FAILED:
        _job_failed(part, import_, job)
    else:
        rows_done = min(job.total or 0, part.rows)
        part.write(looks=part.looks + 1, rows_done=rows_done, reason="", tries=0)
        _wait(part, _growing(FIRST_LOOK_S, 1.5, part.looks, LONGEST_LOOK_S))


def _job_failed(part: Part, import_: Import, job: Job) -> None:
    """Without a result to read, only a job that wrote nothing for certain is a refusal."""
    code = job.code or ""
    _doubt_metadata(import_, code)
    counted = job.created is not None or job.updated is not None
    written = bool(job.created or job.updated) if counted else code not in NOTHING_WRITTEN
    if not written and not part.was_sent_again:
        part.move(State.REFUSED, code=code, reason=_words(code, "The CRM gave up on this part."))
    else:
        reason = "The CRM gave up on this part and may have written some of its rows."
        part.move(State.UNKNOWN, code=code, reason=reason)
    record("job_failed", import_, part=part.number, job_id=part.job_id, code=code)


def _collect(part: Part, import_: Import, crm: CrmClient) -> None:
    with import_.files.write(f"{part.slug}.result.zip") as result:
        crm.bulk_write.download(crm.bulk_write.job(part.job_id), result)
    try:
        _reconcile(part, import_)
    except UnreadableResult as error:
        _unreadable(part, error)
        return
    with transaction.atomic():
        part.move(State.COLLECTED, rows_done=part.rows)
        record("collected", import_, part=part.number, job_id=part.job_id)
    import_.files.delete(f"{part.slug}.zip")


def _reconcile(part: Part, import_: Import) -> None:
    with (
        import_.files.read(f"{part.slug}.result.zip") as result,
        import_.files.read(files.checked(import_.checked_for)) as checked,
        import_.files.write(ledger_name(part)) as target,
    ):
        outcomes = bulk.reconcile(
            checked,
            part.slice,
            import_.destination(),
            result,
            Operation(import_.operation),
            import_.find_by or None,
        )
        if part.was_sent_again:
            outcomes = _with_doubt(outcomes)
        outcomes.write_parquet(target)


def _with_doubt(outcomes: pl.DataFrame) -> pl.DataFrame:
    """After a lost answer a record that exists already may be one that we created."""
    there = pl.col("code").eq_missing("DUPLICATE_DATA")
    return outcomes.with_columns(
        outcome=pl.when(there).then(pl.lit(Outcome.UNKNOWN.value)).otherwise("outcome"),
        detail=pl.when(there).then(pl.lit(CREATED_OR_THERE)).otherwise("detail"),
    )


def _unreadable(part: Part, error: UnreadableResult) -> None:
    """A result that came damaged is fetched again; one that stays so tells us nothing."""
    if part.looks < DOWNLOADS:
        part.write(looks=part.looks + 1)
        put_off(part, f"The CRM's result could not be read ({error}); it is fetched again.")
    else:
        part.move(State.UNKNOWN, reason=f"The CRM's result could not be read: {error}")


STEPS: dict[State, Callable[[Part, Import, CrmClient], None]] = {
    State.PLANNED: _pack,
    State.PACKED: _upload,
    State.UPLOADED: _submit,
    State.SUBMITTING: _send_again,
    State.SUBMITTED: _look,
    State.FINISHED: _collect,
}


def csv_name(part: Part) -> str:
    """The name of the part's CSV inside its ZIP."""
    return f"part-{part.number:04}.csv"


def ledger_name(part: Part) -> str:
    """The file with the outcome of each of the part's rows."""
    return f"{part.slug}.ledger.parquet"


def _job_request(part: Part, import_: Import) -> JobRequest:
    packed = cattrs.structure(part.fields_json, tuple[PackedField, ...])
    return JobRequest(
        module=import_.module,
        operation=Operation(import_.operation),
        file_id=part.file_id,
        file_name=csv_name(part),
        fields=tuple(
            FieldMapping(field.api_name, index=index, format=field.format)
            for index, field in enumerate(packed)
        ),
        find_by=import_.find_by or None,
        ignore_empty=True,
    )


def _words(code: str, otherwise: str) -> str:
    return bulk.explain(code, None) if code else otherwise


def _wait(part: Part, seconds: float) -> None:
    jittered = seconds * random.uniform(1.0, 1.3)  # noqa: S311  # spreads load
    part.write(due_at=timezone.now() + timedelta(seconds=jittered))


def _growing(first_s: float, factor: float, times: int, longest_s: float) -> float:
    return min(first_s * factor ** min(times, 50), longest_s)


def put_off(part: Part, reason: str, seconds: float | None = None) -> None:
    """Try the same step again later: after `seconds`, or ever longer."""
    log.warning("Part %s waits: %s", part.pk, reason)
    pause = seconds or _growing(FIRST_RETRY_S, 2, part.tries, LONGEST_RETRY_S)
    part.write(tries=part.tries + 1, reason=reason)
    _wait(part, min(pause, LONGEST_PAUSE_S))


def _refused(part: Part, error: CrmRefused) -> None:
    """The CRM said no: what that means for the rows depends on whether a job may exist."""
    import_ = part.run.for_import
    with_crm = part.state in (State.SUBMITTED, State.FINISHED) or part.was_sent_again
    unauthorised = isinstance(error, CrmUnauthorised)
    if with_crm and unauthorised:  # the truth can be told once a person has connected anew
        put_off(part, UNAUTHORISED)
        return
    reason = UNAUTHORISED if unauthorised else _words(error.code, error.message)
    if with_crm:
        to = State.UNKNOWN
    else:
        to = State.NOT_SENT if unauthorised or part.state == State.PLANNED else State.REFUSED
    _doubt_metadata(import_, error.code)
    part.move(to, code="" if unauthorised else error.code, reason=reason)
    facts = {"code": error.code, "message": error.message}
    record("refused", import_, part=part.number, **facts)


def _doubt_metadata(import_: Import, code: str) -> None:
    """Ask for the module's fields anew where the CRM's answer shows that they have changed."""
    if code in STALE and import_.connection:
        metadata.forget(import_.connection, import_.module)
