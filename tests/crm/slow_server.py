"""A server that is in no hurry: it sends its answer in pieces, with a pause before each."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class SlowServer:
    """Answers every request with the same pieces; `asked` has the first line of each request."""

    address: str
    asked: list[str] = field(default_factory=list)


def drops(answer: bytes) -> list[bytes]:
    """An answer of single bytes."""
    return [answer[n : n + 1] for n in range(len(answer))]


@contextmanager
def slow_server(
    pieces: Sequence[bytes], pause_s: float, tls: ssl.SSLContext | None = None
) -> Iterator[SlowServer]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        scheme = "https" if tls else "http"
        server = SlowServer(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}")
        over = threading.Event()
        serve = threading.Thread(
            target=_accept, args=(listener, server, pieces, pause_s, tls, over)
        )
        serve.start()
        try:
            yield server
        finally:
            over.set()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            serve.join()


def _accept(listener, server, pieces, pause_s, tls, over) -> None:
    answering = []
    while not over.is_set():
        try:
            peer, _ = listener.accept()
        except OSError:
            break
        one = threading.Thread(target=_answer, args=(peer, server, pieces, pause_s, tls, over))
        one.start()
        answering.append(one)
    for one in answering:
        one.join()


def _answer(peer, server, pieces, pause_s, tls, over) -> None:
    with suppress(OSError), tls.wrap_socket(peer, server_side=True) if tls else peer as peer:
        server.asked.append(peer.recv(65536).partition(b"\r\n")[0].decode())
        for piece in pieces:
            if over.wait(pause_s):
                return
            peer.sendall(piece)
        time.sleep(pause_s)
