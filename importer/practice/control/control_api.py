"""`/control/...`: mishaps, switches, rights, clock, credits at a test's command. Not Zoho's.

GET    /control            what is set, and what time it is
POST   /control/faults     `{"faults": [...]}`: mishaps to come
DELETE /control/faults     no more mishaps; jobs that were stuck go on
POST   /control/switches   `{"running_state": "IN PROGRESS", ...}`
POST   /control/rights     `{"withheld": ["create Leads"]}`: what the user may not do
POST   /control/clock      `{"advance_s": 3600}`: let an hour pass
DELETE /control/clock      the machine's time again
POST   /control/credits    `{"remaining": 0}`
GET    /control/calls      the latest calls of the API, oldest first
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from importer.practice.api.origin import from_elsewhere
from importer.practice.clock import CLOCK
from importer.practice.control import faults, switches
from importer.practice.control.faults import InvalidFaultError, read_faults
from importer.practice.control.switches import InvalidSwitchError
from importer.practice.crm import PracticeCrm

Deed = Callable[[PracticeCrm, Any], None]


def routes() -> list[BaseRoute]:
    return [
        Route("/control", read_state, methods=["GET"]),
        Route("/control/calls", read_calls, methods=["GET"]),
        Route("/control/faults", _deed(add_faults), methods=["POST"]),
        Route("/control/faults", _deed(clear_faults), methods=["DELETE"]),
        Route("/control/switches", _deed(turn_switches), methods=["POST"]),
        Route("/control/rights", _deed(withhold_rights), methods=["POST"]),
        Route("/control/clock", _deed(advance_clock), methods=["POST"]),
        Route("/control/clock", _deed(put_clock_right), methods=["DELETE"]),
        Route("/control/credits", _deed(set_credits), methods=["POST"]),
    ]


def read_state(request: Request) -> Response:
    return JSONResponse(_state(request.app.state.crm))


def read_calls(request: Request) -> Response:
    calls = list(request.app.state.crm.control.calls)
    return JSONResponse({"calls": [asdict(call) for call in calls]})


def add_faults(crm: PracticeCrm, given: Any) -> None:
    crm.control.faults.add(read_faults(given.get("faults")))


def clear_faults(crm: PracticeCrm, given: Any) -> None:
    crm.control.faults.clear()
    crm.jobs.release()


def turn_switches(crm: PracticeCrm, given: Any) -> None:
    crm.control.turn(given)


def withhold_rights(crm: PracticeCrm, given: Any) -> None:
    crm.control.rights.withhold(given.get("withheld"))


def advance_clock(crm: PracticeCrm, given: Any) -> None:
    seconds = given.get("advance_s")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
        raise ValueError("advance_s must be a number of seconds")
    CLOCK.advance(seconds)


def put_clock_right(crm: PracticeCrm, given: Any) -> None:
    CLOCK.put_right()


def set_credits(crm: PracticeCrm, given: Any) -> None:
    remaining = given.get("remaining")
    if isinstance(remaining, bool) or not isinstance(remaining, int) or remaining < 0:
        raise ValueError("remaining must be a number of credits")
    with crm.store.transaction() as db:
        crm.credits.leave(db, remaining)


def _deed(deed: Deed) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that does the deed and tells the state after it."""

    async def endpoint(request: Request) -> Response:
        crm: PracticeCrm = request.app.state.crm
        if from_elsewhere(request):
            return JSONResponse({"error": "not from another site"}, status_code=403)
        try:
            given = await request.json() if request.method == "POST" else {}
            if not isinstance(given, dict):
                raise ValueError("the body must be a JSON object")
            await run_in_threadpool(deed, crm, given)
        except (ValueError, InvalidFaultError, InvalidSwitchError) as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse(await run_in_threadpool(_state, crm))

    return endpoint


def _state(crm: PracticeCrm) -> dict[str, Any]:
    return {
        "time": CLOCK.now().isoformat(timespec="seconds"),
        "credits_remaining": crm.credits.remaining(),
        "faults": [faults.as_json(fault) for fault in crm.control.faults.coming()],
        "switches": switches.as_json(crm.control.switches),
        "withheld": sorted(crm.control.rights.withheld),
    }
