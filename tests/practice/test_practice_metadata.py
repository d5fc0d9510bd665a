"""What the practice CRM tells about itself."""

import pytest

from tests.practice.caller import ZGID, Caller
from tests.practice_server import practice_crm


def test_org_names_the_organisation_as_uploads_and_addresses_need_it(caller: Caller):
    org = caller.http.get("/crm/v7/org").json()["org"][0]

    assert (org["zgid"], org["domain_name"]) == (ZGID, f"org{ZGID}")


def test_current_user_is_one_user(caller: Caller):
    answer = caller.http.get("/crm/v7/users", params={"type": "CurrentUser"}).json()

    assert [user["full_name"] for user in answer["users"]] == ["Patricia Boyle"]


@pytest.mark.parametrize("version", ["v2", "v7", "v8"])
def test_modules_list_those_that_bulk_write_takes(caller: Caller, version):
    modules = caller.http.get(f"/crm/{version}/settings/modules").json()["modules"]

    names = {module["api_name"] for module in modules}
    assert {"Leads", "Contacts", "Accounts", "Deals", "Cases", "Tasks", "Machines"} <= names
    one = caller.http.get(f"/crm/{version}/settings/modules/Leads").json()["modules"]
    assert one == [module for module in modules if module["api_name"] == "Leads"]


def test_fields_tell_type_length_options_and_uniqueness(caller: Caller):
    answer = caller.http.get("/crm/v7/settings/fields", params={"module": "Leads"}).json()

    fields = {field["api_name"]: field for field in answer["fields"]}
    assert fields["Email"]["unique"] == {"casesensitive": False, "case_sensitive": False}
    assert fields["Company"]["unique"] == {}
    assert fields["Last_Name"]["system_mandatory"] is True
    assert (fields["Company"]["length"], fields["No_of_Employees"]["length"]) == (200, 9)
    assert fields["Partner"]["lookup"]["module"]["api_name"] == "Accounts"
    assert fields["Created_Time"]["operation_type"]["api_create"] is False
    options = [option["display_value"] for option in fields["Lead_Status"]["pick_list_values"]]
    assert options[:2] == ["-None-", "Attempted to Contact"]


def test_ids_of_fields_and_options_are_never_shared(caller: Caller):
    ids = []
    for module in ("Leads", "Contacts", "Machines"):
        answer = caller.http.get("/crm/v7/settings/fields", params={"module": module}).json()
        for field in answer["fields"]:
            ids += [field["id"], *(option["id"] for option in field["pick_list_values"])]

    assert len(ids) == len(set(ids))


def test_layouts_say_what_a_new_record_needs(caller: Caller):
    answer = caller.http.get("/crm/v7/settings/layouts", params={"module": "Leads"}).json()

    required = {
        layout["name"]: [f["api_name"] for f in layout["sections"][0]["fields"] if f["required"]]
        for layout in answer["layouts"]
    }
    assert required == {"Standard": ["Company", "Last_Name"], "Partner referral": ["Last_Name"]}
    assert [one["profiles"][0]["default"] for one in answer["layouts"]] == [True, False]


@pytest.mark.parametrize("call", ["fields", "layouts"])
def test_metadata_of_no_module_is_refused(caller: Caller, call):
    missing = caller.http.get(f"/crm/v7/settings/{call}").json()
    unknown = caller.http.get(f"/crm/v7/settings/{call}", params={"module": "Nope"}).json()

    assert (missing["code"], missing["details"]) == (
        "REQUIRED_PARAM_MISSING",
        {"param_name": "module"},
    )
    assert unknown["code"] == "INVALID_MODULE"


def test_fields_of_every_type_are_there(caller: Caller):
    types = set()
    for module in caller.http.get("/crm/v8/settings/modules").json()["modules"]:
        params = {"module": module["api_name"]}
        answer = caller.http.get("/crm/v8/settings/fields", params=params).json()
        types |= {field["data_type"] for field in answer["fields"]}

    assert types >= {
        *("text", "textarea", "email", "phone", "website", "picklist", "multiselectpicklist"),
        *("integer", "bigint", "double", "currency", "percent", "boolean", "date", "datetime"),
        *("lookup", "ownerlookup", "userlookup", "multiselectlookup", "multiuserlookup"),
        *("subform", "formula", "rollup_summary", "autonumber", "fileupload", "imageupload"),
    }


