"""Mishaps that the practice CRM was told to have: which, where, and how often.

Each is a JSON object with a `kind`; the README of this package lists kinds and keys.
"""

import threading
from collections.abc import Collection
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatchcase
from typing import Any, Final

FOR_GOOD_S: Final = 10 * 365 * 24 * 3600.0
MOMENTS: Final = ("before", "during", "after")

# The calls that go wrong, then the jobs, their results and their callbacks.
ANSWER: Final = "answer"
DROP: Final = "drop"
LATENCY: Final = "latency"
EXPIRED_ACCESS: Final = "expired_token"
CREDITS_GONE: Final = "credits_gone"
JOB_STUCK: Final = "job_stuck"
JOB_FAILED: Final = "job_failed"
JOB_BROKEN_OFF: Final = "job_broken_off"
RESULT_LATE: Final = "result_late"
RESULT_TRUNCATED: Final = "result_truncated"
RESULT_DISORDERED: Final = "result_disordered"
RESULT_ROW_MISSING: Final = "result_row_missing"
CALLBACK_LOST: Final = "callback_lost"
CALLBACK_DOUBLED: Final = "callback_doubled"
CALLBACK_FORGED: Final = "callback_forged"

COMMON_KEYS: Final = frozenset({"kind", "on", "times", "skip"})
KEYS: Final[dict[str, frozenset[str]]] = {
    ANSWER: frozenset({"status", "body", "headers"}),
    DROP: frozenset({"moment"}),
    LATENCY: frozenset({"seconds"}),
    EXPIRED_ACCESS: frozenset(),
    CREDITS_GONE: frozenset(),
    JOB_STUCK: frozenset({"seconds", "after_rows"}),
    JOB_FAILED: frozenset({"code", "after_rows"}),
    JOB_BROKEN_OFF: frozenset({"after_rows"}),
    RESULT_LATE: frozenset({"seconds"}),
    RESULT_TRUNCATED: frozenset(),
    RESULT_DISORDERED: frozenset(),
    RESULT_ROW_MISSING: frozenset({"row"}),
    CALLBACK_LOST: frozenset(),
    CALLBACK_DOUBLED: frozenset(),
    CALLBACK_FORGED: frozenset(),
}


class InvalidFaultError(ValueError):
    """What was given describes no mishap; the message says why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of mishap; a key that its kind does not use has no effect."""

    kind: str
    on: str = "*"  # a pattern for `POST /crm/bulk/v7/write`, or for `insert Leads` where jobs fail
    times: int | None = 1  # None: as long as it stands
    skip: int = 0  # how many occasions pass unharmed first
    status: int = 500
    body: Any = None  # None: what goes with the status
    headers: dict[str, str] = field(default_factory=dict)
    moment: str = "before"  # a connection drops before, during or after the deed
    seconds: float = FOR_GOOD_S
    after_rows: int = 0
    code: str = "INTERNAL_ERROR"
    row: int = 1  # the result's row that is left out, the first being 1


class Faults:
    """The mishaps still to come, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._coming: list[Fault] = []
        self._changing = threading.Lock()

    def add(self, faults: Collection[Fault]) -> None:
        with self._changing:
            self._coming += faults

    def clear(self) -> None:
        with self._changing:
            self._coming.clear()

    def coming(self) -> list[Fault]:
        with self._changing:
            return list(self._coming)

    def take(self, kinds: Collection[str], occasion: str) -> Fault | None:
        """The first mishap of one of `kinds` that is due on this occasion, used up by it."""
        with self._changing:
            for place, fault in enumerate(self._coming):
                if fault.kind not in kinds or not fnmatchcase(occasion, fault.on):
                    continue
                if fault.skip:
                    self._coming[place] = replace(fault, skip=fault.skip - 1)
                    continue
                self._use_up(place)
                return fault
        return None

    def _use_up(self, place: int) -> None:
        fault = self._coming[place]
        if fault.times == 1:
            del self._coming[place]
        elif fault.times is not None:
            self._coming[place] = replace(fault, times=fault.times - 1)


def read_faults(given: Any) -> list[Fault]:
    """The mishaps in a list of JSON objects. `InvalidFaultError` names the first that is none."""
    if not isinstance(given, list):
        raise InvalidFaultError("faults must be a list")
    return [_read(place, entry) for place, entry in enumerate(given)]


def _read(place: int, entry: Any) -> Fault:
    if not isinstance(entry, dict) or entry.get("kind") not in KEYS:
        raise InvalidFaultError(f"faults[{place}]: kind must be one of {', '.join(KEYS)}")
    unknown = entry.keys() - COMMON_KEYS - KEYS[entry["kind"]]
    if unknown:
        raise InvalidFaultError(f"faults[{place}]: {entry['kind']} knows no {min(unknown)}")
    for name, value in entry.items():
        if not _fits(name, value):
            raise InvalidFaultError(f"faults[{place}]: {name} cannot be {value!r}")
    return Fault(**({"seconds": 1.0} | entry if entry["kind"] == LATENCY else entry))


def _fits(name: str, value: Any) -> bool:
    match name:
        case "times":
            return value is None or (_is_count(value) and value > 0)
        case "skip" | "after_rows":
            return _is_count(value)
        case "row":
            return _is_count(value) and value > 0
        case "status":
            return _is_count(value) and 200 <= value <= 599
        case "seconds":
            return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
        case "moment":
            return value in MOMENTS
        case "headers":
            return isinstance(value, dict) and all(isinstance(v, str) for v in value.values())
        case "body":
            return True
        case _:
            return isinstance(value, str)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def as_json(fault: Fault) -> dict[str, Any]:
    """The object that would ask for it."""
    keys = COMMON_KEYS | KEYS[fault.kind]
    return {f.name: getattr(fault, f.name) for f in fields(fault) if f.name in keys}
