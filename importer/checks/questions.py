"""What only a person can answer about a table, from all its values."""

from dataclasses import replace
from pathlib import Path

import polars as pl

from importer.checks import choices, dates, numbers
from importer.checks.fillings import Filling, decide, fillings, has_options
from importer.checks.keys import sharing
from importer.checks.model import Question, QuestionKind
from importer.crm.schema import Module, Operation
from importer.mapping.model import Mapping


def ask(
    table: Path, mapping: Mapping, module: Module, operation: Operation, find_by: str | None
) -> tuple[Question, ...]:
    """All that the values leave open, in the order of the mapping's columns, the match field last.

    A question that the mapping answers already is among them, so that its answer can be shown.
    """
    filled = {f.header: f for f in fillings(mapping, module, operation, find_by) if f.header}
    frame = pl.scan_parquet(table)
    about_columns = [_about(frame, filled[column.column]) for column in mapping.columns]
    keys = [f for f in filled.values() if f.field.api_name == find_by]
    about_key = [_about_key(table, key) for key in keys]
    return tuple(question for question in (*about_columns, *about_key) if question)


def _about(frame: pl.LazyFrame, filling: Filling) -> Question | None:
    field = filling.field
    if has_options(field):
        return _about_options(frame, filling)
    if field.data_type in dates.TYPES:
        orders = dates.study(frame, filling.cell)
        open_rows = orders.two_readings if orders.order is None else 0
        return _question("date_order", filling, open_rows, orders.samples)
    if field.data_type in numbers.TYPES and field.api_name != "id":
        marks = numbers.study(frame, filling.cell)
        open_rows = marks.two_readings if marks.mark is None else 0
        return _question("decimal_mark", filling, open_rows, marks.samples)
    return None


def _about_options(frame: pl.LazyFrame, filling: Filling) -> Question | None:
    texts = choices.study(frame, filling.cell, filling.field)
    samples = tuple(unknown.text for unknown in texts.unknown[:3])
    question = _question("options", filling, texts.rows, samples)
    return question and replace(question, unknown=texts.unknown)


def _question(
    kind: QuestionKind, filling: Filling, rows: int, samples: tuple[str, ...]
) -> Question | None:
    """A question, if it concerns any row."""
    if not rows or filling.header is None:
        return None
    return Question(kind, filling.header, filling.field.api_name, rows, samples)


def _about_key(table: Path, key: Filling) -> Question | None:
    # A match value is never a date-time, so no zone can change it.
    shared = sharing(table, key, decide(table, key), "UTC").rows
    samples = shared["value"].unique(maintain_order=True).head(3)
    return _question("repeats", key, shared.height, tuple(samples))
