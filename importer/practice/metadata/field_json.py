"""A field as the API describes it, with what only its type has to tell."""

from typing import Any, Final

from importer.practice.organisation.company import ID_BASE
from importer.practice.organisation.fields import Field
from importer.practice.organisation.module import Module
from importer.practice.organisation.modules import MODULES
from importer.practice.storage.stored_records import StoredRecords

Json = dict[str, Any]
UI_TYPES: Final = {
    "text": 1,
    "picklist": 2,
    "textarea": 3,
    "ownerlookup": 8,
    "email": 25,
    "integer": 32,
    "phone": 33,
    "percent": 34,
    "currency": 36,
    "double": 38,
    "multiselectpicklist": 100,
    "formula": 116,
    "rollup_summary": 118,
    "lookup": 133,
    "datetime": 200,
    "layout": 208,
    "boolean": 301,
    "multiselectlookup": 444,
    "multiuserlookup": 445,
    "subform": 500,
    "fileupload": 555,
    "imageupload": 556,
}
UNIQUE_KEYS: Final = ("casesensitive", "case_sensitive")
DISPLAYED_IN: Final = {"view": True, "edit": True, "create": True, "quick_create": False}
USERS_MODULE: Final = {"api_name": "users", "id": str(ID_BASE + 2999)}


def field_json(records: StoredRecords, about: Module, field: Field) -> Json:
    """A field as the fields call and the layouts show it."""
    writable = field.writable
    return {
        "id": about.field_id(field.api_name),
        "api_name": field.api_name,
        "field_label": field.label,
        "display_label": field.label,
        "data_type": field.data_type,
        "json_type": field.json_type,
        "length": field.length,
        "decimal_place": field.decimal_places,
        "system_mandatory": field.mandatory,
        "custom_field": field.custom,
        "read_only": not writable,
        "field_read_only": not writable or field.data_type == "ownerlookup",
        "operation_type": {
            "web_create": writable,
            "web_update": writable,
            "api_create": writable,
            "api_update": writable,
        },
        # Zoho's pages and its SDKs spell the key differently.
        "unique": dict.fromkeys(UNIQUE_KEYS, field.case_sensitive) if field.unique else {},
        "pick_list_values": _options(records, about, field),
        "lookup": _lookup(about, field),
        "display_field": field.display,
        "visible": True,
        "virtual_field": field.virtual,
        "searchable": True,
        "sortable": True,
        "mass_update": field.mass_updatable,
        "view_type": DISPLAYED_IN,
        "type": "used",
        "ui_type": UI_TYPES.get(field.data_type, 1),
        "associated_module": _associated(field),
        "default_value": None,
        **_type_details(field),
    }


def _type_details(field: Field) -> Json:
    """The keys that only some types fill."""
    size = "small" if (field.length or 0) <= 2000 else "large"
    size = "rich_text" if (field.length or 0) > 32000 else size
    return {
        "currency": {"rounding_option": "normal", "precision": 2}
        if field.data_type == "currency"
        else {},
        "textarea": {"type": size} if field.data_type == "textarea" else None,
        "auto_number": {"prefix": field.prefix, "start_number": 1, "suffix": ""}
        if field.data_type == "autonumber"
        else {},
        "formula": {"return_type": "double", "expression": "${Annual_Revenue} / 1"}
        if field.data_type == "formula"
        else {},
        "rollup_summary": {"return_type": "integer", "expression": "COUNT"}
        if field.data_type == "rollup_summary"
        else {},
        "multiselectlookup": _linked(field) if field.data_type == "multiselectlookup" else {},
        "multiuserlookup": _linked(field) if field.data_type == "multiuserlookup" else {},
        "external": {"type": "org", "show": True} if field.external else None,
        "history_tracking": None,
        "global_picklist": None,
    }


def _options(records: StoredRecords, about: Module, field: Field) -> list[Json]:
    added = records.options(about, field.api_name) if field.options else []
    pairs = [(option.display, option.actual) for option in field.options]
    pairs += [(value, value) for value in added]
    first_id = ID_BASE + 500_000_000 + 10_000 * (int(about.field_id(field.api_name)) % 100_000)
    return [
        {
            "id": str(first_id + place),
            "display_value": display,
            "actual_value": actual,
            "reference_value": actual,
            "sequence_number": place + 1,
            "colour_code": None,
            "type": "used",
        }
        for place, (display, actual) in enumerate(pairs)
    ]


def _lookup(about: Module, field: Field) -> Json:
    if field.lookup is None:
        return {}
    target = MODULES[field.lookup]
    return {
        "module": {"api_name": target.api_name, "id": target.id},
        "id": about.field_id(field.api_name),
        "api_name": f"{field.api_name}_{about.api_name}",
        "display_label": about.label,
    }


def _associated(field: Field) -> Json | None:
    """The module of a subform's rows; its name is under `module`, not under `api_name`."""
    if field.data_type != "subform" or field.rows_in is None:
        return None
    rows = MODULES[field.rows_in]
    return {"module": rows.api_name, "id": rows.id}


def _linked(field: Field) -> Json:
    """The linking module in the shape of v7 and in that of v8: each SDK knows one of them."""
    linking = MODULES[field.rows_in or ""]
    own, other = linking.own_fields
    target = USERS_MODULE if other.lookup is None else _named(MODULES[other.lookup])
    return {
        "linking_module": _named(linking),
        "connected_module": target,
        "lookup_apiname": own.api_name,
        "connectedlookup_apiname": other.api_name,
        "connectedfield_apiname": field.api_name,
        "linking_details": {
            "module": _named(linking),
            "lookup_field": {"api_name": own.api_name, "id": linking.field_id(own.api_name)},
            "connected_lookup_field": {
                "api_name": other.api_name,
                "id": linking.field_id(other.api_name),
            },
        },
        "connected_details": {"field": None, "module": target, "layouts": []},
        "related_list": None,
    }


def _named(module: Module) -> Json:
    return {"api_name": module.api_name, "id": module.id}
