"""Tells whoever asked for a callback that a job has ended."""

import logging
import threading
from typing import Any, Final

import httpx

from importer.practice.bulk.job_details import Telling, job_details
from importer.practice.bulk.jobs import COMPLETED, Job
from importer.practice.control.faults import (
    CALLBACK_DOUBLED,
    CALLBACK_FORGED,
    CALLBACK_LOST,
    Faults,
)

TRIES: Final = 2
TIMEOUT_S: Final = 5.0
FOREIGN: Final = "http://192.0.2.1"  # an address that is reserved for examples

log = logging.getLogger(__name__)


class Callbacks:
    """Sends them, each in a thread of its own: the next job is not kept waiting."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults

    def started(self, job: Job) -> None:
        """Nothing is told of it, unless a stranger claims that the job has ended."""
        if job.request.callback_url and self.faults.take([CALLBACK_FORGED], occasion(job)):
            claim = {"state": COMPLETED, "status": COMPLETED, "id": str(job.id)}
            result = {"download_url": f"{FOREIGN}/{job.id}.zip"}
            self._send(job.request.callback_url, {**claim, "result": result})

    def ended(self, job: Job, telling: Telling) -> None:
        url = job.request.callback_url
        if url is None or self.faults.take([CALLBACK_LOST], occasion(job)):
            return
        body = {**job_details(job, telling), "state": job.state}
        self._send(url, body)
        if self.faults.take([CALLBACK_DOUBLED], occasion(job)):
            self._send(url, body)

    def _send(self, url: str, body: dict[str, Any]) -> None:
        threading.Thread(target=_deliver, args=(url, body), daemon=True).start()


def occasion(job: Job) -> str:
    """What mishaps know a job by: `insert Leads`."""
    return f"{job.request.operation} {job.request.module}"


def _deliver(url: str, body: dict[str, Any]) -> None:
    for _ in range(TRIES):
        try:
            httpx.post(url, json=body, timeout=TIMEOUT_S).raise_for_status()
        except httpx.HTTPError as error:
            # The address may carry a token: the kind of failure is all that is logged.
            log.warning("The callback of job %s failed: %s", body["id"], type(error).__name__)
        else:
            return
