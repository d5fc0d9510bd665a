"""Edited cells are laid over a table, and the rows that did not go in become one of their own."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import polars as pl

from importer.bulk.outcomes import Outcome
from importer.checks.storage import ParquetFile, Schema, chunks
from importer.sheets.table import ROW

EDITS_SCHEMA: Schema = {
    "row": pl.Int64,  # as Excel numbers it
    "column": pl.String,  # of the table
    "value": pl.String,  # null where the cell is now blank
}
FIXABLE = (Outcome.FAILED, Outcome.HELD_BACK, Outcome.NOT_SENT, Outcome.SKIPPED)


def rows_to_fix(table: Path, ledger: Path, edits: pl.DataFrame, target: Path) -> int:
    """Write to `target` the rows of `table` that may be sent again, with `edits` laid over.

    These are the ones that did not go in, but for those of which that is unknown. `edits` has
    the columns of `EDITS_SCHEMA`; of two for one cell the later counts. Gives how many rows.
    """
    return _written(list(pl.read_parquet_schema(table)), FIXABLE, table, ledger, edits, target)


def rows_in(
    columns: Collection[str], table: Path, ledger: Path, edits: pl.DataFrame, target: Path
) -> int:
    """As `rows_to_fix`, with some `columns` of the rows that went in, or of which it is unknown."""
    ended = [outcome for outcome in Outcome if outcome.went_in or outcome is Outcome.UNKNOWN]
    return _written([ROW, *columns], ended, table, ledger, edits, target)


def _written(
    columns: Sequence[str],
    ended: Sequence[Outcome],
    table: Path,
    ledger: Path,
    edits: pl.DataFrame,
    target: Path,
) -> int:
    count = 0
    schema: Schema = dict.fromkeys(columns, pl.String) | {ROW: pl.Int64}
    both = zip(chunks(table, columns), chunks(ledger, ["row", "outcome"]), strict=True)
    with ParquetFile(target, schema) as file:
        for rows, ends in both:
            wanted = ends.filter(pl.col("outcome").is_in(ended))["row"]
            found = rows.filter(pl.col(ROW).is_in(wanted.implode()))
            file.write(laid_over(found, edits))
            count += found.height
    return count


def stretches(table: Path, ledger: Path) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """The rows of a table beside those of its ledger, which has them in the same order."""
    return zip(chunks(table), chunks(ledger), strict=True)


def laid_over(rows: pl.DataFrame, edits: pl.DataFrame) -> pl.DataFrame:
    """`rows` of a table with their `edits` in place of what was there."""
    here = edits.filter(
        pl.col("row").is_in(rows[ROW].implode()),
        pl.col("column").is_in(rows.drop(ROW).columns),
    )
    last = here.unique(["row", "column"], keep="last")
    for (name,), cells in last.group_by("column"):
        rows = rows.with_columns(_edited(rows.select("_row", was=name), cells).alias(name))
    return rows


def _edited(cells: pl.DataFrame, edits: pl.DataFrame) -> pl.Series:
    """What stands in one column: `cells` has the columns `_row` and `was`."""
    both = cells.join(
        edits.select(pl.col("row").alias(ROW), "value", edited=True),
        on=ROW,
        how="left",
        maintain_order="left",
    )
    return both.select(pl.when("edited").then("value").otherwise("was"))["value"]
