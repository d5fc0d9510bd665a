"""A relay before the practice CRM that counts the connections which it is asked for."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass
class Relay:
    """Where it is, and how many connections it has accepted."""

    address: str
    accepted: int = 0


@contextmanager
def relay_to(address: str) -> Iterator[Relay]:
    """Carries bytes to and from the server at `address` until the block ends."""
    target = urlsplit(address)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        relay = Relay(f"http://127.0.0.1:{listener.getsockname()[1]}")
        there = (target.hostname or "", target.port or 80)
        accepting = threading.Thread(target=_accept, args=(listener, relay, there))
        accepting.start()
        try:
            yield relay
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()


def _accept(listener: socket.socket, relay: Relay, there: tuple[str, int]) -> None:
    while True:
        try:
            caller, _ = listener.accept()
        except OSError:  # the block has ended
            return
        relay.accepted += 1
        server = socket.create_connection(there)
        for source, target in ((caller, server), (server, caller)):
            threading.Thread(target=_carry, args=(source, target), daemon=True).start()


def _carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError), source:
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
