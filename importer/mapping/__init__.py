"""A table's columns meet a module's fields."""

from importer.mapping.fitness import MAX_FIELDS, fitting, missing_fields, never_cleared
from importer.mapping.model import (
    ColumnMapping,
    DateOrder,
    DecimalMark,
    FixedValue,
    InvalidMapping,
    Mapping,
    Repeats,
)
from importer.mapping.suggestions import Suggestion, suggest

__all__ = [
    "MAX_FIELDS",
    "ColumnMapping",
    "DateOrder",
    "DecimalMark",
    "FixedValue",
    "InvalidMapping",
    "Mapping",
    "Repeats",
    "Suggestion",
    "fitting",
    "missing_fields",
    "never_cleared",
    "suggest",
]
