"""What became of each record of a call: written, left alone, or refused, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from importer.crm.versions import duplicate_id

Json = Mapping[str, Any]

_UNCERTAIN = {"INTERNAL_ERROR", "INTERNAL_SERVER_ERROR"}


class Action(StrEnum):
    """What a call was to do with a record, or, in an upsert, did."""

    INSERT = "insert"
    UPDATE = "update"
    UPSERT = "upsert"  # refused before it was clear which of the two
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class RecordOutcome:
    """The CRM's answer for one record, in the order in which the records were given."""

    id: str | None  # None where a new record was refused
    action: Action
    ok: bool
    code: str  # SUCCESS, or Zoho's word for what is wrong
    message: str
    details: Json = field(default_factory=dict)  # the field in question: api_name, json_path, ...

    @property
    def uncertain(self) -> bool:
        """Whether the CRM broke down over this record, so that it may be written or not."""
        return not self.ok and self.code in _UNCERTAIN

    @property
    def duplicate_of(self) -> str | None:
        """The id of the record that has a unique value already, where the CRM names it."""
        return duplicate_id(self.details) if self.code == "DUPLICATE_DATA" else None

    @property
    def was_gone(self) -> bool:
        """Whether a delete found no such record: it was gone before, or never there.

        Perhaps by an earlier try of the same call, whose answer was lost.
        """
        return self.action is Action.DELETE and self.code == "INVALID_DATA"


def outcomes(
    answer: Mapping[str, Any], action: Action, ids: Iterable[str | None]
) -> tuple[RecordOutcome, ...]:
    """The outcomes that an answer holds for the records with `ids`, None being new ones.

    Raises `KeyError`, `TypeError` or `ValueError` where it is not an answer for each of them.
    """
    pairs = zip(answer["data"], ids, strict=True)
    return tuple(_outcome(entry, action, record_id) for entry, record_id in pairs)


def _outcome(entry: Json, action: Action, record_id: str | None) -> RecordOutcome:
    details = dict(entry.get("details") or {})
    if "errors" in entry:  # beside MULTIPLE_OR_MULTI_ERRORS
        details["errors"] = entry["errors"]
    ok = entry["status"] == "success"
    return RecordOutcome(
        id=str(details["id"]) if ok else record_id,
        action=Action(entry.get("action") or action),
        ok=ok,
        code=str(entry.get("code") or ""),
        message=str(entry.get("message") or ""),
        details=details,
    )
