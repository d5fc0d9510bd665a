"""Why a row did not go in: the columns at fault and plain words, for reports."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from importer.bulk.outcomes import Outcome
from importer.bulk.refusals import parse_errors, refusal, skip
from importer.checks.problems import KINDS, Explained, allowed, explained, group_title
from importer.crm.schema import Field, Module
from importer.mapping.model import Mapping

Ends = dict[str, Any]  # one row of the ledger

_ALONE = {
    Outcome.NOT_SENT: Explained("This row was not sent to Zoho."),
    Outcome.UNKNOWN: Explained(
        "We could not find out whether Zoho took this row.",
        "Look for it in Zoho before sending it again.",
    ),
    Outcome.HELD_BACK: Explained("This row was held back."),
}
_SILENCE = Explained("Zoho did not take this row and gave no reason.")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one row did not go in."""

    faults: dict[str, str]  # column at fault -> what is wrong there and what to do
    why: str
    fix: str
    code: str  # Zoho's own, several joined by commas; empty where the problem is ours


_Fault = tuple[str | None, Explained]  # the column at fault, if there is one, and the words
_NONE = Reason({}, "", "", "")


class Reasons:
    """Words for the outcomes of one import, which knows its columns and fields by name."""

    def __init__(self, module: Module, mapping: Mapping) -> None:
        self._fields: dict[str, Field] = {field.api_name: field for field in module.fields}
        self._columns = {column.field: column.column for column in mapping.columns}

    def of(self, ends: pl.DataFrame, problems: Path) -> Iterator[tuple[Ends, Reason]]:
        """Each row of a stretch of the ledger with its reason, which is empty if it went in."""
        found = _errors(ends, problems)
        for end in ends.iter_rows(named=True):
            match Outcome(end["outcome"]):
                case outcome if outcome.went_in or outcome is Outcome.REVERSED:
                    yield end, _NONE
                case Outcome.HELD_BACK:
                    yield end, _reason(self._held_back(end, found.get(end["row"], [])))
                case outcome:
                    codes = _codes(end)
                    words = self._refused(outcome, codes, end["detail"])
                    yield end, _reason(words, [code for code, _ in codes])

    def _held_back(self, end: Ends, problems: list[dict[str, Any]]) -> list[_Fault]:
        """What the check found; in the ledger's words alone where it found it in an earlier run."""
        if problems:
            return [(problem["column"], self._problem(problem)) for problem in problems]
        if end["code"] not in KINDS:
            return [(None, _ALONE[Outcome.HELD_BACK])]
        column = self._columns.get(end["field"] or "")
        title = group_title(end["code"], column=column, field_label=self._label(end["field"]))
        return [(column, Explained(f"{title}."))]

    def _problem(self, problem: dict[str, Any]) -> Explained:
        field = self._fields.get(problem["field"] or "")
        return explained(
            problem["code"],
            column=problem["column"],
            field_label=field.label if field else None,
            value=problem["value"],
            suggestion=problem["suggestion"],
            allowed=allowed(problem["code"], field) if field else None,
            in_file=True,
        )

    def _refused(
        self, outcome: Outcome, codes: Sequence[tuple[str, str | None]], detail: str | None
    ) -> list[_Fault]:
        """What Zoho says, or why it was not asked."""
        told = skip if outcome is Outcome.SKIPPED else refusal
        faults: list[_Fault] = [
            (self._columns.get(name or ""), told(code, self._label(name))) for code, name in codes
        ]
        if not faults and detail:
            faults.append((None, Explained(detail)))
        if outcome is Outcome.UNKNOWN or not faults or (outcome is Outcome.NOT_SENT and codes):
            faults.insert(0, (None, _ALONE.get(outcome, _SILENCE)))
        return faults

    def _label(self, name: str | None) -> str | None:
        field = self._fields.get(name or "")
        return field.label if field else name


def _codes(end: Ends) -> list[tuple[str, str | None]]:
    """Zoho's codes for a row, each with the API name of a field at fault."""
    groups = parse_errors(end["detail"] or "") if end["field"] else []
    pairs = [(code, name) for code, names in groups for name in names or (None,)]
    return pairs or ([(end["code"], end["field"])] if end["code"] else [])


def _reason(faults: Sequence[_Fault], codes: Sequence[str] = ()) -> Reason:
    columns: dict[str, dict[str, None]] = defaultdict(dict)
    for column, words in faults:
        if column:
            columns[column][str(words)] = None
    return Reason(
        {column: " ".join(words) for column, words in columns.items()},
        " ".join(dict.fromkeys(words.reason for _, words in faults)),
        " ".join(filter(None, dict.fromkeys(words.fix for _, words in faults))),
        ", ".join(dict.fromkeys(codes)),
    )


def _errors(ends: pl.DataFrame, problems: Path) -> dict[int, list[dict[str, Any]]]:
    """The errors of each row that is held back, in the order they were found."""
    held = ends.filter(outcome=Outcome.HELD_BACK.value)["row"]
    if held.is_empty():
        return {}
    stretch = pl.col("row").is_between(held.min(), held.max())  # what lies elsewhere is not read
    mine = stretch & pl.col("row").is_in(held.implode())
    errors = pl.scan_parquet(problems).filter(mine, pl.col("severity") == "error").collect()
    found = defaultdict(list)
    for problem in errors.iter_rows(named=True):
        found[problem["row"]].append(problem)
    return found
