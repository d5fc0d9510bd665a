"""Tells whoever asked for a callback that a job has ended."""

import logging
import threading

import httpx

from importer.practice.job_details import job_details
from importer.practice.jobs import Job

TRIES = 2
TIMEOUT_S = 5.0

log = logging.getLogger(__name__)


def announce(job: Job, address: str) -> None:
    """POST the job to its callback, without keeping the next job waiting."""
    threading.Thread(target=_deliver, args=(job, address), daemon=True).start()


def _deliver(job: Job, address: str) -> None:
    if job.request.callback_url is None:
        return
    body = {**job_details(job, address), "state": job.state}
    for _ in range(TRIES):
        try:
            httpx.post(job.request.callback_url, json=body, timeout=TIMEOUT_S).raise_for_status()
        except httpx.HTTPError as error:
            # The address may carry a token: the kind of failure is all that is logged.
            log.warning("The callback of job %s failed: %s", job.id, type(error).__name__)
        else:
            return
