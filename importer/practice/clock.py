"""What time it is in the practice CRM: that of the machine, unless somebody has put it forward."""

import threading
import time
from datetime import UTC, datetime
from typing import Final


class Clock:
    """Tells the time to everything that expires, waits or is dated."""

    def __init__(self) -> None:
        self._ahead_s = 0.0
        self._changing = threading.Lock()

    def time(self) -> float:
        """Seconds since 1970, as `time.time` has them."""
        return time.time() + self._ahead_s

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time(), UTC)

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass at once."""
        with self._changing:
            self._ahead_s += seconds

    def put_right(self) -> None:
        """Show the machine's time again."""
        with self._changing:
            self._ahead_s = 0.0


CLOCK: Final = Clock()  # one process is one practice CRM
