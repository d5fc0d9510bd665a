"""Undo: which records to delete or put back, and which to leave since people changed them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from importer.bulk.outcomes import Outcome, Reversal
from importer.bulk.parts import Slice, rows_of
from importer.bulk.values import canonical
from importer.checks.storage import ParquetFile, Schema, chunks
from importer.crm.schema import Field, Module
from importer.sheets.table import ROW

UNDO_SCHEMA: Schema = {
    ROW: pl.Int64,
    "act": pl.String,
    "record_id": pl.String,
    "before": pl.String,  # JSON: the values that the run replaced, by API name
    "sent": pl.String,  # JSON: the texts that were sent, by API name; "" erased a value
    "answered_at": pl.String,  # ISO 8601; the run had written the record by then
}
BEFORE_SCHEMA: Schema = {"record_id": pl.String, "before": pl.String}  # JSON, as above
WATCHED = ("Modified_Time", "Modified_By", "Created_Time", "Created_By")
LONGEST_TEXT = 32_000  # a longer one is rich text, which the CRM's lists cut
# What clocks may differ by, and automations of the CRM may take after a run.
TOLERANCE = timedelta(minutes=1)
CREATION = timedelta(seconds=2)  # the CRM may touch a new record that long

NOT_KEPT = "The values it had were not kept before the run, so they cannot be put back."
NO_ID = "The CRM did not tell which record this is."
GONE = "It had been deleted in the CRM already."
DELETED_SINCE = "Somebody deleted the record in the CRM since."

Json = Mapping[str, Any]


class Act(StrEnum):
    """What undoing a row takes."""

    DELETE = "delete"  # we created the record
    RESTORE = "restore"  # we changed it, and kept what it had
    LEAVE = "leave"  # we changed it, and know no more


@dataclass(frozen=True, slots=True)
class UndoLine:
    """A row that is to be taken back."""

    row: int
    act: Act
    record_id: str
    before: Json
    sent: Json
    answered_at: datetime


@dataclass(frozen=True, slots=True)
class Judgement:
    """What becomes of a row when its record is as it is now."""

    reversal: Reversal | None  # None: it is still to be taken back
    detail: str = ""
    values: Json = field(default_factory=dict)  # to put back


@dataclass(frozen=True)
class Judge:
    """Tells what people changed from what the run has written."""

    module: Module
    time_zone: str  # IANA name; of date-times that were sent

    @cached_property
    def fields(self) -> dict[str, Field]:
        """The module's fields by their API names."""
        return {field.api_name: field for field in self.module.fields}

    def judge(self, line: UndoLine, now: Json | None) -> Judgement:
        """What is to become of `line`, `now` being its record's values; None if it is gone."""
        if line.act is Act.LEAVE:
            return Judgement(Reversal.FAILED, NOT_KEPT if line.record_id else NO_ID)
        if now is None:
            if line.act is Act.DELETE:
                return Judgement(Reversal.REVERSED, GONE)
            return Judgement(Reversal.KEPT, DELETED_SINCE)
        values = self._differing(line.before, now)
        if line.act is Act.RESTORE and not values:
            return self.put_back(line)
        shown = {name: text for name, text in line.sent.items() if not is_cut(self.fields[name])}
        edited = self._differing(shown, now)
        if edited or _touched(line, now):
            return Judgement(Reversal.KEPT, self._who(now, tuple(edited)))
        return Judgement(None, values=values)

    def put_back(self, line: UndoLine) -> Judgement:
        """What to say of a row whose record has its values again, or is deleted."""
        lost = self.lost(line)
        if not lost:
            return Judgement(Reversal.REVERSED)
        left = ", ".join(lost)
        return Judgement(
            Reversal.FAILED, f"Put back, but for {left}: what stood there could not be kept."
        )

    def lost(self, line: UndoLine) -> tuple[str, ...]:
        """The labels of the fields that do not come back with the others."""
        if line.act is not Act.RESTORE:
            return ()
        fields = (self.fields[name] for name in line.sent if name not in line.before)
        return tuple(field.label for field in fields if field.updatable)

    def _differing(self, wanted: Json, now: Json) -> dict[str, Any]:
        """Those of the `wanted` values that are not what the record has."""
        return {
            name: value
            for name, value in wanted.items()
            if value != now.get(name) and not self._same(self.fields[name], value, now.get(name))
        }

    def _same(self, field: Field, value: Any, other: Any) -> bool:
        return canonical(field, value, self.time_zone) == canonical(field, other, self.time_zone)

    def _who(self, now: Json, edited: tuple[str, ...]) -> str:
        changed = self._labels(edited) if edited else "the record"
        user = now.get("Modified_By")
        who = (user.get("name") if isinstance(user, Mapping) else None) or "Somebody"
        at = moment(now.get("Modified_Time"))
        when = f" on {at.day} {at:%B %Y at %H:%M}" if at else ""
        return f"{who} changed {changed}{when}."

    def _labels(self, names: Iterable[str]) -> str:
        return ", ".join(self.fields[name].label for name in names)


