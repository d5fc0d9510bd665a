"""The end of an import: one outcome for every row, the balance, and the reports."""

from contextlib import ExitStack

import cattrs
from django.db import transaction
from django.utils import timezone

from importer import bulk
from importer.audit.models import record
from importer.bulk import Balance, LedgerMismatch, Outcome
from importer.checks.storage import row_count
from importer.imports import files
from importer.imports.models import Import, Part
from importer.imports.sending import ledger_name

WITHOUT_RESULT = {
    Part.State.REFUSED: Outcome.FAILED,
    Part.State.NOT_SENT: Outcome.NOT_SENT,
    Part.State.UNKNOWN: Outcome.UNKNOWN,
}


DOES_NOT_ADD_UP = (
    "The outcomes do not account for every row of the file, so this import is not called done."
)


def finish(import_: Import) -> None:
    """All parts have ended: write ledger and reports, and let the import be done."""
    for part in Part.objects.of(import_.pk).filter(state__in=list(WITHOUT_RESULT)):
        _write_outcome_of(part, import_)
    try:
        balance = _write_ledger(import_)
        if not balance.adds_up:
            raise LedgerMismatch(f"{balance}")
    except LedgerMismatch as error:
        reason = f"{DOES_NOT_ADD_UP} {error}"
        with transaction.atomic():
            import_.move(Import.State.FAILED, state_reason=reason, finished_at=timezone.now())
            record("given_up", import_, reason=reason)
        return
    _write_reports(import_)
    counts = cattrs.unstructure(balance)
    state = Import.State.DONE if balance.clean else Import.State.DONE_WITH_PROBLEMS
    if import_.is_stopping and balance.not_sent:
        state = Import.State.STOPPED
    with transaction.atomic():
        import_.move(state, balance_json=counts, finished_at=timezone.now(), state_reason="")
        record("finished", import_, state=state, **counts)


def _write_outcome_of(part: Part, import_: Import) -> None:
    with (
        import_.files.read(files.checked(import_.checked_for)) as checked,
        import_.files.write(ledger_name(part)) as target,
    ):
        outcome = WITHOUT_RESULT[Part.State(part.state)]
        ledger = bulk.same_outcome(
            checked, part.slice, outcome, part.code or None, part.reason or None
        )
        ledger.write_parquet(target)


def _write_ledger(import_: Import) -> Balance:
    with ExitStack() as held:
        parts = []
        for part in Part.objects.of(import_.pk):
            parts.append(held.enter_context(import_.files.read(ledger_name(part))))
            if row_count(parts[-1]) != part.rows:
                raise LedgerMismatch(f"Part {part.number} does not tell of all its rows.")
        table = held.enter_context(import_.files.read(import_.table_file))
        problems = held.enter_context(import_.files.read(files.problems(import_.checked_for)))
        target = held.enter_context(import_.files.write(files.LEDGER))
        return bulk.write_ledger(table, parts, problems, target)


def _write_reports(import_: Import) -> None:
    module = import_.destination()
    writers = {
        files.PROBLEMS_XLSX: bulk.write_problems_xlsx,
        files.PROBLEMS_CSV: bulk.write_problems_csv,
        files.OUTCOMES_CSV: bulk.write_outcomes_csv,
    }
    with ExitStack() as held:
        table = held.enter_context(import_.files.read(import_.table_file))
        ledger = held.enter_context(import_.files.read(files.LEDGER))
        problems = held.enter_context(import_.files.read(files.problems(import_.checked_for)))
        for name, write in writers.items():
            target = held.enter_context(import_.files.write(name))
            write(table, ledger, problems, module, import_.mapping, target)
