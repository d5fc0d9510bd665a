"""A part whose outcome is unknown: whether the CRM has its job, found out before anything else.

That a callback, the import mark or the rows themselves are found proves that there is a job. That
nothing is found proves nothing while the CRM may still be at work, and is left to a person later.
"""

from dataclasses import replace
from datetime import timedelta
from itertools import islice

import polars as pl
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from importer.audit.models import record
from importer.bulk import LEDGER_SCHEMA, Outcome
from importer.bulk.parts import rows_of
from importer.crm.client import CrmClient
from importer.crm.errors import CrmRefused, CrmUnauthorised, CrmUnavailable
from importer.imports.leases import leased
from importer.imports.models import Import, Part, Run
from importer.imports.running import collecting, lookups, marks
from importer.imports.running.evidence import Evidence
from importer.imports.running.lookups import Lookup
from importer.imports.running.waiting import growing, wait
from importer.sheets.table import ROW
from importer.teams.models import User

State = Part.State
FIRST_LOOK_S, LONGEST_LOOK_S = 5.0, 60.0
MARKED = 200  # records that are counted, in one query
STILL_S = 60.0  # so long nothing more must have appeared before the rows are told
ASK_AGAIN_S = 2.0  # whether the import is free
ANSWER_LOST = (
    "The CRM's answer to this part was lost. It may or may not have created its records; "
    "sending it again could create them twice."
)
LOOKING = (
    "We lost contact with the CRM while sending part {number}. We are looking there for its "
    "records before anything else is done, so that nothing is written twice."
)
NOT_FOUND = "The CRM's answer was lost, and no record was found that is this row's for certain."
NOT_THERE = "The CRM's answer was lost. A person has looked and says that the row is not there."


def begin(part: Part) -> None:
    """The answer to the request for the part's job never came: look for the job."""
    evidence = Evidence.none_yet(timezone.now())
    reason = LOOKING.format(number=part.number)
    part.move(State.SETTLING, reason=reason, evidence_json=evidence.to_json())


def settle(part: Part, import_: Import, crm: CrmClient) -> None:
    """Look for the part's job, ever more seldom, until it is found or the time is up."""
    if prove(part, import_, crm):
        return
    evidence = _look(part, import_, crm)
    part.write(evidence_json=evidence.to_json(), looks=part.looks + 1)
    if evidence.shows_job:
        if evidence.at - evidence.changed_at >= timedelta(seconds=STILL_S):
            _tell(part, import_, crm, evidence)
            return
    elif evidence.at - evidence.began_at >= timedelta(seconds=settings.SETTLE_S):
        _end_unknown(part, import_)
        return
    part.write(tries=0, reason=LOOKING.format(number=part.number))
    wait(part, growing(FIRST_LOOK_S, 1.5, part.looks, LONGEST_LOOK_S))


def prove(part: Part, import_: Import, crm: CrmClient) -> bool:
    """Whether the job that a callback has named is the part's; then that is with the CRM."""
    job_id = part.hinted_job_id
    if not job_id:
        return False
    if _is_its_job(part, import_, crm, job_id):
        part.move(State.SUBMITTED, **_submitted(job_id))
        record("settled", import_, part=part.number, by="callback", state=part.state)
        return True
    _forget_hint(part)
    return False


def take_up(part: Part, import_: Import, crm: CrmClient) -> None:
    """The part had ended as unknown; the CRM has called since, or a person wants it looked up."""
    evidence = evidence_of(part)
    if import_.state == Import.State.FAILED:  # its rows are not told any more
        part.write(due_at=None)
        return
    wait(part, ASK_AGAIN_S)  # should somebody else be at the import
    try:
        if part.hinted_job_id and _is_its_job(part, import_, crm, part.hinted_job_id):
            job_id = part.hinted_job_id
            _reopen(part, State.SUBMITTED, None, "callback", None, **_submitted(job_id))
            return
        _forget_hint(part)
        if evidence.is_asked_for:
            evidence = _look(part, import_, crm)
            ledger = _looked_up(part, import_, crm, evidence)
            if _some_found(ledger):
                _reopen(part, State.COLLECTED, None, "look-up", ledger)
                return
            evidence = replace(evidence, is_asked_for=False, missed_at=timezone.now(), trouble="")
    except (CrmUnavailable, CrmUnauthorised):  # its reason stays: that is what the ledger tells
        wait(part, growing(FIRST_LOOK_S, 2, part.tries, LONGEST_LOOK_S))
        part.write(tries=part.tries + 1)
        return
    except CrmRefused as error:
        evidence = replace(evidence, is_asked_for=False, trouble=error.message)
    part.write(due_at=None, tries=0, evidence_json=evidence.to_json())
    _mind_hint(part)


# What a person decides --------------------------------------------------------------------------


class StillUndecided(Exception):
    """What was decided cannot be done as things are; the text tells why."""


@transaction.atomic
def look_all_up(part: Part, user: User) -> None:
    """The person says that the rows are in the CRM: have all of them looked up."""
    evidence = replace(evidence_of(part), is_asked_for=True, missed_at=None)
    unknown = Part.objects.filter(pk=part.pk, state=State.UNKNOWN)
    if unknown.update(due_at=timezone.now(), evidence_json=evidence.to_json()):
        record("look_up_asked_for", part.run.for_import, user, part=part.number)


