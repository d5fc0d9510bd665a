"""The ledger and its balance."""

from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.bulk import (
    LEDGER_SCHEMA,
    REVERSALS_SCHEMA,
    Balance,
    LedgerMismatch,
    Outcome,
    Slice,
    amend_ledger,
    reverse_ledger,
    same_outcome,
    tell_again,
    write_ledger,
)
from importer.checks import storage
from importer.checks.run import PROBLEMS_SCHEMA


@pytest.fixture
def book(tmp_path):
    """Writes the ledger of a table with rows 2 to 6, from parts and errors by row."""

    def write(parts, errors=()):
        table, target = tmp_path / "table.parquet", tmp_path / "ledger.parquet"
        pl.DataFrame({"_row": [2, 3, 4, 5, 6], "Name": list("abcde")}).write_parquet(table)
        return write_ledger(table, *told(tmp_path, parts, errors), target), target

    return write


@pytest.fixture
def amend(tmp_path):
    """Writes the ledger that follows on one, from the parts and errors of a further run."""

    def write(ledger, parts, errors=()):
        target = tmp_path / "amended.parquet"
        return amend_ledger(ledger, *told(tmp_path, parts, errors), target), target

    return write


@pytest.fixture
def reverse(tmp_path):
    """Writes the ledger that follows on one, from what an undo tells by row."""

    def write(ledger, *reversals):
        paths = []
        for number, lines in enumerate(reversals):
            paths.append(tmp_path / f"undone-{number}.parquet")
            frame = pl.DataFrame(lines, schema=REVERSALS_SCHEMA, orient="row")
            frame.write_parquet(paths[-1])
        target = tmp_path / "reversed.parquet"
        return reverse_ledger(ledger, paths, target), target

    return write


def told(folder, parts, errors):
    """The files of what parts tell, and of problems."""
    paths = []
    for number, outcomes in enumerate(parts):
        paths.append(folder / f"part-{number}.parquet")
        lines = list(outcomes.items())
        frame = pl.DataFrame(lines, schema=["row", "outcome"], orient="row")
        frame.match_to_schema(LEDGER_SCHEMA, missing_columns="insert").write_parquet(paths[-1])
    problems = folder / "problems.parquet"
    rows = [(row, "c", "F", code, severity, None, None) for row, code, severity in errors]
    pl.DataFrame(rows, schema=PROBLEMS_SCHEMA, orient="row").write_parquet(problems)
    return paths, problems


def outcomes(ledger):
    return dict(pl.read_parquet(ledger).select("row", "outcome").iter_rows())


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


def test_amend_ledger_tells_what_a_further_run_made_of_the_rows_it_sent(book, amend):
    _, first = book([{2: "created", 3: "failed", 4: "skipped"}], [(5, "too_long", "error")])

    balance, second = amend(first, [{4: "created"}, {5: "failed"}])

    assert outcomes(second) == {
        2: "created",
        3: "failed",
        4: "created",
        5: "failed",
        6: "not_sent",
    }
    ledger = pl.read_parquet(second)
    assert ledger.schema == LEDGER_SCHEMA
    assert ledger.filter(row=5)["code"].to_list() == [None]
    assert balance == Balance(5, created=2, failed=2, not_sent=1)
    assert pl.read_parquet(first).filter(row=4)["outcome"].item() == "skipped"


def test_amend_ledger_holds_back_for_the_errors_of_the_further_run(book, amend):
    _, first = book([{3: "failed"}], [(5, "too_long", "error")])
    errors = [(3, "not_a_date", "error"), (3, "too_long", "error"), (4, "digits_lost", "warning")]

    balance, second = amend(first, [{6: "updated"}], [*errors, (5, "not_a_date", "error")])

    ledger = pl.read_parquet(second)
    assert ledger.select("row", "outcome", "code", "field").rows() == [
        (2, "not_sent", None, None),
        (3, "held_back", "not_a_date", "F"),
        (4, "not_sent", None, None),
        (5, "held_back", "not_a_date", "F"),
        (6, "updated", None, None),
    ]
    assert balance == Balance(5, updated=1, held_back=2, not_sent=2)


def test_amend_ledger_lets_no_error_change_what_was_done_or_may_have_been(book, amend):
    done = {2: "created", 3: "updated", 4: "unchanged", 5: "unknown", 6: "reversed"}
    _, first = book([done])

    _, second = amend(first, [], [(row, "too_long", "error") for row in done])

    assert outcomes(second) == done


def test_amend_ledger_takes_what_settles_an_unknown_row(book, amend):
    _, first = book([{2: "unknown"}])

    _, second = amend(first, [{2: "created"}])

    assert outcomes(second)[2] == "created"


@pytest.mark.parametrize(
    "parts", [[{3: "created"}, {3: "failed"}], [{7: "created"}], [{1: "failed"}]]
)
def test_amend_ledger_refuses_parts_that_do_not_fit(book, amend, tmp_path, parts):
    _, first = book([])

    with pytest.raises(LedgerMismatch):
        amend(first, parts)

    assert not (tmp_path / "amended.parquet").exists()


@pytest.mark.parametrize("before", ["created", "updated", "unchanged", "reversed"])
@pytest.mark.parametrize("after", ["created", "failed"])
def test_amend_ledger_refuses_to_tell_again_of_a_row_that_was_done(book, amend, before, after):
    _, first = book([{2: before}])

    with pytest.raises(LedgerMismatch, match="1 rows are told of that were done before"):
        amend(first, [{2: after}])


