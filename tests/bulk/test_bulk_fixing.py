"""The rows that are sent again, with what was edited."""

import polars as pl
import pytest

from importer.bulk import EDITS_SCHEMA, LEDGER_SCHEMA, Outcome, rows_in, rows_to_fix
from importer.checks import storage


def edits_of(*edits):
    return pl.DataFrame(edits, schema=EDITS_SCHEMA, orient="row")


@pytest.fixture
def to_fix(tmp_path):
    """Writes the rows to be fixed of a table that has one row for each outcome, in order."""
    rows = range(2, 2 + len(Outcome))
    table, ledger = tmp_path / "table", tmp_path / "ledger"
    pl.DataFrame({"_row": rows, "was": [f"w{n}" for n in rows], "B": ["b"] * len(rows)}).cast(
        {"_row": pl.Int64}
    ).write_parquet(table)
    ends = pl.DataFrame({"row": rows, "outcome": [str(o) for o in Outcome]}).cast({"row": pl.Int64})
    ends.match_to_schema(LEDGER_SCHEMA, missing_columns="insert").write_parquet(ledger)

    def write(*edits):
        count = rows_to_fix(table, ledger, edits_of(*edits), tmp_path / "fixed")
        fixed = pl.read_parquet(tmp_path / "fixed")
        assert fixed.height == count
        return fixed

    return write


def test_rows_to_fix_are_those_that_did_not_go_in_and_surely_so(to_fix):
    outcomes = [list(Outcome)[row - 2] for row in to_fix()["_row"]]

    assert outcomes == ["skipped", "failed", "held_back", "not_sent"]


def test_rows_to_fix_are_as_last_edited(to_fix):
    fixed = to_fix(
        (6, "was", "x"), (6, "was", "y"), (7, "B", None), (2, "B", "z"), (6, "Gone", "q")
    )

    assert fixed.rows() == [
        (5, "w5", "b"),
        (6, "y", "b"),
        (7, "w7", None),
        (8, "w8", "b"),
    ]
    assert fixed.schema == {"_row": pl.Int64, "was": pl.String, "B": pl.String}


def test_rows_to_fix_are_found_stretch_by_stretch(to_fix, monkeypatch):
    whole = to_fix((7, "was", "x")).rows()
    monkeypatch.setattr(storage, "CHUNK_ROWS", 2)

    assert to_fix((7, "was", "x")).rows() == whole


def test_rows_in_are_those_that_went_in_or_may_have_as_last_edited(tmp_path, to_fix):
    edits = edits_of((2, "was", "x"), (6, "was", "y"))

    count = rows_in(["was"], tmp_path / "table", tmp_path / "ledger", edits, tmp_path / "in")

    found = pl.read_parquet(tmp_path / "in")
    outcomes = [list(Outcome)[row - 2] for row in found["_row"]]
    assert outcomes == ["created", "updated", "unchanged", "unknown"]
    assert (count, found["was"].to_list()) == (4, ["x", "w3", "w4", "w9"])
