"""The checks on each resource of a job: its type, module, file, file name and key."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from importer.practice.api.errors import ApiError, invalid_data, missing_key
from importer.practice.bulk.csv_files import (
    CsvFile,
    UnknownEncodingError,
    UnsupportedFileError,
    open_csv_files,
)
from importer.practice.bulk.uploads import Uploads
from importer.practice.control.switches import Switches
from importer.practice.organisation.inventory_modules import INVENTORY
from importer.practice.organisation.module import Module
from importer.practice.organisation.modules import MODULES
from importer.practice.storage.store import parse_id

MAX_RESOURCES: Final = 100
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Given:
    """A resource as the caller gave it. The first has no parent, and is that of the others."""

    entry: Json
    place: int
    module_name: str
    version: str
    parent: Module | None

    @property
    def path(self) -> str:
        return f"$.resource[{self.place}]"

    @property
    def module(self) -> Module:
        return MODULES[self.module_name]


def given_resources(body: Json, version: str) -> list[Given]:
    """The resources, each of the right type and with the name of a module."""
    entries = body.get("resource")
    if entries is None:
        raise missing_key("resource", "$.resource")
    if not isinstance(entries, list) or not entries:
        raise invalid_data("resource", "$.resource", expected_data_type="jsonarray")
    if len(entries) > MAX_RESOURCES:
        raise ApiError("LIMIT_EXCEEDED", "too many resources", details={"limit": MAX_RESOURCES})
    if len(entries) > 1 and version == "v2":
        raise ApiError("NOT_ALLOWED", "a job of this version has one resource")
    names = [_module_name(entry, place, version) for place, entry in enumerate(entries)]
    parent = MODULES.get(names[0])
    return [
        Given(entry, place, name, version, parent if place else None)
        for place, (entry, name) in enumerate(zip(entries, names, strict=True))
    ]


def named_modules(body: Json) -> Iterator[Module]:
    """The modules that a request is about, as far as it can be read."""
    entries = body.get("resource")
    for entry in entries if isinstance(entries, list) else []:
        given = entry.get("module") if isinstance(entry, dict) else None
        name = given.get("api_name") if isinstance(given, dict) else given
        if isinstance(name, str) and name in MODULES:
            yield MODULES[name]


def _module_name(entry: object, place: int, version: str) -> str:
    """v2 names the module by a text, later versions by an object."""
    path = f"$.resource[{place}]"
    if not isinstance(entry, dict):
        raise invalid_data("resource", path, expected_data_type="jsonobject")
    if entry.get("type") is None:
        raise missing_key("type", f"{path}.type")
    if entry["type"] != "data":
        raise invalid_data("type", f"{path}.type", supported_values=["data"])
    given = entry.get("module")
    name = given.get("api_name") if isinstance(given, dict) and version != "v2" else given
    if name is None:
        raise missing_key("module", f"{path}.module")
    if not isinstance(name, str) or (name is given and version != "v2"):
        raise invalid_data("module", f"{path}.module")
    return name


def require_known_modules(given: Sequence[Given], switches: Switches) -> None:
    for one in given:
        if not _available(one, switches):
            raise ApiError(
                "MODULE_NOT_AVAILABLE", f"Requested module '{one.module_name}' is not available."
            )
    names = [one.module_name for one in given]
    if len(set(names)) < len(names):
        raise ApiError("DUPLICATE_DATA", "each module has one resource and one file")


def _available(given: Given, switches: Switches) -> bool:
    """A child must belong to the parent; the parent must be a module that bulk write takes."""
    module = MODULES.get(given.module_name)
    if module is None:
        return False
    if given.place:
        return given.parent is not None and module.link_to(given.parent) is not None
    if module.api_name in INVENTORY and switches.inventory_in_bulk == "refused":
        return False
    if module.kind == "subform":
        return given.version != "v2"
    return module.in_bulk and module.kind != "linking"


def shared_file_id(given: Sequence[Given], uploads: Uploads, switches: Switches) -> int:
    """The file id that all resources carry."""
    for one in given:
        if one.entry.get("file_id") is None:
            raise missing_key("file_id", f"{one.path}.file_id")
    first = str(given[0].entry["file_id"])
    known = parse_id(first)
    if known is None:
        raise ApiError("INVALID_FILE_ID", "improper file id")
    for one in given:
        if str(one.entry["file_id"]) != first:
            raise invalid_data("file_id", f"{one.path}.file_id")
    if not uploads.kept(known, switches.file_days):
        raise ApiError("FILE_NOT_FOUND", "The file was not uploaded, or is kept no longer.")
    if switches.file_reuse == "refused" and uploads.used(known):
        raise ApiError("ALREADY_USED", "another job has used the file")
    return known


def csv_files(
    archive: Path, given: Sequence[Given], encoding: object, *, alone: bool
) -> list[CsvFile]:
    """The file of each resource. A single one need not be named, and may have to be `alone`."""
    if encoding is not None and not isinstance(encoding, str):
        raise invalid_data("character_encoding", "$.character_encoding")
    names = [_file_name(one, needed=len(given) > 1) for one in given]
    try:
        return open_csv_files(archive, names, encoding or None, alone=alone)
    except UnsupportedFileError as error:
        raise ApiError("FILE_NOT_SUPPORTED", "File not supported for bulk write") from error
    except UnknownEncodingError as error:
        raise invalid_data("character_encoding", "$.character_encoding") from error


def _file_name(given: Given, *, needed: bool) -> str | None:
    names = given.entry.get("file_names")
    if names is None and not needed:
        return None
    if names is None:
        raise missing_key("file_names", f"{given.path}.file_names")
    if not isinstance(names, list) or [type(name) for name in names] != [str]:
        raise invalid_data("file_names", f"{given.path}.file_names")
    return str(names[0])


def find_by(given: Given, operation: str) -> str | None:
    """The field that rows are found by. A child's rows may be found by nothing."""
    key, path = given.entry.get("find_by"), f"{given.path}.find_by"
    if key is None:
        if operation == "insert" or given.parent is not None:
            return None
        raise ApiError(
            "MANDATORY_NOT_FOUND",
            "Required key find_by is not available",
            details={"api_name": "find_by", "json_path": path},
        )
    unique = set() if given.module.kind in ("subform", "linking") else given.module.key_fields
    supported = sorted(unique | {"id"})
    if key not in supported or (key == "id" and operation == "insert"):
        raise invalid_data("find_by", path, supported_values=supported)
    return str(key)
