"""The check: every row of a table becomes CRM values, or problems."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from importer.checks.fillings import Decisions, Filling, decide, fillings, judged
from importer.checks.keys import sharing
from importer.checks.model import Summary
from importer.checks.problems import KINDS
from importer.checks.storage import ParquetFile, Schema, chunks
from importer.checks.tally import Tally
from importer.crm.schema import Module, Operation
from importer.mapping.model import Mapping, Repeats
from importer.sheets.table import ROW

PROBLEMS_SCHEMA: Schema = {
    "row": pl.Int64,
    "column": pl.String,
    "field": pl.String,
    "code": pl.String,
    "severity": pl.String,
    "value": pl.String,
    "suggestion": pl.String,
}
_SHOWN_CHARACTERS = 250  # of the value at fault
_SEVERITIES = {code: kind.severity for code, kind in KINDS.items()}


@dataclass(frozen=True, slots=True)
class _Judge:
    """A field's filling with all that is decided about it."""

    filling: Filling
    decisions: Decisions
    time_zone: str

    def judge(self, frame: pl.DataFrame) -> pl.DataFrame:
        return judged(frame.lazy(), self.filling, self.decisions, self.time_zone).collect()


def check(
    table: Path,
    mapping: Mapping,
    module: Module,
    operation: Operation,
    find_by: str | None,
    time_zone: str,
    checked: Path,
    problems: Path,
    *,
    whole: Path | None = None,
    taken: Path | None = None,
) -> Summary:
    """Check all rows of `table`; write the good ones to `checked` and all `problems`.

    `checked` has `_row` and a text column a field, named by its API name: dates `YYYY-MM-DD`,
    date-times `YYYY-MM-DD HH:MM:SS` in `time_zone` (an IANA name), numbers with a point, options
    by value. `problems` has the columns of `PROBLEMS_SCHEMA`, in the order of the rows.

    Where `table` has only some rows of a file, `whole` has them all and decides how its dates and
    numbers are written; `taken` has the match and unique values of those that are in the CRM.
    """
    judges = [
        _Judge(filling, decide(table, filling, whole), time_zone)
        for filling in fillings(mapping, module, operation, find_by)
    ]
    repeated = _repeated(table, judges, find_by, mapping.repeats, taken)
    needed = dict.fromkeys([ROW, *(c.column for c in mapping.columns)])
    values: Schema = {ROW: pl.Int64} | {j.filling.field.api_name: pl.String for j in judges}
    clearing = mapping.clearing(operation, find_by)
    tally = Tally([c for c in mapping.columns if c.field in clearing])
    with ParquetFile(checked, values) as good, ParquetFile(problems, PROBLEMS_SCHEMA) as bad:
        for chunk in chunks(table, list(needed)):
            ready, found = _checked(chunk, judges, repeated)
            good.write(ready)
            bad.write(found)
            tally.add(chunk.height, ready, found)
    return tally.summary()


def _checked(
    chunk: pl.DataFrame, judges: Sequence[_Judge], repeated: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of `chunk` without an error, and the problems of all."""
    values = [chunk[ROW]]
    found: list[pl.DataFrame] = []
    for judge in judges:
        verdict = judge.judge(chunk)
        values.append(verdict["value"].alias(judge.filling.field.api_name))
        found.extend(_found(verdict, judge.filling))
    here = repeated.filter(pl.col("row").is_between(chunk[ROW].min(), chunk[ROW].max()))
    faults = pl.concat([*found, here])
    blank = pl.all_horizontal(pl.exclude(ROW).is_null())
    rows = _without_errors(pl.DataFrame(values), faults)
    problems = pl.concat([faults, _row_problems(rows.filter(blank), "row_blank")])
    return rows.filter(~blank), problems.sort("row", maintain_order=True)


def _without_errors(rows: pl.DataFrame, problems: pl.DataFrame) -> pl.DataFrame:
    errors = problems.filter(severity="error").select(pl.col("row").alias(ROW))
    return rows.join(errors, on=ROW, how="anti", maintain_order="left")


def _found(verdict: pl.DataFrame, filling: Filling) -> Iterator[pl.DataFrame]:
    """The errors and the warnings of one field."""
    for severity in ("error", "warning"):
        at_fault = verdict.filter(pl.col(severity).is_not_null())
        yield _problems(at_fault, filling, pl.col(severity), pl.col("cell"), pl.col("suggestion"))


def _problems(
    rows: pl.DataFrame, filling: Filling, code: pl.Expr, value: pl.Expr, suggestion: pl.Expr
) -> pl.DataFrame:
    return rows.select(
        row=ROW,
        column=pl.lit(filling.header, dtype=pl.String),
        field=pl.lit(filling.field.api_name),
        code=code,
        severity=code.replace_strict(_SEVERITIES, return_dtype=pl.String),
        value=value.str.slice(0, _SHOWN_CHARACTERS),
        suggestion=suggestion,
    )


def _row_problems(rows: pl.DataFrame, code: str) -> pl.DataFrame:
    """Problems of whole rows, at no column."""
    problems = rows.select(row=ROW, code=pl.lit(code), severity=pl.lit(_SEVERITIES[code]))
    return problems.match_to_schema(PROBLEMS_SCHEMA, missing_columns="insert")


def _repeated(
    table: Path,
    judges: Sequence[_Judge],
    find_by: str | None,
    repeats: Repeats,
    taken: Path | None,
) -> pl.DataFrame:
    """The problems of rows that share a match value, or a value that must be unique."""
    found = [pl.DataFrame(schema=PROBLEMS_SCHEMA)]
    held = pl.Series(dtype=pl.Int64)
    for judge in judges:  # the match field comes first: rows it holds back bother no other
        filling = judge.filling
        is_key = filling.field.api_name == find_by
        if not (is_key or filling.field.unique) or filling.column is None:
            continue
        shared = sharing(
            table, filling, judge.decisions, judge.time_zone, without=held, taken=taken
        )
        rows = shared.held(repeats if is_key else "first")
        code = "key_repeated" if is_key else "unique_repeated"
        found.append(_problems(rows, filling, pl.lit(code), pl.col("value"), pl.col("sharing")))
        held = rows[ROW] if is_key else held
    return pl.concat(found)
