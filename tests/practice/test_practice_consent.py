"""The authorization page, the codes it gives, and the limits on tokens."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.practice.caller import CREDENTIALS, Caller, job_body, zipped
from tests.practice.controls import LINES, MAPPINGS, let_pass, turn
from tests.practice.holders import ANYBODY

REDIRECT = "http://127.0.0.1:9999/back"
SELF_CLIENT_CODE = "1000.practice.code"  # good for more than one use
ASKED = {
    "response_type": "code",
    "client_id": CREDENTIALS["client_id"],
    "redirect_uri": REDIRECT,
    "scope": "ZohoCRM.org.READ,ZohoCRM.modules.leads.READ",
    "access_type": "offline",
    "prompt": "consent",
    "state": "opaque & odd",
}


def page(address, **changes):
    return ANYBODY.get(f"{address}/oauth/v2/auth", params={**ASKED, **changes})


def answered(address, ticket, answer="accept", **headers):
    """Where the browser is sent, and with what."""
    headers = {"Origin": address, **headers}
    form = {"ticket": ticket, "answer": answer}
    return ANYBODY.post(f"{address}/oauth/v2/auth", data=form, headers=headers)


def ticket_of(shown):
    return re.search(r'name="ticket" value="([^"]+)"', shown.text)[1]


def outcome(response):
    parts = urlsplit(response.headers["Location"])
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == REDIRECT
    return {name: values[0] for name, values in parse_qs(parts.query).items()}


def code_of(address, **changes):
    return outcome(answered(address, ticket_of(page(address, **changes))))["code"]


def exchanged(address, code, **changes):
    form = {**CREDENTIALS, "grant_type": "authorization_code", "code": code}
    form |= {"redirect_uri": REDIRECT, **changes}
    return ANYBODY.post(f"{address}/oauth/v2/token", data=form).json()


def refreshed(address, refresh_token):
    form = {**CREDENTIALS, "refresh_token": refresh_token}
    return ANYBODY.post(f"{address}/oauth/v2/token", data=form).json()


def called(address, access_token, path="/crm/v7/org", **more):
    headers = {"Authorization": f"Zoho-oauthtoken {access_token}"}
    return ANYBODY.request(more.pop("method", "GET"), address + path, headers=headers, **more)


def test_consent_leads_back_with_a_code_that_becomes_tokens(caller: Caller):
    shown = page(caller.address)
    sent = outcome(answered(caller.address, ticket_of(shown)))
    granted = exchanged(caller.address, sent["code"])

    assert "ZohoCRM.modules.leads.READ" in shown.text
    assert (sent["state"], sent["accounts-server"]) == ("opaque & odd", caller.address)
    assert granted["scope"] == "ZohoCRM.org.READ ZohoCRM.modules.leads.READ"
    assert called(caller.address, granted["access_token"]).status_code == 200
    again = refreshed(caller.address, granted["refresh_token"])
    assert called(caller.address, again["access_token"]).status_code == 200


def test_rejection_leads_back_without_a_code(caller: Caller):
    sent = outcome(answered(caller.address, ticket_of(page(caller.address)), "reject"))

    assert sent == {"error": "access_denied", "state": "opaque & odd"}


@pytest.mark.parametrize(
    "changes",
    [
        {"response_type": "token"},
        {"client_id": "1000.OTHER"},
        {"redirect_uri": "https://elsewhere.example/back"},
        {"redirect_uri": "javascript:alert(1)"},
        {"scope": "Everything"},
        {"scope": "ZohoCRM.modules.leads.BURN"},
    ],
)
def test_page_is_not_shown_for_a_wrong_link(shared_address, changes):
    shown = page(shared_address, **changes)

    assert (shown.status_code, "Nothing was allowed" in shown.text) == (400, True)


def test_page_lets_nothing_but_its_form_lead_away(shared_address):
    policy = page(shared_address).headers["Content-Security-Policy"]

    assert "form-action 'self' http://127.0.0.1:9999;" in policy
    assert "default-src 'none'" in policy


def test_consent_from_another_site_or_for_a_second_time_is_refused(caller: Caller):
    ticket = ticket_of(page(caller.address))

    foreign = answered(caller.address, ticket, Origin="http://elsewhere.example")
    first = answered(caller.address, ticket)
    second = answered(caller.address, ticket)

    assert [one.status_code for one in (foreign, first, second)] == [403, 303, 400]


def test_code_is_good_for_one_use_within_a_minute(caller: Caller):
    code, late = code_of(caller.address), code_of(caller.address)

    first, second = exchanged(caller.address, code), exchanged(caller.address, code)
    let_pass(caller, 61)

    assert "access_token" in first
    assert second == {"error": "invalid_code"}
    assert exchanged(caller.address, late) == {"error": "invalid_code"}


def test_code_is_bound_to_its_redirect_uri(caller: Caller):
    code = code_of(caller.address)

    refused = exchanged(caller.address, code, redirect_uri="http://127.0.0.1:9999/other")

    assert refused == {"error": "invalid_redirect_uri"}
    assert "access_token" in exchanged(caller.address, code)


def test_online_access_has_no_refresh_token(caller: Caller):
    granted = exchanged(caller.address, code_of(caller.address, access_type="online"))

    assert "refresh_token" not in granted
    assert called(caller.address, granted["access_token"]).status_code == 200


def test_another_refresh_token_needs_the_consent_prompt(caller: Caller):
    exchanged(caller.address, code_of(caller.address))

    without = exchanged(caller.address, code_of(caller.address, prompt=""))
    prompted = exchanged(caller.address, code_of(caller.address))

    assert "refresh_token" not in without
    assert "refresh_token" in prompted


def test_access_ends_after_an_hour_and_with_its_refresh_token(caller: Caller):
    first = exchanged(caller.address, code_of(caller.address))
    let_pass(caller, 3601)
    late = called(caller.address, first["access_token"])
    second = refreshed(caller.address, first["refresh_token"])
    revoke = f"{caller.address}/oauth/v2/token/revoke"
    ANYBODY.post(revoke, params={"token": first["refresh_token"]})

    assert late.json()["code"] == "INVALID_TOKEN"
    assert called(caller.address, second["access_token"]).json()["code"] == "INVALID_TOKEN"
    assert refreshed(caller.address, first["refresh_token"]) == {"error": "invalid_code"}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/crm/v7/org", True),
        ("GET", "/crm/v7/users", False),
        ("GET", "/crm/v7/settings/modules", False),
        ("POST", "/crm/bulk/v7/write", False),
        ("POST", "/crm/v7/upload", False),
    ],
)
def test_scopes_open_what_they_name_and_nothing_else(caller: Caller, method, path, allowed):
    granted = exchanged(caller.address, code_of(caller.address))

    answer = called(caller.address, granted["access_token"], path, method=method, **body_for(path))

    assert (answer.status_code == 200) is allowed
    if not allowed:
        assert (answer.status_code, answer.json()["code"]) == (401, "OAUTH_SCOPE_MISMATCH")


def body_for(path):
    """An upload must at least be one to be looked at."""
    return {"files": {"file": b"x"}} if path.endswith("upload") else {}


def test_bulk_write_needs_the_scope_of_its_module_too(caller: Caller):
    scope = "ZohoCRM.bulk.ALL,ZohoCRM.modules.contacts.ALL"
    granted = exchanged(caller.address, code_of(caller.address, scope=scope))
    body = job_body(caller.uploaded(zipped(LINES)), mappings=MAPPINGS)
    path = "/crm/bulk/v7/write"
    answer = called(caller.address, granted["access_token"], path, method="POST", json=body)

    assert answer.json()["code"] == "OAUTH_SCOPE_MISMATCH"


def test_ten_access_tokens_in_ten_minutes_are_enough(caller: Caller):
    granted = exchanged(caller.address, code_of(caller.address))
    tokens = [refreshed(caller.address, granted["refresh_token"]) for _ in range(10)]

    assert ["access_token" in token for token in tokens] == [*[True] * 9, False]
    assert tokens[-1]["error"] == "Access Denied"
    let_pass(caller, 601)
    assert "access_token" in refreshed(caller.address, granted["refresh_token"])


def test_fifteen_access_tokens_live_at_a_time(caller: Caller):
    granted = exchanged(caller.address, code_of(caller.address))
    for _ in range(2):
        for _ in range(8):
            latest = refreshed(caller.address, granted["refresh_token"])["access_token"]
        let_pass(caller, 601)

    assert called(caller.address, granted["access_token"]).json()["code"] == "INVALID_TOKEN"
    assert called(caller.address, latest).status_code == 200


def test_own_credentials_are_limited_only_if_told_so(caller: Caller):
    own = CREDENTIALS["refresh_token"]
    free = [refreshed(caller.address, own) for _ in range(11)]
    turn(caller, oauth_limits="all")
    limited = refreshed(caller.address, own)

    assert all("access_token" in token for token in free)
    assert limited["error"] == "Access Denied"


def test_twenty_one_refresh_tokens_end_the_first(lone_caller: Caller):
    address = lone_caller.address
    tokens = [exchanged(address, SELF_CLIENT_CODE)["refresh_token"] for _ in range(21)]

    answers = [refreshed(address, token) for token in (tokens[0], tokens[1], tokens[20])]

    assert answers[0] == {"error": "invalid_code"}
    assert all("access_token" in answer for answer in answers[1:])


def test_ten_codes_in_ten_minutes_are_enough(caller: Caller):
    for _ in range(10):
        code_of(caller.address)

    eleventh = answered(caller.address, ticket_of(page(caller.address)))
    let_pass(caller, 601)

    assert (eleventh.status_code, "too often" in eleventh.text) == (429, True)
    assert code_of(caller.address)


def test_five_refresh_tokens_in_a_minute_are_enough_where_all_is_limited(lone_caller: Caller):
    address = lone_caller.address
    turn(lone_caller, oauth_limits="all")

    granted = [exchanged(address, SELF_CLIENT_CODE) for _ in range(6)]
    let_pass(lone_caller, 61)
    later = exchanged(address, SELF_CLIENT_CODE)

    assert ["refresh_token" in one for one in granted] == [*[True] * 5, False]
    assert granted[5]["error"] == "Access Denied"
    assert "refresh_token" in later


def test_revoked_access_token_ends_alone(caller: Caller):
    granted = exchanged(caller.address, code_of(caller.address))
    other = refreshed(caller.address, granted["refresh_token"])["access_token"]
    revoke = f"{caller.address}/oauth/v2/token/revoke"

    answer = ANYBODY.post(revoke, data={"token": granted["access_token"]})

    assert answer.json() == {"status": "success"}
    assert called(caller.address, granted["access_token"]).json()["code"] == "INVALID_TOKEN"
    assert called(caller.address, other).status_code == 200


def test_accounts_servers_are_told(caller: Caller):
    told = ANYBODY.get(f"{caller.address}/oauth/serverinfo").json()

    assert told == {"result": "success", "locations": {"us": caller.address}}
