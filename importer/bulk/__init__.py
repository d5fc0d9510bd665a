"""Checked rows become parts; results become a ledger."""

from importer.bulk.arranging import Group, arrange, groups_of
from importer.bulk.corrections import (
    Corrections,
    InvalidCorrections,
    read_corrections,
    stage_report,
)
from importer.bulk.fixing import EDITS_SCHEMA, FIXABLE, rows_in, rows_to_fix
from importer.bulk.ledger import (
    LedgerMismatch,
    amend_ledger,
    reverse_ledger,
    same_outcome,
    scan_ledger,
    tell_again,
    write_ledger,
)
from importer.bulk.outcomes import LEDGER_SCHEMA, REVERSALS_SCHEMA, Balance, Outcome, Reversal
from importer.bulk.parts import MAX_BYTES, MAX_ROWS, Packed, PackedField, Slice, cut, pack, rows_of
from importer.bulk.refusals import explain, explain_skip
from importer.bulk.reports import write_outcomes_csv, write_problems_csv, write_problems_xlsx
from importer.bulk.results import Reconciliation, UnreadableResult, reconcile

__all__ = [
    "EDITS_SCHEMA",
    "FIXABLE",
    "LEDGER_SCHEMA",
    "MAX_BYTES",
    "MAX_ROWS",
    "REVERSALS_SCHEMA",
    "Balance",
    "Corrections",
    "Group",
    "InvalidCorrections",
    "LedgerMismatch",
    "Outcome",
    "Packed",
    "PackedField",
    "Reconciliation",
    "Reversal",
    "Slice",
    "UnreadableResult",
    "amend_ledger",
    "arrange",
    "cut",
    "explain",
    "explain_skip",
    "groups_of",
    "pack",
    "read_corrections",
    "reconcile",
    "reverse_ledger",
    "rows_in",
    "rows_of",
    "rows_to_fix",
    "same_outcome",
    "scan_ledger",
    "stage_report",
    "tell_again",
    "write_ledger",
    "write_outcomes_csv",
    "write_problems_csv",
    "write_problems_xlsx",
]
