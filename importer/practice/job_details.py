"""A job as the API tells of it."""

from typing import Any

from importer.practice.job_mappings import Mapping
from importer.practice.jobs import ADDED, COMPLETED, FAILED, RUNNING, Job
from importer.practice.organisation import CURRENT_USER, ZGID
from importer.practice.trade_modules import MODULES

Json = dict[str, Any]


def job_details(job: Job, address: str, version: str = "v7") -> Json:
    """The job object; `address` is where the practice CRM is reached, for the download."""
    details: Json = {
        "status": job.state,
        "character_encoding": _encoding(job),
        "resource": [_resource(job, version)],
        "id": str(job.id),
        "ignore_empty": job.request.ignore_empty,
        "operation": job.request.operation,
        "created_by": {"id": CURRENT_USER.id, "name": CURRENT_USER.full_name},
        "created_time": job.created_time,
    }
    if job.request.callback_url:
        details["callback"] = {"url": job.request.callback_url, "method": "post"}
    if job.state == COMPLETED:
        details["result"] = {"download_url": f"{address}{result_path(job, version)}"}
    return details


def result_path(job: Job, version: str = "v7") -> str:
    return f"/{version}/crm/{ZGID}/bulk-write/{job.id}/{job.id}.zip"


def _encoding(job: Job) -> str:
    """The name people know: the codec that skips a byte order mark is still UTF-8."""
    return job.request.encoding.removesuffix("-sig").upper()


def _resource(job: Job, version: str) -> Json:
    request = job.request
    module = MODULES[request.module]
    # As Zoho has it, a resource is already under way while its job waits.
    state = RUNNING if job.state == ADDED else job.state
    return {
        "status": state,
        "code": job.code,
        "type": "data",
        "module": module.api_name
        if version == "v2"
        else {"api_name": module.api_name, "id": module.id},
        "file_id": request.file_id,
        "file_names": [request.file_name],
        "find_by": request.find_by,
        "ignore_empty": request.ignore_empty,
        "field_mappings": [_mapping(mapping) for mapping in request.mappings],
        "file": {"status": _file_state(job, state), **_counts(job)},
    }


def _file_state(job: Job, state: str) -> str:
    return "SKIPPED" if job.state == FAILED and not job.total else state


def _counts(job: Job) -> Json:
    if job.state == ADDED:
        return {}
    return {
        "name": job.request.file_name,
        "added_count": job.added,
        "updated_count": job.updated,
        "skipped_count": job.skipped,
        "total_count": job.total,
    }


def _mapping(mapping: Mapping) -> Json:
    default = {"name": None, "module": None, "value": mapping.default}
    return {
        "api_name": mapping.api_name,
        "index": mapping.index,
        "format": mapping.format,
        "find_by": mapping.find_by,
        "module": None,
        "parent_column_index": None,
        "default_value": None if mapping.default is None else default,
    }
