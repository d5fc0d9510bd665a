"""Bulk write: a file is uploaded, a job started with it, watched, and its result fetched."""

import logging
from pathlib import Path

import httpx

from importer.crm.api import Api, detail, shape_expected
from importer.crm.errors import CrmRefused, CrmUnavailable
from importer.crm.jobs import Job, JobRequest, job_from_json

logger = logging.getLogger(__name__)

# What the file servers answer for an address that they do not know, or no longer; None where we
# did not ask, since the address is on no server of this CRM.
_LINK_NOT_VALID = {httpx.codes.BAD_REQUEST, httpx.codes.NOT_FOUND, None}


class BulkWrite:
    """The calls about bulk write jobs."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def upload(self, zip_path: Path, zgid: str) -> str:
        """Send a file for a job to use, and return its file id.

        May be called twice for one file: an upload that no job names has no effect.
        """
        session = self._api.session
        url = f"{session.hosts.upload}/crm/{self._api.version.name}/upload"
        headers = {"feature": "bulk-write", "X-CRM-ORG": zgid}
        return detail(session.upload(url, zip_path, "application/zip", headers), "file_id")

    def create(self, request: JobRequest) -> str:
        """Start a job and return its id. Never repeated: a second job would write every row again.

        Raises `CrmUnavailable` where the CRM surely took nothing (not reached, or 429),
        `CrmRefused` where it said no, and `OutcomeUnknown` where a job may have been started.
        """
        version = self._api.version
        if request.children and not version.several_files:
            # Sent all the same, the parents might be written without their children.
            raise CrmRefused(f"A job of API version {version.name} takes one file only")
        answer = self._api.session.send(
            "POST", self._api.bulk_url("write"), repeatable=False, json=request.to_json(version)
        )
        return detail(answer, "id", repeatable=False)

    def job(self, job_id: str) -> Job:
        """How far a job is."""
        answer = self._api.session.get(self._api.bulk_url("write", job_id))
        with shape_expected("the job"):
            return job_from_json(answer)

    def download(self, job: Job, target: Path) -> None:
        """Put a finished job's result, a zip, at `target`: whole, or not at all.

        Raises `CrmUnavailable` where the job has ended and its result is not there yet.
        """
        by_id = self._api.bulk_url("write", job.id, "result")
        address = job.download_url or by_id
        try:
            self._api.download(address, target)
        except CrmRefused as refusal:
            if refusal.status not in _LINK_NOT_VALID:
                raise
            if job.awaits_result:
                raise CrmUnavailable("The job's result is not there yet") from refusal
            if address == by_id:
                raise
            logger.info("Job %s has no result at its address; asking for it by id", job.id)
            self._api.download(by_id, target)
