"""The way of a part into the CRM: packed, uploaded, submitted as a job."""

import logging
from collections.abc import Callable

import cattrs
import stamina
from django.db import OperationalError, transaction
from django.utils import timezone

from importer import bulk
from importer.audit.models import record
from importer.bulk import PackedField
from importer.crm.client import CrmClient
from importer.crm.errors import CrmUnavailable, OutcomeUnknown
from importer.crm.jobs import FieldMapping, JobRequest
from importer.crm.schema import Operation
from importer.imports.leases import LostLease
from importer.imports.models import Import, Part
from importer.imports.running import hints, marks, settling, snapshots, turns
from importer.imports.running.waiting import look_later, put_off, wait

log = logging.getLogger(__name__)

State = Part.State


def pack(part: Part, import_: Import, crm: CrmClient) -> None:
    """Write the part's rows to a ZIP as the CRM takes it."""
    with (
        import_.files.read(part.run.rows_file) as rows,
        import_.files.write(f"{part.slug}.zip") as target,
    ):
        packed = bulk.pack(rows, part.slice, import_.destination(), target, _csv_name(part))
    part.move(
        State.PACKED,
        fields_json=cattrs.unstructure(packed.fields),
        zip_bytes=packed.zip_bytes,
    )


def upload(part: Part, import_: Import, crm: CrmClient) -> None:
    """Have the CRM keep the ZIP; that alone changes nothing there."""
    organisation = import_.organisation or crm.organisation()
    with import_.files.read(f"{part.slug}.zip") as path:
        file_id = crm.bulk_write.upload(path, organisation.zgid)
    part.move(State.UPLOADED, file_id=file_id)


def submit(part: Part, import_: Import, crm: CrmClient) -> None:
    """Create the part's job, when it is its turn."""
    if import_.connection is None or not turns.has_come(part, import_.connection):
        wait(part, turns.ASK_AGAIN_S)
        return
    request = _job_request(part, import_)
    crm.ready()  # what can fail before anything is sent does so before we save that it may be
    if snapshots.are_due(part, import_):
        snapshots.take(part, import_, crm)
    # Saved before it is sent: a part that is found in this state may have a job.
    if turns.take(part, import_.connection):
        _send(part, import_, crm, request)
    else:
        wait(part, turns.ASK_AGAIN_S)


def send_again(part: Part, import_: Import, crm: CrmClient) -> None:
    """A part found in `submitting`: a job may exist.

    An insert is looked for before it is sent again, since the CRM would call rows that are in
    duplicates; without a match field it is not sent again at all.
    """
    if settling.prove(part, import_, crm):
        return
    looked_for = part.evidence_json is not None
    if import_.is_stopping or (import_.operation == Operation.INSERT and not looked_for):
        settling.begin(part)
        return
    crm.ready()
    part.write(was_sent_again=True, evidence_json=None)
    _send(part, import_, crm, _job_request(part, import_))


def _send(part: Part, import_: Import, crm: CrmClient, request: JobRequest) -> None:
    part.still_mine()  # not if we slept: another has taken over
    try:
        job_id = crm.bulk_write.create(request)
    except OutcomeUnknown as error:
        put_off(part, f"The CRM's answer was lost ({error.message}).")
        return
    except CrmUnavailable:
        if not part.was_sent_again:  # surely not sent
            _securely(part, lambda: part.move(State.UPLOADED, tries=part.tries, sent_at=None))
        raise
    log.info("Import %s: part %s is job %s", import_.pk, part.number, job_id)

    def submitted() -> None:
        part.move(State.SUBMITTED, job_id=job_id, submitted_at=timezone.now())
        record("submitted", import_, part=part.number, job_id=job_id, rows=part.rows)

    try:
        _securely(part, submitted)
    except LostLease:  # whoever took over can prove that this is the part's job
        hints.take(part, job_id)
        raise
    look_later(part)


def _securely(part: Part, save: Callable[[], None]) -> None:
    """Save all of what we know of a request, although the database may be busy."""
    before = part.state
    for attempt in stamina.retry_context(on=OperationalError, attempts=5):
        with attempt, transaction.atomic():
            part.state = before  # as it still is, should a first try be rolled back
            save()


def _job_request(part: Part, import_: Import) -> JobRequest:
    packed = cattrs.structure(part.fields_json, tuple[PackedField, ...])
    columns = tuple(
        FieldMapping(field.api_name, index=index, format=field.format)
        for index, field in enumerate(packed)
    )
    return JobRequest(
        module=import_.module,
        operation=Operation(import_.operation),
        file_id=part.file_id,
        file_name=_csv_name(part),
        fields=(*columns, *marks.mapping(part, import_)),
        find_by=import_.find_by or None,
        ignore_empty=not part.clears,
        callback_url=hints.callback_url(part),
    )


def _csv_name(part: Part) -> str:
    """The name of the part's CSV inside its ZIP."""
    return f"part-{part.number:04}.csv"
