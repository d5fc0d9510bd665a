"""Laying a result beside the rows that were sent."""

import zipfile

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importer.bulk import LEDGER_SCHEMA, Slice, UnreadableResult, explain, reconcile
from importer.bulk.refusals import parse_errors
from importer.crm.schema import Field, Module, Operation

ROWS = Slice(0, 3, 2, 4)
HEADER = "Email,Last_Name,Birth,STATUS,RECORD_ID,ERRORS\n"


@pytest.fixture
def settle(checked, module, result):
    """Reconciles three rows with the lines of a result; gives their ledger."""
    path = checked(
        Email=["a@b.co", "c@d.co", "e@f.co"],
        Last_Name=["Rao", "Rao", None],
        Birth=["2024-12-31", None, None],
        Note=["x", "y", "z"],
    )

    def run(csv, operation=Operation.UPSERT, find_by="Email"):
        found = reconcile(path, ROWS, module, result(csv), operation, find_by)
        assert found.unmatched == found.ledger.filter(outcome="unknown").height
        return found.ledger

    return run


def outcomes(ledger):
    return dict(ledger.select("row", "outcome").iter_rows())


def test_reconcile_joins_answers_to_rows_in_order(settle):
    ledger = settle(
        HEADER + "a@b.co,Rao,12/31/2024,ADDED,5725767000001030001,\n"
        "c@d.co,Rao,,updated,5725767000001030002,\n"
        "e@f.co,,,SKIPPED,,MANDATORY_NOT_FOUND-Last_Name\n"
    )

    code, field, errors = "MANDATORY_NOT_FOUND", "Last_Name", "MANDATORY_NOT_FOUND-Last_Name"
    assert ledger.schema == LEDGER_SCHEMA
    assert ledger.rows() == [
        (2, "created", "5725767000001030001", None, None, None, None, None),
        (3, "updated", "5725767000001030002", None, None, None, None, None),
        (4, "failed", None, code, field, errors, None, None),
    ]


def test_reconcile_finds_columns_by_name_in_any_case_and_place(settle):
    ledger = settle(
        "status,Email,errors,Record_Id\nADDED,a@b.co,,1\nADDED,c@d.co,,2\nUNPROCESSED,e@f.co,,\n"
    )

    assert outcomes(ledger) == {2: "created", 3: "created", 4: "failed"}
    assert ledger["record_id"].to_list() == ["1", "2", None]


def test_reconcile_takes_a_field_called_status_for_what_it_is(checked, result):
    fields = (Field("Subject", "Subject", "text"), Field("Status", "Status", "picklist"))
    module = Module("Cases", "Cases", "Case", fields)
    path = checked(Subject=["Help"], Status=["New"])
    csv = "\ufeffSubject,Status,STATUS,RECORD_ID,ERRORS\nHelp,New,ADDED,57,\n"

    found = reconcile(path, Slice(0, 1, 2, 2), module, result(csv), Operation.INSERT, None)

    assert found.ledger.select("outcome", "record_id").rows() == [("created", "57")]


def test_reconcile_matches_a_reordered_result_by_its_keys(settle):
    ledger = settle(
        HEADER + "e@f.co,,,ADDED,3,\na@b.co,Rao,12/31/2024,ADDED,1,\nc@d.co,Rao,,ADDED,2,\n"
    )

    assert ledger["record_id"].to_list() == ["1", "2", "3"]


def test_reconcile_matches_by_the_key_when_other_values_come_back_changed(settle):
    ledger = settle(
        HEADER + "a@b.co,RAO,2024-12-31,ADDED,1,\nc@d.co,Rao,,ADDED,2,\ne@f.co,,,ADDED,3,\n"
    )

    assert ledger["record_id"].to_list() == ["1", "2", "3"]


def test_reconcile_says_unknown_where_a_result_is_cut_short(settle):
    ledger = settle(HEADER + "a@b.co,Rao,12/31/2024,ADDED,1,\ne@f.co,,,ADDED,3,\n")

    assert outcomes(ledger) == {2: "created", 3: "unknown", 4: "created"}


