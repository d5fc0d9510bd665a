"""Records of one module that are found, added and changed together, and written at once."""

from collections.abc import Iterable, Iterator
from typing import Final

from importer.practice.organisation.fields import Field
from importer.practice.organisation.module import Module
from importer.practice.storage.store import next_ids
from importer.practice.storage.stored_records import (
    Data,
    StoredRecord,
    StoredRecords,
    Value,
    changed,
    comparable,
)

NO_LIMIT: Final = -1


class RecordBatch:
    """At most `size` additions, and changes. All are seen here at once, by others once saved.

    `exact` lets case count in every field. Needs an open transaction from beginning to end.
    """

    def __init__(
        self, records: StoredRecords, module: Module, size: int, *, exact: bool = False
    ) -> None:
        self.records, self.module, self.size, self.exact = records, module, size, exact
        self._ids: Iterator[int] = iter(())
        self._added: dict[int, Data] = {}
        self._changed: dict[int, tuple[StoredRecord, Data]] = {}
        self._holders: dict[str, dict[str, list[int]]] = {}  # by field, by value

    def expect(self, field: Field, values: Iterable[Value]) -> None:
        """Look many values of a unique field up at once."""
        sought = {one for one in values if one is not None}
        found = self.records.find_each(self.module, field.api_name, sought, exact=self.exact)
        self._holders.setdefault(field.api_name, {}).update(found)

    def holders(self, field: Field, value: Value, *, every: bool = False) -> list[int]:
        """The ids of records with this value: `every` one, or as many as show whose it is."""
        known = self._holders.setdefault(field.api_name, {})
        key = self._comparable(field, value)
        if key not in known:
            known[key] = self._stored_holders(field, value, key, every=every)
        return known[key]

    def record(self, record_id: int) -> StoredRecord | None:
        """A record as it is by now."""
        if record_id in self._added:
            return StoredRecord(record_id, self._added[record_id])
        if record_id in self._changed:
            return StoredRecord(record_id, self._changed[record_id][1])
        return self.records.get(self.module, record_id)

    def add(self, data: Data) -> int:
        """A new record, without the fields that are None; its id."""
        if not self._added:
            self._ids = iter(next_ids(self.records.db, self.size))
        record_id = next(self._ids)
        self._added[record_id] = changed(self.module, StoredRecord(record_id, {}), data)
        self._move(record_id, {}, data)
        return record_id

    def change(self, record: StoredRecord, changes: Data) -> None:
        """Lay `changes` over a record as it is by now; None empties a field."""
        data = changed(self.module, record, changes)
        if record.id in self._added:
            self._added[record.id] = data
        else:
            stored, _ = self._changed.get(record.id, (record, data))
            self._changed[record.id] = stored, data
        self._move(record.id, record.data, data)

    def save(self) -> None:
        """Write what was added and changed."""
        self.records.insert(self.module, self._added)
        self.records.overwrite(self.module, list(self._changed.values()))

    def _stored_holders(self, field: Field, value: Value, key: str, *, every: bool) -> list[int]:
        """As the database has them, without those that have another value by now."""
        limit = NO_LIMIT if every else 2 + len(self._changed)
        name = field.api_name
        found = self.records.find(self.module, name, value, exact=self.exact, limit=limit)
        others = {
            one
            for one in self._changed.keys() & found
            if self._comparable(field, self._changed[one][1].get(name)) != key
        }
        return [one for one in found if one not in others]

    def _move(self, record_id: int, before: Data, after: Data) -> None:
        """Keep the values that were asked for up to date."""
        for name in self._holders:
            field, old, new = self.module.field(name), before.get(name), after.get(name)
            if field is None or old == new:
                continue
            if old is not None and record_id in (left := self.holders(field, old)):
                left.remove(record_id)
            if new is not None and record_id not in (entered := self.holders(field, new)):
                entered.append(record_id)

    def _comparable(self, field: Field, value: Value) -> str:
        return comparable(self.module, field.api_name, value, exact=self.exact)
