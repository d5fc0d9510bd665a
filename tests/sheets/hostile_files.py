"""Small files that mean harm: each asks a reader for far more than its own size."""

import struct
import zipfile
from pathlib import Path

import xlwt
from pyxlsbwriter import XlsbWriter

from tests.sheets.workbooks import (
    SHEET_PART,
    STRINGS_PART,
    sheet_xml,
    write_raw,
    write_workbook,
)

MB = 1024**2
WORKBOOK_PART, STYLES_PART = "xl/workbook.xml", "xl/styles.xml"
RELATIONS_PART = "xl/_rels/workbook.xml.rels"
ODS_NAMES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{prefix}:1.0"'
    for prefix in ("office", "table", "text")
)


def text_cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def ordinary(folder: Path) -> Path:
    return write_workbook(folder / "base.xlsx", [["a", 1]])


def part_of(workbook: Path, name: str) -> str:
    with zipfile.ZipFile(workbook) as archive:
        return archive.read(name).decode()


def with_doctype(part: str, doctype: str) -> str:
    declaration, end, rest = part.partition("?>")
    return declaration + end + doctype + rest


def xlsx(folder: Path, *, rows: str = "", before: str = "", after: str = "", **parts: str) -> Path:
    """A workbook of one sheet, given the XML of its rows and of what is around them.

    Other parts are given by a word: strings, workbook or styles.
    """
    names = {"strings": STRINGS_PART, "workbook": WORKBOOK_PART, "styles": STYLES_PART}
    replaced = {names[word]: content for word, content in parts.items()}
    if rows:
        sheet = sheet_xml(rows).replace("<sheetData>", f"{before}<sheetData>")
        replaced[SHEET_PART] = sheet.replace("</worksheet>", f"{after}</worksheet>")
    return write_raw(folder / "book.xlsx", replaced, of=ordinary(folder))


def ods(folder: Path, rows: str, before: str = "") -> Path:
    """A spreadsheet of one sheet, its rows as XML."""
    path = folder / "sheet.ods"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "content.xml",
            f"{before}<office:document-content {ODS_NAMES}><office:body><office:spreadsheet>"
            f'<table:table table:name="S">{rows}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return path


def ods_row(*cells: str, repeated: int = 1) -> str:
    return (
        f'<table:table-row table:number-rows-repeated="{repeated}">{"".join(cells)}'
        "</table:table-row>"
    )


def ods_cell(text: str = "", repeated: int = 1) -> str:
    return (
        f'<table:table-cell table:number-columns-repeated="{repeated}"'
        f' office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
    )


def xlsb(folder: Path, *cells: tuple[int, int]) -> Path:
    """A workbook of one sheet with a number in each of the cells; both count from 1."""
    made, path = folder / "made.xlsb", folder / "book.xlsb"
    with XlsbWriter(str(made)) as book:
        book.add_sheet("S")
        book.write_sheet([["a"]])
    body = b"\x91\x01\x00"  # the rows begin
    for row, column in cells:
        body += b"\x00\x19" + struct.pack("<I", row - 1) + bytes(21)
        body += b"\x05\x10" + struct.pack("<IId", column - 1, 0, 7.0)
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            is_sheet = name == "xl/worksheets/sheet1.bin"
            target.writestr(name, body + b"\x92\x01\x00" if is_sheet else source.read(name))
    return path


def xls(folder: Path, *cells: tuple[int, int]) -> Path:
    """The same of Excel 97-2003."""
    book = xlwt.Workbook()
    sheet = book.add_sheet("S")
    for row, column in cells:
        sheet.write(row - 1, column - 1, 7)
    book.save(folder / "book.xls")
    return folder / "book.xls"


def text(folder: Path, content: str | bytes) -> Path:
    path = folder / "text.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path
