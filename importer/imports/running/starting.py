"""From a checked draft to a run: the plan a person confirms, and the parts it is cut into."""

from dataclasses import dataclass

import cattrs
import polars as pl
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from importer import bulk
from importer.audit.models import record
from importer.bulk import Group
from importer.crm.credits import JOB_CREDITS
from importer.crm.schema import Operation
from importer.imports import files
from importer.imports.choosing import what_does_not_fit
from importer.imports.models import Import, Part, Run
from importer.imports.running import reversing, snapshots
from importer.imports.running.credits import suffice
from importer.sheets.table import ROW
from importer.teams import metadata
from importer.teams.models import User

CANARY_ROWS = 25  # that are tried first, where a person wants to see some


class PlanOutdated(Exception):
    """What was to be confirmed no longer holds; the rows must be checked again."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What confirming will do."""

    key: str  # of the choices it holds for
    rows: int
    to_send: int
    held_back: int
    parts: int  # at least; texts of great length need more
    part_rows: int  # at most, in each
    credits: int  # Zoho's API credits
    snapshot_credits: int = 0  # more, at most, where the values that rows replace are kept


@dataclass(frozen=True, slots=True)
class Terms:
    """How carefully to go about it, as the person who confirms decides."""

    canary: tuple[int, ...] = ()  # rows to try before the others, as Excel numbers them
    failure_limit: int | None = None  # percent of the rows; if more fail, it stops by itself
    keeps_values: bool = False  # of the records it changes, so that they can be put back


def plan(import_: Import) -> Plan:
    """The plan for the choices as they are. Raises `PlanOutdated` where they are not checked."""
    summary = import_.check_summary
    if summary is None or not import_.is_checked or import_.connection is None:
        raise PlanOutdated("Something changed since the rows were checked.")
    if what_does_not_fit(import_):
        raise PlanOutdated("The columns no longer fit the CRM's fields.")
    current = metadata.fingerprint(import_.connection, import_.module)
    if current != import_.metadata_version:
        raise PlanOutdated("The CRM's fields changed since the rows were checked.")
    part_rows = import_.connection.rows_a_part
    groups = import_.groups or (Group(summary.ready),)
    parts = sum(-(-group.rows // part_rows) for group in groups)
    return Plan(
        key=import_.plan_key,
        rows=summary.rows,
        to_send=summary.ready,
        held_back=summary.held_back,
        parts=parts,
        part_rows=part_rows,
        credits=parts * JOB_CREDITS,
        snapshot_credits=snapshots.cost(import_),
    )


def first_rows(import_: Import, count: int = CANARY_ROWS) -> tuple[int, ...]:
    """The numbers of the first rows that may be sent."""
    with import_.files.read(files.checked(import_.checked_for)) as checked:
        return tuple(pl.scan_parquet(checked).select(ROW).head(count).collect()[ROW])


@transaction.atomic
def start(import_: Import, user: User | None, key: str, terms: Terms | None = None) -> None:
    """Confirm the plan `key` stands for. A second call finds the import on its way, and is fine."""
    Import.objects.select_for_update().get(pk=import_.pk)  # no choice changes meanwhile
    import_.refresh_from_db()
    if not import_.is_draft:
        return
    agreed, terms = plan(import_), terms or Terms()
    keeps_values = terms.keeps_values and snapshots.can_be_kept(import_)
    if agreed.key != key or import_.work:
        raise PlanOutdated("Something changed since this page was opened.")
    import_.move(
        Import.State.QUEUED,
        confirmed_at=timezone.now(),
        canary_json=list(terms.canary) or None,
        failure_limit=terms.failure_limit,
        keeps_values=keeps_values,
    )
    kind = Run.Kind.CANARY if terms.canary else Run.Kind.MAIN
    queue(import_, kind, user, agreed.credits + agreed.snapshot_credits * keeps_values)
    columns = {column.column: column.field for column in import_.mapping.columns}
    facts = cattrs.unstructure(agreed) | cattrs.unstructure(terms)
    record("confirmed", import_, user, **facts, columns=columns)


def queue(import_: Import, kind: Run.Kind, user: User | None, cost: int = 0) -> Run:
    """A run of the checked rows, for `cost` credits, that begins when a worker comes to it."""
    return Run.objects.create(
        for_import=import_,
        kind=kind,
        state=Run.State.QUEUED,
        created_by=user,
        credits=cost,
        problems_file=files.problems(import_.checked_for),
    )


def begin(import_: Import) -> None:
    """Cut the rows of the run that is next into parts; the import runs, or waits for credits."""
    run = import_.runs.get(state=Run.State.QUEUED)
    if not suffice(import_, run, run.credits):
        return
    rows_file, groups = _arranged(import_, run)
    most = import_.connection.rows_a_part if import_.connection else settings.PART_ROWS
    if run.kind == Run.Kind.UNDO:
        most = reversing.PART_ROWS
    with import_.files.read(rows_file) as rows:
        slices = bulk.cut(rows, most, settings.PART_BYTES, groups=groups)
    jobs = 0 if run.kind == Run.Kind.UNDO else len(slices)
    needed = max(run.credits, jobs * JOB_CREDITS)
    with transaction.atomic():
        if not suffice(import_, run, needed):
            return
        import_.still_mine()
        import_.move(Import.State.RUNNING)
        begun = {"state": Run.State.RUNNING, "began_at": timezone.now(), "rows_file": rows_file}
        Run.objects.filter(pk=run.pk).update(credits=needed, **begun)
        Part.objects.bulk_create(
            Part(
                run=run,
                number=number,
                offset=piece.offset,
                rows=piece.rows,
                first_row=piece.first_row,
                last_row=piece.last_row,
                clears=piece.clears,
                left_out_json=list(piece.left_out),
            )
            for number, piece in enumerate(slices, start=1)
        )
        record("started", import_, run=run.pk, of=run.kind, parts=len(slices))


def _arranged(import_: Import, run: Run) -> tuple[str, tuple[Group, ...] | None]:
    """The file with the run's rows in sending order, and how they are grouped there."""
    if run.kind == Run.Kind.UNDO:
        with import_.files.read(run.rows_file) as rows:
            return run.rows_file, reversing.groups_of(pl.read_parquet(rows, columns=["act"]))
    checked = run.rows_file or files.checked(import_.checked_for)
    tried = import_.canary_json or ()
    only = tried if run.kind == Run.Kind.CANARY else None
    without = tried if run.kind == Run.Kind.MAIN else ()
    fields = clearing(import_)
    if not (fields or only or without):
        return checked, None
    name = files.rows(run.pk)
    with import_.files.read(checked) as source, import_.files.write(name) as target:
        groups = bulk.arrange(source, target, clearing=fields, only=only, without=without)
    return name, groups


def clearing(import_: Import) -> tuple[str, ...]:
    """The fields that a blank cell erases, by API name."""
    return import_.mapping.clearing(Operation(import_.operation), import_.find_by or None)
