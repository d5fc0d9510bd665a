"""A downloaded problem report comes back: what a person has changed in it, and nothing else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from importer import sheets
from importer.bulk.comparing import CHANGES_SCHEMA, Comparison
from importer.bulk.fixing import EDITS_SCHEMA, FIXABLE
from importer.bulk.outcomes import Outcome
from importer.bulk.reasons import Reasons
from importer.bulk.report_cells import LEAD, harmless, lead
from importer.checks.storage import CHUNK_ROWS
from importer.crm.schema import Module
from importer.mapping.model import Mapping
from importer.sheets import DEFAULT_BOUNDS, DEFAULT_LIMITS, ROW, Bounds, Choice, Limits

_ROWS = 10**9  # more than a report has, so that none of its rows is taken for a footer
_READINGS = (
    Choice(header_row=1, header_rows=1, last_row=_ROWS),  # as we wrote it
    Choice(last_row=_ROWS),  # with something put above
)
_ADDED_COLUMNS = 20  # that people may put in besides
_NAMED = 5  # rows or columns that a sentence names
_NO_EDITS = pl.DataFrame(schema=EDITS_SCHEMA)
_WENT_IN = [outcome for outcome in Outcome if outcome.went_in]
_LEFT_OUT = {  # by their state, of one row and of several
    "in_crm": ("is in Zoho already and stays as it is", "are in Zoho already and stay as they are"),
    Outcome.UNKNOWN: (
        "was left out, because it is not known whether Zoho has it",
        "were left out, because it is not known whether Zoho has them",
    ),
    Outcome.REVERSED: ("was undone and is not sent again", "were undone and are not sent again"),
    "foreign": ("is not in the file of this import", "are not in the file of this import"),
    "repeated": (
        "is there more than once, so nothing of it was taken. Keep one line of it",
        "are there more than once, so nothing of them was taken. Keep one line of each",
    ),
}
_STRANGE = (
    "differs from your file in most cells, as if it were another row, so nothing of it was taken",
    "differ from your file in most cells, as if they were other rows, so nothing of them was taken",
)


class InvalidCorrections(ValueError):
    """An uploaded file that is no report of this import; its text tells a person why."""


@dataclass(frozen=True, slots=True)
class Corrections:
    """What a person changed in a report."""

    edits: pl.DataFrame  # by `EDITS_SCHEMA`, in the order of the table
    rows: int  # lines of the report about rows that can be fixed, changed or not
    ignored: tuple[str, ...]  # what was not taken and why: sentences for a person


def stage_report(
    source: Path,
    table: Path,
    target: Path,
    *,
    limits: Limits = DEFAULT_LIMITS,
    bounds: Bounds = DEFAULT_BOUNDS,
) -> None:
    """Stage the uploaded file `source`, a problem report of `table`, to `target`.

    `limits` are those of a table; a report may have as many columns more as we have put in. Raises
    `InvalidCorrections`, and `UnreadableFile` as `sheets.read` does.
    """
    row_column, *_ = lead(_headers(table))
    wider = replace(limits, columns=limits.columns + len(LEAD) + _ADDED_COLUMNS)
    for choice in _READINGS:
        sheets.read(source, choice, target, limits=wider, bounds=bounds)
        if row_column in _headers(target):
            return
    raise InvalidCorrections(
        f"This file has no column “{row_column}”, which tells what row a line is about. "
        "Change the report that you downloaded from this page, and keep that column."
    )


def read_corrections(
    report: Path,
    table: Path,
    ledger: Path,
    problems: Path,
    module: Module,
    mapping: Mapping,
    edits: pl.DataFrame = _NO_EDITS,
) -> Corrections:
    """What a person changed in `report`, which `stage_report` has staged.

    The other arguments are those that the report was written with. What spreadsheet programs do
    to cells by themselves is no change; but in a cell at fault any other way of writing is one.
    Lines and columns may be moved, added and missing. The numbers of all rows are held in memory,
    the cells of 25,000 rows. Raises `InvalidCorrections`.
    """
    row_column, columns, others = _columns(report, table)
    lines = _lines(report, ledger, row_column)
    if lines["index"].null_count() == lines.height:
        raise InvalidCorrections(
            "No line of this file is about a row of this import. "
            "Upload the report that you downloaded from this page."
        )
    fixable = lines.filter(state="fixable")
    comparison = Comparison(
        report, columns, table, ledger, problems, Reasons(module, mapping), edits
    )
    found = pl.concat(
        [
            pl.DataFrame(schema=CHANGES_SCHEMA),
            *(comparison.changes(stretch) for stretch in _stretches(fixable)),
        ]
    )
    strange, known = found.filter("strange"), found.filter(~pl.col("strange"))
    if 2 * strange["row"].n_unique() > fixable.height:
        raise InvalidCorrections(
            "The lines of this file differ from the rows of this import in most cells. It seems "
            "to be the report of another import, or only some of its columns were sorted."
        )
    return Corrections(
        known.filter(verdict="changed").select(
            "row", "column", value=pl.when(pl.col("now") != "").then("now")
        ),
        fixable.height,
        (
            *_left_out(lines),
            *_told("Row", strange["row"].unique().sort(), *_STRANGE),
            *_rewritten(known.filter(pl.col("verdict") != "changed")),
            *_unknown_columns(others),
        ),
    )


def _columns(report: Path, table: Path) -> tuple[str, dict[str, str], list[str]]:
    """The report's column of row numbers; its names of the table's columns, which it may have
    changed; the names of columns that nobody knows."""
    headers, names = _headers(table), _headers(report)
    row_column, *lead_columns = lead(headers)
    known = {harmless(header): header for header in headers} | {h: h for h in headers}
    columns = {name: known[name] for name in names if name in known}
    if not columns:
        raise InvalidCorrections(
            "This file has none of the columns of this import. "
            "Upload the report that you downloaded from this page."
        )
    others = [name for name in names if name not in (row_column, *lead_columns, *columns)]
    return row_column, columns, others


def _headers(staged: Path) -> list[str]:
    return [name for name in pl.read_parquet_schema(staged) if name != ROW]


def _lines(report: Path, ledger: Path, row_column: str) -> pl.DataFrame:
    """The lines of the report: `line` (number), `place` (from 0), `row` and `index` of the table's
    row (number and place), and `state`: "fixable", or why the line is left out."""
    row = pl.col(row_column).str.strip_chars().str.extract(r"^(\d{1,18})$").cast(pl.Int64)
    lines = pl.scan_parquet(report).select(line=ROW, row=row).with_row_index("place")
    ends = pl.scan_parquet(ledger).select("row", "outcome").with_row_index("index")
    outcome = pl.col("outcome")
    state = (
        pl.when(pl.col("row").is_null())
        .then(pl.lit("unnumbered"))
        .when(outcome.is_null())
        .then(pl.lit("foreign"))
        .when(outcome.is_in(_WENT_IN))
        .then(pl.lit("in_crm"))
        .when(~outcome.is_in(FIXABLE))
        .then(outcome)
        .when(pl.col("row").is_duplicated())
        .then(pl.lit("repeated"))
        .otherwise(pl.lit("fixable"))
    )
    both = lines.join(ends, on="row", how="left", maintain_order="left")
    return both.with_columns(state=state).drop("outcome").collect()


def _stretches(lines: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """`lines` in the order of the table, those of 25,000 of its rows at a time."""
    stretch = pl.col("index") // CHUNK_ROWS
    for _, found in lines.sort("index").group_by(stretch, maintain_order=True):
        yield found


def _left_out(lines: pl.DataFrame) -> Iterator[str]:
    """Which lines were not looked at, and why."""
    for state, words in _LEFT_OUT.items():
        yield from _told("Row", lines.filter(state=state)["row"].unique().sort(), *words)
    yield from _told(
        "Line",
        lines.filter(state="unnumbered")["line"],
        "has no row number and was left out",
        "have no row number and were left out",
    )


def _told(noun: str, numbers: pl.Series, of_one: str, of_several: str) -> Iterator[str]:
    """A sentence about some rows, if there are any."""
    if len(numbers) == 1:
        yield f"{noun} {numbers[0]:,} {of_one}."
    elif len(numbers):
        named = _named([f"{number:,}" for number in numbers.head(_NAMED)], len(numbers))
        yield f"{noun}s {named} {of_several}."


def _rewritten(cells: pl.DataFrame) -> Iterator[str]:
    if cells.is_empty():
        return
    row, column, was, now, *_ = cells.row(0)
    many = f"{cells.height:,} cells were" if cells.height > 1 else "1 cell was"
    yield (
        f"{many} left as before, because a spreadsheet program seems to have rewritten what was "
        f"there: in row {row:,}, column “{column}”, “{was}” became “{now}”."
    )


def _unknown_columns(names: Sequence[str]) -> Iterator[str]:
    quoted = [f"“{name}”" for name in names[:_NAMED]]
    if len(names) == 1:
        yield f"The column {quoted[0]} is not in the file of this import and was left out."
    elif names:
        named = _named(quoted, len(names))
        yield f"The columns {named} are not in the file of this import and were left out."


def _named(first: Sequence[str], count: int) -> str:
    """The first of some names, and how many more there are."""
    more = count - len(first)
    *others, last = [*first, f"{more:,} more"] if more else first
    return f"{', '.join(others)} and {last}"
