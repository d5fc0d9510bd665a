"""Laying a result beside the rows that were sent."""

import zipfile

import pytest

from importer.bulk import Slice, UnreadableResult, explain, reconcile
from importer.bulk.refusals import parse_errors
from importer.crm.schema import Field, Module, Operation

ROWS = Slice(0, 3, 2, 4)
HEADER = "Email,Last_Name,Birth,STATUS,RECORD_ID,ERRORS\n"


@pytest.fixture
def settle(checked, module, result):
    """Reconciles three rows with the lines of a result."""
    path = checked(
        Email=["a@b.co", "c@d.co", "e@f.co"],
        Last_Name=["Rao", "Rao", None],
        Birth=["2024-12-31", None, None],
        Note=["x", "y", "z"],
    )

    def run(csv, operation=Operation.UPSERT, find_by="Email"):
        return reconcile(path, ROWS, module, result(csv), operation, find_by)

    return run


def outcomes(ledger):
    return dict(ledger.select("row", "outcome").iter_rows())


def test_reconcile_joins_answers_to_rows_in_order(settle):
    ledger = settle(
        HEADER + "a@b.co,Rao,12/31/2024,ADDED,5725767000001030001,\n"
        "c@d.co,Rao,,updated,5725767000001030002,\n"
        "e@f.co,,,SKIPPED,,MANDATORY_NOT_FOUND-Last_Name\n"
    )

    assert ledger.rows() == [
        (2, "created", "5725767000001030001", None, None, None),
        (3, "updated", "5725767000001030002", None, None, None),
        (4, "failed", None, "MANDATORY_NOT_FOUND", "Last_Name", "MANDATORY_NOT_FOUND-Last_Name"),
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

    ledger = reconcile(path, Slice(0, 1, 2, 2), module, result(csv), Operation.INSERT, None)

    assert ledger.select("outcome", "record_id").rows() == [("created", "57")]


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
        "STATUS,RECORD_ID,ERRORS\nADDED,1,\nADDED,2,\nADDED,3,\n",
        HEADER,
    ],
)
def test_reconcile_believes_nothing_of_a_result_that_shows_other_rows_or_none(settle, csv):
    assert set(outcomes(settle(csv)).values()) == {"unknown"}


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

    ledger = reconcile(path, Slice(0, 1, 2, 2), module, result(csv), operation, find_by)

    assert ledger["outcome"].to_list() == [outcome]


@pytest.mark.parametrize("csv", ["", "Email,STATUS\na@b.co,ADDED\n", "a\nb,c\n"])
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
