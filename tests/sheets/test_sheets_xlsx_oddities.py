"""Workbooks that are legal but unlike most, and those that are not what they say."""

import struct
import zipfile

import pytest

from importer.sheets import UnreadableFile
from importer.sheets.block import CellKind, Merged
from importer.sheets.xlsx import inflate, workbook
from importer.sheets.xlsx.workbook import Workbook
from tests.sheets.workbooks import (
    MAIN,
    SHEET_PART,
    STRINGS_PART,
    cells_of,
    sheet_xml,
    strings_xml,
    texts_of,
    write_raw,
    write_workbook,
)

DAMAGED = "damaged or was only partly uploaded"


@pytest.fixture
def raw_workbook(tmp_path):
    """A workbook whose sheet, or another part, is given as XML."""
    plain = write_workbook(tmp_path / "plain.xlsx", [["a"]])

    def write(xml, part=SHEET_PART):
        return write_raw(tmp_path / "raw.xlsx", {part: xml}, of=plain)

    return write


@pytest.mark.parametrize(
    ("cell", "seen"),
    [
        ("<c r='A1'><v>1</v></c>", ("1", CellKind.NUMBER)),
        ('<c t="b" r="A1"><v>1</v></c>', ("TRUE", CellKind.BOOLEAN)),
        ('<c t="b" r="A1"><v>true</v></c>', ("TRUE", CellKind.BOOLEAN)),
        ('<c r="A1" t="b"><v>0</v></c>', ("FALSE", CellKind.BOOLEAN)),
        ('<c r="A1" t="e"><v>#N/A</v></c>', ("#N/A", CellKind.ERROR)),
        ('<c r="A1" t="d"><v>2024-02-29T10:00:00</v></c>', ("2024-02-29 10:00:00", CellKind.DATE)),
        ('<c r="A1" t="str"><f>B1</f><v>x_000D_</v></c>', ("x_000D_", CellKind.TEXT)),
        ('<c r="A1" t="str"><f>B1</f><v>x_x000D_</v></c>', ("x\r", CellKind.TEXT)),
        ('<c r="A1" t="str"><v xml:space="preserve"> x</v></c>', (" x", CellKind.TEXT)),
        ('<c r="A1" t="str"><v>a\r\nb&#13;&amp;lt;</v></c>', ("a\nb\r&lt;", CellKind.TEXT)),
        ('<c r="A1" t="str"><v>_xD83D__xDE00_</v></c>', ("😀", CellKind.TEXT)),
        ('<c r="A1" t="str"><v>a > b</v></c>', ("a > b", CellKind.TEXT)),
        ('<c r="A1" t="str"><v><![CDATA[<v>]]></v></c>', ("<v>", CellKind.TEXT)),
        ('<c r="A1"><!-- </row> --><v>7</v></c>', ("7", CellKind.NUMBER)),
        ('<c r="A1" t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is></c>', ("ab", 0)),
        ('<c r="A1"><v>1</v><extLst><ext uri="x"/></extLst></c>', ("1", CellKind.NUMBER)),
        ('<c r="A1"><v> 5 </v></c>', ("5", CellKind.NUMBER)),
        ('<c r="A1"><v>1.0E7</v></c>', ("10000000", CellKind.NUMBER)),
        (f'<c r="A1" s="{"9" * 30}"><v>1</v></c>', ("1", CellKind.NUMBER)),
        ('<c r="A1"><v>no number</v></c>', ("no number", CellKind.NUMBER)),
    ],
)
def test_a_cell_reads_however_it_is_written(raw_workbook, cell, seen):
    path = raw_workbook(sheet_xml(f'<row r="1">{cell}</row>'))

    assert cells_of(path) == {(1, 1): seen}


