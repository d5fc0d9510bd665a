"""Which records a row is about: those that have the key in its cell."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from importer.practice.judging.columns import Column, Rows
from importer.practice.judging.reasons import Reasons, blame
from importer.practice.judging.rules import Rules
from importer.practice.organisation.module import Module
from importer.practice.storage.record_batch import RecordBatch
from importer.practice.storage.record_states import state_of
from importer.practice.storage.store import parse_id
from importer.practice.storage.stored_records import StoredRecord, comparable


@dataclass(frozen=True, slots=True)
class Match:
    """The records that a row is to change, none if it is about a new one."""

    records: Sequence[StoredRecord] = ()
    kept: int | None = None  # the record that an insert leaves alone


NEW: Final = Match()


class Matcher:
    """Finds records of `module` by the cells of a `key` column."""

    def __init__(self, module: Module, key: Column, operation: str, rules: Rules) -> None:
        self.module, self.key, self.operation, self.rules = module, key, operation, rules
        self._seen: set[str] = set()

    def keys(self, rows: Rows) -> list[str]:
        """The rows' keys; a blank one is empty."""
        return [text.strip() for text in self.key.texts(rows)]

    def pass_over(self, rows: Rows) -> None:
        """Remember the keys of rows that were taken before an interruption."""
        self._seen.update(self._comparable(key) for key in self.keys(rows) if key)

    def match(self, batch: RecordBatch, key: str, reasons: Reasons) -> Match:
        """What to change; `reasons` gets what speaks against it."""
        if not key:
            self._refuse_blank(reasons)
            return NEW
        if self.rules.repeated_key == "skip":
            self._refuse_repeated(key, reasons)
        found = self._found(batch, key)
        if self.operation == "insert":
            return self._kept(found, reasons)
        # A record cannot be created under an id of one's own choosing.
        if not found and (self.operation == "update" or self.key.field.api_name == "id"):
            blame(reasons, self.rules.no_match, self.key.name)
        if len(found) > 1 and self.rules.several_matches == "refuse":
            blame(reasons, "INVALID_DATA", self.key.name)
            return NEW
        chosen = found if self.rules.several_matches == "update_all" else found[:1]
        return self._changeable(batch, chosen, reasons)

    def _refuse_blank(self, reasons: Reasons) -> None:
        """An upsert may make a new record of it, an insert does."""
        if self.operation == "update":
            blame(reasons, self.rules.blank_update_key, self.key.name)
        elif self.operation == "upsert" and self.rules.blank_key == "skip":
            blame(reasons, "MANDATORY_NOT_FOUND", self.key.name)

    def _refuse_repeated(self, key: str, reasons: Reasons) -> None:
        if self._comparable(key) in self._seen:
            blame(reasons, "DUPLICATE_DATA", self.key.name)
        self._seen.add(self._comparable(key))

    def _comparable(self, key: str) -> str:
        return comparable(self.module, self.key.field.api_name, key, exact=self.rules.exact)

    def _found(self, batch: RecordBatch, key: str) -> Sequence[int]:
        if self.key.field.api_name != "id":
            every = self.rules.several_matches == "update_all"
            return batch.holders(self.key.field, key, every=every)
        known = parse_id(key)
        return [known] if known is not None and batch.record(known) else []

    def _kept(self, found: Sequence[int], reasons: Reasons) -> Match:
        """An insert leaves alone what is there."""
        if found and self.rules.existing_key == "silent":
            return Match(kept=found[0])
        if found:
            blame(reasons, "DUPLICATE_DATA", self.key.name)
        return NEW

    def _changeable(self, batch: RecordBatch, ids: Sequence[int], reasons: Reasons) -> Match:
        """These records, if no state keeps them from being changed."""
        for record_id in ids:
            state = state_of(batch.records.db, record_id)
            if state is not None:
                blame(reasons, state.row_code, self.key.name)
        return Match([record for one in ids if (record := batch.record(one))])
