"""The calls about records: their addresses, the scopes that they need and what they cost."""

from typing import Final

from starlette.routing import BaseRoute

from importer.practice.api.calls import Call, Terms, api_route
from importer.practice.api.errors import ApiError
from importer.practice.records import (
    coql_api,
    mass_api,
    reading_api,
    recycle_bin_api,
    search_api,
    views_api,
    writing_api,
)

VERSION: Final = "/crm/{version:version}"
MANY: Final = f"{VERSION}/{{module:module}}"
ONE: Final = f"{MANY}/{{record_id}}"
READ: Final = "ZohoCRM.modules.{module}.READ"
CREATE: Final = "ZohoCRM.modules.{module}.CREATE"
UPDATE: Final = "ZohoCRM.modules.{module}.UPDATE"
DELETE: Final = "ZohoCRM.modules.{module}.DELETE"
SEARCH: Final = "ZohoSearch.securesearch.READ"
LAYOUTS: Final = "ZohoCRM.settings.layouts.READ"
VIEW_COST: Final = 3
HEAVY_RECORDS: Final = 10


def routes() -> list[BaseRoute]:
    """The more general come last, because a module may have any name."""
    return [
        *_settings_routes(),
        *_recycle_bin_routes(),
        *_finding_routes(),
        *_mass_routes(),
        *_reading_routes(),
        *_writing_routes(),
    ]


def _settings_routes() -> list[BaseRoute]:
    views = Terms(("ZohoCRM.settings.custom_views.READ",))
    territories = Terms(("ZohoCRM.settings.territories.READ",))
    return [
        api_route(f"{VERSION}/settings/custom_views", views_api.list_views, views),
        api_route(f"{VERSION}/settings/territories", views_api.list_territories, territories),
    ]


def _recycle_bin_routes() -> list[BaseRoute]:
    path, scope = f"{VERSION}/settings/recycle_bin", "ZohoCRM.settings.recycle_bin"
    entry, restore = f"{path}/{{record_id}}", "actions/restore"
    read, delete, update = (Terms((f"{scope}.{deed}",)) for deed in ("READ", "DELETE", "UPDATE"))
    bin_api = recycle_bin_api
    return [
        api_route(path, bin_api.list_bin, read),
        api_route(path, bin_api.purge_records, delete, "DELETE"),
        api_route(f"{path}/{restore}", bin_api.restore_records, update, "POST"),
        api_route(f"{path}/actions/empty", bin_api.empty_bin, update, "POST"),
        api_route(entry, bin_api.read_entry, read),
        api_route(entry, bin_api.purge_record, delete, "DELETE"),
        api_route(f"{entry}/{restore}", bin_api.restore_record, update, "POST"),
    ]


def _finding_routes() -> list[BaseRoute]:
    coql = Terms(
        ("ZohoCRM.coql.READ",),
        credits=(1, 3),
        cost=coql_api.credits_of,
        heavy=lambda call: True,
    )
    search, count = Terms((READ, SEARCH)), Terms((READ, SEARCH, LAYOUTS))
    return [
        api_route(f"{VERSION}/coql", coql_api.query_records, coql, "POST"),
        api_route(f"{MANY}/search", search_api.search_records, search),
        api_route(f"{MANY}/actions/count", search_api.count_records, count),
        api_route(f"{MANY}/deleted", recycle_bin_api.deleted_records, Terms((READ,))),
    ]


def _mass_routes() -> list[BaseRoute]:
    update, delete = f"{MANY}/actions/mass_update", f"{MANY}/actions/mass_delete"
    updates, deletes = "ZohoCRM.mass_update.{module}", "ZohoCRM.mass_delete.{module}"
    deleting = Terms((f"{deletes}.DELETE",), credits=(1, 500), cost=mass_api.delete_cost)
    return [
        api_route(update, mass_api.mass_update, Terms((f"{updates}.UPDATE",)), "POST"),
        api_route(update, mass_api.update_status, Terms((f"{updates}.READ",))),
        api_route(delete, mass_api.mass_delete, deleting, "POST"),
        api_route(delete, mass_api.delete_status, Terms((f"{deletes}.READ",))),
    ]


def _reading_routes() -> list[BaseRoute]:
    many = Terms((READ,), credits=(1, VIEW_COST), cost=_list_cost, heavy=_is_heavy_list)
    return [
        api_route(MANY, reading_api.list_records, many),
        api_route(ONE, reading_api.read_record, Terms((READ,))),
    ]


def _writing_routes() -> list[BaseRoute]:
    delete = Terms((DELETE,))
    return [
        api_route(f"{MANY}/upsert", writing_api.upsert_records, _writes(CREATE, UPDATE), "POST"),
        api_route(MANY, writing_api.create_records, _writes(CREATE), "POST"),
        api_route(MANY, writing_api.update_records, _writes(UPDATE), "PUT"),
        api_route(MANY, writing_api.delete_records, delete, "DELETE"),
        api_route(ONE, writing_api.update_one, Terms((UPDATE,)), "PUT"),
        api_route(ONE, writing_api.delete_one, delete, "DELETE"),
    ]


def _writes(*scopes: str) -> Terms:
    return Terms(scopes, credits=(1, 10), cost=_write_cost, heavy=_is_heavy_write)


def _list_cost(call: Call) -> int:
    return VIEW_COST if call.query("cvid") else 1


def _is_heavy_list(call: Call) -> bool:
    return bool(call.query("cvid") or call.query("sort_by"))


def _write_cost(call: Call) -> int:
    """A credit for every ten records."""
    return -(-_given(call) // 10) or 1


def _is_heavy_write(call: Call) -> bool:
    return _given(call) > HEAVY_RECORDS


def _given(call: Call) -> int:
    """How many records a body brings; none if it cannot be read, which the handler is to say."""
    try:
        given = call.json().get("data")
    except ApiError:
        return 0
    return len(given) if isinstance(given, list) else 0
