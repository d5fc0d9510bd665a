"""What the practice CRM tells about itself."""

import pytest

from tests.practice.caller import ZGID, Caller


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
