"""Undo, until it runs: offered for a time, looked at by a worker, confirmed by a person."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import cattrs
import polars as pl
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from importer.audit.models import record
from importer.bulk import Outcome, Reversal
from importer.bulk.undoing import (
    Act,
    Judge,
    Judgement,
    UndoLine,
    lines_of,
    undo_lines,
    write_undo,
)
from importer.checks.storage import chunks
from importer.crm.client import CrmClient
from importer.imports import files
from importer.imports.models import Import, Part, Run
from importer.imports.running import reading, snapshots
from importer.teams.models import User

SHOWN = 10  # records that people changed, of the first ones
SKEW = timedelta(hours=1)  # that the clocks of the CRM and ours may differ by
DELETED_A_CREDIT = 100  # Zoho CRM API, API limits
UPDATED_A_CREDIT = 10


class CannotUndo(Exception):
    """Why nothing is undone, as a sentence for people."""


@dataclass(frozen=True, slots=True)
class Edited:
    """A record that people changed, and that is left as it is."""

    row: int
    record_id: str
    words: str  # who changed what, and when


@dataclass(frozen=True, slots=True)
class UndoPlan:
    """What an undo would do with the rows whose records the import created or changed."""

    delete: int = 0
    restore: int = 0
    kept: int = 0  # people changed their records since
    gone: int = 0  # new records that are deleted already
    back: int = 0  # changed records that have their values already
    impossible: int = 0  # what they had is not known
    credits: int = 0
    lost: tuple[str, ...] = ()  # labels of fields that do not come back
    edited: tuple[Edited, ...] = ()  # the first of `kept`

    @property
    def to_do(self) -> int:
        return self.delete + self.restore


def until(import_: Import) -> datetime | None:
    """How long the import can be undone; None where nothing can be, or not now."""
    is_tried = import_.state == Import.State.PAUSED and (
        import_.paused_because == Import.Pause.CANARY
    )
    balance = import_.balance
    if not (is_tried or import_.is_ended) or import_.state == Import.State.FAILED:
        return None
    if balance is None or not balance.created + balance.updated:
        return None
    ended = import_.runs.sent().exclude(finished_at=None).order_by("finished_at").last()
    if ended is None:
        return None
    end: datetime = ended.finished_at + timedelta(days=settings.UNDO_DAYS)
    return end if end > timezone.now() else None


def draft(import_: Import) -> Run | None:
    """The undo that was looked at and not confirmed; none where more was sent or told since."""
    run: Run | None = import_.runs.filter(kind=Run.Kind.UNDO, state=Run.State.DRAFT).last()
    if run is None:
        return None
    since = Q(began_at__gt=run.created_at) | Q(finished_at__gt=run.created_at)
    return None if import_.runs.filter(since).exists() else run


def plan(run: Run) -> UndoPlan | None:
    """What the undo would do; None while that is looked at."""
    return cattrs.structure(run.plan_json, UndoPlan) if run.plan_json else None


@transaction.atomic
def preview(import_: Import, user: User | None) -> None:
    """Have a worker look at the records as they are now. Raises `CannotUndo`."""
    if until(import_) is None:
        raise CannotUndo("This import can no longer be undone, or not while it is on its way.")
    idle = Import.objects.filter(pk=import_.pk, state=import_.state, work=Import.Work.NONE)
    number = F("work_number") + 1
    if not idle.update(work=Import.Work.LOOK_BACK, work_number=number, tries=0, work_error=""):
        return  # somebody asked already
    for older in import_.runs.filter(kind=Run.Kind.UNDO, state=Run.State.DRAFT):
        if older.rows_file:
            import_.files.delete(older.rows_file)
        older.delete()
    run = Run.objects.create(for_import=import_, kind=Run.Kind.UNDO, created_by=user)
    record("undo_asked_for", import_, user, run=run.pk)


def look_back(import_: Import) -> dict[str, Any]:
    """Write down what undoing takes, and count what the records as they are now allow."""
    run = draft(import_)
    if run is None or import_.connection is None:
        return {}
    name = files.rows(run.pk)
    with import_.files.write(name) as target:
        acts = write_undo(_parts(import_), _still_in(import_), target)
    with import_.files.read(name) as rows, import_.connection.client() as crm:
        found = _looked_at(import_, rows, sum(acts.values()), crm)
    told = cattrs.unstructure(found)
    with transaction.atomic():
        unconfirmed = Run.objects.filter(pk=run.pk, state=Run.State.DRAFT)
        unconfirmed.update(rows_file=name, plan_json=told, credits=found.credits)
        counts = {key: count for key, count in told.items() if isinstance(count, int)}
        record("undo_previewed", import_, run.created_by, run=run.pk, **counts)
    return {}


@transaction.atomic
def confirm(import_: Import, user: User | None, run_pk: int) -> None:
    """Undo as it was shown; a second call finds it on its way. Raises `CannotUndo`."""
    Import.objects.select_for_update().get(pk=import_.pk)
    import_.refresh_from_db()
    at_work = import_.run_at_work
    if at_work and at_work.pk == run_pk:
        return
    run = draft(import_)
    agreed = plan(run) if run else None
    if run is None or agreed is None or run.pk != run_pk or import_.work or not until(import_):
        raise CannotUndo("Something changed since this page was opened. Look again first.")
    import_.queue(run, user)
    facts = {"delete": agreed.delete, "restore": agreed.restore, "kept": agreed.kept}
    record("undo_confirmed", import_, user, run=run.pk, credits=agreed.credits, **facts)


def judge_of(import_: Import) -> Judge:
    """Judges by the fields as they were when the import was checked."""
    organisation = import_.organisation
    return Judge(import_.destination(), organisation.time_zone if organisation else "UTC")


def watched_fields(import_: Import) -> list[str]:
    """The fields that the import fills."""
    return [name for name in import_.mapping.fields if name != "id"]


def _parts(import_: Import) -> Iterator[pl.DataFrame]:
    """What undoing each part takes, in the order in which they were sent."""
    sent = Part.objects.of(import_.pk).filter(run__in=import_.runs.sent())
    for part in sent.filter(state=Part.State.COLLECTED).select_related("run"):
        with ExitStack() as held:
            rows = held.enter_context(import_.files.read(part.run.rows_file))
            ledger = held.enter_context(import_.files.read(part.ledger_name))
            before: Path | None = None
            if part.values_kept_at:
                before = held.enter_context(import_.files.read(snapshots.before(part)))
            answered_at = part.answered_at or part.run.finished_at or timezone.now()
            yield undo_lines(rows, part.slice, ledger, before, answered_at)


def _still_in(import_: Import) -> pl.Series:
    """The numbers of the rows whose records the import created or changed."""
    with import_.files.read(files.LEDGER) as path:
        ours = pl.col("outcome").is_in([Outcome.CREATED.value, Outcome.UPDATED.value])
        return pl.scan_parquet(path).filter(ours).select("row").collect()["row"]


def _looked_at(import_: Import, rows: Path, count: int, crm: CrmClient) -> UndoPlan:
    judge, tally = judge_of(import_), _Tally()
    names = watched_fields(import_)
    parts = Part.objects.of(import_.pk).exclude(sent_at=None)
    first = parts.order_by("sent_at").values_list("sent_at", flat=True).first()
    since = (first or import_.created_at) - SKEW
    with reading.present(crm, judge.module, names, count, since) as look:
        for chunk in chunks(rows):
            lines = list(lines_of(chunk))
            now = look({line.record_id for line in lines if line.act is not Act.LEAVE})
            for line in lines:
                tally.add(line, judge.judge(line, now.get(line.record_id)), judge)
    reading_again = reading.key_credits(count, len(names), "id")
    deleting = -(-tally.plan.delete // DELETED_A_CREDIT)
    restoring = -(-tally.plan.restore // UPDATED_A_CREDIT)
    cost = reading_again + deleting + restoring if tally.plan.to_do else 0
    return replace(tally.plan, credits=cost)


class _Tally:
    """Counts judgements."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys(("delete", "restore", "kept", "gone", "back", "impossible"), 0)
        self.lost: dict[str, None] = {}
        self.edited: list[Edited] = []

    def add(self, line: UndoLine, judgement: Judgement, judge: Judge) -> None:
        match judgement.reversal:
            case None:
                self.counts[line.act.value] += 1
                self.lost |= dict.fromkeys(judge.lost(line))
            case Reversal.KEPT:
                self.counts["kept"] += 1
                if len(self.edited) < SHOWN:
                    self.edited.append(Edited(line.row, line.record_id, judgement.detail))
            case Reversal.REVERSED:
                self.counts["gone" if line.act is Act.DELETE else "back"] += 1
            case Reversal.FAILED:
                self.counts["impossible"] += 1

    @property
    def plan(self) -> UndoPlan:
        return UndoPlan(**self.counts, lost=tuple(self.lost), edited=tuple(self.edited))
