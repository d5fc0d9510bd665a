"""The calls about the organisation and its users."""

from collections.abc import Sequence
from typing import Any, Final

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from importer.practice.api.calls import Call, api
from importer.practice.api.editions import USERS_BOUGHT
from importer.practice.api.errors import ApiError
from importer.practice.organisation.company import (
    ADMINISTRATOR,
    CHIEF,
    COMPANY,
    CURRENT_USER,
    DOMAIN_NAME,
    FOUNDED,
    ORG_ID,
    TIME_ZONE,
    USERS,
    USERS_BY_ID,
    ZGID,
    User,
)

Json = dict[str, Any]
MAX_USERS: Final = 200
USER_TYPES: Final = ("AllUsers", "ActiveUsers", "ConfirmedUsers", "ActiveConfirmedUsers")


def routes() -> list[BaseRoute]:
    reads = ("ZohoCRM.users.READ",)
    return [
        Route("/crm/{version:version}/org", api(org, scopes=("ZohoCRM.org.READ",))),
        Route("/crm/{version:version}/users", api(users, scopes=reads)),
        Route("/crm/{version:version}/users/{user_id}", api(user_by_id, scopes=reads)),
    ]


def org(call: Call) -> Response:
    edition = call.crm.settings.edition
    about: Json = {
        "id": ORG_ID,
        "zgid": ZGID,
        "company_name": COMPANY,
        "domain_name": DOMAIN_NAME,
        "type": "production",
        "time_zone": TIME_ZONE,
        "currency": "Euro - EUR",
        "iso_code": "EUR",
        "currency_symbol": "€",
        "currency_locale": "nl_NL",
        "country_code": "NL",
        "primary_email": CURRENT_USER.email,
        "mc_status": False,
        "hipaa_compliance_enabled": False,
        "created_time": FOUNDED,
        "license_details": {
            "paid": edition.name != "free",
            "paid_type": edition.name,
            "paid_expiry": None,
            "trial_type": None,
            "trial_expiry": None,
            "users_license_purchased": USERS_BOUGHT,
        },
    }
    return JSONResponse({"org": [about]})


def users(call: Call) -> Response:
    kind = call.query("type") or "AllUsers"
    if kind == "CurrentUser":
        chosen: tuple[User, ...] = (CURRENT_USER,)
    elif kind in ("AdminUsers", "ActiveConfirmedAdmins"):
        chosen = USERS[:1]
    else:
        chosen = USERS if kind in USER_TYPES else ()
    ids = call.query("ids")
    if ids is not None:
        chosen = tuple(user for user in chosen if user.id in ids.split(","))
    return _page(call, chosen)


def user_by_id(call: Call) -> Response:
    user = USERS_BY_ID.get(call.path("user_id"))
    if user is None:
        raise ApiError("INVALID_DATA", "the id given seems to be invalid")
    return JSONResponse({"users": [_user(user)]})


def _page(call: Call, chosen: Sequence[User]) -> Response:
    number, size = call.number("page", 1), min(call.number("per_page", MAX_USERS), MAX_USERS)
    shown = chosen[(number - 1) * size : number * size]
    if not shown:
        return Response(status_code=204)
    more = number * size < len(chosen)
    info = {"per_page": size, "count": len(shown), "page": number, "more_records": more}
    return JSONResponse({"users": [_user(user) for user in shown], "info": info})


def _user(user: User) -> Json:
    return {
        "id": user.id,
        "zuid": user.id[-9:],
        "full_name": user.full_name,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "status": "active",
        "confirm": True,
        "role": CHIEF,
        "profile": ADMINISTRATOR,
        "time_zone": TIME_ZONE,
        "language": "en_US",
        "country_locale": "en_US",
        "date_format": "MM/dd/yyyy",
        "time_format": "HH:mm",
        "created_time": FOUNDED,
        "dob": None,
    }
