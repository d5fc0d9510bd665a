"""What a program asks a person for, and how it is remembered until the person has answered."""

import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Final
from urllib.parse import urlsplit

from importer.practice.clock import CLOCK
from importer.practice.oauth.scopes import well_formed
from importer.practice.storage.store import Store

OPEN_FOR_S: Final = 600
THIS_MACHINE: Final = ("127.0.0.1", "localhost", "::1")


class AskedWronglyError(ValueError):
    """The link to the authorization page is not right; the message says why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the person is to agree to."""

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    offline: bool  # wants a refresh token
    again: bool  # wants another one, if it had one before
    state: str | None


def read_asked(params: Mapping[str, str], registered: Collection[str]) -> Asked:
    """What a link asks for. With no address registered, any of this machine's own will do."""
    if params.get("response_type") != "code":
        raise AskedWronglyError("its response_type is not code")
    redirect_uri = params.get("redirect_uri", "")
    if not _may_lead_to(redirect_uri, registered):
        raise AskedWronglyError("its redirect_uri is not registered")
    scopes = tuple(scope.strip() for scope in params.get("scope", "").split(","))
    wrong = next((scope for scope in scopes if not well_formed(scope)), None)
    if wrong is not None:
        raise AskedWronglyError(f"there is no scope “{wrong}”")
    return Asked(
        client_id=params.get("client_id", ""),
        redirect_uri=redirect_uri,
        scopes=scopes,
        offline=params.get("access_type") == "offline",
        again=params.get("prompt") == "consent",
        state=params.get("state"),
    )


def _may_lead_to(address: str, registered: Collection[str]) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if parts.scheme not in ("http", "https"):
        return False
    return address in registered if registered else parts.hostname in THIS_MACHINE


class Consents:
    """The authorization pages that are open; each is answered once, by its ticket."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def open(self, asked: Asked) -> str:
        """The ticket for a new page."""
        ticket, now = secrets.token_urlsafe(24), CLOCK.time()
        with self.store.transaction() as db:
            db.execute("DELETE FROM consents WHERE issued_at < ?", (now - OPEN_FOR_S,))
            db.execute(
                "INSERT INTO consents VALUES (?, ?, ?)", (ticket, json.dumps(asdict(asked)), now)
            )
        return ticket

    def close(self, ticket: str) -> Asked | None:
        """What the page with this ticket was about; None if it is answered or too old."""
        with self.store.transaction() as db:
            row = db.execute(
                "DELETE FROM consents WHERE ticket = ? AND issued_at >= ? RETURNING asked",
                (ticket, CLOCK.time() - OPEN_FOR_S),
            ).fetchone()
        if row is None:
            return None
        values = json.loads(row["asked"])
        return Asked(**{**values, "scopes": tuple(values["scopes"])})
