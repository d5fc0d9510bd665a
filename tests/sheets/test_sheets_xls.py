"""Excel 97-2003 workbooks, against xlrd as a second reader and against workbooks made by hand."""

import struct
from datetime import date, datetime
from pathlib import Path

import pytest
import xlrd
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.styles.numbers import BUILTIN_FORMATS

from importer.sheets import Format, Sheet, UnreadableFile
from importer.sheets.block import CellKind, Merged
from importer.sheets.formats import kind_of
from importer.sheets.xls.workbook import XlsWorkbook
from tests.sheets.laid_out import cells, cells_and_kinds, mutated, read_or_refused
from tests.sheets.openpyxl_oracle import seen_number

FILES = Path(__file__).parent / "files"
BUILT_IN = [code for code in BUILTIN_FORMATS.values() if "$" not in code]  # xlrd tells those anew
CUSTOM = [
    "00000",
    "000-00-0000",
    "0%",
    "dd/mm/yyyy hh:mm",
    "[h]:mm:ss",
    "hh:mm",
    '"No. "000',
    "[Red]0.00",
    "yyyy-mm",
    "@",
]
NUMBERS = [
    0,
    1,
    -1,
    7.5,
    59,
    60,
    61,
    501,
    0.1 + 0.2,
    45291.354166,
    1e15,
    1.5e-7,
    123456789012345678,
]


@pytest.fixture
def save(tmp_path):
    """Saves an xlwt workbook and gives its path."""

    def saved(book):
        path = tmp_path / "book.xls"
        book.save(path)
        return path

    return saved


def second_opinion(path, sheet=0):
    """What xlrd reads, shown as we show it; None where it leaves open what a number looks like."""
    book = xlrd.open_workbook(path, formatting_info=True)
    found = {}
    for row_number, row in enumerate(book.sheet_by_index(sheet).get_rows(), 1):
        for column, cell in enumerate(row, 1):
            if (text := _shown(book, cell)) != "":
                found[row_number, column] = text
    return found


def _shown(book, cell):
    match cell.ctype:
        case xlrd.XL_CELL_TEXT:
            return cell.value
        case xlrd.XL_CELL_BOOLEAN:
            return "TRUE" if cell.value else "FALSE"
        case xlrd.XL_CELL_ERROR:
            return xlrd.error_text_from_code[cell.value]
        case xlrd.XL_CELL_NUMBER | xlrd.XL_CELL_DATE:
            code = book.format_map[book.xf_list[cell.xf_index].format_key].format_str
            return seen_number(cell.value, code, from_1904=book.datemode == 1)
    return ""


@pytest.mark.parametrize("from_1904", [False, True])
def test_xls_shows_numbers_under_every_format_as_xlrd_reads_them(save, from_1904):
    book = xlwt.Workbook()
    book.dates_1904 = from_1904
    sheet = book.add_sheet("Numbers")
    for column, code in enumerate([*BUILT_IN, *CUSTOM]):
        style = xlwt.easyxf(num_format_str=code)
        for row, number in enumerate(NUMBERS):
            sheet.write(row, column, number, style)
    path = save(book)

    ours, theirs = cells(XlsWorkbook(path)), second_opinion(path)

    unsure = {place for place, text in theirs.items() if text is None}
    assert {place: text for place, text in ours.items() if place not in unsure} == {
        place: text for place, text in theirs.items() if place not in unsure
    }
    no_dates = {-1, 1e15, 123456789012345678} | (set() if from_1904 else {0, 59, 60, 1.5e-7})
    assert {NUMBERS[row - 1] for row, _ in unsure} == no_dates


def test_xls_cells_read_as_people_see_them(save):
    book = xlwt.Workbook()
    sheet = book.add_sheet("Data")
    for column, (value, code) in enumerate(
        [
            (501, "00000"),
            (0.5, "0%"),
            (34911234567, "General"),
            (True, "General"),
            (date(2023, 12, 31), "dd/mm/yyyy"),
            (datetime.fromisoformat("2023-12-31 08:30"), "dd/mm/yyyy hh:mm"),
            (1.5, "[h]:mm"),
            ("00501", "General"),
        ]
    ):
        sheet.write(2, column, value, xlwt.easyxf(num_format_str=code))
    sheet.row(2).set_cell_error(9, 0x2A)

    assert cells_and_kinds(XlsWorkbook(save(book))) == {
        (3, 1): ("00501", CellKind.NUMBER),
        (3, 2): ("50%", CellKind.PERCENT),
        (3, 3): ("34911234567", CellKind.NUMBER),
        (3, 4): ("TRUE", CellKind.BOOLEAN),
        (3, 5): ("2023-12-31", CellKind.DATE),
        (3, 6): ("2023-12-31 08:30:00", CellKind.DATE),
        (3, 7): ("36:00:00", CellKind.DURATION),
        (3, 8): ("00501", CellKind.TEXT),
        (3, 10): ("#N/A", CellKind.ERROR),
    }


