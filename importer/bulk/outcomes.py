"""What can become of a row, and the balance of all rows."""

from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from importer.checks.storage import Schema

LEDGER_SCHEMA: Schema = {
    "row": pl.Int64,  # as Excel numbers it
    "outcome": pl.String,
    "record_id": pl.String,
    "code": pl.String,  # a check's, for rows held back; else Zoho's
    "field": pl.String,  # API name of the field at fault
    "detail": pl.String,  # more for a person, or Zoho's own words
    "reversal": pl.String,  # what an undo made of the row; null before one
    "reversal_detail": pl.String,  # why it stayed; of rows kept, what people changed
}
REVERSALS_SCHEMA: Schema = {"row": pl.Int64, "reversal": pl.String, "detail": pl.String}


class Outcome(StrEnum):
    """What became of a row."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"  # by the operation's own rule
    FAILED = "failed"
    HELD_BACK = "held_back"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"
    REVERSED = "reversed"  # was created or updated, and has been taken back

    @property
    def went_in(self) -> bool:
        """Whether the record is in the CRM as the row says."""
        return self in {Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED}


class Reversal(StrEnum):
    """What an undo made of a row that was created or updated."""

    REVERSED = "reversed"
    KEPT = "kept"  # people changed the record since
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Balance:
    """How many rows the file has, and how many of them ended how."""

    rows: int
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    failed: int = 0
    held_back: int = 0
    not_sent: int = 0
    unknown: int = 0
    reversed: int = 0

    @property
    def adds_up(self) -> bool:
        """Whether every row has one outcome."""
        counts: list[int] = [getattr(self, outcome.value) for outcome in Outcome]
        return self.rows == sum(counts)

    @property
    def went_in(self) -> int:
        """Rows whose record is in the CRM as the row says."""
        return self.created + self.updated + self.unchanged

    @property
    def clean(self) -> bool:
        """Whether every row went in."""
        return self.went_in == self.rows
