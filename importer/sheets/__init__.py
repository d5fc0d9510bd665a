"""A spreadsheet file becomes a table: look at it, choose how to read it, stage it, page it."""

from importer.sheets.bounded import DEFAULT_BOUNDS, Bounds, keep_reader_ready, read
from importer.sheets.guard import DEFAULT_LIMITS, Limits
from importer.sheets.inspection import inspect
from importer.sheets.paging import head, page, rows
from importer.sheets.segments import ROWS_PER_GROUP
from importer.sheets.staging import stage
from importer.sheets.table import (
    ROW,
    Choice,
    ColumnProfile,
    Footer,
    Format,
    Inspection,
    PreviewRow,
    Reading,
    Sheet,
    Table,
    UnreadableFile,
)

__all__ = [
    "DEFAULT_BOUNDS",
    "DEFAULT_LIMITS",
    "ROW",
    "ROWS_PER_GROUP",
    "Bounds",
    "Choice",
    "ColumnProfile",
    "Footer",
    "Format",
    "Inspection",
    "Limits",
    "PreviewRow",
    "Reading",
    "Sheet",
    "Table",
    "UnreadableFile",
    "head",
    "inspect",
    "keep_reader_ready",
    "page",
    "read",
    "rows",
    "stage",
]
