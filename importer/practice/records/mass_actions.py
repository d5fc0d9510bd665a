"""What a scheduled mass update or mass delete does, batch by batch."""

from typing import Any, Final

from importer.practice.api.errors import ApiError
from importer.practice.errands.errands import Errand, Errands
from importer.practice.organisation.module import Module
from importer.practice.records.conditions import Condition, joined
from importer.practice.records.json_criteria import from_json
from importer.practice.records.record_deleting import delete
from importer.practice.records.record_writing import update_record
from importer.practice.records.views import in_territory, in_view
from importer.practice.storage.stored_records import StoredRecord, StoredRecords

BATCH: Final = 200


def chosen_records(module: Module, request: dict[str, Any]) -> Condition:
    """The records of the view, within the territory and the criteria if there are any."""
    parts = [in_view(module, str(request["cvid"]))]
    territory = request.get("territory")
    if territory:
        include_child = territory.get("include_child") is True
        parts.append(in_territory(module, str(territory.get("id")), include_child=include_child))
    parts.extend(from_json(module, criteria) for criteria in request.get("criteria") or [])
    return joined(parts, "and")


class MassActions:
    """The steps of both errands."""

    def __init__(self, errands: Errands) -> None:
        self.errands = errands

    def update_some(self, errand: Errand) -> bool:
        """Update the next records; False after the last ones."""
        values = errand.request["data"]
        keeps = not errand.request.get("over_write")

        def update(records: StoredRecords, record: StoredRecord) -> None:
            update_record(records, errand.module, mass_values(values, record, keeps=keeps))

        return self._some(errand, update)

    def delete_some(self, errand: Errand) -> bool:
        """Delete the next records; False after the last ones."""
        return self._some(errand, lambda records, record: delete(records, errand.module, record))

    def _some(self, errand: Errand, act: Any) -> bool:
        where = chosen_records(errand.module, errand.request)
        with self.errands.store.transaction() as db:
            records = StoredRecords(db)
            batch = records.page(
                errand.module,
                f"{where.sql} AND id > ?",
                (*where.values, errand.last_id),
                order="id",
                limit=BATCH,
            )
            if not batch:
                return False
            failed = sum(not _succeeds(act, records, record) for record in batch)
            done = len(batch) - failed
            self.errands.advance(db, errand, batch[-1].id, done=done, failed=failed)
        return len(batch) == BATCH


def mass_values(values: dict[str, Any], record: StoredRecord, *, keeps: bool) -> dict[str, Any]:
    """The update of one record; `keeps` adds to multi-select picklists instead of replacing."""
    append = dict.fromkeys(values, True) if keeps else {}
    return {**values, "id": record.id, "$append_values": append}


def _succeeds(act: Any, records: StoredRecords, record: StoredRecord) -> bool:
    try:
        act(records, record)
    except ApiError:
        return False
    return True
