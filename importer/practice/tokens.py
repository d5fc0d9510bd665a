"""OAuth tokens: who may call the API, and for how long. Only digests are kept."""

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from typing import Final

from importer.practice.store import Store

LIFETIME_S: Final = 3600


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client needs to get its first access token."""

    client_id: str = "1000.PRACTICE"
    client_secret: str = "practice-secret"  # noqa: S105 - it guards invented data only
    refresh_token: str = "1000.practice.refresh"  # noqa: S105 - the same
    grant_code: str = "1000.practice.code"


class Tokens:
    """Issues, checks and revokes tokens."""

    def __init__(self, store: Store, credentials: Credentials) -> None:
        self.store = store
        self.credentials = credentials
        with store.transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO refresh_tokens VALUES (?, 0)",
                (_digest(credentials.refresh_token),),
            )

    def client_error(self, client_id: str, client_secret: str) -> str | None:
        """What is wrong with a client's name or secret, in Zoho's word."""
        if not hmac.compare_digest(client_id.encode(), self.credentials.client_id.encode()):
            return "invalid_client"
        if not hmac.compare_digest(client_secret.encode(), self.credentials.client_secret.encode()):
            return "invalid_client_secret"
        return None

    def refresh(self, refresh_token: str) -> str | None:
        """A new access token; None if the refresh token is unknown or revoked."""
        digest = _digest(refresh_token)
        token = _new_token()
        with self.store.transaction() as db:
            live = db.execute(
                "SELECT 1 FROM refresh_tokens WHERE digest = ? AND NOT revoked", (digest,)
            ).fetchone()
            if live is None:
                return None
            db.execute("DELETE FROM access_tokens WHERE expires_at < ?", (time.time(),))
            db.execute(
                "INSERT INTO access_tokens VALUES (?, ?, ?)",
                (_digest(token), digest, time.time() + LIFETIME_S),
            )
        return token

    def grant(self, code: str) -> str | None:
        """A new refresh token for the practice CRM's one code, which may be used again."""
        if not hmac.compare_digest(code.encode(), self.credentials.grant_code.encode()):
            return None
        refresh_token = _new_token()
        with self.store.transaction() as db:
            db.execute("INSERT INTO refresh_tokens VALUES (?, 0)", (_digest(refresh_token),))
        return refresh_token

    def valid(self, access_token: str) -> bool:
        row = self.store.db.execute(
            "SELECT 1 FROM access_tokens WHERE digest = ? AND expires_at > ?",
            (_digest(access_token), time.time()),
        ).fetchone()
        return row is not None

    def revoke(self, token: str) -> bool:
        """Revoke a refresh token with its access tokens, or one access token."""
        digest = _digest(token)
        with self.store.transaction() as db:
            revoked = db.execute(
                "UPDATE refresh_tokens SET revoked = 1 WHERE digest = ? AND NOT revoked", (digest,)
            ).rowcount
            ended = db.execute(
                "DELETE FROM access_tokens WHERE digest = ? OR refresh_digest = ?",
                (digest, digest),
            ).rowcount
        return bool(revoked or ended)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _new_token() -> str:
    return f"1000.{secrets.token_hex(16)}.{secrets.token_hex(16)}"
