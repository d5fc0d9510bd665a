"""What spreadsheet programs do by themselves to the cells of a file that they open and save."""

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Literal

import polars as pl

from importer.checks import dates, numbers
from importer.checks.cells import is_cell_error, lost_digits

Verdict = Literal["changed", "rewritten", "damaged"]

_WAS, _NOW = pl.col("was"), pl.col("now")
_CLOCK = r"^\d{1,2}:\d\d"
_ANY_DAY = "2000-01-01 "  # makes a time of day a moment
_TRUTHS = ["true", "false"]
_LIKE_A_DAY = r"^\d{1,2}[-/. ]\d{1,4}$"  # such as 1-10, which becomes the first of October
_DAY = r"^\d{1,2}[-. ]+\p{L}{3,5}\.?$|^\p{L}{3,5}\.?[- ]\d{2,4}$|^\d{4}-\d{2}-\d{2}$"
_LONG = r"^[+-]?\d{10,}$"  # more digits than a program shows of a number
_ROUNDED = r"^[+-]?\d{15}0+$"
_TYPED = r"^\+|^-?0\d"  # a sign or zeros before a number, which a program takes away and never adds


def judged(cells: pl.DataFrame) -> pl.Series:
    """A `Verdict` on each text `was` that is now another, `now`; "" stands for a blank cell.

    *Rewritten* is what still means the same, at least under one reading of a number or date: the
    program may have done it by itself. *Damaged* is what no person writes, a number cut to
    4.9E+11 say. All else a person has *changed*.
    """
    pairs = cells.select("was", "now").unique()
    letters = pl.Series([_letters(was, now) for was, now in pairs.iter_rows()], dtype=pl.String)
    simple = pairs.select(_same_truth() | _day_made_of_it()).to_series()
    rewritten = _same_number(pairs) | _same_moment(pairs) | simple
    verdicts = pairs.with_columns(letters=letters, rewritten=rewritten).select(
        "was",
        "now",
        verdict=pl.when(is_cell_error(_NOW) | _digits_lost())
        .then(pl.lit("damaged"))
        .when("rewritten")
        .then(pl.lit("rewritten"))
        .otherwise(pl.coalesce("letters", pl.lit("changed"))),
    )
    return cells.join(verdicts, on=["was", "now"], how="left", maintain_order="left")["verdict"]


def _same_number(pairs: pl.DataFrame) -> pl.Series:
    """Whether both are one number with some decimal mark each."""
    was, now = (_plain(numbers.readings(pairs[name])) for name in ("was", "now"))
    same = _any(was[mine] == now[theirs] for mine in was.columns for theirs in now.columns)
    return same & ~pairs["now"].str.contains(_TYPED)


def _plain(readings: pl.DataFrame) -> pl.DataFrame:
    """Numbers without the zeros that say nothing."""
    text = pl.all().str.replace(r"^(-?)0+(\d)", "$1$2").str.replace(r"(\.\d*?)0+$", "$1")
    return readings.select(text.str.strip_suffix("."))


def _same_moment(pairs: pl.DataFrame) -> pl.Series:
    """Whether both are one moment, to the minute, with the same order of day and month."""
    was, now = (_moments(pairs[name]) for name in ("was", "now"))
    return _any(was[order] == now[order] for order in was.columns)


def _moments(texts: pl.Series) -> pl.DataFrame:
    dated = texts.to_frame("text").select(
        pl.when(pl.col("text").str.contains(_CLOCK))
        .then(_ANY_DAY + pl.col("text"))
        .otherwise("text")
    )
    return dates.readings(dated.to_series()).select(pl.all().dt.truncate("1m"))


def _any(flags: Iterable[pl.Series]) -> pl.Series:
    return reduce(or_, (flag.fill_null(value=False) for flag in flags))


def _same_truth() -> pl.Expr:
    return _WAS.str.to_lowercase().is_in(_TRUTHS) & (
        _WAS.str.to_lowercase() == _NOW.str.to_lowercase()
    )


def _day_made_of_it() -> pl.Expr:
    return _WAS.str.contains(_LIKE_A_DAY) & _NOW.str.contains(_DAY)


def _digits_lost() -> pl.Expr:
    """Whether a long number was cut short, be it with an exponent or with zeros."""
    cut = lost_digits(_NOW) | _NOW.str.contains(_ROUNDED)
    first = [text.str.extract(r"([1-9][\d.,]*)").str.replace(r"[.,]", "") for text in (_WAS, _NOW)]
    same_number = first[0].str.slice(0, 3) == first[1].str.slice(0, 3)
    return _WAS.str.contains(_LONG) & ~lost_digits(_WAS) & cut & same_number


def _letters(was: str, now: str) -> Verdict | None:
    """What became of letters that an old character set lacks: a question mark, or a like one."""
    if was.isascii() or len(was) != len(now):
        return None
    new = [(a, b) for a, b in zip(was, now, strict=True) if a != b]
    if any(a.isascii() or not b.isascii() for a, b in new):
        return None
    return "damaged" if all(b == "?" for _, b in new) else "rewritten"
