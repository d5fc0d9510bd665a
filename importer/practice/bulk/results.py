"""The result of a job: an archive with a file for each file, and what became of each row."""

import csv
import io
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Final

from importer.practice.bulk.csv_files import CsvFile
from importer.practice.bulk.job_request import Resource

ECHOED_COLUMNS: Final = 3
RESULT_COLUMNS: Final = ("STATUS", "RECORD_ID", "ERRORS")
UNPROCESSED: Final = ("UNPROCESSED", "", "")
Line = list[str]


@dataclass(frozen=True, slots=True)
class ResultShape:
    """How results are written, and what is wrong with this one."""

    echoes_in_file_order: bool = False  # the first three columns of the file, not of the mappings
    disordered: bool = False
    missing_row: int | None = None  # the first being 1
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class FileResult:
    """One file of the job, with what became of its rows."""

    resource: Resource
    csv_file: CsvFile
    outcomes: Iterable[sqlite3.Row]


def write_result(path: Path, files: Iterable[FileResult], shape: ResultShape) -> None:
    """Write the archive at `path`, whole or not at all."""
    unfinished = path.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            name = f"{file.resource.module}-{file.resource.file_name}"
            with (
                archive.open(name, "w") as member,
                io.TextIOWrapper(member, encoding="utf-8", newline="") as text,
            ):
                csv.writer(text).writerows(_lines(file, shape))
    if shape.truncated:
        with unfinished.open("r+b") as content:
            content.truncate(unfinished.stat().st_size // 2)
    unfinished.replace(path)


def _lines(file: FileResult, shape: ResultShape) -> Iterator[Line]:
    header = file.csv_file.header()
    indexes = [m.index for m in file.resource.mappings if m.index is not None]
    echoed = (sorted(indexes) if shape.echoes_in_file_order else indexes)[:ECHOED_COLUMNS]
    yield [*(header[index] for index in echoed), *RESULT_COLUMNS]
    lines = _row_lines(file, echoed)
    if shape.missing_row is not None:
        lines = (line for n, line in enumerate(lines, start=1) if n != shape.missing_row)
    yield from _neighbours_swapped(lines) if shape.disordered else lines


def _row_lines(file: FileResult, echoed: list[int]) -> Iterator[Line]:
    """A line for each row; those that nobody came to are unprocessed."""
    for row, outcome in zip_longest(file.csv_file.rows(), file.outcomes):
        cells = [row[index] if index < len(row) else "" for index in echoed]
        if outcome is None:
            yield [*cells, *UNPROCESSED]
        else:
            record_id = str(outcome["record_id"] or "")
            yield [*cells, outcome["status"], record_id, outcome["errors"]]


def _neighbours_swapped(lines: Iterator[Line]) -> Iterator[Line]:
    for line in lines:
        following = next(lines, None)
        if following is not None:
            yield following
        yield line
