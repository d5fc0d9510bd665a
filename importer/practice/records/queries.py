"""What the query string of a records call asks for: fields, a page, an order, a time."""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

from importer.practice.api.calls import Call
from importer.practice.api.errors import ApiError
from importer.practice.clock import CLOCK
from importer.practice.records.conditions import COLUMNS, Condition, joined
from importer.practice.storage.store import parse_id
from importer.practice.storage.stored_records import StoredRecord

MAX_PER_PAGE: Final = 200
MAX_LISTED: Final = 2000  # by page numbers
MAX_REACHED: Final = 100_000  # by page tokens
MAX_FIELDS: Final = 50
TOKEN_HOURS: Final = 24
PLACES: Final = ("page", "page_token")
TOKEN_PARAM: Final = {"param_name": "page_token"}


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: where it begins and how it is ordered."""

    number: int
    per_page: int
    sort_by: str = "id"
    sort_order: str = "desc"
    after: tuple[str | int, int] | None = None  # sort value and id of the record before

    @property
    def offset(self) -> int:
        return 0 if self.after else (self.number - 1) * self.per_page

    @property
    def order(self) -> str:
        """As the database wants it; records alike in the rest are ordered by id."""
        column, direction = COLUMNS[self.sort_by], self.sort_order.upper()
        return f"id {direction}" if column == "id" else f"{column} {direction}, id {direction}"

    def begun(self, where: Condition) -> Condition:
        """`where`, from the place on that a page token names."""
        if self.after is None:
            return where
        sign = "<" if self.sort_order == "desc" else ">"
        place = Condition(f"({COLUMNS[self.sort_by]}, id) {sign} (?, ?)", self.after)
        return joined([where, place], "and")

    def last_place(self, record: StoredRecord) -> tuple[str | int, int]:
        """Where the page after `record` begins."""
        values = {"Created_Time": record.created_time, "Modified_Time": record.modified_time}
        return values.get(self.sort_by, record.id), record.id


def invalid_param(name: str) -> ApiError:
    return ApiError("INVALID_DATA", "invalid data", details={"param_name": name})


def ambiguous(*names: str) -> ApiError:
    """Two things were asked for that exclude each other."""
    due_to = [{"param_name": name} for name in names]
    return ApiError(
        "AMBIGUITY_DURING_PROCESSING",
        "ambiguity while processing the request",
        details={"ambiguity_due_to": due_to},
    )


def field_names(call: Call) -> list[str] | None:
    fields = call.query("fields")
    if not fields:
        return None
    names = [name.strip() for name in fields.split(",")]
    if len(names) > MAX_FIELDS:
        details = {"param_name": "fields", "limit": MAX_FIELDS}
        raise ApiError("LIMIT_EXCEEDED", "more than 50 fields are given", details=details)
    return names


def modified_since(call: Call, header: str) -> str | None:
    """A moment that a header names, as the database writes moments."""
    text = call.request.headers.get(header)
    if text is None:
        return None
    try:
        moment = _moment(text)
    except (ValueError, OverflowError) as error:
        details = {"header_name": header}
        raise ApiError("INVALID_DATA", "invalid data", details=details) from error
    return moment.isoformat(timespec="seconds")


def asked_page(call: Call) -> Page:
    """The page by number or by token; `ApiError` beyond what either reaches."""
    per_page = call.number("per_page", MAX_PER_PAGE)
    if per_page > MAX_PER_PAGE:
        raise invalid_param("per_page")
    sort_by = call.query("sort_by") or "id"
    sort_order = (call.query("sort_order") or "desc").lower()
    if sort_by not in COLUMNS:
        raise invalid_param("sort_by")
    if sort_order not in ("asc", "desc"):
        raise invalid_param("sort_order")
    token = call.query("page_token")
    if token is None:
        return Page(_discrete(call, per_page), per_page, sort_by, sort_order)
    if call.query("page"):
        raise ambiguous("page", "page_token")
    number, after = _opened(call, token)
    if number * per_page > MAX_REACHED:
        raise ApiError("PAGINATION_LIMIT_EXCEEDED", "more than 100000 records were paged through")
    return Page(number, per_page, sort_by, sort_order, after)


def page_info(
    call: Call, page: Page, rows: Sequence[StoredRecord], *, more: bool
) -> dict[str, Any]:
    """The `info` of a list, with a token for the next page if there is one."""
    expiry = CLOCK.now() + timedelta(hours=TOKEN_HOURS)
    token = _sealed(call, page.number + 1, page.last_place(rows[-1]), expiry) if more else None
    return {
        "per_page": page.per_page,
        "count": len(rows),
        "page": page.number,
        "more_records": more,
        "sort_by": page.sort_by,
        "sort_order": page.sort_order,
        "next_page_token": token,
        "previous_page_token": None,
        "page_token_expiry": expiry.isoformat(timespec="seconds") if token else None,
    }


def _discrete(call: Call, per_page: int) -> int:
    page = call.number("page", 1)
    if page * per_page > MAX_LISTED:
        raise ApiError(
            "DISCRETE_PAGINATION_LIMIT_EXCEEDED",
            "more than 2000 records cannot be paged through by their page number",
            details={"param_name": "page", "limit": MAX_LISTED},
        )
    return page


def _sealed(call: Call, number: int, after: tuple[str | int, int], expiry: datetime) -> str:
    content = [number, *after, int(expiry.timestamp()), _bound_to(call)]
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


def _opened(call: Call, token: str) -> tuple[int, tuple[str | int, int]]:
    """Page number and place of a token that is good for this very list."""
    try:
        number, value, record_id, expiry, bound_to = json.loads(base64.urlsafe_b64decode(token))
        place = (value if isinstance(value, str) else _known_id(value), _known_id(record_id))
        number, expiry = int(number), int(expiry)
    except (ValueError, TypeError) as error:
        raise invalid_param("page_token") from error
    if expiry < CLOCK.time():
        raise ApiError("EXPIRED_VALUE", "the page token has expired", details=TOKEN_PARAM)
    if bound_to != _bound_to(call):
        raise ApiError(
            "TOKEN_BOUND_DATA_MISMATCH",
            "the page token was made for another request",
            details=TOKEN_PARAM,
        )
    return number, place


def _known_id(given: Any) -> int:
    record_id = parse_id(str(given))
    if record_id is None:
        raise ValueError(given)
    return record_id


def _bound_to(call: Call) -> str:
    """What must be the same on every page of a list."""
    params = sorted(
        pair for pair in call.request.query_params.multi_items() if pair[0] not in PLACES
    )
    path = call.request.url.path
    return hashlib.sha256(json.dumps([path, params]).encode()).hexdigest()[:16]


def _moment(text: str) -> datetime:
    """ISO 8601 with an offset, or an HTTP date."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = parsedate_to_datetime(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment.astimezone(UTC)