@pytest.mark.parametrize(
    "rows",
    [
        "<row><c><v>1</v></c><c><v>2</v></c></row><row/><row><c><v>3</v></c></row>",
        '<row r="1"><c><v>1</v></c><c><v>2</v></c></row><row r="3"><c><v>3</v></c></row>',
        (
            '<row spans="1:2" r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row>'
            '<row r="3"><c r="A3"><v>3</v></c></row>'
        ),
        (
            '\n <row r="1">\n  <c r="A1">\n <v>1</v>\n </c> <c r="B1"><v>2</v></c></row>'
            '<row r="2" ht="3"/><row r="3"><c r="A3" ><v>3</v></c></row>'
        ),
    ],
)
def test_rows_and_cells_are_numbered_with_references_or_without(raw_workbook, rows):
    path = raw_workbook(sheet_xml(rows))

    assert texts_of(path) == {(1, 1): "1", (1, 2): "2", (3, 1): "3"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_a_part_may_be_in_another_encoding(raw_workbook, encoding):
    name = "utf-8" if encoding == "utf-8-sig" else encoding
    xml = sheet_xml('<row r="1"><c r="A1" t="str"><v>é</v></c></row>')

    path = raw_workbook(f'<?xml version="1.0" encoding="{name}"?>{xml}'.encode(encoding))

    assert texts_of(path) == {(1, 1): "é"}


def test_tags_may_carry_a_prefix(raw_workbook):
    xml = (
        f'<x:worksheet {MAIN.replace("xmlns", "xmlns:x")}><x:sheetData><x:row r="1">'
        '<x:c r="A1"><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    )

    assert texts_of(raw_workbook(xml)) == {(1, 1): "1"}


def test_shared_texts_may_be_rich_spelt_phonetically_or_blank(raw_workbook, tmp_path):
    texts = (
        "<si><t/></si><si><t>plain</t></si><si><r><t>ri</t></r><r><t>ch</t></r></si>"
        "<si><t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh></si><si/><si><t> &amp; </t></si>"
    )
    cells = "".join(f'<c r="{c}1" t="s"><v>{n}</v></c>' for n, c in enumerate("ABCDEF"))
    of = raw_workbook(sheet_xml(f'<row r="1">{cells}</row>'))

    path = write_raw(tmp_path / "rich.xlsx", {STRINGS_PART: strings_xml(texts)}, of=of)

    assert texts_of(path) == {(1, 2): "plain", (1, 3): "rich", (1, 4): "東京", (1, 6): " & "}


def test_shared_texts_are_read_no_further_than_needed(raw_workbook, tmp_path):
    texts = "<si><t>needed</t></si>" + "<si><t>more</t></si>" * 100_000 + "<broken"
    of = raw_workbook(sheet_xml('<row r="1"><c r="A1" t="s"><v>0</v></c></row>'))

    path = write_raw(tmp_path / "long.xlsx", {STRINGS_PART: strings_xml(texts)}, of=of)

    assert texts_of(path) == {(1, 1): "needed"}


def test_the_first_block_is_small(tmp_path):
    path = write_workbook(tmp_path / "book.xlsx", [[n, f"text {n}", n / 7] for n in range(20_000)])

    with Workbook(path) as book:
        lengths = [len(block.numbers) for block in book.blocks(None)]

    assert sum(lengths) == 20_000
    assert lengths[0] < 5_000


def test_merged_ranges_show_their_first_cell_alone(raw_workbook):
    cells = "".join(
        f'<row r="{row}">{"".join(f"""<c r="{c}{row}"><v>{row}</v></c>""" for c in "ABC")}</row>'
        for row in range(1, 4)
    )
    merges = '<mergeCells><mergeCell ref="A2:B3"/><mergeCell ref="A:A"/></mergeCells></worksheet>'
    path = raw_workbook(sheet_xml(cells).replace("</worksheet>", merges))

    with Workbook(path) as book:
        merged = book.merged("Sheet1")

    assert merged == (Merged(2, 1, 3, 2),)
    assert set(texts_of(path)) == {(1, 1), (1, 2), (1, 3), (2, 1), (2, 3), (3, 3)}


def test_merged_ranges_are_found_behind_many_rows(raw_workbook):
    merges = '<mergeCells><mergeCell ref="A1:A2"/></mergeCells></worksheet>'
    many = '<row r="1"><c r="A1"><v>1</v></c></row>' + " " * 20_000_000
    path = raw_workbook(sheet_xml(many).replace("</worksheet>", merges))

    with Workbook(path) as book:
        assert book.merged("Sheet1") == (Merged(1, 1, 2, 1),)


@pytest.mark.parametrize(
    "rows",
    [
        "<row><c><v>1</v></c>",
        '<row r="1"><c r="A1" t="s"><v>99</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>-1</v></c></row>',
        '<row r="1"><c r="A1" t="s"><v>none</v></c></row>',
        f'<row r="1"><c r="A1" t="s"><v>{"9" * 30}</v></c></row>',
        '<row r="1"><c r="ZZZZZZZZZ1"><v>1</v></c></row>',
        '<row r="1"><c r="XFE1"><v>1</v></c></row>',
        '<row r="99999999999999999999"><c><v>1</v></c></row>',
        '<row r="1048577"><c r="A1048577"><v>1</v></c></row>',
        '<row r="2"><c r="A2"><v>1</v></c></row><row r="1"><c r="A1"><v>1</v></c></row>',
        '<row r="1"><c r="A1" t="str"><v>&unknown;</v></c></row>',
        '<row r="1"><c r="A1" t="str"><v>\x00</v></c></row>',
        '<row r="1"><c r="A1" t="str"><v>&#0;</v></c></row>',
        '<row r="1"><c r="A1" t="str"><v>a & b</v></c></row>',
        '<row r="1"><c r="A1"><v>1</c></v></row>',
        '<row r="1"><c r="A1" s="1" s="2"><v>1</v></c></row>',
    ],
)
def test_a_damaged_sheet_is_refused(raw_workbook, rows):
    with pytest.raises(UnreadableFile, match=DAMAGED):
        cells_of(raw_workbook(sheet_xml(rows)))


@pytest.mark.parametrize("content", [b"", b"not XML at all", b"\xff\xfe<", sheet_xml("")[:-8]])
def test_a_sheet_that_is_no_xml_is_refused(raw_workbook, content):
    with pytest.raises(UnreadableFile, match=DAMAGED):
        cells_of(raw_workbook(content))


def test_text_that_is_not_utf_8_is_refused(raw_workbook):
    xml = sheet_xml('<row r="1"><c r="A1" t="str"><v>é</v></c></row>').encode("latin-1")

    with pytest.raises(UnreadableFile, match=DAMAGED):
        cells_of(raw_workbook(xml))


@pytest.mark.parametrize("part", [SHEET_PART, STRINGS_PART])
@pytest.mark.parametrize("definition", ['"bomb"', 'SYSTEM "file://{}/secret.txt"'])
def test_entities_are_neither_expanded_nor_fetched(raw_workbook, tmp_path, part, definition):
    (tmp_path / "secret.txt").write_text("secret")
    doctype = f"<!DOCTYPE a [<!ENTITY x {definition.format(tmp_path)}>]>"
    body = sheet_xml('<row r="1"><c r="A1" t="str"><v>&x;</v></c></row>')
    xml = body if part == SHEET_PART else strings_xml("<si><t>&x;</t></si>")

    with pytest.raises(UnreadableFile, match=DAMAGED):
        cells_of(raw_workbook(doctype + xml, part))


def test_one_cell_in_the_last_corner_makes_no_grid(raw_workbook):
    path = raw_workbook(sheet_xml('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'))

    assert texts_of(path) == {(1_048_576, 16_384): "1"}


def test_many_rows_with_a_cell_far_out_come_in_small_blocks(raw_workbook):
    rows = "".join(f'<row r="{n}"><c r="XFD{n}"><v>1</v></c></row>' for n in range(1, 600))

    with Workbook(raw_workbook(sheet_xml(rows))) as book:
        sizes = [block.cells.height * block.cells.width for block in book.blocks(None)]

    assert max(sizes) <= 4_000_000


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_parts_may_be_packed_in_other_ways(tmp_path, compression):
    plain = write_workbook(tmp_path / "plain.xlsx", [["a", 1]])
    path = tmp_path / "packed.xlsx"
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", compression) as packed:
        for name in source.namelist():
            packed.writestr(name, source.read(name))

    assert texts_of(path) == {(1, 1): "a", (1, 2): "1"}


@pytest.mark.parametrize(("offset", "size"), [(24, 4), (16, 4), (20, 4)])
def test_a_part_that_is_not_what_the_directory_says_is_refused(tmp_path, offset, size):
    """Its declared size, checksum or packed size is another."""
    content = bytearray(write_workbook(tmp_path / "book.xlsx", [["a"] * 50] * 50).read_bytes())
    entry = content.rindex(SHEET_PART.encode()) - 46  # of the directory at the end
    (declared,) = struct.unpack_from("<I", content, entry + offset)
    struct.pack_into("<I", content, entry + offset, declared // 2)
    path = tmp_path / "lying.xlsx"
    path.write_bytes(content)

    with pytest.raises(UnreadableFile, match=DAMAGED):
        cells_of(path)


def test_a_block_is_the_same_wherever_pieces_are_cut(monkeypatch, tmp_path):
    path = write_workbook(tmp_path / "book.xlsx", [[n, f"text {n}", None, 0.5] for n in range(500)])
    whole = cells_of(path)

    monkeypatch.setattr(inflate, "_INFLATED", 333)
    monkeypatch.setattr(workbook, "_FIRST_PIECE", 100)
    monkeypatch.setattr(workbook, "_PIECE", 1_000)
    monkeypatch.setattr(workbook, "_BLOCK", 2_500)

    assert cells_of(path) == whole