def release(part: Part, user: User) -> None:
    """The person says that the rows are not there: they may be sent again.

    We look once more before we believe it. Raises `StillUndecided`, and `CrmError`.
    """
    with leased(part) as mine:
        if mine is None or mine.state != State.UNKNOWN or mine.due_at:
            raise StillUndecided("Something else is being done with this part. Look again soon.")
        import_ = mine.run.for_import
        if import_.connection is None:
            raise StillUndecided("There is no connection to look at the CRM with.")
        with import_.connection.client() as crm:
            evidence = _look(mine, import_, crm)
        mine.write(evidence_json=evidence.to_json())
        if evidence.trouble:
            raise StillUndecided(f"The CRM could not be searched: {evidence.trouble}.")
        if evidence.shows_job:
            raise StillUndecided("Records of this part are in the CRM now; see below.")
        if not _reopen(mine, State.NOT_SENT, user, "person", reason=NOT_THERE):
            raise StillUndecided("Something else is being done with this import. Look again soon.")


def evidence_of(part: Part) -> Evidence:
    """What is known of the part; nothing yet where it was never looked for."""
    if part.evidence_json:
        return Evidence.from_json(part.evidence_json)
    return Evidence.none_yet(timezone.now())


# How it is found out ----------------------------------------------------------------------------


def _is_its_job(part: Part, import_: Import, crm: CrmClient, job_id: str) -> bool:
    """Whether it was made since, for the same module and operation, and is no other part's.

    That its rows are ours is seen when its result is laid beside them.
    """
    if part.sent_at is None or Part.objects.filter(job_id=job_id).exclude(pk=part.pk).exists():
        return False
    try:
        job = crm.bulk_write.job(job_id)
    except CrmUnauthorised:
        raise
    except CrmRefused:
        return False
    same = (job.module, job.operation) == (import_.module, import_.operation)
    return same and job.created_at is not None and job.created_at >= lookups.since(part)


def _look(part: Part, import_: Import, crm: CrmClient) -> Evidence:
    """The evidence after one more look; a CRM that cannot be searched is part of it."""
    evidence, now = evidence_of(part), timezone.now()
    try:
        lookup = Lookup(part, import_, crm)
        mark = marks.mark(part) if marks.mark_field(import_) else ""
        marked = sum(1 for _ in islice(lookup.marked(mark), MARKED)) if mark else 0
        rows = lookup.sample()
    except CrmUnauthorised:
        raise
    except CrmRefused as error:
        return replace(evidence, at=now, looks=evidence.looks + 1, trouble=error.message)
    return evidence.then(now, mark=mark, marked=marked, fields=lookup.fields, rows=rows)


def _looked_up(part: Part, import_: Import, crm: CrmClient, evidence: Evidence) -> pl.DataFrame:
    """The part's ledger, as far as all its rows can be looked up."""
    found = Lookup(part, import_, crm).all(evidence.mark if evidence.marked else "")
    with import_.files.read(part.run.rows_file) as rows:
        numbers = rows_of(rows, part.slice).select(row=ROW)
    there = pl.col("record_id").is_not_null()
    outcome = (
        pl.when(there & pl.col("is_new"))
        .then(pl.lit(Outcome.CREATED.value))
        .when(there)
        .then(pl.lit(Outcome.UPDATED.value))
        .otherwise(pl.lit(Outcome.UNKNOWN.value))
    )
    ledger = numbers.join(found, on="row", how="left", maintain_order="left").with_columns(
        outcome=outcome, detail=pl.when(~there).then(pl.lit(NOT_FOUND))
    )
    return ledger.drop("is_new").match_to_schema(LEDGER_SCHEMA, missing_columns="insert")


def _some_found(ledger: pl.DataFrame) -> bool:
    return ledger["record_id"].is_not_null().any()


# What comes of it -------------------------------------------------------------------------------


def _tell(part: Part, import_: Import, crm: CrmClient, evidence: Evidence) -> None:
    """The job has done what it does: tell the rows by what is in the CRM."""
    ledger = _looked_up(part, import_, crm, evidence)
    if not _some_found(ledger):  # there is a job, but whose record is whose cannot be told
        _end_unknown(part, import_)
        return
    with transaction.atomic():
        collecting.keep(part, import_, ledger)
        record("settled", import_, part=part.number, by="look-up", state=part.state)


def _end_unknown(part: Part, import_: Import) -> None:
    part.move(State.UNKNOWN, reason=ANSWER_LOST)
    record("outcome_unknown", import_, part=part.number)
    _mind_hint(part)


def _submitted(job_id: str) -> dict[str, object]:
    return {"job_id": job_id, "hinted_job_id": "", "submitted_at": timezone.now()}


def _forget_hint(part: Part) -> None:
    """It led nowhere; one that came meanwhile stays."""
    Part.objects.filter(pk=part.pk, hinted_job_id=part.hinted_job_id).update(hinted_job_id="")


def _mind_hint(part: Part) -> None:
    """One that came while the part ended as unknown is taken up."""
    mine = Part.objects.filter(pk=part.pk, state=State.UNKNOWN).exclude(hinted_job_id="")
    mine.update(due_at=timezone.now())


def _reopen(
    part: Part,
    to: State,
    user: User | None,
    by: str,
    ledger: pl.DataFrame | None = None,
    **fields: object,
) -> bool:
    """Let the part go on to `to`, and its import with it, whose ledger is told anew.

    False where somebody else is at the import, or it has failed; then nothing changes.
    """
    with leased(Import(pk=part.run.for_import_id)) as import_:
        if import_ is None or import_.state == Import.State.FAILED:
            return False
        with transaction.atomic():
            Import.objects.select_for_update().get(pk=import_.pk)  # nothing is confirmed meanwhile
            if ledger is None:
                part.move(to, **fields)
            else:
                collecting.keep(part, import_, ledger)
            if not import_.run_at_work:
                Run.objects.filter(pk=part.run_id).update(state=Run.State.RUNNING, finished_at=None)
                import_.move(Import.State.RUNNING, paused_because=Import.Pause.NONE)
            record("settled", import_, user, part=part.number, by=by, state=to)
    return True
