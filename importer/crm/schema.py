"""What a CRM organisation looks like: its modules, their fields and options, as its metadata tells.

Plain frozen dataclasses at the bottom of the house: every room may import this module, and it
imports none of them.
"""

import hashlib
import json
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import cattrs


class Operation(StrEnum):
    """What a run does with a row, in Zoho's words."""

    INSERT = "insert"
    UPDATE = "update"
    UPSERT = "upsert"


@dataclass(frozen=True, slots=True)
class Option:
    """One entry of a picklist."""

    label: str  # what people see in the CRM
    value: str  # what the CRM stores


@dataclass(frozen=True, slots=True)
class Field:
    """An attribute of a module's records."""

    api_name: str
    label: str
    data_type: str  # Zoho's lower-case name: text, email, picklist, ownerlookup, ...
    length: int | None = None  # characters of a text, digits of a number
    decimal_places: int | None = None
    required: bool = False  # to create a record: by the system or by the default layout
    unique: bool = False
    case_sensitive: bool = False  # how a unique field compares
    creatable: bool = True  # may be given when a record is created
    updatable: bool = True
    options: tuple[Option, ...] = ()
    lookup_module: str | None = None  # API name of the module that a lookup points at

    def writable(self, operation: Operation) -> bool:
        """Whether `operation` can fill this field."""
        creates = self.creatable and operation is not Operation.UPDATE
        return creates or (self.updatable and operation is not Operation.INSERT)


@dataclass(frozen=True, slots=True)
class ModuleSummary:
    """A module by name, as the list of modules gives it."""

    api_name: str
    label: str  # plural, as on the CRM's tab
    singular: str


@dataclass(frozen=True, slots=True)
class Child:
    """Records that hang on a module's: rows of a subform, line items, links to other records."""

    module: str  # API name of the subform or linking module that keeps them
    label: str  # of the field that shows them
    link: str  # API name of their field that points at the parent


@dataclass(frozen=True, slots=True)
class Module:
    """A record type with all its fields."""

    api_name: str
    label: str  # plural, as on the CRM's tab
    singular: str
    fields: tuple[Field, ...]
    children: tuple[Child, ...] = ()

    def field(self, api_name: str) -> Field:
        """The field called `api_name`; `KeyError` if the module has none."""
        for field in self.fields:
            if field.api_name == api_name:
                return field
        raise KeyError(api_name)

    @property
    def key_fields(self) -> tuple[Field, ...]:
        """The fields that the CRM can find a record by: its id, and unique fields."""
        return tuple(field for field in self.fields if field.unique or field.api_name == "id")


@dataclass(frozen=True, slots=True)
class Layout:
    """An arrangement of a module's fields; every record has one."""

    id: str
    name: str
    active: bool


@dataclass(frozen=True, slots=True)
class CustomView:
    """A choice of a module's records, by a name."""

    id: str
    name: str
    default: bool  # what people see first


@dataclass(frozen=True, slots=True)
class Territory:
    """A part of the market that records belong to."""

    id: str
    name: str
    parent: str | None  # the id of the territory that it lies in


@dataclass(frozen=True, slots=True)
class CrmUser:
    """Somebody in the organisation, who may own records."""

    id: str
    name: str
    email: str
    active: bool


@dataclass(frozen=True, slots=True)
class Organisation:
    """The CRM account behind a connection."""

    zgid: str  # Zoho's id of the organisation, sent with every upload
    name: str
    domain_name: str  # names the organisation in the addresses of CRM pages
    time_zone: str  # IANA name; a date-time without an offset is read in it


def to_json(module: Module) -> dict[str, Any]:
    """Plain dicts and lists, for keeping metadata between runs."""
    data: dict[str, Any] = cattrs.unstructure(module)
    return data


def module_from_json(data: dict[str, Any]) -> Module:
    """The module that `to_json` wrote."""
    return cattrs.structure(data, Module)


def fingerprint(module: Module) -> str:
    """The version of a module's metadata: alike for modules that are alike.

    The order of fields and children does not count, since the CRM promises none.
    """
    ordered = replace(
        module,
        fields=tuple(sorted(module.fields, key=lambda f: f.api_name)),
        children=tuple(sorted(module.children, key=lambda c: c.module)),
    )
    canonical = json.dumps(to_json(ordered), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
