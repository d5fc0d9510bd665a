"""The report that people download, change and upload again."""

import csv
from datetime import date

import openpyxl
import polars as pl
import pytest

from importer.bulk import (
    EDITS_SCHEMA,
    LEDGER_SCHEMA,
    InvalidCorrections,
    corrections,
    read_corrections,
    stage_report,
    write_problems_csv,
    write_problems_xlsx,
)
from importer.checks.run import PROBLEMS_SCHEMA
from importer.mapping import ColumnMapping, Mapping

MAPPING = Mapping(
    (
        ColumnMapping("Name", "Last_Name"),
        ColumnMapping("Mail", "Email"),
        ColumnMapping("Born", "Birth", date_order="dmy"),
        ColumnMapping("Note", "Note"),
    )
)
ROWS = {
    "_row": [2, 3, 5, 6, 7, 8, 9],
    "Name": ["Rao", "Łódź", "=1+1", "Li", "Xu", "Bo", "Diaz"],
    "Mail": ["a@b.co", "bad", "c@d.co", "e@f.co", "g@h.co", "i@j.co", "k@l.co"],
    "Born": ["03/04/1990", "03/04/1990", None, "04/05/1991", None, "1991-05-04", "01/02/1993"],
    "Zip": ["007", "01234", "0815", "491701234567", "1-10", "12", "7"],
    "Note": [None, " two\r\nlines ", "x" * 33_000, "-5 + 3", None, "TRUE", "_x000D_"],
}
LEDGER = [
    (2, "created", "57001", None, None, None),
    (3, "held_back", None, "not_an_email", "Email", None),
    (5, "failed", None, "DUPLICATE_DATA", "Email", "DUPLICATE_DATA-Email"),
    (6, "failed", None, "INVALID_DATA", "Birth", "INVALID_DATA-Birth"),
    (7, "unknown", None, None, None, None),
    (8, "not_sent", None, None, None, None),
    (9, "skipped", None, "DUPLICATE_DATA", "Email", "DUPLICATE_DATA-Email"),
]
PROBLEMS = [(3, "Mail", "Email", "not_an_email", "error", "bad", None)]
NAME, MAIL, BORN, ZIP, NOTE = range(6, 11)  # where the report has the columns, from 0
NOT_KNOWN = "Row 7 was left out, because it is not known whether Zoho has it."


class Desk:
    """A person's desk: reports are downloaded to it, changed and uploaded again."""

    def __init__(self, folder, module):
        self.folder, self.module = folder, module
        self.books = [folder / name for name in ("table", "ledger", "problems")]
        self.write(ROWS, LEDGER)

    def write(self, rows, ledger):
        schema = dict(list(LEDGER_SCHEMA.items())[:6])
        ends = pl.DataFrame(ledger, schema=schema, orient="row")
        pl.DataFrame(rows).write_parquet(self.books[0])
        ends.match_to_schema(LEDGER_SCHEMA, missing_columns="insert").write_parquet(self.books[1])
        problems = pl.DataFrame(PROBLEMS, schema=PROBLEMS_SCHEMA, orient="row")
        problems.write_parquet(self.books[2])

    def upload(self, path, **options):
        """What is read of an uploaded file."""
        target = self.folder / "report.parquet"
        stage_report(path, self.books[0], target)
        return read_corrections(target, *self.books, self.module, MAPPING, **options)

    def workbook(self, change=lambda sheet: None, **options):
        """Download the workbook, `change` its sheet in a spreadsheet program, upload it."""
        path = self.folder / "report.xlsx"
        write_problems_xlsx(*self.books, self.module, MAPPING, path, **options)
        workbook = openpyxl.load_workbook(path)
        change(workbook["Problems"])
        workbook.save(path)
        return self.upload(path, **options)

    def csv(self, change=lambda lines: None, *, delimiter=",", encoding="utf-8-sig"):
        """Download the CSV, `change` its lines of cells in a program, upload it."""
        path = self.folder / "report.csv"
        write_problems_csv(*self.books, self.module, MAPPING, path)
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.reader(file))
        change(lines)
        with path.open("w", encoding=encoding, errors="replace", newline="") as file:
            csv.writer(file, delimiter=delimiter).writerows(lines)
        return self.upload(path)


