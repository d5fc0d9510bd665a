"""An office of processes that ask the CRM at the same moment: `python -m tests.teams.asking`.

Each line that it reads is an order, `{"deed": "ask", "processes": 8}`; it answers with a line.
The processes are forked from one that has set up Django, as a worker's are.
"""

import json
import multiprocessing
import os
import signal
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import django
import httpx
from django.core.management import call_command

FORK = multiprocessing.get_context("fork")
FIRST = 0  # the number of the process that asks before the others, where these follow


def main() -> None:
    django.setup()
    for line in sys.stdin:
        order = json.loads(line)
        print(json.dumps(DEEDS[order.pop("deed")](**order)), flush=True)


def prepare() -> None:
    """An empty database with one connection."""
    from importer.teams.connecting import connect_practice
    from importer.teams.models import Team

    for app in ("teams", "audit"):
        call_command("migrate", app, verbosity=0)
    connect_practice(Team.objects.create(name="Sales"))
    _leave_the_database()


def begin_anew(token: str = "", hours_left: float = 1) -> None:
    """No pause, nobody who renews, and `token`."""
    from importer.teams.models import Connection

    Connection.objects.update(
        held_until=None,
        renewing_until=None,
        access_token=token,
        access_token_expires_at=datetime.now(UTC) + timedelta(hours=hours_left),
    )
    _leave_the_database()


def ask(processes: int, call: str = "organisation", follow: bool = False) -> list[dict[str, Any]]:
    """What became of each process that asked, all at the same moment.

    `follow`: one asks, and the others as soon as there is a pause.
    """
    ready = FORK.Barrier(processes)
    with FORK.Pool(processes, _get_ready, (ready, call, follow)) as pool:
        return pool.map(_ask, range(processes), chunksize=1)


def die_while_renewing(claim_s: float) -> float:
    """A process is killed that had begun to renew the token; the time, on the monotonic clock."""
    from importer.teams import tokens

    tokens.CLAIM = timedelta(seconds=claim_s)  # for all that are forked from here on
    process = FORK.Process(target=_renew_and_die)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    return time.monotonic()


DEEDS = {
    "prepare": prepare,
    "begin_anew": begin_anew,
    "ask": ask,
    "die_while_renewing": die_while_renewing,
}

# In a process of its own

_order: dict[str, Any] = {}
_sent: list[tuple[str, float]] = []  # the path of each request, and when it was sent


def _get_ready(ready: Any, call: str, follow: bool) -> None:
    _order.update(ready=ready, call=call, follow=follow)
    send = httpx.HTTPTransport.handle_request

    def noting(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        _sent.append((request.url.path, time.monotonic()))
        return send(transport, request)

    httpx.HTTPTransport.handle_request = noting


def _ask(number: int) -> dict[str, Any]:
    from importer.crm.errors import CrmError

    connection = _connection()
    _order["ready"].wait(30)
    if _order["follow"] and number != FIRST:
        while not connection.pace.wait_s():
            time.sleep(0.01)
    found = {"error": "", "code": "", "retry_after_s": None}
    try:
        with connection.client() as crm:
            CALLS[_order["call"]](crm)
    except CrmError as error:
        kind, after_s = type(error).__name__, error.retry_after_s
        found = {"error": kind, "code": error.code, "retry_after_s": after_s}
    return {**found, "number": number, "sent": _sent}


def _create(crm: Any) -> object:
    from tests.crm.work import request_for

    return crm.bulk_write.create(request_for("57"))


CALLS = {"organisation": lambda crm: crm.organisation(), "create": _create}


def _renew_and_die() -> None:
    def fetch() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    _connection().tokens.renew(None, fetch)


def _connection() -> Any:
    from importer.teams.models import Connection

    return Connection.objects.get()


def _leave_the_database() -> None:
    """A forked process must not find its parent's connection."""
    from django.db import connections

    connections.close_all()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
