"""Scopes: what a token may be used for."""

from collections.abc import Collection
from typing import Final

from importer.practice.organisation.module import Module

# Every family of calls, wholly: what the practice CRM's own credentials are good for.
EVERYTHING: Final = (
    "ZohoCRM.bulk.ALL",
    "ZohoFiles.files.ALL",
    "ZohoCRM.modules.ALL",
    "ZohoCRM.settings.ALL",
    "ZohoCRM.org.ALL",
    "ZohoCRM.users.ALL",
    "ZohoCRM.coql.READ",
    "ZohoSearch.securesearch.READ",
    "ZohoCRM.mass_update.ALL",
    "ZohoCRM.mass_delete.ALL",
    "ZohoCRM.apis.READ",
)
SERVICES: Final = ("ZohoCRM", "ZohoFiles", "ZohoSearch")
WRITING: Final = frozenset({"CREATE", "UPDATE", "DELETE"})
DEEDS: Final = WRITING | {"ALL", "READ", "WRITE"}


def well_formed(scope: str) -> bool:
    """Whether `scope` reads like `ZohoCRM.modules.leads.READ`."""
    service, *areas, deed = scope.split(".") if scope.count(".") >= 2 else ("", "", "")
    return service in SERVICES and all(areas) and deed.upper() in DEEDS


def covers(held: Collection[str], needed: str) -> bool:
    """Whether one of the scopes held allows what `needed` names, itself or as part of more."""
    return any(_allows(one.lower().split("."), needed.lower().split(".")) for one in held)


def _allows(held: list[str], needed: list[str]) -> bool:
    """`ZohoCRM.modules.ALL` and `ZohoCRM.modules.READ` allow `ZohoCRM.modules.leads.READ`."""
    *area, deed = held
    *needed_area, needed_deed = needed
    within = needed_area[: len(area)] == area
    writes = deed == "write" and needed_deed.upper() in WRITING
    return within and (deed in ("all", needed_deed) or writes)


def scope_name(module: Module) -> str:
    """A module's name in scopes; the organisation's own modules share one."""
    if module.kind in ("custom", "linking"):
        return "custom"
    # A subform is reached with the scope of the module it is part of.
    return (module.parent or module.api_name).replace("_", "").lower()
