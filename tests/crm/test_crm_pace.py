"""A pause that the CRM wants holds for everybody who uses the connection."""

from pathlib import Path

import httpx
import pytest

from importer.crm.client import Credentials, CrmClient
from importer.crm.errors import CrmUnavailable
from importer.crm.hosts import DATA_CENTRES, Edition, one_host
from importer.crm.pace import MemoryPace
from importer.crm.tokens import MemoryTokens

TOKEN = {"access_token": "1000.a.b", "expires_in": 3600}


class Crm:
    """Answers token requests, and everything else with the answers it is given, in turn."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/v2/token":
            return httpx.Response(200, json=TOKEN)
        self.asked += 1
        return self.answers.pop(0)


def client(crm: Crm, pace: MemoryPace) -> CrmClient:
    return CrmClient(
        one_host("http://crm.example"),
        Credentials("id", "secret", "refresh"),
        MemoryTokens(),
        pace,
        transport=httpx.MockTransport(crm),
    )


def too_many(seconds: int) -> httpx.Response:
    body = {"code": "TOO_MANY_REQUESTS", "message": "slow down", "status": "error", "details": {}}
    return httpx.Response(429, json=body, headers={"Retry-After": str(seconds)})


def test_pause_of_one_client_holds_for_another(tmp_path: Path):
    pace = MemoryPace()
    first, second = Crm(too_many(60)), Crm()
    with client(first, pace) as asking, pytest.raises(CrmUnavailable):
        asking.job("1")

    with client(second, pace) as asking, pytest.raises(CrmUnavailable) as refused:
        asking.job("1")

    assert second.asked == 0
    assert 50 < (refused.value.retry_after_s or 0) <= 60


def test_short_pause_is_waited_for():
    pace = MemoryPace()
    pace.hold(0.3)
    done = {"id": "1", "status": "COMPLETED", "resource": [], "operation": "insert"}
    crm = Crm(httpx.Response(200, json=done))

    with client(crm, pace) as asking:
        asking.job("1")

    assert crm.asked == 1
    assert pace.wait_s() == 0


def test_pause_never_ends_earlier_than_one_before():
    pace = MemoryPace()
    pace.hold(60)
    pace.hold(1)

    assert pace.wait_s() > 50


@pytest.mark.parametrize(
    ("edition", "api"),
    [
        (Edition.PRODUCTION, "https://www.zohoapis.eu"),
        (Edition.SANDBOX, "https://sandbox.zohoapis.eu"),
        (Edition.DEVELOPER, "https://developer.zohoapis.eu"),
    ],
)
def test_edition_has_an_api_server_of_its_own(edition: Edition, api: str):
    hosts = DATA_CENTRES["eu"].edition(edition)

    assert hosts.api == api
    assert hosts.accounts == "https://accounts.zoho.eu"
