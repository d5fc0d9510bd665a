"""OpenDocument spreadsheets, against calamine as a second reader and as XML made by hand."""

import zipfile
from datetime import date, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from importer.sheets import Sheet, UnreadableFile
from importer.sheets.block import CellKind, Merged
from importer.sheets.buffers import PADDING
from importer.sheets.ods.markup import as_written, parse_piece
from importer.sheets.ods.scan import written
from importer.sheets.ods.workbook import OdsWorkbook
from tests.sheets.calamine_oracle import told
from tests.sheets.laid_out import cells, cells_and_kinds, mutated, read_or_refused

FILES = Path(__file__).parent / "files"
CONTENT = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    ' xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"'
    ' xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"'
    ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0">'
    "<office:automatic-styles>"
    '<style:style style:name="ta1" style:family="table">'
    '<style:table-properties table:display="true"/></style:style>'
    '<style:style style:name="ta2" style:family="table">'
    '<style:table-properties table:display="false"/></style:style>'
    "</office:automatic-styles><office:body><{body}>{tables}</{body}></office:body>"
    "</office:document-content>"
)
LAST_ROWS = (
    '<table:table-row table:number-rows-repeated="1000000000">'
    '<table:table-cell table:style-name="ce1" table:number-columns-repeated="16384"/>'
    "</table:table-row>"
)


@pytest.fixture
def write(tmp_path):
    """Writes a spreadsheet, given the XML of its rows or of all its tables."""

    def saved(rows="", tables=None, body="office:spreadsheet", parts=None):
        path = tmp_path / "sheet.ods"
        tables = tables or table(rows)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("content.xml", CONTENT.format(tables=tables, body=body))
            for name, content in (parts or {}).items():
                archive.writestr(name, content)
        return path

    return saved


def table(rows, name="Data", style="ta1"):
    return f'<table:table table:name="{name}" table:style-name="{style}">{rows}</table:table>'


def row(*contents, attributes=""):
    return f"<table:table-row{attributes}>{''.join(contents)}</table:table-row>"


def typed(kind, stored, shown, name="value", attributes=""):
    stored = f' office:{name}="{stored}"' if stored is not None else ""
    return (
        f'<table:table-cell{attributes} office:value-type="{kind}"{stored}'
        f' calcext:value-type="{kind}"><text:p>{shown}</text:p></table:table-cell>'
    )


def text(shown, attributes=""):
    return typed("string", None, shown, attributes=attributes)


@pytest.mark.parametrize(
    ("stored", "shown", "text"),
    [
        ("42", "INV-00042", "INV-00042"),
        ("123456789", "123-45-6789", "123-45-6789"),
        ("1.1", "01,10", "01,10"),
        ("1.125", "01.13", "1.125"),
        ("1234", "1 234", "1234"),
        ("1234", "€ 1.234", "1234"),
        ("-7", "-7", "-7"),
    ],
)
def test_ods_number_keeps_zeros_and_dashes_that_it_is_shown_with(write, stored, shown, text):
    path = write(row(typed("float", stored, shown)))

    assert cells(OdsWorkbook(path)) == {(1, 1): text}


