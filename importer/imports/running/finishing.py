"""The end of a run: one outcome for every row, the balance, and the reports."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import cattrs
from django.db import transaction
from django.utils import timezone

from importer import bulk
from importer.audit.models import record
from importer.bulk import Balance, LedgerMismatch, Outcome
from importer.checks.storage import row_count
from importer.imports import files
from importer.imports.announcing import announce_end
from importer.imports.models import Import, Part, Run
from importer.imports.running import pausing, reversing

WITHOUT_RESULT = {
    Part.State.REFUSED: Outcome.FAILED,
    Part.State.NOT_SENT: Outcome.NOT_SENT,
    Part.State.UNKNOWN: Outcome.UNKNOWN,
}
DOES_NOT_ADD_UP = (
    "The outcomes do not account for every row of the file, so this import is not called done."
)


def finish(import_: Import) -> None:
    """All parts have ended: write ledger and reports, and let the import end or be looked at."""
    for part in Part.objects.of(import_.pk).filter(state__in=list(WITHOUT_RESULT)):
        _write_outcome_of(part, import_)
    try:
        balance = _write_ledger(import_)
        if not balance.adds_up:
            raise LedgerMismatch(f"{balance}")
    except LedgerMismatch as error:
        _fail(import_, f"{DOES_NOT_ADD_UP} {error}")
        return
    _write_reports(import_)
    _end(import_, balance)


@transaction.atomic
def _end(import_: Import, balance: Balance) -> None:
    counts = cattrs.unstructure(balance)
    import_.write(balance_json=counts)
    import_.refresh_from_db()  # somebody may have stopped it meanwhile
    run = import_.run_at_work
    if run and _is_trial(run, import_) and balance.not_sent and not import_.is_stopping:
        pausing.show_canary(import_, run)
        return
    if run:
        pausing.end(run, import_)
    stopped = import_.is_stopping and balance.not_sent
    reason = import_.state_reason if stopped else ""
    import_.move(
        _state(import_, run, balance),
        finished_at=timezone.now(),
        state_reason=reason,
        paused_because=Import.Pause.NONE,
    )
    announce_end(import_, run)
    record("finished", import_, state=import_.state, **counts)


def _is_trial(run: Run, import_: Import) -> bool:
    """Whether only the first rows were tried as yet; the run may have been taken up later."""
    others = import_.runs.exclude(pk=run.pk).exclude(state=Run.State.DRAFT)
    return run.kind == Run.Kind.CANARY and not others.exists()


def _state(import_: Import, run: Run | None, balance: Balance) -> Import.State:
    undone = run is not None and run.kind == Run.Kind.UNDO
    if (import_.is_stopping or undone) and balance.not_sent:
        return Import.State.STOPPED
    return Import.State.DONE if balance.clean else Import.State.DONE_WITH_PROBLEMS


@transaction.atomic
def _fail(import_: Import, reason: str) -> None:
    import_.still_mine()
    run = import_.run_at_work
    if run:
        pausing.end(run, import_)
    import_.move(Import.State.FAILED, state_reason=reason, finished_at=timezone.now())
    announce_end(import_, run)
    record("given_up", import_, reason=reason)


def _write_outcome_of(part: Part, import_: Import) -> None:
    if part.run.kind == Run.Kind.UNDO:
        reversing.tell_rest(part, import_)
        return
    with (
        import_.files.read(part.run.rows_file) as rows,
        import_.files.write(part.ledger_name) as target,
    ):
        outcome = WITHOUT_RESULT[Part.State(part.state)]
        ledger = bulk.same_outcome(
            rows, part.slice, outcome, part.code or None, part.reason or None
        )
        ledger.write_parquet(target)
        import_.still_mine()


def _write_ledger(import_: Import) -> Balance:
    """Tell the whole story anew: the first sending, then what each later run changed of it."""
    later = import_.runs.filter(
        kind__in=[Run.Kind.RETRY, Run.Kind.UNDO], state__in=[Run.State.RUNNING, Run.State.ENDED]
    )
    with (
        ExitStack() as held,
        TemporaryDirectory(prefix="importer-") as folder,
        import_.files.write(files.LEDGER) as target,
    ):
        table = held.enter_context(import_.files.read(import_.table_file))
        problems = held.enter_context(import_.files.read(files.problems(import_.checked_for)))
        first = import_.runs.filter(kind__in=[Run.Kind.CANARY, Run.Kind.MAIN])
        parts = [path for run in first for path in _ledgers(run, import_, held)]
        ledger = Path(folder) / "ledger-0.parquet"
        balance = bulk.write_ledger(table, parts, problems, ledger)
        for number, run in enumerate(later, start=1):
            before, ledger = ledger, Path(folder) / f"ledger-{number}.parquet"
            told = _ledgers(run, import_, held)
            if run.kind == Run.Kind.UNDO:
                balance = bulk.reverse_ledger(before, told, ledger)
            else:
                found = held.enter_context(import_.files.read(run.problems_file))
                balance = bulk.amend_ledger(before, told, found, ledger)
        ledger.replace(target)
        import_.still_mine()
        return balance


def _ledgers(run: Run, import_: Import, held: ExitStack) -> list[Path]:
    """What each of the run's parts tells of its rows."""
    paths = []
    for part in run.parts.all():
        paths.append(held.enter_context(import_.files.read(part.ledger_name)))
        if row_count(paths[-1]) != part.rows:
            raise LedgerMismatch(f"Part {part.number} does not tell of all its rows.")
    return paths


def _write_reports(import_: Import) -> None:
    module, mapping, edits = import_.destination(), import_.mapping, import_.edits.frame()
    writers: dict[str, Callable[..., None]] = {
        files.PROBLEMS_XLSX: partial(bulk.write_problems_xlsx, edits=edits),
        files.PROBLEMS_CSV: partial(bulk.write_problems_csv, edits=edits),
        files.OUTCOMES_CSV: partial(bulk.write_outcomes_csv, link=_link(import_)),
    }
    with ExitStack() as held:
        table = held.enter_context(import_.files.read(import_.table_file))
        ledger = held.enter_context(import_.files.read(files.LEDGER))
        problems = held.enter_context(import_.files.read(import_.problems_file))
        for name, write in writers.items():
            target = held.enter_context(import_.files.write(name))
            write(table, ledger, problems, module, mapping, target)
        import_.still_mine()


def _link(import_: Import) -> Callable[[str], str] | None:
    """The address of a record by its id."""
    if import_.connection is None or import_.organisation is None:
        return None
    with import_.connection.client() as crm:
        return partial(crm.record_url, import_.organisation, import_.module)
