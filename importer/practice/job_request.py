"""What a bulk write job is asked to do, and the checks before it is accepted.

The checks run in this order, and the first that fails is the answer: operation, callback,
resource with its type and module, file, file names, find_by, mappings, mandatory mappings.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from importer.practice.api_errors import ApiError, invalid_data, missing_key
from importer.practice.csv_files import (
    CsvFile,
    UnknownEncodingError,
    UnsupportedFileError,
    open_csv,
)
from importer.practice.job_mappings import Mapping, parse_mappings, required_fields
from importer.practice.modules import Module
from importer.practice.store import parse_id
from importer.practice.trade_modules import MODULES
from importer.practice.uploads import Uploads

OPERATIONS: Final = ("insert", "update", "upsert")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class JobRequest:
    """An accepted request, with what was found out about its file."""

    operation: str
    module: str
    file_id: str
    file_name: str
    encoding: str
    delimiter: str
    find_by: str | None
    ignore_empty: bool
    mappings: tuple[Mapping, ...]
    callback_url: str | None

    def csv_file(self, uploads: Uploads) -> CsvFile:
        return CsvFile(
            uploads.path(int(self.file_id)), self.file_name, self.encoding, self.delimiter
        )

    def dump(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str) -> "JobRequest":
        values = json.loads(text)
        mappings = tuple(Mapping(**mapping) for mapping in values.pop("mappings"))
        return cls(mappings=mappings, **values)


def parse(body: Json, version: str, uploads: Uploads) -> JobRequest:
    """The request in `body`; `ApiError` with the code of the first check that fails."""
    operation = _operation(body)
    callback_url = _callback_url(body.get("callback") or body.get("callBack"))
    resource = _resource(body)
    module = _module(resource, version)
    archive = _archive(resource, uploads)
    csv_file = _csv_file(archive, resource.get("file_names"), body.get("character_encoding"))
    find_by = _find_by(resource, operation, module)
    mappings = parse_mappings(resource.get("field_mappings"), module, operation, csv_file.header())
    _require_key_column(find_by, mappings)
    _require_mandatory(operation, module, mappings)
    return JobRequest(
        operation=operation,
        module=module.api_name,
        file_id=str(resource["file_id"]),
        file_name=csv_file.member,
        encoding=csv_file.encoding,
        delimiter=csv_file.delimiter,
        find_by=find_by,
        ignore_empty=_ignore_empty(body, resource),
        mappings=mappings,
        callback_url=callback_url,
    )


def _operation(body: Json) -> str:
    operation = body.get("operation")
    if operation is None:
        raise missing_key("operation", "$.operation")
    if operation not in OPERATIONS:
        raise invalid_data("operation", "$.operation", supported_values=list(OPERATIONS))
    return str(operation)


def _callback_url(callback: object) -> str | None:
    if callback is None:
        return None
    if not isinstance(callback, dict):
        raise invalid_data("callback", "$.callback", expected_data_type="jsonobject")
    for key in ("url", "method"):
        if not callback.get(key):
            raise missing_key(key, f"$.callback.{key}")
    if str(callback["method"]).lower() != "post":
        raise ApiError(
            "INVALID_CALLBACK_METHOD",
            "invalid callback method",
            details={"supported_callback_methods": ["post"]},
        )
    url = str(callback["url"])
    if not _is_web_address(url):
        raise ApiError("INVALID_CALLBACK_URL", "invalid callback url")
    return url


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _resource(body: Json) -> Json:
    resources = body.get("resource")
    if resources is None:
        raise missing_key("resource", "$.resource")
    if not isinstance(resources, list) or not resources or not isinstance(resources[0], dict):
        raise invalid_data("resource", "$.resource", expected_data_type="jsonarray")
    if len(resources) > 1:
        raise ApiError("NOT_ALLOWED", "a job of the practice CRM has one resource")
    resource: Json = resources[0]
    if resource.get("type") is None:
        raise missing_key("type", "$.resource[0].type")
    if resource["type"] != "data":
        raise invalid_data("type", "$.resource[0].type", supported_values=["data"])
    return resource


def _module(resource: Json, version: str) -> Module:
    """v2 names the module by a text, later versions by an object."""
    given = resource.get("module")
    name = given.get("api_name") if isinstance(given, dict) and version != "v2" else given
    if name is None:
        raise missing_key("module", "$.resource[0].module")
    if not isinstance(name, str):
        raise invalid_data("module", "$.resource[0].module")
    if name not in MODULES:
        raise ApiError("MODULE_NOT_AVAILABLE", f"Requested module '{name}' is not available.")
    return MODULES[name]


def _archive(resource: Json, uploads: Uploads) -> Path:
    file_id = resource.get("file_id")
    if file_id is None:
        raise missing_key("file_id", "$.resource[0].file_id")
    known = parse_id(str(file_id))
    if known is None:
        raise ApiError("INVALID_FILE_ID", "improper file id")
    if not uploads.kept(known):
        raise ApiError("FILE_NOT_FOUND", "The file was not uploaded, or is kept no longer.")
    return uploads.path(known)


def _csv_file(archive: Path, file_names: object, encoding: object) -> CsvFile:
    if file_names is not None and not (
        isinstance(file_names, list) and [type(name) for name in file_names] == [str]
    ):
        raise invalid_data("file_names", "$.resource[0].file_names")
    try:
        return open_csv(
            archive,
            file_names[0] if isinstance(file_names, list) else None,
            str(encoding) if encoding else None,
        )
    except UnsupportedFileError as error:
        raise ApiError("FILE_NOT_SUPPORTED", "File not supported for bulk write") from error
    except UnknownEncodingError as error:
        raise invalid_data("character_encoding", "$.character_encoding") from error


def _find_by(resource: Json, operation: str, module: Module) -> str | None:
    find_by = resource.get("find_by")
    if find_by is None:
        if operation == "insert":
            return None
        raise ApiError(
            "MANDATORY_NOT_FOUND",
            "Required key find_by is not available",
            details={"api_name": "find_by", "json_path": "$.resource[0].find_by"},
        )
    supported = sorted(module.key_fields | {"id"})
    if find_by not in supported or (find_by == "id" and operation == "insert"):
        raise invalid_data("find_by", "$.resource[0].find_by", supported_values=supported)
    return str(find_by)


def _require_key_column(find_by: str | None, mappings: tuple[Mapping, ...]) -> None:
    columns = {mapping.api_name for mapping in mappings if mapping.index is not None}
    if find_by is not None and find_by not in columns:
        raise ApiError(
            "MANDATORY_NOT_FOUND",
            f"The find_by field {find_by} is not mapped to a column",
            details={"api_name": find_by, "json_path": "$.resource[0].field_mappings"},
        )


def _require_mandatory(operation: str, module: Module, mappings: tuple[Mapping, ...]) -> None:
    """Whoever may create records must map what the layout asks for."""
    if operation == "update":
        return
    mapped = {mapping.api_name for mapping in mappings}
    lacking = [f.api_name for f in required_fields(module, mappings) if f.api_name not in mapped]
    if lacking:
        raise ApiError(
            "MANDATORY_FIELDS_NOT_MAPPED",
            f"All mandatory fields are not mapped for the layout [{','.join(lacking)}]",
        )


def _ignore_empty(body: Json, resource: Json) -> bool:
    """Known at the top and in the resource; either will do."""
    return body.get("ignore_empty") is True or resource.get("ignore_empty") is True
