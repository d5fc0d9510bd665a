"""Checked rows become parts; results become a ledger."""

from importer.bulk.ledger import LedgerMismatch, same_outcome, write_ledger
from importer.bulk.outcomes import LEDGER_SCHEMA, Balance, Outcome
from importer.bulk.parts import MAX_BYTES, MAX_ROWS, Packed, PackedField, Slice, cut, pack
from importer.bulk.refusals import explain, explain_skip
from importer.bulk.reports import write_outcomes_csv, write_problems_csv, write_problems_xlsx
from importer.bulk.results import UnreadableResult, reconcile

__all__ = [
    "LEDGER_SCHEMA",
    "MAX_BYTES",
    "MAX_ROWS",
    "Balance",
    "LedgerMismatch",
    "Outcome",
    "Packed",
    "PackedField",
    "Slice",
    "UnreadableResult",
    "cut",
    "explain",
    "explain_skip",
    "pack",
    "reconcile",
    "same_outcome",
    "write_ledger",
    "write_outcomes_csv",
    "write_problems_csv",
    "write_problems_xlsx",
]
