"""Reading many records as they are now, in the way that takes the fewest credits."""

import shutil
import time
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from importer.bulk.undoing import WATCHED
from importer.bulk.values import from_text
from importer.crm import coql, records
from importer.crm.bulk_read import Criterion, ReadJob, ReadRequest
from importer.crm.client import CrmClient
from importer.crm.errors import CrmRefused, CrmUnavailable
from importer.crm.jobs import JobState
from importer.crm.schema import Module
from importer.imports.running.waiting import growing

READ_CREDITS = 50  # Zoho CRM API, Create Bulk Read Job
READ_RECORDS = 200_000  # of one job
COQL_FIELDS = 49  # of one query, beside the id
READ_WITHIN_S = 3600.0
FIRST_LOOK_S, LONGEST_LOOK_S = 0.5, 15.0

Values = Mapping[str, Any]
Look = Callable[[Collection[str]], dict[str, Values]]  # ids to the records that are there


def key_credits(keys: int, fields: int, find_by: str) -> int:
    """What it takes to find records by their keys."""
    if find_by == "id":
        return -(-keys // records.PER_CALL) * -(-fields // records.FIELDS_PER_CALL)
    return -(-keys // coql.VALUES_PER_CALL) * -(-fields // COQL_FIELDS)


def read_credits(count: int) -> int:
    """What it takes to read all `count` records of a module."""
    return max(1, -(-count // READ_RECORDS)) * READ_CREDITS


def by_key(
    crm: CrmClient, module: Module, find_by: str, keys: Sequence[str], names: Sequence[str]
) -> dict[str, Values]:
    """The records whose field `find_by` has one of `keys`, by id, with the fields `names`."""
    if find_by == "id":
        return _by_id(crm, module.api_name, keys, names)
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(names), COQL_FIELDS):
        some = names[start : start + COQL_FIELDS]
        for record in crm.records.find(module.api_name, find_by, keys, some):
            found.setdefault(record.id, {}).update(record.values)
    return dict(found)


def of_all(
    crm: CrmClient, module: Module, find_by: str, keys: Sequence[str], names: Sequence[str]
) -> dict[str, Values]:
    """As `by_key`, out of all records of the module."""
    wanted = pl.Series(keys, dtype=pl.String).str.to_lowercase().implode()
    found: dict[str, Values] = {}
    for page in _pages(crm, ReadRequest(module.api_name, tuple({*names, find_by} - {"id"}))):
        key = pl.col(find_by).str.strip_chars().str.to_lowercase()
        found |= _values(page.filter(key.is_in(wanted)).collect(), module, names)
    return found


@contextmanager
def present(
    crm: CrmClient, module: Module, names: Sequence[str], count: int, since: datetime
) -> Iterator[Look]:
    """What looks up any of `count` records that were changed `since`, and who changed them last."""
    names = [*names, *WATCHED]

    def ask(ids: Collection[str]) -> dict[str, Values]:
        return _by_id(crm, module.api_name, ids, names)

    if key_credits(count, len(names), "id") <= 2 * READ_CREDITS:
        yield ask
        return
    with TemporaryDirectory(prefix="importer-") as folder:
        changed = Criterion("Modified_Time", "greater_equal", since.isoformat(timespec="seconds"))
        request = ReadRequest(module.api_name, tuple(names), (changed,))
        pages: list[Path] = []
        for page in _pages(crm, request):
            pages.append(Path(folder) / f"{len(pages)}.parquet")
            page.collect().write_parquet(pages[-1])

        def look(ids: Collection[str]) -> dict[str, Values]:
            wanted = pl.col("id").is_in(pl.Series(list(ids), dtype=pl.String).implode())
            found: dict[str, Values] = {}
            for path in pages:
                found |= _values(pl.scan_parquet(path).filter(wanted).collect(), module, names)
            return found | ask([one for one in ids if one not in found])

        yield look


def by_id(
    crm: CrmClient, module: Module, ids: Collection[str], names: Sequence[str]
) -> dict[str, Values]:
    """Those of the records with `ids` that are there, by id, and who changed each last."""
    return _by_id(crm, module.api_name, ids, [*names, *WATCHED])


def _by_id(
    crm: CrmClient, module: str, ids: Collection[str], names: Sequence[str]
) -> dict[str, Values]:
    return {record.id: record.values for record in crm.records.get(module, ids, names)}


def _pages(crm: CrmClient, request: ReadRequest | None) -> Iterator[pl.LazyFrame]:
    """What a bulk read finds, a page at a time: the column `id` and one of text a field."""
    while request:
        job = _ended(crm, crm.bulk_read.create(request))
        with TemporaryDirectory(prefix="importer-") as folder:
            archive, csv = Path(folder) / "read.zip", Path(folder) / "read.csv"
            crm.bulk_read.download(job, archive)
            with zipfile.ZipFile(archive) as opened, csv.open("wb") as file:
                [name] = opened.namelist()
                with opened.open(name) as entry:
                    shutil.copyfileobj(entry, file, 1024 * 1024)
            page = pl.scan_csv(csv, infer_schema=False)
            yield page.rename(dict.fromkeys(_ids(page), "id"))
        request = request.after(job)


def _ids(page: pl.LazyFrame) -> list[str]:
    return [name for name in page.collect_schema().names() if name.lower() == "id"]


def _ended(crm: CrmClient, job_id: str) -> ReadJob:
    deadline = time.monotonic() + READ_WITHIN_S
    looks = 0
    while time.monotonic() < deadline:
        job = crm.bulk_read.job(job_id)
        if job.state is JobState.DONE:
            return job
        if job.state is JobState.FAILED:
            raise CrmRefused(job.message or "The records could not be read", code=job.code or "")
        time.sleep(growing(FIRST_LOOK_S, 1.5, looks, LONGEST_LOOK_S))
        looks += 1
    raise CrmUnavailable("The records are still being read")


def _values(page: pl.DataFrame, module: Module, names: Sequence[str]) -> dict[str, Values]:
    """The lines of a bulk read as JSON of the CRM has them, by id."""
    fields = {name: module.field(name) for name in names if name not in (*WATCHED, "id")}
    return {
        line["id"]: {
            name: from_text(fields[name], line[name]) if name in fields else line[name]
            for name in names
        }
        for line in page.iter_rows(named=True)
    }
