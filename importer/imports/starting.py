"""From a checked draft to a run: the plan a person confirms, and the parts it is cut into."""

from dataclasses import dataclass

import cattrs
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from importer import bulk
from importer.audit.models import record
from importer.imports import files
from importer.imports.choosing import what_does_not_fit
from importer.imports.models import Import, Part, Run
from importer.teams import metadata
from importer.teams.models import User

CREDITS_A_JOB = 500  # Zoho CRM API, Create Bulk Write Job


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
    parts = -(-summary.ready // settings.PART_ROWS)
    return Plan(
        key=import_.plan_key,
        rows=summary.rows,
        to_send=summary.ready,
        held_back=summary.held_back,
        parts=parts,
        part_rows=settings.PART_ROWS,
        credits=parts * CREDITS_A_JOB,
    )


@transaction.atomic
def start(import_: Import, user: User | None, key: str) -> None:
    """Confirm the plan `key` stands for. A second call finds the import on its way, and is fine."""
    Import.objects.select_for_update().get(pk=import_.pk)  # no choice changes meanwhile
    import_.refresh_from_db()
    if not import_.is_draft:
        return
    agreed = plan(import_)
    if agreed.key != key or import_.work:
        raise PlanOutdated("Something changed since this page was opened.")
    import_.move(Import.State.QUEUED, confirmed_at=timezone.now())
    columns = {column.column: column.field for column in import_.mapping.columns}
    record("confirmed", import_, user, **cattrs.unstructure(agreed), columns=columns)


def begin(import_: Import) -> None:
    """Cut the checked rows into parts; the import runs."""
    with import_.files.read(files.checked(import_.checked_for)) as checked:
        slices = bulk.cut(checked, settings.PART_ROWS, settings.PART_BYTES)
    with transaction.atomic():
        import_.move(Import.State.RUNNING)
        run = Run.objects.create(for_import=import_)
        Part.objects.bulk_create(
            Part(
                run=run,
                number=number,
                offset=piece.offset,
                rows=piece.rows,
                first_row=piece.first_row,
                last_row=piece.last_row,
            )
            for number, piece in enumerate(slices, start=1)
        )
        record("started", import_, run=run.pk, parts=len(slices))
