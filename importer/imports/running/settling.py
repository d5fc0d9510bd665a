"""A part whose outcome is unknown: whether the CRM has its job, found out before anything else.

That a callback, the import mark or the rows themselves are found proves that there is a job. That
nothing is found proves nothing while the CRM may still be at work, and is left to a person later;
so are the rows of a part that was collected, but of which its result did not tell.
"""

from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import Any

import polars as pl
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from importer import bulk
from importer.audit.models import record
from importer.bulk import Outcome
from importer.crm.client import CrmClient
from importer.crm.errors import CrmRefused, CrmUnauthorised, CrmUnavailable
from importer.crm.jobs import JobState
from importer.crm.schema import Operation
from importer.imports.leases import leased
from importer.imports.models import Import, Part, Run
from importer.imports.running import collecting, fixing, hints, lookups, marks, turns
from importer.imports.running.evidence import Claim, Evidence
from importer.imports.running.lookups import Lookup
from importer.imports.running.waiting import growing, wait
from importer.sheets.table import ROW
from importer.teams.models import User

State = Part.State
FIRST_LOOK_S, LONGEST_LOOK_S = 5.0, 60.0
MARKED = 200  # records that are counted, in one query
STILL_S = 60.0  # so long nothing more must have appeared before the rows are told
ASK_AGAIN_S = 2.0  # whether the import is free
DECIDABLE = (State.UNKNOWN, State.COLLECTED)  # by a person, where rows of the part are unknown
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
        if import_.is_stopping or not _may_be_sent_again(part, import_, crm, evidence):
            _end_unknown(part, import_)
            return
        if import_.connection and turns.take(part, import_.connection):
            return  # it is sent again
    part.write(tries=0, reason=LOOKING.format(number=part.number))
    wait(part, growing(FIRST_LOOK_S, 1.5, part.looks, LONGEST_LOOK_S))


def _may_be_sent_again(part: Part, import_: Import, crm: CrmClient, evidence: Evidence) -> bool:
    """Whether nothing was found where we looked, and the CRM itself would know rows that are in."""
    if not import_.find_by or evidence.trouble:
        return False
    return Lookup(part, import_, crm, _told(part, import_)["row"]).all_have_match_field


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
    """The part had ended; the CRM has called since, or a person wants rows of it looked up."""
    with leased(Import(pk=import_.pk)) as held:
        if held is None:  # somebody else is at the import, for long perhaps
            wait(part, growing(ASK_AGAIN_S, 2, part.tries, LONGEST_LOOK_S))
            part.write(tries=part.tries + 1)
        elif held.state == Import.State.FAILED:  # its rows are not told any more
            part.write(due_at=None)
        else:
            _take_up(part, held, crm)


def _take_up(part: Part, import_: Import, crm: CrmClient) -> None:
    evidence = evidence_of(part)
    try:
        if part.hinted_job_id and _prove_late(part, import_, crm):
            return
        if evidence.claim and _is_confirmed(part, import_, crm):
            return
    except (CrmUnavailable, CrmUnauthorised):  # its reason stays: that is what the ledger tells
        wait(part, growing(FIRST_LOOK_S, 2, part.tries, LONGEST_LOOK_S))
        part.write(tries=part.tries + 1)
        return
    except CrmRefused as error:
        evidence = replace(evidence, claim=Claim.NONE, claimed_by=None, trouble=error.message)
        part.write(evidence_json=evidence.to_json())
    part.write(due_at=None, tries=0)
    _mind_hint(part)


def _prove_late(part: Part, import_: Import, crm: CrmClient) -> bool:
    """As `prove`, for a part that had ended.

    What further runs have made of its rows meanwhile cannot be told anew: then it is written down
    that the CRM has worked on the part after all.
    """
    job_id = part.hinted_job_id
    if not _is_its_job(part, import_, crm, job_id):
        _forget_hint(part)
        return False
    if _is_in_later_run(part, import_):
        _forget_hint(part)
        record("found_too_late", import_, part=part.number, run=part.run_id, job_id=job_id)
        return False
    _reopen(part, import_, State.SUBMITTED, None, "callback", None, **_submitted(job_id))
    return True


# What a person decides --------------------------------------------------------------------------


@transaction.atomic
def decide(part: Part, claim: Claim, user: User) -> None:
    """The person claims to know whether the unknown rows are in the CRM: a worker looks first."""
    evidence = replace(evidence_of(part), claim=claim, claimed_by=user.pk, contradicted=Claim.NONE)
    ended = Part.objects.filter(pk=part.pk, state__in=DECIDABLE)
    if ended.update(due_at=timezone.now(), evidence_json=evidence.to_json()):
        record("decided", part.run.for_import, user, part=part.number, claim=claim)


