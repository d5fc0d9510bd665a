"""What differs between the versions of Zoho's API, all of it: nothing else looks at a version.

A request is written as its version wants it. An answer is read in the shape of any version,
whichever was asked, since Zoho's own samples mix them (Zoho CRM API, "Version differences").
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Version:
    """How one version wants requests written."""

    name: str  # as in the addresses of its calls
    names_by_object: bool = True  # {"api_name": "Leads"}, where v2 has "Leads"
    several_files: bool = True  # in a bulk write job: it names its file, and may have more
    blank_rule_per_field: bool = False  # bulk write's `ignore_empty` stands in the mappings too
    narrows_views: bool = False  # a mass update by view takes criteria

    def module(self, api_name: str) -> str | dict[str, str]:
        """A module as requests name it."""
        return {"api_name": api_name} if self.names_by_object else api_name

    def criterion(self, api_name: str) -> dict[str, Any]:
        """A field as bulk read's criteria name it."""
        named = {"api_name": api_name}
        return {"field": named} if self.names_by_object else named

    def file_names(self, name: str) -> list[str] | None:
        """A CSV's name inside its zip, for versions that ask for it."""
        return [name] if self.several_files else None

    def blank_rule(self, ignore_empty: bool) -> bool | None:
        """What a field's mapping says of blank cells; None where it says nothing."""
        return ignore_empty if self.blank_rule_per_field else None


VERSIONS = {
    version.name: version
    for version in (
        Version("v7"),
        Version("v8", narrows_views=True),
        Version("v2", names_by_object=False, several_files=False, blank_rule_per_field=True),
    )
}
API_VERSIONS = tuple(VERSIONS)  # the recommended one comes first


def name_of(given: Any) -> str | None:
    """The API name of a module or field that an answer tells of by an object or by a text."""
    name = given.get("api_name") or given.get("module") if isinstance(given, Mapping) else given
    return str(name) if name else None


def is_case_sensitive(unique: Json) -> bool:
    """How a unique field compares; Zoho spells the key in two ways."""
    return bool(unique.get("case_sensitive") or unique.get("casesensitive"))


def is_writable(field: Json, operation: str) -> bool:
    """Whether the API may `create` or `update` a field's value.

    `read_only` is true of fields that the API may write, such as Owner, so it decides only where
    `operation_type` is missing, as in v2.
    """
    may = field.get("operation_type") or {}
    return bool(may.get(f"api_{operation}", not field.get("read_only")))


def duplicate_id(details: Json) -> str | None:
    """The id of the record that is in the way of another; v8 has an object for it."""
    found = (details.get("duplicate_record") or details).get("id")
    return str(found) if found else None


def linking_module(field: Json) -> tuple[str, str] | None:
    """The module whose records are a multi-select field's links, and its lookup to our module.

    v7 tells it flat, v8 in `linking_details`.
    """
    link = field.get("multiselectlookup") or field.get("multiuserlookup") or {}
    details = link.get("linking_details") or {}
    module = name_of(details.get("module")) or name_of(link.get("linking_module"))
    lookup = name_of(details.get("lookup_field")) or name_of(link.get("lookup_apiname"))
    return (module, lookup) if module and lookup else None
