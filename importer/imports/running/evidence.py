"""What look-ups have told of a part whose outcome is unknown, kept until a person has read it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from cattrs.preconf.json import make_converter

_converter = make_converter()


class Claim(StrEnum):
    """What a person says of the rows, until we have looked."""

    NONE = ""
    THERE = "there"
    NOT_THERE = "not_there"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A row of the part, and its record in the CRM if there is one."""

    row: int  # as Excel numbers it
    record_id: str | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was looked at, when, and what was found. No values of rows."""

    began_at: datetime
    at: datetime  # of the latest look
    changed_at: datetime  # of the first look that found what the latest does
    looks: int = 0
    mark: str = ""  # the import mark that was looked for; empty where there is none
    marked: int = 0  # records that carry it, 200 standing for more too
    fields: tuple[str, ...] = ()  # by which rows are told apart, API names
    rows: tuple[Sighting, ...] = ()  # a few that were looked up, the first and the last with them
    trouble: str = ""  # why the latest look could not be taken, in the CRM's words
    claim: Claim = Claim.NONE
    claimed_by: int | None = None  # the person's id
    contradicted: Claim = Claim.NONE  # the claim that the latest look spoke against

    @classmethod
    def none_yet(cls, now: datetime) -> Self:
        return cls(began_at=now, at=now, changed_at=now)

    @property
    def found(self) -> tuple[Sighting, ...]:
        return tuple(sighting for sighting in self.rows if sighting.record_id)

    @property
    def shows_job(self) -> bool:
        """Whether records are there that only the part's job can have made."""
        return bool(self.marked or self.found)

    def then(self, now: datetime, **seen: Any) -> Self:
        """The evidence after one more look."""
        before = self.marked, self.rows
        after = replace(self, at=now, looks=self.looks + 1, trouble="", **seen)
        return after if (after.marked, after.rows) == before else replace(after, changed_at=now)

    def to_json(self) -> dict[str, Any]:
        data: dict[str, Any] = _converter.unstructure(self)
        return data

    @classmethod
    def from_json(cls, data: Any) -> Self:
        return _converter.structure(data, cls)
