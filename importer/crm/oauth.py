"""Tokens from Zoho's accounts server: a code becomes a refresh token, that one access tokens."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol, Self

import httpx

from importer.crm import wire
from importer.crm.errors import CrmRefused, CrmUnauthorised, CrmUnavailable
from importer.crm.hosts import Hosts
from importer.crm.tokens import AccessToken

_THROTTLED = "Access Denied"
_THROTTLED_PAUSE_S = 60.0  # Zoho gives ten tokens in ten minutes, and names no time
_TIMEOUT_S = 30.0

# What a connection asks for (Zoho CRM API, "Scopes").
SCOPES = (
    "ZohoCRM.bulk.ALL",
    "ZohoFiles.files.ALL",
    "ZohoCRM.modules.ALL",
    "ZohoCRM.settings.ALL",
    "ZohoCRM.org.READ",
    "ZohoCRM.users.READ",
    "ZohoCRM.coql.READ",
    "ZohoSearch.securesearch.READ",
    "ZohoCRM.mass_update.UPDATE",
    "ZohoCRM.mass_update.READ",
    "ZohoCRM.mass_delete.DELETE",
    "ZohoCRM.mass_delete.READ",
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What lets us act for an organisation until someone revokes it."""

    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)

    def current(self) -> Self:
        """Themselves: what is given as it is stays so."""
        return self


class CredentialStore(Protocol):
    """Keeps a connection's credentials, which a person may change while it is used."""

    def current(self) -> Credentials: ...


def exchange_code(
    hosts: Hosts,
    client_id: str,
    client_secret: str,
    code: str,
    redirect_uri: str | None = None,
    transport: httpx.BaseTransport | None = None,
) -> str:
    """The refresh token for a grant code, which serves once and for a few minutes.

    A Self Client's code has no `redirect_uri`. Never repeated: a second try of a code that was
    taken would only be told that it is invalid.
    """
    form = {
        "grant_type": "authorization_code",
        "client_id": client_id,
        "client_secret": client_secret,
        "code": code,
    }
    if redirect_uri is not None:
        form["redirect_uri"] = redirect_uri
    with wire.connect(_TIMEOUT_S, transport) as http, _refusals_explained():
        granted = _post(http, hosts, form)
    if not granted.get("refresh_token"):
        raise CrmRefused("The CRM gave no refresh token; ask for offline access")
    return str(granted["refresh_token"])


def revoke_token(hosts: Hosts, token: str, transport: httpx.BaseTransport | None = None) -> None:
    """Make a token worthless; with a refresh token, all that was given for it.

    Raises `CrmRefused` where the CRM knows no such token, or no longer.
    """
    with wire.connect(_TIMEOUT_S, transport) as http:
        url = f"{hosts.accounts}/oauth/v2/token/revoke"
        answer = wire.read_json(http, "POST", url, data={"token": token})
    if answer.get("status") != "success":
        raise wire.broken("the end of a token")


def fetch_token(http: httpx.Client, hosts: Hosts, credentials: Credentials) -> AccessToken:
    """A new access token, asked for once; `CrmUnauthorised` where a person must connect anew."""
    form = {
        "grant_type": "refresh_token",
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret,
        "refresh_token": credentials.refresh_token,
    }
    asked_at = datetime.now(UTC)
    with _refusals_explained():
        granted = _post(http, hosts, form)
    # Old servers give milliseconds in `expires_in`, and the seconds beside it.
    seconds = granted.get("expires_in_sec") or granted.get("expires_in")
    if not granted.get("access_token") or not isinstance(seconds, int):
        raise wire.broken("an access token")
    return AccessToken(str(granted["access_token"]), asked_at + timedelta(seconds=seconds))


def _post(http: httpx.Client, hosts: Hosts, form: dict[str, str]) -> wire.Json:
    return wire.read_json(http, "POST", f"{hosts.accounts}/oauth/v2/token", data=form)


@contextmanager
def _refusals_explained() -> Iterator[None]:
    """What a refused grant means: connect anew, or ask later."""
    try:
        yield
    except CrmRefused as refusal:
        throttled = refusal.code == _THROTTLED
        kind = CrmUnavailable if throttled else CrmUnauthorised
        error = kind(refusal.message, code=refusal.code, status=refusal.status)
        error.retry_after_s = refusal.retry_after_s or (_THROTTLED_PAUSE_S if throttled else None)
        raise error from refusal
