"""What people download."""

import csv

import openpyxl
import polars as pl
import pytest

from importer.bulk import (
    LEDGER_SCHEMA,
    reports,
    write_outcomes_csv,
    write_problems_csv,
    write_problems_xlsx,
)
from importer.checks.run import PROBLEMS_SCHEMA
from importer.mapping import ColumnMapping, Mapping

MAPPING = Mapping((ColumnMapping("Mail", "Email"), ColumnMapping("Name", "Last_Name")))
ROWS = {
    "_row": [2, 3, 5, 6, 7, 8],
    "Name": ["Rao", None, "=1+1", "Li", "Xu", "Bo"],
    "Mail": ["a@b.co", "bad", "c@d.co", "e@f.co", "g@h.co", "+1 555 010"],
}
LEDGER = [
    (2, "created", "57001", None, None, None),
    (3, "held_back", None, "required_blank", "Last_Name", None),
    (5, "failed", None, "DUPLICATE_DATA", "Email", "DUPLICATE_DATA-Email:INVALID_DATA-Last_Name"),
    (6, "skipped", None, "DUPLICATE_DATA", "Email", "DUPLICATE_DATA-Email"),
    (7, "unknown", None, None, None, None),
    (8, "not_sent", None, "INVALID_FILE_ID", None, "improper file id"),
]
PROBLEMS = [
    (3, "Name", "Last_Name", "required_blank", "error", None, None),
    (3, "Mail", "Email", "not_an_email", "error", "bad", None),
    (3, "Mail", "Email", "digits_lost", "warning", "bad", None),
]


@pytest.fixture
def report(tmp_path, module):
    """Writes a report of six rows; gives its path."""

    def run(write, name):
        paths = [tmp_path / part for part in ("table", "ledger", "problems")]
        pl.DataFrame(ROWS).write_parquet(paths[0])
        pl.DataFrame(LEDGER, schema=LEDGER_SCHEMA, orient="row").write_parquet(paths[1])
        pl.DataFrame(PROBLEMS, schema=PROBLEMS_SCHEMA, orient="row").write_parquet(paths[2])
        write(*paths, module, MAPPING, tmp_path / name)
        return tmp_path / name

    return run


def lines(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_problems_name_row_column_and_every_reason(report):
    found = lines(report(write_problems_csv, "problems.csv"))

    assert found[0] == ["Row", "Outcome", "Column", "Reason", "Name", "Mail"]
    assert found[1][:3] == ["3", "Held back", "Name, Mail"]
    assert found[1][3].startswith("Last Name (column “Name”) is empty. Zoho needs a value")
    assert "“bad”, which is not an e-mail address" in found[1][3]
    assert found[1][4:] == ["", "bad"]


def test_problems_leave_out_rows_that_went_in_and_warnings(report):
    found = lines(report(write_problems_csv, "problems.csv"))

    assert [line[0] for line in found[1:]] == ["3", "5", "6", "7", "8"]
    assert "rounded" not in found[1][3]


def test_problems_say_in_plain_words_what_zoho_says(report):
    _, _, failed, skipped, unknown, not_sent = lines(report(write_problems_csv, "problems.csv"))

    assert failed[1:3] == ["Failed", "Mail, Name"]
    assert failed[3].startswith("Another record has this value for E-mail already")
    assert "does not accept the value of Last Name" in failed[3]
    assert skipped[1:4] == [
        "Skipped",
        "Mail",
        "Zoho has a record with this E-mail already; it was left as it is.",
    ]
    assert unknown[3].startswith("We could not find out whether Zoho took this row.")
    assert not_sent[3].startswith("This row was not sent to Zoho. Zoho no longer has the file")


def test_problems_csv_opens_in_excel_and_runs_no_formula(report):
    path = report(write_problems_csv, "problems.csv")

    assert path.read_bytes().startswith(b"\xef\xbb\xbfRow,Outcome")
    assert path.read_bytes().count(b"\r\n") == 6
    assert lines(path)[2][4] == "'=1+1"
    assert lines(path)[5][5] == "+1 555 010"


@pytest.mark.parametrize(
    "text", ["=1+1", "@SUM(A1)", "\tx", "\rx", "-1-2", "+1-555-010", "-a", "+A1"]
)
def test_harmless_puts_an_apostrophe_before_formulas(text):
    assert reports._harmless(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["-5", "+5.25", "-1,000%", "+1 555 010", "+1 (555) 010-2000", "x=1", ""]
)
def test_harmless_leaves_numbers_and_phones_alone(text):
    assert reports._harmless(text) == text


def test_problems_workbook_holds_text_only_under_a_frozen_header(report):
    sheet = openpyxl.load_workbook(report(write_problems_xlsx, "problems.xlsx")).active

    assert sheet.freeze_panes == "B2"
    assert [cell.value for cell in sheet[1]] == [
        "Row", "Outcome", "Column", "Reason", "Name", "Mail",
    ]  # fmt: skip
    assert sheet["E3"].value == "=1+1"
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value} == {"s"}
    assert sheet.max_row == 6


def test_problems_workbook_goes_on_on_a_further_sheet(report, monkeypatch):
    monkeypatch.setattr(reports, "_SHEET_ROWS", 2)

    workbook = openpyxl.load_workbook(report(write_problems_xlsx, "problems.xlsx"))

    assert workbook.sheetnames == ["Problems", "Problems 2", "Problems 3"]
    assert [sheet.max_row for sheet in workbook] == [3, 3, 2]
    assert [workbook["Problems 3"].cell(r, 1).value for r in (1, 2)] == ["Row", "8"]


def test_outcomes_list_every_row_with_its_record(report):
    found = lines(report(write_outcomes_csv, "outcomes.csv"))

    assert found[:2] == [["Row", "Outcome", "Record id", "Reason"], ["2", "Created", "57001", ""]]
    assert [line[0] for line in found[1:]] == ["2", "3", "5", "6", "7", "8"]
