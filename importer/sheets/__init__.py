"""A spreadsheet file becomes a table: look at it, choose how to read it, stage it, page it."""

from importer.sheets.guard import DEFAULT_LIMITS, Limits
from importer.sheets.inspection import inspect, preview
from importer.sheets.paging import head, rows
from importer.sheets.staging import ROWS_PER_GROUP, stage
from importer.sheets.table import (
    ROW,
    ColumnProfile,
    Inspection,
    PreviewRow,
    Reading,
    Sheet,
    Table,
    UnreadableFile,
)

__all__ = [
    "DEFAULT_LIMITS",
    "ROW",
    "ROWS_PER_GROUP",
    "ColumnProfile",
    "Inspection",
    "Limits",
    "PreviewRow",
    "Reading",
    "Sheet",
    "Table",
    "UnreadableFile",
    "head",
    "inspect",
    "preview",
    "rows",
    "stage",
]
