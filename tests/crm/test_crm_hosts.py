"""Which server plays which role, and which ones may see a token."""

import httpx
import pytest

from importer.crm.hosts import DATA_CENTRES, Hosts, one_host


def test_data_centres_name_zohos_documented_hosts():
    assert DATA_CENTRES["eu"].hosts == Hosts(
        accounts="https://accounts.zoho.eu",
        api="https://www.zohoapis.eu",
        upload="https://content.zohoapis.eu",
        web="https://crm.zoho.eu",
    )
    assert DATA_CENTRES["ca"].hosts.upload == "https://upload.zohocloud.ca"
    assert DATA_CENTRES["sa"].hosts.upload == "https://files.zoho.sa"
    assert list(DATA_CENTRES) == ["us", "eu", "in", "au", "jp", "cn", "ca", "sa", "uk"]


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
        "https://download-accl.zoho.com/v7/crm/1/1.zip",
    ],
)
def test_may_see_token_allows_own_and_zohos_download_hosts(url):
    assert DATA_CENTRES["eu"].hosts.may_see_token(httpx.URL(url))


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.com/1.zip",
        "https://www.zohoapis.eu.evil.example.com/1.zip",
        "https://www.zohoapis.eu@evil.example.com/1.zip",
        "https://someone:word@www.zohoapis.eu/1.zip",
        "https://evil-download-accl.zoho.com/1.zip",
        "https://sites.zoho.com/1.zip",
        "http://download-accl.zoho.com/1.zip",
        "https://download-accl.zoho.com:8443/1.zip",
        "http://www.zohoapis.eu/1.zip",
        "https://www.zohoapis.eu:8443/1.zip",
        "https://www.zohoapis.in/1.zip",
    ],
)
def test_may_see_token_refuses_every_other_host(url):
    assert not DATA_CENTRES["eu"].hosts.may_see_token(httpx.URL(url))
