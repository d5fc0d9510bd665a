"""Who may make a call: token, scopes, rights, credits; and how slowly it is answered."""

import time
from typing import Final

from importer.practice.api.errors import ApiError, too_many
from importer.practice.control.faults import CREDITS_GONE, EXPIRED_ACCESS, LATENCY
from importer.practice.control.rights import API_ACCESS, UNDERTAKINGS, right_for
from importer.practice.crm import PracticeCrm
from importer.practice.oauth.scopes import covers

TOKEN_KIND: Final = "Zoho-oauthtoken "  # noqa: S105 - the scheme's name
PERMISSIONS: Final = {
    "read": "View",
    "create": "Create",
    "update": "Edit",
    "delete": "Delete",
    "mass_update": "Mass_Update",
    "mass_delete": "Mass_Delete",
}


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


def require_right(crm: PracticeCrm, scope: str, module: str) -> None:
    """`ApiError` if the user's profile forbids what the scope is for."""
    rights = crm.control.rights
    if rights.withholds(API_ACCESS):
        details = {"permissions": ["Crm_Implied_Api_Access"]}
        raise ApiError(
            "NO_PERMISSION", "permission denied - access the api", status=403, details=details
        )
    right = right_for(scope, module)
    if right is None or not rights.withholds(right):
        return
    deed, _, of_module = right.partition(" ")
    if not of_module:
        sentence = f"User does not have sufficient privilege to {UNDERTAKINGS[right]}"
        raise ApiError("AUTHORIZATION_FAILED", sentence)
    details = {"permissions": [f"Crm_Implied_{PERMISSIONS[deed]}_{of_module}"]}
    message = f"Permission denied to {deed.replace('_', ' ')}"
    raise ApiError("NO_PERMISSION", message, status=403, details=details)


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
