"""COQL, Zoho's query language: `select id, Email from Leads where Email in ('a@b.com') limit 0, 9`.

Comparisons are joined two at a time, brackets around every further pair.
"""

from dataclasses import dataclass
from typing import Final

from importer.practice.api.errors import ApiError
from importer.practice.organisation.module import Module
from importer.practice.organisation.modules import MODULES
from importer.practice.records.conditions import (
    Condition,
    condition,
    expression,
    invalid_query,
    joined,
    reached,
)
from importer.practice.records.coql_columns import (
    AGGREGATES,
    Column,
    require_at_most,
    require_columns,
    require_grouped,
)
from importer.practice.records.coql_tokens import QUOTE, syntax_error, tokens

MAX_REACHES: Final = 50  # pages that paging gets to
MAX_CRITERIA: Final = 25
MAX_JOINS: Final = 2
MAX_GROUPS: Final = 4
MAX_ORDERS: Final = 10
MAX_DEPTH: Final = 30  # of brackets
SIGNS: Final = {
    "=": "equal",
    "!=": "not_equal",
    ">": "greater_than",
    ">=": "greater_equal",
    "<": "less_than",
    "<=": "less_equal",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What Zoho's pages state in two ways."""

    rows: int  # of one call
    values: int  # of one `in`


@dataclass(frozen=True, slots=True)
class Selection:
    """A query, understood."""

    module: Module
    columns: tuple[Column, ...]
    condition: Condition
    groups: tuple[str, ...]
    order: str  # an SQL order
    offset: int
    limit: int

    @property
    def sums_up(self) -> bool:
        """Whether its rows are groups of records, not records."""
        return bool(self.groups) or any(column.aggregate for column in self.columns)


def from_coql(query: str, limits: Limits) -> Selection:
    """What the query asks for; `ApiError` if it breaks Zoho's grammar or limits."""
    return _Reader(tokens(query), limits).selection()


class _Reader:
    """Reads tokens from the left."""

    def __init__(self, found: list[str], limits: Limits) -> None:
        self.tokens = found
        self.limits = limits
        self.place = 0
        self.criteria = 0
        self.depth = 0
        self.pointers = set[str]()

    def selection(self) -> Selection:
        self._expect("select")
        columns = self._columns()
        self._expect("from")
        module = self._module(self._next())
        require_columns(module, columns)
        for column in columns:
            self._known(module, column.name)
        self._expect("where")
        where = self._either(module)
        groups = self._groups(module)
        require_grouped(columns, groups)
        order = self._order(module, columns, groups)
        offset, limit = self._limit()
        if self.place < len(self.tokens):
            raise syntax_error(self.tokens[self.place])
        require_at_most(MAX_JOINS, len(self.pointers), "joins")
        return Selection(module, columns, where, groups, order, offset, limit)

    def _module(self, name: str) -> Module:
        if name not in MODULES:
            raise invalid_query(module=name)
        return MODULES[name]

    def _columns(self) -> tuple[Column, ...]:
        columns = [self._column()]
        while self._takes(","):
            columns.append(self._column())
        return tuple(columns)

    def _column(self) -> Column:
        name, aggregate = self._name(), ""
        if name.upper() in AGGREGATES and self._takes("("):
            name, aggregate = self._name(), name.upper()
            self._expect(")")
        return Column(name, aggregate, self._name() if self._takes("as") else None)

    def _known(self, module: Module, name: str) -> str:
        _, target, _ = reached(module, name)
        if target is not None:
            self.pointers.add(name.partition(".")[0])
        return name

    def _either(self, module: Module) -> Condition:
        """One operand, or two that are joined."""
        first = self._operand(module)
        if self._takes("and"):
            return joined([first, self._operand(module)], "and")
        if self._takes("or"):
            return joined([first, self._operand(module)], "or")
        return first

    def _operand(self, module: Module) -> Condition:
        if not self._takes("("):
            return self._comparison(module)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise syntax_error("(")
        found = self._either(module)
        self._expect(")")
        self.depth -= 1
        return found

    def _comparison(self, module: Module) -> Condition:
        self.criteria += 1
        require_at_most(MAX_CRITERIA, self.criteria, "criteria")
        name = self._known(module, self._name())
        sign = self._next().lower()
        if sign in SIGNS:
            return condition(module, name, SIGNS[sign], [self._literal()])
        if sign == "is":
            negated = self._takes("not")
            self._expect("null")
            found = condition(module, name, "null", [])
            return Condition(f"NOT {found.sql}", found.values) if negated else found
        prefix = "not_" if sign == "not" else ""
        word = self._next().lower() if prefix else sign
        return condition(module, name, prefix + word, self._values(word))

    def _values(self, word: str) -> list[str]:
        match word:
            case "in":
                return self._listed()
            case "like":
                return [self._literal()]
            case "between":
                low = self._literal()
                self._expect("and")
                return [low, self._literal()]
            case _:
                raise syntax_error(word)

    def _listed(self) -> list[str]:
        self._expect("(")
        values = [self._literal()]
        while self._takes(","):
            values.append(self._literal())
        self._expect(")")
        require_at_most(self.limits.values, len(values), "values of in")
        return values

    def _groups(self, module: Module) -> tuple[str, ...]:
        if not self._takes("group"):
            return ()
        self._expect("by")
        names = [self._known(module, self._name())]
        while self._takes(","):
            names.append(self._known(module, self._name()))
        require_at_most(MAX_GROUPS, len(names), "fields to group by")
        return tuple(names)

    def _order(self, module: Module, columns: tuple[Column, ...], groups: tuple[str, ...]) -> str:
        """An SQL order. Records come by their ids unless another is asked for."""
        sums_up = bool(groups) or any(column.aggregate for column in columns)
        if not self._takes("order"):
            return ", ".join(expression(module, name) for name in groups) or "id"
        self._expect("by")
        known = {key: column for column in columns for key in (column.key, column.label)}
        orders = [self._ordering(module, known, only_known=sums_up)]
        while self._takes(","):
            orders.append(self._ordering(module, known, only_known=sums_up))
        require_at_most(MAX_ORDERS, len(orders), "fields to order by")
        return ", ".join(orders)

    def _ordering(self, module: Module, known: dict[str, Column], *, only_known: bool) -> str:
        """A column by its name or alias; groups have nothing else to be ordered by."""
        asked = self._column()
        column = known.get(asked.label, asked)
        if asked.label not in known and (only_known or asked.aggregate):
            raise invalid_query(column_name=asked.label, clause="order by")
        self._known(module, column.name)
        if self._takes("desc"):
            return f"{column.sql(module)} DESC"
        self._takes("asc")
        return f"{column.sql(module)} ASC"

    def _limit(self) -> tuple[int, int]:
        """Offset and rows: `limit 0, 200`, `limit 200` or `limit 200 offset 0`."""
        if not self._takes("limit"):
            return 0, self.limits.rows
        offset, limit = 0, self._number()
        if self._takes(","):
            offset, limit = limit, self._number()
        elif self._takes("offset"):
            offset = self._number()
        if not 0 < limit <= self.limits.rows or offset + limit > self.limits.rows * MAX_REACHES:
            details = {"limit": self.limits.rows}
            message = "more rows are asked for than one call gives"
            raise ApiError("LIMIT_EXCEEDED", message, details=details)
        return offset, limit

    def _number(self) -> int:
        token = self._next()
        if not (token.isascii() and token.isdecimal() and len(token) < 10):
            raise syntax_error(token)
        return int(token)

    def _literal(self) -> str:
        token = self._next()
        if token in {"(", ")", ","}:
            raise syntax_error(token)
        return token.removeprefix(QUOTE)

    def _name(self) -> str:
        """A field or an alias; one that is a word of the language stands in quotes."""
        return self._literal()

    def _takes(self, word: str) -> bool:
        """Step over the next token, if it is this one."""
        if self.place == len(self.tokens) or self.tokens[self.place].lower() != word:
            return False
        self.place += 1
        return True

    def _next(self) -> str:
        if self.place == len(self.tokens):
            raise syntax_error("")
        self.place += 1
        return self.tokens[self.place - 1]

    def _expect(self, word: str) -> None:
        token = self._next()
        if token.lower() != word:
            raise syntax_error(token)
