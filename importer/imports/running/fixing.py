"""Fix and retry: rows that did not go in are corrected, checked again and sent in a further run."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import cattrs
import polars as pl
from django.core.files import File
from django.db import transaction
from django.db.models import F

from importer import bulk
from importer.audit.models import record
from importer.imports import files
from importer.imports.models import Import, Run
from importer.sheets.table import ROW
from importer.teams import metadata
from importer.teams.models import User

NOT_NOW = "This import is on its way, or every row is in. Nothing of it can be corrected now."
GONE = "This row is in the CRM, or may be, so it cannot be changed here."
BUSY = "The rows are looked at just now. Wait for that, then try again."
OUTDATED = "Something changed since the rows were checked. Check them again."
NONE_READY = "No row is ready to be sent. Fix some first, then check them again."


class CannotFix(Exception):
    """Why nothing is changed or sent, as a sentence for people."""


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """What came of the latest check of the corrected rows, besides its summary."""

    report: str = ""  # an uploaded report that is still to be read: its file
    corrected: int | None = None  # cells that differ in the report, once it is read
    ignored: tuple[str, ...] = ()  # what was not taken from it: sentences
    checked_at: str = ""  # ISO 8601
    metadata_version: str = ""
    unchanged: int = 0  # rows that are ready as the CRM refused or skipped them before
    parts: int = 0


def to_fix(import_: Import) -> int:
    """How many rows can be corrected and sent again; 0 while the import is on its way."""
    balance = import_.balance
    if balance is None or not import_.is_ended or import_.state == Import.State.FAILED:
        return 0
    return sum(getattr(balance, outcome) for outcome in bulk.FIXABLE)


def draft(import_: Import) -> Run | None:
    """The further run that is not confirmed yet; none where more was sent since."""
    run: Run | None = import_.runs.filter(kind=Run.Kind.RETRY, state=Run.State.DRAFT).last()
    if run is None or import_.runs.filter(began_at__gt=run.created_at).exists():
        return None
    return run


def plan(run: Run) -> RetryPlan:
    return cattrs.structure(run.plan_json or {}, RetryPlan)


def is_current(run: Run) -> bool:
    """Whether the rows were checked, and no cell was changed since."""
    return bool(run.rows_file)


def unsent_since(import_: Import, run: Run | None) -> datetime | None:
    """Edits from then on have not been checked; without a check, they have not been sent."""
    checked_at = plan(run).checked_at if run else ""
    if checked_at:
        return datetime.fromisoformat(checked_at)
    return sent_at(import_)


def sent_at(import_: Import) -> datetime | None:
    """When the latest run began."""
    began = import_.runs.sent().exclude(began_at=None).order_by("began_at")
    latest: datetime | None = began.values_list("began_at", flat=True).last()
    return latest


def change(
    import_: Import,
    user: User | None,
    row: int,
    cells: dict[str, str],
    take_back: str | None = None,
) -> None:
    """Let `cells`, by column, stand in a row that did not go in. Raises `CannotFix`.

    A text as the file has it is no change, and takes back one made before; so does the column
    `take_back`.
    """
    file_has = _cells(import_, row, list(dict.fromkeys([*cells, *filter(None, [take_back])])))
    if take_back:
        cells = cells | {take_back: one_way(file_has[take_back])}
    with transaction.atomic():
        _hold(import_)
        edits = import_.edits.filter(row=row)
        now = file_has | dict(edits.values_list("column", "value"))
        changed = [column for column, text in cells.items() if text != one_way(now[column])]
        for column in changed:
            edits.filter(column=column).delete()
            if cells[column] != one_way(file_has[column]):
                value = cells[column]
                edits.create(for_import=import_, row=row, column=column, value=value, made_by=user)
        if changed:
            outdate(import_)
            record("corrected", import_, user, rows=1, cells=len(changed), columns=changed)


def one_way(text: str) -> str:
    """`text` with its lines parted as we keep what people type."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def ask(import_: Import, user: User | None, report: File[bytes] | None = None) -> None:
    """Have a worker check the rows with all corrections, those in `report` first.

    Raises `CannotFix`.
    """
    name = ""
    if report is not None:
        name = f"corrections-{uuid4().hex[:16]}"
        import_.files.store(name, report)
    try:
        _ask(import_, user, name, report.size if report else 0)
    except CannotFix:
        if name:
            import_.files.delete(name)
        raise


