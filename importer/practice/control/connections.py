"""The connections that callers have open, so that one can be cut in the middle of a call."""

import asyncio
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

Peer = tuple[str, int]
OPEN: Final[dict[Peer, asyncio.Transport]] = {}


class CuttableProtocol(H11Protocol):
    """Speaks HTTP and keeps its connection in `OPEN` while it lasts."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        # As in the class above, which narrows the parameter in the same way.
        super().connection_made(transport)
        if self.client is not None:
            OPEN[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self.client is not None:
            OPEN.pop(self.client, None)
        super().connection_lost(exc)


def cut(peer: Peer) -> None:
    """Close the connection to `peer` without another word."""
    transport = OPEN.get(peer)
    if transport is not None:
        transport.abort()