def test_ods_cells_read_as_people_see_them(write):
    path = write(
        row(
            typed("float", "501", "00501"),
            typed("float", "1234.5", "1,234.50"),
            typed("float", "0.30000000000000004", "0.30"),
            typed("percentage", "0.125", "12.50 %"),
            typed("currency", "12.5", "12,50 €", attributes=' table:style-name="ce4"'),
            typed("date", "2023-12-31", "31.12.23", "date-value"),
            typed("date", "2023-12-31T08:30:00.000000000", "31.12.23", "date-value"),
            typed("time", "PT08H30M00S", "08:30", "time-value"),
            typed("time", "PT36H00M05.5S", "36:00:05", "time-value"),
            typed("boolean", "true", "WAHR", "boolean-value"),
            text("00501"),
            text("&lt;a &amp; b&gt; &#233;"),
            typed("float", "0", "0.00"),
            typed("float", "1e20", "1E+20"),
        )
    )

    assert list(cells_and_kinds(OdsWorkbook(path)).values()) == [
        ("00501", CellKind.NUMBER),
        ("1234.5", CellKind.NUMBER),
        ("0.3", CellKind.NUMBER),
        ("12.5%", CellKind.PERCENT),
        ("12.5", CellKind.NUMBER),
        ("2023-12-31", CellKind.DATE),
        ("2023-12-31 08:30:00", CellKind.DATE),
        ("08:30:00", CellKind.TIME),
        ("36:00:05", CellKind.DURATION),
        ("TRUE", CellKind.BOOLEAN),
        ("00501", CellKind.TEXT),
        ("<a & b> é", CellKind.TEXT),
        ("0", CellKind.NUMBER),
        ("100000000000000000000", CellKind.NUMBER),
    ]


def test_ods_errors_keep_their_code(write):
    marked = (
        '<table:table-cell table:formula="of:=1/0" office:value-type="string"'
        ' office:string-value="" calcext:value-type="error"><text:p>#DIV/0!</text:p>'
        "</table:table-cell>"
    )
    path = write(row(marked, typed("float", "0", "#N/A"), typed("float", "0", "Err:502")))

    assert cells_and_kinds(OdsWorkbook(path)) == {
        (1, 1): ("#DIV/0!", CellKind.ERROR),
        (1, 2): ("#N/A", CellKind.ERROR),
        (1, 3): ("Err:502", CellKind.ERROR),
    }


def test_ods_texts_with_markup_inside(write):
    note = "<office:annotation><text:p>a note</text:p></office:annotation>"
    shape = "<draw:frame><draw:text-box><text:p>drawn</text:p></draw:text-box></draw:frame>"
    path = write(
        row(
            f"<table:table-cell office:value-type='string'>{note}{shape}"
            "<text:p>two<text:s text:c='2'/>and<text:tab/>one</text:p>"
            "<text:p><text:span>rich</text:span> <text:a>link</text:a></text:p>"
            "</table:table-cell>",
            '<table:table-cell office:string-value="unseen" office:value-type="string"/>',
            text("plain"),
        )
    )

    assert cells(OdsWorkbook(path)) == {
        (1, 1): "two  and\tone\nrich link",
        (1, 2): "unseen",
        (1, 3): "plain",
    }


def test_ods_repeats_count_and_blank_ones_cost_nothing(write):
    path = write(
        row("<table:table-cell/>", attributes=' table:number-rows-repeated="4"')
        + row(
            '<table:table-cell table:number-columns-repeated="2"/>',
            text("twice", attributes=' table:number-columns-repeated="2"'),
            text("once"),
            attributes=' table:number-rows-repeated="3"',
        )
        + "<table:table-row-group>"
        + row(text("below"))
        + "</table:table-row-group>"
        + LAST_ROWS
    )

    assert cells(OdsWorkbook(path)) == {
        **{(r, c): "twice" for r in (5, 6, 7) for c in (3, 4)},
        **{(r, 5): "once" for r in (5, 6, 7)},
        (8, 1): "below",
    }


def test_ods_covered_cells_are_not_seen(write):
    path = write(
        row(
            text(
                "title",
                ' table:number-columns-spanned="2" table:number-rows-spanned="1"',
            ),
            "<table:covered-table-cell><text:p>beneath</text:p></table:covered-table-cell>",
            text("beside"),
        )
    )

    assert cells(OdsWorkbook(path)) == {(1, 1): "title", (1, 3): "beside"}
    with OdsWorkbook(path) as workbook:
        assert workbook.merged("Data") == (Merged(top=1, left=1, bottom=1, right=2),)


