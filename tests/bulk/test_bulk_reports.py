"""What people download."""

import csv

import openpyxl
import polars as pl
import pytest

from importer.bulk import (
    EDITS_SCHEMA,
    LEDGER_SCHEMA,
    problem_workbook,
    write_outcomes_csv,
    write_problems_csv,
    write_problems_xlsx,
)
from importer.bulk.report_cells import CELL_CHARACTERS, harmless
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
LEAD = ["Row", "Outcome", "Column", "Reason", "How to fix", "Zoho's code"]


@pytest.fixture
def report(tmp_path, module):
    """Writes a report of a table, whose `rows` and `ledger` may be others; gives its path."""

    def run(write, name, *, rows=ROWS, ledger=LEDGER, **options):
        paths = [tmp_path / part for part in ("table", "ledger", "problems")]
        schema = {name: LEDGER_SCHEMA[name] for name in list(LEDGER_SCHEMA)[: len(ledger[0])]}
        ends = pl.DataFrame(ledger, schema=schema, orient="row")
        pl.DataFrame(rows).write_parquet(paths[0])
        ends.match_to_schema(LEDGER_SCHEMA, missing_columns="insert").write_parquet(paths[1])
        pl.DataFrame(PROBLEMS, schema=PROBLEMS_SCHEMA, orient="row").write_parquet(paths[2])
        write(*paths, module, MAPPING, tmp_path / name, **options)
        return tmp_path / name

    return run


def lines(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def sheets(path):
    return openpyxl.load_workbook(path)


def test_problems_name_row_columns_and_every_reason_apart_from_what_to_do(report):
    found = lines(report(write_problems_csv, "problems.csv"))

    assert found[0] == [*LEAD, "Name", "Mail"]
    assert found[1] == [
        "3",
        "Held back",
        "Name, Mail",
        (
            "Last Name (column “Name”) is empty. Zoho needs a value to create a record. "
            "E-mail (column “Mail”) says “bad”, which is not an e-mail address."
        ),
        "Fill it in. It takes one address such as ana@example.com. Correct it or clear it.",
        "",
        "",
        "bad",
    ]


def test_problems_leave_out_rows_that_went_in_and_warnings(report):
    found = lines(report(write_problems_csv, "problems.csv"))

    assert [line[0] for line in found[1:]] == ["3", "5", "6", "7", "8"]
    assert "rounded" not in found[1][3]


def test_problems_leave_out_rows_that_were_undone(report):
    undone = [(2, "reversed", "57001", None, None, None), *LEDGER[1:]]

    found = lines(report(write_problems_csv, "problems.csv", ledger=undone))

    assert found[1][0] == "3"


def test_problems_say_in_plain_words_what_zoho_says_with_its_code_aside(report):
    _, _, failed, skipped, unknown, not_sent = lines(report(write_problems_csv, "problems.csv"))

    assert failed[1:6] == [
        "Failed",
        "Mail, Name",
        (
            "Another record has this value for E-mail already, and Zoho takes it once only. "
            "Zoho does not accept the value of Last Name."
        ),
        (
            "Update that record, or change the value. "
            "Check its spelling, length and format, and that a record it names exists."
        ),
        "DUPLICATE_DATA, INVALID_DATA",
    ]
    assert skipped[1:6] == [
        "Skipped",
        "Mail",
        "Zoho has a record with this E-mail already; it was left as it is.",
        "",
        "DUPLICATE_DATA",
    ]
    assert unknown[3:6] == [
        "We could not find out whether Zoho took this row.",
        "Look for it in Zoho before sending it again.",
        "",
    ]
    assert not_sent[3:6] == [
        "This row was not sent to Zoho. Zoho no longer has the file that we uploaded.",
        "Send these rows again.",
        "INVALID_FILE_ID",
    ]


def test_problems_say_what_we_noted_of_rows_for_which_there_is_no_code(report):
    ledger = [
        (row, "not_sent", None, None, None, "The import was stopped.") for row in ROWS["_row"]
    ]

    found = lines(report(write_problems_csv, "problems.csv", ledger=ledger))

    assert found[1][3:6] == ["The import was stopped.", "", ""]


def test_problems_name_the_cause_that_an_earlier_run_found(report):
    """Only the ledger tells of it: the problems are those of a later run."""
    ledger = [(2, "held_back", None, "not_an_email", "Email", None), *LEDGER[1:]]

    found = lines(report(write_problems_csv, "problems.csv", ledger=ledger))

    assert found[1][:6] == [
        "2", "Held back", "Mail", "E-mail (column “Mail”) is not an e-mail address.", "", "",
    ]  # fmt: skip


def test_problems_show_cells_as_they_were_edited(report):
    edits = pl.DataFrame(
        [(3, "Mail", "x@y.co"), (3, "Name", "Lu"), (3, "Name", "Liu"), (5, "Mail", None)],
        schema=EDITS_SCHEMA,
        orient="row",
    )

    found = lines(report(write_problems_csv, "problems.csv", edits=edits))

    assert [line[6:] for line in found[1:3]] == [["Liu", "x@y.co"], ["'=1+1", ""]]


def test_problems_name_their_columns_apart_from_those_of_the_file(report):
    rows = {**ROWS, "reason": ["x"] * 6}

    found = lines(report(write_problems_csv, "problems.csv", rows=rows))

    assert found[0][3] == "Reason (report)"
    assert found[0][-1] == "reason"


def test_problems_csv_opens_in_excel_and_runs_no_formula(report):
    path = report(write_problems_csv, "problems.csv")

    assert path.read_bytes().startswith(b"\xef\xbb\xbfRow,Outcome")
    assert path.read_bytes().count(b"\r\n") == 6
    assert lines(path)[2][6] == "'=1+1"
    assert lines(path)[5][7] == "+1 555 010"


@pytest.mark.parametrize(
    "text", ["=1+1", "@SUM(A1)", "\tx", "\rx", "-1-2", "+1-555-010", "-a", "+A1"]
)
def test_harmless_puts_an_apostrophe_before_formulas(text):
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["-5", "+5.25", "-1,000%", "+1 555 010", "+1 (555) 010-2000", "x=1", ""]
)
def test_harmless_leaves_numbers_and_phones_alone(text):
    assert harmless(text) == text


