"""The recycle bin: deleted records, which can come back until they are gone for good."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from importer.practice.clock import CLOCK
from importer.practice.organisation.module import Module
from importer.practice.organisation.modules import MODULES
from importer.practice.storage.store import now_text
from importer.practice.storage.stored_records import StoredRecord, StoredRecords

Kind = Literal["recycle", "permanent"]
KEPT_DAYS: Final = {"recycle": 60, "permanent": 120}


class ValueTakenError(Exception):
    """A unique value of a deleted record belongs to another one by now."""

    def __init__(self, field: str, holder: int) -> None:
        super().__init__(field)
        self.field, self.holder = field, holder


@dataclass(frozen=True, slots=True)
class Deletion:
    """A record that was deleted, and when."""

    record_id: int
    module: Module
    name: str
    kind: Kind
    deleted_time: str


class RecycleBin:
    """The deleted records of all modules. Writing needs an open transaction."""

    def __init__(self, records: StoredRecords) -> None:
        self.records = records
        self.db = records.db

    def take(self, module: Module, record: StoredRecord) -> None:
        """Delete a record, and its rows with it."""
        for rows, lookup in _row_modules(module):
            for row in self.records.pointing(rows, lookup, record.id):
                self.records.delete(rows, row)
        name = str(record.data.get(module.display_field.api_name) or record.id)
        self.records.delete(module, record)
        self.db.execute(
            "INSERT OR REPLACE INTO deletions VALUES (?, ?, ?, 'recycle', ?)",
            (record.id, module.api_name, name, now_text()),
        )

    def find(self, record_id: int) -> Deletion | None:
        """A record that is in the bin still."""
        row = self.db.execute(
            "SELECT * FROM deletions WHERE record_id = ? AND kind = 'recycle'", (record_id,)
        ).fetchone()
        return _deletion(row) if row else None

    def list(
        self,
        kinds: Sequence[Kind],
        module: Module | None = None,
        *,
        offset: int = 0,
        limit: int = 200,
    ) -> list[Deletion]:
        """What was deleted, the latest first, as long as it is remembered."""
        oldest = {kind: _days_ago(KEPT_DAYS[kind]) for kind in kinds}
        asked = " OR ".join(["(kind = ? AND deleted_time > ?)"] * len(kinds))
        values = [part for pair in oldest.items() for part in pair]
        if module is not None:
            asked = f"({asked}) AND module = ?"
            values.append(module.api_name)
        rows = self.db.execute(
            f"SELECT * FROM deletions WHERE {asked}"  # noqa: S608 - values are bound
            " ORDER BY deleted_time DESC, record_id DESC LIMIT ? OFFSET ?",
            (*values, limit, offset),
        )
        return [_deletion(row) for row in rows]

    def every(self) -> Iterator[Deletion]:
        """All that is in the bin, batch by batch; what is read already may leave it meanwhile."""
        last_id = 0
        while batch := self.db.execute(
            "SELECT * FROM deletions WHERE kind = 'recycle' AND record_id > ?"
            " ORDER BY record_id LIMIT 500",
            (last_id,),
        ).fetchall():
            yield from map(_deletion, batch)
            last_id = batch[-1]["record_id"]

    def restore(self, deletion: Deletion) -> None:
        """Put a record back as it was, its rows too; `ValueTakenError` if it cannot be."""
        self._require_free(deletion)
        for rows, lookup in _row_modules(deletion.module):
            for row_id in self.records.hidden_rows(rows, lookup, deletion.record_id):
                self.records.restore(rows, row_id)
        self.records.restore(deletion.module, deletion.record_id)
        self.db.execute("DELETE FROM deletions WHERE record_id = ?", (deletion.record_id,))

    def _require_free(self, deletion: Deletion) -> None:
        data = self.records.hidden(deletion.record_id).data
        for field in deletion.module.own_fields:
            value = data.get(field.api_name) if field.unique else None
            if value is not None:
                for holder in self.records.find(deletion.module, field.api_name, value):
                    raise ValueTakenError(field.api_name, holder)

    def purge(self, deletion: Deletion) -> None:
        """Delete a record for good, its rows too."""
        for rows, lookup in _row_modules(deletion.module):
            for row_id in self.records.hidden_rows(rows, lookup, deletion.record_id):
                self.db.execute("DELETE FROM records WHERE id = ?", (row_id,))
        self.db.execute("DELETE FROM records WHERE id = ?", (deletion.record_id,))
        self.db.execute(
            "UPDATE deletions SET kind = 'permanent' WHERE record_id = ?", (deletion.record_id,)
        )


def _row_modules(module: Module) -> list[tuple[Module, str]]:
    """The modules of a record's rows, each with the lookup that points at the record."""
    modules = [MODULES[field.rows_in] for field in module.own_fields if field.rows_in]
    return [(rows, link.api_name) for rows in modules if (link := rows.link_to(module))]


def _deletion(row: sqlite3.Row) -> Deletion:
    module = MODULES[row["module"]]
    return Deletion(row["record_id"], module, row["name"], row["kind"], row["deleted_time"])


def _days_ago(days: int) -> str:
    return (CLOCK.now() - timedelta(days=days)).isoformat(timespec="seconds")
