"""The columns that a COQL query selects: fields, and what is counted or summed up over them."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from importer.practice.api.errors import ApiError
from importer.practice.organisation.module import Module
from importer.practice.records.conditions import expression, invalid_query, reached

AGGREGATES: Final = ("COUNT", "SUM", "MIN", "MAX", "AVG")
OF_NUMBERS: Final = ("SUM", "AVG")
MAX_COLUMNS: Final = 50
MAX_AGGREGATES: Final = 5
ALIAS: Final = re.compile(r"\w{1,150}")


@dataclass(frozen=True, slots=True)
class Column:
    """`Email`, `Account_Name.Phone as phone` or `COUNT(id)`."""

    name: str
    aggregate: str = ""
    alias: str | None = None

    @property
    def label(self) -> str:
        """What it is without its alias."""
        return f"{self.aggregate}({self.name})" if self.aggregate else self.name

    @property
    def key(self) -> str:
        """What the answer calls it."""
        return self.label if self.alias is None else self.alias

    def sql(self, module: Module) -> str:
        return f"{self.aggregate}({expression(module, self.name)})"


def require_columns(module: Module, columns: Sequence[Column]) -> None:
    """`ApiError` for a column that is not known, is given twice, or is called like another."""
    for column in columns:
        _require_sense(module, column)
    require_at_most(MAX_COLUMNS, len(columns), "columns")
    aggregates = sum(bool(column.aggregate) for column in columns)
    require_at_most(MAX_AGGREGATES, aggregates, "aggregate functions")
    for column in columns:
        if [other.label for other in columns].count(column.label) > 1:
            kind = {"aggregate": column.aggregate} if column.aggregate else {}
            details = {"column_name": column.name, **kind}
            raise ApiError("DUPLICATE_DATA", "a column is given twice", details=details)
    _require_aliases(columns)


def require_grouped(columns: Sequence[Column], groups: Sequence[str]) -> None:
    """Beside what is counted or summed up, there are only columns that are grouped by."""
    if not groups and not any(column.aggregate for column in columns):
        return
    for column in columns:
        if not column.aggregate and column.name not in groups:
            raise invalid_query(column_name=column.name, clause="group by")


def require_at_most(limit: int, given: int, what: str) -> None:
    if given > limit:
        message = f"more than {limit} {what} are given"
        raise ApiError("LIMIT_EXCEEDED", message, details={"limit": limit})


def _require_sense(module: Module, column: Column) -> None:
    field, target, beyond = reached(module, column.name)
    field = field if target is None else target.field(beyond) or field
    if column.aggregate in OF_NUMBERS and field.json_type not in ("integer", "double"):
        reason = f"{column.aggregate} needs a field of numbers"
        details = {"column": column.name, "reason": reason}
        raise ApiError("INVALID_DATA", "invalid aggregate function", details=details)


def _require_aliases(columns: Sequence[Column]) -> None:
    for column in columns:
        if column.alias is not None and not ALIAS.fullmatch(column.alias):
            details = {"alias": column.alias, "column_name": column.name}
            raise ApiError("INVALID_ALIAS", "the alias is invalid", details=details)
    alias, times = Counter(column.key for column in columns).most_common(1)[0]
    if times > 1:
        referred = [column.label for column in columns if column.key == alias]
        raise ApiError(
            "DUPLICATE_ALIAS",
            "the alias is given twice",
            details={"alias": alias, "referred_columns": referred},
        )
