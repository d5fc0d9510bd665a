"""One client for each connection of a process: shared, replaced, and closed when nobody uses it."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection as database

from importer.crm.client import CrmClient
from importer.crm.errors import CrmUnauthorised
from importer.crm.hosts import one_host
from importer.imports.advance import advance_part
from importer.imports.models import Part
from importer.teams import clients, connecting
from importer.teams.clients import CLIENTS, Access, Clients
from importer.teams.models import Connection
from tests.office import bring_to, confirmed, leads_csv
from tests.teams.relay import relay_to

pytestmark = pytest.mark.alone

ACCESS = Access(one_host("http://crm.example"), "v7", 30)


class Client:
    """Notes whether it is closed."""

    def __init__(self) -> None:
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def registry() -> Clients:
    return Clients()


@pytest.fixture
def relay(connection):
    """The connection's servers, asked through a relay."""
    with relay_to(connection.api_url) as relay:
        connecting.change_access(connection, all_at(relay.address), connection.organisation)
        yield relay
    CLIENTS.close_all()


def all_at(address: str) -> dict[str, str]:
    return dict.fromkeys(("accounts_url", "api_url", "upload_url", "web_url"), address)


def lent(registry: Clients, connection: int = 1, access: Access = ACCESS) -> Client:
    """The client that the registry lends, given back at once."""
    with registry.lend(connection, access, Client) as client:
        return client


# Connections to the CRM


def test_steps_of_a_part_share_one_connection_to_the_crm(connection, ana, domain, relay):
    import_ = confirmed(connection, ana, leads_csv(domain))
    part = bring_to(import_, Part.State.PACKED)

    for state in (Part.State.UPLOADED, Part.State.SUBMITTED):
        Part.objects.update(due_at=None)
        advance_part(part.pk)
        part.refresh_from_db()
        assert part.state == state

    assert relay.accepted == 1


def test_threads_of_a_process_share_one_client(connection):
    ready = threading.Barrier(4)

    def borrowed(_: int) -> CrmClient:
        with connection.client() as crm:
            ready.wait(10)
            return crm

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(borrowed, range(4)))) == 1


def test_child_process_uses_no_connection_of_its_parent(connection):
    with connection.client() as crm:
        crm.organisation()
        child = os.fork()
        if not child:
            with connection.client() as own:
                os._exit(0 if own is not crm else 1)
        assert os.waitpid(child, 0)[1] == 0
        with connection.client() as again:
            assert again is crm


# Access that changes


@pytest.mark.django_db(transaction=True)
def test_credentials_that_change_take_effect_at_once_in_every_thread(connection):
    """Also in the middle of a block: the client asks for them when it needs a new token."""
    right = {"refresh_token": connection.refresh_token}
    changed, seen = threading.Barrier(3), []

    def asks() -> None:
        try:
            with Connection.objects.get(pk=connection.pk).client() as crm:
                seen.append(crm.organisation().zgid)
                for _ in range(2):
                    changed.wait(10)  # for the change to begin, and to be made
                with pytest.raises(CrmUnauthorised):
                    crm.organisation()
                for _ in range(2):
                    changed.wait(10)
                seen.append(crm.organisation().zgid)
        finally:
            database.close()

    def change(access: dict[str, str]) -> None:
        changed.wait(10)
        connecting.change_access(connection, access, {})
        changed.wait(10)

    with ThreadPoolExecutor(2) as pool:
        asking = [pool.submit(asks) for _ in range(2)]
        change({"refresh_token": "revoked"})
        change(right)
        for one in asking:
            one.result()

    assert len(seen) == 4
    assert len(set(seen)) == 1


def test_client_is_replaced_when_its_connection_moves(registry):
    moved = Access(one_host("http://elsewhere.example"), "v7", 30)
    first = lent(registry)

    second = lent(registry, access=moved)

    assert second is not first
    assert (first.is_closed, second.is_closed) == (True, False)
    assert lent(registry, access=moved) is second


@pytest.mark.parametrize("gone", ["moved", "crowded out", "closed"])
def test_client_in_use_is_closed_when_it_is_given_back(registry, monkeypatch, gone):
    monkeypatch.setattr(clients, "MOST", 1)
    deeds: dict[str, Callable[[], object]] = {
        "moved": lambda: lent(registry, access=Access(ACCESS.hosts, "v8", 30)),
        "crowded out": lambda: lent(registry, connection=2),
        "closed": registry.close_all,
    }
    with registry.lend(1, ACCESS, Client) as client:
        with registry.lend(1, ACCESS, Client) as same:
            deeds[gone]()
        assert same is client
        assert not client.is_closed

    assert client.is_closed


def test_clients_are_kept_for_those_used_last(registry, monkeypatch):
    monkeypatch.setattr(clients, "MOST", 2)
    first, second = lent(registry, 1), lent(registry, 2)
    assert lent(registry, 1) is first

    lent(registry, 3)

    assert (first.is_closed, second.is_closed) == (False, True)


def test_client_is_given_back_after_a_fault(registry):
    with pytest.raises(ZeroDivisionError), registry.lend(1, ACCESS, Client) as client:
        raise ZeroDivisionError
    registry.close_all()

    assert client.is_closed