@transaction.atomic
def _ask(import_: Import, user: User | None, report: str, report_bytes: int) -> None:
    _hold(import_)
    if import_.work:
        raise CannotFix(BUSY)
    for older in import_.runs.filter(kind=Run.Kind.RETRY, state=Run.State.DRAFT):
        _discard(older, import_)
    told = cattrs.unstructure(RetryPlan(report=report))
    Run.objects.create(for_import=import_, kind=Run.Kind.RETRY, created_by=user, plan_json=told)
    asked = {"work": Import.Work.RECHECK, "work_number": F("work_number") + 1}
    Import.objects.filter(pk=import_.pk).update(tries=0, work_error="", **asked)
    import_.refresh_from_db()
    if report:
        record("corrections_uploaded", import_, user, bytes=report_bytes)
    else:
        record("recheck_asked_for", import_, user)


@transaction.atomic
def confirm(import_: Import, user: User | None, run_pk: int) -> None:
    """Send the rows as they were checked; a second call finds them on their way, and is fine.

    Raises `CannotFix`.
    """
    Import.objects.select_for_update().get(pk=import_.pk)
    import_.refresh_from_db()
    if import_.runs.sent().filter(kind=Run.Kind.RETRY, pk=run_pk).exists():
        return
    run = draft(import_)
    summary = run.check_summary if run else None
    if run is None or summary is None or run.pk != run_pk or not _holds(run, import_):
        raise CannotFix(OUTDATED)
    if not summary.ready:
        raise CannotFix(NONE_READY)
    import_.queue(run, user)
    facts = {"rows": summary.ready, "held_back": summary.held_back, "credits": run.credits}
    record("retry_confirmed", import_, user, run=run.pk, unchanged=plan(run).unchanged, **facts)


def _holds(run: Run, import_: Import) -> bool:
    """Whether what was checked is still what would be sent."""
    if import_.connection is None or import_.work or not to_fix(import_):
        return False
    version = metadata.fingerprint(import_.connection, import_.module)
    return is_current(run) and plan(run).metadata_version == version


def _hold(import_: Import) -> None:
    """Nobody else changes it until the transaction ends, and its rows can be corrected."""
    Import.objects.select_for_update().get(pk=import_.pk)
    import_.refresh_from_db()
    if not to_fix(import_):
        raise CannotFix(NOT_NOW)


def outdate(import_: Import) -> None:
    """What was checked and is not sent yet is void, and a check that is going on begins anew."""
    waiting = import_.runs.filter(kind=Run.Kind.RETRY, began_at=None)
    waiting.update(rows_file="", state=Run.State.DRAFT)
    checking = Import.objects.filter(pk=import_.pk, work=Import.Work.RECHECK)
    checking.update(work_number=F("work_number") + 1)


def _discard(run: Run, import_: Import) -> None:
    """Leave nothing of a run that was never confirmed."""
    kept = (files.checked_again, files.problems_again, files.outlook)
    for name in (*(name_of(run.pk) for name_of in kept), plan(run).report):
        if name:
            import_.files.delete(name)
    run.delete()


def _cells(import_: Import, row: int, columns: list[str]) -> dict[str, str]:
    """What the file has in some cells of a row that did not go in; `CannotFix` of another row."""
    mine = pl.col("row") == row
    with import_.files.read(files.LEDGER) as path:
        ends = pl.scan_parquet(path).filter(mine, pl.col("outcome").is_in(bulk.FIXABLE)).collect()
    if ends.is_empty():
        raise CannotFix(GONE)
    with import_.files.read(import_.table_file) as path:
        table = pl.scan_parquet(path).filter(pl.col(ROW) == row)
        cells = table.select(columns).fill_null("").collect()
    return cells.row(0, named=True)