def test_problems_workbook_holds_text_only_under_a_frozen_header(report):
    sheet = sheets(report(write_problems_xlsx, "problems.xlsx"))["Problems"]

    assert sheet.freeze_panes == "B2"
    assert [cell.value for cell in sheet[1]] == [*LEAD, "Name", "Mail"]
    assert sheet["G3"].value == "=1+1"
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells if cell.value} == {"s"}
    assert sheet.max_row == 6


def test_problems_workbook_keeps_as_text_what_is_typed_into_it(report):
    sheet = sheets(report(write_problems_xlsx, "problems.xlsx"))["Problems"]

    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.value]
    assert {cell.number_format for cell in cells} == {"@"}
    assert {sheet.column_dimensions[letter].number_format for letter in "GH"} == {"@"}
    assert {cell.number_format for cell in sheet["G"]} == {"@"}  # one of them blank, at fault


def test_problems_workbook_marks_the_cells_at_fault_and_notes_why(report):
    sheet = sheets(report(write_problems_xlsx, "problems.xlsx"))["Problems"]

    marked = {
        cell.coordinate: cell.comment.text
        for row in sheet.iter_rows(min_row=2)
        for cell in row
        if cell.fill.fill_type
    }
    assert list(marked) == ["G2", "H2", "G3", "H3", "H4"]
    assert marked["G2"] == (
        "Last Name (column “Name”) is empty. Zoho needs a value to create a record. Fill it in."
    )


def test_problems_workbook_has_no_more_notes_than_excel_bears(report, monkeypatch):
    monkeypatch.setattr(problem_workbook, "_NOTES", 1)

    sheet = sheets(report(write_problems_xlsx, "problems.xlsx"))["Problems"]

    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert [cell.coordinate for cell in cells if cell.comment] == ["G2"]
    assert sheet["H4"].fill.fill_type


def test_problems_workbook_tells_on_a_further_sheet_how_to_send_the_rows_again(report):
    workbook = sheets(report(write_problems_xlsx, "problems.xlsx"))

    assert workbook.sheetnames == ["Problems", "What to do"]
    title, words = [str(cell.value) for (cell,) in workbook["What to do"].iter_rows()]
    assert title == "How to send these rows again"
    assert "3. Upload it on the import's page." in words


def test_problems_workbook_goes_on_on_a_further_sheet(report, monkeypatch):
    monkeypatch.setattr(problem_workbook, "_SHEET_ROWS", 2)

    workbook = sheets(report(write_problems_xlsx, "problems.xlsx"))

    assert workbook.sheetnames == ["Problems", "What to do", "Problems 2", "Problems 3"]
    parts = [workbook[name] for name in ("Problems", "Problems 2", "Problems 3")]
    assert [sheet.max_row for sheet in parts] == [3, 3, 2]
    assert [parts[2].cell(row, 1).value for row in (1, 2)] == ["Row", "8"]


@pytest.mark.parametrize("letter", ["x", "😀"])
def test_problems_workbook_cuts_what_no_cell_of_excel_holds(report, letter):
    rows = {**ROWS, "Name": [letter * 40_000] * 6}

    sheet = sheets(report(write_problems_xlsx, "problems.xlsx", rows=rows))["Problems"]

    units = len(sheet["G2"].value.encode("utf-16-le")) // 2
    assert CELL_CHARACTERS - 1 <= units <= CELL_CHARACTERS
    assert set(sheet["G2"].value) == {letter}


def test_outcomes_list_every_row_with_its_record_and_link(report):
    def link(record):
        return f"https://crm.example/tab/Leads/{record}"

    found = lines(report(write_outcomes_csv, "outcomes.csv", link=link))

    assert found[:3] == [
        ["Row", "Outcome", "Record id", "Link", "Reason"],
        ["2", "Created", "57001", "https://crm.example/tab/Leads/57001", ""],
        [
            "3",
            "Held back",
            "",
            "",
            (
                "Last Name (column “Name”) is empty. Zoho needs a value to create a record. "
                "E-mail (column “Mail”) says “bad”, which is not an e-mail address."
            ),
        ],
    ]
    assert [line[0] for line in found[1:]] == ["2", "3", "5", "6", "7", "8"]


def test_outcomes_tell_after_an_undo_what_it_made_of_each_row(report):
    ledger = [
        (2, "reversed", "571", None, None, None, "reversed", None),
        (3, "updated", "572", None, None, None, "kept", "Phone was changed by Ana Lima."),
        (5, "created", "573", None, None, None, "failed", None),
        *((*LEDGER[row], None, None) for row in (3, 4, 5)),
    ]

    found = lines(report(write_outcomes_csv, "outcomes.csv", ledger=ledger))

    assert found[0] == ["Row", "Outcome", "Record id", "Reason", "Undo"]
    assert found[1] == ["2", "Reversed", "571", "", "Reversed"]
    assert found[2] == ["3", "Updated", "572", "", "Kept: Phone was changed by Ana Lima."]
    assert [line[4] for line in found[3:]] == ["Failed", "", "", ""]
