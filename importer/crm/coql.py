"""COQL, the CRM's query language: how queries are written and read page by page."""

from collections.abc import Iterable, Sequence
from datetime import datetime

# What every edition of Zoho's pages allows; newer ones allow more.
ROWS_PER_CALL = 200
VALUES_PER_CALL = 50  # of one `in`
ROWS_PER_QUERY = 10_000  # page by page


def select(module: str, fields: Sequence[str], where: str, offset: int) -> str:
    """One page of a query; always in one order, so that no row falls between two pages."""
    columns = ", ".join(dict.fromkeys(("id", *fields)))
    return (
        f"select {columns} from {module} where {where} "  # noqa: S608 - no SQL
        f"order by id asc limit {offset}, {ROWS_PER_CALL}"
    )


def among(field: str, values: Iterable[str]) -> str:
    """The condition that `field` has one of `values`."""
    return f"{field} in ({', '.join(map(quoted, values))})"


def created_since(moment: datetime) -> str:
    """The condition that a record was created at `moment`, which is aware, or later."""
    return f"Created_Time >= '{moment.isoformat(timespec='seconds')}'"


def both(one: str, other: str) -> str:
    """The condition that holds where both hold; COQL takes more than two in brackets only."""
    return f"({one} and {other})"


def quoted(text: str) -> str:
    """A text as COQL writes it: a quote inside is doubled (Zoho's Kaizen #171)."""
    escaped = text.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
