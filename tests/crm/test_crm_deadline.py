"""Servers that drip: nobody is held for ever by one byte after the other."""

import ssl
import time
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import httpx
import pytest
import stamina
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from importer.crm import wire
from importer.crm.client import CrmClient
from importer.crm.deadline import within
from importer.crm.errors import CrmUnavailable, OutcomeUnknown
from importer.crm.hosts import one_host
from importer.crm.jobs import Job, JobState
from importer.crm.session import Session
from importer.crm.tokens import AccessToken, MemoryTokens
from tests.crm.slow_server import drops, slow_server
from tests.crm.work import CREDENTIALS, request_for

pytestmark = pytest.mark.alone

TIMEOUT_S = 0.2  # for the next byte; a request may take twice as long in all
OFTEN_ENOUGH_S = 0.05
JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n"
ZIP = b"HTTP/1.1 200 OK\r\nContent-Type: application/zip\r\nContent-Length: 500000\r\n\r\n"
DRIPPING = {  # answers that would take half a minute each
    "head": drops(b"HTTP/1.1 200 OK\r\nX-Padding: " + b"x" * 600),
    "body": [JSON, *drops(b"{" + b" " * 600)],
    "interim head": drops(b"HTTP/1.1 100 Continue\r\nX-Padding: " + b"x" * 600),
}
A_DRIP_S = 600 * OFTEN_ENOUGH_S


@pytest.fixture(autouse=True)
def one_try():
    with stamina.set_testing(True, attempts=1):
        yield


def arguments(address: str) -> tuple:
    tokens = MemoryTokens()
    expires_at = datetime.now(UTC) + timedelta(hours=1)
    tokens.renew(None, lambda: AccessToken("1000.token", expires_at))
    return one_host(address), CREDENTIALS, tokens


def client(address: str) -> CrmClient:
    return CrmClient(*arguments(address), timeout_s=TIMEOUT_S)


def session(address: str, **options) -> Session:
    return Session(*arguments(address), **{"timeout_s": TIMEOUT_S} | options)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and the certificate of a server on this machine, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a slow server")])
    now, here = datetime.now(UTC), x509.IPAddress(IPv4Address("127.0.0.1"))
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([here]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    as_text = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(as_text + made.public_bytes(pem))
    return path


def seconds_for(call) -> float:
    began = time.monotonic()
    call()
    return time.monotonic() - began


@pytest.mark.parametrize("part", DRIPPING)
def test_answer_that_drips_is_given_up(part):
    def asked() -> None:
        with pytest.raises(CrmUnavailable, match="ReadTimeout"):
            client(server.address).organisation()

    with slow_server(DRIPPING[part], OFTEN_ENOUGH_S) as server:
        assert seconds_for(asked) < A_DRIP_S / 4


def test_answer_that_drips_through_tls_is_given_up(monkeypatch, certificate):
    monkeypatch.setattr(
        wire, "_certificates", lambda: ssl.create_default_context(cafile=certificate)
    )
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(certificate)

    def asked() -> None:
        with pytest.raises(CrmUnavailable, match="ReadTimeout"):
            client(server.address).organisation()

    with slow_server(DRIPPING["body"], OFTEN_ENOUGH_S, served) as server:
        assert seconds_for(asked) < A_DRIP_S / 4
    assert server.asked == ["GET /crm/v7/org HTTP/1.1"]


def test_answer_that_drips_through_a_proxy_is_given_up(monkeypatch):
    with slow_server(DRIPPING["body"], OFTEN_ENOUGH_S) as server:
        monkeypatch.setenv("HTTP_PROXY", server.address)
        with pytest.raises(CrmUnavailable, match="ReadTimeout"):
            client("http://crm.example").organisation()

    assert server.asked == ["GET http://crm.example/crm/v7/org HTTP/1.1"]


def test_answer_to_a_new_job_that_drips_leaves_its_outcome_unknown():
    with (
        slow_server(DRIPPING["body"], OFTEN_ENOUGH_S) as server,
        pytest.raises(OutcomeUnknown, match="ReadTimeout"),
    ):
        client(server.address).bulk_write.create(request_for("57"))

    assert len(server.asked) == 1


def test_download_that_drips_is_given_up_and_leaves_nothing(tmp_path):
    with (
        slow_server([ZIP, *drops(b"x" * 600)], OFTEN_ENOUGH_S) as server,
        pytest.raises(CrmUnavailable, match="ReadTimeout"),
    ):
        session(server.address).download(httpx.URL(server.address), tmp_path / "result.zip")

    assert list(tmp_path.iterdir()) == []


def test_download_that_gets_on_may_take_longer_than_its_time(tmp_path):
    pieces = [ZIP, *[b"x" * 25_000] * 20]

    def download() -> None:
        session(server.address).download(httpx.URL(server.address), tmp_path / "result.zip")

    with slow_server(pieces, OFTEN_ENOUGH_S) as server:
        assert seconds_for(download) > 2 * TIMEOUT_S
    assert (tmp_path / "result.zip").stat().st_size == 500_000


def test_client_of_an_impatient_person_gives_up_sooner():
    patient = session("http://127.0.0.1:1", timeout_s=60)

    def asked() -> None:
        with pytest.raises(CrmUnavailable, match="ReadTimeout"), within(TIMEOUT_S):
            patient.get(f"{server.address}/crm/v7/org")

    with slow_server(DRIPPING["body"], OFTEN_ENOUGH_S) as server:
        assert seconds_for(asked) < A_DRIP_S / 4


def test_impatient_person_waits_once_for_all_tries():
    with (
        slow_server(DRIPPING["head"], OFTEN_ENOUGH_S) as server,
        stamina.set_testing(False),
        pytest.raises(CrmUnavailable),
        within(TIMEOUT_S),
    ):
        client(server.address).organisation()

    assert len(server.asked) == 1


def test_impatient_person_asks_for_nothing_more_when_the_time_is_up():
    with slow_server([JSON], OFTEN_ENOUGH_S) as server, within(0), pytest.raises(CrmUnavailable):
        client(server.address).organisation()

    assert server.asked == []


def test_impatience_inside_of_impatience_adds_no_time():
    with within(0), within(60), pytest.raises(CrmUnavailable, match="takes too long"):
        client("http://127.0.0.1:1").organisation()


def test_impatience_ends_with_its_block():
    with within(0):
        pass

    with pytest.raises(CrmUnavailable, match="cannot be reached"):
        client("http://127.0.0.1:1").organisation()


def test_result_that_drips_is_asked_for_again_later(tmp_path):
    """A finished job's result: `CrmUnavailable`, as anything else that is only late."""
    job = Job("57", JobState.DONE, "SUCCESS", 1, 0, 0, 1, download_url=None)
    with (
        slow_server([ZIP, *drops(b"x" * 600)], OFTEN_ENOUGH_S) as server,
        pytest.raises(CrmUnavailable),
    ):
        client(server.address).bulk_write.download(job, tmp_path / "result.zip")
