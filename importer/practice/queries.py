"""Search criteria and COQL, turned into conditions on the records.

Only what can be answered from here is understood: comparisons joined by `and` or by `or`, and for
COQL one module, named fields and a limit. Everything else is refused, never half answered.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from importer.practice.api_errors import ApiError
from importer.practice.fields import Field
from importer.practice.modules import Module
from importer.practice.organisation import ZONE
from importer.practice.store import parse_id
from importer.practice.stored_records import key_text
from importer.practice.trade_modules import MODULES
from importer.practice.values import Value

MAX_CRITERIA: Final = 10
MAX_VALUES: Final = 100
COLUMNS: Final = {"id": "id", "Created_Time": "created_time", "Modified_Time": "modified_time"}
COMPARISONS: Final = {
    "greater_than": ">",
    "greater_equal": ">=",
    "less_than": "<",
    "less_equal": "<=",
}
CRITERION: Final = re.compile(r"\((\w+):(\w+):((?:\\.|[^()\\])*)\)")
SELECT: Final = re.compile(
    r"\s*select\s+(?P<fields>[\w\s,]+?)\s+from\s+(?P<module>\w+)\s+where\s+(?P<where>.+?)"
    r"(?:\s+limit\s+(?:(?P<offset>\d{1,6})\s*,\s*)?(?P<limit>\d{1,4}))?\s*",
    re.IGNORECASE | re.DOTALL,
)
LITERAL: Final = r"'(?:\\.|''|[^'\\])*'|[\w.+:-]+"
CONDITION: Final = re.compile(
    rf"\s*(\w+)\s*(?:(=|>=|<=|>|<)\s*({LITERAL})|in\s*\(((?:\s*(?:{LITERAL})\s*,?)+)\))\s*",
    re.IGNORECASE,
)
OPERATORS: Final = {
    "=": "equals",
    ">": "greater_than",
    ">=": "greater_equal",
    "<": "less_than",
    "<=": "less_equal",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """An SQL condition on the records table, its values apart."""

    sql: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """A COQL query, understood."""

    module: Module
    fields: tuple[str, ...]
    condition: Condition
    offset: int
    limit: int


def from_criteria(module: Module, criteria: str) -> Condition:
    """`((Email:equals:a@b.com)or(Email:in:c@d.com,e@f.com))` as a condition."""
    found = list(CRITERION.finditer(criteria))
    between = CRITERION.sub("\0", criteria.replace("\0", "")).replace("(", "").replace(")", "")
    joints = {joint.strip() for joint in between.split("\0")[1:-1]}
    if not found or not joints <= {"and", "or"} or len(joints) > 1:
        raise ApiError("INVALID_QUERY", "invalid query formed")
    if between.split("\0")[0].strip() or between.split("\0")[-1].strip():
        raise ApiError("INVALID_QUERY", "invalid query formed")
    if len(found) > MAX_CRITERIA:
        raise ApiError("LIMIT_REACHED", "more than 10 criteria are given")
    parts = [condition(module, match[1], match[2], _listed(match[2], match[3])) for match in found]
    return _joined(parts, joints.pop() if joints else "and")


def from_coql(query: str) -> Selection:
    """`select id, Email from Leads where Email in ('a@b.com') limit 0, 200`, understood."""
    select = SELECT.fullmatch(query)
    if select is None:
        raise ApiError("SYNTAX_ERROR", "error occured while parsing the query")
    if select["module"] not in MODULES:
        raise ApiError("INVALID_QUERY", "invalid query formed", details={"reason": "module"})
    module = MODULES[select["module"]]
    fields = tuple(name.strip() for name in select["fields"].split(","))
    for name in fields:
        _known(module, name)
    limit = int(select["limit"] or 200)
    if not 0 < limit <= 200:
        raise ApiError("LIMIT_EXCEEDED", "more rows are asked for than one call gives")
    where = _where(module, select["where"].strip())
    return Selection(module, fields, where, int(select["offset"] or 0), limit)


def condition(module: Module, name: str, operator: str, texts: list[str]) -> Condition:
    """One comparison; by index where the field has one."""
    field = _known(module, name)
    if not texts or len(texts) > MAX_VALUES:
        raise ApiError("LIMIT_EXCEEDED", f"1 to {MAX_VALUES} values can be compared with")
    if operator in ("equals", "in") and name in module.indexed:
        return _by_index(module, name, texts)
    values = tuple(_comparable(field, text) for text in texts)
    if operator in ("equals", "in"):
        return Condition(f"{_column(name)} COLLATE NOCASE IN ({_marks(values)})", values)
    if operator == "starts_with" and len(texts) == 1:
        pattern = re.sub(r"([\\%_])", r"\\\1", texts[0]) + "%"
        return Condition(f"{_column(name)} LIKE ? ESCAPE '\\'", (pattern,))
    if operator in COMPARISONS and len(texts) == 1:
        return Condition(f"{_column(name)} {COMPARISONS[operator]} ?", values)
    raise ApiError("INVALID_QUERY", "invalid query formed", details={"operator": operator})


def _by_index(module: Module, name: str, texts: list[str]) -> Condition:
    inner = "SELECT record_id FROM keys WHERE module = ? AND field = ?"
    keys = tuple(key_text(text) for text in texts)
    sql = f"id IN ({inner} AND value IN ({_marks(keys)}))"
    return Condition(sql, (module.api_name, name, *keys))


def _known(module: Module, name: str) -> Field:
    field = module.field(name)
    if field is None:
        raise ApiError("INVALID_QUERY", "invalid query formed", details={"column_name": name})
    return field


def _marks(values: tuple[Value, ...]) -> str:
    return ", ".join("?" for _ in values)


def _column(name: str) -> str:
    """Where a field's value lies. The name was checked against the metadata."""
    return COLUMNS.get(name) or f"json_extract(data, '$.{name}')"


