"""The worker's side of fix and retry: an uploaded report is read, and the rows checked again."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cattrs
import polars as pl
from django.db import transaction
from django.utils import timezone

from importer import bulk, checks
from importer.audit.models import record
from importer.bulk import LEDGER_SCHEMA, Group, Outcome
from importer.checks.run import PROBLEMS_SCHEMA
from importer.checks.storage import ParquetFile, chunks
from importer.crm.credits import JOB_CREDITS
from importer.crm.schema import Module, Operation
from importer.imports import files, reading_limits
from importer.imports.choosing import what_does_not_fit
from importer.imports.edits import Edit
from importer.imports.models import Import, Run
from importer.imports.running import fixing, snapshots
from importer.imports.running.starting import clearing
from importer.mapping import InvalidMapping
from importer.sheets.table import ROW
from importer.teams import metadata
from importer.teams.models import Connection

EDITS_AT_ONCE = 1_000
REFUSED = [Outcome.FAILED, Outcome.SKIPPED]


def recheck(import_: Import) -> dict[str, Any]:
    """Check the rows that did not go in, with all corrections, for a run to be confirmed.

    Raises `UnreadableFile` and `InvalidCorrections` for the report, `InvalidMapping` and
    `CrmError` for the destination; corrections that were read stay.
    """
    run = fixing.draft(import_)
    if run is None or import_.connection is None:
        return {}
    _read_report(run, import_)
    module = _module(import_, import_.connection)
    plan = replace(
        fixing.plan(run),
        checked_at=timezone.now().isoformat(),
        metadata_version=metadata.fingerprint(import_.connection, import_.module),
    )
    _check(run, import_, import_.connection, module, plan)
    return {}


# The report that a person has changed ---------------------------------------------------------


def _read_report(run: Run, import_: Import) -> None:
    """Take over what was changed in the uploaded report, if there is one."""
    plan = fixing.plan(run)
    if not plan.report:
        return
    with ExitStack() as held:
        source, table, ledger, problems = (
            held.enter_context(import_.files.read(name))
            for name in (plan.report, import_.table_file, files.LEDGER, import_.problems_file)
        )
        staged = Path(held.enter_context(TemporaryDirectory(prefix="importer-"))) / "report"
        limits, bounds = reading_limits.limits(), reading_limits.bounds()
        bulk.stage_report(source, table, staged, limits=limits, bounds=bounds)
        found = bulk.read_corrections(
            staged,
            table,
            ledger,
            problems,
            import_.destination(),
            import_.mapping,
            import_.edits.frame(),
        )
    _keep(found.edits, import_, run)
    read = replace(plan, report="", corrected=found.edits.height, ignored=found.ignored)
    Run.objects.filter(pk=run.pk).update(plan_json=cattrs.unstructure(read))
    run.refresh_from_db()
    import_.files.delete(plan.report)
    facts = {"cells": found.edits.height, "columns": sorted(set(found.edits["column"]))}
    rows, left_out = found.edits["row"].n_unique(), len(found.ignored)
    record("corrections_read", import_, run.created_by, rows=rows, not_taken=left_out, **facts)


def _keep(edits: pl.DataFrame, import_: Import, run: Run) -> None:
    made = (
        Edit(
            for_import=import_,
            row=row,
            column=column,
            value=value or "",
            made_by_id=run.created_by_id,
        )
        for row, column, value in edits.iter_rows()
    )
    while some := list(islice(made, EDITS_AT_ONCE)):
        Edit.objects.bulk_create(
            some,
            update_conflicts=True,
            unique_fields=["for_import", "row", "column"],
            update_fields=["value", "made_by", "made_at"],
        )


# The check ------------------------------------------------------------------------------------


def _module(import_: Import, connection: Connection) -> Module:
    """The destination's fields as they are now, if the rows can still be sent to them."""
    module = metadata.module(connection, import_.module, fresh=True)
    wrong = [*what_does_not_fit(import_, module), *_of_another_type(import_, module)]
    if wrong:
        raise InvalidMapping(" ".join(wrong))
    return module


def _of_another_type(import_: Import, module: Module) -> Iterator[str]:
    """Fields that no longer take what they took, though they are called as before."""
    were = {field.api_name: field.data_type for field in import_.destination().fields}
    for field in module.fields:
        mapped = field.api_name in import_.mapping.fields
        if mapped and were.get(field.api_name) not in (None, field.data_type):
            yield (
                f"{field.label} is of another type in the CRM since this import was checked. "
                "Bring the remaining rows in as a new import."
            )


