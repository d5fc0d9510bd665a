"""The checks before a job is accepted; the first that fails is the answer.

They run in this order: operation, callback, resources with their types and modules, file, file
names, find_by, mappings, mandatory mappings.
"""

from typing import Any, Final
from urllib.parse import urlsplit

from importer.practice.api.errors import ApiError, invalid_data, missing_key
from importer.practice.bulk.job_mappings import parse_mappings
from importer.practice.bulk.job_request import JobRequest, Resource
from importer.practice.bulk.mandatory import require_key_column, require_mandatory
from importer.practice.bulk.resource_parsing import (
    Given,
    csv_files,
    find_by,
    given_resources,
    require_known_modules,
    shared_file_id,
)
from importer.practice.bulk.uploads import Uploads
from importer.practice.control.switches import Switches

OPERATIONS: Final = ("insert", "update", "upsert")
Json = dict[str, Any]


def parse(body: Json, version: str, uploads: Uploads, switches: Switches) -> JobRequest:
    """The request in `body`; `ApiError` with the code of the first check that fails."""
    operation = _operation(body)
    callback = body.get("callback") or body.get("callBack")
    if callback is None and version == "v2" and switches.v2_callback == "required":
        raise missing_key("callback", "$.callback")
    callback_url = _callback_url(callback, version)
    given = given_resources(body, version)
    require_known_modules(given, switches)
    file_id = shared_file_id(given, uploads, switches)
    archive, encoding = uploads.path(file_id), body.get("character_encoding")
    files = csv_files(archive, given, encoding, alone=switches.surplus_files == "refuse")
    keys = [find_by(one, operation) for one in given]
    everywhere = body.get("ignore_empty") is True
    header = files[0].header()
    resources = tuple(
        Resource(
            module=one.module.api_name,
            operation=_deed(one, operation, key),
            file_name=file.member,
            encoding=file.encoding,
            delimiter=file.delimiter,
            find_by=key,
            ignore_empty=everywhere or one.entry.get("ignore_empty") is True,
            mappings=parse_mappings(one, operation, file.header(), header),
        )
        for one, file, key in zip(given, files, keys, strict=True)
    )
    for place, resource in enumerate(resources):
        require_key_column(resource, place)
        require_mandatory(resources, place, by_layout=switches.layout_mandatory == "refuse")
    return JobRequest(operation, str(file_id), callback_url, everywhere, resources)


def _deed(given: Given, operation: str, key: str | None) -> str:
    """A child's rows that are found by nothing are new, whatever becomes of the parent's."""
    return "insert" if given.parent is not None and key is None else operation


def _operation(body: Json) -> str:
    operation = body.get("operation")
    if operation is None:
        raise missing_key("operation", "$.operation")
    if operation not in OPERATIONS:
        raise invalid_data("operation", "$.operation", supported_values=list(OPERATIONS))
    return str(operation)


def _callback_url(callback: object, version: str) -> str | None:
    """The address to tell of the end. Only later versions name what is wrong with it."""
    if callback is None:
        return None
    if not isinstance(callback, dict):
        raise invalid_data("callback", "$.callback", expected_data_type="jsonobject")
    for key in ("url", "method"):
        if not callback.get(key):
            raise missing_key(key, f"$.callback.{key}")
    if str(callback["method"]).lower() != "post":
        if version == "v2":
            raise invalid_data("method", "$.callback.method", supported_values=["post"])
        details = {"supported_callback_methods": ["post"]}
        raise ApiError("INVALID_CALLBACK_METHOD", "invalid callback method", details=details)
    url = str(callback["url"])
    if not _is_web_address(url):
        if version != "v8":
            raise invalid_data("url", "$.callback.url")
        raise ApiError("INVALID_CALLBACK_URL", "invalid callback url")
    return url


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
