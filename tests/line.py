"""The line to the CRM: it carries every request to the practice CRM, unless a test cuts it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

Carry = Callable[[httpx.Request], httpx.Response]
Fault = Callable[[httpx.Request, Carry], httpx.Response]

UPLOAD = ("POST", "/upload")
CREATE = ("POST", "/write")
LOOK = ("GET", "/write/")
DOWNLOAD = ("GET", "/bulk-write/")
RESULT_BY_ID = ("GET", "/result")
TOKEN = ("POST", "/oauth/v2/token")


@dataclass
class Line(httpx.BaseTransport):
    """A transport that notes what it carries; faults are used up in their order."""

    carried: list[tuple[str, str]] = field(default_factory=list)  # that reached the CRM
    faults: list[tuple[tuple[str, str], Fault]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._network = httpx.HTTPTransport(verify=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        fault = self._due(request)
        return fault(request, self._carry) if fault else self._carry(request)

    def close(self) -> None:
        """Stays open: clients come and go."""

    def cut(self, call: tuple[str, str], fault: Fault, times: int = 1) -> None:
        """Let `fault` happen to the next `times` requests of the kind `call`."""
        self.faults += [(call, fault)] * times

    def count(self, call: tuple[str, str]) -> int:
        """How many requests of the kind `call` have reached the CRM."""
        return sum(_fits(call, method, path) for method, path in self.carried)

    def _carry(self, request: httpx.Request) -> httpx.Response:
        self.carried.append((request.method, request.url.path))
        return self._network.handle_request(request)

    def _due(self, request: httpx.Request) -> Fault | None:
        with self._lock:
            for index, (call, fault) in enumerate(self.faults):
                if _fits(call, request.method, request.url.path):
                    del self.faults[index]
                    return fault
        return None


def _fits(call: tuple[str, str], method: str, path: str) -> bool:
    wanted, part = call
    whole = part == "/write" and not path.endswith("/write")
    return method == wanted and part in path and not whole


def not_reached(request: httpx.Request, carry: Carry) -> httpx.Response:
    raise httpx.ConnectError("connection refused")


def lost_before(request: httpx.Request, carry: Carry) -> httpx.Response:
    """The request never arrives, and nobody can tell."""
    raise httpx.ReadTimeout("no answer")


def lost_after(request: httpx.Request, carry: Carry) -> httpx.Response:
    """The request takes effect, and its answer is lost."""
    carry(request).read()
    raise httpx.ReadTimeout("no answer")


def answered(status: int, code: str = "", **headers: str) -> Fault:
    """The CRM answers so, and does nothing."""
    body = {"code": code, "message": "so it says", "status": "error"} if code else {}
    return lambda request, carry: httpx.Response(status, json=body, headers=headers)


def garbage(request: httpx.Request, carry: Carry) -> httpx.Response:
    """A result that is no archive."""
    headers = {"Content-Type": "application/zip"}
    return httpx.Response(200, content=b"PK not really", headers=headers)


def killed(request: httpx.Request, carry: Carry) -> httpx.Response:
    """The process ends before it has sent the request."""
    raise Killed


def killed_after(request: httpx.Request, carry: Carry) -> httpx.Response:
    """The process ends when the request has taken effect, before it knows the answer."""
    carry(request).read()
    raise Killed


class Killed(BaseException):
    """The end of a process: nothing that catches exceptions catches it."""
