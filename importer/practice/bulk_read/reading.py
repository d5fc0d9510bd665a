"""Writes the file of a bulk read, and tells of the job."""

import csv
import io
import logging
import threading
import zipfile
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import httpx

from importer.practice.bulk_read.read_request import chosen_records, next_page_token
from importer.practice.clock import CLOCK
from importer.practice.control.faults import JOB_FAILED, Faults
from importer.practice.errands.errands import Errand, ErrandGoneError, Errands, ErrandState
from importer.practice.organisation.company import CURRENT_USER
from importer.practice.records.conditions import Condition
from importer.practice.records.record_json import local_time
from importer.practice.storage.stored_records import StoredRecord, StoredRecords, Value

BATCH: Final = 1000
DOWNLOADS_A_MINUTE: Final = 10
CALLBACK_TIMEOUT_S: Final = 5.0
STATES: Final = {
    ErrandState.SCHEDULED: "ADDED",
    ErrandState.RUNNING: "IN PROGRESS",
    ErrandState.COMPLETED: "COMPLETED",
    ErrandState.FAILED: "FAILURE",
}
BROKEN_OFF: Final = {
    "status": "error",
    "code": "INTERNAL_ERROR",
    "message": "Internal Server Error",
    "details": {},
}
Json = dict[str, Any]

log = logging.getLogger(__name__)


class BrokenOffError(Exception):
    """The job fails because it was told to."""


class BulkReads:
    """The one step of a bulk read, where its file lies, and how often it may be taken."""

    def __init__(self, errands: Errands, faults: Faults) -> None:
        self.errands = errands
        self.faults = faults
        self._downloads: deque[float] = deque(maxlen=DOWNLOADS_A_MINUTE)

    def may_download(self) -> bool:
        """Count one more download, if the minute allows it."""
        now = CLOCK.time()
        full = len(self._downloads) == DOWNLOADS_A_MINUTE
        if full and now - self._downloads[0] < 60:
            return False
        self._downloads.append(now)
        return True

    def reset(self) -> None:
        """Forget the downloads so far."""
        self._downloads.clear()

    def path(self, errand: Errand) -> Path:
        return self.errands.store.results_dir / f"{errand.id}.zip"

    def read_all(self, errand: Errand) -> bool:
        """Write the file, whole or not at all; an interrupted one is written anew."""
        try:
            if self.faults.take([JOB_FAILED], f"read {errand.module.api_name}"):
                raise BrokenOffError
            self._write(errand)
        except ErrandGoneError:
            raise  # nobody waits for it any more
        except Exception:
            self._announce(replace(errand, state=ErrandState.FAILED))
            raise
        return False

    def _write(self, errand: Errand) -> None:
        unfinished = self.path(errand).with_suffix(".part")
        last_id, written = errand.last_id, 0
        with (
            zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive,
            archive.open(f"{errand.id}.csv", "w") as member,
            io.TextIOWrapper(member, encoding="utf-8", newline="") as text,
        ):
            names = errand.request["fields"]
            lines = csv.writer(text)
            lines.writerow(["id", *names])
            for record in self._records(errand):
                lines.writerow([str(record.id), *(_cell(record, name) for name in names)])
                last_id, written = record.id, written + 1
        unfinished.replace(self.path(errand))
        with self.errands.store.transaction() as db:
            self.errands.advance(db, errand, last_id, done=written)
        ended = replace(errand, state=ErrandState.COMPLETED, last_id=last_id, done=written)
        self._announce(ended)

    def details(self, errand: Errand) -> Json:
        """The job as the API tells of it."""
        request = errand.request
        query: Json = {
            "module": {"api_name": errand.module.api_name, "id": errand.module.id},
            "fields": request["fields"],
            "page": request["page"],
            "criteria": request["criteria"],
        }
        told: Json = {
            "id": str(errand.id),
            "operation": "read",
            "state": STATES[errand.state],
            "query": query,
            "created_by": {"id": CURRENT_USER.id, "name": CURRENT_USER.full_name},
            "created_time": errand.created_time,
            "file_type": "csv",
        }
        if errand.state is ErrandState.COMPLETED:
            told["result"] = self._result(errand)
        elif errand.state is ErrandState.FAILED:
            told["result"] = {"error_message": BROKEN_OFF}
        return told

    def _result(self, errand: Errand) -> Json:
        version = errand.request["version"]
        more = self._more(errand)
        return {
            "page": errand.request["page"],
            "per_page": errand.request["per_page"],
            "count": errand.done,
            "download_url": f"/crm/bulk/{version}/read/{errand.id}/result",
            "more_records": more,
            "next_page_token": next_page_token(errand.request, errand.last_id) if more else None,
        }

    def _more(self, errand: Errand) -> bool:
        """Whether there are records after the last one of this page."""
        if errand.done < errand.request["per_page"]:
            return False
        return bool(self._batch(errand, self._where(errand), errand.last_id, 0, 1))

    def _records(self, errand: Errand) -> Iterator[StoredRecord]:
        """The records of the page, by their ids."""
        request, where = errand.request, self._where(errand)
        left, after = request["per_page"], request["after"]
        offset = 0 if after else (request["page"] - 1) * left
        while left and (batch := self._batch(errand, where, after, offset, min(left, BATCH))):
            yield from batch
            after, offset, left = batch[-1].id, 0, left - len(batch)

    def _where(self, errand: Errand) -> Condition:
        return chosen_records(errand.module, errand.request)

    def _batch(
        self, errand: Errand, where: Condition, after: int, offset: int, limit: int
    ) -> list[StoredRecord]:
        return StoredRecords(self.errands.store.db).page(
            errand.module,
            f"{where.sql} AND id > ?",
            (*where.values, after),
            order="id",
            offset=offset,
            limit=limit,
        )

    def _announce(self, errand: Errand) -> None:
        url = errand.request["callback"]
        if url is not None:
            body = {"data": [self.details(errand)]}
            threading.Thread(target=_deliver, args=(url, body), daemon=True).start()


def _deliver(url: str, body: Json) -> None:
    try:
        httpx.post(url, json=body, timeout=CALLBACK_TIMEOUT_S).raise_for_status()
    except httpx.HTTPError as error:
        # The address may carry a token: the kind of failure is all that is logged.
        log.warning("The callback of a bulk read failed: %s", type(error).__name__)


def _cell(record: StoredRecord, name: str) -> str:
    """A value as the file has it: pointers by their ids, lists by semicolons."""
    match name:
        case "Created_By" | "Modified_By":
            return CURRENT_USER.id
        case "Created_Time":
            return local_time(record.created_time)
        case "Modified_Time":
            return local_time(record.modified_time)
    return _text(record.data.get(name))


def _text(value: Value) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case list():
            return ";".join(value)
        case _:
            return str(value)
