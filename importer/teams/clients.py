"""The clients of this process: one for each connection, lent to all threads that use it."""

import atexit
import os
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

from importer.crm.client import CrmClient
from importer.crm.hosts import Hosts

MOST = 32  # are kept for their next use; each holds a few connections open, for seconds


@dataclass(frozen=True, slots=True)
class Access:
    """What a connection's client is made for; when it changes, so does the client."""

    hosts: Hosts
    api_version: str
    timeout_s: float


@dataclass(slots=True, eq=False)
class _Lent:
    access: Access
    client: CrmClient
    users: int = 0
    is_kept: bool = True


class Clients:
    """Keeps a client for each connection, and closes it when the last who used it is done."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew and leave alone what there was: a child must not use its parent's sockets."""
        self._lock = Lock()
        self._by_connection: OrderedDict[int, _Lent] = OrderedDict()  # latest used last

    @contextmanager
    def lend(
        self, connection: int, access: Access, make: Callable[[], CrmClient]
    ) -> Iterator[CrmClient]:
        """The client of the connection with this primary key, `make` being called where needed."""
        lent = self._take(connection, access, make)
        try:
            yield lent.client
        finally:
            self._give_back(lent)

    def close_all(self) -> None:
        """Close every client, those in use when they are given back."""
        with self._lock:
            while self._by_connection:
                self._drop(next(iter(self._by_connection)))

    def _take(self, connection: int, access: Access, make: Callable[[], CrmClient]) -> _Lent:
        with self._lock:
            lent = self._by_connection.get(connection)
            if lent is None or lent.access != access:
                if lent:
                    self._drop(connection)
                lent = self._by_connection[connection] = _Lent(access, make())
            lent.users += 1
            self._by_connection.move_to_end(connection)
            while len(self._by_connection) > MOST:
                self._drop(next(iter(self._by_connection)))
        return lent

    def _drop(self, connection: int) -> None:
        lent = self._by_connection.pop(connection)
        lent.is_kept = False
        if not lent.users:
            lent.client.close()

    def _give_back(self, lent: _Lent) -> None:
        with self._lock:
            lent.users -= 1
            if not lent.users and not lent.is_kept:
                lent.client.close()


CLIENTS = Clients()
atexit.register(CLIENTS.close_all)
os.register_at_fork(after_in_child=CLIENTS.forget)
