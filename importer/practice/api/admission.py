"""Who may make a call: token, scopes, credits; and how slowly it is answered."""

import time
from typing import Final

from importer.practice.api.errors import ApiError, too_many
from importer.practice.control.faults import CREDITS_GONE, EXPIRED_ACCESS, LATENCY
from importer.practice.crm import PracticeCrm
from importer.practice.oauth.scopes import covers

TOKEN_KIND: Final = "Zoho-oauthtoken "  # noqa: S105 - the scheme's name


def admitted_scopes(crm: PracticeCrm, authorization: str, occasion: str) -> tuple[str, ...]:
    """What the token in the header may be used for; `ApiError` if it opens nothing."""
    if not authorization.startswith(TOKEN_KIND):
        raise ApiError("AUTHENTICATION_FAILURE", "Authentication failed", status=401)
    token = authorization.removeprefix(TOKEN_KIND).strip()
    if crm.control.faults.take([EXPIRED_ACCESS], occasion):
        crm.tokens.expire(token)
    scopes = crm.tokens.scopes(token)
    if scopes is None:
        raise ApiError("INVALID_TOKEN", "invalid oauth token", status=401)
    return scopes


def require_scope(held: tuple[str, ...], needed: str) -> None:
    if not covers(held, needed):
        raise ApiError("OAUTH_SCOPE_MISMATCH", "invalid oauth scope to access this URL", status=401)


def require_credits(crm: PracticeCrm, cost: int, occasion: str) -> None:
    if crm.control.faults.take([CREDITS_GONE], occasion):
        with crm.store.transaction() as db:
            crm.credits.leave(db, 0)
    if crm.credits.remaining() < cost:
        raise too_many()


def lose_time(crm: PracticeCrm, occasion: str) -> None:
    """Be as slow as the practice CRM was told to be."""
    fault = crm.control.faults.take([LATENCY], occasion)
    if fault is not None:
        time.sleep(fault.seconds)
