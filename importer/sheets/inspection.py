"""A look at the top of a file: what it is, how to read it, and why."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from importer.sheets import archives, formats, source
from importer.sheets.block import Merged, Source
from importer.sheets.guard import DEFAULT_LIMITS, Limits
from importer.sheets.layout import headers, sheet_choice
from importer.sheets.layout.headers import Header
from importer.sheets.table import (
    Alternative,
    Choice,
    Format,
    Inspection,
    NumberedRow,
    PreviewRow,
    Reading,
    UnreadableFile,
)
from importer.sheets.text import delimiter as delimiters
from importer.sheets.text import encoding

ROWS_LOOKED_AT = 100
CHARACTERS_SHOWN = 500  # of a cell
_YOURS = "You chose it."
_NO_CHOICE = Choice()
_FORMATS = {
    Format.CSV: "The file is text with a row on every line.",
    Format.XLSX: "The file is an Excel workbook.",
    Format.XLSB: "The file is an Excel binary workbook.",
    Format.XLS: "The file is an Excel 97-2003 workbook.",
    Format.ODS: "The file is an OpenDocument spreadsheet.",
}


def inspect(
    path: Path, choice: Choice = _NO_CHOICE, *, limits: Limits = DEFAULT_LIMITS
) -> Inspection:
    """How to read the file, with a reason for each decision; what `choice` holds stands.

    Raises `UnreadableFile`, with a sentence for a person, for what is no readable spreadsheet.
    """
    with archives.unpacked(path, limits) as file:
        return file.told(_inspect(file.path, choice, file.limits))


def _inspect(path: Path, choice: Choice, limits: Limits) -> Inspection:
    kind = formats.kind_of(path)
    reading = Reading(kind, header_row=None, last_row=choice.last_row)
    reasons = {"format": _FORMATS[kind]}
    encodings: tuple[Alternative, ...] = ()
    if kind is Format.CSV:
        reading, encodings = _as_text(path, reading, choice, reasons)
    with source.open_source(path, reading, limits) as opened:
        sheet, top = _sheet(opened, choice, reasons, limits)
        merged = opened.merged(sheet)
        sheets = opened.sheets
    if not top:
        raise UnreadableFile(_nothing(sheet))
    header = _header(top, merged, choice)
    reasons["header_row"] = header.reason
    return Inspection(
        reading=replace(reading, sheet=sheet, header_row=header.first, header_rows=header.rows),
        reasons=reasons,
        sheets=sheets,
        preview=_shown(top),
        encodings=encodings,
    )


def _as_text(
    path: Path, reading: Reading, choice: Choice, reasons: dict[str, str]
) -> tuple[Reading, tuple[Alternative, ...]]:
    """The reading of a text file, and the encodings that people may choose from."""
    guess = encoding.detect(path)
    codec, reasons["encoding"] = guess.codec, guess.reason
    if choice.encoding:
        codec, reasons["encoding"] = choice.encoding, _YOURS
    division = delimiters.detect(path, codec)
    delimiter, reasons["delimiter"] = division.delimiter, division.reason
    if choice.delimiter:
        delimiter, reasons["delimiter"] = choice.delimiter, _YOURS
    escape = delimiters.escape(path, codec, delimiter)
    reading = replace(reading, encoding=codec, delimiter=delimiter, escape=escape)
    return reading, guess.alternatives


def _sheet(
    opened: Source, choice: Choice, reasons: dict[str, str], limits: Limits
) -> tuple[str | None, list[NumberedRow]]:
    """The sheet to read, if the file has any, and its first rows."""

    def top(name: str | None) -> list[NumberedRow]:
        return source.top(opened, name, ROWS_LOOKED_AT, limits)

    if choice.sheet:
        reasons["sheet"] = _YOURS
        return choice.sheet, top(sheet_choice.named(choice.sheet, opened.sheets).name)
    if not opened.sheets:
        return None, top(None)
    tops = {sheet.name: top(sheet.name) for sheet in opened.sheets}
    sheet, reasons["sheet"] = sheet_choice.likeliest([(s, tops[s.name]) for s in opened.sheets])
    return sheet.name, tops[sheet.name]


def _header(top: Sequence[NumberedRow], merged: Sequence[Merged], choice: Choice) -> Header:
    if choice.header_row is None:
        return headers.find(top, merged)
    return Header(choice.header_row or None, choice.header_rows or 1, _YOURS)


def _nothing(sheet: str | None) -> str:
    if sheet is None:
        return "This file holds no data. Check that you chose the right file."
    return f"The sheet “{sheet}” holds no data. Choose another."


def _shown(top: Sequence[NumberedRow]) -> tuple[PreviewRow, ...]:
    width = max(len(cells) for _, cells in top)
    return tuple(
        PreviewRow(number, (*map(_shortened, cells), *[""] * (width - len(cells))))
        for number, cells in top
    )


def _shortened(text: str) -> str:
    if len(text) <= CHARACTERS_SHOWN:
        return text
    return f"{text[: CHARACTERS_SHOWN - 1]}…"
