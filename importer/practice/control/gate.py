"""Stands before the whole application: answers in its place, or cuts the connection, when told to.

It also keeps the log of calls that tests read.
"""

import json
import re
from collections import deque
from dataclasses import dataclass
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from importer.practice.control.connections import cut
from importer.practice.control.faults import ANSWER, DROP, Fault, Faults

CALLS_KEPT: Final = 1000
API_PATH: Final = re.compile(r"/oauth/|/crm/(?!\w+/tab/)|/v\d")
CODES: Final = {
    401: ("INVALID_TOKEN", "invalid oauth token"),
    429: ("TOO_MANY_REQUESTS", "too many requests. please try again after some time"),
}


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """One call of the API. No status where the caller was not given any."""

    call: str  # `POST /crm/bulk/v7/write`
    status: int | None


class Gate:
    """The application with everything that can happen on the way to it."""

    def __init__(self, app: ASGIApp, faults: Faults, calls: deque[LoggedCall]) -> None:
        self.app, self.faults, self.calls = app, faults, calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not API_PATH.match(scope["path"]):
            await self.app(scope, receive, send)
            return
        call = f"{scope['method']} {scope['path']}"
        fault = self.faults.take((ANSWER, DROP), call)
        if fault is None:
            await self.app(scope, receive, self._logging(call, send))
        elif fault.kind == ANSWER:
            await _drain(receive)
            await _answer(fault, self._logging(call, send))
        else:
            await self._drop(fault, scope, receive, send)
            self.calls.append(LoggedCall(call, None))

    async def _drop(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.moment == "before":
            await _drain(receive)
        else:
            await self.app(scope, receive, _muted(send, halfway=fault.moment == "during"))
        cut(tuple(scope["client"]))

    def _logging(self, call: str, send: Send) -> Send:
        async def logging(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.calls.append(LoggedCall(call, message["status"]))
            await send(message)

        return logging


def _muted(send: Send, *, halfway: bool) -> Send:
    """Swallows the answer; `halfway` lets the head and half of the first piece through."""
    past_half = False

    async def muted(message: Message) -> None:
        nonlocal past_half
        if not halfway or past_half:
            return
        if message["type"] == "http.response.body":
            past_half = True
            body = message.get("body", b"")
            message = {**message, "body": body[: len(body) // 2], "more_body": True}
        await send(message)

    return muted


async def _drain(receive: Receive) -> None:
    """Take the body in, so that the caller gets to the end of sending it."""
    while (await receive()).get("more_body"):
        pass


async def _answer(fault: Fault, send: Send) -> None:
    kind, content = _content(fault)
    headers = {"content-type": kind, "content-length": str(len(content)), **fault.headers}
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": fault.status, "headers": raw})
    await send({"type": "http.response.body", "body": content})


def _content(fault: Fault) -> tuple[str, bytes]:
    """A text is sent as the HTML page it may be, anything else as JSON."""
    if isinstance(fault.body, str):
        return "text/html", fault.body.encode()
    body: Any = fault.body
    if body is None:
        code, message = CODES.get(fault.status, ("INTERNAL_ERROR", "Internal Server Error"))
        body = {"code": code, "details": {}, "message": message, "status": "error"}
    return "application/json", json.dumps(body).encode()
