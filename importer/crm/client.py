"""The client for one CRM connection: metadata, uploads, bulk write jobs and their results."""

import logging
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx

from importer.crm import metadata, oauth, wire
from importer.crm.errors import CrmRefused, CrmUnauthorised, CrmUnavailable
from importer.crm.hosts import Hosts
from importer.crm.jobs import Job, JobRequest, job_from_json
from importer.crm.oauth import Credentials, exchange_code
from importer.crm.pace import MemoryPace, Pace
from importer.crm.schema import Module, ModuleSummary, Organisation
from importer.crm.tokens import AccessToken, TokenStore

__all__ = ["Credentials", "CrmClient", "exchange_code"]

T = TypeVar("T")
Headers = Mapping[str, str]

logger = logging.getLogger(__name__)

API_VERSIONS = ("v7", "v8", "v2")
PAUSE_S = 2.0  # after a 429 that names no time
LONGEST_WAIT_S = 5.0  # inside a call; a longer pause is the caller's to plan

# The API's and the file servers' ways to say that a token has expired or was taken back.
_TOKEN_EXPIRED = {"INVALID_TOKEN", "INVALID_OAUTHTOKEN", "401"}
# What the file servers answer for an address that they do not know, or no longer.
_LINK_NOT_VALID = {httpx.codes.BAD_REQUEST, httpx.codes.NOT_FOUND}


