"""One step of a part's way: packed, uploaded, submitted, watched, collected.

Every step saves where it is before and after it speaks to the CRM, so that whoever comes next,
after a crash too, knows what has happened and what may be done again.
"""

import random
from collections.abc import Callable
from datetime import timedelta

import cattrs
from django.utils import timezone

from importer import bulk
from importer.audit.models import record
from importer.bulk import PackedField, Slice, UnreadableResult
from importer.crm.client import CrmClient
from importer.crm.errors import CrmRefused, CrmUnauthorised, CrmUnavailable, OutcomeUnknown
from importer.crm.jobs import FieldMapping, Job, JobRequest, JobState
from importer.crm.schema import Operation
from importer.imports import files
from importer.imports.models import Import, Part
from importer.teams.models import User

State = Part.State
FIRST_LOOK_S, LONGEST_LOOK_S = 1.0, 30.0
FIRST_RETRY_S, LONGEST_RETRY_S = 5.0, 300.0
STOPPED = "The import was stopped before this row was sent."
DOWNLOADS = 3  # of a result that comes damaged


def stop(import_: Import, user: User | None) -> None:
    """Send nothing more; what is with the CRM already is waited for."""
    running = Import.objects.filter(pk=import_.pk, state__in=Import.OPEN, is_stopping=False)
    if running.update(is_stopping=True):
        record("stopped", import_, user)


def step(part: Part) -> None:
    """Take the part's next step, under our lease."""
    import_ = part.run.for_import
    if import_.is_stopping and part.state in Part.UNSENT:
        part.move(State.NOT_SENT, reason=STOPPED)
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


def _pack(part: Part, import_: Import, crm: CrmClient) -> None:
    with (
        import_.files.read(files.checked(import_.checked_for)) as checked,
        import_.files.write(f"{part.slug}.zip") as target,
    ):
        packed = bulk.pack(checked, _slice(part), import_.destination(), target, csv_name(part))
    part.move(
        State.PACKED,
        fields_json=cattrs.unstructure(packed.fields),
        zip_bytes=packed.zip_bytes,
    )


def _upload(part: Part, import_: Import, crm: CrmClient) -> None:
    organisation = import_.organisation or crm.organisation()
    with import_.files.read(f"{part.slug}.zip") as path:
        file_id = crm.upload(path, organisation.zgid)
    part.move(State.UPLOADED, file_id=file_id)


def _submit(part: Part, import_: Import, crm: CrmClient) -> None:
    request = _job_request(part, import_)
    part.move(
        State.SUBMITTING, tries=part.tries
    )  # known before it is sent: from here on a job may exist
    try:
        job_id = crm.create_job(request)
    except OutcomeUnknown as error:
        _settle(part, import_, f"The CRM's answer to this part was lost ({error.message}).")
    except CrmUnavailable:
        part.move(State.UPLOADED, tries=part.tries)  # surely not sent
        raise
    else:
        part.move(State.SUBMITTED, job_id=job_id, submitted_at=timezone.now())
        _wait(part, FIRST_LOOK_S)
        record("submitted", import_, part=part.number, job_id=job_id, rows=part.rows)


def _resubmit(part: Part, import_: Import, crm: CrmClient) -> None:
    """A part left in `submitting`: whoever sent it died before the answer came."""
    _settle(part, import_, "The work was interrupted while this part was being sent.")


def _settle(part: Part, import_: Import, reason: str) -> None:
    """Send again what may be sent again; a plain insert may not."""
    if import_.operation != Operation.INSERT or import_.find_by:
        part.move(State.UPLOADED, tries=part.tries)
        put_off(part, reason)
        return
    part.move(State.UNKNOWN, reason=f"{reason} It may or may not have created its records.")
    record("outcome_unknown", import_, part=part.number, reason=reason)


def _look(part: Part, import_: Import, crm: CrmClient) -> None:
    job = crm.job(part.job_id)
    if job.state is JobState.DONE:
        part.move(State.FINISHED, download_url=job.download_url or "", rows_done=part.rows)
    elif job.state is JobState.FAILED:
        _job_failed(part, import_, job)
    else:
        part.write(looks=part.looks + 1, rows_done=min(job.total or 0, part.rows))
        _wait(part, min(FIRST_LOOK_S * 1.5**part.looks, LONGEST_LOOK_S))


