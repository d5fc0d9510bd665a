"""Files that mean harm are read rightly or refused, in little memory: see `hostile_files`."""

import socket

import pytest

from importer.sheets import UnreadableFile, inspect
from tests.sheets.hostile_files import (
    MB,
    RELATIONS_PART,
    STYLES_PART,
    WORKBOOK_PART,
    ods,
    ods_cell,
    ods_row,
    ordinary,
    part_of,
    text,
    text_cell,
    with_doctype,
    xls,
    xlsb,
    xlsx,
)
from tests.sheets.reading_cost import Meter
from tests.sheets.workbooks import (
    SHEET_PART,
    STRINGS_PART,
    strings_xml,
    write_raw,
    write_workbook,
)

BEYOND = "cells beyond column 500"
DAMAGED = "damaged"
FAR_MORE = "far more"
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
TWO_ROWS = f'<row r="1">{text_cell("A1", "a")}</row><row r="2"><c r="A2"><v>1</v></c></row>'


@pytest.fixture(scope="module")
def meter():
    with Meter() as running:
        yield running


def text_row(content: str) -> str:
    return f'<row r="1">{text_cell("A1", content)}</row>'


def rows_of(count: int, *columns: str) -> str:
    cells = "".join(f'<c r="{column}{{0}}"><v>1</v></c>' for column in columns)
    return "".join(f'<row r="{{0}}">{cells}</row>'.format(n) for n in range(1, count + 1))


def sheets_of_one_part(base):
    """The list of 200 sheets that are one and the same part."""
    more = "".join(f'<sheet name="x{n}" sheetId="{n + 9}" r:id="rId1"/>' for n in range(200))
    return part_of(base, WORKBOOK_PART).replace("<sheets>", f"<sheets>{more}")


def endless_format(base):
    code = f'<numFmts><numFmt numFmtId="200" formatCode="{"0" * 100_000}"/></numFmts><fonts'
    styles = part_of(base, STYLES_PART).replace("<fonts", code, 1)
    return styles.replace("</cellXfs>", '<xf numFmtId="200"/></cellXfs>')


REFUSED = {
    "a cell in the last corner": (
        lambda at: xlsx(
            at, rows=f'{TWO_ROWS}<row r="1048576">{text_cell("XFD1048576", "b")}</row>'
        ),
        BEYOND,
    ),
    "rows that reach the last column": (lambda at: xlsx(at, rows=rows_of(20_000, "XFD")), BEYOND),
    "a cell too long": (lambda at: xlsx(at, rows=text_row("a" * 4 * MB)), DAMAGED),
    "a cell that swells": (lambda at: xlsx(at, rows=text_row("a" * 51 * MB)), FAR_MORE),
    "a reference too long": (
        lambda at: xlsx(at, rows=f'<row r="1"><c r="{"A" * MB}1"><v>1</v></c></row>'),
        DAMAGED,
    ),
    "a row number too long": (
        lambda at: xlsx(at, rows=f'<row r="{"9" * 10_000}"><c><v>1</v></c></row>'),
        DAMAGED,
    ),
    "tags within tags": (lambda at: xlsx(at, rows="<x>" * 20_000 + "</x>" * 20_000), "is empty"),
    "ODS: cells repeated": (
        lambda at: ods(at, ods_row(ods_cell("x", LAST_COLUMN), repeated=LAST_ROW)),
        FAR_MORE,
    ),
    "ODS: more rows than there are": (
        lambda at: ods(at, ods_row(ods_cell("x"), repeated=2_000_000_000)),
        FAR_MORE,
    ),
    "ODS: a cell in the last corner": (
        lambda at: ods(
            at,
            ods_row(ods_cell("a"))
            + ods_row(repeated=LAST_ROW - 2)
            + ods_row(ods_cell("", LAST_COLUMN - 1), ods_cell("b")),
        ),
        BEYOND,
    ),
    "XLSB: a cell in the last corner": (
        lambda at: xlsb(at, (1, 1), (LAST_ROW, LAST_COLUMN)),
        BEYOND,
    ),
    "XLSB: a cell beyond it": (lambda at: xlsb(at, (1, 1), (LAST_ROW + 1, 1)), DAMAGED),
    "text without an end of line": (lambda at: text(at, "a" * 30 * MB), "a line too long"),
    "text of commas": (lambda at: text(at, "," * MB), "more than 16,384 cells"),
    "text of line ends": (lambda at: text(at, "\n" * 5 * MB), "holds no data"),
    "text in a quotation without end": (
        lambda at: text(at, 'a,b\n1,"' + "x,y\n" * MB),
        "none closes it",
    ),
}


