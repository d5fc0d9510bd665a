"""Which server plays which role, and which ones may see a token."""

import httpx
import pytest

from importer.crm.client import CrmClient
from importer.crm.hosts import DATA_CENTRES, Edition, Hosts, one_host
from importer.crm.jobs import JobRequest
from importer.crm.schema import Operation
from importer.crm.tokens import MemoryTokens

# The documentation's table of hosts: domain of accounts, domain of the API, upload server.
DOCUMENTED = {
    "us": ("zoho.com", "zohoapis.com", "content.zohoapis.com"),
    "eu": ("zoho.eu", "zohoapis.eu", "content.zohoapis.eu"),
    "in": ("zoho.in", "zohoapis.in", "content.zohoapis.in"),
    "au": ("zoho.com.au", "zohoapis.com.au", "content.zohoapis.com.au"),
    "jp": ("zoho.jp", "zohoapis.jp", "content.zohoapis.jp"),
    "cn": ("zoho.com.cn", "zohoapis.com.cn", "content.zohoapis.com.cn"),
    "ca": ("zohocloud.ca", "zohoapis.ca", "upload.zohocloud.ca"),
    "sa": ("zoho.sa", "zohoapis.sa", "files.zoho.sa"),
    "uk": ("zoho.uk", "zohoapis.uk", "content.zohoapis.uk"),
}
PREFIXES = {
    Edition.PRODUCTION: ("www", "crm"),
    Edition.SANDBOX: ("sandbox", "crmsandbox"),
    Edition.DEVELOPER: ("developer", "crmdeveloper"),
}
EVERY_HOME = pytest.mark.parametrize(
    ("centre", "edition"), [(c, e) for c in DATA_CENTRES for e in Edition]
)


@EVERY_HOME
def test_data_centre_has_zohos_documented_hosts_in_every_edition(centre, edition):
    domain, api_domain, upload = DOCUMENTED[centre]
    api, web = PREFIXES[edition]

    assert DATA_CENTRES[centre].edition(edition) == Hosts(
        accounts=f"https://accounts.{domain}",
        api=f"https://{api}.{api_domain}",
        upload=f"https://{upload}",
        web=f"https://{web}.{domain}",
    )


def test_all_documented_data_centres_are_offered():
    assert list(DATA_CENTRES) == list(DOCUMENTED)


@EVERY_HOME
def test_client_asks_the_hosts_of_its_data_centre_and_edition(
    crm, credentials, tmp_path, centre, edition
):
    hosts = DATA_CENTRES[centre].edition(edition)
    zip_path = tmp_path / "part-001.zip"
    zip_path.write_bytes(b"PK")
    done = {"status": "success", "details": {"id": "57", "file_id": "9"}}
    crm.script = [httpx.Response(200, json=done)] * 2

    with CrmClient(hosts, credentials, MemoryTokens(), transport=crm) as client:
        client.bulk_write.upload(zip_path, "808232144")
        client.bulk_write.create(JobRequest("Leads", Operation.INSERT, "9", "a.csv", ()))

    asked = [*crm.token_requests, *crm.requests]
    assert [str(request.url) for request in asked] == [
        f"{hosts.accounts}/oauth/v2/token",
        f"{hosts.upload}/crm/v7/upload",
        f"{hosts.api}/crm/bulk/v7/write",
    ]


@EVERY_HOME
def test_token_stays_within_the_data_centre_and_edition(centre, edition):
    hosts = DATA_CENTRES[centre].edition(edition)
    domain = DOCUMENTED[centre][0]
    others = {DATA_CENTRES[c].edition(e).api for c in DATA_CENTRES for e in Edition} - {hosts.api}
    others |= {f"https://download-accl.{d}" for d, *_ in DOCUMENTED.values() if d != domain}

    assert hosts.may_see_token(httpx.URL(f"{hosts.api}/1.zip"))
    assert hosts.may_see_token(httpx.URL(f"{hosts.upload}/1.zip"))
    assert hosts.may_see_token(httpx.URL(f"https://download-accl.{domain}/1.zip"))
    assert not [other for other in others if hosts.may_see_token(httpx.URL(f"{other}/1.zip"))]


def test_one_host_serves_every_role_at_its_base_url():
    base = "http://127.0.0.1:8765"

    assert one_host(base + "/") == Hosts(base, base, base, base)


@pytest.mark.parametrize("url", ["127.0.0.1:8765", "ftp://crm.example.com", ""])
def test_one_host_refuses_what_is_no_web_address(url):
    with pytest.raises(ValueError, match="not the address"):
        one_host(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.zohoapis.eu/crm/bulk/v7/write/1/result",
        "https://www.zohoapis.eu:443/x",
        "https://content.zohoapis.eu/x",
        "https://download-accl.zoho.eu/v7/crm/1/1.zip",
        "https://download.zoho.eu/v7/crm/1/1.zip",
    ],
)
def test_may_see_token_allows_own_and_download_hosts_of_the_data_centre(url):
    assert DATA_CENTRES["eu"].hosts.may_see_token(httpx.URL(url))


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.com/1.zip",
        "https://www.zohoapis.eu.evil.example.com/1.zip",
        "https://www.zohoapis.eu@evil.example.com/1.zip",
        "https://someone:word@www.zohoapis.eu/1.zip",
        "https://evil-download-accl.zoho.eu/1.zip",
        "https://sites.zoho.eu/1.zip",
        "http://download-accl.zoho.eu/1.zip",
        "https://download-accl.zoho.eu:8443/1.zip",
        "http://www.zohoapis.eu/1.zip",
        "https://www.zohoapis.eu:8443/1.zip",
        "https://www.zohoapis.in/1.zip",
    ],
)
def test_may_see_token_refuses_every_other_host(url):
    assert not DATA_CENTRES["eu"].hosts.may_see_token(httpx.URL(url))
