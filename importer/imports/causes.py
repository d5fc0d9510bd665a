"""Causes in plain words: what the check found, and why rows did not go in."""

from typing import Any

import polars as pl
from django.utils.text import get_text_list

from importer import bulk
from importer.bulk import Outcome
from importer.checks import problems as kinds
from importer.checks.model import ProblemGroup, Summary
from importer.crm.schema import Field, Module

LABELS = {
    Outcome.CREATED: "created",
    Outcome.UPDATED: "updated",
    Outcome.UNCHANGED: "unchanged",
    Outcome.SKIPPED: "skipped",
    Outcome.FAILED: "failed",
    Outcome.HELD_BACK: "held back",
    Outcome.NOT_SENT: "not sent",
    Outcome.UNKNOWN: "unknown",
    Outcome.REVERSED: "taken back",
}
FIRST_ROWS = 5
WENT_IN = [outcome.value for outcome in Outcome if outcome.went_in]
NOTHING_WRONG = [*WENT_IN, Outcome.REVERSED.value]
_KEY = ("outcome", "code", "field")  # of the ledger: rows alike in these have the same cause
NO_REASON = "The CRM gave no reason."

Cause = dict[str, Any]  # what components/problem.html shows


def of_check(group: ProblemGroup, module: Module) -> Cause:
    """What the check found, once for all rows that have it."""
    field = field_of(module, group.field)
    label = field.label if field else None
    return {
        "severity": group.severity,
        "title": kinds.group_title(group.code, column=group.column, field_label=label),
        "count": group.rows,
        "text": kinds.sentence(
            group.code,
            row=None,
            column=group.column,
            field_label=label,
            value=group.samples[0] if group.samples else None,
            allowed=kinds.allowed(group.code, field) if field else None,
        ),
        "rows": rows_in_words(group.first_rows, group.rows),
    }


def of_ledger(ledger: pl.LazyFrame, module: Module, summary: Summary | None) -> list[Cause]:
    """Why rows did not go in, most rows first."""
    found = (
        ledger.filter(~pl.col("outcome").is_in(NOTHING_WRONG))
        .group_by(_KEY)
        .agg(
            count=pl.len(),
            rows=pl.col("row").sort().head(FIRST_ROWS),
            detail=pl.col("detail").first(),
        )
        .sort(["count", "outcome", "code", "field"], descending=[True, False, False, False])
        .collect()
    )
    checked = {(g.code, g.field): g for g in summary.groups} if summary else {}
    return [_cause(row, module, checked) for row in found.iter_rows(named=True)]


def field_of(module: Module, api_name: str | None) -> Field | None:
    """The module's field called `api_name`, if there is one."""
    return next((field for field in module.fields if field.api_name == api_name), None)


def _cause(
    found: dict[str, Any],
    module: Module,
    checked: dict[tuple[str, str | None], ProblemGroup],
) -> Cause:
    outcome = Outcome(found["outcome"])
    rows = rows_in_words(found["rows"], found["count"])
    group = checked.get((found["code"], found["field"]))
    if outcome is Outcome.HELD_BACK and group:
        cause = of_check(group, module)
        title = f"Held back: {cause['title']}"
        return cause | {"key": _key(found), "title": title, "count": found["count"], "rows": rows}
    field = field_of(module, found["field"])
    words = LABELS[outcome].capitalize()
    return {
        "key": _key(found),
        "severity": "warning" if outcome is Outcome.SKIPPED else "error",
        "title": f"{words}: {field.label}" if field else words,
        "count": found["count"],
        "text": _why(outcome, found, field),
        "rows": rows,
        "code": found["code"],
    }


def of_cause(key: str) -> pl.Expr:
    """Whether a row of the ledger is one of the cause with that `key`."""
    return pl.concat_str(pl.col(_KEY).fill_null(""), separator=" ") == key


def _key(found: dict[str, Any]) -> str:
    return " ".join(found[name] or "" for name in _KEY)


def _why(outcome: Outcome, found: dict[str, Any], field: Field | None) -> str:
    label = field.label if field else None
    if outcome is Outcome.SKIPPED and found["code"]:
        return bulk.explain_skip(found["code"], label)
    if outcome is Outcome.FAILED and found["code"]:
        return bulk.explain(found["code"], label)
    return found["detail"] or NO_REASON


def rows_in_words(first: Any, count: int) -> str:
    """The numbers of the first rows in words: 12, 88 and 301."""
    numbers = [f"{row:,}" for row in first]
    more = count - len(numbers)
    return get_text_list([*numbers, f"{more:,} more"] if more > 0 else numbers, "and")
