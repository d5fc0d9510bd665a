"""The result of a job: an archive with what became of each row."""

import csv
import io
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from importer.practice.csv_files import CsvFile
from importer.practice.jobs import Job

ECHOED_COLUMNS: Final = 3
RESULT_COLUMNS: Final = ("STATUS", "RECORD_ID", "ERRORS")


def write_result(path: Path, job: Job, csv_file: CsvFile, outcomes: Iterable[sqlite3.Row]) -> None:
    """Write the archive at `path`, whole or not at all."""
    unfinished = path.with_suffix(".part")
    with (
        zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(f"{job.request.module}-{job.request.file_name}", "w") as member,
        io.TextIOWrapper(member, encoding="utf-8", newline="") as text,
    ):
        csv.writer(text).writerows(_lines(job, csv_file, outcomes))
    unfinished.replace(path)


def _lines(job: Job, csv_file: CsvFile, outcomes: Iterable[sqlite3.Row]) -> Iterator[list[str]]:
    echoed = [m.index for m in job.request.mappings if m.index is not None][:ECHOED_COLUMNS]
    header = csv_file.header()
    yield [*(header[index] for index in echoed), *RESULT_COLUMNS]
    for row, outcome in zip(csv_file.rows(), outcomes, strict=True):
        cells = [row[index] if index < len(row) else "" for index in echoed]
        yield [*cells, outcome["status"], str(outcome["record_id"] or ""), outcome["errors"]]
