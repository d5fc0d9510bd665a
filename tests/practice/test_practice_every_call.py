"""What holds for every call of the API: it needs a token, its scopes and a user who may use it."""

import re
from typing import Any

import httpx
import pytest

from importer.practice.api.calls import ApiRoute
from importer.practice.server import api_routes
from tests.practice.caller import Caller
from tests.practice.holders import ANYBODY, holder_of, refusal, withhold

FILLED = {"version": "v8", "module": "Leads", "archive": "1.zip"}
CALLS = sorted(
    (method, re.sub(r"\{(\w+)(:\w+)?\}", lambda name: FILLED.get(name[1], "1"), route.path))
    for route in api_routes()
    if isinstance(route, ApiRoute)
    for method in route.methods or ()
    if method != "HEAD"
)
every_call = pytest.mark.parametrize(("method", "path"), CALLS)


@pytest.fixture(scope="module")
def outsider(shared_address: str) -> httpx.Client:
    """Somebody with a good token for something else."""
    return holder_of(shared_address, "ZohoCRM.settings.roles.READ")


@every_call
def test_call_needs_a_token(shared_address: str, method, path):
    answer = ANYBODY.request(method, shared_address + path)

    assert refusal(answer) == (401, "AUTHENTICATION_FAILURE")


@every_call
def test_call_needs_its_scopes(outsider: httpx.Client, method, path):
    assert refusal(outsider.request(method, path)) == (401, "OAUTH_SCOPE_MISMATCH")


@every_call
def test_call_needs_a_user_who_may_use_the_api(caller: Caller, method, path):
    withhold(caller, "API access")

    answer = caller.http.request(method, path)

    assert refusal(answer) == (403, "NO_PERMISSION")
    assert answer.json()["message"] == "permission denied - access the api"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/crm/v7/upload"),
        ("GET", "/crm/v7/coql"),
        ("POST", "/crm/v7/org"),
        ("DELETE", "/crm/v7/users"),
        ("PUT", "/crm/v7/settings/fields"),
        ("PATCH", "/crm/v7/Leads"),
        ("DELETE", "/crm/bulk/v7/write"),
        ("PUT", "/crm/bulk/v7/read"),
        ("POST", "/crm/v7/__apis"),
    ],
)
def test_call_has_its_own_methods(caller: Caller, method, path):
    answer = caller.http.request(method, path)

    assert refusal(answer) == (400, "INVALID_REQUEST_METHOD")


def test_catalogue_lists_every_call_with_scopes_and_credits(caller: Caller):
    listed: list[dict[str, Any]] = caller.http.get("/crm/v7/__apis").json()["__apis"]

    by_path = {one["path"]: one["operation_types"] for one in listed}
    assert sum(len(operations) for operations in by_path.values()) == len(CALLS)
    assert by_path["/crm/bulk/v7/write"] == [
        {
            "method": "POST",
            "oauth_scope": "ZohoCRM.bulk.CREATE",
            "min_credits": 500,
            "max_credits": 500,
        }
    ]
    inserts = next(one for one in by_path["/crm/v7/{module}"] if one["method"] == "POST")
    assert (inserts["min_credits"], inserts["max_credits"]) == (1, 10)
    assert inserts["oauth_scope"] == "ZohoCRM.modules.{module}.CREATE"


@pytest.mark.parametrize(
    ("right", "method", "path", "body", "permission"),
    [
        ("read Leads", "GET", "/crm/v7/Leads?fields=id", None, "View"),
        ("read Leads", "GET", "/crm/v7/Leads/1", None, "View"),
        ("read Leads", "POST", "/crm/v7/coql", "query", "View"),
        ("read Leads", "POST", "/crm/bulk/v7/read", "read", "View"),
        ("create Leads", "POST", "/crm/v7/Leads", "data", "Create"),
        ("update Leads", "PUT", "/crm/v7/Leads", "data", "Edit"),
        ("update Leads", "POST", "/crm/v7/Leads/upsert", "data", "Edit"),
        ("delete Leads", "DELETE", "/crm/v7/Leads/1", None, "Delete"),
        ("mass_update *", "POST", "/crm/v7/Leads/actions/mass_update", "data", "Mass_Update"),
        ("mass_delete *", "POST", "/crm/v7/Leads/actions/mass_delete", "data", "Mass_Delete"),
    ],
)
def test_profile_withholds_one_right_at_a_time(
    caller: Caller, right, method, path, body, permission
):
    bodies: dict[str, Any] = {
        "data": {"data": [{"Last_Name": "A"}]},
        "query": {"select_query": "select id from Leads where id > 0"},
        "read": {"query": {"module": {"api_name": "Leads"}}},
    }
    withhold(caller, right)

    answer = caller.http.request(method, path, json=bodies.get(body or ""))
    other = caller.http.get("/crm/v7/Contacts?fields=id")

    deed = right.split()[0].replace("_", " ")
    assert refusal(answer) == (403, "NO_PERMISSION")
    assert answer.json()["message"] == f"Permission denied to {deed}"
    assert answer.json()["details"] == {"permissions": [f"Crm_Implied_{permission}_Leads"]}
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("right", "path"),
    [
        ("upload", "/crm/v7/upload"),
        ("bulk_write", "/crm/bulk/v7/write"),
        ("bulk_read", "/crm/bulk/v7/read"),
    ],
)
def test_user_without_the_privilege_is_not_authorized(caller: Caller, right, path):
    withhold(caller, right)

    answer = caller.http.post(path)

    assert refusal(answer) == (400, "AUTHORIZATION_FAILED")
    assert answer.json()["message"].startswith("User does not have sufficient privilege to ")
