"""The same rows as old Excel, binary Excel and OpenDocument spreadsheets."""

import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from html import escape
from pathlib import Path

import xlwt
from pyxlsbwriter import XlsbWriter

from tests.bench.sheet_files import serial, shown
from tests.bench.sheet_rows import HEADER, Fault, Formula, Padded, Share, Value, contacts

_FORMATS = {date: "dd/mm/yyyy", datetime: "dd/mm/yyyy hh:mm", Padded: "00000", Share: "0%"}
_ERRORS = {"#N/A": 42, "#DIV/0!": 7}
_CONTENT = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<office:document-content'
    ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
    ' office:version="1.3"><office:body><office:spreadsheet><table:table table:name="Data">'
)
_MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    '<manifest:file-entry manifest:full-path="/"'
    ' manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>'
)


def write_xls(path: Path, rows: int) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("Data")
    styles = {kind: xlwt.easyxf(num_format_str=code) for kind, code in _FORMATS.items()}
    usual = xlwt.easyxf()
    for number, cells in enumerate([HEADER, *contacts(rows)]):
        for column, value in enumerate(cells):
            if isinstance(value, Fault):
                sheet.row(number).set_cell_error(column, _ERRORS[value.code])
            elif value is not None:
                sheet.write(number, column, _stored(value), styles.get(type(value), usual))
    book.save(str(path))


def write_xlsb(path: Path, rows: int) -> None:
    """Without number formats but those of dates, and without errors: its writer knows none."""
    with XlsbWriter(str(path)) as book:
        book.add_sheet("Data")
        book.write_sheet(
            [value if isinstance(value, date) else _stored(value) for value in cells]
            for cells in [HEADER, *contacts(rows)]
        )


def write_ods(path: Path, rows: int) -> None:
    """As LibreOffice writes it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", _MANIFEST)
        with archive.open("content.xml", "w") as content:
            for line in _content(rows):
                content.write(line.encode())


def _stored(value: Value) -> str | float | None:
    match value:
        case Padded(number) | Share(number) | Formula(_, number):
            return number
        case Fault(code):
            return code
        case date():
            return serial(value)
        case _:
            return value


def _content(rows: int) -> Iterator[str]:
    yield _CONTENT
    for cells in [HEADER, *contacts(rows)]:
        yield f'<table:table-row table:style-name="ro1">{"".join(map(_cell, cells))}'
        yield "</table:table-row>"
    yield "</table:table></office:spreadsheet></office:body></office:document-content>"


def _cell(value: Value) -> str:
    match value:
        case None:
            return "<table:table-cell/>"
        case Fault():
            kind, stored = "error", ' office:value-type="string" office:string-value=""'
        case bool():
            kind, stored = _typed("boolean", "boolean-value", str(value).lower())
        case str():
            kind, stored = "string", ' office:value-type="string"'
        case date():
            kind, stored = _typed("date", "date-value", value.isoformat())
        case Share(number):
            kind, stored = _typed("percentage", "value", repr(number))
        case _:
            kind, stored = _typed("float", "value", repr(_stored(value)))
    text = escape(shown(value), quote=False)
    return (
        f'<table:table-cell table:style-name="ce1"{stored} calcext:value-type="{kind}">'
        f"<text:p>{text}</text:p></table:table-cell>"
    )


def _typed(kind: str, name: str, stored: str) -> tuple[str, str]:
    return kind, f' office:value-type="{kind}" office:{name}="{stored}"'
