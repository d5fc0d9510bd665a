"""How a connection asks its CRM: over one HTTP client, with its token, at the CRM's pace."""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx

from importer.crm import deadline, oauth, wire
from importer.crm.complaints import credits_left
from importer.crm.credits import Credits
from importer.crm.errors import CrmError, CrmUnauthorised, CrmUnavailable
from importer.crm.hosts import Hosts
from importer.crm.oauth import CredentialStore
from importer.crm.pace import MemoryPace, Pace, spread
from importer.crm.tokens import AccessToken, TokenStore

T = TypeVar("T")
Headers = Mapping[str, str]

PAUSE_S = 2.0  # after a 429 that names no time
LONGEST_WAIT_S = 5.0  # inside a call; a longer pause is the caller's to plan
RENEWED_WITHIN_S = 20.0  # a new token is there, or it is not to be had

# The API's and the file servers' ways to say that a token has expired or was taken back.
_TOKEN_EXPIRED = {"INVALID_TOKEN", "INVALID_OAUTHTOKEN", "401"}


class Session:
    """Asks one organisation's CRM; threads may share it.

    Every method may raise `CrmUnavailable`, `CrmRefused` or `CrmUnauthorised`. What may be
    repeated has been, for some ten seconds, when it raises `CrmUnavailable`.
    """

    def __init__(
        self,
        hosts: Hosts,
        credentials: CredentialStore,
        tokens: TokenStore,
        pace: Pace | None = None,
        *,
        credit_store: Credits | None = None,
        timeout_s: float = 30,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.hosts = hosts
        self._credentials = credentials
        self._tokens = tokens
        self._pace = pace or MemoryPace()
        self._credits = credit_store
        self._http = wire.connect(timeout_s, transport)
        self._http.event_hooks = {"response": [self._note_credits]}

    def close(self) -> None:
        self._http.close()

    def ready(self) -> None:
        """Have a fresh token and wait out a pause that the CRM wants, as every request does."""
        self._token()
        self._wait_for_turn()

    def get(self, url: str, **params: str) -> wire.Json:
        """The JSON object at `url`; empty where there is no content."""
        return self.send("GET", url, params=params)

    def send(
        self,
        method: str,
        url: str,
        *,
        repeatable: bool = True,
        headers: Headers | None = None,
        **content: Any,
    ) -> wire.Json:
        """The JSON object that answers a request; `content` is httpx's `json`, `params` and such.

        What is not `repeatable` is sent once, and raises `OutcomeUnknown` where it may have taken
        effect.
        """

        def ask(token: Headers) -> wire.Json:
            sent = {**token, **(headers or {})}
            return wire.read_json(
                self._http, method, url, repeatable=repeatable, headers=sent, **content
            )

        return self._authorised(ask, repeatable=repeatable)

    def upload(self, url: str, path: Path, media_type: str, headers: Headers) -> wire.Json:
        """The JSON object that answers a file, which is read as it is sent."""

        def ask(token: Headers) -> wire.Json:
            with path.open("rb") as file:
                files = {"file": (path.name, file, media_type)}
                sent = {**token, **headers}
                return wire.read_json(self._http, "POST", url, headers=sent, files=files)

        return self._authorised(ask)

    def download(self, url: httpx.URL, target: Path) -> None:
        """Put the file at `url` at `target`, as it arrives: whole, or not at all."""

        def ask(token: Headers) -> None:
            with (
                wire.answer(self._http, "GET", url, headers=token) as response,
                _complete_file(target) as path,
            ):
                if "json" in response.headers.get("Content-Type", ""):
                    response.read()
                    raise wire.fault(response)
                with path.open("wb") as file:
                    for chunk in response.iter_bytes():
                        file.write(chunk)

        self._authorised(ask)

    def _authorised(self, ask: Callable[[Headers], T], *, repeatable: bool = True) -> T:
        """The result of `ask`, called with a token; once more if the CRM finds that expired."""

        def tried(token: AccessToken) -> T:
            headers = {"Authorization": f"Zoho-oauthtoken {token.value}"}
            paced = partial(self._paced, partial(ask, headers))
            return wire.repeat(paced) if repeatable else paced()

        token = self._token()
        try:
            return tried(token)
        except CrmUnauthorised as refusal:
            if refusal.code not in _TOKEN_EXPIRED:
                raise
        return tried(self._renewed(token))

    def _paced(self, ask: Callable[[], T]) -> T:
        """The result of `ask`, not before the CRM wants to be asked again."""
        self._wait_for_turn()
        try:
            return ask()
        except CrmError as error:
            if error.retry_after_s is not None:
                self._pace.hold(error.retry_after_s)
            elif wire.asks_for_fewer(error):
                self._pace.hold(PAUSE_S)
            raise

    def _wait_for_turn(self) -> None:
        """Wait out the CRM's pause, and what others add to it meanwhile; not for too long."""
        latest = time.monotonic() + min(LONGEST_WAIT_S, deadline.left_s())
        while (wait_s := self._pace.wait_s()) > 0:
            if time.monotonic() + wait_s > latest:
                error = CrmUnavailable("The CRM wants fewer requests", code=wire.TOO_MANY_REQUESTS)
                error.retry_after_s = wait_s
                raise error
            time.sleep(spread(wait_s))

    def _note_credits(self, response: httpx.Response) -> None:
        """Keep what an answer of the API says of credits; other servers know nothing of them."""
        if self._credits and str(response.url).startswith(f"{self.hosts.api}/crm/"):
            self._credits.told(credits_left(response))

    def _token(self) -> AccessToken:
        token = self._tokens.current()
        return token if token and token.fresh else self._renewed(token)

    def _renewed(self, stale: AccessToken | None) -> AccessToken:
        return self._tokens.renew(stale, self._new_token)

    def _new_token(self) -> AccessToken:
        def ask() -> AccessToken:
            return oauth.fetch_token(self._http, self.hosts, self._credentials.current())

        with deadline.within(RENEWED_WITHIN_S):
            return wire.repeat(partial(self._paced, ask))


@contextmanager
def _complete_file(target: Path) -> Iterator[Path]:
    """A path to write to; the file becomes `target` when the block ends well, else vanishes."""
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=target.name, delete=False) as file:
        path = Path(file.name)
    try:
        yield path
        path.replace(target)
    finally:
        path.unlink(missing_ok=True)
