"""What every rule starts from: the trimmed cell, and what a spreadsheet does to cells."""

from collections.abc import Iterable

import polars as pl

from importer.mapping.model import ColumnMapping

BLANKS = " \t\r\n\v\f\u00a0\u2007\u202f\u3000\ufeff"  # trimmed at both ends of every value
_CELL_ERRORS = ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"]
_EXPONENT = r"^[+-]?\d(?:[.,]\d+)?[eE]\+\d{1,3}$"
# Excel keeps 15 digits and writes zeros for the others.
_ROUNDED = r"^[+-]?(?:\d{9,}0{6}|\d{15}0{3,})$"


def trimmed(cell: pl.Expr) -> pl.Expr:
    """`cell` without blanks of any kind at its ends; null where nothing is left."""
    bare = cell.str.strip_chars(BLANKS)
    return pl.when(bare != "").then(bare)


def translated(text: pl.Expr, values: dict[str, str]) -> pl.Expr:
    """`text` with the mapping's `values` put in its place; null for those that leave it blank."""
    if not values:
        return text
    meanings = dict(zip(folded_texts(values), values.values(), strict=True))
    return trimmed(folded(text).replace_strict(meanings, default=text, return_dtype=pl.String))


def filled(text: pl.Expr, cell: pl.Expr, column: ColumnMapping | None) -> pl.Expr:
    """`text`, and the column's fill where `cell` itself is blank."""
    if column is None or not column.fill:
        return text
    return pl.when(cell.is_null()).then(pl.lit(column.fill)).otherwise(text)


def folded(text: pl.Expr) -> pl.Expr:
    """`text` as options compare: without case and spacing."""
    return text.str.to_lowercase().str.replace_all(r"[\s\u{feff}]+", "")


def folded_texts(texts: Iterable[str]) -> list[str]:
    """What `folded` makes of each text, by the same means so that the two never differ."""
    return (
        pl.Series("text", list(texts), dtype=pl.String)
        .to_frame()
        .select(folded(pl.col("text")))["text"]
        .to_list()
    )


def is_cell_error(text: pl.Expr) -> pl.Expr:
    """Whether the spreadsheet shows an error instead of a value."""
    return text.str.to_uppercase().is_in(_CELL_ERRORS)


def lost_digits(text: pl.Expr) -> pl.Expr:
    """Whether a spreadsheet has most likely rounded away the last digits of a long number."""
    return text.str.contains(_EXPONENT) | text.str.contains(_ROUNDED)
