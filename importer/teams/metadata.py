"""What a connection's CRM looks like: asked of it, and kept for a while."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import cattrs
from django.conf import settings
from django.utils import timezone

from importer.crm import schema
from importer.crm.deadline import within
from importer.crm.errors import CrmError
from importer.crm.schema import Module, ModuleSummary
from importer.teams.models import Connection, ModuleMetadata

FETCH_WITHIN_S = 10  # a person waits for this
NOT_REACHED = timedelta(minutes=1)  # until a CRM that did not answer is asked again


def modules(connection: Connection, *, fresh: bool = False) -> tuple[ModuleSummary, ...]:
    """The modules that records can be imported into. Raises `CrmError`."""

    def fetch() -> tuple[Any, str]:
        with within(FETCH_WITHIN_S), connection.client() as crm:
            return cattrs.unstructure(crm.modules()), ""

    kept = _kept(connection, "", fetch, fresh=fresh)
    return cattrs.structure(kept.data, tuple[ModuleSummary, ...])


def module(connection: Connection, api_name: str, *, fresh: bool = False) -> Module:
    """The module with its fields. Raises `CrmError`."""
    return schema.module_from_json(_module(connection, api_name, fresh=fresh).data)


def record_count(connection: Connection, api_name: str) -> int:
    """How many records the module has, about. Raises `CrmError`."""

    def fetch() -> tuple[Any, str]:
        with within(FETCH_WITHIN_S), connection.client() as crm:
            return crm.records.count(api_name), ""

    return int(_kept(connection, f"{api_name} records", fetch, fresh=False).data)


def forget(connection: Connection, api_name: str) -> None:
    """Ask the CRM the next time: something has shown that what we know is stale."""
    connection.metadata.filter(module__in=("", api_name)).update(due_at=timezone.now())


def fingerprint(connection: Connection, api_name: str) -> str:
    """Changes when the module's metadata does; empty while it was never fetched."""
    kept = connection.metadata.filter(module=api_name).values_list("fingerprint", flat=True)
    return kept.first() or ""


def _module(connection: Connection, api_name: str, *, fresh: bool) -> ModuleMetadata:
    def fetch() -> tuple[Any, str]:
        with within(FETCH_WITHIN_S), connection.client() as crm:
            found = crm.module(api_name)
        return schema.to_json(found), schema.fingerprint(found)

    return _kept(connection, api_name, fetch, fresh=fresh)


def _kept(
    connection: Connection, name: str, fetch: Callable[[], tuple[Any, str]], *, fresh: bool
) -> ModuleMetadata:
    now = timezone.now()
    kept = connection.metadata.filter(module=name).first()
    if kept and not fresh and now < kept.due_at:
        return kept
    try:
        data, version = fetch()
    except CrmError:
        if kept is None or fresh:
            raise
        kept.due_at = now + NOT_REACHED  # yesterday's fields serve better than no page
        kept.save(update_fields=["due_at"])
        return kept
    kept, _ = ModuleMetadata.objects.update_or_create(
        connection=connection,
        module=name,
        defaults={
            "data": data,
            "fingerprint": version,
            "fetched_at": now,
            "due_at": now + timedelta(seconds=settings.CRM_METADATA_MAX_AGE_S),
        },
    )
    return kept
