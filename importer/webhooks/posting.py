"""One message, posted once: signed, over HTTPS, within seconds, following no redirect."""

import hashlib
import hmac
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import httpcore
import httpx

from importer.crm import deadline
from importer.webhooks.network import THIS_MACHINE, NotPublic, PublicNetwork, is_public

NOT_PUBLIC = "The address leads into a private network; only the public internet can be reached."


class Undelivered(Exception):
    """The message did not arrive, or nobody said so; the text tells a person why."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is told. Sent again it keeps its `id`, by which a receiver tells doubles."""

    id: str
    event: str
    body: bytes  # JSON


def wrong_with(url: str, *, local: bool = False) -> str | None:
    """Why nothing can be sent to `url`, in a sentence; None where nothing speaks against it.

    `local` allows plain HTTP to this machine. Where a name leads is judged when it is used.
    """
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        return "This is not an address."
    if address.userinfo:
        return "An address with a user name or password in it cannot be used."
    if local and address.host in THIS_MACHINE and address.scheme == "http":
        return None
    if address.scheme != "https" or not address.host:
        return "The address must begin with https://."
    return None if _may_be_public(address.host) else NOT_PUBLIC


def post(url: str, secret: str, message: Message, *, timeout_s: float, local: bool = False) -> None:
    """Send `message` once, all of it within `timeout_s`. Raises `Undelivered`.

    Only a status of success says that it arrived; nothing else of the answer is read.
    """
    wrong = wrong_with(url, local=local)
    if wrong:
        raise Undelivered(wrong)
    address = httpx.URL(url)
    network = PublicNetwork(deadline.Network(httpcore.SyncBackend()), local=local)
    with (
        _in_words(timeout_s),
        deadline.within(timeout_s),
        httpcore.ConnectionPool(ssl_context=_certificates(), network_backend=network) as pool,
        pool.stream(
            "POST",
            httpcore.URL(
                scheme=address.raw_scheme,
                host=address.raw_host,
                port=address.port,
                target=address.raw_path,
            ),
            headers=[(b"Host", address.netloc), *_headers(secret, message)],
            content=message.body,
        ) as answer,
    ):
        status = answer.status
    if httpx.codes.is_redirect(status):
        raise Undelivered(f"It answered with a redirect ({status}), which is not followed.")
    if not httpx.codes.is_success(status):
        raise Undelivered(f"It answered with HTTP status {status}.")


def signature(secret: str, at: int, body: bytes) -> str:
    """The header that proves who sent `body`, and when: `at` in seconds since 1970."""
    signed = hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256)
    return f"t={at},v1={signed.hexdigest()}"


def _headers(secret: str, message: Message) -> list[tuple[bytes, bytes]]:
    told = {
        "Content-Type": "application/json",
        "Content-Length": str(len(message.body)),
        "User-Agent": "Importer",
        "X-Importer-Event": message.event,
        "X-Importer-Delivery": message.id,
        "X-Importer-Signature": signature(secret, int(time.time()), message.body),
    }
    return [(name.encode(), value.encode()) for name, value in told.items()]


@contextmanager
def _in_words(timeout_s: float) -> Iterator[None]:
    """What can go wrong on the way, as `Undelivered`."""
    try:
        yield
    except NotPublic:
        raise Undelivered(NOT_PUBLIC) from None
    except httpcore.TimeoutException as error:
        raise Undelivered(f"It did not answer within {timeout_s:g} seconds.") from error
    except httpcore.ConnectError as error:
        if error.args and isinstance(error.args[0], ssl.SSLError):
            raise Undelivered("Its certificate is not valid.") from error
        raise Undelivered("It cannot be reached.") from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise Undelivered("It broke off before it had answered.") from error


def _may_be_public(host: str) -> bool:
    """False for a number that is an address of no public machine; a name may be anything."""
    try:
        return is_public(host)
    except ValueError:
        return host not in THIS_MACHINE


@cache
def _certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context()
