"""Excel binary workbooks, against calamine as a second reader and against sheets made by hand."""

import struct
import zipfile
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyxlsbwriter import XlsbWriter

from importer.sheets import Sheet, UnreadableFile
from importer.sheets.block import CellKind, Merged
from importer.sheets.xlsb.workbook import XlsbWorkbook
from tests.sheets.calamine_oracle import told
from tests.sheets.laid_out import cells, cells_and_kinds, mutated, read_or_refused

FILES = Path(__file__).parent / "files"
SHEET, STYLES, WORKBOOK = "xl/worksheets/sheet1.bin", "xl/styles.bin", "xl/workbook.bin"


def varint(number):
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*encoded, number])


def record(kind, body=b""):
    return varint(kind) + varint(len(body)) + body


def wide(text):
    encoded = text.encode("utf-16-le")
    return struct.pack("<I", len(encoded) // 2) + encoded


def cell(kind, column, value=b"", style=0):
    return record(kind, struct.pack("<II", column, style) + value)


def row(number):
    return record(0, struct.pack("<I", number - 1) + bytes(21))


BEGIN, END = record(145), record(146)


@pytest.fixture
def write(tmp_path):
    """Writes a workbook of one sheet of rows; parts may be given as bytes instead."""

    def written(rows, parts=None, name="Data"):
        path, made = tmp_path / "book.xlsb", tmp_path / "made.xlsb"
        with XlsbWriter(str(made)) as book:
            book.add_sheet(name)
            book.write_sheet(rows)
        with zipfile.ZipFile(made) as source, zipfile.ZipFile(path, "w") as target:
            for part in source.namelist():
                target.writestr(part, (parts or {}).get(part, source.read(part)))
        return path

    return written


def test_xlsb_agrees_with_calamine(write):
    rows = [
        [
            f"{number:05}",
            number * 1.25,
            number % 3 == 0,
            date(2024, 1, 1) + timedelta(number),
            datetime.fromisoformat("2024-02-29 12:00") + timedelta(seconds=number),
            None if number % 5 else f"žluť {number} 日本 " * (number % 40),
            number - 1_000,
        ]
        for number in range(1, 4_000)
    ]
    path = write(rows)

    assert cells(XlsbWorkbook(path)) == told(path)


@pytest.mark.parametrize("name", ["calamine__any_sheets.xlsb", "calamine__date.xlsb"])
def test_xlsb_published_files_read_as_calamine_reads_them(name):
    assert cells(XlsbWorkbook(FILES / name)) == told(FILES / name)


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.text(st.characters(max_codepoint=0xFFFD, exclude_categories=["Cc", "Cs"]), max_size=30),
    st.integers(-(2**40), 2**40),
    st.floats(-1e9, 1e9).map(lambda number: round(number, 4)),
    st.dates(date(1901, 1, 1)),
    st.datetimes(datetime(1901, 1, 1)).map(  # noqa: DTZ001 - cells have no zone
        lambda moment: moment.replace(second=7, microsecond=0)
    ),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.tuples(*[VALUES] * 4), min_size=1, max_size=8))
def test_xlsb_agrees_with_calamine_on_any_values(write, rows):
    path = write(rows)

    assert cells(XlsbWorkbook(path)) == told(path)


def test_xlsb_marks_hidden_sheets_and_leaves_out_charts():
    with XlsbWorkbook(FILES / "calamine__any_sheets.xlsb") as workbook:
        assert workbook.sheets == (
            Sheet("Visible", hidden=False),
            Sheet("Hidden", hidden=True),
            Sheet("VeryHidden", hidden=True),
        )


def test_xlsb_every_kind_of_cell(write):
    flags = b"\x00"
    error, formula = b"\x2a", bytes(10)
    sheet = (
        BEGIN
        + row(3)
        + cell(5, 0, struct.pack("<d", 0.1 + 0.2))
        + cell(2, 1, struct.pack("<I", (7 << 2) | 3))
        + cell(3, 2, error)
        + cell(4, 3, b"\x01")
        + cell(6, 4, wide("inline é 🙂"))
        + cell(1, 5)
        + cell(8, 6, wide("formula") + formula)
        + cell(9, 7, struct.pack("<d", -5) + formula)
        + cell(10, 8, b"\x00" + formula)
        + cell(11, 9, b"\x07" + formula)
        + cell(62, 10, flags + wide("rich"))
        + row(9)
        + row(10)
        + cell(5, 1, struct.pack("<d", 1))
        + record(16, struct.pack("<I", 0) + struct.pack("<d", 2))
        + record(17, struct.pack("<I", 0) + wide("short"))
        + END
        + record(177, struct.pack("<I", 1))
        + record(176, struct.pack("<IIII", 9, 11, 1, 1))
    )

    path = write([["x"]], {SHEET: sheet})

    assert cells_and_kinds(XlsbWorkbook(path)) == {
        (3, 1): ("0.3", CellKind.NUMBER),
        (3, 2): ("0.07", CellKind.NUMBER),
        (3, 3): ("#N/A", CellKind.ERROR),
        (3, 4): ("TRUE", CellKind.BOOLEAN),
        (3, 5): ("inline é 🙂", CellKind.TEXT),
        (3, 7): ("formula", CellKind.TEXT),
        (3, 8): ("-5", CellKind.NUMBER),
        (3, 9): ("FALSE", CellKind.BOOLEAN),
        (3, 10): ("#DIV/0!", CellKind.ERROR),
        (3, 11): ("rich", CellKind.TEXT),
        (10, 2): ("1", CellKind.NUMBER),
        (10, 3): ("2", CellKind.NUMBER),
        (10, 4): ("short", CellKind.TEXT),
    }
    with XlsbWorkbook(path) as workbook:
        assert workbook.merged("Data") == (Merged(top=10, left=2, bottom=12, right=2),)


