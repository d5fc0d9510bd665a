"""The match key and unique fields: values that more than one row of the file has."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from importer.checks.fillings import Decisions, Filling, judged
from importer.mapping.model import Repeats
from importer.sheets.table import ROW

_ROWS_NAMED = 5  # of those that share a value


@dataclass(frozen=True, slots=True)
class Sharing:
    """The rows of a table that share a value of one field."""

    # `_row`, `value`, `key` (as values compare), `is_taken`, `sharing` (row numbers as text)
    rows: pl.DataFrame

    def held(self, repeats: Repeats) -> pl.DataFrame:
        """The rows that stay back when `repeats` says which one of them is sent."""
        here = ~pl.col("is_taken")
        if repeats == "hold":
            return self.rows.filter(here)
        sent = pl.col(ROW).min() if repeats == "first" else pl.col(ROW).max()
        return self.rows.filter(here, pl.col(ROW) != sent.over("key"))


def sharing(
    table: Path,
    filling: Filling,
    decisions: Decisions,
    time_zone: str,
    without: pl.Series | None = None,
    taken: Path | None = None,
) -> Sharing:
    """The rows whose value for `filling` is not theirs alone; rows `without` do not count.

    Those of `taken`, another table, count as well, though nothing can be said of them any more.
    Values compare as the CRM compares them: without case, unless the field minds it.
    """
    value = pl.col("value")
    key = value if filling.field.case_sensitive else value.str.to_lowercase()
    values = [
        judged(pl.scan_parquet(source), filling, decisions, time_zone).select(
            ROW, "value", key=key, is_taken=pl.lit(source is taken)
        )
        for source in filter(None, (table, taken))
    ]
    known = pl.concat(values).filter(value.is_not_null()).collect(engine="streaming")
    if without is not None:
        known = known.filter(~pl.col(ROW).is_in(without.implode()))
    shared = known.filter(pl.col("key").is_duplicated()).sort(ROW)
    return Sharing(shared.join(_row_lists(shared), on="key", how="left", maintain_order="left"))


def _row_lists(shared: pl.DataFrame) -> pl.DataFrame:
    """For each key the rows that share it, such as "12, 88 and 301"."""
    groups = shared.group_by("key").agg(rows=pl.col(ROW).head(_ROWS_NAMED), count=pl.len())
    lists = [_row_list(rows, count) for rows, count in groups.select("rows", "count").iter_rows()]
    return groups.select("key", sharing=pl.Series(lists, dtype=pl.String))


def _row_list(rows: list[int], count: int) -> str:
    names = [f"{row:,}" for row in rows]
    if count > len(names):
        return f"{', '.join(names)} and {count - len(names):,} more"
    return f"{', '.join(names[:-1])} and {names[-1]}"
