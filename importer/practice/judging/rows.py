"""Judges rows and writes those that pass: the heart of a bulk write job.

Rows are taken from top to bottom, each seeing what the ones before it wrote. A row is added,
updated, or skipped with every reason: codes in the order in which they came up, and after each
the headers of the columns at fault.
"""

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from itertools import repeat
from typing import Final, Literal

from importer.practice.judging.columns import Column, Lack, Rows
from importer.practice.judging.matching import NEW, Match, Matcher
from importer.practice.judging.reasons import Reasons, blame
from importer.practice.judging.rules import USUAL, Rules
from importer.practice.organisation.company import CURRENT_USER
from importer.practice.organisation.module import Module
from importer.practice.storage.record_batch import RecordBatch
from importer.practice.storage.stored_records import Data, StoredRecords

MAX_ROWS_OF_RECORD: Final = 100
Status = Literal["ADDED", "UPDATED", "SKIPPED"]
Lacking = tuple[Column, Lack]


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
        return ":".join(
            f"{code}-{','.join(names)}" if names else code for code, names in reasons.items()
        )


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
        self.records, self.module, self.rules = records, module, rules
        self.columns = [column for column in columns if column.field.api_name != "id"]
        self.names = [column.field.api_name for column in self.columns]
        self.unique = [column for column in self.columns if column.field.unique]
        key = next((c for c in columns if c.field.api_name == find_by), None)
        self.matcher = None if key is None else Matcher(module, key, operation, rules)
        self.operation, self.ignore_empty = operation, ignore_empty
        # What the CRM gives to every new record.
        self.standard: Data = {"Owner": CURRENT_USER.id, "Layout": module.layouts[0].id}

    def take(self, row: Sequence[str]) -> Outcome:
        """Write `row` if nothing speaks against it."""
        return self.take_all([row])[0]

    def take_all(self, rows: Sequence[Sequence[str]]) -> list[Outcome]:
        """Write those of `rows` that nothing speaks against, and say what became of each."""
        batch = RecordBatch(self.records, self.module, len(rows), exact=self.rules.exact)
        by_column = Rows(rows)
        keys = self.matcher.keys(by_column) if self.matcher else [""] * len(rows)
        outcomes = [
            self._take(batch, key, values, lacks)
            for key, (values, lacks) in zip(keys, self._read(by_column, batch), strict=True)
        ]
        batch.save()
        return outcomes

    def pass_over(self, rows: Sequence[Sequence[str]]) -> None:
        """Take note of rows that were taken before an interruption."""
        if self.matcher:
            self.matcher.pass_over(Rows(rows))

    def _read(self, rows: Rows, batch: RecordBatch) -> Iterator[tuple[Data, Sequence[Lacking]]]:
        """The values of each row, None where there is none, and the columns where that is so."""
        columns = []
        lacks: dict[int, list[Lacking]] = {}
        for column in self.columns:
            values, lacking = column.values(rows)
            columns.append(values)
            for number, lack in lacking:
                lacks.setdefault(number, []).append((column, lack))
            if column.field.unique:
                batch.expect(column.field, values)
        by_row = zip(*columns, strict=True) if columns else repeat((), rows.count)
        for number, row in enumerate(by_row):
            yield dict(zip(self.names, row, strict=True)), lacks.get(number, ())

    def _take(
        self, batch: RecordBatch, key: str, values: Data, lacks: Sequence[Lacking]
    ) -> Outcome:
        reasons: Reasons = {}
        match = self.matcher.match(batch, key, reasons) if self.matcher else NEW
        if match.kept is not None:
            return Outcome("SKIPPED", match.kept)
        for column, lack in lacks:
            if not self._empties(column, lack, match, reasons):
                del values[column.field.api_name]
        self._refuse_clashes(batch, values, match, reasons)
        if self.module.kind == "subform" and not match.records:
            self._refuse_overflow(batch, values, reasons)
        if reasons:
            return Outcome("SKIPPED", reasons=self._told(reasons))
        if not match.records:
            return Outcome("ADDED", batch.add(self.standard | values))
        for record in match.records:
            batch.change(record, values)
        return Outcome("UPDATED", match.records[0].id)

    def _empties(self, column: Column, lack: Lack, match: Match, reasons: Reasons) -> bool:
        """Whether a cell without a value empties its field; if it is wrong, that is said."""
        creates = not match.records and self.operation != "update"
        if lack is not Lack.BLANK:
            missing = lack is Lack.NO_TARGET
            blame(reasons, self.rules.lookup_miss if missing else "INVALID_DATA", column.name)
            return False
        if not creates and (self.ignore_empty or column.ignore_empty):
            return False
        if column.mandatory and (creates or match.records):
            blame(reasons, "MANDATORY_NOT_FOUND", column.name)
            return False
        return not creates and not column.keeps_when_blank

    def _refuse_clashes(
        self, batch: RecordBatch, values: Data, match: Match, reasons: Reasons
    ) -> None:
        """Another record's unique values are wrong; a record that exists can keep its own."""
        own = {record.id for record in match.records}
        for column in self.unique:
            value = values.get(column.field.api_name)
            if value is None or own.issuperset(batch.holders(column.field, value)):
                continue
            if own and self.rules.unique_clash == "leave_out":
                del values[column.field.api_name]
            else:
                blame(reasons, "DUPLICATE_DATA", column.name)

    def _refuse_overflow(self, batch: RecordBatch, values: Data, reasons: Reasons) -> None:
        """A record has so many rows in a subform, and no more."""
        parent = values.get("Parent_Id")
        for column in self.columns:
            if column.field.api_name == "Parent_Id" and parent is not None:
                siblings = batch.holders(column.field, parent, every=True)
                if len(siblings) >= MAX_ROWS_OF_RECORD:
                    blame(reasons, "LIMIT_EXCEEDED", column.name)

    def _told(self, reasons: Reasons) -> Reasons:
        if self.rules.row_errors == "all":
            return reasons
        code, names = next(iter(reasons.items()))
        return {code: names[:1]}
