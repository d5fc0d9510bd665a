"""OAuth tokens: who may call the API, for what, and for how long. Only digests are kept."""

import hashlib
import hmac
import secrets
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from importer.practice.clock import CLOCK
from importer.practice.oauth.scopes import EVERYTHING
from importer.practice.storage.store import Store

LIFETIME_S: Final = 3600
CODE_LIFETIME_S: Final = 60
FORGOTTEN_AFTER_S: Final = 30 * 24 * 3600
WINDOW_S: Final = 600
GRANTED_IN_A_MINUTE: Final = 5  # refresh tokens
MINTED_IN_WINDOW: Final = 10  # access tokens for each refresh token, and codes for each client
LIVE_ACCESS_TOKENS: Final = 15  # for each refresh token; one more ends the oldest
LIVE_REFRESH_TOKENS: Final = 20  # for each user; likewise


class RefusedError(Exception):
    """The accounts server gives nothing; the message is Zoho's word for why."""


class ThrottledError(RefusedError):
    """Asked for too often."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client needs to get its first access token."""

    client_id: str = "1000.PRACTICE"
    client_secret: str = "practice-secret"  # noqa: S105 - it guards invented data only
    refresh_token: str = "1000.practice.refresh"  # noqa: S105 - the same
    grant_code: str = "1000.practice.code"  # as a Self Client's, but good for more than one use


@dataclass(frozen=True, slots=True)
class Access:
    """An access token and what it may be used for."""

    token: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grant:
    """What a code was exchanged for. No refresh token unless offline access was asked for."""

    access: Access
    refresh_token: str | None


class Tokens:
    """Issues, checks and revokes tokens and codes."""

    def __init__(self, store: Store, credentials: Credentials) -> None:
        self.store = store
        self.credentials = credentials
        with store.transaction() as db:
            _keep_refresh_token(db, credentials.refresh_token, EVERYTHING, own=True)

    def client_error(self, client_id: str, client_secret: str) -> str | None:
        """What is wrong with a client's name or secret, in Zoho's word."""
        if not self.knows(client_id):
            return "invalid_client"
        if not hmac.compare_digest(client_secret.encode(), self.credentials.client_secret.encode()):
            return "invalid_client_secret"
        return None

    def knows(self, client_id: str) -> bool:
        return hmac.compare_digest(client_id.encode(), self.credentials.client_id.encode())

    def refresh(self, refresh_token: str, *, limits: str) -> Access:
        """A new access token. `RefusedError` if the refresh token is unknown or revoked.

        `limits` says whose tokens are limited in number: `granted`, `all` or `none`.
        """
        digest = _digest(refresh_token)
        with self.store.transaction() as db:
            live = db.execute(
                "SELECT scopes, own FROM refresh_tokens WHERE digest = ? AND NOT revoked",
                (digest,),
            ).fetchone()
            if live is None:
                raise RefusedError("invalid_code")
            if limits == "all" or (limits == "granted" and not live["own"]):
                _require_room(db, digest)
            return _mint(db, digest, live["scopes"].split())

    def issue_code(
        self, scopes: Collection[str], redirect_uri: str, *, offline: bool, limited: bool
    ) -> str:
        """A code that the user's browser carries to the client, for one use within a minute."""
        code, now = _new_token(), CLOCK.time()
        with self.store.transaction() as db:
            db.execute("DELETE FROM codes WHERE issued_at < ?", (now - WINDOW_S,))
            issued = db.execute("SELECT count(*) FROM codes").fetchone()[0]
            if limited and issued >= MINTED_IN_WINDOW:
                raise ThrottledError
            db.execute(
                "INSERT INTO codes (digest, scopes, redirect_uri, offline, issued_at)"
                " VALUES (?, ?, ?, ?, ?)",
                (_digest(code), " ".join(scopes), redirect_uri, offline, now),
            )
        return code

    def exchange(self, code: str, redirect_uri: str, *, limits: str) -> Grant:
        """Tokens for a code. `RefusedError` if it is used, expired, or was made for elsewhere.

        Only with `limits` for `all` are new refresh tokens counted: not every page knows of that.
        """
        with self.store.transaction() as db:
            if limits == "all":
                _require_pause(db)
            if hmac.compare_digest(code.encode(), self.credentials.grant_code.encode()):
                return _grant(db, EVERYTHING, offline=True)
            found = db.execute(
                "SELECT * FROM codes WHERE digest = ? AND NOT used AND issued_at > ?",
                (_digest(code), CLOCK.time() - CODE_LIFETIME_S),
            ).fetchone()
            if found is None:
                raise RefusedError("invalid_code")
            if found["redirect_uri"] != redirect_uri:
                raise RefusedError("invalid_redirect_uri")
            db.execute("UPDATE codes SET used = 1 WHERE digest = ?", (_digest(code),))
            return _grant(db, found["scopes"].split(), offline=bool(found["offline"]))

    def has_granted(self) -> bool:
        """Whether a program holds a refresh token that it was given for a code."""
        row = self.store.db.execute(
            "SELECT 1 FROM refresh_tokens WHERE NOT own AND NOT revoked"
        ).fetchone()
        return row is not None

    def scopes(self, access_token: str) -> tuple[str, ...] | None:
        """What a token may be used for; None if it is unknown, expired or revoked."""
        row = self.store.db.execute(
            "SELECT scopes FROM access_tokens WHERE digest = ? AND expires_at > ?",
            (_digest(access_token), CLOCK.time()),
        ).fetchone()
        return tuple(row["scopes"].split()) if row else None

    def expire(self, access_token: str) -> None:
        """End an access token before its time."""
        with self.store.transaction() as db:
            db.execute("DELETE FROM access_tokens WHERE digest = ?", (_digest(access_token),))

    def revoke(self, token: str) -> bool:
        """Revoke a refresh token with its access tokens, or one access token."""
        digest = _digest(token)
        with self.store.transaction() as db:
            return _revoke(db, digest)


