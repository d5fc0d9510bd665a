"""What a check finds and what it asks."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]
QuestionKind = Literal["options", "date_order", "decimal_mark", "repeats"]


@dataclass(frozen=True, slots=True)
class UnknownOption:
    """A text in a picklist or checkbox column that the field does not know."""

    text: str
    rows: int
    suggestion: str | None  # the option's value that is nearest, where one is near


@dataclass(frozen=True, slots=True)
class Question:
    """What only a person can tell about one column; the answer goes into the mapping."""

    kind: QuestionKind
    column: str
    field: str  # API name
    rows: int  # how many rows it concerns
    samples: tuple[str, ...] = ()  # up to three real values
    unknown: tuple[UnknownOption, ...] = ()  # of kind options: at most 200, commonest first


@dataclass(frozen=True, slots=True)
class ProblemGroup:
    """All problems with the same cause."""

    code: str  # a key of `problems.KINDS`
    severity: Severity
    column: str | None  # None where no column is at fault
    field: str | None  # API name
    rows: int
    first_rows: tuple[int, ...]  # up to five, as Excel numbers them
    samples: tuple[str, ...]  # up to three of the values at fault


@dataclass(frozen=True, slots=True)
class Cleared:
    """A field whose blank cells erase what the CRM has."""

    field: str  # API name
    column: str
    cells: int  # blank ones of the rows that are ready, those that become new records among them


@dataclass(frozen=True, slots=True)
class Summary:
    """The result of a check over all rows: `rows` = `ready` + `held_back`."""

    rows: int
    ready: int
    held_back: int
    groups: tuple[ProblemGroup, ...]  # most rows first
    clears: tuple[Cleared, ...] = ()  # fields with such cells, in the order of the mapping