def test_ods_lists_sheets_and_marks_hidden_ones(write):
    path = write(
        tables=table(row(text("one")), "First &amp; best")
        + table(row(text("two")), "Hidden", "ta2")
        + table("", "Empty")
    )

    assert OdsWorkbook(path).sheets == (
        Sheet("First & best", hidden=False),
        Sheet("Hidden", hidden=True),
        Sheet("Empty", hidden=False),
    )
    assert cells(OdsWorkbook(path), "Hidden") == {(1, 1): "two"}
    assert cells(OdsWorkbook(path), "Empty") == {}


def test_ods_of_another_program_reads_the_same(tmp_path):
    document = OpenDocumentSpreadsheet()
    sheet = Table(name="Data")
    values = [("string", "a b"), ("float", 1.5), ("date", date(2024, 2, 29)), ("boolean", "true")]
    for number in range(300):
        sheet_row = TableRow()
        for kind, value in values:
            stored = {} if kind == "string" else {_stored_as(kind): str(value)}
            cell = TableCell(valuetype=kind, **stored)
            cell.addElement(P(text=f"{value}" if kind != "string" else f"{value} {number} & é"))
            sheet_row.addElement(cell)
        sheet.addElement(sheet_row)
    document.spreadsheet.addElement(sheet)
    path = tmp_path / "odfpy.ods"
    document.save(path)

    assert cells(OdsWorkbook(path)) == told(path)


def _stored_as(kind):
    return "value" if kind == "float" else f"{kind}value"


def test_ods_published_file_reads_as_calamine_reads_it():
    path = FILES / "messytables__ods_formats.ods"

    more_than_calamine = {(2, 6): "200%", (5, 2): "27:17:54"}
    assert cells(OdsWorkbook(path)) == told(path) | more_than_calamine


@pytest.mark.parametrize(
    "odd",
    [
        text("usual"),
        text("usual").replace('"', "'"),
        text("usual").replace("<text:p>", "\n  <text:p>"),
        text("usual").replace("<text:p>", "<text:p >"),
        "<table:table-cell />\n" + text("usual"),
        "<!-- <table:table-cell> -->" + text("usual"),
        "<table:table-cell><text:p><![CDATA[<a>&]]></text:p></table:table-cell>",
        "<table:table-cell office:value = '5' office:value-type='float'/>",
        text("usual", ' table:formula="of:=[.A1] = 5"'),
        "<table:table-cell></table:table-cell>",
        typed("float", "5", "5", attributes=' table:number-columns-repeated="3"'),
        typed("void", "5", "five"),
    ],
)
def test_ods_scan_finds_what_a_parser_finds(odd):
    piece = (row(text("before"), odd, text("after")) + row(odd) + "</x>").encode() + PADDING

    quick, real = written(piece), as_written(parse_piece(piece))

    assert quick.row_times.tolist() == real.row_times.tolist()
    for part in ("rows", "times", "covered", "types", "stored", "shown", "wrong"):
        assert list(getattr(quick.cells, part)) == list(getattr(real.cells, part)), part


def test_ods_that_repeats_cells_without_measure_is_refused(write):
    bombs = [
        row(text("x"), attributes=' table:number-rows-repeated="999999999"'),
        row(text("x", ' table:number-columns-repeated="99999999999999999999"')),
        row(text("x", ' table:number-columns-repeated="16384"')) * 400,
    ]

    for bomb in bombs:
        with pytest.raises(UnreadableFile, match="repeats cells"):
            cells(OdsWorkbook(write(bomb)))
    with pytest.raises(UnreadableFile, match="repeats cells"):
        cells(OdsWorkbook(FILES / "calamine__repeat-bomb.ods"))


def test_ods_sheet_without_anything_leaves_the_next_one_its_rows(write):
    path = write(tables='<table:table table:name="None"/>' + table(row(text("x"))))

    with OdsWorkbook(path) as workbook:
        assert [sheet.name for sheet in workbook.sheets] == ["None", "Data"]
        assert list(workbook.blocks("None")) == []
        assert [block.cells.rows() for block in workbook.blocks("Data")] == [[("x",)]]


