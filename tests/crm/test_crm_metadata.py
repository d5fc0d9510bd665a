"""Modules and fields as Zoho describes them, and as we offer them."""

import httpx
import pytest

from importer.crm import metadata
from importer.crm.errors import CrmUnavailable
from importer.crm.schema import (
    Field,
    Module,
    ModuleSummary,
    Operation,
    Option,
    Organisation,
    fingerprint,
    module_from_json,
    to_json,
)

LEADS = {
    "api_name": "Leads",
    "plural_label": "Leads",
    "singular_label": "Lead",
    "generated_type": "default",
    "api_supported": True,
    "creatable": True,
    "editable": True,
    "visibility": 1,
    "status": "visible",
}
WRITABLE = {"api_create": True, "api_update": True, "web_create": True, "web_update": True}
NOT_WRITABLE = {"api_create": False, "api_update": False}


def field(api_name: str, data_type: str = "text", **more: object) -> dict[str, object]:
    plain = {"field_label": api_name.replace("_", " "), "operation_type": WRITABLE}
    return {"api_name": api_name, "data_type": data_type, **plain, **more}


def layout(name: str, *required: str, default_for: str = "", **more: object) -> dict[str, object]:
    entries = [{"api_name": api_name, "required": True} for api_name in required]
    profiles = [{"id": default_for, "default": True}] if default_for else []
    return {"name": name, "profiles": profiles, "sections": [{"fields": entries}], **more}


def module_of(*fields: dict[str, object], layout: dict[str, object] | None = None) -> Module:
    return metadata.module(LEADS, fields, layout or {})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"editable": False},
        {"creatable": False},
        {"api_name": "Shipments", "generated_type": "custom"},
    ],
)
def test_importable_modules_are_standard_or_custom_and_writable(changes):
    assert metadata.importable(LEADS | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"api_supported": False},
        {"creatable": False, "editable": False},
        {"visibility": 0},
        {"visibility": -1},
        {"status": "user_hidden"},
        {"api_name": "Calls"},
        {"api_name": "Notes"},
        {"api_name": "Leads_X_Products", "generated_type": "linking"},
        {"api_name": "Prices", "generated_type": "subform"},
    ],
)
def test_importable_leaves_out_what_bulk_write_cannot_fill(changes):
    assert not metadata.importable(LEADS | changes)


def test_module_reads_every_attribute_of_a_field():
    module = module_of(
        field("Last_Name", length=80, system_mandatory=True),
        field("Email", "email", length=100, unique={"casesensitive": False}),
        field("Tax_Number", unique={"case_sensitive": True}),
        field("Badge", unique={"casesensitive": True}),
        field("Annual_Revenue", "currency", length=16, decimal_place=2),
        field(
            "City",
            "picklist",
            pick_list_values=[
                {"display_value": "-None-", "actual_value": "-None-"},
                {"display_value": "Houston", "actual_value": "Houston Showroom", "type": "used"},
                {"display_value": "Dallas", "actual_value": "Dallas", "type": "unused"},
            ],
        ),
        field("Account_Name", "lookup", lookup={"module": {"api_name": "Accounts", "id": "2"}}),
        field("Owner", "ownerlookup", read_only=True, field_read_only=True, lookup={}),
        field("Set_Once", operation_type={"api_create": True, "api_update": False}),
    )

    assert module.fields == (
        Field("id", "Record ID", "bigint", length=18, creatable=False, updatable=False),
        Field("Last_Name", "Last Name", "text", length=80, required=True),
        Field("Email", "Email", "email", length=100, unique=True),
        Field("Tax_Number", "Tax Number", "text", unique=True, case_sensitive=True),
        Field("Badge", "Badge", "text", unique=True, case_sensitive=True),
        Field("Annual_Revenue", "Annual Revenue", "currency", length=16, decimal_places=2),
        Field(
            "City",
            "City",
            "picklist",
            options=(Option("-None-", "-None-"), Option("Houston", "Houston Showroom")),
        ),
        Field("Account_Name", "Account Name", "lookup", lookup_module="Accounts"),
        Field("Owner", "Owner", "ownerlookup"),
        Field("Set_Once", "Set Once", "text", updatable=False),
    )
    assert [f.api_name for f in module.key_fields] == ["id", "Email", "Tax_Number", "Badge"]


