"""Zoho's metadata answers become `schema`'s modules and fields: which are offered, what they take.

Zoho does not say what bulk write supports; the lists here are those of its documentation.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from importer.crm.schema import (
    Child,
    CrmUser,
    CustomView,
    Field,
    Layout,
    Module,
    ModuleSummary,
    Option,
    Organisation,
    Territory,
)
from importer.crm.versions import is_case_sensitive, is_writable, linking_module, name_of

Json = Mapping[str, Any]

# Quotes, orders and invoices need line items, which are files of their own; custom modules are
# always supported, linking modules, subforms, Calls, Events, Notes and Users never.
_STANDARD_MODULES = {
    "Leads",
    "Accounts",
    "Contacts",
    "Deals",
    "Campaigns",
    "Cases",
    "Solutions",
    "Products",
    "Vendors",
    "Price_Books",
    "Tasks",
}
_NEVER_WRITTEN_TYPES = {
    "autonumber",
    "fileupload",
    "formula",
    "imageupload",
    "multiselectlookup",
    "multiuserlookup",
    "profileimage",
    "rollup_summary",
    "subform",
}
_NEVER_WRITTEN_FIELDS = {"Created_By", "Created_Time", "Modified_By", "Modified_Time"}
_RECORD_ID = Field("id", "Record ID", "bigint", length=18, creatable=False, updatable=False)


def organisation(org: Json, user: Json) -> Organisation:
    """The organisation, with the time zone of the user whom our tokens stand for."""
    return Organisation(
        zgid=str(org["zgid"]),
        name=org.get("company_name") or "",
        domain_name=org.get("domain_name") or f"org{org['zgid']}",
        time_zone=user.get("time_zone") or org.get("time_zone") or "UTC",
    )


def user(entry: Json) -> CrmUser:
    return CrmUser(
        id=str(entry["id"]),
        name=entry.get("full_name") or "",
        email=entry.get("email") or "",
        active=str(entry.get("status")).lower() == "active",
    )


def custom_view(entry: Json) -> CustomView:
    name = entry.get("display_value") or entry.get("name") or ""
    return CustomView(str(entry["id"]), name, default=bool(entry.get("default")))


def territory(entry: Json) -> Territory:
    above = (entry.get("reporting_to") or {}).get("id")
    return Territory(str(entry["id"]), entry.get("name") or "", str(above) if above else None)


def layout(entry: Json) -> Layout:
    return Layout(str(entry["id"]), entry.get("name") or "", active=_is_active(entry))


def importable(module: Json) -> bool:
    """Whether people can see the module and bulk write can fill it."""
    supported = module.get("generated_type") == "custom" or module["api_name"] in _STANDARD_MODULES
    seen = module.get("status", "visible") == "visible" and module.get("visibility", 1) in (
        1,
        2,
        None,
    )
    writable = bool(module.get("creatable") or module.get("editable"))
    return supported and seen and writable and bool(module.get("api_supported"))


def summary(module: Json) -> ModuleSummary:
    name = module["api_name"]
    return ModuleSummary(
        name, module.get("plural_label") or name, module.get("singular_label") or name
    )


def module(about: Json, fields: Sequence[Json], layout: Json) -> Module:
    """A module with the fields that an import can fill, and `id` to find records by.

    `layout` is the one that new records get: some fields are mandatory only in it.
    """
    required = {
        field["api_name"]
        for section in layout.get("sections") or ()
        if not section.get("isSubformSection")
        for field in section.get("fields") or ()
        if field.get("required")
    }
    named = summary(about)
    return Module(
        api_name=named.api_name,
        label=named.label,
        singular=named.singular,
        fields=(_RECORD_ID, *_fillable(fields, required)),
        children=tuple(child for child in map(_child, fields) if child),
    )


def default_layout(layouts: Iterable[Json], profile_id: str) -> Json:
    """The layout of records that name none: the default of the user's profile, else "Standard"."""
    active = [layout for layout in layouts if _is_active(layout)]
    for layout in active:
        for profile in layout.get("profiles") or ():
            if profile.get("default") and str(profile.get("id")) == profile_id:
                return layout
    standard = [layout for layout in active if layout.get("name") == "Standard"]
    return next(iter(standard or active), {})


def _is_active(layout: Json) -> bool:
    return bool(layout.get("status", "active") == "active")


def _fillable(fields: Iterable[Json], required: set[str]) -> Iterable[Field]:
    for entry in fields:
        field = _field(entry)
        never = field.data_type in _NEVER_WRITTEN_TYPES or field.api_name in _NEVER_WRITTEN_FIELDS
        if not never and (field.creatable or field.updatable) and field.api_name != "id":
            yield replace(field, required=field.required or field.api_name in required)


def _child(entry: Json) -> Child | None:
    """What hangs on the module by a field, if that is a subform, line items or a linking field."""
    label = entry.get("field_label") or entry["api_name"]
    if entry["data_type"] == "subform":
        rows_in = name_of(entry.get("associated_module") or entry.get("subform"))
        return Child(rows_in, label, "Parent_Id") if rows_in else None
    link = linking_module(entry)
    return Child(link[0], label, link[1]) if link else None


def _field(entry: Json) -> Field:
    unique = entry.get("unique") or {}
    return Field(
        api_name=entry["api_name"],
        label=entry.get("field_label") or entry.get("display_label") or entry["api_name"],
        data_type=entry["data_type"],
        length=_number(entry.get("length")),
        decimal_places=_number(entry.get("decimal_place")),
        required=bool(entry.get("system_mandatory")),
        unique=bool(unique),
        case_sensitive=is_case_sensitive(unique),
        creatable=is_writable(entry, "create"),
        updatable=is_writable(entry, "update"),
        options=tuple(_option(value) for value in _values_in_use(entry)),
        lookup_module=name_of((entry.get("lookup") or {}).get("module")),
    )


def _values_in_use(entry: Json) -> Iterable[Json]:
    return (v for v in entry.get("pick_list_values") or () if v.get("type") != "unused")


def _option(value: Json) -> Option:
    shown = str(value.get("display_value"))
    stored = value.get("actual_value")
    return Option(label=shown, value=shown if stored is None else str(stored))


def _number(value: Any) -> int | None:
    return None if value is None else int(value)