@pytest.fixture
def desk(tmp_path, module):
    return Desk(tmp_path, module)


def edited(found):
    return found.edits.rows()


def test_corrections_of_a_report_just_as_it_was_downloaded_are_none(desk):
    for found in (desk.workbook(), desk.upload(desk.folder / "report.xlsx"), desk.csv()):
        assert found.edits.schema == EDITS_SCHEMA
        assert edited(found) == []
        assert found.rows == 5
        assert found.ignored == (NOT_KNOWN,)


def test_corrections_of_a_workbook_are_the_cells_that_a_person_changed(desk):
    def change(sheet):
        sheet["H2"] = "lodz@x.co"
        sheet["G2"] = None
        sheet["I4"] = "1991-06-04"
        sheet["K5"] = "Ok"  # row 7, of which it is not known whether Zoho has it

    found = desk.workbook(change)

    assert edited(found) == [
        (3, "Name", None),
        (3, "Mail", "lodz@x.co"),
        (6, "Born", "1991-06-04"),
    ]
    assert found.ignored == (NOT_KNOWN,)


def test_corrections_are_found_in_typed_cells(desk):
    def change(sheet):
        sheet["I4"], sheet["I4"].number_format = date(1991, 6, 4), "dd.mm.yyyy"
        sheet["J2"], sheet["J2"].number_format = 4321, "General"

    assert edited(desk.workbook(change)) == [(3, "Zip", "4321"), (6, "Born", "1991-06-04")]


def test_corrections_are_found_in_a_csv_whose_formulas_were_neutralised(desk):
    def change(lines):
        assert lines[2][NAME] == "'=1+1"
        lines[2][MAIL] = "'=2+2"
        lines[3][NAME] = "Lie"
        lines[4][NAME] = "Xi"

    assert edited(desk.csv(change)) == [(5, "Mail", "=2+2"), (6, "Name", "Lie")]


def test_corrections_survive_moved_missing_and_added_lines_and_columns(desk):
    def change(lines):
        header, _row3, row5, *_others, row9 = lines
        row5[MAIL], row9[NAME] = "five@x.co", "Nine"
        order = [NOTE, MAIL, 0, NAME]
        lines[:] = [[line[place] for place in order] for line in (header, row9, row5)]
        for line in lines:
            line.insert(1, "Done by" if line[2] == "Row" else "Ana")

    found = desk.csv(change)

    assert edited(found) == [(5, "Mail", "five@x.co"), (9, "Name", "Nine")]
    assert found.rows == 2
    assert found.ignored == (
        "The column “Done by” is not in the file of this import and was left out.",
    )


def test_corrections_are_read_below_a_title_that_a_person_put_above(desk):
    def change(sheet):
        sheet.insert_rows(1)
        sheet["A1"] = "To do for Ana"
        sheet["H3"] = "x@y.co"

    assert edited(desk.workbook(change)) == [(3, "Mail", "x@y.co")]


@pytest.mark.parametrize(
    ("place", "line", "text"),
    [
        (ZIP, 1, "1234"),
        (ZIP, 3, "4.91702E+11"),
        (ZIP, 3, "#NAME?"),
        (BORN, 1, "3.4.90"),
        (BORN, 1, "1990-03-04"),
        (BORN, 5, "04/05/1991"),
        (NAME, 1, "?ód?"),
        (NAME, 1, "Lódz"),
    ],
)
def test_corrections_leave_what_a_spreadsheet_program_did_by_itself(desk, place, line, text):
    def change(lines):
        lines[line][place] = text

    found = desk.csv(change)

    assert edited(found) == []
    assert found.ignored[1].startswith("1 cell was left as before, because a spreadsheet program")
    assert f"became “{text}”." in found.ignored[1]