def test_xls_texts_go_on_in_further_records(save):
    texts = ["é" * 9_000, "ж" * 9_000, "a" * 32_000, "ab" * 4_000 + "日本" * 4_000]
    book = xlwt.Workbook()
    sheet = book.add_sheet("Texts")
    for row in range(400):
        sheet.write(row, 0, f"{row}: {texts[row % 4][: row * 40]}")
        sheet.write_rich_text(row, 1, [f"r{row} ", (f"bold{row} é", xlwt.easyfont("bold on"))])
    path = save(book)

    found = cells(XlsWorkbook(path))

    assert len(found) == 800
    assert found == second_opinion(path)


def test_xls_lists_sheets_and_keeps_row_numbers(save):
    book = xlwt.Workbook()
    for name, visibility in {"Notes": 0, "Hidden": 1, "Very hidden": 2}.items():
        sheet = book.add_sheet(name)
        sheet.visibility = visibility
        sheet.write(700 + visibility, 3, name)
        sheet.write(60_000, 0, "last")
        sheet.write(5, 0, "", xlwt.easyxf("pattern: pattern solid"))
    path = save(book)

    assert XlsWorkbook(path).sheets == (
        Sheet("Notes", hidden=False),
        Sheet("Hidden", hidden=True),
        Sheet("Very hidden", hidden=True),
    )
    assert cells(XlsWorkbook(path), "Hidden") == {(702, 4): "Hidden", (60_001, 1): "last"}
    with pytest.raises(UnreadableFile, match="no sheet named “None of them”"):
        cells(XlsWorkbook(path), "None of them")


def test_xls_shows_the_first_cell_of_a_merged_range(save):
    book = xlwt.Workbook(style_compression=2)
    sheet = book.add_sheet("Data", cell_overwrite_ok=True)
    sheet.write(2, 1, "beneath")
    sheet.write_merge(1, 3, 0, 1, "title")
    sheet.write(2, 1, "beneath")
    sheet.write(2, 2, "beside")
    path = save(book)

    assert XlsWorkbook(path).merged("Data") == (Merged(top=2, left=1, bottom=4, right=2),)
    assert cells(XlsWorkbook(path)) == {(2, 1): "title", (3, 3): "beside"}


@pytest.mark.parametrize("name", ["tablib__errors.xls", "phpspreadsheet__1904.xls"])
def test_xls_published_files_read_as_xlrd_reads_them(name):
    assert cells(XlsWorkbook(FILES / name)) == second_opinion(FILES / name)


# Workbooks made by hand, without a container


BOF, EOF, NUMBER, LABEL, FORMULA, STRING = 0x809, 0x0A, 0x203, 0x204, 0x06, 0x207
EXCEL_97, EXCEL_95 = 0x600, 0x500


def record(kind, body=b""):
    return struct.pack("<HH", kind, len(body)) + body


def cell(kind, row, column, value):
    return record(kind, struct.pack("<HHH", row, column, 0) + value)


def text(value):
    """As Excel 97 stores it: length, flags, characters."""
    return struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")


@pytest.fixture
def bare(tmp_path):
    """Writes a workbook of one sheet, given the records of its globals and of its sheet."""

    def written(sheet, version=EXCEL_97, more=b"", name=b"\x05\x00Sheet"):
        bof = record(BOF, struct.pack("<HH", version, 5).ljust(16, b"\x00"))
        before = bof + more
        rest = record(0x85, struct.pack("<IBB", 0, 0, 0) + name) + record(EOF)
        begin = len(before) + len(rest)
        rest = record(0x85, struct.pack("<IBB", begin, 0, 0) + name) + record(EOF)
        path = tmp_path / "bare.xls"
        path.write_bytes(before + rest + bof + sheet)
        return path

    return written