def test_reconcile_believes_no_key_that_comes_twice(settle):
    ledger = settle(
        HEADER
        + "a@b.co,Rao,12/31/2024,ADDED,1,\na@b.co,Rao,12/31/2024,ADDED,2,\nc@d.co,Rao,,ADDED,3,\n"
    )

    assert outcomes(ledger) == {2: "unknown", 3: "created", 4: "unknown"}


@pytest.mark.parametrize(
    "csv",
    [
        HEADER + "x@x.co,X,,ADDED,1,\ny@y.co,Y,,ADDED,2,\nz@z.co,Z,,ADDED,3,\n",
        HEADER + "a@b.co,Rao,12/31/2024,ADDED,1,\nc@d.co,Rao,,ADDED,2,\nz@z.co,Z,,ADDED,3,\n",
        HEADER,
    ],
)
def test_reconcile_believes_nothing_of_a_result_that_shows_other_rows_or_none(settle, csv):
    assert set(outcomes(settle(csv)).values()) == {"unknown"}


def test_reconcile_matches_changed_values_by_no_field_but_the_match_field(settle):
    csv = HEADER + "a@b.co,RAO,,ADDED,1,\nc@d.co,RAO,,ADDED,2,\ne@f.co,,,ADDED,3,\n"

    assert set(outcomes(settle(csv, Operation.INSERT, None)).values()) == {"unknown"}
    assert set(outcomes(settle(csv, Operation.INSERT, "Email")).values()) == {"created"}


def test_reconcile_takes_an_answer_that_says_nothing_for_none(settle):
    ledger = settle(HEADER + "a@b.co,Rao,12/31/2024,ADDED,1,\nc@d.co,Rao,,,,\ne@f.co,,,QUEUED,,\n")

    assert outcomes(ledger) == {2: "created", 3: "unknown", 4: "unknown"}


def test_reconcile_knows_the_values_of_a_slice_that_leaves_fields_out(checked, module, result):
    path = checked(Email=["a@b.co"], Last_Name=[None], Note=["x"])
    piece = Slice(0, 1, 2, 2, left_out=("Last_Name",), clears=True)
    csv = "Email,Note,STATUS,RECORD_ID,ERRORS\na@b.co,x,UPDATED,57,\n"

    found = reconcile(path, piece, module, result(csv), Operation.UPDATE, "Email")

    assert (found.ledger["record_id"].to_list(), found.unmatched) == (["57"], 0)


SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
LINES = st.lists(
    st.tuples(st.sampled_from(["", "Rao", "Lee", "Xu"]), st.sampled_from(["", "x", "y"])),
    min_size=1,
    max_size=6,
)


@SHARED
@given(lines=LINES, data=st.data())
def test_reconcile_gives_no_row_the_answer_of_another(tmp_path_factory, module, lines, data):
    """Answers lost or out of order, and values that several rows share."""
    kept = data.draw(st.lists(st.integers(0, len(lines) - 1), unique=True))
    shown = [lines[place] for place in kept]

    found = _told(tmp_path_factory, module, lines, list(zip(shown, map(str, kept), strict=True)))

    own = kept if shown == lines else range(len(lines))  # nothing shows that they are not in order
    assert all(id_ in (None, str(mine)) for id_, mine in zip(found, own, strict=True))
    if shown == lines or len(set(lines)) == len(lines):
        assert {int(id_) for id_ in found if id_} >= {n for n in kept if any(lines[n])}


@SHARED
@given(lines=LINES, others=LINES, data=st.data())
def test_reconcile_believes_nothing_of_another_parts_result(
    tmp_path_factory, module, lines, others, data
):
    answers = data.draw(st.permutations([*others, ("Diaz", "z")]))

    found = _told(tmp_path_factory, module, lines, [(line, "foreign") for line in answers])

    assert set(found) == {None}


def _told(folders, module, lines, answers):
    """The record ids that the rows with the values of `lines` get from `answers`."""
    folder = folders.mktemp("result")
    names, notes = zip(*lines, strict=True)
    frame = pl.DataFrame({"_row": range(2, len(lines) + 2), "Last_Name": names, "Note": notes})
    frame.write_parquet(folder / "rows.parquet")
    told = "".join(f"{name},{note},ADDED,{id_},\n" for (name, note), id_ in answers)
    with zipfile.ZipFile(folder / "result.zip", "w") as archive:
        archive.writestr("Leads-leads.csv", f"Last_Name,Note,STATUS,RECORD_ID,ERRORS\n{told}")
    piece = Slice(0, len(lines), 2, len(lines) + 1)
    result = folder / "rows.parquet", piece, module, folder / "result.zip"
    return reconcile(*result, Operation.INSERT, None).ledger["record_id"].to_list()


