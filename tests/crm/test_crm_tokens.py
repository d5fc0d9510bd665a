"""One access token for all callers, renewed once, and never shown."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import httpx
import pytest

from importer.crm.client import Credentials, CrmClient, exchange_code, revoke_token
from importer.crm.errors import CrmRefused, CrmUnauthorised, CrmUnavailable
from importer.crm.hosts import one_host
from importer.crm.tokens import AccessToken, MemoryTokens

HOSTS = one_host("https://crm.example.com")
CREDENTIALS = Credentials("1000.ID", "the-secret", "1000.refresh")


def token(value: str, seconds_left: float) -> AccessToken:
    return AccessToken(value, datetime.now(UTC) + timedelta(seconds=seconds_left))


def answering(status: int, body: object) -> httpx.MockTransport:
    return httpx.MockTransport(lambda request: httpx.Response(status, json=body))


@pytest.mark.parametrize(("seconds_left", "fresh"), [(-5, False), (50, False), (70, True)])
def test_access_token_is_fresh_while_a_minute_is_left(seconds_left, fresh):
    assert token("t", seconds_left).fresh is fresh


def test_memory_tokens_renew_once_for_all_who_found_the_same_token_stale():
    tokens, start, fetched = MemoryTokens(), Barrier(8), []
    stale = tokens.renew(None, lambda: token("old", -1))

    def fetch():
        fetched.append(1)
        return token("new", 3600)

    def renew(_):
        start.wait()
        return tokens.renew(stale, fetch).value

    with ThreadPoolExecutor(8) as pool:
        values = list(pool.map(renew, range(8)))

    assert values == ["new"] * 8
    assert len(fetched) == 1


def test_memory_tokens_replace_a_fresh_token_that_the_crm_no_longer_takes():
    tokens = MemoryTokens()
    revoked = tokens.renew(None, lambda: token("revoked", 3600))

    assert tokens.renew(revoked, lambda: token("new", 3600)).value == "new"
    assert tokens.current().value == "new"


def test_memory_tokens_never_hand_out_a_stored_token_that_is_stale_itself():
    tokens = MemoryTokens()
    tokens.renew(None, lambda: token("stored", 10))

    assert tokens.renew(None, lambda: token("new", 3600)).value == "new"


def test_memory_tokens_keep_the_old_token_when_renewing_fails():
    tokens = MemoryTokens()
    old = tokens.renew(None, lambda: token("old", 10))

    def fail():
        raise CrmUnavailable("down")

    with pytest.raises(CrmUnavailable):
        tokens.renew(old, fail)
    assert tokens.current() == old


def test_client_asks_for_one_token_and_uses_it_again(client, crm):
    crm.script = [httpx.Response(200, json={"modules": []}) for _ in range(3)]

    for _ in range(3):
        client.modules()

    assert crm.tokens_seen == ["token-1"] * 3
    assert crm.token_requests[0].content == (
        b"grant_type=refresh_token&client_id=1000.ID&client_secret=the-secret"
        b"&refresh_token=1000.refresh"
    )


def test_client_renews_a_token_before_it_expires(crm, credentials):
    crm.script = [httpx.Response(200, json={"modules": []})]
    tokens = MemoryTokens()
    tokens.renew(None, lambda: token("expiring", 30))

    CrmClient(HOSTS, credentials, tokens, transport=crm).modules()

    assert crm.tokens_seen == ["token-1"]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, {"code": "INVALID_TOKEN", "status": "error", "message": "invalid oauth token"}),
        (401, {"code": "INVALID_OAUTHTOKEN", "status": "error", "message": "no"}),
        (401, {"ERROR_CODE": 401, "ERROR_MESSAGE": "Unauthorized request."}),
        (200, {"ERROR_CODE": 401, "ERROR_MESSAGE": "Unauthorized request."}),
    ],
)
def test_client_renews_a_token_that_the_crm_calls_invalid_and_repeats_once(
    client, crm, status, body
):
    crm.script = [
        httpx.Response(status, json=body),
        httpx.Response(200, json={"modules": []}),
    ]

    assert client.modules() == ()
    assert crm.tokens_seen == ["token-1", "token-2"]


def test_client_gives_up_when_the_renewed_token_is_invalid_too(client, crm):
    invalid = {"code": "INVALID_TOKEN", "status": "error", "message": "invalid oauth token"}
    crm.script = [httpx.Response(401, json=invalid)] * 2

    with pytest.raises(CrmUnauthorised) as refusal:
        client.modules()

    assert refusal.value.code == "INVALID_TOKEN"
    assert len(crm.token_requests) == 2


def test_client_does_not_renew_for_a_missing_scope(client, crm):
    crm.script = [
        httpx.Response(
            401,
            json={"code": "OAUTH_SCOPE_MISMATCH", "status": "error", "message": "Unauthorized"},
        )
    ]

    with pytest.raises(CrmUnauthorised):
        client.modules()

    assert len(crm.token_requests) == 1


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, {"error": "invalid_code"}, CrmUnauthorised),
        (200, {"error": "invalid_client"}, CrmUnauthorised),
        (400, {"error": "invalid_client_secret"}, CrmUnauthorised),
        (200, {"error": "Access Denied", "status": "failure"}, CrmUnavailable),
        (400, {"error": "Access Denied", "status": "failure"}, CrmUnavailable),
        (500, {}, CrmUnavailable),
        (200, {"access_token": "x"}, CrmUnavailable),
        (200, {"expires_in": 3600}, CrmUnavailable),
    ],
)
def test_token_refusals_say_whether_to_connect_anew(status, body, expected):
    client = CrmClient(HOSTS, CREDENTIALS, MemoryTokens(), transport=answering(status, body))

    with pytest.raises(expected) as caught:
        client.modules()

    assert type(caught.value) is expected
    assert caught.value.code == body.get("error", "")


def test_throttled_token_request_is_not_repeated_at_once():
    requests = []

    def throttled(request):
        requests.append(request)
        return httpx.Response(200, json={"error": "Access Denied", "status": "failure"})

    client = CrmClient(HOSTS, CREDENTIALS, MemoryTokens(), transport=httpx.MockTransport(throttled))
    with pytest.raises(CrmUnavailable):
        client.modules()

    assert len(requests) == 1


def test_token_lifetime_is_taken_in_seconds_where_the_server_gives_both():
    def serve(request):
        body = {"access_token": "t", "expires_in": 3_600_000, "expires_in_sec": 3600}
        return httpx.Response(200, json=body if "oauth" in request.url.path else {"modules": []})

    tokens = MemoryTokens()
    CrmClient(HOSTS, CREDENTIALS, tokens, transport=httpx.MockTransport(serve)).modules()

    assert tokens.current().expires_at <= datetime.now(UTC) + timedelta(hours=1)


def test_exchange_code_returns_the_refresh_token():
    forms = []

    def answer(request):
        forms.append(request.content)
        return httpx.Response(200, json={"access_token": "a", "refresh_token": "1000.r"})

    transport = httpx.MockTransport(answer)

    assert exchange_code(HOSTS, "id", "secret", "1000.code", transport=transport) == "1000.r"
    assert exchange_code(HOSTS, "id", "secret", "c", "https://x.example/", transport) == "1000.r"
    grant = b"grant_type=authorization_code&client_id=id&client_secret=secret&code="
    assert forms == [grant + b"1000.code", grant + b"c&redirect_uri=https%3A%2F%2Fx.example%2F"]


@pytest.mark.parametrize("body", [{"error": "invalid_code"}, {"access_token": "only"}])
def test_exchange_code_refuses_an_answer_without_a_refresh_token(body):
    with pytest.raises(CrmRefused):
        exchange_code(HOSTS, "id", "secret", "code", transport=answering(200, body))


@pytest.mark.parametrize("body", [{"weather": "fine"}, {"status": "failure"}])
def test_revoked_token_needs_the_word_of_the_crm(body):
    with pytest.raises(CrmUnavailable):
        revoke_token(HOSTS, "1000.refresh", transport=answering(200, body))