def _is_confirmed(part: Part, import_: Import, crm: CrmClient) -> bool:
    """Whether what the person claims is so, as far as we see; then the rows are told."""
    before = evidence_of(part)
    claim, user = before.claim, User.objects.filter(pk=before.claimed_by or 0).first()
    evidence = replace(_look(part, import_, crm), claim=Claim.NONE, claimed_by=None)
    told: dict[str, Any] = {"evidence_json": evidence.to_json()}
    if unknown_rows(part, import_).is_empty():  # who had told them died before that was saved
        _reopen(part, import_, State.COLLECTED, user, "look-up", _told(part, import_), **told)
        return True
    if not evidence.trouble:
        # Unknown rows of a result have nothing to do with each other: a few would not do.
        each = claim is Claim.THERE or part.state == State.COLLECTED
        found = _found(part, import_, crm, evidence) if each else pl.DataFrame()
        if claim is Claim.THERE and found.height:
            ledger = bulk.tell_again(_told(part, import_), found)
            _reopen(part, import_, State.COLLECTED, user, "look-up", ledger, **told)
            return True
        if claim is Claim.NOT_THERE and found.is_empty() and not evidence.shows_job:
            _release(part, import_, user, told)
            return True
    contradicted = Claim.NONE if evidence.trouble else claim
    part.write(evidence_json=replace(evidence, contradicted=contradicted).to_json())
    return False


def _release(part: Part, import_: Import, user: User | None, told: dict[str, Any]) -> None:
    """The rows that are not in the CRM may be sent again."""
    if part.state == State.UNKNOWN:
        _reopen(part, import_, State.NOT_SENT, user, "person", reason=NOT_THERE, **told)
        return
    not_sent, why = pl.lit(Outcome.NOT_SENT.value), pl.lit(NOT_THERE)
    rows = unknown_rows(part, import_).select("row", outcome=not_sent, detail=why)
    ledger = bulk.tell_again(_told(part, import_), rows)
    _reopen(part, import_, State.COLLECTED, user, "person", ledger, **told)


def evidence_of(part: Part) -> Evidence:
    """What is known of the part; nothing yet where it was never looked for."""
    if part.evidence_json:
        return Evidence.from_json(part.evidence_json)
    return Evidence.none_yet(timezone.now())


def unknown_rows(part: Part, import_: Import) -> pl.DataFrame:
    """The ledger's rows for those of the part of which nobody knows what became of them."""
    return _told(part, import_).filter(outcome=Outcome.UNKNOWN.value)


# How it is found out ----------------------------------------------------------------------------


def _is_its_job(part: Part, import_: Import, crm: CrmClient, job_id: str) -> bool:
    """Whether it was made since, for the same module and operation, and is no other part's.

    That its rows are ours is seen when its result is laid beside them. Of a part that look-ups
    have told, one without a result is of no use.
    """
    if part.sent_at is None or Part.objects.filter(job_id=job_id).exclude(pk=part.pk).exists():
        return False
    try:
        job = crm.bulk_write.job(job_id)
    except CrmUnauthorised:
        raise
    except CrmRefused:
        return False
    if part.state == State.COLLECTED and job.state is not JobState.DONE:
        return False
    same = (job.module, job.operation) == (import_.module, import_.operation)
    return same and job.created_at is not None and job.created_at >= lookups.since(part)


def _look(part: Part, import_: Import, crm: CrmClient) -> Evidence:
    """The evidence after one more look; a CRM that cannot be searched is part of it."""
    evidence, now = evidence_of(part), timezone.now()
    try:
        lookup = Lookup(part, import_, crm, unknown_rows(part, import_)["row"])
        # Of a part that was collected, rows that are known carry the mark too.
        has_mark = part.state != State.COLLECTED and marks.mark_field(import_)
        mark = marks.mark(part) if has_mark else ""
        marked = sum(1 for _ in islice(lookup.marked(mark), MARKED)) if mark else 0
        rows = lookup.sample()
    except CrmUnauthorised:
        raise
    except CrmRefused as error:
        return replace(evidence, at=now, looks=evidence.looks + 1, trouble=error.message)
    return evidence.then(now, mark=mark, marked=marked, fields=lookup.fields, rows=rows)