def is_cut(field: Field) -> bool:
    """Whether the CRM's lists do not show all of the field, so that it cannot be put back.

    Of rich text they give 500 characters (Zoho CRM API, Get Records).
    """
    return field.data_type == "textarea" and (field.length or 0) > LONGEST_TEXT


def restorable(module: Module, names: Iterable[str]) -> tuple[str, ...]:
    """The fields among `names` whose values can be kept, and put back."""
    fields = (module.field(name) for name in names)
    return tuple(f.api_name for f in fields if f.updatable and not is_cut(f))


def undo_lines(
    rows: Path, piece: Slice, ledger: Path, before: Path | None, answered_at: datetime
) -> pl.DataFrame:
    """What undoing a part takes: a line for each of its rows that created or changed a record.

    `ledger` is the part's own; `before` has the columns of `BEFORE_SCHEMA`.
    """
    kept = pl.read_parquet(before) if before else pl.DataFrame(schema=BEFORE_SCHEMA)
    ours = pl.col("outcome").is_in([Outcome.CREATED.value, Outcome.UPDATED.value])
    ends = pl.read_parquet(ledger).filter(ours).select("outcome", "record_id", **{ROW: "row"})
    created, is_known = pl.col("outcome") == Outcome.CREATED.value, pl.col("before").is_not_null()
    return (
        ends.join(_sent(rows, piece), on=ROW)
        .join(kept, on="record_id", how="left")
        .with_columns(
            act=pl.when(pl.col("record_id").is_null())
            .then(pl.lit(Act.LEAVE.value))
            .when(created)
            .then(pl.lit(Act.DELETE.value))
            .when(is_known)
            .then(pl.lit(Act.RESTORE.value))
            .otherwise(pl.lit(Act.LEAVE.value)),
            answered_at=pl.lit(answered_at.isoformat()),
        )
        .select(*UNDO_SCHEMA)
    )


def write_undo(parts: Iterable[pl.DataFrame], still_in: pl.Series, target: Path) -> dict[Act, int]:
    """Write the lines of all `parts`, in the order of their sending, to `target`: by act.

    Only those of the rows `still_in` the CRM by the ledger count. Gives how many lines there are
    of each act. Rows that wrote the same record get the same lines: from the first what it had
    before, from the last what was sent.
    """
    with TemporaryDirectory(prefix="importer-") as folder:
        lines = Path(folder) / "lines.parquet"
        with ParquetFile(lines, UNDO_SCHEMA) as file:
            for part in parts:
                if part.is_empty():  # none of its rows went in
                    continue
                mine = still_in.filter(still_in.is_between(part[ROW].min(), part[ROW].max()))
                file.write(part.filter(pl.col(ROW).is_in(mine.implode())))
        merged = _merged(lines)
        counts = dict.fromkeys(Act, 0)
        with ParquetFile(target, UNDO_SCHEMA) as file:
            for act in Act:
                for chunk in chunks(lines):
                    others = chunk.join(merged, on=ROW, how="anti")
                    of_act = others.filter(act=act.value)
                    file.write(of_act)
                    counts[act] += of_act.height
                of_act = merged.filter(act=act.value)
                file.write(of_act)
                counts[act] += of_act.height
        return counts