@pytest.mark.parametrize(("build", "words"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_asks_for_too_much_is_refused_in_little_memory(tmp_path, meter, build, words):
    cost = meter.read(build(tmp_path))

    assert words in cost.outcome
    assert cost.peak_mb < 200


READ = {
    "a dimension that lies": (
        lambda at: xlsx(at, before='<dimension ref="A1:XFD1048576"/>', rows=TWO_ROWS),
        1,
    ),
    "a row at the end": (
        lambda at: xlsx(at, rows=f'{TWO_ROWS}<row r="1048576"><c r="A1048576"><v>2</v></c></row>'),
        2,
    ),
    "rows far apart side by side": (lambda at: xlsx(at, rows=rows_of(2_000, "A", "SF")), 2_000),
    "texts that nobody needs": (
        lambda at: xlsx(at, rows=TWO_ROWS, strings=strings_xml("<si/>" * 8_000_000)),
        1,
    ),
    "counts that lie": (
        lambda at: xlsx(
            at,
            strings=strings_xml("<si><t>a</t></si>").replace("<sst ", '<sst count="4000000000" '),
        ),
        0,
    ),
    "a range merged from corner to corner": (
        lambda at: xlsx(
            at,
            rows=rows_of(2_000, "A"),
            after='<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>',
        ),
        1,
    ),
    "a number format without end": (
        lambda at: xlsx(
            at,
            rows=rows_of(2_000, "A").replace("<c ", '<c s="1" '),
            styles=endless_format(ordinary(at)),
        ),
        2_000,
    ),
    "numbers no computer holds": (
        lambda at: xlsx(
            at,
            rows="".join(
                f'<row r="{n}"><c r="A{n}"><v>{number}</v></c></row>'
                for n, number in enumerate(["1E400", "1E999999999", "9" * 5_000, "NaN"], 1)
            ),
        ),
        4,
    ),
    "sheets that are one": (lambda at: xlsx(at, workbook=sheets_of_one_part(ordinary(at))), 0),
    "a text row of blanks": (
        lambda at: text(at, "a,b\n" + "1,2\n" * 30_000 + "3" + "," * 16_000 + "\n4,5" * 30_000),
        60_001,
    ),
    "ODS: rows without end that hold nothing": (
        lambda at: ods(
            at, ods_row(ods_cell("a")) + ods_row(ods_cell("b")) + ods_row(repeated=10**9)
        ),
        1,
    ),
    "ODS: blanks without end": (
        lambda at: ods(
            at, ods_row(ods_cell('a<text:s text:c="99999999999"/>')) + ods_row(ods_cell("b"))
        ),
        1,
    ),
    "XLSB: a row at the end": (lambda at: xlsb(at, (1, 1), (LAST_ROW, 1)), 2),
    "XLS: a cell in the last corner": (lambda at: xls(at, (1, 1), (65_536, 256)), 2),
}


@pytest.mark.parametrize(("build", "rows"), READ.values(), ids=READ)
def test_a_file_that_only_looks_large_is_read_in_little_memory(tmp_path, meter, build, rows):
    cost = meter.read(build(tmp_path))

    assert (cost.outcome, cost.rows) == ("read", rows)
    assert cost.peak_mb < 200


ENTITIES = [
    '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE a [<!ENTITY x "lol"><!ENTITY y "&x;&x;&x;"><!ENTITY z "&y;&y;&y;">]>',
    '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">',
    '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/a"> %x;]>',
]


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*_):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.parametrize("doctype", ENTITIES)
@pytest.mark.parametrize(
    "part", [SHEET_PART, STRINGS_PART, WORKBOOK_PART, STYLES_PART, RELATIONS_PART]
)
def test_entities_in_a_workbook_are_neither_expanded_nor_fetched(
    tmp_path, no_network, part, doctype
):
    base = write_workbook(tmp_path / "base.xlsx", [["a", 1]])
    path = write_raw(tmp_path / "b.xlsx", {part: with_doctype(part_of(base, part), doctype)}, base)

    with pytest.raises(UnreadableFile, match=DAMAGED):
        inspect(path)


@pytest.mark.parametrize("doctype", ENTITIES)
def test_entities_in_an_open_document_are_neither_expanded_nor_fetched(
    tmp_path, no_network, doctype
):
    with pytest.raises(UnreadableFile, match=DAMAGED):
        inspect(ods(tmp_path, ods_row(ods_cell("a")), before=doctype))


def test_what_lies_outside_a_workbook_is_never_asked_for(tmp_path, no_network):
    base = write_workbook(tmp_path / "base.xlsx", [["a", 1]])
    links = part_of(base, RELATIONS_PART)
    outside = 'Target="http://127.0.0.1:9/sheet.xml" TargetMode="External"'
    path = write_raw(
        tmp_path / "b.xlsx",
        {RELATIONS_PART: links.replace('Target="worksheets/sheet1.xml"', outside)},
        base,
    )

    with pytest.raises(UnreadableFile):
        inspect(path)


@pytest.mark.parametrize("target", ["/../../../../etc/passwd", "file:///etc/passwd"])
def test_a_part_is_only_looked_for_inside(tmp_path, target):
    base = write_workbook(tmp_path / "base.xlsx", [["a", 1]])
    links = part_of(base, RELATIONS_PART).replace("worksheets/sheet1.xml", target)
    path = write_raw(tmp_path / "b.xlsx", {RELATIONS_PART: links}, base)

    with pytest.raises(UnreadableFile, match="no sheet with cells"):
        inspect(path)
