"""Where a CRM organisation lives: the servers of each data centre, and who may see a token."""

from dataclasses import dataclass, replace
from enum import StrEnum

import httpx

# Each data centre keeps the results of bulk jobs on servers of their own: download-accl.zoho.eu.
DOWNLOAD_SERVERS = ("download", "download-accl")
Origin = tuple[str, str, int | None]  # scheme, name, and port where it is not the usual one


@dataclass(frozen=True, slots=True)
class Hosts:
    """The base URLs that a connection talks to, without a slash at the end."""

    accounts: str  # gives out tokens
    api: str
    upload: str
    web: str  # where people open records

    def may_see_token(self, url: httpx.URL) -> bool:
        """Whether an access token may be sent to `url`.

        It may go to this connection's own API and upload servers (same scheme, name and port),
        and over https to the download servers of its data centre. Nowhere else.
        """
        return not url.userinfo and _origin(url) in self._own()

    def _own(self) -> set[Origin]:
        own = {_origin(httpx.URL(self.api)), _origin(httpx.URL(self.upload))}
        domain = self.accounts.removeprefix("https://accounts.")
        if domain != self.accounts:
            own |= {("https", f"{name}.{domain}", None) for name in DOWNLOAD_SERVERS}
        return own


class Edition(StrEnum):
    """Which of an account's organisations: the real one, or one to try things in."""

    PRODUCTION = "production"
    SANDBOX = "sandbox"
    DEVELOPER = "developer"


@dataclass(frozen=True, slots=True)
class DataCentre:
    """One of the regions that Zoho keeps accounts in; an account lives in exactly one."""

    label: str  # for people
    hosts: Hosts  # of production

    def edition(self, edition: Edition) -> Hosts:
        """The hosts of an edition: the accounts server is the same, the API's is not."""
        if edition is Edition.PRODUCTION:
            return self.hosts
        api = self.hosts.api.replace("//www.", f"//{edition}.", 1)
        web = self.hosts.web.replace("//crm.", f"//crm{edition}.", 1)
        return replace(self.hosts, api=api, web=web)


def one_host(url: str) -> Hosts:
    """The hosts of a server that plays every role at one base URL."""
    if httpx.URL(url).scheme not in ("http", "https"):
        raise ValueError(f"{url} is not the address of a web server")
    base = url.rstrip("/")
    return Hosts(accounts=base, api=base, upload=base, web=base)


def _origin(url: httpx.URL) -> Origin:
    return url.scheme, url.host, url.port


def _zoho(label: str, domain: str, api_domain: str, upload: str | None = None) -> DataCentre:
    return DataCentre(
        label,
        Hosts(
            accounts=f"https://accounts.{domain}",
            api=f"https://www.{api_domain}",
            upload=f"https://{upload or 'content.' + api_domain}",
            web=f"https://crm.{domain}",
        ),
    )


DATA_CENTRES = {
    "us": _zoho("United States", "zoho.com", "zohoapis.com"),
    "eu": _zoho("Europe", "zoho.eu", "zohoapis.eu"),
    "in": _zoho("India", "zoho.in", "zohoapis.in"),
    "au": _zoho("Australia", "zoho.com.au", "zohoapis.com.au"),
    "jp": _zoho("Japan", "zoho.jp", "zohoapis.jp"),
    "cn": _zoho("China", "zoho.com.cn", "zohoapis.com.cn"),
    "ca": _zoho("Canada", "zohocloud.ca", "zohoapis.ca", upload="upload.zohocloud.ca"),
    "sa": _zoho("Saudi Arabia", "zoho.sa", "zohoapis.sa", upload="files.zoho.sa"),
    # Zoho documents only the accounts server here; the others follow its usual pattern.
    "uk": _zoho("United Kingdom", "zoho.uk", "zohoapis.uk"),
}
