"""The search call's criteria: `((Email:equals:a@b.com)and(City:starts_with:A))`."""

import re
from typing import Final

from importer.practice.api.errors import ApiError
from importer.practice.organisation.module import Module
from importer.practice.records.conditions import (
    Condition,
    Joint,
    condition,
    invalid_query,
    joined,
    known_field,
)

MAX_CRITERIA: Final = 10
MAX_VALUES: Final = 100
MAX_DEPTH: Final = 20
CRITERION: Final = re.compile(r"\((\w+):(\w+):((?:\\.|[^()\\])*)\)", re.DOTALL)
OPERATORS: Final = {
    "equals": "equal",
    "not_equal": "not_equal",
    "starts_with": "starts_with",
    "in": "in",
    "between": "between",
    "greater_than": "greater_than",
    "greater_equal": "greater_equal",
    "less_than": "less_than",
    "less_equal": "less_equal",
}
TEXTS: Final = ("text", "textarea")


def from_criteria(module: Module, criteria: str) -> Condition:
    """The criteria as one condition."""
    if len(CRITERION.findall(criteria)) > MAX_CRITERIA:
        raise ApiError("LIMIT_REACHED", "more than 10 criteria are given")
    reader = _Reader(module, criteria)
    found = reader.group(0)
    if reader.rest.strip():
        raise invalid_query()
    return found


class _Reader:
    """Reads groups from the left; `rest` is what was not read yet."""

    def __init__(self, module: Module, criteria: str) -> None:
        self.module = module
        self.rest = criteria

    def group(self, depth: int) -> Condition:
        """One criterion, or several that are joined alike."""
        parts, joints = [self._one(depth)], list[Joint]()
        while joint := self._joint():
            joints.append(joint)
            parts.append(self._one(depth))
        if len(set(joints)) > 1:
            raise invalid_query()
        return joined(parts, joints[0]) if joints else parts[0]

    def _one(self, depth: int) -> Condition:
        self.rest = self.rest.lstrip()
        single = CRITERION.match(self.rest)
        if single:
            self.rest = self.rest[single.end() :]
            return _criterion(self.module, single[1], single[2], single[3])
        self._bracket("(")
        if depth == MAX_DEPTH:
            raise invalid_query()
        found = self.group(depth + 1)
        self._bracket(")")
        return found

    def _bracket(self, sign: str) -> None:
        self.rest = self.rest.lstrip()
        if not self.rest.startswith(sign):
            raise invalid_query()
        self.rest = self.rest[1:]

    def _joint(self) -> Joint | None:
        self.rest = self.rest.lstrip()
        for joint in ("and", "or"):
            if self.rest.lower().startswith(joint):
                self.rest = self.rest[len(joint) :]
                return "and" if joint == "and" else "or"
        return None


def _criterion(module: Module, name: str, operator: str, text: str) -> Condition:
    """One comparison. What equals a text contains it, as Zoho's search has it."""
    if operator not in OPERATORS:
        raise invalid_query(operator=operator)
    texts = _listed(text) if operator in ("in", "between") else [_plain(text)]
    if len(texts) > MAX_VALUES:
        raise ApiError("LIMIT_REACHED", "more than 100 values are given")
    if operator == "equals" and known_field(module, name).data_type in TEXTS:
        return condition(module, name, "contains", texts)
    return condition(module, name, OPERATORS[operator], texts)


def _listed(text: str) -> list[str]:
    return [_plain(part) for part in re.split(r"(?<!\\),", text)]


def _plain(text: str) -> str:
    """A backslash takes a character's meaning away."""
    return re.sub(r"\\(.)", r"\1", text)
