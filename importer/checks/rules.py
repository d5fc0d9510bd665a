"""What a rule is: how a cell becomes a CRM value, and what can be wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

TEXT = pl.col("text")

Steps = Sequence[dict[str, pl.Expr]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One field's rule for `TEXT`, a cell that is trimmed, translated and filled.

    `value` is the canonical CRM text, or null; of `errors` and `warnings` (an expression that is
    true where the problem is, by its code) the first that holds is the cell's. `steps` are
    columns that the rule works out beforehand, each step from the ones before it.
    """

    value: pl.Expr
    errors: dict[str, pl.Expr] = field(default_factory=dict)
    warnings: dict[str, pl.Expr] = field(default_factory=dict)
    suggestion: pl.Expr | None = None  # what the person may have meant
    steps: Steps = ()


def worked_out(frame: pl.LazyFrame, steps: Steps) -> pl.LazyFrame:
    """`frame` with the columns of all `steps`."""
    for step in steps:
        frame = frame.with_columns(**step)
    return frame


def first_code(problems: dict[str, pl.Expr]) -> pl.Expr:
    """The code of the first problem that a cell has; null where it has none."""
    codes = [pl.when(holds).then(pl.lit(code)) for code, holds in problems.items()]
    return pl.coalesce(codes) if codes else pl.lit(None, dtype=pl.String)
