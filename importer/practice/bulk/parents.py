"""Which record a row of a child file belongs to, by what became of the parent file's rows."""

from collections.abc import Iterable

from importer.practice.bulk.csv_files import CsvFile
from importer.practice.bulk.jobs import Line
from importer.practice.judging.values import InvalidValueError, Reader
from importer.practice.storage.stored_records import Value


def parent_reader(csv_file: CsvFile, column: int, outcomes: Iterable[Line]) -> Reader:
    """Reads the id of the record that the parent's row with this identifier became.

    There is none if the row was skipped, or if rows that became different records share it.
    """
    records: dict[str, str | None] = {}
    for row, (*_, record_id, _) in zip(csv_file.rows(), outcomes, strict=True):
        identifier = row[column].strip() if column < len(row) else ""
        record = record_id or None
        if records.setdefault(identifier, record) != record:
            records[identifier] = None

    def read(text: str) -> Value:
        record = records.get(text.strip())
        if record is None:
            raise InvalidValueError
        return record

    return read
