"""Somebody who is told by callbacks."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

Heard = list[dict[str, Any]]


@contextmanager
def listening(*, refusing: int = 0) -> Iterator[tuple[str, Heard]]:
    """The address to call back, and what has come there so far; the first are refused."""
    heard: Heard = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200 if len(heard) > refusing else 503)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", heard
    finally:
        server.shutdown()
        server.server_close()


def heard_of(heard: Heard, count: int) -> Heard:
    """What was heard, once it is `count` callbacks or nothing more comes."""
    for _ in range(100):
        if len(heard) >= count:
            break
        time.sleep(0.02)
    return heard
