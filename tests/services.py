"""What this machine offers to tests beyond Python: a browser, PostgreSQL, Redis, RabbitMQ.

What is missing skips the test with a sentence; with `REQUIRE_SERVICES=1` it fails it instead.
"""

import os
import shutil
import socket
from typing import NoReturn
from urllib.parse import urlsplit

import pytest


def missing(sentence: str) -> NoReturn:
    """End the test: skipped, or failed where everything is required to be there."""
    if os.environ.get("REQUIRE_SERVICES") == "1":
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)


def service(variable: str, default: str) -> str:
    """The URL that the environment gives in `variable`, or the usual one, if it answers."""
    url = os.environ.get(variable, default)
    where = urlsplit(url)
    if not _answers(where.hostname or "", where.port or 0):
        missing(f"Nothing answers at {where.hostname}:{where.port}; {variable} may name another.")
    return url


def _answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError:
        return False
    return True


def postgresql_url() -> str:
    """A database of the server that tests may make their own databases at."""
    return service("TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")


def redis_url() -> str:
    return service("TEST_REDIS_URL", "redis://127.0.0.1:6379/0")


def rabbitmq_url() -> str:
    return service("TEST_RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672//")


def chromium() -> str:
    """The path of the system's Chromium."""
    given = os.environ.get("CHROMIUM")
    for name in [given] if given else ["/usr/bin/chromium", "chromium", "chromium-browser"]:
        found = shutil.which(name)
        if found:
            return found
    missing("There is no Chromium on this machine; CHROMIUM may name its path.")
