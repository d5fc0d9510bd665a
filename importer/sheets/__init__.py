"""A spreadsheet file becomes a table: look at it, choose how to read it, stage it, page it."""

from importer.sheets.bounded import (
    DEFAULT_BOUNDS,
    Bounds,
    cell,
    keep_reader_ready,
    reaches,
    read,
)
from importer.sheets.guard import DEFAULT_LIMITS, Limits
from importer.sheets.inspection import inspect
from importer.sheets.paging import head, page
from importer.sheets.segments import ROWS_PER_GROUP
from importer.sheets.sheet_cells import Reach
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
    "Reach",
    "Reading",
    "Sheet",
    "Table",
    "UnreadableFile",
    "cell",
    "head",
    "inspect",
    "keep_reader_ready",
    "page",
    "reaches",
    "read",
    "stage",
]
