"""The API of one connection in its version: the addresses of calls, and what answers must hold."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from importer.crm import wire
from importer.crm.errors import CrmRefused
from importer.crm.session import Session
from importer.crm.versions import Version


@dataclass(frozen=True, slots=True)
class Api:
    """What every call stands on: a session, and the version that it is asked in."""

    session: Session
    version: Version

    def url(self, *path: str) -> str:
        """The address of an ordinary call."""
        return f"{self.session.hosts.api}/crm/{self.version.name}/{_joined(path)}"

    def bulk_url(self, *path: str) -> str:
        """The address of a call about bulk jobs."""
        return f"{self.session.hosts.api}/crm/bulk/{self.version.name}/{_joined(path)}"

    def get(self, *path: str, **params: str) -> wire.Json:
        return self.session.get(self.url(*path), **params)

    def send(self, method: str, *path: str, **content: Any) -> wire.Json:
        return self.session.send(method, self.url(*path), **content)

    def download(self, address: str, target: Path) -> None:
        """Put the file at `address`, absolute or relative, at `target`: whole, or not at all."""
        self.session.download(self._own(address), target)

    def _own(self, address: str) -> httpx.URL:
        """The address as a URL, checked to be one that may see our token."""
        hosts = self.session.hosts
        try:
            url = httpx.URL(address)
            if not url.scheme:
                url = httpx.URL(f"{hosts.api}/{address.lstrip('/')}")
        except httpx.InvalidURL as error:
            raise CrmRefused("The address of the job's result cannot be read") from error
        if not hosts.may_see_token(url):
            raise CrmRefused(f"The job's result lies on {url.host}, which is no server of this CRM")
        return url


def first(answer: wire.Json, key: str, *, repeatable: bool = True) -> dict[str, Any]:
    """The only entry of a list such as `{"org": [...]}`."""
    entries = answer.get(key)
    if not isinstance(entries, list) or not entries or not isinstance(entries[0], dict):
        raise wire.broken(key, repeatable=repeatable)
    return entries[0]


def listed(answer: wire.Json, key: str) -> list[dict[str, Any]]:
    """The entries of a list such as `{"users": [...]}`; none where there is no content at all."""
    entries = answer.get(key) if answer else []
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise wire.broken(key)
    return entries


def detail(answer: wire.Json, key: str, *, repeatable: bool = True) -> str:
    """An id from the details of a success. Zoho's SDKs read it as a number, its pages as text."""
    details = answer.get("details")
    value = details.get(key) if isinstance(details, dict) else None
    if answer.get("status") != "success" or not value:
        raise wire.broken(f"details.{key}", repeatable=repeatable)
    return str(value)


@contextmanager
def shape_expected(what: str, *, repeatable: bool = True) -> Iterator[None]:
    """An answer that is not shaped as documented becomes an error of ours."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise wire.broken(what, repeatable=repeatable) from error


def _joined(path: tuple[str, ...]) -> str:
    return "/".join(quote(part, safe="") for part in path)
