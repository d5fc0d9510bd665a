"""The ledger and its balance."""

import polars as pl
import pytest

from importer.bulk import (
    LEDGER_SCHEMA,
    Balance,
    LedgerMismatch,
    Outcome,
    Slice,
    same_outcome,
    write_ledger,
)
from importer.checks.run import PROBLEMS_SCHEMA


@pytest.fixture
def book(tmp_path):
    """Writes the ledger of a table with rows 2 to 6, from parts and errors by row."""

    def write(parts, errors=()):
        table, problems = tmp_path / "table.parquet", tmp_path / "problems.parquet"
        pl.DataFrame({"_row": [2, 3, 4, 5, 6], "Name": list("abcde")}).write_parquet(table)
        rows = [(row, "c", "F", code, severity, None, None) for row, code, severity in errors]
        pl.DataFrame(rows, schema=PROBLEMS_SCHEMA, orient="row").write_parquet(problems)
        paths = []
        for number, outcomes in enumerate(parts):
            told = [(row, outcome, None, None, None, None) for row, outcome in outcomes.items()]
            paths.append(tmp_path / f"part-{number}.parquet")
            pl.DataFrame(told, schema=LEDGER_SCHEMA, orient="row").write_parquet(paths[-1])
        target = tmp_path / "ledger.parquet"
        return write_ledger(table, paths, problems, target), target

    return write


def test_write_ledger_tells_every_row_once_in_order(book):
    balance, path = book(
        [{6: "updated", 5: "failed"}, {2: "created"}],
        [(3, "not_a_date", "error"), (3, "too_long", "error"), (2, "digits_lost", "warning")],
    )

    ledger = pl.read_parquet(path)
    assert ledger.schema == LEDGER_SCHEMA
    assert ledger.select("row", "outcome", "code", "field").rows() == [
        (2, "created", None, None),
        (3, "held_back", "not_a_date", "F"),
        (4, "not_sent", None, None),
        (5, "failed", None, None),
        (6, "updated", None, None),
    ]
    assert balance == Balance(5, created=1, updated=1, failed=1, held_back=1, not_sent=1)
    assert balance.adds_up
    assert not balance.clean


def test_write_ledger_of_no_parts_holds_back_or_has_not_sent(book):
    balance, _ = book([], [(row, "too_long", "error") for row in (2, 3, 4)])

    assert balance == Balance(5, held_back=3, not_sent=2)


def test_write_ledger_is_clean_when_every_row_went_in(book):
    balance, _ = book([dict.fromkeys(range(2, 7), "unchanged")])

    assert balance.clean
    assert balance.adds_up


@pytest.mark.parametrize("parts", [[{2: "created"}, {2: "failed"}], [{7: "created"}]])
def test_write_ledger_refuses_parts_that_do_not_fit_the_table(book, tmp_path, parts):
    with pytest.raises(LedgerMismatch):
        book(parts)

    assert not (tmp_path / "ledger.parquet").exists()


def test_same_outcome_gives_every_row_of_a_slice_the_same_end(checked):
    path = checked(Email=["a", "b", "c"])

    ledger = same_outcome(path, Slice(1, 2, 3, 4), Outcome.FAILED, "INVALID_FORMAT", "why")

    assert ledger.schema == LEDGER_SCHEMA
    assert ledger.rows() == [
        (3, "failed", None, "INVALID_FORMAT", None, "why"),
        (4, "failed", None, "INVALID_FORMAT", None, "why"),
    ]


def test_balance_that_lacks_a_row_does_not_add_up():
    assert not Balance(3, created=2).adds_up
