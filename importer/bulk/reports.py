"""Reports for people: the rows that did not go in and why, and the outcome of every row."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from importer.bulk.fixing import EDITS_SCHEMA, FIXABLE, laid_over, stretches
from importer.bulk.outcomes import Outcome
from importer.bulk.problem_workbook import ProblemWorkbook
from importer.bulk.reasons import Ends, Reasons
from importer.bulk.report_cells import LEAD, harmless, lead
from importer.checks.storage import chunks, replacing
from importer.crm.schema import Module
from importer.mapping.model import Mapping
from importer.sheets.table import ROW

_REPORTED = (*FIXABLE, Outcome.UNKNOWN)
_ROWS_MEASURED = 1_000
_NO_EDITS = pl.DataFrame(schema=EDITS_SCHEMA)


@dataclass(frozen=True, slots=True)
class _Line:
    """A row that did not go in: what we say of it, its cells, and which of these are at fault."""

    lead: tuple[str, ...]
    cells: tuple[str, ...]
    faults: dict[str, str]  # column -> what is wrong and what to do


def write_problems_xlsx(
    table: Path,
    ledger: Path,
    problems: Path,
    module: Module,
    mapping: Mapping,
    target: Path,
    *,
    edits: pl.DataFrame = _NO_EDITS,
) -> None:
    """A workbook of the rows that did not go in, made to be changed and read again.

    A line has the row's number, outcome, columns at fault, reason, what to do and Zoho's code,
    then all cells, with the `edits` (see `EDITS_SCHEMA`) made so far.
    """
    headers = _headers(table)
    places = {header: place for place, header in enumerate(headers, start=len(LEAD))}
    header = (*lead(headers), *headers)
    with ProblemWorkbook.at(target, header, _widths(table, headers)) as workbook:
        for line in _lines(table, ledger, problems, Reasons(module, mapping), edits):
            faults = {places[name]: why for name, why in line.faults.items() if name in places}
            workbook.write((*line.lead, *line.cells), faults)


def write_problems_csv(
    table: Path,
    ledger: Path,
    problems: Path,
    module: Module,
    mapping: Mapping,
    target: Path,
    *,
    edits: pl.DataFrame = _NO_EDITS,
) -> None:
    """The same as a CSV; what a spreadsheet would take for a formula is made harmless."""
    headers = _headers(table)
    lines = _lines(table, ledger, problems, Reasons(module, mapping), edits)
    texts = ((*line.lead, *line.cells) for line in lines)
    _write_csv((*lead(headers), *headers), texts, target)


def write_outcomes_csv(
    table: Path,
    ledger: Path,
    problems: Path,
    module: Module,
    mapping: Mapping,
    target: Path,
    *,
    link: Callable[[str], str] | None = None,
) -> None:
    """Every row's number, outcome, record id, link, reason and what an undo made of it, as a CSV.

    `link` gives the address of a record by its id; without it, and before an undo, the file has
    no such column.
    """
    reasons = Reasons(module, mapping)
    undone = _has_reversals(ledger)

    def line(end: Ends, why: str) -> Iterator[str]:
        record = end["record_id"] or ""
        yield from (str(end["row"]), _words(end["outcome"]), record)
        if link:
            yield link(record) if record else ""
        yield why
        if undone:
            yield _undone(end)

    header = ["Row", "Outcome", "Record id", *(["Link"] if link else []), "Reason"]
    lines = (
        list(line(end, reason.why))
        for ends in chunks(ledger)
        for end, reason in reasons.of(ends, problems)
    )
    _write_csv([*header, *(["Undo"] if undone else [])], lines, target)


def _lines(
    table: Path, ledger: Path, problems: Path, reasons: Reasons, edits: pl.DataFrame
) -> Iterator[_Line]:
    for rows, ends in stretches(table, ledger):
        told = ends.filter(pl.col("outcome").is_in(_REPORTED))
        found = rows.filter(pl.col(ROW).is_in(told["row"].implode()))
        cells = laid_over(found, edits).drop(ROW).fill_null("")
        for (end, reason), line in zip(reasons.of(told, problems), cells.iter_rows(), strict=True):
            columns = ", ".join(reason.faults)
            words = (_words(end["outcome"]), columns, reason.why, reason.fix, reason.code)
            yield _Line((str(end["row"]), *words), line, reason.faults)


def _headers(table: Path) -> list[str]:
    return [name for name in pl.read_parquet_schema(table) if name != ROW]


def _widths(table: Path, headers: Sequence[str]) -> list[int]:
    """How many characters the name and nine of ten values of each column have at most."""
    lengths = pl.all().str.len_chars().quantile(0.9, "higher").fill_null(0)
    top = pl.scan_parquet(table).drop(ROW).head(_ROWS_MEASURED).select(lengths).collect()
    return [max(len(name), int(top[name][0])) for name in headers]


def _has_reversals(ledger: Path) -> bool:
    reversals = pl.scan_parquet(ledger).select(pl.col("reversal").is_not_null().any())
    return bool(reversals.collect().item())


def _undone(end: Ends) -> str:
    if not end["reversal"]:
        return ""
    word = _words(end["reversal"])
    return f"{word}: {end['reversal_detail']}" if end["reversal_detail"] else word


def _words(value: str) -> str:
    return value.replace("_", " ").capitalize()


def _write_csv(header: Sequence[str], lines: Iterable[Sequence[str]], target: Path) -> None:
    """UTF-8 with the mark by which Excel knows it."""
    with (
        replacing(target) as draft,
        draft.open("w", encoding="utf-8-sig", newline="") as file,
    ):
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([harmless(text) for text in header])
        writer.writerows([harmless(text) for text in line] for line in lines)
