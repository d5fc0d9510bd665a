"""Workbooks: their sheets, cells as people see them, and what is refused unopened."""

from datetime import date, datetime, time, timedelta
from zipfile import ZipFile

import pytest
import xlsxwriter

from importer.sheets import Limits, Reading, Sheet, UnreadableFile, inspect, stage
from importer.sheets.block import CellKind
from tests.sheets.hostile_files import WORKBOOK_PART
from tests.sheets.workbooks import SHEET_PART, cells_of, sheet_xml, write_raw, write_workbook


@pytest.fixture
def workbook(tmp_path):
    """Writes a workbook of one sheet: rows of values, or of (value, number format)."""

    def write(rows, options=None):
        return write_workbook(tmp_path / "book.xlsx", rows, options)

    return write


@pytest.fixture
def raw_workbook(workbook, tmp_path):
    """A workbook whose sheet part is given as XML."""

    def write(xml):
        return write_raw(tmp_path / "raw.xlsx", {SHEET_PART: xml}, of=workbook([["a"]]))

    return write


def test_workbook_cells_read_as_people_see_them(workbook):
    path = workbook(
        [
            [(501, "00000"), (0.5, "0%"), 34911234567, 0.1 + 0.2, True],
            [
                (date(2023, 12, 31), "dd/mm/yyyy"),
                (datetime.fromisoformat("2023-12-31 08:30"), "dd/mm/yyyy hh:mm"),
                (time(8, 30), "hh:mm"),
                (timedelta(hours=36), "[h]:mm"),
            ],
            ["00501", " padded ", "a\r\nb", "_x000D_"],
        ],
        {"default_date_format": "yyyy-mm-dd"},
    )

    assert cells_of(path) == {
        (1, 1): ("00501", CellKind.NUMBER),
        (1, 2): ("50%", CellKind.PERCENT),
        (1, 3): ("34911234567", CellKind.NUMBER),
        (1, 4): ("0.3", CellKind.NUMBER),
        (1, 5): ("TRUE", CellKind.BOOLEAN),
        (2, 1): ("2023-12-31", CellKind.DATE),
        (2, 2): ("2023-12-31 08:30:00", CellKind.DATE),
        (2, 3): ("08:30:00", CellKind.TIME),
        (2, 4): ("36:00:00", CellKind.DURATION),
        (3, 1): ("00501", CellKind.TEXT),
        (3, 2): (" padded ", CellKind.TEXT),
        (3, 3): ("a\r\nb", CellKind.TEXT),
        (3, 4): ("_x000D_", CellKind.TEXT),
    }


def test_workbook_of_1904_shows_the_same_days(workbook):
    path = workbook([[(date(2023, 12, 31), "dd/mm/yyyy")]], {"date_1904": True})

    assert cells_of(path) == {(1, 1): ("2023-12-31", CellKind.DATE)}


def test_workbook_shows_cached_values_errors_rich_text_and_the_anchor_of_merged_cells(tmp_path):
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_formula("A1", "=1+1", None, 2)
        sheet.write_formula("B1", "=NA()", None, "#N/A")
        sheet.write_formula("C1", '="a"&"b"', None, "ab")
        sheet.write_rich_string("D1", "one ", book.add_format({"bold": True}), "two")
        sheet.merge_range("A3:B4", "merged")
        sheet.write("B3", "hidden below")
        sheet.write("C4", "beside")

    assert cells_of(path) == {
        (1, 1): ("2", CellKind.NUMBER),
        (1, 2): ("#N/A", CellKind.ERROR),
        (1, 3): ("ab", CellKind.TEXT),
        (1, 4): ("one two", CellKind.TEXT),
        (3, 1): ("merged", CellKind.TEXT),
        (4, 3): ("beside", CellKind.TEXT),
    }


def test_inspect_marks_hidden_sheets_and_skips_empty_ones(tmp_path):
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name, rows in {"Notes": 0, "Secret": 3, "Data": 2}.items():
            sheet = book.add_worksheet(name)
            for row in range(rows):
                sheet.write_row(row, 0, [f"name {row}", f"town {row}"])
        book.get_worksheet_by_name("Secret").hide()

    inspection = inspect(path)

    assert inspection.sheets == (Sheet("Notes", False), Sheet("Secret", True), Sheet("Data", False))
    assert inspection.reading.sheet == "Data"


def test_inspect_refuses_a_workbook_without_any_value(workbook):
    with pytest.raises(UnreadableFile, match="Every sheet of this workbook is empty"):
        inspect(workbook([]))


def test_formatted_blank_rows_are_no_rows_and_keep_numbers_true(raw_workbook, tmp_path):
    cell = '<row r="{0}"><c r="A{0}" t="inlineStr"><is><t>{1}</t></is></c></row>'
    blank = "".join(f'<row r="{n}" ht="20"><c r="A{n}" s="0"/></row>' for n in range(2, 200_000))
    body = cell.format(1, "name") + blank + cell.format(200_000, "Ann")
    path = raw_workbook(sheet_xml(body))

    table = stage(path, Reading("xlsx", None, sheet="Sheet1"), tmp_path / "table.parquet")

    assert table.rows == 2
    assert [row for row, _ in cells_of(path)] == [1, 200_000]


def test_a_cell_in_the_last_corner_is_refused(raw_workbook):
    xml = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'

    with pytest.raises(UnreadableFile, match="beyond column 500"):
        inspect(raw_workbook(sheet_xml(xml)))


def test_an_archive_that_swells_is_refused_unopened(raw_workbook):
    path = raw_workbook(sheet_xml(" " * 60_000_000))

    with pytest.raises(UnreadableFile, match="unpacks to far more"):
        inspect(path)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(file_bytes=100), "larger than"),
        (Limits(unzipped_bytes=100), "unpacks to far more"),
        (Limits(parts=2), "unpacks to far more"),
        (Limits(columns=2), "Row 1 has cells beyond column 2"),
        (Limits(cells=3), "more than 3 filled cells"),
    ],
)
def test_inspect_keeps_to_the_limits(workbook, limits, words):
    path = workbook([["a", "b", "c"], ["1", "2", "3"]])

    with pytest.raises(UnreadableFile, match=words):
        inspect(path, limits=limits)


def test_a_sheet_that_leads_nowhere_is_left_out(workbook, tmp_path):
    whole = workbook([["a"], [1]])
    listed = ZipFile(whole).read(WORKBOOK_PART).decode()
    nowhere = listed.replace("<sheets>", '<sheets><sheet name="Gone" sheetId="9" r:id=""/>')

    changed = write_raw(tmp_path / "nowhere.xlsx", {WORKBOOK_PART: nowhere}, of=whole)

    assert "Gone" in nowhere
    assert inspect(changed).sheets == inspect(whole).sheets