def lines_of(rows: pl.DataFrame) -> Iterator[UndoLine]:
    """The lines of a stretch of a file that `write_undo` wrote."""
    for line in rows.iter_rows(named=True):
        sent = {name: v for name, v in json.loads(line["sent"]).items() if v is not None}
        before = json.loads(line["before"] or "{}")
        yield UndoLine(
            row=line[ROW],
            act=Act(line["act"]),
            record_id=line["record_id"] or "",
            before={name: value for name, value in before.items() if name in sent},
            sent=sent,
            answered_at=datetime.fromisoformat(line["answered_at"]),
        )


def moment(text: Any) -> datetime | None:
    """The moment that the CRM tells in ISO 8601 with its offset; None where it tells none."""
    try:
        read = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return read if read.tzinfo else None


def _sent(rows: Path, piece: Slice) -> pl.DataFrame:
    """The row numbers of `piece`, and as JSON what was sent of each."""
    frame = rows_of(rows, piece)
    names = [n for n in frame.columns if n not in (ROW, "id", *piece.left_out)]
    values = frame.select(pl.col(names).fill_null("") if piece.clears else pl.col(names))
    sent = pl.Series("sent", ["{}"] * frame.height, pl.String)
    if names:
        sent = values.select(sent=pl.struct(names).struct.json_encode())["sent"]
    return frame.select(ROW).with_columns(sent)


def _merged(lines: Path) -> pl.DataFrame:
    """The lines of records that several rows have written."""
    ids = pl.scan_parquet(lines).select("record_id").drop_nulls().collect()["record_id"]
    repeated = ids.filter(ids.is_duplicated()).unique()
    found = pl.DataFrame(schema=UNDO_SCHEMA)
    if repeated.len():
        found = pl.concat(
            [
                found,
                *(c.filter(pl.col("record_id").is_in(repeated.implode())) for c in chunks(lines)),
            ]
        )
    by_record = found.partition_by("record_id", maintain_order=True) if found.height else []
    return pl.concat([pl.DataFrame(schema=UNDO_SCHEMA), *map(_as_one, by_record)])


def _as_one(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines of one record, in the order of their sending, all told alike."""
    before: dict[str, Any] = {}
    sent: dict[str, Any] = {}
    for line in lines_of(lines):
        before = {**line.before, **before}
        sent = {**sent, **line.sent}
    first, last = lines.row(0, named=True), lines.row(-1, named=True)
    unknown = first["act"] != Act.DELETE and Act.LEAVE in set(lines["act"])
    return lines.with_columns(
        act=pl.lit(Act.LEAVE.value if unknown else first["act"]),
        before=pl.lit(json.dumps(before)),
        sent=pl.lit(json.dumps(sent)),
        answered_at=pl.lit(last["answered_at"]),
    )


def _touched(line: UndoLine, now: Json) -> bool:
    """Whether the record changed after the run, or after its creation by somebody else."""
    changed = moment(now.get("Modified_Time"))
    if changed is None:
        return False
    if changed > line.answered_at + TOLERANCE:
        return True
    created = moment(now.get("Created_Time"))
    ours, theirs = (_id_of(now.get(name)) for name in ("Created_By", "Modified_By"))
    is_new = line.act is Act.DELETE and created is not None
    return is_new and ours != theirs and changed > created + CREATION  # type: ignore[operator]


def _id_of(user: Any) -> str:
    """A user's id, as records have it or as a bulk read writes it."""
    return str(user.get("id") if isinstance(user, Mapping) else user or "")
