"""Reports for people: the rows that did not go in and why, and the outcome of every row."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import polars as pl
import xlsxwriter  # type: ignore[import-untyped]  # ships no types

from importer.bulk.outcomes import Outcome
from importer.bulk.reasons import Reasons
from importer.checks.storage import chunks, replacing
from importer.crm.schema import Module
from importer.mapping.model import Mapping
from importer.sheets.table import ROW

_LEAD = ("Row", "Outcome", "Column", "Reason")
_LEAD_WIDTHS = (8, 12, 24, 70)
_WIDTH = 18
_SHEET_ROWS = 1_000_000  # Excel ends at 1,048,576
_CELL_CHARACTERS = 32_767  # of an Excel cell
_WENT_IN = [outcome.value for outcome in Outcome if outcome.went_in]
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# A plain number, or one of a phone that its blanks keep from being taken for a sum.
_NUMBER = re.compile(r"[+-]\d[\d.,]*%?|\+[\d().-]* [\d ().-]+")


def write_problems_xlsx(
    table: Path, ledger: Path, problems: Path, module: Module, mapping: Mapping, target: Path
) -> None:
    """A workbook of the rows that did not go in: number, outcome, column, reason, all cells.

    Every cell is text, so nothing in it can run or change.
    """
    options = {"constant_memory": True}
    with replacing(target) as draft, xlsxwriter.Workbook(str(draft), options) as workbook:
        bold = workbook.add_format({"bold": True})
        header = (*_LEAD, *_headers(table))
        sheet = _new_sheet(workbook, header, bold)
        used = 1
        for line in _problem_lines(table, ledger, problems, Reasons(module, mapping)):
            if used > _SHEET_ROWS:
                sheet, used = _new_sheet(workbook, header, bold), 1
            _write_line(sheet, used, line)
            used += 1


def write_problems_csv(
    table: Path, ledger: Path, problems: Path, module: Module, mapping: Mapping, target: Path
) -> None:
    """The same as a CSV that Excel opens in any language; formulas are made harmless."""
    lines = _problem_lines(table, ledger, problems, Reasons(module, mapping))
    _write_csv((*_LEAD, *_headers(table)), lines, target)


def write_outcomes_csv(
    table: Path, ledger: Path, problems: Path, module: Module, mapping: Mapping, target: Path
) -> None:
    """Every row's number, outcome, record id and reason, as a CSV."""
    reasons = Reasons(module, mapping)
    lines = (
        (str(end["row"]), _words(end["outcome"]), end["record_id"] or "", reason)
        for ends in chunks(ledger)
        for end, _, reason in reasons.of(ends, problems)
    )
    _write_csv(("Row", "Outcome", "Record id", "Reason"), lines, target)


def _problem_lines(
    table: Path, ledger: Path, problems: Path, reasons: Reasons
) -> Iterator[Sequence[str]]:
    """A line for each row that did not go in; the ledger has the table's rows in their order."""
    at_fault = ~pl.col("outcome").is_in(_WENT_IN)
    for rows, ends in zip(chunks(table), chunks(ledger), strict=True):
        told = ends.filter(at_fault)
        cells = rows.filter(pl.col(ROW).is_in(told["row"].implode())).drop(ROW).fill_null("")
        for (end, column, reason), line in zip(
            reasons.of(told, problems), cells.iter_rows(), strict=True
        ):
            yield str(end["row"]), _words(end["outcome"]), column, reason, *line


def _headers(table: Path) -> list[str]:
    return [name for name in pl.read_parquet_schema(table) if name != ROW]


def _words(outcome: str) -> str:
    return outcome.replace("_", " ").capitalize()


def _new_sheet(
    workbook: xlsxwriter.Workbook, header: Sequence[str], bold: xlsxwriter.format.Format
) -> xlsxwriter.worksheet.Worksheet:
    """A further sheet with a frozen header."""
    number = len(workbook.worksheets()) + 1
    sheet = workbook.add_worksheet("Problems" if number == 1 else f"Problems {number}")
    for column, width in enumerate(_LEAD_WIDTHS):
        sheet.set_column(column, column, width)
    sheet.set_column(len(_LEAD), len(header) - 1, _WIDTH)
    sheet.freeze_panes(1, 1)
    for column, text in enumerate(header):
        sheet.write_string(0, column, text, bold)
    return sheet


def _write_line(sheet: xlsxwriter.worksheet.Worksheet, number: int, line: Sequence[str]) -> None:
    for column, text in enumerate(line):
        if text:
            sheet.write_string(number, column, text[:_CELL_CHARACTERS])


def _write_csv(header: Sequence[str], lines: Iterable[Sequence[str]], target: Path) -> None:
    """UTF-8 with the mark by which Excel knows it."""
    with (
        replacing(target) as draft,
        draft.open("w", encoding="utf-8-sig", newline="") as file,
    ):
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([_harmless(text) for text in header])
        writer.writerows([_harmless(text) for text in line] for line in lines)


def _harmless(text: str) -> str:
    """`text`, with an apostrophe before what a spreadsheet would take for a formula."""
    if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text
