"""The thread that works on jobs, batch by batch, one job at a time.

What a batch writes and what became of its rows are saved together, so a job that was cut off goes
on where it stopped.
"""

import logging
import threading
from contextlib import suppress
from itertools import islice
from typing import Final

from importer.practice.callbacks import announce
from importer.practice.columns import build_columns
from importer.practice.csv_files import UNREADABLE, CsvFile
from importer.practice.jobs import SUCCESS, Job, JobGoneError, Jobs
from importer.practice.results import write_result
from importer.practice.rows import RowJudge
from importer.practice.store import Store
from importer.practice.stored_records import StoredRecords
from importer.practice.trade_modules import MODULES
from importer.practice.uploads import Uploads

BATCH_ROWS: Final = 500
MAX_ROWS: Final = 25_000
LOOKS_EVERY_S: Final = 0.05
BREATH_S: Final = 0.002  # between batches, so that other writers get their turn

log = logging.getLogger(__name__)


class Worker:
    """Works on whatever job is ready, until told to stop."""

    def __init__(self, store: Store, uploads: Uploads, jobs: Jobs, address: str) -> None:
        self.store, self.uploads, self.jobs, self.address = store, uploads, jobs, address
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch in hand, no more."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(LOOKS_EVERY_S):
            job = self.jobs.next_ready()
            if job is not None:
                self._take_on(job)

    def _take_on(self, job: Job) -> None:
        try:
            code = self._work_on(job)
            if code is not None:
                self._end(job, code)
        except JobGoneError:
            log.info("Job %s was taken away while it ran.", job.id)
        except Exception:  # whatever one job does, the next must run
            log.exception("Job %s broke off.", job.id)
            with suppress(JobGoneError):
                self._end(job, "INTERNAL_ERROR")

    def _work_on(self, job: Job) -> str | None:
        """The code the job ends with; None if told to stop before the end."""
        self.jobs.start(job)
        csv_file = job.request.csv_file(self.uploads)
        try:
            rows = sum(1 for _ in csv_file.rows())
        except UNREADABLE:
            return "INVALID_FORMAT"
        if rows > MAX_ROWS:
            return "LIMIT_EXCEEDED"
        if not self._write_rows(job, csv_file):
            return None
        path = self.store.results_dir / f"{job.id}.zip"
        write_result(path, job, csv_file, self.jobs.outcomes(job))
        return SUCCESS

    def _end(self, job: Job, code: str) -> None:
        self.jobs.end(job, code)
        ended = self.jobs.get(job.id)
        if ended is not None and ended.request.callback_url is not None:
            announce(ended, self.address)

    def _write_rows(self, job: Job, csv_file: CsvFile) -> bool:
        """Judge the rows that were not judged yet; False if told to stop before the end."""
        judge = self._judge(job, csv_file)
        done = job.total
        rows = islice(csv_file.rows(), done, None)
        while batch := list(islice(rows, BATCH_ROWS)):
            if self._stopping.wait(BREATH_S):
                return False
            with self.store.transaction() as db:
                outcomes = [judge.take(row) for row in batch]
                self.jobs.record(db, job, done, outcomes)
            done += len(batch)
        return True

    def _judge(self, job: Job, csv_file: CsvFile) -> RowJudge:
        records, request = StoredRecords(self.store.db), job.request
        module = MODULES[request.module]
        return RowJudge(
            records,
            module,
            build_columns(records, module, request.mappings, csv_file.header()),
            operation=request.operation,
            find_by=request.find_by,
            ignore_empty=request.ignore_empty,
        )
