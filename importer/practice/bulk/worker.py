"""The thread that works on jobs, one at a time."""

import logging
import threading
from contextlib import suppress
from typing import Final

from importer.practice.bulk.callbacks import Callbacks
from importer.practice.bulk.job_details import Telling
from importer.practice.bulk.job_work import Desk, JobWork
from importer.practice.bulk.jobs import ADDED, Ending, Job, JobGoneError, Jobs
from importer.practice.bulk.uploads import Uploads
from importer.practice.control.control import Control
from importer.practice.storage.store import Store

LOOKS_EVERY_S: Final = 0.05

log = logging.getLogger(__name__)


class Worker:
    """Works on whatever job is ready, until told to stop."""

    def __init__(
        self, store: Store, uploads: Uploads, jobs: Jobs, control: Control, address: str
    ) -> None:
        self.jobs, self.control, self.address = jobs, control, address
        self.callbacks = Callbacks(control.faults)
        self._stopping = threading.Event()
        self._desk = Desk(store, uploads, jobs, control, self._stopping)
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
            self.jobs.start(job)
            if job.state == ADDED:
                self.callbacks.started(job)
            ending = JobWork(self._desk, job).do()
            if ending is not None:
                self._end(job, ending)
        except JobGoneError:
            log.info("Job %s was taken away while it ran.", job.id)
        except Exception:  # whatever one job does, the next must run
            log.exception("Job %s broke off.", job.id)
            with suppress(JobGoneError):
                self._end(job, Ending("INTERNAL_ERROR"))

    def _end(self, job: Job, ending: Ending) -> None:
        self.jobs.end(job, ending)
        ended = self.jobs.get(job.id)
        if ended is not None:
            self.callbacks.ended(ended, Telling(self.address, self.control.switches))
