"""How rows are judged where Zoho's documentation leaves it open, or says two things."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Rules:
    """The readings; the one that stands here is the usual one."""

    # A field that only the layout asks for, not mapped: refuse the job, ignore it, or accept the
    # job and let it fail.
    layout_mandatory: Literal["refuse", "ignore", "fail"] = "refuse"
    # Whether case counts in keys and unique values: where the field's metadata says so, or always.
    key_comparison: Literal["by_field", "exact"] = "by_field"
    several_matches: Literal["refuse", "update_first", "update_all"] = "refuse"
    no_match: Literal["RESOURCE_NOT_FOUND", "INVALID_DATA"] = "RESOURCE_NOT_FOUND"  # of an update
    blank_key: Literal["insert", "skip"] = "insert"  # in an upsert
    blank_update_key: Literal["MANDATORY_NOT_FOUND", "RESOURCE_NOT_FOUND"] = "MANDATORY_NOT_FOUND"
    # A key that an earlier row of the file has: as if it came in another file, or DUPLICATE_DATA.
    repeated_key: Literal["in_turn", "skip"] = "in_turn"
    # An insert by a key that exists: DUPLICATE_DATA, or the record's id and no word of an error.
    existing_key: Literal["error", "silent"] = "error"
    # Another record's unique value, for a record that exists: DUPLICATE_DATA, or the rest goes in.
    unique_clash: Literal["refuse", "leave_out"] = "refuse"
    lookup_miss: Literal["INVALID_DATA", "RESOURCE_NOT_FOUND"] = "INVALID_DATA"
    unknown_option: Literal["add", "refuse"] = "add"
    too_long: Literal["refuse", "truncate"] = "refuse"
    extra_decimals: Literal["truncate", "refuse"] = "truncate"
    error_names: Literal["header", "field"] = "header"  # what errors call a column
    row_errors: Literal["all", "first"] = "all"

    @property
    def exact(self) -> bool:
        """Whether case counts in every key and unique value."""
        return self.key_comparison == "exact"


USUAL = Rules()
