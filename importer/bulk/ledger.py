"""The ledger: one row for every row of the table, and what became of it."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl

from importer.bulk.outcomes import LEDGER_SCHEMA, REVERSALS_SCHEMA, Balance, Outcome, Reversal
from importer.bulk.parts import Slice, rows_of
from importer.checks.storage import ParquetFile, Schema, chunks, row_count
from importer.sheets.table import ROW

_DONE = [outcome.value for outcome in Outcome if outcome.went_in or outcome is Outcome.REVERSED]
_OURS = [Outcome.CREATED.value, Outcome.UPDATED.value]
_REVERSALS = [reversal.value for reversal in Reversal]


class LedgerMismatch(ValueError):
    """What is told does not fit the rows: one told twice, one not there, or one that is done."""


def same_outcome(
    rows: Path,
    piece: Slice,
    outcome: Outcome,
    code: str | None = None,
    detail: str | None = None,
) -> pl.DataFrame:
    """The ledger's rows for a part of which every row ended alike."""
    told = {"outcome": outcome.value, "code": code, "detail": detail}
    return _ledger(
        rows_of(rows, piece).select(
            row=ROW, **{name: pl.lit(value, dtype=pl.String) for name, value in told.items()}
        )
    )


def write_ledger(table: Path, parts: Iterable[Path], problems: Path, target: Path) -> Balance:
    """Join the ledgers of all `parts` to `target`, and count the outcomes.

    A row in no part is held back if it has an error, with the code and field of the first;
    without one it was not sent. Raises `LedgerMismatch` unless each row is told exactly once.
    """
    not_sent = pl.lit(Outcome.NOT_SENT.value)
    blank = (_ledger(rows.select(row=ROW, outcome=not_sent)) for rows in chunks(table, [ROW]))
    return _amended(blank, parts, problems, target, row_count(table))


