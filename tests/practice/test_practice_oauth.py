"""Tokens of the practice CRM: who gets one, what it opens, how it ends."""

import httpx
import pytest

from tests.practice.caller import CREDENTIALS, Caller


def test_refresh_answers_with_a_token_and_its_own_address(shared_address):
    answer = httpx.post(f"{shared_address}/oauth/v2/token", data=CREDENTIALS)

    token = answer.json()
    assert token["api_domain"] == shared_address
    assert token["expires_in"] == 3600
    assert token["token_type"] == "Bearer"
    assert "refresh_token" not in token


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"client_id": "1000.OTHER"}, "invalid_client"),
        ({"client_secret": "guess"}, "invalid_client_secret"),
        ({"refresh_token": "1000.unknown"}, "invalid_code"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_refresh_refuses_with_http_200_and_an_error_key(shared_address, wrong, error):
    answer = httpx.post(f"{shared_address}/oauth/v2/token", data={**CREDENTIALS, **wrong})

    assert (answer.status_code, answer.json()) == (200, {"error": error})


def test_code_grant_gives_a_refresh_token_that_can_be_revoked(shared_address):
    code = {**CREDENTIALS, "grant_type": "authorization_code", "code": "1000.practice.code"}
    granted = httpx.post(f"{shared_address}/oauth/v2/token", data=code).json()
    org, header = f"{shared_address}/crm/v7/org", "Authorization"
    headers = {header: f"Zoho-oauthtoken {granted['access_token']}"}
    assert httpx.get(org, headers=headers).status_code == 200

    revoke = f"{shared_address}/oauth/v2/token/revoke"
    answer = httpx.post(revoke, params={"token": granted["refresh_token"]})

    assert answer.json() == {"status": "success"}
    assert httpx.get(org, headers=headers).json()["code"] == "INVALID_TOKEN"
    assert httpx.post(revoke, params={"token": "1000.unknown"}).status_code == 400


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "AUTHENTICATION_FAILURE"),
        ({"Authorization": "Bearer 1000.a.b"}, "AUTHENTICATION_FAILURE"),
        ({"Authorization": "Zoho-oauthtoken 1000.a.b"}, "INVALID_TOKEN"),
    ],
)
def test_calls_without_a_valid_token_are_refused(shared_address, headers, code):
    for path in ("/crm/v7/org", "/crm/bulk/v7/write/1", "/crm/v8/Leads"):
        answer = httpx.get(shared_address + path, headers=headers)

        assert (answer.status_code, answer.json()["code"]) == (401, code)


def test_unknown_versions_paths_and_methods_have_zohos_codes(caller: Caller):
    assert caller.http.get("/crm/v99/org").json()["code"] == "INVALID_URL_PATTERN"
    assert caller.http.get("/crm/v7/a/b/c/d").json()["code"] == "INVALID_URL_PATTERN"
    assert caller.http.put("/crm/bulk/v7/write").json()["code"] == "INVALID_REQUEST_METHOD"