@pytest.mark.parametrize(
    "entry",
    [
        field("Score", "formula"),
        field("Number", "autonumber"),
        field("Sum", "rollup_summary"),
        field("Scan", "fileupload"),
        field("Photo", "imageupload"),
        field("Lines", "subform"),
        field("Products", "multiselectlookup"),
        field("Watchers", "multiuserlookup"),
        field("Record_Image", "profileimage"),
        field("Created_Time", "datetime"),
        field("Modified_By", "ownerlookup"),
        field("Full_Name", operation_type=NOT_WRITABLE),
        field("id", "bigint", operation_type=NOT_WRITABLE),
    ],
)
def test_module_leaves_out_fields_that_no_import_can_write(entry):
    assert [f.api_name for f in module_of(entry).fields] == ["id"]


def test_module_id_finds_records_and_is_never_written():
    record_id = module_of().field("id")

    assert not any(record_id.writable(operation) for operation in Operation)
    assert module_of().key_fields == (record_id,)


def test_module_takes_mandatory_fields_from_system_and_layout_together():
    subform = {"isSubformSection": True, "fields": [{"api_name": "Phone", "required": True}]}
    standard = layout("Standard", "Company")
    standard["sections"].append(subform)

    module = module_of(
        field("Last_Name", system_mandatory=True), field("Company"), field("Phone"), layout=standard
    )

    assert [f.api_name for f in module.fields if f.required] == ["Last_Name", "Company"]


def test_default_layout_is_that_of_the_users_profile():
    standard = layout("Standard", default_for="1")
    standard["profiles"].append({"id": "2", "default": False})
    partners = layout("Partners", default_for="2")

    assert metadata.default_layout([standard, partners], "2") == partners


def test_default_layout_is_standard_where_no_profile_decides():
    hidden = layout("Standard", default_for="2", status="inactive")
    partners, standard = layout("Partners"), layout("Standard")

    assert metadata.default_layout([hidden, partners, standard], "2") == standard
    assert metadata.default_layout([partners], "2") == partners
    assert metadata.default_layout([], "2") == {}


def test_module_survives_json():
    module = module_of(
        field("Email", "email", unique={"case_sensitive": False}),
        field("Rating", "picklist", pick_list_values=[{"display_value": "A", "actual_value": "B"}]),
    )

    assert module_from_json(to_json(module)) == module


def test_fingerprint_changes_with_the_fields_and_not_with_their_order():
    one, two = field("Email", length=100), field("Phone")

    version = fingerprint(module_of(one, two))

    assert fingerprint(module_of(two, one)) == version
    assert fingerprint(module_of(one | {"length": 80}, two)) != version


def test_client_organisation_takes_the_users_time_zone(client, crm):
    crm.script = [
        httpx.Response(
            200,
            json={
                "org": [
                    {
                        "zgid": "808232144",
                        "id": "1",
                        "company_name": "Zylker",
                        "domain_name": "org808232144",
                        "time_zone": "Asia/Kolkata",
                    }
                ]
            },
        ),
        httpx.Response(200, json={"users": [{"id": "5", "time_zone": "Europe/Vienna"}]}),
    ]

    assert client.organisation() == Organisation(
        "808232144", "Zylker", "org808232144", "Europe/Vienna"
    )
    assert [r.url.raw_path for r in crm.requests] == [
        b"/crm/v7/org",
        b"/crm/v7/users?type=CurrentUser",
    ]


def test_client_modules_lists_the_importable_ones(client, crm):
    hidden = LEADS | {"api_name": "Contacts", "visibility": 0}
    crm.script = [httpx.Response(200, json={"modules": [LEADS, hidden]})]

    assert client.modules() == (ModuleSummary("Leads", "Leads", "Lead"),)


def test_client_module_joins_fields_with_the_layout_of_the_users_profile(client, crm):
    layouts = [layout("Standard", "Email"), layout("Partners", "Company", default_for="7")]
    crm.script = [
        httpx.Response(200, json={"modules": [LEADS]}),
        httpx.Response(200, json={"fields": [field("Company"), field("Email", "email")]}),
        httpx.Response(200, json={"layouts": layouts}),
        httpx.Response(200, json={"users": [{"profile": {"id": 7, "name": "Sales"}}]}),
    ]

    module = client.module("Leads")

    assert (module.label, module.singular) == ("Leads", "Lead")
    assert [(f.api_name, f.required) for f in module.fields] == [
        ("id", False),
        ("Company", True),
        ("Email", False),
    ]


@pytest.mark.parametrize("body", [{}, {"modules": None}, {"modules": [{"id": "1"}]}])
def test_client_modules_calls_an_answer_without_modules_broken(client, crm, body):
    crm.script = [httpx.Response(200, json=body)]

    with pytest.raises(CrmUnavailable, match="lacks the modules"):
        client.modules()