def test_rows_of_virtual_fields_are_told_in_the_shapes_of_both_versions(caller: Caller):
    answer = caller.http.get("/crm/v7/settings/fields", params={"module": "Leads"}).json()

    fields = {field["api_name"]: field for field in answer["fields"]}
    linked = fields["Products_of_Interest"]["multiselectlookup"]
    assert fields["Secondary_Contacts"]["associated_module"]["module"] == "Secondary_Contacts"
    assert linked["linking_module"]["api_name"] == "Leads_X_Products"
    assert linked["connected_module"]["api_name"] == "Products"
    assert linked["linking_details"]["module"] == linked["linking_module"]
    assert linked["connectedlookup_apiname"] == "Interesting_Product"
    assert fields["Support_Team"]["multiuserlookup"]["linking_module"]["api_name"] == (
        "Leads_X_Users"
    )


def test_modules_tell_subforms_and_links_from_what_people_see(caller: Caller):
    modules = caller.http.get("/crm/v7/settings/modules").json()["modules"]

    kinds = {module["api_name"]: module["generated_type"] for module in modules}
    parents = {module["api_name"]: module["parent_module"] for module in modules}
    assert (kinds["Leads"], kinds["Machines"]) == ("default", "custom")
    assert (kinds["Quoted_Items"], kinds["Leads_X_Users"]) == ("subform", "linking")
    assert parents["Quoted_Items"]["api_name"] == "Quotes"


@pytest.mark.parametrize("module", ["Events", "Calls", "Leads_X_Users"])
def test_bulk_write_does_not_take_every_module(caller: Caller, module):
    body = {"operation": "insert", "resource": [{"type": "data", "module": {"api_name": module}}]}

    assert caller.create(body).json()["code"] == "MODULE_NOT_AVAILABLE"


def test_one_field_its_options_and_one_layout_can_be_asked_for(caller: Caller):
    settings, leads = "/crm/v7/settings", {"module": "Leads"}
    fields = caller.http.get(f"{settings}/fields", params=leads).json()["fields"]
    layouts = caller.http.get(f"{settings}/layouts", params=leads).json()["layouts"]
    status = next(field for field in fields if field["api_name"] == "Lead_Status")

    one = caller.http.get(f"{settings}/fields/{status['id']}", params=leads)
    options = caller.http.get(f"{settings}/fields/{status['id']}/pick_list_values", params=leads)
    layout = caller.http.get(f"{settings}/layouts/{layouts[1]['id']}", params=leads)

    assert one.json() == {"fields": [status]}
    assert options.json() == {"pick_list_values": status["pick_list_values"]}
    assert layout.json() == {"layouts": [layouts[1]]}
    assert caller.http.get(f"{settings}/fields/1", params=leads).json()["code"] == "INVALID_DATA"


def test_modules_seen_before_are_not_sent_again(caller: Caller):
    headers = {"If-Modified-Since": "2026-01-02T03:04:05+00:00"}

    answer = caller.http.get("/crm/v8/settings/modules", headers=headers)

    assert (answer.status_code, answer.content) == (304, b"")
    assert "content-type" not in answer.headers


def test_users_come_in_pages_and_one_by_one(caller: Caller):
    first = caller.http.get("/crm/v7/users", params={"per_page": 2}).json()
    second = caller.http.get("/crm/v7/users", params={"per_page": 2, "page": 2}).json()
    one = caller.http.get(f"/crm/v7/users/{second['users'][0]['id']}").json()

    assert (first["info"]["more_records"], second["info"]["more_records"]) == (True, False)
    assert one["users"] == second["users"]
    assert caller.http.get("/crm/v7/users", params={"page": 3}).status_code == 204


def test_users_are_told_by_type(tmp_path):
    with practice_crm(tmp_path, leavers=2) as address:
        caller = Caller(address)
        found = {
            kind: caller.http.get("/crm/v7/users", params={"type": kind}).json()["users"]
            for kind in ("AllUsers", "ActiveUsers", "DeactiveUsers", "CurrentUser")
        }
        one = caller.http.get(f"/crm/v7/users/{found['DeactiveUsers'][1]['id']}").json()["users"]

    assert {kind: len(users) for kind, users in found.items()} == {
        "AllUsers": 5,
        "ActiveUsers": 3,
        "DeactiveUsers": 2,
        "CurrentUser": 1,
    }
    assert one == found["AllUsers"][4:] == found["DeactiveUsers"][1:]
    assert one[0]["status"] == "disabled"
