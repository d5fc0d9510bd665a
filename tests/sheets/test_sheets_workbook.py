"""Workbooks: sheets, cells as people see them, and files that mean harm."""

import zipfile
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest
import xlsxwriter

from importer.sheets import Limits, Reading, Sheet, UnreadableFile, inspect, preview, stage

SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{}</worksheet>'
)
SHEET_1 = Reading("xlsx", header_row=None, sheet="Sheet1")


@pytest.fixture
def workbook(tmp_path):
    """Writes a workbook of one sheet: rows of values, or of (value, number format)."""

    def write(rows, options=None):
        path = tmp_path / "book.xlsx"
        with xlsxwriter.Workbook(path, options or {}) as book:
            sheet = book.add_worksheet()
            for row, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    value, code = cell if isinstance(cell, tuple) else (cell, None)
                    style = book.add_format({"num_format": code}) if code else None
                    sheet.write(row, column, value, style)
        return path

    return write


@pytest.fixture
def raw_workbook(workbook, tmp_path):
    """A workbook whose sheet part is given as XML."""

    def write(xml, part="xl/worksheets/sheet1.xml"):
        target = tmp_path / "raw.xlsx"
        with (
            zipfile.ZipFile(workbook([["a"]])) as source,
            zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as raw,
        ):
            for name in source.namelist():
                raw.writestr(name, xml if name == part else source.read(name))
        return target

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

    assert [row.cells for row in preview(path, SHEET_1)] == [
        ("00501", "50%", "34911234567", "0.3", "TRUE"),
        ("2023-12-31", "2023-12-31 08:30:00", "08:30:00", "36:00:00", ""),
        ("00501", " padded ", "a\r\nb", "_x000D_", ""),
    ]


def test_workbook_of_1904_shows_the_same_days(workbook):
    path = workbook([[(date(2023, 12, 31), "dd/mm/yyyy")]], {"date_1904": True})

    assert preview(path, SHEET_1)[0].cells == ("2023-12-31",)


def test_workbook_shows_cached_values_errors_rich_text_and_the_anchor_of_merged_cells(tmp_path):
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_formula("A1", "=1+1", None, 2)
        sheet.write_formula("B1", "=NA()", None, "#N/A")
        sheet.write_formula("C1", '="a"&"b"', None, "ab")
        sheet.write_rich_string("D1", "one ", book.add_format({"bold": True}), "two")
        sheet.merge_range("A3:B4", "merged")
        sheet.write("C4", "beside")

    assert [(row.row, row.cells) for row in preview(path, SHEET_1)] == [
        (1, ("2", "#N/A", "ab", "one two")),
        (3, ("merged", "", "", "")),
        (4, ("", "", "beside", "")),
    ]


def test_workbook_agrees_with_openpyxl_on_text(workbook):
    rows = [[f"r{row}c{column} <&> “é” 日本" for column in range(7)] for row in range(50)]
    path = workbook(rows)

    second = openpyxl.load_workbook(path)["Sheet1"].iter_rows(values_only=True)

    assert [row.cells for row in preview(path, SHEET_1, 50)] == list(second)


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
    assert inspection.reading == Reading("xlsx", header_row=1, sheet="Data")


def test_inspect_refuses_a_workbook_without_any_value(workbook):
    with pytest.raises(UnreadableFile, match="Every sheet of this workbook is empty"):
        inspect(workbook([]))


def test_rows_and_cells_without_references_are_counted(raw_workbook):
    xml = (
        "<sheetData><row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row></sheetData>"
    )

    shown = preview(raw_workbook(SHEET.format(xml)), SHEET_1)

    assert [(row.row, row.cells) for row in shown] == [(1, ("1", "2")), (2, ("3", ""))]


def test_formatted_blank_rows_are_no_rows_and_keep_numbers_true(raw_workbook, tmp_path):
    cell = '<row r="{0}"><c r="A{0}" t="inlineStr"><is><t>{1}</t></is></c></row>'
    blank = "".join(f'<row r="{n}" ht="20"><c r="A{n}" s="0"/></row>' for n in range(2, 200_000))
    body = cell.format(1, "name") + blank + cell.format(200_000, "Ann")

    path = raw_workbook(SHEET.format(f"<sheetData>{body}</sheetData>"))

    assert stage(path, SHEET_1, tmp_path / "t.parquet").rows == 2
    assert preview(path, SHEET_1)[1].row == 200_000


def test_phonetic_guides_are_no_text(raw_workbook):
    text = "<si><t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh></si>"
    xml = f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{text}</sst>'

    path = raw_workbook(xml, part="xl/sharedStrings.xml")

    assert preview(path, SHEET_1)[0].cells == ("東京",)


@pytest.mark.parametrize(
    "xml",
    [
        SHEET.format("<sheetData><row><c><v>1</v></c>"),
        SHEET.format('<sheetData><row><c t="s"><v>99</v></c></row></sheetData>'),
        SHEET.format('<sheetData><row><c t="s"><v>-1</v></c></row></sheetData>'),
        SHEET.format('<sheetData><row><c r="ZZZZZZZZZ1"><v>1</v></c></row></sheetData>'),
        SHEET.format('<sheetData><row r="99999999999999999999"><c><v>1</v></c></row></sheetData>'),
        "not XML at all",
    ],
)
def test_a_damaged_sheet_is_refused(raw_workbook, xml):
    with pytest.raises(UnreadableFile, match="damaged"):
        inspect(raw_workbook(xml))


def test_entities_are_neither_expanded_nor_fetched(raw_workbook, tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    cell = '<sheetData><row><c t="inlineStr"><is><t>&x;</t></is></c></row></sheetData>'
    external = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{tmp_path}/secret.txt">]>'

    for doctype in (external, '<!DOCTYPE a [<!ENTITY x "bomb">]>'):
        with pytest.raises(UnreadableFile, match="damaged"):
            inspect(raw_workbook(doctype + SHEET.format(cell)))


def test_a_cell_in_the_last_corner_is_refused_without_a_grid(raw_workbook):
    xml = '<sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'

    with pytest.raises(UnreadableFile, match="beyond column 500"):
        inspect(raw_workbook(SHEET.format(xml)))


def test_an_archive_that_swells_is_refused_unopened(raw_workbook):
    path = raw_workbook(SHEET.format(" " * 60_000_000))

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