def tell_again(ledger: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """A part's `ledger` with what is `told` of some of its rows in place of what it said.

    `told` may lack some of the ledger's columns.
    """
    both = pl.concat([_ledger(told), ledger.join(told, on="row", how="anti")])
    return ledger.select("row").join(both, on="row", how="left", maintain_order="left")


def amend_ledger(ledger: Path, parts: Iterable[Path], problems: Path, target: Path) -> Balance:
    """Write `ledger` to `target` with what a further run's `parts` tell, and count the outcomes.

    A row in no part that could have been sent again and has an error among the run's `problems`
    is held back for the first; all others stay as they are. Raises `LedgerMismatch` if a row is
    told twice, is not in `ledger`, or was done before: it went in, or has been taken back.
    """
    return _amended(chunks(ledger), parts, problems, target, row_count(ledger))


def reverse_ledger(ledger: Path, reversals: Iterable[Path], target: Path) -> Balance:
    """Write `ledger` to `target` with what an undo made of its rows, and count the outcomes.

    `reversals` have the columns of `REVERSALS_SCHEMA`. Raises `LedgerMismatch` if a row is told
    twice or in other words than `Reversal`'s, or is none that the import created or updated.
    """
    told = _Told(reversals, REVERSALS_SCHEMA)
    reversed_ = (_reversed(ends, told.of(ends)) for ends in chunks(ledger))
    return _write(reversed_, told, target, row_count(ledger))


def scan_ledger(ledger: Path) -> pl.LazyFrame:
    """A ledger by `LEDGER_SCHEMA`; one from before there were reversals lacks their columns."""
    return pl.scan_parquet(ledger, schema=LEDGER_SCHEMA, missing_columns="insert")


class _Told:
    """What some files tell of rows: each row once, and only of rows that are asked for."""

    def __init__(self, sources: Iterable[Path], schema: Schema) -> None:
        self._schema = schema
        self._spans = [(source, *_span(source)) for source in sources if row_count(source)]
        self._left = sum(row_count(source) for source, *_ in self._spans)

    def of(self, ends: pl.DataFrame) -> pl.DataFrame:
        """What is told of the rows of `ends`, a stretch in the order of the rows."""
        first, last = ends["row"].item(0), ends["row"].item(-1)
        here = [source for source, low, high in self._spans if low <= last and first <= high]
        if not here:
            return pl.DataFrame(schema=self._schema)
        stretch = pl.col("row").is_between(first, last)
        # A part that was collected before there were reversals lacks their columns.
        told = pl.scan_parquet(here, schema=self._schema, missing_columns="insert")
        found = told.filter(stretch).collect()
        if found["row"].is_duplicated().any():
            raise LedgerMismatch("A row is told twice.")
        mine = found.join(ends, on="row", how="semi")
        self._left -= mine.height
        return mine

    def close(self) -> None:
        """All rows have been asked for."""
        if self._left:
            raise LedgerMismatch(f"{self._left} rows are told of that are not in the table.")


def _span(source: Path) -> tuple[int, int]:
    rows = pl.read_parquet(source, columns=["row"])["row"]
    return rows.min(), rows.max()  # type: ignore[return-value]  # of a column of integers


def _amended(
    stretches: Iterable[pl.DataFrame],
    parts: Iterable[Path],
    problems: Path,
    target: Path,
    rows: int,
) -> Balance:
    told = _Told(parts, LEDGER_SCHEMA)
    amended = (_amend(ends, told.of(ends), problems) for ends in stretches)
    return _write(amended, told, target, rows)


def _amend(ends: pl.DataFrame, told: pl.DataFrame, problems: Path) -> pl.DataFrame:
    """`ends` with the rows that are `told` or held back replaced."""
    done = ends.filter(pl.col("outcome").is_in(_DONE))
    if again := told.join(done, on="row", how="semi").height:
        raise LedgerMismatch(f"{again} rows are told of that were done before.")
    could_be_sent = ends.filter(~pl.col("outcome").is_in([*_DONE, Outcome.UNKNOWN.value]))
    held = (
        _held_back(ends, problems)
        .join(could_be_sent, on="row", how="semi")
        .join(told, on="row", how="anti")
    )
    changed = pl.concat([told, held])
    return pl.concat([changed, ends.join(changed, on="row", how="anti")]).sort("row")


def _held_back(ends: pl.DataFrame, problems: Path) -> pl.DataFrame:
    """The ledger's rows for those of `ends` with an error, told by the first."""
    stretch = pl.col("row").is_between(ends["row"].item(0), ends["row"].item(-1))
    errors = (
        pl.scan_parquet(problems)
        .filter(stretch, pl.col("severity") == "error")
        .unique("row", keep="first", maintain_order=True)
        .select("row", "code", "field", outcome=pl.lit(Outcome.HELD_BACK.value))
    )
    return _ledger(errors.collect())


def _reversed(ends: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """`ends` with what is `told` of their reversal."""
    ours = ends.filter(pl.col("outcome").is_in(_OURS))
    if others := told.join(ours, on="row", how="anti").height:
        raise LedgerMismatch(f"{others} rows are taken back that were not created or updated.")
    if not told["reversal"].is_in(_REVERSALS, nulls_equal=True).all():
        raise LedgerMismatch("What became of a row to be taken back is not said.")
    is_gone = pl.col("reversal") == Reversal.REVERSED.value
    outcome = pl.when(is_gone).then(pl.lit(Outcome.REVERSED.value)).otherwise("outcome")
    changed = (
        ours.drop("reversal", "reversal_detail")
        .join(told.rename({"detail": "reversal_detail"}), on="row")
        .with_columns(outcome=outcome)
        .select(*LEDGER_SCHEMA)
    )
    return pl.concat([changed, ends.join(changed, on="row", how="anti")]).sort("row")


def _ledger(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` in the ledger's columns; null in those that it lacks."""
    return frame.match_to_schema(LEDGER_SCHEMA, missing_columns="insert")


def _write(stretches: Iterator[pl.DataFrame], told: _Told, target: Path, rows: int) -> Balance:
    """Write the stretches of a ledger of `rows` to `target` and count their outcomes."""
    counts = dict.fromkeys(Outcome, 0)
    with ParquetFile(target, LEDGER_SCHEMA) as ledger:
        for ends in stretches:
            ledger.write(ends)
            for outcome, count in ends["outcome"].value_counts().iter_rows():
                counts[Outcome(outcome)] += count
        told.close()
    return Balance(rows, **{outcome.value: count for outcome, count in counts.items()})
