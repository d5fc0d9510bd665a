"""The way of a part's answers back: its job is watched, its result laid beside the rows."""

import polars as pl
from django.db import transaction
from django.utils import timezone

from importer import bulk
from importer.audit.models import record
from importer.bulk import Outcome, UnreadableResult
from importer.crm.client import CrmClient
from importer.crm.jobs import Job, JobState
from importer.crm.schema import Operation
from importer.imports.models import Import, Part
from importer.imports.running import lookups, snapshots
from importer.imports.running.waiting import look_later, put_off

State = Part.State
DOWNLOADS = 3  # of a result that comes damaged
CREATED_OR_THERE = (
    "The CRM's first answer was lost. The record exists: it was there before, or this import "
    "created it."
)
NOT_OF_THESE = "The CRM's result does not tell of any row of this part."
NOTHING_WRITTEN = {  # codes of a job that failed before its first row
    "FILE_NOT_SUPPORTED",
    "HEADER_LIMIT_EXCEEDED",
    "INVALID_FIELD",
    "INVALID_FILE_FORMAT",
    "INVALID_FORMAT",
    "LIMIT_EXCEEDED",
    "MANDATORY_FIELDS_NOT_MAPPED",
}


def look(part: Part, import_: Import, crm: CrmClient) -> None:
    """Ask how far the job is."""
    job = crm.bulk_write.job(part.job_id)
    if job.state is JobState.DONE:
        part.move(State.FINISHED, rows_done=part.rows, answered_at=timezone.now())
    elif job.state is JobState.FAILED:
        _job_failed(part, import_, job)
    else:
        rows_done = min(job.total or 0, part.rows)
        part.write(looks=part.looks + 1, rows_done=rows_done, reason="", tries=0)
        look_later(part)


def _job_failed(part: Part, import_: Import, job: Job) -> None:
    """Without a result to read, only a job that wrote nothing for certain is a refusal."""
    code = job.code or ""
    counted = job.created is not None or job.updated is not None
    written = bool(job.created or job.updated) if counted else code not in NOTHING_WRITTEN
    if not written and not part.was_sent_again:
        reason = bulk.explain(code, None) if code else "The CRM gave up on this part."
        part.move(State.REFUSED, code=code, reason=reason, rows_failed=part.rows)
    else:
        reason = "The CRM gave up on this part and may have written some of its rows."
        part.move(State.UNKNOWN, code=code, reason=reason)
    record("job_failed", import_, part=part.number, job_id=part.job_id, code=code)


def collect(part: Part, import_: Import, crm: CrmClient) -> None:
    """Read the job's result. One that is damaged, or not of all our rows, is fetched again."""
    with import_.files.write(f"{part.slug}.result.zip") as result:
        crm.bulk_write.download(crm.bulk_write.job(part.job_id), result)
    last = part.looks + 1 >= DOWNLOADS
    try:
        ledger, unmatched = _reconciled(part, import_, crm)
    except UnreadableResult as error:
        if last:  # it tells us nothing
            part.move(State.UNKNOWN, reason=f"The CRM's result could not be read: {error}")
        else:
            _fetch_again(part, f"The CRM's result could not be read ({error})")
        return
    if unmatched == part.rows and last:
        part.move(State.UNKNOWN, reason=NOT_OF_THESE)
        return
    if unmatched and not last:
        _fetch_again(part, f"The CRM's result does not tell of {unmatched:,} rows of this part")
        return
    keep(part, import_, ledger)


def _fetch_again(part: Part, reason: str) -> None:
    part.write(looks=part.looks + 1)
    put_off(part, f"{reason}; it is fetched again.")


def _reconciled(part: Part, import_: Import, crm: CrmClient) -> tuple[pl.DataFrame, int]:
    """The part's ledger, and how many of its rows the result does not tell of."""
    with (
        import_.files.read(f"{part.slug}.result.zip") as result,
        import_.files.read(part.run.rows_file) as rows,
    ):
        found = bulk.reconcile(
            rows,
            part.slice,
            import_.destination(),
            result,
            Operation(import_.operation),
            import_.find_by or None,
        )
    ledger = found.ledger
    if part.was_sent_again:
        ledger = _after_two_sendings(part, import_, crm, ledger)
    return ledger, found.unmatched


def keep(part: Part, import_: Import, ledger: pl.DataFrame) -> None:
    """The outcome of each of the part's rows is known, or known to be unknown."""
    with import_.files.write(part.ledger_name) as target:
        ledger.write_parquet(target)
        part.still_mine()
    failed = ledger.filter(pl.col("outcome") == Outcome.FAILED.value).height
    with transaction.atomic():
        part.move(State.COLLECTED, rows_done=part.rows, rows_failed=failed)
        record("collected", import_, part=part.number, job_id=part.job_id)
    import_.files.delete(f"{part.slug}.zip")


def _after_two_sendings(
    part: Part, import_: Import, crm: CrmClient, outcomes: pl.DataFrame
) -> pl.DataFrame:
    """What the second said, in the light of what the first, whose answer was lost, may have done.

    A record that exists already may be one that we created; one that is updated was, if it did
    not exist when the values before the run were kept, and if only we can have made it since.
    """
    if import_.operation == Operation.UPSERT and part.values_kept_at:
        with import_.files.read(snapshots.before(part)) as path:
            before = pl.read_parquet(path, columns=["record_id"])["record_id"]
        updated = outcomes.filter(outcome=Outcome.UPDATED.value)["record_id"].drop_nulls()
        new = updated.filter(~updated.is_in(before.implode())).unique(maintain_order=True)
        ours = pl.Series(lookups.made_by_us(part, import_, crm, new), dtype=pl.String)
        first = pl.col("record_id").is_first_distinct()  # of the rows that wrote it
        created = pl.when(pl.col("record_id").is_in(ours.implode()) & first)
        outcome = created.then(pl.lit(Outcome.CREATED.value)).otherwise("outcome")
        outcomes = outcomes.with_columns(outcome=outcome)
    there = pl.col("code").eq_missing("DUPLICATE_DATA")
    return outcomes.with_columns(
        outcome=pl.when(there).then(pl.lit(Outcome.UNKNOWN.value)).otherwise("outcome"),
        detail=pl.when(there).then(pl.lit(CREATED_OR_THERE)).otherwise("detail"),
    )