def test_xls_formulas_show_what_they_gave(bare):
    def gives(column, kind, value=0):
        special = struct.pack("<BxBxxxH", kind, value, 0xFFFF)
        return cell(FORMULA, 4, column, special + bytes(8))

    path = bare(
        cell(FORMULA, 4, 0, struct.pack("<d", 2.5) + bytes(8))
        + gives(1, 0)
        + record(STRING, text("ab"))
        + gives(2, 1, 1)
        + gives(3, 2, 0x07)
        + gives(4, 3)
        + gives(5, 0)
        + record(STRING, text("long " * 1_600)[:6_003])
        + record(0x3C, b"\x01" + text("long " * 1_600)[6_003:])
        + record(EOF)
    )

    assert cells_and_kinds(XlsWorkbook(path)) == {
        (5, 1): ("2.5", CellKind.NUMBER),
        (5, 2): ("ab", CellKind.TEXT),
        (5, 3): ("TRUE", CellKind.BOOLEAN),
        (5, 4): ("#DIV/0!", CellKind.ERROR),
        (5, 6): ("long " * 1_600, CellKind.TEXT),
    }


def test_xls_rows_out_of_order_and_charts_between_them_do_no_harm(bare):
    number = struct.pack("<d", 42)
    chart = record(BOF, bytes(16)) + cell(NUMBER, 0, 0, number) + record(EOF)
    path = bare(
        cell(NUMBER, 900, 1, number)
        + chart
        + cell(LABEL, 3, 0, text("above"))
        + cell(0x7E + 0x200, 3, 1, struct.pack("<I", 3))
        + record(0xBD, struct.pack("<HHHIHIH", 1, 4, 0, (5 << 2) | 2, 0, (7 << 2) | 2, 5))
        + record(EOF)
    )

    assert cells(XlsWorkbook(path)) == {
        (2, 5): "5",
        (2, 6): "7",
        (4, 1): "above",
        (4, 2): "0",
        (901, 2): "42",
    }


def test_xls_of_excel_95_reads_in_its_code_page(bare):
    label = "Łódź".encode("cp1250")
    path = bare(
        cell(LABEL, 0, 0, struct.pack("<H", len(label)) + label)
        + cell(NUMBER, 0, 1, struct.pack("<d", 1.5))
        + record(EOF),
        version=EXCEL_95,
        more=record(0x42, struct.pack("<H", 1250)),
        name=b"\x04" + "Żółw".encode("cp1250"),
    )

    assert kind_of(path) is Format.XLS
    assert XlsWorkbook(path).sheets == (Sheet("Żółw", hidden=False),)
    assert cells(XlsWorkbook(path)) == {(1, 1): "Łódź", (1, 2): "1.5"}


def test_xls_with_a_password_is_refused(bare):
    with pytest.raises(UnreadableFile, match="protected with a password"):
        XlsWorkbook(bare(record(EOF), more=record(0x2F, bytes(54))))


@pytest.mark.parametrize(
    "sheet",
    [
        cell(NUMBER, 0, 0, struct.pack("<d", 1)),
        cell(NUMBER, 0, 0, b"\x00") + record(EOF),
        cell(0xFD, 0, 0, struct.pack("<I", 7)) + record(EOF),
    ],
    ids=["without an end", "a cell cut short", "a text that is not there"],
)
def test_xls_that_is_damaged_is_refused(bare, sheet):
    with pytest.raises(UnreadableFile, match="damaged"):
        cells(XlsWorkbook(bare(sheet)))


def test_xls_that_was_partly_uploaded_is_refused(save, tmp_path):
    book = xlwt.Workbook()
    sheet = book.add_sheet("Data")
    for row in range(500):
        sheet.write(row, 0, f"name {row}")
    whole = save(book).read_bytes()
    part = tmp_path / "part.xls"

    for size in range(0, len(whole) - 1_024, 997):
        part.write_bytes(whole[:size])
        with pytest.raises(UnreadableFile):
            cells(XlsWorkbook(part))


PATCHES = st.lists(st.tuples(st.integers(0, 2**20), st.binary(min_size=1, max_size=4)), max_size=6)


@settings(max_examples=100, deadline=None)
@given(changes=PATCHES)
def test_xls_with_any_bytes_changed_is_read_or_refused(tmp_path_factory, changes):
    path = tmp_path_factory.getbasetemp() / "changed.xls"
    path.write_bytes(mutated((FILES / "tablib__errors.xls").read_bytes(), changes))

    read_or_refused(XlsWorkbook, path)
