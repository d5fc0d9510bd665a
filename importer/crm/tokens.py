"""Access tokens: how long one serves, and where it is kept so that all callers share it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Protocol

# Zoho takes a token to its last second; a request may need some of that time to arrive.
SAFETY_MARGIN = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a request is authorised with, for an hour."""

    value: str = field(repr=False)
    expires_at: datetime  # aware, UTC

    @property
    def fresh(self) -> bool:
        """Whether there is time enough left to start a request with it."""
        return self.expires_at - datetime.now(UTC) >= SAFETY_MARGIN


class TokenStore(Protocol):
    """Keeps the one access token of a connection; Zoho allows only ten new ones in ten minutes."""

    def current(self) -> AccessToken | None:
        """The token last stored, fresh or not."""
        ...

    def renew(self, stale: AccessToken | None, fetch: Callable[[], AccessToken]) -> AccessToken:
        """A token to use instead of `stale`, stored for all.

        Calls `fetch` under a lock, once for all callers who found the same token stale: who
        comes later gets what the first one stored. Raises what `fetch` does, and
        `CrmUnavailable` where another does not come to an end with it.
        """
        ...


class MemoryTokens:
    """A token store for the threads of one process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._token: AccessToken | None = None

    def current(self) -> AccessToken | None:
        return self._token

    def renew(self, stale: AccessToken | None, fetch: Callable[[], AccessToken]) -> AccessToken:
        with self._lock:
            if self._token is None or self._token == stale or not self._token.fresh:
                self._token = fetch()
            return self._token
