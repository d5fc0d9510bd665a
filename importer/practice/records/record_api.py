"""The calls about records: their addresses, the scopes that they need and what they cost."""

from typing import Any, Final

from starlette.routing import BaseRoute, Route

from importer.practice.api.calls import Call, api
from importer.practice.api.errors import ApiError
from importer.practice.records import (
    mass_api,
    reading_api,
    recycle_bin_api,
    search_api,
    views_api,
    writing_api,
)

VERSION: Final = "/crm/{version:version}"
MANY: Final = f"{VERSION}/{{module}}"
ONE: Final = f"{MANY}/{{record_id}}"
READ: Final = "ZohoCRM.modules.{module}.READ"
CREATE: Final = "ZohoCRM.modules.{module}.CREATE"
UPDATE: Final = "ZohoCRM.modules.{module}.UPDATE"
DELETE: Final = "ZohoCRM.modules.{module}.DELETE"
SEARCH: Final = "ZohoSearch.securesearch.READ"
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
    views = api(views_api.list_views, scopes=("ZohoCRM.settings.custom_views.READ",))
    territories = api(views_api.list_territories, scopes=("ZohoCRM.settings.territories.READ",))
    return [
        Route(f"{VERSION}/settings/custom_views", views),
        Route(f"{VERSION}/settings/territories", territories),
    ]


def _recycle_bin_routes() -> list[BaseRoute]:
    path, scope = f"{VERSION}/settings/recycle_bin", "ZohoCRM.settings.recycle_bin"
    entry = f"{path}/{{record_id}}"
    read, delete, update = (f"{scope}.READ",), (f"{scope}.DELETE",), (f"{scope}.UPDATE",)
    bin_api = recycle_bin_api
    return [
        Route(path, api(bin_api.list_bin, scopes=read), methods=["GET"]),
        Route(path, api(bin_api.purge_records, scopes=delete), methods=["DELETE"]),
        Route(
            f"{path}/actions/restore", api(bin_api.restore_records, scopes=update), methods=["POST"]
        ),
        Route(f"{path}/actions/empty", api(bin_api.empty_bin, scopes=update), methods=["POST"]),
        Route(entry, api(bin_api.read_entry, scopes=read), methods=["GET"]),
        Route(entry, api(bin_api.purge_record, scopes=delete), methods=["DELETE"]),
        Route(
            f"{entry}/actions/restore", api(bin_api.restore_record, scopes=update), methods=["POST"]
        ),
    ]


def _finding_routes() -> list[BaseRoute]:
    coql = api(search_api.query_records, scopes=("ZohoCRM.coql.READ",), heavy=lambda call: True)
    return [
        Route(f"{VERSION}/coql", coql, methods=["POST"]),
        Route(f"{MANY}/search", api(search_api.search_records, scopes=(READ, SEARCH))),
        Route(f"{MANY}/actions/count", api(search_api.count_records, scopes=(READ, SEARCH))),
        Route(f"{MANY}/deleted", api(recycle_bin_api.deleted_records, scopes=(READ,))),
    ]


def _mass_routes() -> list[BaseRoute]:
    update, delete = f"{MANY}/actions/mass_update", f"{MANY}/actions/mass_delete"
    update_scope, delete_scope = "ZohoCRM.mass_update.{module}", "ZohoCRM.mass_delete.{module}"
    mass_update = api(mass_api.mass_update, scopes=(f"{update_scope}.UPDATE",))
    mass_delete = api(mass_api.mass_delete, scopes=(f"{delete_scope}.DELETE",), cost=_delete_cost)
    update_status = api(mass_api.update_status, scopes=(f"{update_scope}.READ",))
    delete_status = api(mass_api.delete_status, scopes=(f"{delete_scope}.READ",))
    return [
        Route(update, mass_update, methods=["POST"]),
        Route(update, update_status, methods=["GET"]),
        Route(delete, mass_delete, methods=["POST"]),
        Route(delete, delete_status, methods=["GET"]),
    ]


def _reading_routes() -> list[BaseRoute]:
    many = api(reading_api.list_records, scopes=(READ,), cost=_list_cost, heavy=_is_heavy_list)
    return [
        Route(MANY, many, methods=["GET"]),
        Route(ONE, api(reading_api.read_record, scopes=(READ,)), methods=["GET"]),
    ]


def _writing_routes() -> list[BaseRoute]:
    terms: dict[str, Any] = {"cost": _write_cost, "heavy": _is_heavy_write}
    upsert = api(writing_api.upsert_records, scopes=(CREATE, UPDATE), **terms)
    create = api(writing_api.create_records, scopes=(CREATE,), **terms)
    update = api(writing_api.update_records, scopes=(UPDATE,), **terms)
    return [
        Route(f"{MANY}/upsert", upsert, methods=["POST"]),
        Route(MANY, create, methods=["POST"]),
        Route(MANY, update, methods=["PUT"]),
        Route(MANY, api(writing_api.delete_records, scopes=(DELETE,)), methods=["DELETE"]),
        Route(ONE, api(writing_api.update_one, scopes=(UPDATE,)), methods=["PUT"]),
        Route(ONE, api(writing_api.delete_one, scopes=(DELETE,)), methods=["DELETE"]),
    ]


def _list_cost(call: Call) -> int:
    return VIEW_COST if call.query("cvid") else 1


def _is_heavy_list(call: Call) -> bool:
    return bool(call.query("cvid") or call.query("sort_by"))


def _write_cost(call: Call) -> int:
    """A credit for every ten records."""
    return -(-_given(call, "data") // 10) or 1


def _delete_cost(call: Call) -> int:
    """A credit for every hundred records."""
    return -(-_given(call, "ids") // 100) or 1


def _is_heavy_write(call: Call) -> bool:
    return _given(call, "data") > HEAVY_RECORDS


def _given(call: Call, key: str) -> int:
    """How many a body brings; none if it cannot be read, which the handler is to say."""
    try:
        given = call.json().get(key)
    except ApiError:
        return 0
    return len(given) if isinstance(given, list) else 0
