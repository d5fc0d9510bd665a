"""What the profile of the callers' user may not do: nothing is withheld until somebody says so.

A right reads `create Leads` (or `read`, `update`, `delete`, `mass_update`, `mass_delete`), or is
one for the whole: `API access`, `upload`, `bulk_write`, `bulk_read`. `*` stands for anything.
"""

from fnmatch import fnmatchcase
from typing import Any, Final

from importer.practice.organisation.modules import MODULES

API_ACCESS: Final = "API access"
UNDERTAKINGS: Final = {
    "upload": "upload files",
    "bulk_write": "perform the bulk write operation",
    "bulk_read": "perform the bulk read operation",
}
DEEDS: Final = ("read", "create", "update", "delete", "mass_update", "mass_delete")
RIGHTS: Final = frozenset(
    {API_ACCESS, *UNDERTAKINGS, *(f"{deed} {module}" for deed in DEEDS for module in MODULES)}
)


class InvalidRightError(ValueError):
    """There is no such right; the message says which."""


class Rights:
    """The rights that are withheld."""

    def __init__(self) -> None:
        self.withheld: frozenset[str] = frozenset()

    def withhold(self, given: Any) -> None:
        """Withhold the rights of a list of patterns, and no others."""
        if not isinstance(given, list):
            raise InvalidRightError("withheld must be a list of rights")
        withheld = set[str]()
        for pattern in given:
            found = {right for right in RIGHTS if fnmatchcase(right, str(pattern))}
            if not found:
                raise InvalidRightError(f"there is no right {pattern!r}")
            withheld |= found
        self.withheld = frozenset(withheld)

    def withholds(self, right: str) -> bool:
        return right in self.withheld


def right_for(scope: str, module: str) -> str | None:
    """The right without which a scope is of no use; `ZohoCRM.modules.{module}.READ`: `read Leads`.

    To ask how a mass action goes, none is needed.
    """
    _, area, *_, deed = scope.split(".")
    match area:
        case "modules":
            return f"{deed.lower()} {module}"
        case "mass_update" | "mass_delete":
            return None if deed == "READ" else f"{area} {module}"
        case "files":
            return "upload"
        case "bulk":
            return "bulk_read" if deed == "READ" else "bulk_write"
        case _:
            return None
