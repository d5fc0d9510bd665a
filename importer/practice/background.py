"""A thread that looks for work again and again, until told to stop."""

import threading
from abc import ABC, abstractmethod
from typing import Final

LOOKS_EVERY_S: Final = 0.05


class BackgroundWorker(ABC):
    """Does one piece of work at a time; `stopping` is set when it is to put it down."""

    def __init__(self, name: str) -> None:
        self.stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch in hand, no more."""
        self.stopping.set()
        self._thread.join()

    @abstractmethod
    def look(self) -> None:
        """Take on what is ready, if there is anything."""

    def _run(self) -> None:
        while not self.stopping.wait(LOOKS_EVERY_S):
            self.look()