def _found(part: Part, import_: Import, crm: CrmClient, evidence: Evidence) -> pl.DataFrame:
    """What a look-up of all the part's unknown rows tells of them, in columns of the ledger."""
    lookup = Lookup(part, import_, crm, unknown_rows(part, import_)["row"])
    found = lookup.all(evidence.mark if evidence.marked else "")
    created, updated = pl.lit(Outcome.CREATED.value), pl.lit(Outcome.UPDATED.value)
    ours = found.filter(pl.col("record_id").is_not_null()).select(
        "row", "record_id", outcome=pl.when("is_new").then(created).otherwise(updated)
    )
    if import_.operation != Operation.INSERT or not import_.find_by:
        return ours
    theirs = lookup.there_before().to_frame().join(ours, on="row", how="anti")
    skipped = theirs.with_columns(
        outcome=pl.lit(Outcome.SKIPPED.value),
        code=pl.lit("DUPLICATE_DATA"),
        field=pl.lit(import_.find_by),
    )
    return pl.concat([ours, skipped], how="diagonal")


def _told(part: Part, import_: Import) -> pl.DataFrame:
    """The part's ledger: all rows are unknown unless its result was read."""
    if part.state == State.COLLECTED:
        with import_.files.read(part.ledger_name) as path:
            return bulk.scan_ledger(path).collect()
    with import_.files.read(part.run.rows_file) as rows:
        return bulk.same_outcome(rows, part.slice, Outcome.UNKNOWN, detail=NOT_FOUND)


# What comes of it -------------------------------------------------------------------------------


def _tell(part: Part, import_: Import, crm: CrmClient, evidence: Evidence) -> None:
    """The job has done what it does: tell the rows by what is in the CRM."""
    found = _found(part, import_, crm, evidence)
    if found.is_empty():  # there is a job, but whose record is whose cannot be told
        _end_unknown(part, import_)
        return
    with transaction.atomic():
        collecting.keep(part, import_, bulk.tell_again(_told(part, import_), found))
        record("settled", import_, part=part.number, by="look-up", state=part.state)
    _mind_hint(part)


def _end_unknown(part: Part, import_: Import) -> None:
    part.move(State.UNKNOWN, reason=ANSWER_LOST)
    record("outcome_unknown", import_, part=part.number)
    _mind_hint(part)


def _is_in_later_run(part: Part, import_: Import) -> bool:
    """Whether rows of the part may have been sent again since, or taken back."""
    mine = _told(part, import_)["row"].implode()
    undo = Q(kind=Run.Kind.UNDO, state=Run.State.QUEUED)  # it goes by what was told
    for run in import_.runs.filter(Q(began_at__gt=part.run.began_at) | undo):
        with import_.files.read(run.rows_file) as rows:
            if pl.read_parquet(rows, columns=[ROW])[ROW].is_in(mine).any():
                return True
    return False


def _submitted(job_id: str) -> dict[str, object]:
    return {"job_id": job_id, "hinted_job_id": "", "submitted_at": timezone.now()}


def _forget_hint(part: Part) -> None:
    """It led nowhere; one that came meanwhile stays."""
    Part.objects.filter(pk=part.pk, hinted_job_id=part.hinted_job_id).update(hinted_job_id="")


def _mind_hint(part: Part) -> None:
    """One that came while the part ended is taken up."""
    mine = Part.objects.filter(hints.AWAITED, pk=part.pk).exclude(hinted_job_id="")
    mine.update(due_at=timezone.now())


@transaction.atomic
def _reopen(
    part: Part,
    import_: Import,
    to: State,
    user: User | None,
    by: str,
    ledger: pl.DataFrame | None = None,
    **fields: object,
) -> None:
    """Let the part go on to `to`, and its import with it, whose ledger is told anew.

    Both are ours.
    """
    Import.objects.select_for_update().get(pk=import_.pk)  # nothing is confirmed meanwhile
    import_.still_mine()
    import_.refresh_from_db()
    if to == State.SUBMITTED and part.state != State.UNKNOWN:
        fixing.outdate(import_)  # its rows may be among those that are to be sent
    if ledger is None:
        part.move(to, **fields)
    else:
        part.write(due_at=None, **fields)
        collecting.keep(part, import_, ledger)
    if not import_.run_at_work:
        Run.objects.filter(pk=part.run_id).update(state=Run.State.RUNNING, finished_at=None)
        import_.move(Import.State.RUNNING, paused_because=Import.Pause.NONE)
    record("settled", import_, user, part=part.number, by=by, state=to)
    _mind_hint(part)
