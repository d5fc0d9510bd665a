"""What the API tells about the organisation, its users, modules, fields and layouts."""

from typing import Any, Final

from starlette.responses import JSONResponse, Response

from importer.practice.api_errors import ApiError
from importer.practice.calls import Call, module_named
from importer.practice.fields import Field
from importer.practice.modules import Layout, Module
from importer.practice.organisation import (
    ADMINISTRATOR,
    CHIEF,
    COMPANY,
    CURRENT_USER,
    DOMAIN_NAME,
    FOUNDED,
    ID_BASE,
    ORG_ID,
    TIME_ZONE,
    USERS,
    ZGID,
    User,
)
from importer.practice.stored_records import StoredRecords
from importer.practice.trade_modules import MODULES

Json = dict[str, Any]
UI_TYPES: Final = {"text": 1, "picklist": 2, "textarea": 3, "lookup": 133, "ownerlookup": 8}
USER_TYPES: Final = ("AllUsers", "ActiveUsers", "ConfirmedUsers", "ActiveConfirmedUsers")
DISPLAYED_IN: Final = {"view": True, "edit": True, "create": True, "quick_create": False}


def org(call: Call) -> Response:
    about: Json = {
        "id": ORG_ID,
        "zgid": ZGID,
        "company_name": COMPANY,
        "domain_name": DOMAIN_NAME,
        "type": "production",
        "time_zone": TIME_ZONE,
        "currency": "Euro - EUR",
        "iso_code": "EUR",
        "currency_symbol": "€",
        "currency_locale": "nl_NL",
        "country_code": "NL",
        "primary_email": CURRENT_USER.email,
        "mc_status": False,
        "hipaa_compliance_enabled": False,
        "created_time": FOUNDED,
        "license_details": {
            "paid": True,
            "paid_type": "enterprise",
            "paid_expiry": None,
            "trial_type": None,
            "trial_expiry": None,
            "users_license_purchased": 10,
        },
    }
    return JSONResponse({"org": [about]})


def users(call: Call) -> Response:
    kind = call.query("type") or "AllUsers"
    if kind == "CurrentUser":
        chosen: tuple[User, ...] = (CURRENT_USER,)
    elif kind in ("AdminUsers", "ActiveConfirmedAdmins"):
        chosen = USERS[:1]
    else:
        chosen = USERS if kind in USER_TYPES else ()
    if not chosen:
        return Response(status_code=204)
    info = {"per_page": 200, "count": len(chosen), "page": 1, "more_records": False}
    return JSONResponse({"users": [_user(user) for user in chosen], "info": info})


def modules(call: Call) -> Response:
    return JSONResponse({"modules": [_module(module) for module in MODULES.values()]})


def module(call: Call) -> Response:
    return JSONResponse({"modules": [_module(call.module)]})


def fields(call: Call) -> Response:
    about = _module_asked_for(call)
    records = call.crm.records
    return JSONResponse({"fields": [_field(records, about, field) for field in about.fields]})


def layouts(call: Call) -> Response:
    about = _module_asked_for(call)
    records = call.crm.records
    return JSONResponse({"layouts": [_layout(records, about, one) for one in about.layouts]})


def _module_asked_for(call: Call) -> Module:
    name = call.query("module")
    if name is None:
        raise ApiError(
            "REQUIRED_PARAM_MISSING",
            "One of the expected parameter is missing",
            details={"param_name": "module"},
        )
    return module_named(name)


def _user(user: User) -> Json:
    return {
        "id": user.id,
        "zuid": user.id[-9:],
        "full_name": user.full_name,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "status": "active",
        "confirm": True,
        "role": CHIEF,
        "profile": ADMINISTRATOR,
        "time_zone": TIME_ZONE,
        "language": "en_US",
        "country_locale": "en_US",
        "date_format": "MM/dd/yyyy",
        "time_format": "HH:mm",
        "created_time": FOUNDED,
        "dob": None,
    }


def _module(about: Module) -> Json:
    return {
        "id": about.id,
        "api_name": about.api_name,
        "module_name": f"CustomModule{about.number}" if about.custom else about.api_name,
        "singular_label": about.singular,
        "plural_label": about.label,
        "generated_type": "custom" if about.custom else "default",
        "api_supported": True,
        "creatable": True,
        "editable": True,
        "viewable": True,
        "deletable": True,
        "visible": True,
        "visibility": 1,
        "status": "visible",
        "show_as_tab": True,
        "quick_create": True,
        "convertable": about.api_name == "Leads",
        "sequence_number": about.number,
        "parent_module": {},
        "profiles": [ADMINISTRATOR],
        "modified_time": None,
        "modified_by": None,
    }


def _field(records: StoredRecords, about: Module, field: Field) -> Json:
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
        "unique": {"casesensitive": False, "case_sensitive": False} if field.unique else {},
        "pick_list_values": _options(records, about, field),
        "lookup": _lookup(about, field),
        "display_field": field.display,
        "visible": True,
        "virtual_field": False,
        "searchable": True,
        "sortable": True,
        "mass_update": writable and not field.unique,
        "view_type": DISPLAYED_IN,
        "type": "used",
        "ui_type": UI_TYPES.get(field.data_type, 1),
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
        "auto_number": {"prefix": "CASE-", "start_number": 1, "suffix": ""}
        if field.data_type == "autonumber"
        else {},
        "formula": {"return_type": "double", "expression": "${Annual_Revenue} / 1"}
        if field.data_type == "formula"
        else {},
        "external": None,
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


def _layout(records: StoredRecords, about: Module, layout: Layout) -> Json:
    required = {field.api_name for field in about.required(layout.id)}
    section = {
        "id": str(int(layout.id) + 1),
        "name": f"{about.singular} Information",
        "api_name": f"{about.singular}_Information",
        "display_label": f"{about.singular} Information",
        "sequence_number": 1,
        "column_count": 2,
        "tab_traversal": 2,
        "isSubformSection": False,
        "generated_type": "default",
        "type": "used",
        "fields": [
            {**_field(records, about, field), "required": field.api_name in required}
            for field in about.fields
            if field.api_name != "id"
        ],
    }
    return {
        "id": layout.id,
        "name": layout.name,
        "display_label": layout.name,
        "api_name": layout.name.replace(" ", "_"),
        "status": "active",
        "visible": True,
        "source": "crm",
        "profiles": [{**ADMINISTRATOR, "default": layout.default}],
        "convert_mapping": None,
        "created_time": None,
        "modified_time": None,
        "created_by": None,
        "modified_by": None,
        "sections": [section],
    }
