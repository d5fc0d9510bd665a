"""What the fix page lists: the rows that did not go in, why, and their cells to be changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from django.core.paginator import Page, Paginator

from importer import bulk
from importer.bulk import Outcome
from importer.bulk.reasons import Reason, Reasons
from importer.imports import causes, files
from importer.imports.edits import Edit
from importer.imports.models import Import, Run
from importer.imports.running import fixing
from importer.sheets.table import ROW

PAGE_ROWS = 25
READY = "ready"  # the key of the rows that passed the latest check, beside those of causes
LONG = 60  # characters; a longer cell gets several lines
NAMED_BY = 3  # of its cells, so that a person knows which row it is


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a row, as it may be changed."""

    index: int  # of its column in the mapping, from 0
    column: str
    value: str  # as it stands now
    original: str | None  # what the file has, where that was changed
    fault: str  # what is wrong with it and what to do; blank if nothing, or changed since

    @property
    def is_long(self) -> bool:
        return len(self.value) > LONG or any(mark in self.value for mark in "\r\n")


@dataclass(frozen=True, slots=True)
class Line:
    """One row that did not go in."""

    row: int  # as Excel numbers it
    state: str  # its outcome; "current" where it was changed since, "done" where it is ready
    label: str
    name: str  # its first cells
    why: str  # what is wrong with the whole row and what to do
    code: str  # Zoho's own
    cells: tuple[Cell, ...]  # those at fault, and those that were changed
    others: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows to fix of an import, those with something wrong first."""

    import_: Import
    run: Run | None  # the latest check of corrections that is not sent yet

    @property
    def checked(self) -> Run | None:
        return self.run if self.run and self.run.check_json else None

    @property
    def problems_file(self) -> str:
        return self.checked.problems_file if self.checked else self.import_.problems_file

    def causes(self) -> list[causes.Cause]:
        """Why they did not go in, or cannot be sent yet."""
        summary = self.checked.check_summary if self.checked else self.import_.latest_check
        with self._rows() as rows:
            wrong = rows.filter(~pl.col("is_ready"))
            return causes.of_ledger(wrong, self.import_.destination(), summary)

    def page(self, cause: str, number: str | None) -> tuple[Page[int], list[Line]]:
        """One page of the rows with that `cause`, or of all."""
        with self._rows() as rows:
            if cause == READY:
                rows = rows.filter("is_ready")
            elif cause:
                rows = rows.filter(~pl.col("is_ready"), causes.of_cause(cause))
            count = rows.select(pl.len()).collect().item()
            page = Paginator(range(count), PAGE_ROWS).get_page(number)
            ends = rows.slice(max(page.start_index() - 1, 0), PAGE_ROWS).collect()
        return page, self._lines(ends)

    def line(self, row: int) -> Line:
        """One of the rows."""
        with self._rows() as rows:
            ends = rows.filter(pl.col("row") == row).collect()
        [line] = self._lines(ends)
        return line

    @contextmanager
    def _rows(self) -> Iterator[pl.LazyFrame]:
        """The ledger's columns of the rows to fix, as the latest check left them; `is_ready`."""
        name = files.outlook(self.checked.pk) if self.checked else files.LEDGER
        with self.import_.files.read(name) as path:
            rows = pl.scan_parquet(path).filter(pl.col("outcome").is_in(bulk.FIXABLE))
            yield rows if self.checked else rows.with_columns(is_ready=pl.lit(False))

    def _lines(self, ends: pl.DataFrame) -> list[Line]:
        import_, rows = self.import_, ends["row"]
        columns = [column.column for column in import_.mapping.columns]
        with import_.files.read(import_.table_file) as path:
            mine = pl.col(ROW).is_between(rows.min(), rows.max()) & pl.col(ROW).is_in(
                rows.implode()
            )
            table = pl.scan_parquet(path).filter(mine).select(ROW, *columns).fill_null("").collect()
        cells = {found.pop(ROW): found for found in table.iter_rows(named=True)}
        edits: dict[int, dict[str, Edit]] = {row: {} for row in rows}
        for edit in import_.edits.filter(row__in=list(rows)):
            edits[edit.row][edit.column] = edit
        reasons = Reasons(import_.destination(), import_.mapping)
        since = fixing.unsent_since(import_, self.run)
        with import_.files.read(self.problems_file) as problems:
            return [
                self._line(end, reason, cells[end["row"]], edits[end["row"]], since)
                for end, reason in reasons.of(ends, problems)
            ]

    def _line(
        self,
        end: dict[str, Any],
        reason: Reason,
        original: dict[str, str],
        edits: dict[str, Edit],
        since: datetime | None,
    ) -> Line:
        new = {c for c, edit in edits.items() if since is None or edit.made_at > since}
        is_mended = end["is_ready"] and (edits or end["outcome"] == Outcome.HELD_BACK)
        faults = {} if is_mended else reason.faults
        cells = tuple(
            Cell(
                index,
                column,
                edits[column].value if column in edits else text,
                text if column in edits else None,
                "" if column in new else faults.get(column, ""),
            )
            for index, (column, text) in enumerate(original.items())
        )
        shown = [cell for cell in cells if cell.column in faults or cell.original is not None]
        state, label = self._state(end, bool(new))
        return Line(
            row=end["row"],
            state=state,
            label=label,
            name=" · ".join([cell.value for cell in cells if cell.value][:NAMED_BY]),
            why=" ".join(filter(None, (reason.why, reason.fix)))
            if not (faults or is_mended)
            else "",
            code=reason.code,
            cells=tuple(shown),
            others=tuple(cell for cell in cells if cell not in shown),
        )

    def _state(self, end: dict[str, Any], is_changed: bool) -> tuple[str, str]:
        if is_changed:
            return "current", "Changed, to be checked"
        if end["is_ready"]:
            current = self.run is not None and fixing.is_current(self.run)
            return "done", "Ready to send" if current else "Passed the last check"
        return end["outcome"], causes.LABELS[Outcome(end["outcome"])].capitalize()
