"""The scopes that a connection asks for are those that the client's calls need."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from importer.crm.client import Credentials, CrmClient, exchange_code
from importer.crm.errors import CrmError
from importer.crm.hosts import one_host
from importer.crm.oauth import SCOPES
from importer.crm.tokens import MemoryTokens
from tests.crm.endpoints import ENDPOINTS, Endpoint
from tests.crm.work import CREDENTIALS, Work
from tests.practice.caller import Caller
from tests.practice.controls import turn

REDIRECT = "http://127.0.0.1:9999/back"


def granted(address: str, scopes: tuple[str, ...]) -> Credentials:
    """What somebody gets who agrees to the scopes on the consent page."""
    asked = {"response_type": "code", "redirect_uri": REDIRECT, "access_type": "offline"}
    asked |= {"client_id": CREDENTIALS.client_id, "scope": ",".join(scopes), "prompt": "consent"}
    page = httpx.get(f"{address}/oauth/v2/auth", params=asked).text
    form = {"ticket": re.search(r'name="ticket" value="([^"]+)"', page)[1], "answer": "accept"}
    back = httpx.post(f"{address}/oauth/v2/auth", data=form, headers={"Origin": address})
    [code] = parse_qs(urlsplit(back.headers["Location"]).query)["code"]
    client = CREDENTIALS.client_id, CREDENTIALS.client_secret
    return Credentials(*client, exchange_code(one_host(address), *client, code, REDIRECT))


@pytest.fixture(scope="module")
def work(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Work]:
    """All that the calls need, made with the very scopes that we ask for."""
    turn(Caller(address), oauth_limits="none")  # of how many tokens somebody may have
    credentials = granted(address, SCOPES)
    with CrmClient(one_host(address), credentials, MemoryTokens()) as crm:
        work = Work(crm, tmp_path_factory.mktemp("work"))
        for endpoint in ENDPOINTS.values():
            endpoint.given(work)
        yield work


def test_scopes_suffice_for_every_call(work):
    for endpoint in ENDPOINTS.values():
        endpoint.call(work.crm, work)


@pytest.mark.parametrize("left_out", SCOPES)
def test_no_scope_could_be_left_out(address, work, left_out):
    credentials = granted(address, tuple(scope for scope in SCOPES if scope != left_out))

    with CrmClient(one_host(address), credentials, MemoryTokens()) as crm:
        codes = [refusal_of(endpoint, crm, work) for endpoint in ENDPOINTS.values()]

    assert "OAUTH_SCOPE_MISMATCH" in codes


def refusal_of(endpoint: Endpoint, crm: CrmClient, work: Work) -> str:
    """The code that the call is refused with, if it is."""
    try:
        endpoint.call(crm, work)
    except CrmError as error:
        return error.code
    return ""
