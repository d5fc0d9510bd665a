"""Whether CRM, ledger and reports agree after a case: nothing lost, doubled or claimed wrongly."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.faults.cases import Case, Row

WENT_IN = {"created", "updated", "unchanged"}
DONE = {*WENT_IN, "reversed"}
Records = dict[str, list[dict[str, Any]]]  # by e-mail address


def disagreements(case: Case, told: dict[str, Any], before: Records, after: Records) -> list[str]:
    """A sentence for each thing that is not as it should be."""
    if "retry" in told["runs"]:
        case = case.corrected
    ends = {end["row"]: end for end in told["rows"]}
    if len(told["rows"]) != len(ends) or sorted(ends) != [row.number for row in case.rows]:
        return [f"the ledger tells of rows {sorted(ends)}"]
    wrong = list(_counts(case, told))
    for row in case.rows:
        there, was = after.get(row.email, []), before.get(row.email, [])
        found = _of_row(row, ends[row.number], there, was, told["runs"])
        wrong += [f"row {row.number}: {w}" for w in found]
    return wrong + list(_reports(told))


def _counts(case: Case, told: dict[str, Any]) -> Iterator[str]:
    balance = told["balance"]
    counted = Counter(end["outcome"] for end in told["rows"])
    if balance["rows"] != len(case.rows):
        yield f"the balance has {balance['rows']} rows of {len(case.rows)}"
    if {name: rows for name, rows in balance.items() if rows and name != "rows"} != counted:
        yield f"the balance says {balance}, the ledger {dict(counted)}"
    clean = all(end["outcome"] in WENT_IN for end in told["rows"])
    if clean != (told["state"] == "done"):
        yield f"it is called {told['state']}"


def _of_row(
    row: Row,
    end: dict[str, Any],
    there: list[dict[str, Any]],
    was: list[dict[str, Any]],
    runs: list[str],
) -> Iterator[str]:
    """What the ledger claims of a row, held against the records of its address."""
    outcome = end["outcome"]
    ids, known = [record["id"] for record in there], [record["id"] for record in was]
    written = [record["id"] for record in there if record["Company"] == row.company]
    if len(ids) > 1:
        yield f"{len(ids)} records"
    if not set(known) <= set(ids):
        yield "a record that was there is gone"
    if outcome in WENT_IN and (written != ids or not ids):
        yield f"{outcome}, but the CRM has {there}"
    if outcome in WENT_IN and end["record_id"] not in ids:
        yield f"{outcome} as {end['record_id']}, but it is {ids}"
    if outcome == "created" and known:
        yield "created, but was there before"
    if outcome in {"failed", "held_back", "not_sent", "skipped"} and written:
        yield f"{outcome}, but it was written ({end['code']}, {end['detail']})"
    if outcome == "reversed" and (ids != known or written):
        yield f"reversed, but the CRM has {there}"
    if end["reversal"] == "kept":
        yield f"kept, though nobody edited it ({end['reversal_detail']})"
    if "undo" in runs and outcome in {"created", "updated"} and not end["reversal_detail"]:
        yield f"{outcome}, and nothing is said of its undo"
    if row.is_bad != (outcome == "held_back"):
        yield f"{outcome}, bad: {row.is_bad}"


def _reports(told: dict[str, Any]) -> Iterator[str]:
    outcomes = {end["row"]: end["outcome"] for end in told["rows"]}
    listed = {int(n): words for n, words, *_ in _lines(told["reports"]["outcomes.csv"])}
    if {n: words.lower().replace(" ", "_") for n, words in listed.items()} != outcomes:
        yield "the report of outcomes differs from the ledger"
    problems = [int(line[0]) for line in _lines(told["reports"]["problems.csv"])]
    if problems != [row for row, outcome in outcomes.items() if outcome not in DONE]:
        yield "the report of problems lists other rows than those that did not go in"


def _lines(report: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(report)))[1:]
