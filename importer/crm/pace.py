"""How fast the CRM may be asked: a pause that it wants holds for all who ask."""

import random
import time
from threading import Lock
from typing import Protocol

SPREAD_S = 0.5  # who waited for the same moment comes within so long after it


class Pace(Protocol):
    """Keeps the one pause of a connection, across all processes that use it."""

    def wait_s(self) -> float:
        """Seconds until the CRM may be asked again; 0 when it may now.

        Raises `CrmUnavailable` where that cannot be told.
        """
        ...

    def hold(self, seconds: float) -> None:
        """Nobody asks for so long. A pause never ends earlier than one set before.

        Raises nothing: the CRM's answer that asked for it matters more.
        """
        ...


class MemoryPace:
    """A pace for the threads of one process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._until = 0.0  # on the monotonic clock

    def wait_s(self) -> float:
        return max(0.0, self._until - time.monotonic())

    def hold(self, seconds: float) -> None:
        with self._lock:
            self._until = max(self._until, time.monotonic() + seconds)


def spread(pause_s: float) -> float:
    """The pause, and a little more: who fails together should not come back together."""
    return pause_s + random.uniform(0, SPREAD_S)  # noqa: S311  # spreads load
