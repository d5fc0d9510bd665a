"""The cells of a problem report that came back, beside those of the table it was written from."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from importer.bulk.fixing import laid_over
from importer.bulk.reasons import Reasons
from importer.bulk.report_cells import fitted, without_apostrophe
from importer.bulk.rewriting import judged
from importer.checks.cells import trimmed
from importer.checks.storage import Schema
from importer.sheets.table import ROW

CHANGES_SCHEMA: Schema = {
    "row": pl.Int64,  # of the table, as Excel numbers it
    "column": pl.String,  # of the table
    "was": pl.String,  # with the edits made before; "" where blank
    "now": pl.String,  # in the report; "" where blank
    "verdict": pl.String,  # a `Verdict`
    "strange": pl.Boolean,  # whether the whole line seems to be about another row
}
_CONTROLS = r"[\x00-\x08\x0b-\x1f\x7f\u{fffe}\u{ffff}\u{feff}]"
_STRANGE_CELLS = 3  # that differ, at least, before a line seems strange


@dataclass(frozen=True, slots=True)
class Comparison:
    """Compares lines of a report with what it was written from."""

    report: Path  # staged
    columns: dict[str, str]  # the report's names of the table's columns that it has -> the table's
    table: Path
    ledger: Path
    problems: Path
    reasons: Reasons
    edits: pl.DataFrame  # made so far

    def changes(self, lines: pl.DataFrame) -> pl.DataFrame:
        """The cells of some lines that are not as they were, by `CHANGES_SCHEMA`.

        `lines` has of each line its number and place in the report (`line`, `place`) and of its
        row in the table (`row`, `index`); places count from 0, and those in the table rise.
        A cell is as it was if it is as in the file, or as edited since.
        """
        original = _among(self.table, ROW, lines["row"], lines["index"])
        was = laid_over(original, self.edits)
        now = lines.select(pl.col("line").alias(ROW)).join(
            _among(self.report, ROW, lines["line"], lines["place"]),
            on=ROW,
            how="left",
            maintain_order="left",
        )
        changes = pl.concat(
            _differing(lines["row"], header, original[header], was[header], now[name])
            for name, header in self.columns.items()
        ).sort("row", maintain_order=True)
        if changes.is_empty():
            return pl.DataFrame(schema=CHANGES_SCHEMA)
        ends = _among(self.ledger, "row", changes["row"].unique(), lines["index"])
        weighed = _weighed(changes, self._faults(ends))
        filled = pl.sum_horizontal(pl.col(*self.columns.values()).is_not_null())
        return _with_strange(weighed, was.select(pl.col(ROW).alias("row"), filled=filled))

    def _faults(self, ends: pl.DataFrame) -> pl.DataFrame:
        """The cells at fault in the rows of `ends`."""
        faults = [
            (end["row"], column, True)
            for end, reason in self.reasons.of(ends, self.problems)
            for column in reason.faults
        ]
        schema = {"row": pl.Int64, "column": pl.String, "at_fault": pl.Boolean}
        return pl.DataFrame(faults, schema, orient="row")


def _among(source: Path, column: str, numbers: pl.Series, places: pl.Series) -> pl.DataFrame:
    """The rows of a file whose `column` is among `numbers`; they lie within `places`."""
    bounds = places.min(), places.max()
    first, last = (int(place) for place in bounds)  # type: ignore[arg-type]  # integers, some
    stretch = pl.scan_parquet(source).slice(first, last - first + 1)
    return stretch.filter(pl.col(column).is_in(numbers.implode())).collect()


def _differing(
    rows: pl.Series, header: str, original: pl.Series, was: pl.Series, now: pl.Series
) -> pl.DataFrame:
    """The cells of one column that are other than they were, without a verdict so far."""
    cells = pl.DataFrame({"row": rows, "original": original, "was": was, "raw": now})
    unlike = [~pl.col("raw").eq_missing(pl.col(name)) for name in ("original", "was")]
    cells = cells.filter(unlike)  # nearly all are alike to the letter
    cells = cells.with_columns(now=without_apostrophe(cells["raw"]))
    texts = cells.drop("row")
    known = pl.DataFrame([fitted(column) for column in texts]).select(_plain())
    same = known.select(
        pl.any_horizontal(
            pl.col(theirs) == pl.col(ours)
            for theirs in ("raw", "now")
            for ours in ("original", "was")
        )
    ).to_series()
    return (
        texts.select(_plain())
        .drop("raw")
        .with_columns(cells["row"], pl.lit(header).alias("column"))
        .filter(~same)
    )


def _plain() -> pl.Expr:
    """Cells with lines parted in one way, without blanks at their ends and what no file keeps.

    "" stands for cells in which nothing is left.
    """
    text = pl.all().str.replace_all(r"\r\n?", "\n").str.replace_all(_CONTROLS, "").str.strip_chars()
    return trimmed(text).fill_null("")


def _weighed(changes: pl.DataFrame, faults: pl.DataFrame) -> pl.DataFrame:
    """`changes` with a verdict; in a cell `at_fault` a new way of writing is a change as well."""
    weighed = changes.join(faults, on=["row", "column"], how="left", maintain_order="left")
    since = judged(weighed.select("was", "now"))
    before = judged(weighed.select("now", was="original"))
    verdict = pl.when(since == "changed").then(before).otherwise(since)
    weighed = weighed.with_columns(pl.col("at_fault").fill_null(value=False), verdict=verdict)
    meant = pl.col("at_fault") & (pl.col("verdict") == "rewritten")
    changed = pl.when(meant).then(pl.lit("changed")).otherwise("verdict")
    return weighed.with_columns(verdict=changed)


def _with_strange(changes: pl.DataFrame, filled: pl.DataFrame) -> pl.DataFrame:
    """`changes` by `CHANGES_SCHEMA`; `filled` tells how many cells of each row had a value.

    A line is strange if more of these differ, not being at fault, than are as they were.
    """
    of_filled = (pl.col("verdict") == "changed") & (pl.col("was") != "")
    counts = changes.group_by("row").agg(
        odd=(of_filled & ~pl.col("at_fault")).sum(), differing=of_filled.sum()
    )
    as_before = pl.col("filled") - pl.col("differing")
    strange = (pl.col("odd") >= _STRANGE_CELLS) & (pl.col("odd") > as_before)
    told = counts.join(filled, on="row").select("row", strange=strange)
    return changes.join(told, on="row", how="left", maintain_order="left").select(*CHANGES_SCHEMA)
