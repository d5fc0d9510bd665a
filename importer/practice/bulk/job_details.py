"""A job as the API tells of it."""

from dataclasses import dataclass
from typing import Any

from importer.practice.bulk.job_request import Resource
from importer.practice.bulk.jobs import ADDED, COMPLETED, FAILED, RUNNING, SUCCESS, Job, JobFile
from importer.practice.control.switches import Switches
from importer.practice.judging.mapping import Mapping
from importer.practice.organisation.company import CURRENT_USER, ZGID
from importer.practice.organisation.modules import MODULES

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Telling:
    """To whom a job is told: at which address of ours, in which version, in which spelling."""

    address: str
    switches: Switches
    version: str = "v7"

    def spelled(self, state: str) -> str:
        return self.switches.running_state if state == RUNNING else state


def job_details(job: Job, telling: Telling) -> Json:
    """The job object."""
    details: Json = {
        "status": telling.spelled(job.state),
        "character_encoding": _encoding(job),
        "resource": [
            _resource(job, resource, file, telling)
            for resource, file in zip(job.request.resources, job.files, strict=True)
        ],
        "id": str(job.id),
        "ignore_empty": job.request.ignore_empty or job.request.resources[0].ignore_empty,
        "operation": job.request.operation,
        "created_by": {"id": CURRENT_USER.id, "name": CURRENT_USER.full_name},
        "created_time": job.created_time,
    }
    if job.request.callback_url:
        details["callback"] = {"url": job.request.callback_url, "method": "post"}
    if job.has_result(telling.switches.result_days):
        details["result"] = {"download_url": _download_url(job, telling)}
    return details


def _download_url(job: Job, telling: Telling) -> str:
    path = f"/{telling.version}/crm/{ZGID}/bulk-write/{job.id}/{job.id}.zip"
    return path if telling.switches.download_url == "relative" else f"{telling.address}{path}"


def _encoding(job: Job) -> str:
    """The name people know: the codec that skips a byte order mark is still UTF-8."""
    return job.request.resources[0].encoding.removesuffix("-sig").upper()


def _resource(job: Job, resource: Resource, file: JobFile, telling: Telling) -> Json:
    module, state = MODULES[resource.module], _state(job, file)
    named: Json = {"api_name": module.api_name, "id": module.id}
    details = {
        "status": telling.spelled(state),
        "code": file.code,
        "type": "data",
        "module": module.api_name if telling.version == "v2" else named,
        "file_id": job.request.file_id,
        "file_names": [resource.file_name],
        "find_by": resource.find_by,
        "ignore_empty": resource.ignore_empty,
        "field_mappings": [_mapping(mapping) for mapping in resource.mappings],
        "file": {
            "status": telling.spelled(_file_state(state, file)),
            **_counts(job, resource, file),
        },
    }
    if telling.version == "v2":
        del details["code"]
    return details


def _state(job: Job, file: JobFile) -> str:
    """As Zoho has it, a resource is already under way while its job waits."""
    if file.code in (ADDED, RUNNING):
        return RUNNING
    if job.state == COMPLETED or file.code == SUCCESS:
        return COMPLETED
    return FAILED


def _file_state(state: str, file: JobFile) -> str:
    return "SKIPPED" if state == FAILED and not file.total else state


def _counts(job: Job, resource: Resource, file: JobFile) -> Json:
    if job.state == ADDED:
        return {}
    return {
        "name": resource.file_name,
        "added_count": file.added,
        "updated_count": file.updated,
        "skipped_count": file.skipped,
        "total_count": file.total,
    }


def _mapping(mapping: Mapping) -> Json:
    default = {"name": None, "module": None, "value": mapping.default}
    return {
        "api_name": mapping.api_name,
        "index": mapping.index,
        "format": mapping.format,
        "find_by": mapping.find_by,
        "module": None,
        "parent_column_index": mapping.parent_column_index,
        "default_value": None if mapping.default is None else default,
    }