def _comparable(field: Field, text: str) -> Value:
    """`text` as the database keeps such values."""
    try:
        if field.api_name == "id":
            return parse_id(text) or 0
        if field.api_name in COLUMNS:
            moment = datetime.fromisoformat(text)
            moment = moment.replace(tzinfo=moment.tzinfo or ZONE).astimezone(UTC)
            return moment.isoformat(timespec="seconds")
        if field.json_type in ("integer", "double"):
            return float(text)
    except ValueError as error:
        raise ApiError(
            "INVALID_QUERY", "invalid query formed", details={"column_name": field.api_name}
        ) from error
    return text == "true" if field.data_type == "boolean" else text


def _joined(parts: list[Condition], joint: str) -> Condition:
    sql = f" {joint.upper()} ".join(part.sql for part in parts)
    return Condition(f"({sql})", tuple(value for part in parts for value in part.values))


def _listed(operator: str, text: str) -> list[str]:
    """The values of a criterion; a backslash takes a character's meaning away."""
    parts = re.split(r"(?<!\\),", text) if operator == "in" else [text]
    return [re.sub(r"\\(.)", r"\1", part) for part in parts]


def _where(module: Module, text: str) -> Condition:
    """Conditions joined by one word. Brackets may be set, as long as they change nothing."""
    parts, joints, rest = [], set[str](), text
    while True:
        rest = rest.lstrip(" (")
        match = CONDITION.match(rest)
        if match is None:
            raise ApiError("SYNTAX_ERROR", "error occured while parsing the query")
        operator, one, several = match[2], match[3], match[4]
        values = re.findall(LITERAL, several or one)
        name = OPERATORS[operator] if operator else "in"
        parts.append(condition(module, match[1], name, [_literal(value) for value in values]))
        rest = rest[match.end() :].lstrip(" )")
        if not rest:
            break
        joint = re.match(r"(and|or)\b", rest, re.IGNORECASE)
        if joint is None:
            raise ApiError("SYNTAX_ERROR", "error occured while parsing the query")
        joints.add(joint[1].lower())
        rest = rest[joint.end() :]
    if len(joints) > 1:
        raise ApiError("INVALID_QUERY", "and and or together are not understood here")
    return _joined(parts, joints.pop() if joints else "and")


def _literal(text: str) -> str:
    if not text.startswith("'"):
        return text
    return re.sub(r"\\(.)|''", lambda match: match[1] or "'", text[1:-1])
