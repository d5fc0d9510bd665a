"""Clients of two CRMs: the practice CRM, and one by script for what no server would answer."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
import stamina

from importer.crm.client import Credentials, CrmClient
from importer.crm.hosts import one_host
from importer.crm.tokens import MemoryTokens
from tests.crm.work import CREDENTIALS
from tests.practice.caller import Caller
from tests.practice_server import practice_crm

ADDRESS = "https://crm.example.com"


class ScriptedCrm(httpx.BaseTransport):
    """Gives out token-1, token-2 and so on; all else is answered by `script`, in order.

    An entry is a response, an exception to raise, or a function of the request.
    """

    def __init__(self) -> None:
        self.script = []
        self.requests = []
        self.token_requests = []

    def handle_request(self, request):
        request.read()
        if request.url.path == "/oauth/v2/token":
            self.token_requests.append(request)
            token = f"token-{len(self.token_requests)}"
            return httpx.Response(200, json={"access_token": token, "expires_in": 3600})
        self.requests.append(request)
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        return step(request) if callable(step) else step

    @property
    def tokens_seen(self) -> list[str]:
        return [r.headers["Authorization"].removeprefix("Zoho-oauthtoken ") for r in self.requests]


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Retries as in production, without the waiting between them."""
    monkeypatch.setattr("importer.crm.session.PAUSE_S", 0.02)
    monkeypatch.setattr("importer.crm.pace.SPREAD_S", 0.02)
    with stamina.set_testing(True, attempts=10, cap=True):
        yield


@pytest.fixture
def crm() -> ScriptedCrm:
    return ScriptedCrm()


@pytest.fixture
def credentials() -> Credentials:
    return Credentials("1000.ID", "the-secret", "1000.refresh")


@pytest.fixture
def client(crm: ScriptedCrm, credentials: Credentials) -> Iterator[CrmClient]:
    with CrmClient(one_host(ADDRESS), credentials, MemoryTokens(), transport=crm) as client:
        yield client


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a practice CRM is."""
    with practice_crm(tmp_path_factory.mktemp("practice")) as address:
        yield address


@pytest.fixture
def caller(address: str) -> Caller:
    """Somebody beside the client who tells the practice CRM, just reset, what to suffer."""
    caller = Caller(address)
    caller.http.post("/reset", headers={"Origin": address})
    return caller


@pytest.fixture
def connect(address: str) -> Iterator[Callable[..., CrmClient]]:
    """Makes clients of the practice CRM, with tokens of their own unless `tokens` are given."""
    with ExitStack() as opened:

        def connect(tokens: MemoryTokens | None = None, **options: Any) -> CrmClient:
            standard = {"hosts": one_host(address), "credentials": CREDENTIALS}
            tokens = tokens or MemoryTokens()
            return opened.enter_context(CrmClient(tokens=tokens, **standard | options))

        yield connect
