"""A look at the top of a file: what it is, how to read it, and why."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from pathlib import Path

from importer.sheets import encoding, formats, guard, headers, source, text
from importer.sheets.guard import DEFAULT_LIMITS, Limits
from importer.sheets.table import (
    Inspection,
    NumberedRow,
    PreviewRow,
    Reading,
    Sheet,
    UnreadableFile,
)
from importer.sheets.workbook import Workbook

_ROWS_LOOKED_AT = 100  # for the header
_ROWS_SHOWN = 20


def inspect(path: Path, *, limits: Limits = DEFAULT_LIMITS) -> Inspection:
    """How to read the file, with a reason for each choice.

    Raises `UnreadableFile`, with a sentence for a person, for what is no readable spreadsheet.
    """
    guard.measure_file(path, limits)
    if formats.kind_of(path) == "xlsx":
        return _inspect_workbook(path, limits)
    return _inspect_text(path, limits)


def preview(
    path: Path, reading: Reading, rows: int = _ROWS_SHOWN, *, limits: Limits = DEFAULT_LIMITS
) -> tuple[PreviewRow, ...]:
    """The first `rows` rows that hold anything, all equally wide."""
    return _shown(islice(source.rows(path, reading, limits), rows))


def _inspect_text(path: Path, limits: Limits) -> Inspection:
    codec, why_codec = encoding.detect(path)
    delimiter, why_delimiter = text.detect_delimiter(path, codec)
    reading = Reading("csv", header_row=None, encoding=codec, delimiter=delimiter)
    reasons = {
        "format": "The file is text with a row on every line.",
        "encoding": why_codec,
        "delimiter": why_delimiter,
    }
    return _with_header(path, reading, reasons, (), limits)


def _inspect_workbook(path: Path, limits: Limits) -> Inspection:
    guard.measure_archive(path, limits)
    with Workbook(path) as workbook:
        sheet, why_sheet = _likeliest_sheet(workbook)
        sheets = workbook.sheets
    reading = Reading("xlsx", header_row=None, sheet=sheet.name)
    reasons = {"format": "The file is an Excel workbook.", "sheet": why_sheet}
    return _with_header(path, reading, reasons, sheets, limits)


def _likeliest_sheet(workbook: Workbook) -> tuple[Sheet, str]:
    """The first visible sheet with two rows or more, or else the first with any at all."""
    lengths = {
        sheet: sum(1 for _ in islice(workbook.rows(sheet.name), 2)) for sheet in workbook.sheets
    }
    visible = [sheet for sheet in workbook.sheets if not sheet.hidden]
    for sheet in visible:
        if lengths[sheet] > 1:
            return sheet, f"“{sheet.name}” is the first visible sheet that holds a table."
    for sheet in (*visible, *workbook.sheets):
        if lengths[sheet]:
            hidden = " It is hidden in Excel." if sheet.hidden else ""
            return sheet, f"“{sheet.name}” is the first sheet that holds anything.{hidden}"
    raise UnreadableFile(
        "Every sheet of this workbook is empty. Check that you chose the right file."
    )


def _with_header(
    path: Path,
    reading: Reading,
    reasons: dict[str, str],
    sheets: tuple[Sheet, ...],
    limits: Limits,
) -> Inspection:
    top = list(islice(source.rows(path, reading, limits), _ROWS_LOOKED_AT))
    if not top:
        raise UnreadableFile("This file holds no data. Check that you chose the right file.")
    header_row, reasons["header_row"] = headers.find(top)
    return Inspection(
        reading=replace(reading, header_row=header_row),
        reasons=reasons,
        sheets=sheets,
        preview=_shown(top[:_ROWS_SHOWN]),
    )


def _shown(rows: Iterable[NumberedRow]) -> tuple[PreviewRow, ...]:
    top = list(rows)
    width = max((len(cells) for _, cells in top), default=0)
    return tuple(
        PreviewRow(number, (*cells, *[""] * (width - len(cells)))) for number, cells in top
    )
