"""Counting what a check finds, a stretch of rows at a time."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

import polars as pl

from importer.checks.model import Cleared, ProblemGroup, Severity, Summary
from importer.mapping.model import ColumnMapping

_FIRST_ROWS = 5
_SAMPLES = 3

_Cause = tuple[str, Severity, str | None, str | None]  # code, severity, column, field


@dataclass(slots=True)
class _Group:
    rows: int = 0
    first_rows: list[int] = field(default_factory=list)
    samples: list[str] = field(default_factory=list)

    def add(self, rows: int, first_rows: list[int], samples: list[str]) -> None:
        self.rows += rows
        self.first_rows = [*self.first_rows, *first_rows][:_FIRST_ROWS]
        self.samples = list(dict.fromkeys([*self.samples, *samples]))[:_SAMPLES]


@dataclass(slots=True)
class Tally:
    """The counts so far; `summary` tells them all."""

    clearing: Collection[ColumnMapping] = ()  # those whose blank cells erase what the CRM has
    rows: int = 0
    held_back: int = 0
    groups: dict[_Cause, _Group] = field(default_factory=dict)
    cleared: Counter[str] = field(default_factory=Counter)  # cells, by the field's API name

    def add(self, rows: int, ready: pl.DataFrame, problems: pl.DataFrame) -> None:
        """Count a stretch of `rows`: the `problems` of all, the values of those `ready`."""
        self.rows += rows
        self.held_back += problems.filter(severity="error")["row"].n_unique()
        self.cleared.update({c.field: ready[c.field].null_count() for c in self.clearing})
        by_cause = problems.group_by(
            "code", "severity", "column", "field", maintain_order=True
        ).agg(
            rows=pl.len(),
            first_rows=pl.col("row").head(_FIRST_ROWS),
            samples=pl.col("value").drop_nulls().unique(maintain_order=True).head(_SAMPLES),
        )
        for code, severity, column, name, *counts in by_cause.iter_rows():
            self.groups.setdefault((code, severity, column, name), _Group()).add(*counts)

    def summary(self) -> Summary:
        groups = [
            ProblemGroup(
                *cause, rows=g.rows, first_rows=tuple(g.first_rows), samples=tuple(g.samples)
            )
            for cause, g in self.groups.items()
        ]
        groups.sort(key=lambda group: -group.rows)
        ready = self.rows - self.held_back
        clears = (Cleared(c.field, c.column, self.cleared[c.field]) for c in self.clearing)
        return Summary(
            self.rows, ready, self.held_back, tuple(groups), tuple(c for c in clears if c.cells)
        )
