"""A connection's access token and credentials, shared by all processes of the installation."""

import random
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from importer.crm import deadline
from importer.crm.errors import CrmUnavailable
from importer.crm.oauth import Credentials
from importer.crm.session import RENEWED_WITHIN_S
from importer.crm.tokens import AccessToken
from importer.teams.faults import told_as_temporary

CLAIM = timedelta(seconds=RENEWED_WITHIN_S + 5)  # then whoever renews is taken for dead
PATIENCE_S = CLAIM.total_seconds() + 5  # long enough to take over
LOOK_AGAIN_S = 0.2


class DatabaseCredentials:
    """A `crm.oauth.CredentialStore`: what the connection's row says now."""

    def __init__(self, row: QuerySet[Any]) -> None:
        self._row = row  # of the one connection

    def current(self) -> Credentials:
        with told_as_temporary():
            return Credentials(
                *self._row.values_list("client_id", "client_secret", "refresh_token").get()
            )


class DatabaseTokens:
    """A `crm.tokens.TokenStore` kept in the connection's row; one process renews, others wait."""

    def __init__(self, row: QuerySet[Any]) -> None:
        self._row = row  # of the one connection

    def current(self) -> AccessToken | None:
        with told_as_temporary():
            value, expires_at = self._row.values_list(
                "access_token", "access_token_expires_at"
            ).get()
        return AccessToken(value, expires_at) if value and expires_at else None

    def renew(self, stale: AccessToken | None, fetch: Callable[[], AccessToken]) -> AccessToken:
        """The token that replaces `stale`: fetched here, or by whoever was first."""
        latest = time.monotonic() + min(PATIENCE_S, deadline.left_s())
        while time.monotonic() < latest:
            with told_as_temporary():
                token = self._newer_than(stale) or self._renewed(stale, fetch)
            if token:
                return token
            time.sleep(LOOK_AGAIN_S * random.uniform(0.5, 1.5))  # noqa: S311  # spreads load
        raise CrmUnavailable("another process is still renewing this connection's access token")

    def _newer_than(self, stale: AccessToken | None) -> AccessToken | None:
        token = self.current()
        other = token and (stale is None or token.value != stale.value)
        return token if token and token.fresh and other else None

    def _renewed(
        self, stale: AccessToken | None, fetch: Callable[[], AccessToken]
    ) -> AccessToken | None:
        """A new token, stored; None where another renews it, or took over from us meanwhile.

        So does whoever changes the credentials: what the old ones fetched is not kept.
        """
        ours = self._claim()
        if ours is None:
            return None
        try:
            # Another may have renewed it between our look and our claim.
            token = self._newer_than(stale) or fetch()
            kept = ours.update(access_token=token.value, access_token_expires_at=token.expires_at)
            return token if kept else None
        finally:
            ours.update(renewing_until=None)

    def _claim(self) -> QuerySet[Any] | None:
        """The row for as long as renewing it is up to us; None where it is up to another."""
        now = timezone.now()
        until = now + CLAIM
        free = Q(renewing_until=None) | Q(renewing_until__lt=now)
        if not self._row.filter(free).update(renewing_until=until):
            return None
        return self._row.filter(renewing_until=until)
