"""Records in the database: kept as JSON, found by id or by one of their indexed values."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson

from importer.practice.organisation.module import Module
from importer.practice.storage.store import next_id, now_text

Value = str | int | float | bool | list[str] | None
Data = dict[str, Value]
Key = tuple[str, str, str, int, str | None]
NO_ID: Final = 2**63 - 1  # greater than any
FIND: Final = (
    "SELECT record_id FROM keys WHERE module = ? AND field = ? AND value = ? AND record_id < ?"
)
FIND_EACH: Final = (
    "SELECT record_id, coalesce(spelling, keys.value) AS spelling FROM json_each(?) AS sought"
    " CROSS JOIN keys ON module = ? AND field = ? AND keys.value = sought.value"
)
SPELLED: Final = "AND coalesce(spelling, value) = ?"


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """One record; lookups, owner and layout are kept as ids."""

    id: int
    data: Data
    created_time: str = ""
    modified_time: str = ""


def key_text(value: Value) -> str:
    """How two values are compared: trimmed, upper and lower case alike."""
    return str(value).strip().casefold()


def spelling(value: Value) -> str:
    """How two values are compared where case counts."""
    return str(value).strip()


def comparable(module: Module, field: str, value: Value, *, exact: bool) -> str:
    """How values of a field are compared. Case counts where the field says so, or if `exact`."""
    return spelling(value) if exact or field in module.case_sensitive else key_text(value)


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

    def find(
        self,
        module: Module,
        field: str,
        value: Value,
        *,
        exact: bool = False,
        before: int | None = None,
        limit: int = 2,
    ) -> list[int]:
        """The ids of records with this value in an indexed field; two are enough to know.

        Case counts in a field that says so, and in all that records are told by if `exact`. Those
        found have lower ids than `before`.
        """
        sql, values = FIND, [module.api_name, field, key_text(value), before or NO_ID]
        if exact or field in module.case_sensitive:
            sql, values = f"{FIND} {SPELLED}", [*values, spelling(value)]
        rows = self.db.execute(f"{sql} LIMIT ?", (*values, limit))
        return [int(row["record_id"]) for row in rows]

    def find_each(
        self, module: Module, field: str, values: Iterable[Value], *, exact: bool = False
    ) -> dict[str, list[int]]:
        """The ids of all records with each of these values, by the value as it is compared."""
        found = {comparable(module, field, one, exact=exact): list[int]() for one in values}
        sought = list({key_text(value) for value in found})
        for row in self.db.execute(FIND_EACH, (_dump(sought), module.api_name, field)):
            holders = found.get(comparable(module, field, row["spelling"], exact=exact))
            if holders is not None:
                holders.append(int(row["record_id"]))
        return found

    def pointing(self, module: Module, lookup: str, target_id: int) -> list[StoredRecord]:
        """The records whose `lookup` points at a record, oldest first: a subform's rows."""
        rows = self.db.execute(
            "SELECT records.* FROM keys JOIN records ON records.id = keys.record_id"
            " WHERE keys.module = ? AND keys.field = ? AND keys.value = ? AND records.deleted = 0"
            " ORDER BY records.id",
            (module.api_name, lookup, str(target_id)),
        )
        return [_record(row) for row in rows]

    def add(self, module: Module, data: Data) -> int:
        record_id = next_id(self.db)
        self.insert(module, {record_id: computed(module, data, record_id)})
        return record_id

    def insert(self, module: Module, new: Mapping[int, Data]) -> None:
        """Write new records, whole, under their ids."""
        now = now_text()
        self.db.executemany(
            "INSERT INTO records (id, module, data, created_time, modified_time)"
            " VALUES (?, ?, ?, ?, ?)",
            ((one, module.api_name, _dump(data), now, now) for one, data in new.items()),
        )
        self._index(key for one, data in new.items() for key in _keys(module, one, data))

    def change(self, module: Module, record: StoredRecord, changes: Data) -> None:
        """Lay `changes` over the record; None empties a field."""
        self.overwrite(module, [(record, changed(module, record, changes))])

    def overwrite(self, module: Module, pairs: Sequence[tuple[StoredRecord, Data]]) -> None:
        """Give each record, as it is stored, other data."""
        now = now_text()
        self.db.executemany(
            "UPDATE records SET data = ?, modified_time = ? WHERE id = ?",
            ((_dump(data), now, record.id) for record, data in pairs),
        )
        moved = [(old, new) for old, new in pairs if _found_otherwise(module, old.data, new)]
        before = {key for record, _ in moved for key in _keys(module, record.id, record.data)}
        after = {key for record, data in moved for key in _keys(module, record.id, data)}
        self._unindex(before - after)
        self._index(after - before)

    def delete(self, module: Module, record: StoredRecord) -> None:
        """Hide a record; its values are free for others."""
        self._unindex(_keys(module, record.id, record.data))
        self.db.execute("UPDATE records SET deleted = 1 WHERE id = ?", (record.id,))

    def remove(self, module: Module, record: StoredRecord) -> None:
        """Forget a record altogether: a row that was taken out of another record."""
        self._unindex(_keys(module, record.id, record.data))
        self.db.execute("DELETE FROM records WHERE id = ?", (record.id,))

    def hidden(self, record_id: int) -> StoredRecord:
        """A record that was deleted and may come back."""
        return _record(
            self.db.execute("SELECT * FROM records WHERE id = ?", (record_id,)).fetchone()
        )

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
        self._index(_keys(module, record_id, _record(row).data))

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

    def _index(self, keys: Iterable[Key]) -> None:
        self.db.executemany("INSERT OR IGNORE INTO keys VALUES (?, ?, ?, ?, ?)", keys)

    def _unindex(self, keys: Iterable[Key]) -> None:
        self.db.executemany(
            "DELETE FROM keys WHERE module = ? AND field = ? AND value = ? AND record_id = ?",
            (key[:4] for key in keys),
        )


def _record(row: sqlite3.Row) -> StoredRecord:
    data: Data = orjson.loads(row["data"])
    return StoredRecord(int(row["id"]), data, row["created_time"], row["modified_time"])


def _keys(module: Module, record_id: int, data: Data) -> Iterator[Key]:
    """The index entries of a record, with the spelling where case may count."""
    for field in module.indexed:
        if field not in data:
            continue
        key = key_text(data[field])
        spelled = spelling(data[field]) if field in module.key_fields else key
        yield module.api_name, field, key, record_id, None if spelled == key else spelled


def _found_otherwise(module: Module, before: Data, after: Data) -> bool:
    return any(before.get(field) != after.get(field) for field in module.indexed)


def changed(module: Module, record: StoredRecord, changes: Data) -> Data:
    """The record's data with `changes` laid over it; None empties a field."""
    merged = record.data | changes
    if None in merged.values():
        merged = {name: value for name, value in merged.items() if value is not None}
    return computed(module, merged, record.id)


def computed(module: Module, data: Data, record_id: int) -> Data:
    """`data` with the values that the CRM itself fills in."""
    if module.composes_name:
        names = (data.get("First_Name"), data.get("Last_Name"))
        data = data | {"Full_Name": " ".join(str(name) for name in names if name)}
    numbered = module.numbered_field
    if numbered is not None:
        data = data | {numbered.api_name: f"{numbered.prefix}{record_id % 1_000_000_000}"}
    return data


def _dump(data: Data | list[str]) -> str:
    return orjson.dumps(data).decode()
