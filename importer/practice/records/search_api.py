"""The calls that look for records: search and the count."""

from typing import Final

from starlette.responses import JSONResponse, Response

from importer.practice.api.calls import Call
from importer.practice.api.errors import ApiError
from importer.practice.organisation.module import Module
from importer.practice.records.conditions import EVERY, Condition, condition, joined
from importer.practice.records.criteria import from_criteria
from importer.practice.records.queries import asked_page, field_names
from importer.practice.records.reading_api import answer_page
from importer.practice.records.views import in_view

SHORTEST_WORD: Final = 2
SEARCHED_TYPES: Final = ("text", "email", "phone", "website", "picklist")


def search_records(call: Call) -> Response:
    """By criteria, or else an e-mail address, a phone number or a word."""
    if not call.module.listed:
        raise ApiError("NOT_SUPPORTED", "search is not supported for the module")
    where = _asked_for(call)
    if where is None:
        raise ApiError(
            "EXPECTED_PARAM_MISSING",
            "one of criteria, email, phone, word is expected",
            details={"param_names": ["criteria", "email", "phone", "word"]},
        )
    try:
        page = asked_page(call)
    except ApiError as error:
        if error.code != "DISCRETE_PAGINATION_LIMIT_EXCEEDED":
            raise
        raise ApiError("LIMIT_REACHED", "search gives no more than 2000 records") from error
    return answer_page(call, where, page, field_names(call))


def count_records(call: Call) -> Response:
    view = call.query("cvid")
    where = in_view(call.module, view) if view else _asked_for(call) or EVERY
    return JSONResponse({"count": call.crm.records.count(call.module, where.sql, where.values)})


def _asked_for(call: Call) -> Condition | None:
    """What is searched for; criteria go before e-mail, phone and word."""
    criteria = call.query("criteria")
    if criteria:
        return from_criteria(call.module, criteria)
    for kind in ("email", "phone", "word"):
        text = call.query(kind)
        if text:
            return _any_field(call.module, kind, text)
    return None


def _any_field(module: Module, kind: str, text: str) -> Condition:
    """Records with `text` in any of the module's fields of a type, or with a word in any."""
    if len(text) < SHORTEST_WORD:
        raise ApiError("INVALID_DATA", "invalid data", details={"param_name": kind})
    types = SEARCHED_TYPES if kind == "word" else (kind,)
    operator = "contains" if kind == "word" else "equal"
    names = [field.api_name for field in module.own_fields if field.data_type in types]
    parts = [condition(module, name, operator, [text]) for name in names]
    return joined(parts, "or") if parts else Condition("0")
