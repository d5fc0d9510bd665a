"""Judges rows and writes those that pass: the heart of a bulk write job.

Rows are taken from top to bottom, each seeing what the ones before it wrote. A row is added,
updated, or skipped with every reason: codes in the order in which they came up, and after each
the headers of the columns at fault.
"""

from collections.abc import Mapping as MappingOf
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from importer.practice.judging.columns import USUAL, Column
from importer.practice.judging.rules import Rules
from importer.practice.judging.values import InvalidValueError
from importer.practice.organisation.company import CURRENT_USER
from importer.practice.organisation.module import Module
from importer.practice.storage.record_states import state_of
from importer.practice.storage.store import parse_id
from importer.practice.storage.stored_records import Data, StoredRecord, StoredRecords, Value

MAX_ROWS_OF_RECORD: Final = 100
Status = Literal["ADDED", "UPDATED", "SKIPPED"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row."""

    status: Status
    record_id: int | None = None
    reasons: MappingOf[str, Sequence[str]] | None = None

    @property
    def errors(self) -> str:
        """As the result file has it: `MANDATORY_NOT_FOUND-Company,City:INVALID_DATA-Email`."""
        reasons = self.reasons or {}
        return ":".join(f"{code}-{','.join(names)}" for code, names in reasons.items())


class Faults:
    """The reasons found so far against one row."""

    def __init__(self) -> None:
        self.reasons: dict[str, list[str]] = {}

    def add(self, code: str, name: str) -> None:
        names = self.reasons.setdefault(code, [])
        if name not in names:
            names.append(name)


class RowJudge:
    """Takes rows into one module. `records` must be in a transaction while it does."""

    def __init__(
        self,
        records: StoredRecords,
        module: Module,
        columns: Sequence[Column],
        *,
        operation: str,
        find_by: str | None = None,
        ignore_empty: bool = False,
        rules: Rules = USUAL,
    ) -> None:
        self.records = records
        self.module = module
        self.columns = [column for column in columns if column.field.api_name != "id"]
        self.operation = operation
        self.key = next((c for c in columns if c.field.api_name == find_by), None)
        self.ignore_empty = ignore_empty
        self.blank_key_inserts = rules.blank_key_inserts and operation != "update"

    def take(self, row: Sequence[str]) -> Outcome:
        """Write `row` if nothing speaks against it."""
        faults = Faults()
        existing = self._match(row, faults)
        values = self._values(row, existing, faults)
        self._refuse_clashes(values, existing, faults)
        if self.module.kind == "subform" and existing is None:
            self._refuse_overflow(values, faults)
        if faults.reasons:
            return Outcome("SKIPPED", reasons=faults.reasons)
        if existing is None:
            return Outcome("ADDED", self.records.add(self.module, self._new(values)))
        self.records.change(self.module, existing, values)
        return Outcome("UPDATED", existing.id)

    def _match(self, row: Sequence[str], faults: Faults) -> StoredRecord | None:
        """The record that the row is about, if it may be changed."""
        if self.key is None:
            return None
        text = self.key.text(row).strip()
        if not text:
            if self.operation != "insert" and not self.blank_key_inserts:
                faults.add("MANDATORY_NOT_FOUND", self.key.name)
            return None
        found = self._found(self.key, text)
        if self.operation == "insert":
            if found:
                faults.add("DUPLICATE_DATA", self.key.name)
            return None
        if len(found) > 1:
            faults.add("INVALID_DATA", self.key.name)
        # A record cannot be created under an id of one's own choosing.
        elif not found and (self.operation == "update" or self.key.field.api_name == "id"):
            faults.add("RESOURCE_NOT_FOUND", self.key.name)
        if len(found) != 1:
            return None
        state = state_of(self.records.db, found[0])
        if state is not None:
            faults.add(state.row_code, self.key.name)
        return self.records.get(self.module, found[0])

    def _found(self, key: Column, text: str) -> list[int]:
        if key.field.api_name != "id":
            return self.records.find(self.module, key.field.api_name, text)
        known = parse_id(text)
        return [known] if known is not None and self.records.get(self.module, known) else []

    def _values(
        self, row: Sequence[str], existing: StoredRecord | None, faults: Faults
    ) -> dict[str, Value]:
        """What the row sets; None where it empties a field."""
        values: dict[str, Value] = {}
        creates = existing is None and self.operation != "update"
        for column in self.columns:
            text = column.text(row)
            if text and not text.isspace():
                try:
                    values[column.field.api_name] = column.read(text)
                except InvalidValueError:
                    faults.add("INVALID_DATA", column.name)
            elif not creates and (self.ignore_empty or column.ignore_empty):
                continue
            elif column.mandatory and (creates or existing is not None):
                faults.add("MANDATORY_NOT_FOUND", column.name)
            elif not creates and not column.keeps_when_blank:
                values[column.field.api_name] = None
        return values

    def _refuse_clashes(self, values: Data, existing: StoredRecord | None, faults: Faults) -> None:
        own = {existing.id} if existing else set()
        for column in self.columns:
            value = values.get(column.field.api_name)
            if column.field.unique and value is not None:
                holders = self.records.find(self.module, column.field.api_name, value)
                if set(holders) - own:
                    faults.add("DUPLICATE_DATA", column.name)

    def _refuse_overflow(self, values: Data, faults: Faults) -> None:
        """A record has so many rows in a subform, and no more."""
        parent = values.get("Parent_Id")
        if parent is None:
            return
        if self.records.count_pointing(self.module, "Parent_Id", parent) >= MAX_ROWS_OF_RECORD:
            for column in self.columns:
                if column.field.api_name == "Parent_Id":
                    faults.add("LIMIT_EXCEEDED", column.name)

    def _new(self, values: Data) -> Data:
        """A record's data with what the CRM gives to every new one."""
        given: Data = {key: value for key, value in values.items() if value is not None}
        standard: Data = {"Owner": CURRENT_USER.id, "Layout": self.module.layouts[0].id}
        return standard | given
