"""The workbook of the rows that did not go in: cells at fault marked, all cells to be changed."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import xlsxwriter  # type: ignore[import-untyped]  # ships no types

from importer.bulk.report_cells import LEAD, fitting
from importer.checks.storage import replacing

_WIDTHS = {"Row": 8, "Outcome": 11, "Column": 20, "Reason": 52, "How to fix": 44, "Zoho's code": 20}
_WRAPPED = ("Column", "Reason", "How to fix")
_LEAST_WIDTH, _MOST_WIDTH = 10, 40
_SHEET_ROWS = 1_000_000  # Excel ends at 1,048,576
_COLUMNS = 16_384  # of a sheet
_NOTES = 2_000  # of a workbook; they are held in memory, and too many make Excel slow
_NOTE_SIZE = {"x_scale": 2, "y_scale": 1.5}

_TEXT = {"num_format": "@", "valign": "top"}  # so that nothing typed turns into something else
_HEADER = {"bold": True, "bottom": 1, "bg_color": "#E8ECF1", "valign": "top", "num_format": "@"}
_FAULT = {"bg_color": "#FFD6D1", "border": 1, "border_color": "#C4432F"}

_GUIDE_TITLE = "How to send these rows again"
_GUIDE = """1. On the sheet “Problems”, change the cells. Those at fault are marked; the columns \
“Reason” and “How to fix” say what is wrong.
2. Save this workbook.
3. Upload it on the import's page. You see what you changed before anything is sent.

Leave the column “Row” as it is: it tells which row of your file a line is about. Lines may be \
moved or deleted; what is not in this workbook stays as it is."""
_GUIDE_WIDTH, _GUIDE_HEIGHT = 100, 130  # characters, points


class ProblemWorkbook:
    """Takes one line after the other; a sheet that is full is followed by a further one.

    Every cell is text, and stays text whatever is typed into it, so nothing can run or change.
    """

    def __init__(
        self, workbook: xlsxwriter.Workbook, header: Sequence[str], widths: Sequence[int]
    ) -> None:
        self._workbook = workbook
        self._header = header[:_COLUMNS]
        self._widths = widths
        self._text = workbook.add_format(_TEXT)
        self._wrapped = workbook.add_format(_TEXT | {"text_wrap": True})
        self._fault = workbook.add_format(_TEXT | _FAULT)
        self._bold = workbook.add_format(_HEADER)
        self._notes_left = _NOTES
        self._sheets = 1
        self._begin_sheet("Problems")
        self._write_guide()

    @classmethod
    @contextmanager
    def at(cls, target: Path, header: Sequence[str], widths: Sequence[int]) -> Iterator[Self]:
        """A workbook that is at `target` once the block ends well.

        `header` begins with the report's own columns; `widths`, in characters, are of the others.
        """
        options = {"constant_memory": True}
        with replacing(target) as draft, xlsxwriter.Workbook(str(draft), options) as workbook:
            yield cls(workbook, header, widths)

    def write(self, line: Sequence[str], faults: Mapping[int, str]) -> None:
        """Add a line below the others; `faults` are its cells at fault, from 0, and the reasons."""
        if self._used > _SHEET_ROWS:
            self._sheets += 1
            self._begin_sheet(f"Problems {self._sheets}")
        for column, text in enumerate(line[:_COLUMNS]):
            if column in faults:
                self._mark(column, text, faults[column])
            elif text:
                self._sheet.write_string(self._used, column, fitting(text))
        self._used += 1

    def _mark(self, column: int, text: str, reason: str) -> None:
        if text:
            self._sheet.write_string(self._used, column, fitting(text), self._fault)
        else:
            self._sheet.write_blank(self._used, column, None, self._fault)
        if self._notes_left:
            self._notes_left -= 1
            self._sheet.write_comment(self._used, column, fitting(reason), _NOTE_SIZE)

    def _begin_sheet(self, name: str) -> None:
        """A sheet with a header that stays in sight."""
        self._sheet = self._workbook.add_worksheet(name)
        for column, title in enumerate(LEAD):
            form = self._wrapped if title in _WRAPPED else self._text
            self._sheet.set_column(column, column, _WIDTHS[title], form)
        for column, width in enumerate(self._widths, start=len(LEAD)):
            fitted = min(max(width + 2, _LEAST_WIDTH), _MOST_WIDTH)
            self._sheet.set_column(column, column, fitted, self._text)
        self._sheet.freeze_panes(1, 1)
        self._sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        for column, text in enumerate(self._header):
            self._sheet.write_string(0, column, fitting(text), self._bold)
        self._used = 1

    def _write_guide(self) -> None:
        """A further sheet of two cells: too few for a reader to take it for the table."""
        sheet = self._workbook.add_worksheet("What to do")
        sheet.set_column(0, 0, _GUIDE_WIDTH)
        sheet.set_row(1, _GUIDE_HEIGHT)
        sheet.write_string(0, 0, _GUIDE_TITLE, self._bold)
        sheet.write_string(1, 0, _GUIDE, self._wrapped)
