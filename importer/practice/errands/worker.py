"""The thread that runs errands, one at a time, batch by batch."""

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from importer.practice.errands.errands import Errand, ErrandGoneError, Errands, ErrandState, Kind

LOOKS_EVERY_S: Final = 0.05
BREATH_S: Final = 0.002  # between batches, so that other writers get their turn
Step = Callable[[Errand], bool]

log = logging.getLogger(__name__)


class ErrandWorker:
    """Runs whatever is ready, until told to stop.

    The step of a kind does one batch and says whether there is more to do. An errand that is cut
    off goes on with its next batch.
    """

    def __init__(self, errands: Errands, steps: Mapping[Kind, Step]) -> None:
        self.errands = errands
        self.steps = steps
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="errands", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch in hand, no more."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(LOOKS_EVERY_S):
            errand = self.errands.next_ready()
            if errand is not None:
                self._take_on(errand)

    def _take_on(self, errand: Errand) -> None:
        try:
            self.errands.start(errand)
            self._go_through(errand)
        except ErrandGoneError:
            log.info("Errand %s was taken away while it ran.", errand.id)
        except Exception:  # whatever one errand does, the next must run
            log.exception("Errand %s broke off.", errand.id)
            with suppress(ErrandGoneError):
                self.errands.end(errand, ErrandState.FAILED)

    def _go_through(self, errand: Errand) -> None:
        while self.steps[errand.kind](errand):
            if self._stopping.wait(BREATH_S):
                return
            now = self.errands.get(errand.kind, errand.id)
            if now is None:
                raise ErrandGoneError
            errand = now
        self.errands.end(errand, ErrandState.COMPLETED)
