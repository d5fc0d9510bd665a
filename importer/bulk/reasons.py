"""Why a row did not go in: the columns at fault and plain words, for reports."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from importer.bulk.outcomes import Outcome
from importer.bulk.refusals import explain, explain_skip, parse_errors
from importer.checks.problems import allowed, sentence
from importer.crm.schema import Field, Module
from importer.mapping.model import Mapping

Ends = dict[str, Any]  # one row of the ledger

_ALONE = {
    Outcome.NOT_SENT: "This row was not sent to Zoho.",
    Outcome.UNKNOWN: "We could not find out whether Zoho took this row. Look for it in Zoho "
    "before sending it again.",
    Outcome.HELD_BACK: "This row was held back.",
}


class Reasons:
    """Words for the outcomes of one import, which knows its columns and fields by name."""

    def __init__(self, module: Module, mapping: Mapping) -> None:
        self._fields: dict[str, Field] = {field.api_name: field for field in module.fields}
        self._columns = {column.field: column.column for column in mapping.columns}

    def of(self, ends: pl.DataFrame, problems: Path) -> Iterator[tuple[Ends, str, str]]:
        """Each row of a stretch of the ledger, with the headers at fault and the reason."""
        found = _errors(ends, problems)
        for end in ends.iter_rows(named=True):
            outcome = Outcome(end["outcome"])
            if outcome.went_in:
                yield end, "", ""
            elif outcome is Outcome.HELD_BACK and end["row"] in found:
                yield end, *self._held_back(found[end["row"]])
            else:
                yield end, *self._refused(outcome, end)

    def _held_back(self, problems: list[dict[str, Any]]) -> tuple[str, str]:
        headers = dict.fromkeys(problem["column"] or "" for problem in problems)
        words = dict.fromkeys(self._problem(problem) for problem in problems)
        return ", ".join(filter(None, headers)), " ".join(words)

    def _problem(self, problem: dict[str, Any]) -> str:
        field = self._fields.get(problem["field"] or "")
        return sentence(
            problem["code"],
            row=None,
            column=problem["column"],
            field_label=field.label if field else None,
            value=problem["value"],
            suggestion=problem["suggestion"],
            allowed=allowed(problem["code"], field) if field else None,
        )

    def _refused(self, outcome: Outcome, end: Ends) -> tuple[str, str]:
        """What Zoho says, or why it was not asked."""
        groups = parse_errors(end["detail"] or "") if end["field"] else []
        pairs = [(code, name) for code, names in groups for name in names or (None,)]
        if end["code"] and not pairs:
            pairs = [(end["code"], end["field"])]
        told = explain_skip if outcome is Outcome.SKIPPED else explain
        words = [told(code, self._label(name)) for code, name in pairs]
        if not words or outcome in (Outcome.NOT_SENT, Outcome.UNKNOWN):
            words.insert(0, _ALONE.get(outcome, "Zoho did not take this row and gave no reason."))
        headers = dict.fromkeys(self._columns.get(name or "", "") for _, name in pairs)
        return ", ".join(filter(None, headers)), " ".join(dict.fromkeys(words))

    def _label(self, name: str | None) -> str | None:
        field = self._fields.get(name or "")
        return field.label if field else name


def _errors(ends: pl.DataFrame, problems: Path) -> dict[int, list[dict[str, Any]]]:
    """The errors of each row that is held back, in the order they were found."""
    held = ends.filter(outcome=Outcome.HELD_BACK.value)["row"]
    if held.is_empty():
        return {}
    stretch = pl.col("row").is_between(held.min(), held.max())
    errors = pl.scan_parquet(problems).filter(stretch, pl.col("severity") == "error").collect()
    found = defaultdict(list)
    for problem in errors.iter_rows(named=True):
        found[problem["row"]].append(problem)
    return found
