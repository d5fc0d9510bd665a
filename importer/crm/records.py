"""Records, one by one or as long lists: found, read, written and deleted."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, Literal, TypeVar

from importer.crm import coql, wire
from importer.crm.api import Api, first, listed, shape_expected
from importer.crm.jobs import moment
from importer.crm.outcomes import Action, RecordOutcome, outcomes
from importer.crm.paging import entries

T = TypeVar("T")
Values = Mapping[str, Any]  # by the API names of fields, as JSON

PER_CALL = 100  # records that are written or deleted by a call, ids that are asked for by one
PER_PAGE = "200"
FIELDS_PER_CALL = 50


@dataclass(frozen=True, slots=True)
class Record:
    """A record, or those of its fields that were asked for."""

    id: str
    values: Values  # a lookup is `{"id": ..., "name": ...}`, a multi-select a list


@dataclass(frozen=True, slots=True)
class DeletedRecord:
    """A record that is in the recycle bin, or has left it for good."""

    id: str
    name: str
    deleted_at: datetime | None  # aware
    gone: bool  # for good


class Records:
    """The calls about the records of a module, which is named by its API name.

    What reads is asked again when an answer is lost, and so are updates and deletes. An insert or
    upsert is sent once: it raises `OutcomeUnknown` where records may have been written.
    """

    def __init__(self, api: Api) -> None:
        self._api = api

    # Reading

    def get(self, module: str, ids: Iterable[str], fields: Sequence[str]) -> Iterator[Record]:
        """The records with `ids`, any number, in the CRM's order; those that are gone are missing.

        As in all lists, rich text comes cut to 500 characters, and subforms not at all.
        """
        for some in _batches(ids, PER_CALL):
            found = self._fields(module, some, fields[:FIELDS_PER_CALL])
            for start in range(FIELDS_PER_CALL, len(fields), FIELDS_PER_CALL):
                more = self._fields(module, some, fields[start : start + FIELDS_PER_CALL])
                found = {key: {**found[key], **more[key]} for key in found if key in more}
            yield from (Record(key, values) for key, values in found.items())

    def whole(self, module: str, record_id: str, *, external: str | None = None) -> Record | None:
        """One record with all its fields, long texts and subforms too; None if it is gone.

        `record_id` is another system's where `external` names the field that keeps those.
        """
        headers = {"X-EXTERNAL": f"{module}.{external}"} if external else None
        answer = self._api.send("GET", module, record_id, headers=headers)
        return _record(first(answer, "data")) if answer else None

    def all(
        self, module: str, fields: Sequence[str], *, view: str | None = None
    ) -> Iterator[Record]:
        """The module's records, or those of a custom view; the newest first.

        Reaches 100,000 records and 50 fields; beyond, the CRM refuses and bulk read is for that.
        """
        params = {"fields": _listed(fields), "per_page": PER_PAGE}
        if view:
            params["cvid"] = view
        ask = partial(self._api.get, module, **params)
        yield from map(_record, entries(ask, "data", by_token=True))

    def search(
        self,
        module: str,
        *,
        criteria: str | None = None,
        email: str | None = None,
        phone: str | None = None,
        word: str | None = None,
    ) -> Iterator[Record]:
        """What the search index finds by one of its four ways; the CRM refuses beyond 2,000.

        The index lags behind, and `equals` means contains for texts: look twice at what is found.
        """
        asked = {"criteria": criteria, "email": email, "phone": phone, "word": word}
        params = {key: value for key, value in asked.items() if value is not None}
        ask = partial(self._api.get, module, "search", per_page=PER_PAGE, **params)
        yield from map(_record, entries(ask, "data"))

    def query(self, module: str, fields: Sequence[str], where: str) -> Iterator[Record]:
        """What COQL finds, `where` being a condition in it; the CRM refuses beyond 10,000."""
        read = 0  # rows; the next page begins there

        def ask(**place: str) -> wire.Json:
            query = coql.select(module, fields, where, offset=read)
            return self._api.send("POST", "coql", json={"select_query": query})

        for entry in entries(ask, "data"):
            read += 1
            yield _record(entry)

    def find(
        self, module: str, field: str, values: Iterable[str], fields: Sequence[str]
    ) -> Iterator[Record]:
        """The records whose `field` has one of `values`, any number of them, by COQL."""
        for some in _batches(values, coql.VALUES_PER_CALL):
            yield from self.query(module, fields, coql.among(field, some))

    def find_all(
        self,
        module: str,
        field: str,
        values: Iterable[str],
        fields: Sequence[str],
        *,
        since: datetime | None = None,
    ) -> Iterator[Record]:
        """As `find`, however many there are; only those created `since` then, where it is given."""
        for some in _batches(values, coql.VALUES_PER_CALL):
            where = coql.among(field, some)
            if since:
                where = coql.both(where, coql.created_since(since))
            found = list(islice(self.query(module, fields, where), coql.ROWS_PER_QUERY))
            yield from found
            while len(found) == coql.ROWS_PER_QUERY:
                later = coql.both(where, f"id > {found[-1].id}")
                found = list(islice(self.query(module, fields, later), coql.ROWS_PER_QUERY))
                yield from found

    def count(self, module: str, *, criteria: str | None = None) -> int:
        """How many records there are, as the CRM's statistics had it some minutes ago."""
        params = {} if criteria is None else {"criteria": criteria}
        answer = self._api.get(module, "actions", "count", **params)
        with shape_expected("the count"):
            return int(answer["count"])

    def deleted(
        self, module: str, kind: Literal["all", "recycle", "permanent"] = "all"
    ) -> Iterator[DeletedRecord]:
        """What was deleted, the latest first: in the recycle bin for 60 days, or for good."""
        ask = partial(self._api.get, module, "deleted", type=kind, per_page=PER_PAGE)
        for entry in entries(ask, "data"):
            with shape_expected("a deleted record"):
                found = DeletedRecord(
                    id=str(entry["id"]),
                    name=entry.get("display_name") or "",
                    deleted_at=moment(entry.get("deleted_time")),
                    gone=entry["type"] == "permanent",
                )
            yield found

    # Writing: at most 100 records a call

    def insert(
        self, module: str, rows: Sequence[Values], *, automation: bool = True
    ) -> tuple[RecordOutcome, ...]:
        """Create records; without `automation`, none of the CRM's rules and workflows runs."""
        body = _body(rows, automation)
        return self._write("POST", (module,), Action.INSERT, [None] * len(rows), body)

    def update(
        self, module: str, records: Sequence[Record], *, automation: bool = True
    ) -> tuple[RecordOutcome, ...]:
        """Set the values that are given, None erasing one; all others stay as they are."""
        body = _body([{**record.values, "id": record.id} for record in records], automation)
        ids = [record.id for record in records]
        return self._write("PUT", (module,), Action.UPDATE, ids, body)

    def upsert(
        self,
        module: str,
        rows: Sequence[Values],
        *,
        find_by: Sequence[str] | None = None,
        automation: bool = True,
    ) -> tuple[RecordOutcome, ...]:
        """Update what is found by the fields in `find_by`, or else by other unique ones; create
        the rest. The outcomes tell which.
        """
        body = _body(rows, automation)
        if find_by is not None:
            body["duplicate_check_fields"] = list(find_by)
        ids = [None] * len(rows)
        return self._write("POST", (module, "upsert"), Action.UPSERT, ids, body)

    def delete(
        self, module: str, ids: Sequence[str], *, automation: bool = True
    ) -> tuple[RecordOutcome, ...]:
        """Move records to the recycle bin."""
        _require_at_most(PER_CALL, ids)
        params = {"ids": ",".join(ids), "wf_trigger": str(automation).lower()}
        answer = self._api.send("DELETE", module, params=params, each=len(ids))
        with shape_expected("an outcome for each record"):
            return outcomes(answer, Action.DELETE, ids)

    def _write(
        self,
        method: str,
        path: tuple[str, ...],
        action: Action,
        ids: Sequence[str | None],
        body: dict[str, Any],
    ) -> tuple[RecordOutcome, ...]:
        _require_at_most(PER_CALL, ids)
        again = action is Action.UPDATE
        answer = self._api.send(method, *path, repeatable=again, each=len(ids), json=body)
        with shape_expected("an outcome for each record", repeatable=again):
            return outcomes(answer, action, ids)

    def _fields(
        self, module: str, ids: Sequence[str], fields: Sequence[str]
    ) -> dict[str, dict[str, Any]]:
        """Those of the records with `ids` that exist, by id."""
        params = {"ids": ",".join(ids), "fields": _listed(fields), "per_page": PER_PAGE}
        records = map(_record, listed(self._api.get(module, **params), "data"))
        return {record.id: dict(record.values) for record in records}


def _record(entry: wire.Json) -> Record:
    """The record in an answer; `wire.broken` where it has no id."""
    with shape_expected("a record"):
        values = _with_text_ids(entry)
        return Record(values.pop("id"), values)


def _with_text_ids(value: Any) -> Any:
    """`value` with its ids as text, wherever in it: some answers have them as numbers."""
    if isinstance(value, list):
        return [_with_text_ids(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: str(inner) if key == "id" and inner is not None else _with_text_ids(inner)
        for key, inner in value.items()
    }


def _listed(fields: Sequence[str]) -> str:
    """Fields as a list is asked for them; it must name some."""
    return ",".join(fields or ("id",))


def _body(rows: Sequence[Values], automation: bool) -> dict[str, Any]:
    """Without `trigger` all automation runs, with an empty one none."""
    body: dict[str, Any] = {"data": [dict(row) for row in rows]}
    return body if automation else {**body, "trigger": []}


def _require_at_most(most: int, given: Sequence[object]) -> None:
    if not 0 < len(given) <= most:
        raise ValueError(f"A call takes 1 to {most} records, not {len(given)}")


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