def _job_failed(part: Part, import_: Import, job: Job) -> None:
    """Without a result to read, only a job that wrote nothing is certain."""
    code = job.code or ""
    if job.created or job.updated:
        reason = "The CRM gave up on this part after writing some of its rows."
        part.move(State.UNKNOWN, code=code, reason=reason)
    else:
        part.move(State.REFUSED, code=code, reason=_words(code, "The CRM gave up on this part."))
    record("job_failed", import_, part=part.number, job_id=part.job_id, code=code)


def _collect(part: Part, import_: Import, crm: CrmClient) -> None:
    job = Job(
        id=part.job_id,
        state=JobState.DONE,
        code=None,
        created=None,
        updated=None,
        skipped=None,
        total=None,
        download_url=part.download_url or None,
    )
    with import_.files.write(f"{part.slug}.result.zip") as result:
        crm.download_result(job, result)
    try:
        _reconcile(part, import_)
    except UnreadableResult as error:
        _unreadable(part, error)
        return
    part.move(State.COLLECTED, rows_done=part.rows)
    import_.files.delete(f"{part.slug}.zip")
    record("collected", import_, part=part.number, job_id=part.job_id)


def _reconcile(part: Part, import_: Import) -> None:
    with (
        import_.files.read(f"{part.slug}.result.zip") as result,
        import_.files.read(files.checked(import_.checked_for)) as checked,
        import_.files.write(ledger_name(part)) as target,
    ):
        outcomes = bulk.reconcile(
            checked,
            _slice(part),
            import_.destination(),
            result,
            Operation(import_.operation),
            import_.find_by or None,
        )
        outcomes.write_parquet(target)


def _unreadable(part: Part, error: UnreadableResult) -> None:
    """A result that came damaged is fetched again; one that stays so tells us nothing."""
    if part.tries < DOWNLOADS:
        put_off(part, f"The CRM's result could not be read ({error}); it is fetched again.")
    else:
        part.move(State.UNKNOWN, reason=f"The CRM's result could not be read: {error}")


STEPS: dict[State, Callable[[Part, Import, CrmClient], None]] = {
    State.PLANNED: _pack,
    State.PACKED: _upload,
    State.UPLOADED: _submit,
    State.SUBMITTING: _resubmit,
    State.SUBMITTED: _look,
    State.FINISHED: _collect,
}


def csv_name(part: Part) -> str:
    """The name of the part's CSV inside its ZIP."""
    return f"part-{part.number:04}.csv"


def ledger_name(part: Part) -> str:
    """The file with the outcome of each of the part's rows."""
    return f"{part.slug}.ledger.parquet"


def _slice(part: Part) -> Slice:
    return Slice(part.offset, part.rows, part.first_row, part.last_row)


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
    jittered = seconds * random.uniform(0.8, 1.2)  # noqa: S311  # spreads load
    part.write(due_at=timezone.now() + timedelta(seconds=jittered))


def put_off(part: Part, reason: str, seconds: float | None = None) -> None:
    """Try the same step again later: after `seconds`, or ever longer."""
    pause = seconds or min(FIRST_RETRY_S * 2**part.tries, LONGEST_RETRY_S)
    part.write(tries=part.tries + 1, reason=reason)
    _wait(part, pause)


def _refused(part: Part, error: CrmRefused) -> None:
    """The CRM said no: what that means for the rows depends on whether a job exists."""
    with_crm = part.state in (State.SUBMITTED, State.FINISHED)
    unauthorised = isinstance(error, CrmUnauthorised)
    if with_crm and unauthorised:  # its result can be read once a person has connected anew
        put_off(part, "The connection to the CRM no longer works. Connect it anew.")
        return
    to = State.NOT_SENT if unauthorised or part.state == State.PLANNED else State.REFUSED
    reason = _words(error.code, error.message)
    part.move(State.UNKNOWN if with_crm else to, code=error.code, reason=reason)
    facts = {"code": error.code, "message": error.message}
    record("refused", part.run.for_import, part=part.number, **facts)