@pytest.mark.parametrize(
    ("place", "line", "text", "column"),
    [
        (BORN, 3, "1991-04-05", "Born"),  # at fault: written so that it has one reading
        (ZIP, 6, "007", "Zip"),
        (ZIP, 5, "+12", "Zip"),
        (BORN, 5, "1991-04-05", "Born"),
        (NAME, 6, "Díaz", "Name"),
        (NOTE, 5, "FALSE", "Note"),
        (ZIP, 3, "491701234568", "Zip"),
    ],
)
def test_corrections_take_what_only_a_person_does(desk, place, line, text, column):
    def change(lines):
        lines[line][place] = text

    found = desk.csv(change)

    assert [edit[1:] for edit in edited(found)] == [(column, text)]
    assert found.ignored == (NOT_KNOWN,)


def test_corrections_outlast_a_program_that_saves_in_an_old_character_set(desk):
    def change(lines):
        lines[1][MAIL] = "ß@x.co"

    found = desk.csv(change, delimiter=";", encoding="cp1252")

    assert edited(found) == [(3, "Mail", "ß@x.co")]
    assert "“Łódź” became “?ód?”" in found.ignored[1]


def test_corrections_do_not_take_back_what_was_edited_since_the_download(desk):
    since = pl.DataFrame(
        [(3, "Mail", "new@x.co"), (5, "Name", "Five")], schema=EDITS_SCHEMA, orient="row"
    )
    path = desk.folder / "report.xlsx"
    desk.workbook(lambda sheet: sheet.__setitem__("G3", "Fünf"))

    assert edited(desk.upload(path, edits=since)) == [(5, "Name", "Fünf")]


def test_corrections_of_a_report_with_earlier_edits_are_the_new_ones(desk):
    before = pl.DataFrame([(3, "Mail", "new@x.co")], schema=EDITS_SCHEMA, orient="row")

    def change(sheet):
        assert sheet["H2"].value == "new@x.co"
        sheet["G2"] = "Lodz AG"

    assert edited(desk.workbook(change, edits=before)) == [(3, "Name", "Lodz AG")]


def test_corrections_never_take_rows_that_are_in_the_crm_by_now(desk):
    path = desk.folder / "report.xlsx"
    desk.workbook(lambda sheet: sheet.__setitem__("H2", "x@y.co"))
    now_in = [(row, "created", "57", None, None, None) for row in (2, 3, 5, 6)]
    desk.write(ROWS, [*now_in, *LEDGER[4:6], (9, "reversed", "57", None, None, None)])

    found = desk.upload(path)

    assert edited(found) == []
    assert found.rows == 1
    assert found.ignored == (
        "Rows 3, 5 and 6 are in Zoho already and stay as they are.",
        NOT_KNOWN,
        "Row 9 was undone and is not sent again.",
    )


def test_corrections_tell_lines_that_are_doubled_foreign_or_without_a_number(desk):
    def change(lines):
        lines[1][MAIL] = "x@y.co"
        lines[2][0], lines[3][0] = "", "2000"
        lines += [lines[1], lines[5], lines[6]]
        lines[6] = [*lines[6][:MAIL], "z@y.co", *lines[6][MAIL + 1 :]]

    found = desk.csv(change)

    assert edited(found) == []
    assert found.rows == 0
    assert found.ignored == (
        NOT_KNOWN,
        "Row 2,000 is not in the file of this import.",
        (
            "Rows 3, 8 and 9 are there more than once, so nothing of them was taken. "
            "Keep one line of each."
        ),
        "Line 3 has no row number and was left out.",
    )


def test_corrections_leave_a_line_that_seems_to_be_about_another_row(desk):
    def change(lines):
        lines[1][NAME:] = lines[3][NAME:]

    found = desk.csv(change)

    assert edited(found) == []
    assert found.ignored[1].startswith("Row 3 differs from your file in most cells")


