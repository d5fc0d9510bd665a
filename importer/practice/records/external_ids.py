"""Records told by an id of another system: the header `X-EXTERNAL: Accounts.Customer_Number`.

The header names external fields, apart by commas: of the records of the call themselves, or of
those they point at (`Contacts.Account_Name.Customer_Number`, in rows of theirs one step further).
What may point at several modules says which: `Tasks.What_Id->Accounts.Customer_Number`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from importer.practice.api.calls import Call
from importer.practice.api.errors import ApiError
from importer.practice.organisation.fields import Field
from importer.practice.organisation.module import Module
from importer.practice.organisation.modules import MODULES
from importer.practice.records.record_writing import invalid_id
from importer.practice.storage.stored_records import StoredRecords

HEADER: Final = "X-EXTERNAL"
Json = dict[str, Any]


class ExternalIds:
    """What the header of a call says."""

    def __init__(self, call: Call) -> None:
        self.module = call.module
        text = call.request.headers.get(HEADER) or ""
        self.paths = [self._path(part.strip()) for part in text.split(",") if part.strip()]
        self.own = next((path[0] for path in self.paths if len(path) == 1), None)

    def record_id(self, records: StoredRecords, text: str) -> str:
        """The id that the address of a call gives; `ApiError` if it gives another's, unknown."""
        return text if self.own is None else _found(records, self.module, self.own, text, "$")

    def resolved(self, records: StoredRecords, given: Json, path: str, *, whole: bool) -> Json:
        """What is given, with ids of ours in place of the others'. `whole`: of the record too."""
        for steps in self.paths:
            if len(steps) > 1:
                given = _resolved(records, self.module, given, steps, path)
        if not whole or self.own is None or given.get(self.own) is None:
            return given
        value = str(given[self.own])
        return {**given, "id": _found(records, self.module, self.own, value, path)}

    def _path(self, text: str) -> Sequence[str]:
        """The steps after the module, the last of them an external field."""
        name, *steps = text.split(".")
        if name != self.module.api_name or not steps:
            raise _invalid_header(text)
        return steps


def _resolved(
    records: StoredRecords, module: Module, given: Json, steps: Sequence[str], path: str
) -> Json:
    """`given` with the pointers at the end of the steps resolved; others stay as they are."""
    (step, *rest), place = steps, f"{path}.{steps[0]}"
    name, _, wanted = step.partition("->")
    field, value = module.field(name), given.get(name)
    if field is None:
        raise _invalid_header(".".join(steps))
    if field.rows_in is not None and isinstance(value, list):
        rows = MODULES[field.rows_in]
        return {
            **given,
            name: [
                _resolved(records, rows, row, rest, f"{place}[{number}]")
                if isinstance(row, dict)
                else row
                for number, row in enumerate(value)
            ],
        }
    target = _target(field, wanted, rest)
    external = value.get(rest[0]) if isinstance(value, Mapping) else None
    if external is None:
        return given
    return {**given, name: {"id": _found(records, target, rest[0], str(external), place)}}


def _target(field: Field, wanted: str, rest: Sequence[str]) -> Module:
    target = MODULES.get(wanted or field.lookup or "")
    if target is None or len(rest) != 1:
        raise _invalid_header(".".join([field.api_name, *rest]))
    return target


def _found(records: StoredRecords, module: Module, name: str, value: str, path: str) -> str:
    field = module.field(name)
    if field is None or not field.external:
        raise _invalid_header(f"{module.api_name}.{name}")
    found = records.find(module, name, value)
    if not found:
        raise invalid_id(api_name=name, json_path=f"{path}.{name}")
    return str(found[0])


def _invalid_header(text: str) -> ApiError:
    details = {"header_name": HEADER, "value": text}
    return ApiError("INVALID_DATA", "the external field is invalid", details=details)
