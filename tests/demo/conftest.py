"""Ports that are taken, and signal handlers that are put back."""

import signal
import socket
from collections.abc import Iterator

import pytest

from importer.demo.ports import HOST
from importer.demo.services import StopSignals


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.create_server((HOST, 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def stop_signals() -> Iterator[StopSignals]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield StopSignals()
    for number, handler in before.items():
        signal.signal(number, handler)