def _grant(db: sqlite3.Connection, scopes: Collection[str], *, offline: bool) -> Grant:
    refresh_token = _new_token()
    if offline:
        _keep_refresh_token(db, refresh_token, scopes, own=False)
        _end_oldest_refresh_tokens(db)
    access = _mint(db, _digest(refresh_token), scopes)
    return Grant(access, refresh_token if offline else None)


def _mint(db: sqlite3.Connection, refresh_digest: str, scopes: Collection[str]) -> Access:
    token, now = _new_token(), CLOCK.time()
    # Kept for a while: the clock may be put right, and they live again.
    db.execute("DELETE FROM access_tokens WHERE expires_at < ?", (now - FORGOTTEN_AFTER_S,))
    db.execute(
        "INSERT INTO access_tokens (digest, refresh_digest, scopes, expires_at)"
        " VALUES (?, ?, ?, ?)",
        (_digest(token), refresh_digest, " ".join(scopes), now + LIFETIME_S),
    )
    return Access(token, tuple(scopes))


def _require_room(db: sqlite3.Connection, refresh_digest: str) -> None:
    """`ThrottledError` after ten tokens in ten minutes; else the oldest of fifteen makes room."""
    since = CLOCK.time() + LIFETIME_S - WINDOW_S
    minted = db.execute(
        "SELECT count(*) FROM access_tokens WHERE refresh_digest = ? AND expires_at > ?",
        (refresh_digest, since),
    ).fetchone()[0]
    if minted >= MINTED_IN_WINDOW:
        raise ThrottledError
    db.execute(
        "DELETE FROM access_tokens WHERE digest IN (SELECT digest FROM access_tokens"
        " WHERE refresh_digest = ? ORDER BY expires_at DESC, rowid DESC LIMIT -1 OFFSET ?)",
        (refresh_digest, LIVE_ACCESS_TOKENS - 1),
    )


def _require_pause(db: sqlite3.Connection) -> None:
    granted = db.execute(
        "SELECT count(*) FROM refresh_tokens WHERE NOT own AND issued_at > ?", (CLOCK.time() - 60,)
    ).fetchone()[0]
    if granted >= GRANTED_IN_A_MINUTE:
        raise ThrottledError


def _end_oldest_refresh_tokens(db: sqlite3.Connection) -> None:
    surplus = db.execute(
        "SELECT digest FROM refresh_tokens WHERE NOT own AND NOT revoked"
        " ORDER BY issued_at DESC, rowid DESC LIMIT -1 OFFSET ?",
        (LIVE_REFRESH_TOKENS,),
    ).fetchall()
    for row in surplus:
        _revoke(db, row["digest"])


def _keep_refresh_token(
    db: sqlite3.Connection, token: str, scopes: Collection[str], *, own: bool
) -> None:
    db.execute(
        "INSERT INTO refresh_tokens (digest, scopes, own, issued_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET scopes = excluded.scopes",
        (_digest(token), " ".join(scopes), own, CLOCK.time()),
    )


def _revoke(db: sqlite3.Connection, digest: str) -> bool:
    revoked = db.execute(
        "UPDATE refresh_tokens SET revoked = 1 WHERE digest = ? AND NOT revoked", (digest,)
    ).rowcount
    ended = db.execute(
        "DELETE FROM access_tokens WHERE digest = ? OR refresh_digest = ?", (digest, digest)
    ).rowcount
    return bool(revoked or ended)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _new_token() -> str:
    return f"1000.{secrets.token_hex(16)}.{secrets.token_hex(16)}"
