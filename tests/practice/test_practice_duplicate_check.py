"""The duplicate check preference: leads compared with converted leads, or with contacts."""

from typing import Any

import pytest

from tests.practice.caller import Caller
from tests.practice.holders import refusal

PATH = "/crm/v8/settings/duplicate_check_preference"
LEADS = {"module": "Leads"}
CONVERTED = {"duplicate_check_preference": {"type": "converted_records"}}


def mapped(caller: Caller, field: str = "Email") -> dict[str, Any]:
    """Leads' e-mail addresses compared with those of contacts."""

    def fields(module: str) -> dict[str, str]:
        answer = caller.http.get(f"/crm/v8/settings/fields?module={module}").json()
        return {one["api_name"]: one["id"] for one in answer["fields"]}

    modules = caller.http.get("/crm/v8/settings/modules/Contacts").json()["modules"]
    pair = {
        "current_field": {"id": fields("Leads")[field]},
        "mapped_field": {"id": fields("Contacts")["Email"]},
    }
    configuration = {"mapped_module": {"id": modules[0]["id"]}, "field_mappings": [pair]}
    preference = {"type": "mapped_module_records", "type_configurations": [configuration]}
    return {"duplicate_check_preference": preference}


def test_preference_is_off_until_it_is_set(caller: Caller):
    off = caller.http.get(PATH, params=LEADS)
    enabled = caller.http.post(PATH, params=LEADS, json=CONVERTED)
    told = caller.http.get(PATH, params=LEADS).json()
    again = caller.http.post(PATH, params=LEADS, json=CONVERTED)
    caller.http.delete(PATH, params=LEADS)

    assert (off.status_code, off.content) == (204, b"")
    assert enabled.json()["duplicate_check_preference"]["code"] == "SUCCESS"
    assert told["duplicate_check_preference"]["type"] == "converted_records"
    assert refusal(again) == (400, "ALREADY_CONFIGURED")
    assert caller.http.get(PATH, params=LEADS).status_code == 204


def test_preference_is_changed_to_a_mapping_of_unique_fields(caller: Caller):
    caller.http.post(PATH, params=LEADS, json=CONVERTED)

    changed = caller.http.put(PATH, params=LEADS, json=mapped(caller))

    told = caller.http.get(PATH, params=LEADS).json()["duplicate_check_preference"]
    configuration = told["type_configurations"][0]
    pair = configuration["field_mappings"][0]
    assert changed.json()["duplicate_check_preference"]["status"] == "success"
    assert configuration["mapped_module"]["api_name"] == "Contacts"
    assert (pair["current_field"]["name"], pair["mapped_field"]["name"]) == ("Leads", "Contacts")
    assert {pair[key]["api_name"] for key in pair} == {"Email"}


@pytest.mark.parametrize(
    ("params", "body", "code"),
    [
        ({}, CONVERTED, "REQUIRED_PARAM_MISSING"),
        ({"module": "Nowhere"}, CONVERTED, "INVALID_MODULE"),
        ({"module": "Contacts"}, CONVERTED, "NOT_SUPPORTED"),
        (LEADS, {}, "MANDATORY_NOT_FOUND"),
        (LEADS, {"duplicate_check_preference": {}}, "MANDATORY_NOT_FOUND"),
        (LEADS, {"duplicate_check_preference": {"type": "all"}}, "INVALID_DATA"),
        (
            LEADS,
            {"duplicate_check_preference": {"type": "mapped_module_records"}},
            "MANDATORY_NOT_FOUND",
        ),
    ],
)
def test_preference_refuses_what_it_cannot_be(caller: Caller, params, body, code):
    assert refusal(caller.http.post(PATH, params=params, json=body)) == (400, code)


def test_only_unique_fields_are_compared(caller: Caller):
    answer = caller.http.post(PATH, params=LEADS, json=mapped(caller, "Last_Name"))

    assert refusal(answer) == (400, "INVALID_DATA")


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_what_is_off_is_not_changed(caller: Caller, method):
    answer = caller.http.request(method, PATH, params=LEADS, json=CONVERTED)

    assert refusal(answer) == (400, "NOT_ALLOWED")
