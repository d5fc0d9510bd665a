"""The access token of a connection, shared by all processes of the installation."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from importer.crm.errors import CrmUnavailable
from importer.crm.tokens import AccessToken

if TYPE_CHECKING:
    from importer.teams.models import Connection

RENEWAL = timedelta(seconds=40)  # longer than the client's time-out for one token request
LOOK_AGAIN_S = 0.2


class DatabaseTokens:
    """A `crm.tokens.TokenStore` kept in the connection's row; one process renews, others wait."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows = type(connection).objects.filter(pk=connection.pk)

    def current(self) -> AccessToken | None:
        self._connection.refresh_from_db(fields=["access_token", "access_token_expires_at"])
        expires_at = self._connection.access_token_expires_at
        if not self._connection.access_token or expires_at is None:
            return None
        return AccessToken(self._connection.access_token, expires_at)

    def renew(self, stale: AccessToken | None, fetch: Callable[[], AccessToken]) -> AccessToken:
        """The token that replaces `stale`: fetched here, or by whoever was first."""
        deadline = time.monotonic() + RENEWAL.total_seconds()
        while time.monotonic() < deadline:
            token = self.current()
            if token and token.fresh and (stale is None or token.value != stale.value):
                return token
            if self._is_ours_to_renew():
                return self._renewed(fetch)
            time.sleep(LOOK_AGAIN_S)
        raise CrmUnavailable("another process is still renewing this connection's access token")

    def _is_ours_to_renew(self) -> bool:
        now = timezone.now()
        free = Q(renewing_until=None) | Q(renewing_until__lt=now)
        return bool(self._rows.filter(free).update(renewing_until=now + RENEWAL))

    def _renewed(self, fetch: Callable[[], AccessToken]) -> AccessToken:
        try:
            token = fetch()
            self._rows.update(access_token=token.value, access_token_expires_at=token.expires_at)
            return token
        finally:
            self._rows.update(renewing_until=None)
