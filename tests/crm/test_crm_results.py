"""Result files: from the right server, whole or not at all; and links to records."""

import httpx
import pytest

from importer.crm.client import CrmClient
from importer.crm.errors import CrmRefused, CrmUnavailable
from importer.crm.hosts import DATA_CENTRES
from importer.crm.jobs import Job, JobState
from importer.crm.schema import Organisation
from importer.crm.tokens import MemoryTokens

FALLBACK = "https://crm.example.com/crm/bulk/v7/write/57/result"
NOT_VALID = {"x-info": "Link not valid", "info": "Forbidden", "http_status": "400"}


def job(download_url: str | None) -> Job:
    return Job("57", JobState.DONE, "SUCCESS", 1, 0, 0, 1, download_url)


def result() -> httpx.Response:
    return httpx.Response(200, content=b"PK zip", headers={"Content-Type": "application/zip"})


def urls(crm) -> list[str]:
    return [str(request.url) for request in crm.requests]


@pytest.mark.parametrize(
    ("download_url", "asked"),
    [
        ("https://crm.example.com/r/57.zip", "https://crm.example.com/r/57.zip"),
        ("/v7/crm/org1/57.zip", "https://crm.example.com/v7/crm/org1/57.zip"),
        ("v7/57.zip", "https://crm.example.com/v7/57.zip"),
        ("//evil.example.com/57.zip", "https://crm.example.com/evil.example.com/57.zip"),
        (None, FALLBACK),
    ],
)
def test_download_result_asks_the_address_of_the_job(client, crm, tmp_path, download_url, asked):
    crm.script = [result()]
    target = tmp_path / "result.zip"

    client.bulk_write.download(job(download_url), target)

    assert target.read_bytes() == b"PK zip"
    assert urls(crm) == [asked]
    assert crm.tokens_seen == ["token-1"]


@pytest.mark.parametrize(
    "download_url",
    [
        "https://evil.example.com/57.zip",
        "https://download-accl.zoho.com/57.zip",
        "http://crm.example.com/57.zip",
        "https://crm.example.com@evil.example.com/57.zip",
        "file:///etc/passwd",
        "https://crm.example.com/\n57.zip",
    ],
)
def test_download_result_asks_its_own_crm_instead_of_a_foreign_address(
    client, crm, tmp_path, download_url
):
    crm.script = [result()]
    target = tmp_path / "result.zip"

    client.bulk_write.download(job(download_url), target)

    assert urls(crm) == [FALLBACK]
    assert target.read_bytes() == b"PK zip"


def test_download_result_does_not_follow_redirects(client, crm, tmp_path):
    crm.script = [httpx.Response(302, headers={"Location": "https://evil.example.com/57.zip"})]

    with pytest.raises(CrmRefused):
        client.bulk_write.download(job("/57.zip"), tmp_path / "result.zip")

    assert urls(crm) == ["https://crm.example.com/57.zip"]


@pytest.mark.parametrize(("status", "body"), [(404, NOT_VALID), (200, NOT_VALID), (404, {})])
def test_download_result_falls_back_to_the_address_made_from_the_id(
    client, crm, tmp_path, status, body
):
    crm.script = [httpx.Response(status, json=body), result()]

    client.bulk_write.download(job("/57.zip"), tmp_path / "result.zip")

    assert urls(crm)[1:] == [FALLBACK]


def test_download_result_says_so_when_the_result_is_gone(client, crm, tmp_path):
    crm.script = [httpx.Response(404, json=NOT_VALID)] * 2

    with pytest.raises(CrmRefused) as caught:
        client.bulk_write.download(job("/57.zip"), tmp_path / "result.zip")

    assert caught.value.message == "Forbidden: Link not valid"


def test_download_result_begins_again_when_the_stream_breaks(client, crm, tmp_path):
    def breaking(_request):
        def content():
            yield b"PK"
            raise httpx.ReadError("reset")

        return httpx.Response(200, content=content())

    crm.script = [breaking, result()]
    target = tmp_path / "result.zip"

    client.bulk_write.download(job("/57.zip"), target)

    assert target.read_bytes() == b"PK zip"
    assert list(tmp_path.iterdir()) == [target]


def test_download_result_leaves_no_part_of_a_file(client, crm, tmp_path):
    def breaking(_request):
        def content():
            yield b"PK"
            raise httpx.ReadError("reset")

        return httpx.Response(200, content=content())

    crm.script = [breaking] * 4

    with pytest.raises(CrmUnavailable):
        client.bulk_write.download(job("/57.zip"), tmp_path / "result.zip")

    assert list(tmp_path.iterdir()) == []


def test_record_url_leads_to_the_record_in_the_crm(credentials):
    organisation = Organisation("808232144", "Zylker", "org808232144", "Europe/Vienna")

    with CrmClient(DATA_CENTRES["eu"].hosts, credentials, MemoryTokens()) as client:
        url = client.record_url(organisation, "Leads", "5725767000001030001")

    assert url == "https://crm.zoho.eu/crm/org808232144/tab/Leads/5725767000001030001"
