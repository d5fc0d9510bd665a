"""The result of a job: an archive with a file for each file, and what became of each row."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from importer.practice.bulk.csv_files import CsvFile
from importer.practice.bulk.job_request import Resource
from importer.practice.bulk.jobs import Line

ECHOED_COLUMNS: Final = 3
RESULT_COLUMNS: Final = ("STATUS", "RECORD_ID", "ERRORS")
UNPROCESSED: Final = ("UNPROCESSED", "", "")


@dataclass(frozen=True, slots=True)
class ResultShape:
    """What is wrong with a result."""

    disordered: bool = False
    missing_row: int | None = None  # the first being 1
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class FileResult:
    """One file of the job, with a line for each row that was judged: all, if it is `complete`."""

    resource: Resource
    csv_file: CsvFile
    echoed: Sequence[int]
    outcomes: Iterable[Line]
    complete: bool


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


def echoed_columns(resource: Resource, order: str) -> list[int]:
    """The columns that the result repeats: the first three by the mappings, or in the `file`."""
    indexes = [m.index for m in resource.mappings if m.index is not None]
    return (sorted(indexes) if order == "file" else indexes)[:ECHOED_COLUMNS]


def echo(row: Sequence[str], columns: Sequence[int]) -> Line:
    """The cells of a row that the result repeats."""
    return [row[index] if index < len(row) else "" for index in columns]


def _lines(file: FileResult, shape: ResultShape) -> Iterator[Line]:
    yield [*echo(file.csv_file.header(), file.echoed), *RESULT_COLUMNS]
    lines = _row_lines(file)
    if shape.missing_row is not None:
        lines = (line for n, line in enumerate(lines, start=1) if n != shape.missing_row)
    yield from _neighbours_swapped(lines) if shape.disordered else lines


def _row_lines(file: FileResult) -> Iterator[Line]:
    """A line for each row; those that nobody came to are unprocessed."""
    judged = 0
    for line in file.outcomes:
        yield line
        judged += 1
    if not file.complete:
        for row in islice(file.csv_file.rows(), judged, None):
            yield [*echo(row, file.echoed), *UNPROCESSED]


def _neighbours_swapped(lines: Iterator[Line]) -> Iterator[Line]:
    for line in lines:
        following = next(lines, None)
        if following is not None:
            yield following
        yield line
