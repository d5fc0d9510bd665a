"""What the progress and result pages show: stages, the balance drawn to scale, causes, records."""

from typing import Any

import polars as pl

from importer.bulk import Balance, Outcome
from importer.imports import causes, files
from importer.imports.causes import LABELS, WENT_IN
from importer.imports.models import Import, Part

STAGES = ["Prepare the parts", "Send them to the CRM", "Collect the results", "Settle the balance"]
SHOWN_RECORDS = 10


def stages(import_: Import, parts: list[Part]) -> list[dict[str, str]]:
    """Cut, sent, answered, settled: how far the whole of it is."""
    planned = bool(parts) or not (import_.is_open or import_.state == Import.State.FAILED)
    doing = "attention" if import_.state == Import.State.FAILED else "current"
    sent = planned and all(part.job_id or part.is_ended for part in parts)
    answered = planned and all(part.is_ended for part in parts)
    tried = import_.paused_because == Import.Pause.CANARY  # that much is settled
    settled = tried or not (import_.is_open or import_.state == Import.State.FAILED)
    done = [planned, sent, answered, settled]
    first_open = done.index(False) if False in done else len(done)
    return [
        {
            "name": name,
            "mark": "done" if is_done else doing if index == first_open else "waiting",
            "note": "",
        }
        for index, (name, is_done) in enumerate(zip(STAGES, done, strict=True))
    ]


def result(import_: Import, balance: Balance) -> dict[str, Any]:
    """All that the result page shows of an import with a balance."""
    with import_.files.read(files.LEDGER) as path:
        ledger = pl.scan_parquet(path)
        return {
            "balance": balance,
            "bars": bars(balance),
            "causes": causes.of_ledger(ledger, import_.destination(), import_.latest_check),
            "records": _records(ledger, import_, SHOWN_RECORDS),
        }


def tried(import_: Import) -> dict[str, Any]:
    """The rows that were sent before the others: the records they made, and what went wrong."""
    with import_.files.read(files.LEDGER) as path:
        rows = pl.Series(import_.canary_json or [], dtype=pl.Int64)
        ledger = pl.scan_parquet(path).filter(pl.col("row").is_in(rows.implode()))
        return {
            "rows": len(rows),
            "records": _records(ledger, import_, len(rows)),
            "causes": causes.of_ledger(ledger, import_.destination(), import_.check_summary),
        }


def bars(balance: Balance) -> list[dict[str, Any]]:
    """The balance to scale: each outcome's rows, and where its bar begins in 0 to 100."""
    drawn, x = [], 0.0
    for outcome, label in LABELS.items():
        rows = getattr(balance, outcome)
        if outcome is Outcome.REVERSED and not rows:
            continue  # few imports are taken back
        width = 100 * rows / balance.rows if balance.rows else 0.0
        drawn.append({"name": outcome, "label": label, "rows": rows, "x": x, "width": width})
        x += width
    return drawn


def _records(ledger: pl.LazyFrame, import_: Import, most: int) -> list[dict[str, Any]]:
    """The first records that were written, with their addresses in the CRM."""
    organisation, connection = import_.organisation, import_.connection
    if organisation is None or connection is None:
        return []
    written = ledger.filter(
        pl.col("outcome").is_in(WENT_IN) & pl.col("record_id").is_not_null()
    ).head(most)
    with connection.client() as crm:
        return [
            {**found, "url": crm.record_url(organisation, import_.module, found["record_id"])}
            for found in written.collect().iter_rows(named=True)
        ]
