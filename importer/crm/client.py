"""The client for one CRM connection: what the organisation looks like, and all its other calls."""

from collections.abc import Iterator
from functools import partial
from types import TracebackType
from typing import Self
from urllib.parse import quote

import httpx

from importer.crm import metadata, wire
from importer.crm.api import Api, first, listed, shape_expected
from importer.crm.bulk_read import BulkRead
from importer.crm.bulk_write import BulkWrite
from importer.crm.credits import Credits
from importer.crm.hosts import Hosts
from importer.crm.mass_actions import MassActions
from importer.crm.oauth import Credentials, CredentialStore, exchange_code, revoke_token
from importer.crm.pace import Pace
from importer.crm.paging import entries
from importer.crm.records import Records
from importer.crm.schema import (
    CrmUser,
    CustomView,
    Layout,
    Module,
    ModuleSummary,
    Organisation,
    Territory,
)
from importer.crm.session import Session
from importer.crm.tokens import TokenStore
from importer.crm.versions import VERSIONS

__all__ = ["Credentials", "CrmClient", "exchange_code", "revoke_token"]

_PER_PAGE = "200"


class CrmClient:
    """Talks to one organisation's CRM; threads may share it.

    What it asks is grouped by subject: `records`, `mass_actions`, `bulk_write`, `bulk_read`, and
    here what the organisation looks like. Every method may raise `CrmUnavailable`, `CrmRefused`
    or `CrmUnauthorised`. What may be repeated has been, for some ten seconds, when it raises
    `CrmUnavailable`; what may not raises `OutcomeUnknown` where it may have taken effect. Long
    lists are iterators: they ask for a page, and may raise, when one comes to it.
    """

    def __init__(
        self,
        hosts: Hosts,
        credentials: CredentialStore,
        tokens: TokenStore,
        pace: Pace | None = None,
        *,
        credit_store: Credits | None = None,
        api_version: str = "v7",
        timeout_s: float = 30,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._session = Session(
            hosts,
            credentials,
            tokens,
            pace,
            credit_store=credit_store,
            timeout_s=timeout_s,
            transport=transport,
        )
        self._api = Api(self._session, VERSIONS[api_version])
        self.records = Records(self._api)
        self.mass_actions = MassActions(self._api)
        self.bulk_write = BulkWrite(self._api)
        self.bulk_read = BulkRead(self._api)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._session.close()

    def ready(self) -> None:
        """Have a token and wait out a pause: what can fail before a request is sent, does here."""
        self._session.ready()

    # What the organisation looks like

    def organisation(self) -> Organisation:
        """The organisation, in the time zone of the user who connected it."""
        org = first(self._api.get("org"), "org")
        with shape_expected("the organisation"):
            return metadata.organisation(org, self._current_user())

    def users(self) -> Iterator[CrmUser]:
        """Everybody in the organisation, those who have left it too."""
        ask = partial(self._api.get, "users", type="AllUsers", per_page=_PER_PAGE)
        for entry in entries(ask, "users"):
            with shape_expected("a user"):
                user = metadata.user(entry)
            yield user

    def current_user(self) -> CrmUser:
        """Whom our tokens stand for."""
        with shape_expected("the current user"):
            return metadata.user(self._current_user())

    def modules(self) -> tuple[ModuleSummary, ...]:
        """The modules that rows can be imported into."""
        answer = self._api.get("settings", "modules")
        with shape_expected("the modules"):
            return tuple(metadata.summary(m) for m in answer["modules"] if metadata.importable(m))

    def module(self, api_name: str, *, layout: str | None = None) -> Module:
        """A module with the fields that an import can fill.

        Which of them a record needs is up to the `layout` with this id, else to the one of
        records that name none.
        """
        about = first(self._api.get("settings", "modules", api_name), "modules")
        fields = listed(self._api.get("settings", "fields", module=api_name), "fields")
        arranged = self._layout(api_name, layout) if layout else self._default_layout(api_name)
        with shape_expected(f"the fields of {api_name}"):
            return metadata.module(about, fields, arranged)

    def layouts(self, module: str) -> tuple[Layout, ...]:
        """The module's layouts, those too that records no longer get."""
        with shape_expected("the layouts"):
            return tuple(map(metadata.layout, self._layouts(module)))

    def views(self, module: str) -> Iterator[CustomView]:
        """The module's custom views, as far as our user sees them."""
        ask = partial(self._api.get, "settings", "custom_views", module=module, per_page=_PER_PAGE)
        for entry in entries(ask, "custom_views"):
            with shape_expected("a view"):
                view = metadata.custom_view(entry)
            yield view

    def territories(self) -> Iterator[Territory]:
        """The organisation's territories, if it has any."""
        ask = partial(self._api.get, "settings", "territories", per_page=_PER_PAGE)
        for entry in entries(ask, "territories"):
            with shape_expected("a territory"):
                territory = metadata.territory(entry)
            yield territory

    def record_url(self, organisation: Organisation, module: str, record_id: str) -> str:
        """Where people open a record in their browser."""
        path = "/".join(quote(part, safe="") for part in (module, record_id))
        domain = quote(organisation.domain_name, safe="")
        return f"{self._session.hosts.web}/crm/{domain}/tab/{path}"

    def _layouts(self, module: str) -> list[wire.Json]:
        return listed(self._api.get("settings", "layouts", module=module), "layouts")

    def _layout(self, module: str, layout: str) -> wire.Json:
        return first(self._api.get("settings", "layouts", layout, module=module), "layouts")

    def _default_layout(self, module: str) -> wire.Json:
        layouts = self._layouts(module)
        with shape_expected(f"the layouts of {module}"):
            profile = self._current_user().get("profile") or {}
            return dict(metadata.default_layout(layouts, str(profile.get("id"))))

    def _current_user(self) -> wire.Json:
        return first(self._api.get("users", type="CurrentUser"), "users")
