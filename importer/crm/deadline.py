"""How long the CRM may keep us: with one request, and with all that somebody waits for.

HTTP's own time-outs are for the next byte. A server that drips its bytes keeps to them for ever.
"""

import math
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import httpcore

SLOWEST = 10_000  # bytes a second; a request that moves fewer is given up in the end
_TOO_LONG = "it took too long in all"


@dataclass(slots=True)
class _Request:
    """A request that is under way; it may take longer the more it moves."""

    ends_at: float  # on the monotonic clock


_block_ends_at: ContextVar[float] = ContextVar("_block_ends_at", default=math.inf)
_under_way: ContextVar[_Request | None] = ContextVar("_under_way", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """All that is asked of the CRM in the block, tries and pauses too, may take so long."""
    ends_at = min(time.monotonic() + seconds, _block_ends_at.get())
    before = _block_ends_at.set(ends_at)
    try:
        yield
    finally:
        _block_ends_at.reset(before)


def left_s() -> float:
    """Seconds until the end of `within`; infinitely many outside of it."""
    return _block_ends_at.get() - time.monotonic()


@contextmanager
def one_request(seconds: float) -> Iterator[None]:
    """The request in the block may take so long, and one more for every `SLOWEST` bytes."""
    before = _under_way.set(_Request(time.monotonic() + seconds))
    try:
        yield
    finally:
        _under_way.reset(before)


def _moved(count: int) -> None:
    request = _under_way.get()
    if request is not None:
        request.ends_at += count / SLOWEST


def _at_most(timeout_s: float | None, error: type[Exception]) -> float | None:
    """How long to wait for the next byte; `error` where the time is up."""
    request = _under_way.get()
    ends_at = min(_block_ends_at.get(), request.ends_at if request else math.inf)
    left = ends_at - time.monotonic()
    if left <= 0:
        raise error(_TOO_LONG)
    shortest = min(left, math.inf if timeout_s is None else timeout_s)
    return None if math.isinf(shortest) else shortest


class _Stream(httpcore.NetworkStream):
    """A connection that keeps to the deadline of the request that uses it."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, _at_most(timeout, httpcore.ReadTimeout))
        _moved(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _at_most(timeout, httpcore.WriteTimeout))
        _moved(len(buffer))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        allowed = _at_most(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, allowed))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class Network(httpcore.NetworkBackend):
    """Connections that keep to the deadlines of the requests that use them."""

    def __init__(self, network: httpcore.NetworkBackend) -> None:
        self._network = network

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        allowed = _at_most(timeout, httpcore.ConnectTimeout)
        return _Stream(
            self._network.connect_tcp(host, port, allowed, local_address, socket_options)
        )
