"""Bulk write jobs: the request that starts one and the object that tells how it goes."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from importer.crm.schema import Operation

logger = logging.getLogger(__name__)

RESULT_KEPT_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """Where one field of a job's records comes from."""

    api_name: str
    index: int | None = None  # column of the CSV, counted from 0; None fills from `default` alone
    format: str | None = None  # of dates and date-times, in Java's letters: MM/dd/yyyy
    default: str | None = None  # for blank cells, or for all rows where there is no column
    find_by: str | None = None  # of a lookup: the target's field that the cells hold


@dataclass(frozen=True, slots=True)
class JobRequest:
    """One CSV file, uploaded before, and what is to happen with its rows."""

    module: str
    operation: Operation
    file_id: str
    file_name: str  # of the CSV inside the zip
    fields: tuple[FieldMapping, ...]
    find_by: str | None = None  # the field that tells whether a record exists
    ignore_empty: bool = True  # a blank cell leaves the CRM's value alone, otherwise erases it
    callback_url: str | None = None

    def to_json(self, api_version: str) -> dict[str, Any]:
        """The body that creates the job. v2 names the module by a string, later ones by an object.

        `ignore_empty` goes to both places that Zoho documents, since they disagree.
        """
        resource = {
            "type": "data",
            "module": self.module if api_version == "v2" else {"api_name": self.module},
            "file_id": self.file_id,
            "file_names": [self.file_name],
            "find_by": self.find_by,
            "ignore_empty": self.ignore_empty,
            "field_mappings": [_mapping_json(mapping) for mapping in self.fields],
        }
        callback = {"url": self.callback_url, "method": "post"} if self.callback_url else None
        return _given(
            {
                "operation": self.operation.value,
                "character_encoding": "UTF-8",
                "ignore_empty": self.ignore_empty,
                "callback": callback,
                "resource": [_given(resource)],
            }
        )


class JobState(StrEnum):
    """How far a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"  # also where every single row was skipped
    FAILED = "failed"


# Upper-case, without spaces and underscores: Zoho writes both INPROGRESS and IN PROGRESS.
_STATES = {
    "ADDED": JobState.QUEUED,
    "QUEUED": JobState.QUEUED,
    "INPROGRESS": JobState.RUNNING,
    "COMPLETED": JobState.DONE,
    "SKIPPED": JobState.DONE,
    "FAILED": JobState.FAILED,
    "FAILURE": JobState.FAILED,
}


@dataclass(frozen=True, slots=True)
class Job:
    """A bulk write job as the CRM tells of it; counts are None until it gives them."""

    id: str
    state: JobState
    code: str | None  # SUCCESS, or why the job failed
    created: int | None
    updated: int | None
    skipped: int | None
    total: int | None
    download_url: str | None  # of the result, absolute or relative; None until done
    created_at: datetime | None = None  # aware

    @property
    def awaits_result(self) -> bool:
        """Whether it is done, has no result yet, and is too young to have lost it again."""
        if self.state is not JobState.DONE or self.download_url or self.created_at is None:
            return False
        return datetime.now(UTC) - self.created_at < RESULT_KEPT_FOR


def job_from_json(body: dict[str, Any]) -> Job:
    """The job that an answer describes; `KeyError` or `ValueError` where it describes none."""
    resource: dict[str, Any] = next(iter(body.get("resource") or ()), {})
    file = resource.get("file") or {}
    return Job(
        id=str(body["id"]),
        state=_state(body["status"]),
        code=resource.get("code"),
        created=_count(file.get("added_count")),
        updated=_count(file.get("updated_count")),
        skipped=_count(file.get("skipped_count")),
        total=_count(file.get("total_count")),
        download_url=(body.get("result") or {}).get("download_url"),
        created_at=_moment(body.get("created_time")),
    )


def _state(status: str) -> JobState:
    """The job's state; one that we do not know is taken for running, so that we look again."""
    known = _STATES.get(status.upper().replace(" ", "").replace("_", ""))
    if known is None:
        logger.warning("The CRM gives a job the unknown state %r", status)
    return known or JobState.RUNNING


def _moment(text: Any) -> datetime | None:
    """The moment in ISO 8601 with its offset; None where the text is something else."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None


def _count(value: Any) -> int | None:
    return None if value is None else int(value)


def _mapping_json(mapping: FieldMapping) -> dict[str, Any]:
    return _given(
        {
            "api_name": mapping.api_name,
            "index": mapping.index,
            "format": mapping.format,
            "find_by": mapping.find_by,
            "default_value": None if mapping.default is None else {"value": mapping.default},
        }
    )


def _given(entries: dict[str, Any]) -> dict[str, Any]:
    """`entries` without those left out: Zoho documents no null in a request."""
    return {key: value for key, value in entries.items() if value is not None}
