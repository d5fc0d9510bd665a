"""Callers whose tokens are good for some scopes only, or whose profile withholds some rights."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.practice.caller import CREDENTIALS, Caller

REDIRECT = "http://127.0.0.1:9999/back"
ANYBODY = httpx.Client(timeout=30, verify=False)  # without a token


def holder_of(address: str, scopes: str) -> httpx.Client:
    """A client whose token is good for some scopes only."""
    ours = {"client_id": CREDENTIALS["client_id"], "redirect_uri": REDIRECT}
    asked = {**ours, "response_type": "code", "scope": scopes}
    page = ANYBODY.get(f"{address}/oauth/v2/auth", params=asked).text
    form = {"ticket": re.search(r'name="ticket" value="([^"]+)"', page)[1], "answer": "accept"}
    accepted = ANYBODY.post(f"{address}/oauth/v2/auth", data=form, headers={"Origin": address})
    code = parse_qs(urlsplit(accepted.headers["Location"]).query)["code"][0]
    secret = {"client_secret": CREDENTIALS["client_secret"]}
    grant = {**ours, **secret, "grant_type": "authorization_code", "code": code}
    token = ANYBODY.post(f"{address}/oauth/v2/token", data=grant).json()["access_token"]
    headers = {"Authorization": f"Zoho-oauthtoken {token}"}
    return httpx.Client(base_url=address, headers=headers, verify=False)


def withhold(caller: Caller, *rights: str) -> None:
    """The caller's user may not do these things."""
    answer = caller.http.post("/control/rights", json={"withheld": list(rights)})
    assert answer.status_code == 200, answer.text


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a call that is refused as a whole."""
    body: dict[str, Any] = answer.json()
    assert body["status"] == "error", answer.text
    return answer.status_code, str(body["code"])