def test_corrections_of_columns_sorted_without_their_rows_are_refused(desk):
    def change(lines):
        numbers = [line[0] for line in lines[1:]]
        for line, number in zip(lines[1:], numbers[1:] + numbers[:1], strict=True):
            line[0] = number

    with pytest.raises(InvalidCorrections, match="only some of its columns were sorted"):
        desk.csv(change)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Name,Mail\nRao,a@b.co\nLi,e@f.co\n", "no column “Row”"),
        ("Row,Company\n3,Acme\n5,Zenith\n", "none of the columns of this import"),
        ("Row,Name\n300,Rao\n500,Li\n", "No line of this file is about a row"),
        ("Row,Name\n", "No line of this file is about a row"),
    ],
)
def test_corrections_of_another_file_are_refused_in_a_sentence(desk, text, told):
    path = desk.folder / "other.csv"
    path.write_text(text)

    with pytest.raises(InvalidCorrections, match=told):
        desk.upload(path)


def test_corrections_know_the_reports_columns_from_those_of_the_file(desk):
    desk.write({**ROWS, "Row": [str(n) for n in range(7)], "Reason": ["x"] * 7}, LEDGER)

    def change(sheet):
        assert sheet["A1"].value == "Row (report)"
        sheet["L2"], sheet["M2"] = "one", "why"

    assert edited(desk.workbook(change)) == [(3, "Row", "one"), (3, "Reason", "why")]


def test_corrections_of_a_file_whose_headers_are_formulas(desk):
    desk.write({"_row": ROWS["_row"], "=A1": ROWS["Name"], "-x": ROWS["Mail"]}, LEDGER)

    def change(lines):
        assert lines[0][6:] == ["'=A1", "'-x"]
        lines[1][6] = "Rao"

    assert edited(desk.csv(change)) == [(3, "=A1", "Rao")]


def test_corrections_of_a_file_whose_headers_read_like_data(desk):
    desk.write({"_row": ROWS["_row"], "2024-01-31": ROWS["Mail"], "ana@x.co": ROWS["Note"]}, LEDGER)

    found = desk.workbook(lambda sheet: sheet.__setitem__("G2", "x@y.co"))

    assert edited(found) == [(3, "2024-01-31", "x@y.co")]


def test_corrections_of_a_table_as_wide_as_can_be(desk):
    columns = {f"Column {n}": ["x"] * 7 for n in range(1, 501)}
    desk.write({"_row": ROWS["_row"], **columns}, LEDGER)

    assert edited(desk.csv(lambda lines: lines[1].__setitem__(505, "y"))) == [
        (3, "Column 500", "y")
    ]


def test_corrections_read_rows_that_look_like_a_footer(desk):
    columns = {f"Amount {n}": [str(n * row) for row in range(20)] for n in range(15)}
    columns["Amount 9"][19] = "to do"
    rows = {"_row": list(range(2, 22))} | {
        name: [*cells[:19], cells[19] if name == "Amount 9" else None]
        for name, cells in columns.items()
    }
    desk.write(rows, [(row, "failed", None, None, None, None) for row in rows["_row"]])

    assert desk.workbook().rows == 20


def test_corrections_of_many_rows_in_any_order_are_exact(desk, monkeypatch):
    monkeypatch.setattr(corrections, "CHUNK_ROWS", 7)
    numbers = range(2, 102)
    rows = {"_row": numbers, "Name": [f"Name {n}" for n in numbers], "Mail": ["bad"] * 100}
    desk.write(rows, [(row, "failed", None, None, None, None) for row in numbers])

    def change(lines):
        for line in lines[1:]:
            if int(line[0]) % 10 == 3:
                line[MAIL] = f"{line[0]}@x.co"
        lines[1:] = sorted(lines[1:], key=lambda line: line[0][::-1])

    assert edited(desk.csv(change)) == [(n, "Mail", f"{n}@x.co") for n in numbers if n % 10 == 3]