@pytest.mark.parametrize(
    ("operation", "find_by", "errors", "outcome"),
    [
        (Operation.INSERT, "Email", "DUPLICATE_DATA-Email", "skipped"),
        (Operation.INSERT, None, "DUPLICATE_DATA-Email", "failed"),
        (Operation.INSERT, "Email", "DUPLICATE_DATA-Last_Name", "failed"),
        (Operation.INSERT, "Email", "DUPLICATE_DATA-Email:INVALID_DATA-Birth", "failed"),
        (Operation.UPDATE, "Email", "RESOURCE_NOT_FOUND-Email", "skipped"),
        (Operation.UPDATE, "Email", "RESOURCE_NOT_FOUND-Owner", "failed"),
        (Operation.UPSERT, "Email", "DUPLICATE_DATA-Email", "failed"),
        (Operation.UPDATE, "Email", "", "failed"),
    ],
)
def test_reconcile_tells_a_skip_by_rule_from_a_failure(
    checked, module, result, operation, find_by, errors, outcome
):
    path = checked(Email=["a@b.co"])
    csv = f"Email,STATUS,RECORD_ID,ERRORS\na@b.co,SKIPPED,,{errors}\n"

    found = reconcile(path, Slice(0, 1, 2, 2), module, result(csv), operation, find_by)

    assert found.ledger["outcome"].to_list() == [outcome]


@pytest.mark.parametrize(
    "csv",
    [
        "",
        "Email,STATUS\na@b.co,ADDED\n",
        "a\nb,c\n",
        "STATUS,RECORD_ID,ERRORS\nADDED,1,\nADDED,2,\nADDED,3,\n",
        "Mail,Email,STATUS,RECORD_ID,ERRORS\na@b.co,a@b.co,ADDED,1,\n",
    ],
)
def test_reconcile_refuses_a_result_that_is_none(settle, csv):
    with pytest.raises(UnreadableResult):
        settle(csv)


def test_reconcile_refuses_an_archive_that_is_none(checked, module, tmp_path):
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK\x03\x04 no archive")

    with pytest.raises(UnreadableResult):
        reconcile(checked(Email=["a"]), Slice(0, 1, 2, 2), module, broken, Operation.INSERT, None)


def test_reconcile_measures_the_archive_before_it_opens_it(checked, module, tmp_path):
    bomb = tmp_path / "bomb.zip"
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("Leads-leads.csv", "w") as entry,
    ):
        for _ in range(201):
            entry.write(bytes(1_000_000))

    with pytest.raises(UnreadableResult, match="unpacks to 201,000,000 bytes"):
        reconcile(checked(Email=["a"]), Slice(0, 1, 2, 2), module, bomb, Operation.INSERT, None)


def test_reconcile_refuses_an_archive_of_several_files(checked, module, result):
    archive = result(HEADER, copies=2)

    with pytest.raises(UnreadableResult, match="2 files instead of one"):
        reconcile(checked(Email=["a"]), Slice(0, 1, 2, 2), module, archive, Operation.INSERT, None)


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        (
            "MANDATORY_NOT_FOUND-Company,Last_Name:DUPLICATE_DATA-Email",
            [("MANDATORY_NOT_FOUND", ("Company", "Last_Name")), ("DUPLICATE_DATA", ("Email",))],
        ),
        ("BLOCKED_RECORD", [("BLOCKED_RECORD", ())]),
        ("", []),
        ("something else", []),
    ],
)
def test_parse_errors_follows_the_grammar(text, groups):
    assert parse_errors(text) == groups


def test_explain_speaks_plainly_and_quotes_what_it_does_not_know():
    assert explain("MANDATORY_NOT_FOUND", "Last Name").startswith("Last Name is empty")
    assert explain("DUPLICATE_DATA", None).startswith("Another record has this value for a field")
    assert "“ODD_CODE”" in explain("ODD_CODE", "Email")
