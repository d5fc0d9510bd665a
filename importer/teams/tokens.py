"""The access token of a connection, shared by all processes of the installation."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from importer.crm.errors import CrmUnavailable
from importer.crm.tokens import AccessToken

RENEWAL = timedelta(seconds=40)  # longer than the client's time-out for one token request
LOOK_AGAIN_S = 0.2


class DatabaseTokens:
    """A `crm.tokens.TokenStore` kept in the connection's row; one process renews, others wait."""

    def __init__(self, row: QuerySet[Any]) -> None:
        self._row = row  # of the one connection

    def current(self) -> AccessToken | None:
        value, expires_at = self._row.values_list("access_token", "access_token_expires_at").get()
        return AccessToken(value, expires_at) if value and expires_at else None

    def renew(self, stale: AccessToken | None, fetch: Callable[[], AccessToken]) -> AccessToken:
        """The token that replaces `stale`: fetched here, or by whoever was first."""
        deadline = time.monotonic() + RENEWAL.total_seconds()
        while time.monotonic() < deadline:
            token = self._newer_than(stale)
            if token:
                return token
            if self._is_ours_to_renew():
                return self._renewed(stale, fetch)
            time.sleep(LOOK_AGAIN_S)
        raise CrmUnavailable("another process is still renewing this connection's access token")

    def _is_ours_to_renew(self) -> bool:
        now = timezone.now()
        free = Q(renewing_until=None) | Q(renewing_until__lt=now)
        return bool(self._row.filter(free).update(renewing_until=now + RENEWAL))

    def _newer_than(self, stale: AccessToken | None) -> AccessToken | None:
        token = self.current()
        other = token and (stale is None or token.value != stale.value)
        return token if token and token.fresh and other else None

    def _renewed(self, stale: AccessToken | None, fetch: Callable[[], AccessToken]) -> AccessToken:
        try:
            # Another may have renewed it between our look and our turn.
            token = self._newer_than(stale) or fetch()
            self._row.update(access_token=token.value, access_token_expires_at=token.expires_at)
            return token
        finally:
            self._row.update(renewing_until=None)
