"""Rows become CRM values, or problems."""

from importer.checks.model import (
    Cleared,
    ProblemGroup,
    Question,
    QuestionKind,
    Severity,
    Summary,
    UnknownOption,
)
from importer.checks.questions import ask
from importer.checks.run import check

__all__ = [
    "Cleared",
    "ProblemGroup",
    "Question",
    "QuestionKind",
    "Severity",
    "Summary",
    "UnknownOption",
    "ask",
    "check",
]
