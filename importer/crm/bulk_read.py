"""Bulk read: up to 200,000 records at a time as a CSV file, made by a job."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from importer.crm.api import Api, detail, first, shape_expected
from importer.crm.jobs import JobState, job_state, moment
from importer.crm.versions import Version


@dataclass(frozen=True, slots=True)
class Criterion:
    """A comparison of a field with a value."""

    field: str  # API name
    comparator: str  # Zoho's word: equal, in, greater_equal, ...
    value: str | tuple[str, ...]  # several for in, not_in and between


@dataclass(frozen=True, slots=True)
class Group:
    """Criteria of which all must hold, or any; they may be groups again."""

    operator: Literal["and", "or"]
    criteria: tuple["Criterion | Group", ...]


Criteria = tuple[Criterion | Group, ...]  # all of which must hold, up to 25 comparisons


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """Which records to read, and which of their fields; the id is always read."""

    module: str
    fields: tuple[str, ...]  # API names, up to 200
    criteria: Criteria = ()
    view: str | None = None  # the id of a custom view; its records alone
    page: int = 1  # counted from 1
    page_token: str | None = None  # of the page, for versions that give one
    callback_url: str | None = None

    def to_json(self, version: Version) -> dict[str, Any]:
        """The body that creates the job."""
        query: dict[str, Any] = {
            "module": version.module(self.module),
            "fields": list(self.fields),
        }
        if self.criteria:
            query["criteria"] = criteria_json(self.criteria, version.criterion)
        if self.view:
            query["cvid"] = self.view
        query |= {"page_token": self.page_token} if self.page_token else {"page": self.page}
        if self.callback_url is None:
            return {"query": query}
        return {"query": query, "callback": {"url": self.callback_url, "method": "post"}}

    def after(self, job: "ReadJob") -> "ReadRequest | None":
        """The request for the page after the one that `job` has read; None if that was the last."""
        if not job.more:
            return None
        return replace(self, page=self.page + 1, page_token=job.next_page_token)


@dataclass(frozen=True, slots=True)
class ReadJob:
    """A bulk read job as the CRM tells of it."""

    id: str
    state: JobState
    count: int | None = None  # records read; None until done
    more: bool = False  # whether there are records after this page
    next_page_token: str | None = field(default=None, repr=False)
    download_url: str | None = None  # of the file, absolute or relative; None until done
    created_at: datetime | None = None  # aware
    code: str | None = None  # why the job failed
    message: str = ""


class BulkRead:
    """The calls about bulk read jobs. A second job does no harm, and costs 50 credits."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def create(self, request: ReadRequest) -> str:
        """Start a job and return its id."""
        body = request.to_json(self._api.version)
        answer = self._api.session.send("POST", self._api.bulk_url("read"), json=body)
        return detail(first(answer, "data"), "id")

    def job(self, job_id: str) -> ReadJob:
        """How far a job is."""
        told = first(self._api.session.get(self._api.bulk_url("read", job_id)), "data")
        with shape_expected("the job"):
            return _job(told)

    def download(self, job: ReadJob, target: Path) -> None:
        """Put a finished job's file, a zip with one CSV, at `target`: whole, or not at all.

        The CRM keeps it for a day, and gives ten of them a minute.
        """
        by_id = self._api.bulk_url("read", job.id, "result")
        self._api.download(job.download_url or by_id, target)


def _job(told: Mapping[str, Any]) -> ReadJob:
    result = told.get("result") or {}
    error = result.get("error_message") or {}
    count = result.get("count")
    token = result.get("next_page_token")
    return ReadJob(
        id=str(told["id"]),
        state=job_state(told["state"]),
        count=None if count is None else int(count),
        more=bool(result.get("more_records")),
        next_page_token=str(token) if token else None,
        download_url=result.get("download_url"),
        created_at=moment(told.get("created_time")),
        code=error.get("code"),
        message=error.get("message") or "",
    )


def criteria_json(criteria: Criteria, named: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """Criteria as JSON: the one there is, or a group of them all; `named` names a field."""
    [only] = criteria if len(criteria) == 1 else [Group("and", criteria)]
    if isinstance(only, Group):
        group = [criteria_json((one,), named) for one in only.criteria]
        return {"group_operator": only.operator, "group": group}
    return {
        **named(only.field),
        "comparator": only.comparator,
        "value": list(only.value) if isinstance(only.value, tuple) else only.value,
    }
