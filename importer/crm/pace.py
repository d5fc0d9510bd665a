"""How fast the CRM may be asked: a pause that it wants holds for all who ask."""

import time
from threading import Lock
from typing import Protocol


class Pace(Protocol):
    """Keeps the one pause of a connection, across all processes that use it."""

    def wait_s(self) -> float:
        """Seconds until the CRM may be asked again; 0 when it may now."""
        ...

    def hold(self, seconds: float) -> None:
        """Nobody asks for so long. A pause never ends earlier than one set before."""
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
