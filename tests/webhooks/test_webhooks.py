"""A message arrives signed, or not at all; and never at an address of our own network."""

import hashlib
import hmac
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from importer.webhooks import Message, Undelivered, network, post, posting, wrong_with
from importer.webhooks.network import is_public
from tests.receiver import receiver

pytestmark = pytest.mark.alone

MESSAGE = Message("an-id", "import.finished", b'{"rows": 7}')
PRIVATE = [
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.1.1",
    "0.0.0.0",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a00:1",
    "2002:a00:1::",
    "2001::1",
    "fc00::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_address_of_no_public_machine_is_known(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.215.14", "2606:4700::1111"])
def test_public_address_is_known(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/hook",
        "ftp://example.com/hook",
        "https://",
        "https:///hook",
        "https://ana:secret@example.com/hook",
        "https://exa mple.com:port",
        "https://localhost/hook",
        "https://10.0.0.1/hook",
        "https://[::1]/hook",
        "https://[::ffff:127.0.0.1]/hook",
        "http://localhost/hook",
        "//example.com",
        "",
    ],
)
def test_url_that_cannot_be_used_is_told_why(url):
    assert wrong_with(url)


def test_url_may_lead_to_this_machine_only_where_that_is_allowed():
    assert wrong_with("http://localhost:8000/hook", local=True) is None
    assert wrong_with("http://192.168.1.1/hook", local=True)
    assert wrong_with("https://example.com/hook") is None


def test_message_arrives_signed():
    with receiver() as it:
        post(it.address, "s3cret", MESSAGE, timeout_s=5, local=True)

    [(headers, body)] = it.got
    assert body == MESSAGE.body
    assert headers["X-Importer-Delivery"] == "an-id"
    assert headers["X-Importer-Event"] == "import.finished"
    assert headers["Host"] == f"localhost:{it.port}"
    at, signed = (part.partition("=")[2] for part in headers["X-Importer-Signature"].split(","))
    expected = hmac.new(b"s3cret", f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert signed == expected
    assert abs(int(at) - time.time()) < 60


@pytest.mark.parametrize(
    ("status", "words"), [(500, "status 500"), (404, "status 404"), (302, "redirect")]
)
def test_only_success_counts_as_arrived_and_redirects_are_not_followed(status, words):
    with receiver() as it:
        it.status = status
        with pytest.raises(Undelivered, match=words):
            post(it.address, "s", MESSAGE, timeout_s=5, local=True)

    assert len(it.got) == 1


def test_nobody_there_is_told():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        url = f"http://localhost:{taken.getsockname()[1]}/"
        with pytest.raises(Undelivered, match="cannot be reached"):
            post(url, "s", MESSAGE, timeout_s=5, local=True)


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"]])
def test_name_that_leads_into_a_private_network_is_not_connected_to(monkeypatch, addresses):
    connected = []
    _resolve_to(monkeypatch, lambda: addresses)
    monkeypatch.setattr(socket, "create_connection", lambda *a, **_: connected.append(a))

    with pytest.raises(Undelivered, match="private network"):
        post("https://hook.example/", "s", MESSAGE, timeout_s=5)

    assert connected == []


def test_name_is_asked_for_once_and_its_answer_connected_to(monkeypatch):
    """A second answer, of an attacker's server, is never asked for."""
    answers = [["8.8.8.8"], ["127.0.0.1"]]
    connected = []

    def refuse(address, *_, **__):
        connected.append(address[0])
        raise ConnectionRefusedError

    _resolve_to(monkeypatch, lambda: answers.pop(0))
    monkeypatch.setattr(socket, "create_connection", refuse)

    with pytest.raises(Undelivered, match="cannot be reached"):
        post("https://hook.example/", "s", MESSAGE, timeout_s=5)

    assert connected == ["8.8.8.8"]
    assert len(answers) == 1


def test_answer_that_drips_is_given_up_in_time():
    with _dripping() as port:
        began = time.monotonic()
        with pytest.raises(Undelivered, match=r"within 0\.5 seconds"):
            post(f"http://localhost:{port}/", "s", MESSAGE, timeout_s=0.5, local=True)

    assert time.monotonic() - began < 3


@pytest.fixture
def certificate(tmp_path, monkeypatch) -> Path:
    """Of the server that hook.example leads to: this machine, for once taken to be public."""
    monkeypatch.setattr(network, "is_public", lambda address: True)
    _resolve_to(monkeypatch, lambda: ["127.0.0.1"])
    return _self_signed(tmp_path / "server.pem", "hook.example")


def test_certificate_that_nobody_vouches_for_is_refused(certificate):
    with (
        _answering_over_tls(certificate) as port,
        pytest.raises(Undelivered, match="certificate"),
    ):
        post(f"https://hook.example:{port}/", "s", MESSAGE, timeout_s=5)


def test_certificate_is_judged_by_the_name_although_an_address_is_connected_to(
    certificate, monkeypatch
):
    trusted = ssl.create_default_context(cafile=certificate)
    monkeypatch.setattr(posting, "_certificates", lambda: trusted)

    with _answering_over_tls(certificate) as port:
        post(f"https://hook.example:{port}/", "s", MESSAGE, timeout_s=5)


def _resolve_to(monkeypatch, answer) -> None:
    ask = socket.getaddrinfo

    def found(host, port, *args, **more):
        if host != "hook.example":
            return ask(host, port, *args, **more)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in answer()]

    monkeypatch.setattr(network.socket, "getaddrinfo", found)


@contextmanager
def _listening(serve) -> Iterator[int]:
    """The port of a server that does `serve` with the one connection it gets."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def run() -> None:
            connection, _ = server.accept()
            with connection:
                serve(connection)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(10)


def _dripping():
    def serve(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
        try:
            while True:
                connection.sendall(b"a")
                time.sleep(0.05)
        except OSError:
            return

    return _listening(serve)


def _self_signed(pem: Path, host: str) -> Path:
    """A certificate for `host`, and its key, in the file `pem`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), False)
        .sign(key, hashes.SHA256())
    )
    pem.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return pem


def _answering_over_tls(pem: Path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    def serve(connection: socket.socket) -> None:
        with suppress(OSError), context.wrap_socket(connection, server_side=True) as secured:
            for chunk in iter(lambda: secured.recv(10_000), b""):
                if chunk.endswith(MESSAGE.body):
                    break
            secured.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    return _listening(serve)
