"""The databases and brokers that an installation may stand on, each one's own for a test."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import kombu
import psycopg
from psycopg import sql

from tests.journey.installation import Installation, Stack
from tests.services import postgresql_url, rabbitmq_url, redis_url

SQLITE = "SQLite and files"
REDIS = "PostgreSQL and Redis"
RABBITMQ = "PostgreSQL and RabbitMQ"


@contextmanager
def stack(name: str) -> Iterator[Stack]:
    """The servers of `name`, with an empty database and queue that are gone afterwards."""
    if name == SQLITE:
        yield Stack()
        return
    broker_url = redis_url() if name == REDIS else rabbitmq_url()
    with database() as database_url, _queue(broker_url) as queue:
        yield Stack(database_url, broker_url, queue)


def lose_messages(installed: Installation, servers: Stack) -> None:
    """All that wait in the queue, as if the broker had died and forgotten them."""
    if servers.broker_url.startswith("filesystem"):
        for message in (installed.data_dir / "queue" / "messages").iterdir():
            message.unlink(missing_ok=True)
        return
    with kombu.Connection(servers.broker_url) as connection, connection.channel() as channel:
        name = servers.queue
        kombu.Queue(name, kombu.Exchange(name), name).bind(channel).purge()


@contextmanager
def database() -> Iterator[str]:
    """The URL of an empty database of the PostgreSQL server, which is gone afterwards."""
    server = postgresql_url()
    name = f"importer_test_{uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield f"{server.rpartition('/')[0]}/{name}"
        finally:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
            connection.execute(drop.format(sql.Identifier(name)))


@contextmanager
def _queue(broker_url: str) -> Iterator[str]:
    name = f"importer-test-{uuid4().hex[:12]}"
    try:
        yield name
    finally:
        with kombu.Connection(broker_url) as connection, connection.channel() as channel:
            queue = kombu.Queue(name, kombu.Exchange(name), name).bind(channel)
            queue.declare()  # only so does kombu know which of Redis' keys are its own
            queue.delete()
            queue.exchange.delete()
