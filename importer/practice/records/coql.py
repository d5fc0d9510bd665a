"""COQL, Zoho's query language: `select id, Email from Leads where Email in ('a@b.com') limit 0, 9`.

Comparisons are joined two at a time, brackets around every further pair. Aliases, aggregates and
`group by` are not understood here and refused.
"""

import re
from dataclasses import dataclass
from typing import Final

from importer.practice.api.errors import ApiError
from importer.practice.organisation.module import Module
from importer.practice.organisation.modules import MODULES
from importer.practice.records.conditions import (
    COLUMNS,
    Condition,
    condition,
    invalid_query,
    joined,
    known_field,
)

MAX_REACHES: Final = 50  # pages that paging gets to
MAX_COLUMNS: Final = 50
MAX_CRITERIA: Final = 25
MAX_JOINS: Final = 2
MAX_ORDERS: Final = 10
MAX_DEPTH: Final = 30  # of brackets
TOKEN: Final = re.compile(
    r"\s*(?:(?P<text>'(?:\\.|''|[^'\\])*')|(?P<word>[\w.+:-]+)|(?P<sign>>=|<=|!=|[=<>(),]))\s*",
    re.DOTALL,
)
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
    fields: tuple[str, ...]
    condition: Condition
    order: str  # an SQL order
    offset: int
    limit: int


def from_coql(query: str, limits: Limits) -> Selection:
    """What the query asks for; `ApiError` if it breaks Zoho's grammar or limits."""
    return _Reader(_tokens(query), limits).selection()


def _tokens(query: str) -> list[str]:
    """The words and signs of a query; texts keep their opening quote."""
    tokens, place = list[str](), 0
    while place < len(query):
        match = TOKEN.match(query, place)
        if match is None:
            raise _syntax_error(query[place : place + 20])
        text = match["text"]
        tokens.append(f"'{_unquoted(text)}" if text else match["word"] or match["sign"])
        place = match.end()
    return tokens


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)|''", lambda match: match[1] or "'", text[1:-1], flags=re.DOTALL)


def _syntax_error(near: str) -> ApiError:
    details = {"near": near}
    return ApiError("SYNTAX_ERROR", "error occured while parsing the query", details=details)


class _Reader:
    """Reads tokens from the left."""

    def __init__(self, tokens: list[str], limits: Limits) -> None:
        self.tokens = tokens
        self.limits = limits
        self.place = 0
        self.criteria = 0
        self.depth = 0
        self.pointers = set[str]()

    def selection(self) -> Selection:
        self._expect("select")
        names = self._names()
        self._expect("from")
        module = self._module(self._next())
        fields = self._columns(module, names)
        self._expect("where")
        where = self._either(module)
        order = self._order(module)
        offset, limit = self._limit()
        if self.place < len(self.tokens):
            raise _syntax_error(self.tokens[self.place])
        if len(self.pointers) > MAX_JOINS:
            raise ApiError("LIMIT_EXCEEDED", "more than 2 joins are given")
        return Selection(module, fields, where, order, offset, limit)

    def _module(self, name: str) -> Module:
        if name not in MODULES:
            raise invalid_query(reason=f"the module {name} is not known")
        return MODULES[name]

    def _columns(self, module: Module, names: list[str]) -> tuple[str, ...]:
        for name in names:
            self._known(module, name)
        if len(names) > MAX_COLUMNS:
            raise ApiError("LIMIT_EXCEEDED", "more than 50 columns are given")
        if len(set(names)) < len(names):
            raise ApiError("DUPLICATE_DATA", "a column is given twice")
        return tuple(names)

    def _known(self, module: Module, name: str) -> str:
        pointer, _, beyond = name.partition(".")
        field = known_field(module, pointer)
        if beyond:
            if field.lookup is None:
                raise invalid_query(column_name=name)
            known_field(MODULES[field.lookup], beyond)
            self.pointers.add(pointer)
        return name

    def _either(self, module: Module) -> Condition:
        """One operand, or two that are joined."""
        first = self._operand(module)
        joint = self._peek()
        if joint not in ("and", "or"):
            return first
        self.place += 1
        return joined([first, self._operand(module)], "and" if joint == "and" else "or")

    def _operand(self, module: Module) -> Condition:
        if self._peek() != "(":
            return self._comparison(module)
        self.place += 1
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _syntax_error("(")
        found = self._either(module)
        self._expect(")")
        self.depth -= 1
        return found

    def _comparison(self, module: Module) -> Condition:
        self.criteria += 1
        if self.criteria > MAX_CRITERIA:
            raise ApiError("LIMIT_EXCEEDED", "more than 25 criteria are given")
        name = self._known(module, self._next())
        sign = self._next().lower()
        if sign in SIGNS:
            return condition(module, name, SIGNS[sign], [self._literal()])
        if sign == "is":
            negated = self._peek() == "not"
            self.place += negated
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
                raise _syntax_error(word)

    def _listed(self) -> list[str]:
        self._expect("(")
        values = [self._literal()]
        while self._peek() == ",":
            self.place += 1
            values.append(self._literal())
        self._expect(")")
        if len(values) > self.limits.values:
            details = {"limit": self.limits.values}
            raise ApiError("LIMIT_EXCEEDED", "too many values are given for in", details=details)
        return values

    def _order(self, module: Module) -> str:
        if self._peek() != "order":
            return "id DESC"
        self.place += 1
        self._expect("by")
        orders = [self._ordering(module)]
        while self._peek() == ",":
            self.place += 1
            orders.append(self._ordering(module))
        if len(orders) > MAX_ORDERS:
            raise ApiError("LIMIT_EXCEEDED", "more than 10 fields are given to order by")
        return ", ".join(orders)

    def _ordering(self, module: Module) -> str:
        name = known_field(module, self._next()).api_name
        direction = self._peek()
        if direction in ("asc", "desc"):
            self.place += 1
        column = COLUMNS.get(name) or f"json_extract(data, '$.{name}')"
        return f"{column} {'DESC' if direction == 'desc' else 'ASC'}"

    def _limit(self) -> tuple[int, int]:
        """Offset and rows: `limit 0, 200`, `limit 200` or `limit 200 offset 0`."""
        if self._peek() != "limit":
            return 0, self.limits.rows
        self.place += 1
        offset, limit = 0, self._number()
        if self._peek() == ",":
            self.place += 1
            offset, limit = limit, self._number()
        elif self._peek() == "offset":
            self.place += 1
            offset = self._number()
        if not 0 < limit <= self.limits.rows or offset + limit > self.limits.rows * MAX_REACHES:
            details = {"limit": self.limits.rows}
            message = "more rows are asked for than one call gives"
            raise ApiError("LIMIT_EXCEEDED", message, details=details)
        return offset, limit

    def _number(self) -> int:
        token = self._next()
        if not (token.isascii() and token.isdecimal() and len(token) < 10):
            raise _syntax_error(token)
        return int(token)

    def _names(self) -> list[str]:
        names = [self._next()]
        while self._peek() == ",":
            self.place += 1
            names.append(self._next())
        return names

    def _literal(self) -> str:
        token = self._next()
        if token in {"(", ")", ","}:
            raise _syntax_error(token)
        return token[1:] if token.startswith("'") else token

    def _peek(self) -> str:
        return self.tokens[self.place].lower() if self.place < len(self.tokens) else ""

    def _next(self) -> str:
        if self.place == len(self.tokens):
            raise _syntax_error("")
        self.place += 1
        return self.tokens[self.place - 1]

    def _expect(self, word: str) -> None:
        token = self._next()
        if token.lower() != word:
            raise _syntax_error(token)
