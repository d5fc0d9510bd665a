"""The thread that works on jobs, one at a time."""

import logging
from contextlib import suppress

from importer.practice.background import BackgroundWorker
from importer.practice.bulk.callbacks import Callbacks
from importer.practice.bulk.job_details import Telling
from importer.practice.bulk.job_work import Desk, JobWork
from importer.practice.bulk.jobs import ADDED, Ending, Job, JobGoneError, Jobs
from importer.practice.bulk.uploads import Uploads
from importer.practice.control.control import Control
from importer.practice.storage.store import Store

log = logging.getLogger(__name__)


class Worker(BackgroundWorker):
    """Works on whatever job is ready."""

    def __init__(
        self, store: Store, uploads: Uploads, jobs: Jobs, control: Control, address: str
    ) -> None:
        super().__init__("jobs")
        self.jobs, self.control, self.address = jobs, control, address
        self.callbacks = Callbacks(control.faults)
        self._desk = Desk(store, uploads, jobs, control, self.stopping)

    def look(self) -> None:
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