def test_reverse_ledger_tells_what_was_taken_back_what_was_kept_and_why(book, reverse):
    _, first = book([{2: "created", 3: "updated", 4: "created", 5: "failed", 6: "updated"}])

    balance, last = reverse(
        first,
        [(4, "failed", "It is locked."), (2, "reversed", None)],
        [(3, "kept", "Phone was changed to 123.")],
    )

    ledger = pl.read_parquet(last)
    assert ledger.schema == LEDGER_SCHEMA
    assert ledger.select("row", "outcome", "reversal", "reversal_detail").rows() == [
        (2, "reversed", "reversed", None),
        (3, "updated", "kept", "Phone was changed to 123."),
        (4, "created", "failed", "It is locked."),
        (5, "failed", None, None),
        (6, "updated", None, None),
    ]
    assert balance == Balance(5, created=1, updated=2, failed=1, reversed=1)
    assert balance.adds_up
    assert balance.went_in == 3


def test_reverse_ledger_takes_back_what_failed_before(book, reverse, tmp_path):
    _, first = book([{2: "created"}])
    _, failed = reverse(first, [(2, "failed", "It is locked.")])
    again = failed.rename(tmp_path / "failed.parquet")

    _, last = reverse(again, [(2, "reversed", None)])

    assert pl.read_parquet(last).row(0)[-2:] == ("reversed", None)
    assert outcomes(last)[2] == "reversed"


@pytest.mark.parametrize(
    "reversals",
    [
        [[(2, "reversed", None), (2, "kept", None)]],
        [[(2, "reversed", None)], [(2, "reversed", None)]],
        [[(3, "reversed", None)]],
        [[(4, "kept", None)]],
        [[(7, "reversed", None)]],
        [[(2, "gone", None)]],
        [[(2, None, None)]],
    ],
)
def test_reverse_ledger_refuses_what_does_not_fit(book, reverse, tmp_path, reversals):
    _, first = book([{2: "created", 3: "failed", 4: "reversed"}])

    with pytest.raises(LedgerMismatch):
        reverse(first, *reversals)

    assert not (tmp_path / "reversed.parquet").exists()


SENT = ["created", "updated", "unchanged", "skipped", "failed", "not_sent", "unknown"]
AGAIN = {"skipped", "failed", "held_back", "not_sent", "unknown"}
ROWS = st.sets(st.integers(2, 13))


@given(data=st.data())
@settings(deadline=None, max_examples=40)
def test_ledger_tells_each_row_of_all_runs_once(tmp_path_factory, data):
    """A main run, a retry and an undo, whatever becomes of their rows."""
    folder = tmp_path_factory.mktemp("ledger")
    table, books = folder / "table.parquet", [folder / f"{n}.parquet" for n in range(3)]
    pl.DataFrame({"_row": range(2, 14)}).write_parquet(table)
    expected = dict.fromkeys(range(2, 14), "not_sent")

    def ends(rows):
        ended = {row: data.draw(st.sampled_from(SENT)) for row in sorted(rows)}
        split = data.draw(st.sets(st.sampled_from(sorted(rows)))) if rows else set()
        errors = data.draw(ROWS)
        held = {r for r in errors - rows if expected[r] in AGAIN - {"unknown"}}
        expected.update(ended | dict.fromkeys(held, "held_back"))
        parts = [{r: ended[r] for r in half} for half in (split, rows - split)]
        return told(folder, parts, [(row, "too_long", "error") for row in sorted(errors)])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storage, "CHUNK_ROWS", 5)
        write_ledger(table, *ends(data.draw(ROWS)), books[0])
        retried = {row for row in data.draw(ROWS) if expected[row] in AGAIN}
        amend_ledger(books[0], *ends(retried), books[1])
        undone = {row for row in data.draw(ROWS) if expected[row] in ("created", "updated")}
        lines = [(row, "reversed", None) for row in sorted(undone)]
        reversals = folder / "reversals.parquet"
        pl.DataFrame(lines, schema=REVERSALS_SCHEMA, orient="row").write_parquet(reversals)
        balance = reverse_ledger(books[1], [reversals], books[2])

    expected.update(dict.fromkeys(undone, "reversed"))
    assert list(outcomes(books[2]).items()) == list(expected.items())
    assert balance == Balance(12, **Counter(expected.values()))
    assert balance.adds_up


def test_same_outcome_gives_every_row_of_a_slice_the_same_end(checked):
    path = checked(Email=["a", "b", "c"])

    ledger = same_outcome(path, Slice(1, 2, 3, 4), Outcome.FAILED, "INVALID_FORMAT", "why")

    assert ledger.schema == LEDGER_SCHEMA
    assert ledger.rows() == [
        (3, "failed", None, "INVALID_FORMAT", None, "why", None, None),
        (4, "failed", None, "INVALID_FORMAT", None, "why", None, None),
    ]


def test_balance_that_lacks_a_row_does_not_add_up():
    assert not Balance(3, created=2).adds_up


def test_rows_of_a_part_are_told_again_in_their_order():
    ledger = pl.DataFrame(
        {
            "row": [4, 2, 3],
            "outcome": ["unknown", "created", "unknown"],
            "record_id": [None, "7", None],
        }
    )
    told = pl.DataFrame({"row": [3], "outcome": ["updated"], "record_id": ["8"]})

    again = tell_again(ledger.match_to_schema(LEDGER_SCHEMA, missing_columns="insert"), told)

    assert again.select("row", "outcome", "record_id").rows() == [
        (4, "unknown", None),
        (2, "created", "7"),
        (3, "updated", "8"),
    ]