class CrmClient:
    """Talks to one organisation's CRM; threads may share it.

    Every method may raise `CrmUnavailable`, `CrmRefused` or `CrmUnauthorised`. What may be
    repeated has been, for some ten seconds, when it raises `CrmUnavailable`.
    """

    def __init__(
        self,
        hosts: Hosts,
        credentials: Credentials,
        tokens: TokenStore,
        pace: Pace | None = None,
        *,
        api_version: str = "v7",
        timeout_s: float = 30,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._hosts = hosts
        self._credentials = credentials
        self._tokens = tokens
        self._pace = pace or MemoryPace()
        self._version = api_version
        self._http = wire.connect(timeout_s, transport)

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
        self._http.close()

    # Metadata

    def organisation(self) -> Organisation:
        """The organisation, in the time zone of the user who connected it."""
        org = _first(self._get("/org"), "org")
        with _shape_expected("the organisation"):
            return metadata.organisation(org, self._current_user())

    def modules(self) -> tuple[ModuleSummary, ...]:
        """The modules that rows can be imported into."""
        answer = self._get("/settings/modules")
        with _shape_expected("the modules"):
            return tuple(metadata.summary(m) for m in answer["modules"] if metadata.importable(m))

    def module(self, api_name: str) -> Module:
        """A module with the fields that an import can fill."""
        about = _first(self._get(f"/settings/modules/{quote(api_name, safe='')}"), "modules")
        fields = self._get("/settings/fields", module=api_name).get("fields", [])
        layouts = self._get("/settings/layouts", module=api_name).get("layouts", [])
        with _shape_expected(f"the fields of {api_name}"):
            profile = self._current_user().get("profile") or {}
            layout = metadata.default_layout(layouts, str(profile.get("id")))
            return metadata.module(about, fields, layout)

    def record_url(self, organisation: Organisation, module: str, record_id: str) -> str:
        """Where people open a record in their browser."""
        path = "/".join(quote(part, safe="") for part in (module, record_id))
        return f"{self._hosts.web}/crm/{quote(organisation.domain_name, safe='')}/tab/{path}"

    # Bulk write

    def upload(self, zip_path: Path, zgid: str) -> str:
        """Send a file for a job to use, and return its file id.

        May be called twice for one file: an upload that no job names has no effect.
        """

        def send(token: Headers) -> wire.Json:
            headers = {**token, "feature": "bulk-write", "X-CRM-ORG": zgid}
            with zip_path.open("rb") as file:
                part = (zip_path.name, file, "application/zip")
                return wire.read_json(
                    self._http,
                    "POST",
                    f"{self._hosts.upload}/crm/{self._version}/upload",
                    headers=headers,
                    files={"file": part},
                )

        return _detail(self._authorised(send), "file_id")

    def create_job(self, request: JobRequest) -> str:
        """Start a job and return its id. Never repeated: a second job would write every row again.

        Raises `CrmUnavailable` where the CRM surely took nothing (not reached, or 429),
        `CrmRefused` where it said no, and `OutcomeUnknown` where a job may have been started.
        """

        def send(token: Headers) -> wire.Json:
            return wire.read_json(
                self._http,
                "POST",
                self._jobs_url,
                repeatable=False,
                headers=token,
                json=request.to_json(self._version),
            )

        return _detail(self._authorised(send, repeatable=False), "id", repeatable=False)

    def job(self, job_id: str) -> Job:
        """How far a job is."""
        url = f"{self._jobs_url}/{quote(job_id, safe='')}"
        answer = self._authorised(
            lambda token: wire.read_json(self._http, "GET", url, headers=token)
        )
        with _shape_expected("the job"):
            return job_from_json(answer)

    def download_result(self, job: Job, target: Path) -> None:
        """Put a finished job's result, a zip, at `target`: whole, or not at all.

        Raises `CrmUnavailable` where the job has ended and its result is not there yet.
        """
        fallback = httpx.URL(f"{self._jobs_url}/{quote(job.id, safe='')}/result")
        address = self._result_address(job.download_url) if job.download_url else fallback
        try:
            self._download(address, target)
        except CrmRefused as refusal:
            if refusal.status not in _LINK_NOT_VALID:
                raise
            if job.awaits_result:
                raise CrmUnavailable("The job's result is not there yet") from refusal
            if address == fallback:
                raise
            logger.info("Job %s has no result at its address; asking for it by id", job.id)
            self._download(fallback, target)

    def _result_address(self, download_url: str) -> httpx.URL:
        """The address to ask for a result, checked to be one that may see our token."""
        try:
            url = httpx.URL(download_url)
            if not url.scheme:
                url = httpx.URL(f"{self._hosts.api}/{download_url.lstrip('/')}")
        except httpx.InvalidURL as error:
            raise CrmRefused("The address of the job's result cannot be read") from error
        if not self._hosts.may_see_token(url):
            raise CrmRefused(f"The job's result lies on {url.host}, which is no server of this CRM")
        return url

    def _download(self, url: httpx.URL, target: Path) -> None:
        def fetch(token: Headers) -> None:
            with (
                wire.answer(self._http, "GET", url, headers=token) as response,
                _complete_file(target) as path,
            ):
                if "json" in response.headers.get("Content-Type", ""):
                    response.read()
                    raise wire.fault(response)
                with path.open("wb") as file:
                    for chunk in response.iter_bytes():
                        file.write(chunk)

        self._authorised(fetch)

    # Requests

    @property
    def _jobs_url(self) -> str:
        return f"{self._hosts.api}/crm/bulk/{self._version}/write"

    def _current_user(self) -> wire.Json:
        return _first(self._get("/users", type="CurrentUser"), "users")

    def _get(self, path: str, **params: str) -> wire.Json:
        url = f"{self._hosts.api}/crm/{self._version}{path}"
        return self._authorised(
            lambda token: wire.read_json(self._http, "GET", url, headers=token, params=params)
        )

    def _authorised(self, send: Callable[[Headers], T], *, repeatable: bool = True) -> T:
        """The result of `send`, called with a token; once more if the CRM finds that expired."""

        def tried(token: AccessToken) -> T:
            headers = {"Authorization": f"Zoho-oauthtoken {token.value}"}
            paced = partial(self._paced, partial(send, headers))
            return wire.repeat(paced) if repeatable else paced()

        token = self._tokens.current()
        if token is None or not token.fresh:
            token = self._renewed(token)
        try:
            return tried(token)
        except CrmUnauthorised as refusal:
            if refusal.code not in _TOKEN_EXPIRED:
                raise
        return tried(self._renewed(token))

    def _paced(self, send: Callable[[], T]) -> T:
        """The result of `send`, not before the CRM wants to be asked again."""
        self._wait_for_turn()
        try:
            return send()
        except CrmUnavailable as error:
            if error.retry_after_s is not None:
                self._pace.hold(error.retry_after_s)
            elif wire.asks_for_fewer(error):
                self._pace.hold(PAUSE_S)
            raise

    def _wait_for_turn(self) -> None:
        """Wait out the CRM's pause, and what others add to it meanwhile; not for too long."""
        latest = time.monotonic() + LONGEST_WAIT_S
        while (wait_s := self._pace.wait_s()) > 0:
            if time.monotonic() + wait_s > latest:
                error = CrmUnavailable("The CRM wants fewer requests", code=wire.TOO_MANY_REQUESTS)
                error.retry_after_s = wait_s
                raise error
            time.sleep(wait_s)

    def _renewed(self, stale: AccessToken | None) -> AccessToken:
        return self._tokens.renew(
            stale, lambda: oauth.fetch_token(self._http, self._hosts, self._credentials)
        )


def _first(answer: wire.Json, key: str) -> dict[str, Any]:
    """The only entry of a list such as `{"org": [...]}`."""
    entries = answer.get(key)
    if not isinstance(entries, list) or not entries or not isinstance(entries[0], dict):
        raise wire.broken(key)
    return entries[0]


def _detail(answer: wire.Json, key: str, *, repeatable: bool = True) -> str:
    """An id from the details of a success. Zoho's SDKs read it as a number, its pages as text."""
    details = answer.get("details")
    value = details.get(key) if isinstance(details, dict) else None
    if answer.get("status") != "success" or not value:
        raise wire.broken(f"details.{key}", repeatable=repeatable)
    return str(value)


@contextmanager
def _shape_expected(what: str) -> Iterator[None]:
    """An answer that is not shaped as documented becomes an error of ours."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise wire.broken(what) from error


@contextmanager
def _complete_file(target: Path) -> Iterator[Path]:
    """A path to write to; the file becomes `target` when the block ends well, else vanishes."""
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=target.name, delete=False) as file:
        path = Path(file.name)
    try:
        yield path
        path.replace(target)
    finally:
        path.unlink(missing_ok=True)
