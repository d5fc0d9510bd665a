"""Criteria, as the CRM's search takes them: `((Email:equals:a@b.com)and(City:starts_with:A))`."""

import re


def criterion(field: str, operator: str, *values: str) -> str:
    """A comparison; `in` takes up to a hundred values, `between` two.

    Operators are Zoho's: equals, not_equal, starts_with, in, between, greater_than, ...
    """
    return f"({field}:{operator}:{','.join(map(_escaped, values))})"


def all_of(*criteria: str) -> str:
    """Criteria that must all hold, up to ten."""
    return f"({'and'.join(criteria)})"


def _escaped(text: str) -> str:
    """The signs of the grammar, marked as part of a value."""
    return re.sub(r"([,()\\])", r"\\\1", text)