@pytest.mark.parametrize(
    ("code", "value", "shown"),
    [
        ("00000", 501, ("00501", CellKind.NUMBER)),
        ("0.0%", 0.125, ("12.5%", CellKind.PERCENT)),
        ("dd/mm/yyyy", 45291, ("2023-12-31", CellKind.DATE)),
        ("hh:mm", 0.25, ("06:00:00", CellKind.TIME)),
        ("[h]:mm", 1.5, ("36:00:00", CellKind.DURATION)),
    ],
)
def test_xlsb_numbers_show_as_formatted(write, code, value, shown):
    styles = (
        record(44, struct.pack("<H", 200) + wide(code))
        + record(617)
        + record(47, struct.pack("<HH", 0, 0))
        + record(47, struct.pack("<HH", 0, 200))
        + record(618)
    )
    sheet = BEGIN + row(1) + cell(5, 0, struct.pack("<d", value), style=1) + END

    path = write([["x"]], {STYLES: styles, SHEET: sheet})

    assert cells_and_kinds(XlsbWorkbook(path)) == {(1, 1): shown}


def test_xlsb_of_1904_shows_the_same_days(tmp_path):
    path = tmp_path / "1904.xlsb"
    with (
        zipfile.ZipFile(FILES / "calamine__date.xlsb") as source,
        zipfile.ZipFile(path, "w") as target,
    ):
        for part in source.namelist():
            content = source.read(part)
            if part == WORKBOOK:
                at = content.index(b"\x99\x01") + 3
                content = content[:at] + bytes([content[at] | 1]) + content[at + 1 :]
            target.writestr(part, content)

    assert cells(XlsbWorkbook(path))[1, 1] == "2025-01-02"  # 1,462 days later


@pytest.mark.parametrize(
    "sheet",
    [
        b"",
        BEGIN + row(1) + cell(5, 0, struct.pack("<d", 1)),
        BEGIN + row(1) + cell(5, 0, b"\x00") + END,
        BEGIN + row(1) + cell(7, 0, struct.pack("<I", 99)) + END,
        BEGIN + row(1) + cell(6, 0, struct.pack("<I", 2**31) + b"a\x00") + END,
        BEGIN + row(1_048_577) + cell(4, 0, b"\x01") + END,
        BEGIN + row(1) + cell(4, 2**30, b"\x01") + END,
        BEGIN + row(5) + cell(4, 0, b"\x01") + row(4) + cell(4, 0, b"\x01") + END,
    ],
    ids=[
        "nothing",
        "without an end",
        "a cell cut short",
        "a text that is not there",
        "a text beyond its cell",
        "a row beyond the last",
        "a column beyond the last",
        "rows out of order",
    ],
)
def test_xlsb_that_is_damaged_is_refused(write, sheet):
    with pytest.raises(UnreadableFile, match="damaged"):
        cells(XlsbWorkbook(write([["x"]], {SHEET: sheet})))


def test_xlsb_cells_in_the_last_corner_cost_nothing(write):
    corner = cell(4, 16_383, b"\x01")
    sheet = BEGIN + row(1) + corner + row(1_048_576) + corner + END

    assert cells(XlsbWorkbook(write([["x"]], {SHEET: sheet}))) == {
        (1, 16_384): "TRUE",
        (1_048_576, 16_384): "TRUE",
    }


def test_xlsb_first_block_is_small_and_none_splits_a_row(write):
    rows = [[f"{number} {column}" for column in range(20)] for number in range(6_000)]

    with XlsbWorkbook(write(rows)) as workbook:
        blocks = list(workbook.blocks("Data"))

    assert len(blocks[0]) < 1_000
    assert sum(map(len, blocks)) == 6_000
    assert [row for block in blocks for row in block.cells.rows()] == [tuple(row) for row in rows]


PATCHES = st.lists(st.tuples(st.integers(0, 2**20), st.binary(min_size=1, max_size=4)), max_size=6)
PARTS = st.sampled_from([SHEET, STYLES, WORKBOOK, "xl/sharedStrings.bin"])


@settings(max_examples=100, deadline=None)
@given(part=PARTS, changes=PATCHES)
def test_xlsb_with_any_bytes_changed_is_read_or_refused(tmp_path_factory, part, changes):
    path = tmp_path_factory.getbasetemp() / "changed.xlsb"
    with (
        zipfile.ZipFile(FILES / "calamine__any_sheets.xlsb") as source,
        zipfile.ZipFile(path, "w") as target,
    ):
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, mutated(content, changes) if name == part else content)

    read_or_refused(XlsbWorkbook, path)