def _check(
    run: Run, import_: Import, connection: Connection, module: Module, plan: fixing.RetryPlan
) -> None:
    edits, organisation = import_.edits.frame(), import_.organisation
    with ExitStack() as held:
        table, ledger, earlier = (
            held.enter_context(import_.files.read(name))
            for name in (import_.table_file, files.LEDGER, import_.problems_file)
        )
        checked = held.enter_context(import_.files.write(files.checked_again(run.pk)))
        problems = held.enter_context(import_.files.write(files.problems_again(run.pk)))
        outlook = held.enter_context(import_.files.write(files.outlook(run.pk)))
        folder = Path(held.enter_context(TemporaryDirectory(prefix="importer-")))
        rows, taken, found = (folder / name for name in ("rows", "taken", "problems"))
        bulk.rows_to_fix(table, ledger, edits, rows)
        bulk.rows_in(_keys(import_, module), table, ledger, edits, taken)
        summary = checks.check(
            rows,
            import_.mapping,
            module,
            Operation(import_.operation),
            import_.find_by or None,
            organisation.time_zone if organisation else "UTC",
            checked,
            found,
            whole=table,
            taken=taken,
        )
        _write_problems(earlier, rows, found, problems)
        _write_outlook(ledger, found, outlook)
        groups = bulk.groups_of(checked, clearing=clearing(import_)) if summary.ready else ()
        unchanged = _unchanged(checked, ledger, import_)
    parts = sum(-(-group.rows // connection.rows_a_part) for group in groups)
    plan = replace(plan, parts=parts, unchanged=unchanged)
    _note(run, import_, summary, plan, parts * JOB_CREDITS + _snapshot_credits(import_, groups))


def _keys(import_: Import, module: Module) -> list[str]:
    """The columns with values that no two rows may share."""
    shared = {import_.find_by, *(field.api_name for field in module.fields if field.unique)}
    return [column.column for column in import_.mapping.columns if column.field in shared]


def _write_problems(earlier: Path, rows: Path, found: Path, target: Path) -> None:
    """What was `found` now, and what earlier checks found of rows that are not among `rows`."""
    checked = pl.read_parquet(rows, columns=[ROW])[ROW].implode()
    with ParquetFile(target, PROBLEMS_SCHEMA) as problems:
        for known in chunks(earlier):
            problems.write(known.filter(~pl.col("row").is_in(checked)))
        for new in chunks(found):
            problems.write(new)


def _write_outlook(ledger: Path, found: Path, target: Path) -> None:
    """The ledger's rows to fix as they would end now, with `is_ready`; those held back first."""
    ends = bulk.scan_ledger(ledger).filter(pl.col("outcome").is_in(bulk.FIXABLE))
    errors = (
        pl.scan_parquet(found)
        .filter(severity="error")
        .unique("row", keep="first", maintain_order=True)
        .select("row", is_held=pl.lit(True), held_code="code", held_field="field")
    )
    is_held = pl.col("is_held").is_not_null()
    told = {
        "outcome": pl.when(is_held).then(pl.lit(Outcome.HELD_BACK.value)).otherwise("outcome"),
        "code": pl.when(is_held).then("held_code").otherwise("code"),
        "field": pl.when(is_held).then("held_field").otherwise("field"),
        "detail": pl.when(~is_held).then("detail"),
    }
    both = ends.join(errors, on="row", how="left", maintain_order="left")
    stands = both.with_columns(**told, is_ready=~is_held).sort("is_ready", maintain_order=True)
    stands.select(*LEDGER_SCHEMA, "is_ready").collect(engine="streaming").write_parquet(target)


def _unchanged(checked: Path, ledger: Path, import_: Import) -> int:
    """The rows to be sent just as the CRM refused or skipped them."""
    edited = import_.edits.all()
    since = fixing.sent_at(import_)
    if since:
        edited = edited.filter(made_at__gt=since)
    changed = pl.Series(list(edited.values_list("row", flat=True)), dtype=pl.Int64)
    refused = pl.scan_parquet(ledger).filter(pl.col("outcome").is_in(REFUSED)).select("row")
    ready = pl.scan_parquet(checked).select(row=ROW)
    same = refused.join(ready, on="row", how="semi").filter(~pl.col("row").is_in(changed.implode()))
    return int(same.select(pl.len()).collect().item())


def _snapshot_credits(import_: Import, groups: tuple[Group, ...]) -> int:
    return snapshots.cost(import_, groups) if import_.keeps_values and groups else 0


@transaction.atomic
def _note(
    run: Run, import_: Import, summary: checks.Summary, plan: fixing.RetryPlan, cost: int
) -> None:
    """Let the run be confirmed, unless a cell was changed meanwhile: then it is all done anew."""
    same = Import.objects.select_for_update().filter(pk=import_.pk, work_number=import_.work_number)
    if not same.exists():
        return
    Run.objects.filter(pk=run.pk, state=Run.State.DRAFT).update(
        rows_file=files.checked_again(run.pk),
        problems_file=files.problems_again(run.pk),
        check_json=cattrs.unstructure(summary),
        plan_json=cattrs.unstructure(plan),
        credits=cost,
    )
    counts = {"rows": summary.rows, "ready": summary.ready, "held_back": summary.held_back}
    record("rechecked", import_, run=run.pk, unchanged=plan.unchanged, **counts)
