"""Records in the database: kept as JSON, found by id or by one of their indexed values."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from importer.practice.organisation.module import Module
from importer.practice.storage.store import next_id, now_text

Value = str | int | float | bool | list[str] | None
Data = dict[str, Value]


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """One record; lookups, owner and layout are kept as ids."""

    id: int
    data: Data
    created_time: str
    modified_time: str


def key_text(value: Value) -> str:
    """How two values are compared: trimmed, upper and lower case alike."""
    return str(value).strip().casefold()


class StoredRecords:
    """The records of all modules, over one connection. Writing needs an open transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db

    def get(self, module: Module, record_id: int) -> StoredRecord | None:
        row = self.db.execute(
            "SELECT * FROM records WHERE id = ? AND module = ? AND deleted = 0",
            (record_id, module.api_name),
        ).fetchone()
        return _record(row) if row else None

    def find(self, module: Module, field: str, value: Value) -> list[int]:
        """The ids of records with this value in an indexed field; two are enough to know."""
        rows = self.db.execute(
            "SELECT record_id FROM keys WHERE module = ? AND field = ? AND value = ? LIMIT 2",
            (module.api_name, field, key_text(value)),
        )
        return [int(row["record_id"]) for row in rows]

    def pointing(self, module: Module, lookup: str, target_id: int) -> list[StoredRecord]:
        """The records whose `lookup` points at a record, oldest first: a subform's rows."""
        rows = self.db.execute(
            "SELECT records.* FROM keys JOIN records ON records.id = keys.record_id"
            " WHERE keys.module = ? AND keys.field = ? AND keys.value = ? AND records.deleted = 0"
            " ORDER BY records.id",
            (module.api_name, lookup, str(target_id)),
        )
        return [_record(row) for row in rows]

    def count_pointing(self, module: Module, lookup: str, target: Value) -> int:
        """How many records' `lookup` points at a record."""
        row = self.db.execute(
            "SELECT count(*) FROM keys WHERE module = ? AND field = ? AND value = ?",
            (module.api_name, lookup, key_text(target)),
        ).fetchone()
        return int(row[0])

    def add(self, module: Module, data: Data) -> int:
        record_id, now = next_id(self.db), now_text()
        data = _computed(module, data, record_id)
        self.db.execute(
            "INSERT INTO records (id, module, data, created_time, modified_time)"
            " VALUES (?, ?, ?, ?, ?)",
            (record_id, module.api_name, _dump(data), now, now),
        )
        self._index(module, record_id, data)
        return record_id

    def change(self, module: Module, record: StoredRecord, changes: Data) -> None:
        """Lay `changes` over the record; None empties a field."""
        merged: Data = {k: v for k, v in (record.data | changes).items() if v is not None}
        data = _computed(module, merged, record.id)
        self._unindex(module, record)
        self.db.execute(
            "UPDATE records SET data = ?, modified_time = ? WHERE id = ?",
            (_dump(data), now_text(), record.id),
        )
        self._index(module, record.id, data)

    def delete(self, module: Module, record: StoredRecord) -> None:
        """Hide a record; its values are free for others."""
        self._unindex(module, record)
        self.db.execute("UPDATE records SET deleted = 1 WHERE id = ?", (record.id,))

    def remove(self, module: Module, record: StoredRecord) -> None:
        """Forget a record altogether: a row that was taken out of another record."""
        self._unindex(module, record)
        self.db.execute("DELETE FROM records WHERE id = ?", (record.id,))

    def hidden_rows(self, module: Module, lookup: str, target_id: int) -> list[int]:
        """The ids of hidden records whose `lookup` pointed at a record."""
        rows = self.db.execute(
            "SELECT id FROM records WHERE module = ? AND deleted = 1"
            " AND json_extract(data, '$.' || ?) = ?",
            (module.api_name, lookup, str(target_id)),
        )
        return [int(row["id"]) for row in rows]

    def restore(self, module: Module, record_id: int) -> None:
        """Show a record again that was hidden."""
        row = self.db.execute(
            "UPDATE records SET deleted = 0 WHERE id = ? RETURNING *", (record_id,)
        ).fetchone()
        self._index(module, record_id, _record(row).data)

    def count(self, module: Module, where: str = "1", values: Iterable[Value] = ()) -> int:
        """How many fit an SQL condition made by this package."""
        row = self.db.execute(
            f"SELECT count(*) FROM records WHERE module = ? AND deleted = 0 AND {where}",  # noqa: S608 - values are bound
            (module.api_name, *values),
        ).fetchone()
        return int(row[0])

    def page(
        self,
        module: Module,
        where: str = "1",
        values: Iterable[Value] = (),
        *,
        order: str = "id DESC",
        offset: int = 0,
        limit: int = 200,
    ) -> list[StoredRecord]:
        """Those that fit an SQL condition made by this package, in such an order."""
        rows = self.db.execute(
            f"SELECT * FROM records WHERE module = ? AND deleted = 0 AND {where}"  # noqa: S608 - values are bound
            f" ORDER BY {order} LIMIT ? OFFSET ?",
            (module.api_name, *values, limit, offset),
        )
        return [_record(row) for row in rows]

    def options(self, module: Module, field: str) -> list[str]:
        """The picklist entries that were added to the organisation's own."""
        rows = self.db.execute(
            "SELECT value FROM options WHERE module = ? AND field = ? ORDER BY value",
            (module.api_name, field),
        )
        return [str(row["value"]) for row in rows]

    def add_option(self, module: Module, field: str, value: str) -> None:
        self.db.execute(
            "INSERT OR IGNORE INTO options VALUES (?, ?, ?)", (module.api_name, field, value)
        )

    def _index(self, module: Module, record_id: int, data: Data) -> None:
        self.db.executemany(
            "INSERT OR IGNORE INTO keys VALUES (?, ?, ?, ?)", _keys(module, record_id, data)
        )

    def _unindex(self, module: Module, record: StoredRecord) -> None:
        self.db.executemany(
            "DELETE FROM keys WHERE module = ? AND field = ? AND value = ? AND record_id = ?",
            _keys(module, record.id, record.data),
        )


def _record(row: sqlite3.Row) -> StoredRecord:
    data: Data = json.loads(row["data"])
    return StoredRecord(int(row["id"]), data, row["created_time"], row["modified_time"])


def _keys(module: Module, record_id: int, data: Data) -> list[tuple[str, str, str, int]]:
    return [
        (module.api_name, field, key_text(data[field]), record_id)
        for field in module.indexed & data.keys()
    ]


def _computed(module: Module, data: Data, record_id: int) -> Data:
    """`data` with the values that the CRM itself fills in."""
    if module.composes_name:
        names = (data.get("First_Name"), data.get("Last_Name"))
        data = data | {"Full_Name": " ".join(str(name) for name in names if name)}
    numbered = module.numbered_field
    if numbered is not None:
        data = data | {numbered.api_name: f"{numbered.prefix}{record_id % 1_000_000_000}"}
    return data


def _dump(data: Data) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
