"""Bulk write jobs: the request that starts one and the object that tells how it goes."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from importer.crm.schema import Operation
from importer.crm.versions import Version, name_of

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
    parent_index: int | None = None  # column of the parent's CSV that the cells refer to


@dataclass(frozen=True, slots=True)
class ChildFile:
    """A CSV file in the same zip whose rows hang on the parent's, and become records of their own.

    Its module is that of a subform or of line items, where `Parent_Id` is the field with a
    `parent_index`; or the linking module of a multi-select lookup, where its lookup to the parent
    is. Parents and children find each other by equal values in the two columns.
    """

    module: str
    file_name: str
    fields: tuple[FieldMapping, ...]


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
    children: tuple[ChildFile, ...] = ()

    def to_json(self, version: Version) -> dict[str, Any]:
        """The body that creates the job.

        `ignore_empty` goes to both places that Zoho documents, since they disagree.
        """
        callback = {"url": self.callback_url, "method": "post"} if self.callback_url else None
        return _given(
            {
                "operation": self.operation.value,
                "character_encoding": "UTF-8",
                "ignore_empty": self.ignore_empty,
                "callback": callback,
                "resource": [
                    self._resource(version, self.module, self.file_name, self.fields, self.find_by),
                    *(
                        self._resource(version, child.module, child.file_name, child.fields)
                        for child in self.children
                    ),
                ],
            }
        )

    def _resource(
        self,
        version: Version,
        module: str,
        file_name: str,
        fields: tuple[FieldMapping, ...],
        find_by: str | None = None,
    ) -> dict[str, Any]:
        blank_rule = version.blank_rule(self.ignore_empty)
        return _given(
            {
                "type": "data",
                "module": version.module(module),
                "file_id": self.file_id,
                "file_names": version.file_names(file_name),
                "find_by": find_by,
                "ignore_empty": self.ignore_empty,
                "field_mappings": [_mapping_json(field, blank_rule) for field in fields],
            }
        )


class JobState(StrEnum):
    """How far a job is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"  # also where every single row was skipped
    FAILED = "failed"


# Upper-case, without spaces and underscores: Zoho writes both INPROGRESS and IN PROGRESS. Bulk
# write, bulk read and mass actions have words of their own for the same.
_STATES = {
    "ADDED": JobState.QUEUED,
    "QUEUED": JobState.QUEUED,
    "SCHEDULED": JobState.QUEUED,
    "INPROGRESS": JobState.RUNNING,
    "RUNNING": JobState.RUNNING,
    "COMPLETED": JobState.DONE,
    "SKIPPED": JobState.DONE,
    "FAILED": JobState.FAILED,
    "FAILURE": JobState.FAILED,
}
# What a file's code says where the file is not why the job failed.
_NO_REASON = {None, "ADDED", "INPROGRESS", "SKIPPED", "SUCCESS"}


@dataclass(frozen=True, slots=True)
class ChildProgress:
    """How a job fared with the file of one child; counts are None until the CRM gives them."""

    module: str | None
    code: str | None  # SUCCESS, or why it failed
    created: int | None
    skipped: int | None
    total: int | None


@dataclass(frozen=True, slots=True)
class Job:
    """A bulk write job as the CRM tells of it; counts are None until it gives them."""

    id: str
    state: JobState
    code: str | None  # SUCCESS, or why the job failed
    created: int | None  # records, as all counts; of the parent, where there are children
    updated: int | None
    skipped: int | None
    total: int | None
    download_url: str | None  # of the result, absolute or relative; None until done
    created_at: datetime | None = None  # aware
    module: str | None = None  # API name
    operation: str | None = None  # in Zoho's words
    children: tuple[ChildProgress, ...] = ()

    @property
    def awaits_result(self) -> bool:
        """Whether it is done, has no result yet, and is too young to have lost it again."""
        if self.state is not JobState.DONE or self.download_url or self.created_at is None:
            return False
        return datetime.now(UTC) - self.created_at < RESULT_KEPT_FOR


def job_from_json(body: dict[str, Any]) -> Job:
    """The job that an answer describes; `KeyError` or `ValueError` where it describes none."""
    parent, *children = body.get("resource") or [{}]
    state, file = job_state(body["status"]), parent.get("file") or {}
    return Job(
        id=str(body["id"]),
        state=state,
        code=_reason([parent, *children]) if state is JobState.FAILED else parent.get("code"),
        created=_count(file.get("added_count")),
        updated=_count(file.get("updated_count")),
        skipped=_count(file.get("skipped_count")),
        total=_count(file.get("total_count")),
        download_url=(body.get("result") or {}).get("download_url"),
        created_at=moment(body.get("created_time")),
        module=name_of(parent.get("module")),
        operation=body.get("operation"),
        children=tuple(_child(resource) for resource in children),
    )


def _child(resource: dict[str, Any]) -> ChildProgress:
    file = resource.get("file") or {}
    return ChildProgress(
        module=name_of(resource.get("module")),
        code=resource.get("code"),
        created=_count(file.get("added_count")),
        skipped=_count(file.get("skipped_count")),
        total=_count(file.get("total_count")),
    )


def _reason(resources: list[dict[str, Any]]) -> str | None:
    """Why a job failed: one file's code; the others' say that they were left out, or well."""
    codes = [resource.get("code") for resource in resources]
    return next((code for code in codes if code not in _NO_REASON), codes[0])


def job_state(status: str) -> JobState:
    """The job's state; one that we do not know is taken for running, so that we look again."""
    known = _STATES.get(status.upper().replace(" ", "").replace("_", ""))
    if known is None:
        logger.warning("The CRM gives a job the unknown state %r", status)
    return known or JobState.RUNNING


def moment(text: Any) -> datetime | None:
    """The moment in ISO 8601 with its offset; None where the text is something else."""
    try:
        read = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return read if read.tzinfo else None


def _count(value: Any) -> int | None:
    return None if value is None else int(value)


def _mapping_json(mapping: FieldMapping, blank_rule: bool | None) -> dict[str, Any]:
    return _given(
        {
            "api_name": mapping.api_name,
            "index": mapping.index,
            "format": mapping.format,
            "find_by": mapping.find_by,
            "parent_column_index": mapping.parent_index,
            "ignore_empty": blank_rule,
            "default_value": None if mapping.default is None else {"value": mapping.default},
        }
    )


def _given(entries: dict[str, Any]) -> dict[str, Any]:
    """`entries` without those left out: Zoho documents no null in a request."""
    return {key: value for key, value in entries.items() if value is not None}
