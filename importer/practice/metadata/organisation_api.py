"""The calls about the organisation and its users."""

from collections.abc import Sequence
from typing import Any, Final

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from importer.practice.api.calls import Call, Terms, api_route
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
    ZGID,
    User,
    leavers,
)

Json = dict[str, Any]
MAX_USERS: Final = 200


def routes() -> list[BaseRoute]:
    version, reads = "/crm/{version:version}", Terms(("ZohoCRM.users.READ",))
    return [
        api_route(f"{version}/org", org, Terms(("ZohoCRM.org.READ",))),
        api_route(f"{version}/users", users, reads),
        api_route(f"{version}/users/{{user_id}}", user_by_id, reads),
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
    chosen = _of_type(call, call.query("type") or "AllUsers")
    ids = call.query("ids")
    if ids is not None:
        chosen = tuple(user for user in chosen if user.id in ids.split(","))
    return _page(call, chosen)


def user_by_id(call: Call) -> Response:
    sought = call.path("user_id")
    for user in _of_type(call, "AllUsers"):
        if user.id == sought:
            return JSONResponse({"users": [_user(user)]})
    raise ApiError("INVALID_DATA", "the id given seems to be invalid")


def _of_type(call: Call, kind: str) -> tuple[User, ...]:
    left = leavers(call.crm.settings.leavers)
    match kind:
        case "AllUsers" | "ConfirmedUsers":
            return USERS + left
        case "DeactiveUsers":
            return left
        case "CurrentUser":
            return (CURRENT_USER,)
        case "AdminUsers" | "ActiveConfirmedAdmins":
            return USERS[:1]
        case "ActiveUsers" | "ActiveConfirmedUsers":
            return USERS
        case _:
            return ()


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
        "status": "active" if user.active else "disabled",
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
