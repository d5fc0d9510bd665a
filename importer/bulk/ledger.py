"""The ledger: one row for every row of the table, and what became of it."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from importer.bulk.outcomes import LEDGER_SCHEMA, Balance, Outcome
from importer.bulk.parts import Slice, rows_of
from importer.checks.storage import ParquetFile, chunks, row_count
from importer.sheets.table import ROW


class LedgerMismatch(ValueError):
    """Parts that do not fit the table: a row told twice, or one that the table has not."""


def same_outcome(
    checked: Path,
    piece: Slice,
    outcome: Outcome,
    code: str | None = None,
    detail: str | None = None,
) -> pl.DataFrame:
    """The ledger's rows for a part of which every row ended alike."""
    return rows_of(checked, piece).select(
        row=ROW,
        outcome=pl.lit(outcome.value),
        record_id=pl.lit(None, dtype=pl.String),
        code=pl.lit(code, dtype=pl.String),
        field=pl.lit(None, dtype=pl.String),
        detail=pl.lit(detail, dtype=pl.String),
    )


def write_ledger(table: Path, parts: Iterable[Path], problems: Path, target: Path) -> Balance:
    """Join the ledgers of all `parts` to `target`, and count the outcomes.

    A row in no part is held back if it has an error, with the code and field of the first;
    without one it was not sent. Raises `LedgerMismatch` unless each row is told exactly once.
    """
    sources = list(parts)
    told = sum(row_count(source) for source in sources)
    counts = dict.fromkeys(Outcome, 0)
    rows = 0
    with ParquetFile(target, LEDGER_SCHEMA) as ledger:
        for chunk in chunks(table, [ROW]):
            here = _chunk(chunk[ROW].alias("row"), sources, problems)
            ledger.write(here.drop("told"))
            rows += chunk.height
            told -= int(here["told"].sum())
            for outcome, count in here["outcome"].value_counts().iter_rows():
                counts[Outcome(outcome)] += count
        if told:
            raise LedgerMismatch(f"{told} rows of the parts are not in the table.")
    return Balance(rows, **{outcome.value: count for outcome, count in counts.items()})


def _chunk(rows: pl.Series, parts: list[Path], problems: Path) -> pl.DataFrame:
    """The ledger for `rows`, with a column `told`: whether a part has the row."""
    ends = _within(rows, parts)
    errors = _first_errors(rows, problems)
    frame = rows.to_frame()
    joined = frame.join(ends, on="row", how="left").join(errors, on="row", how="left").sort("row")
    if joined.height != frame.height:
        raise LedgerMismatch(f"{joined.height - frame.height} rows are in more than one part.")
    told = pl.col("outcome").is_not_null()
    held = pl.when(pl.col("error").is_null()).then(pl.lit(Outcome.NOT_SENT.value))
    return joined.select(
        "row",
        outcome=pl.coalesce("outcome", held.otherwise(pl.lit(Outcome.HELD_BACK.value))),
        record_id="record_id",
        code=pl.when(told).then("code").otherwise("error"),
        field=pl.when(told).then("field").otherwise("error_field"),
        detail="detail",
        told=told,
    )


def _within(rows: pl.Series, parts: list[Path]) -> pl.DataFrame:
    """What `parts` tell of the stretch of `rows`."""
    if not parts:
        return pl.DataFrame(schema=LEDGER_SCHEMA)
    stretch = pl.col("row").is_between(rows.min(), rows.max())
    return pl.scan_parquet(parts).filter(stretch).select(*LEDGER_SCHEMA).collect()


def _first_errors(rows: pl.Series, problems: Path) -> pl.DataFrame:
    """The code and field of each row's first error, in the stretch of `rows`."""
    stretch = pl.col("row").is_between(rows.min(), rows.max())
    return (
        pl.scan_parquet(problems)
        .filter(stretch, pl.col("severity") == "error")
        .unique("row", keep="first", maintain_order=True)
        .select("row", error="code", error_field="field")
        .collect()
    )