def test_ods_that_is_no_spreadsheet_is_refused(write):
    with pytest.raises(UnreadableFile, match="not a spreadsheet"):
        OdsWorkbook(write(body="office:text"))


def test_ods_with_a_password_is_refused(write):
    manifest = "<manifest><file-entry><encryption-data/></file-entry></manifest>"

    with pytest.raises(UnreadableFile, match="protected with a password"):
        OdsWorkbook(write(parts={"META-INF/manifest.xml": manifest}))


@pytest.mark.parametrize(
    "rows",
    [
        row(text("x")) + "<table:table-row>",
        row(typed("float", "five", "5")),
        text("outside") + row(text("x")),
        row("<table:table-cell><text:p>a<b></text:p></table:table-cell>"),
        "<table:table-row><table:table-cell",
    ],
)
def test_ods_that_is_damaged_is_refused(write, rows):
    path = write(rows)
    content = CONTENT.format(tables=table(rows), body="office:spreadsheet")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("content.xml", content.replace("</table:table>", ""))

    with pytest.raises(UnreadableFile, match="damaged"):
        cells(OdsWorkbook(path))


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=30)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.lists(TEXTS, min_size=1, max_size=6), min_size=1, max_size=8))
def test_ods_scan_and_parser_agree_on_any_texts(rows):
    xml = "".join(row(*(text(escape(t)) for t in texts)) for texts in rows)

    quick = written(xml.encode() + PADDING)

    assert quick.cells.shown.to_list() == [shown for texts in rows for shown in texts]


DAYS = st.dates(date(1901, 1, 1)).map(str)
MOMENTS = st.datetimes(datetime(1901, 1, 1)).map(  # noqa: DTZ001 - cells have no zone
    lambda moment: moment.replace(second=7, microsecond=0).isoformat()
)
CLOCKS = st.times().map(lambda moment: f"{moment:PT%HH%MM%SS}")
NUMBERS = st.integers(-(10**14), 10**14) | st.floats(-1e9, 1e9).map(lambda n: round(n, 4))
REPEATS = st.sampled_from(["", *(f' table:number-columns-repeated="{n}"' for n in (1, 2, 5))])
CELLS = st.one_of(
    st.builds(text, TEXTS.map(escape), REPEATS),
    st.builds("<table:table-cell{}/>".format, REPEATS),
    st.builds(lambda n, more: typed("float", n, n, attributes=more), NUMBERS, REPEATS),
    st.builds(
        lambda b: typed("boolean", b, b.upper(), "boolean-value"),
        st.sampled_from(["true", "false"]),
    ),
    st.builds(lambda day: typed("date", day, "a day", "date-value"), DAYS | MOMENTS),
    st.builds(lambda clock: typed("time", clock, "a time", "time-value"), CLOCKS),
)
PACKAGE = {  # what calamine asks for besides
    "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
    "META-INF/manifest.xml": "<manifest/>",
}
ROW_REPEATS = st.sampled_from(["", *(f' table:number-rows-repeated="{n}"' for n in (1, 3))])


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.tuples(st.lists(CELLS, min_size=1, max_size=6), ROW_REPEATS), max_size=8))
def test_ods_agrees_with_calamine_on_any_cells(write, rows):
    xml = "".join(row(*contents, attributes=more) for contents, more in rows)
    path = write(xml or row(), parts=PACKAGE)

    assert cells(OdsWorkbook(path)) == told(path)


PATCHES = st.lists(st.tuples(st.integers(0, 2**20), st.binary(min_size=1, max_size=4)), max_size=6)


@settings(max_examples=100, deadline=None)
@given(changes=PATCHES)
def test_ods_with_any_bytes_changed_is_read_or_refused(tmp_path_factory, changes):
    path = tmp_path_factory.getbasetemp() / "changed.ods"
    content = zipfile.ZipFile(FILES / "messytables__ods_formats.ods").read("content.xml")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("content.xml", mutated(content, changes))

    read_or_refused(OdsWorkbook, path)
