"""The thread that runs errands, one at a time, batch by batch."""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

from importer.practice.background import BackgroundWorker
from importer.practice.errands.errands import Errand, ErrandGoneError, Errands, ErrandState, Kind

BREATH_S: Final = 0.002  # between batches, so that other writers get their turn
Step = Callable[[Errand], bool]

log = logging.getLogger(__name__)


class ErrandWorker(BackgroundWorker):
    """Runs whatever is ready.

    The step of a kind does one batch and says whether there is more to do. An errand that is cut
    off goes on with its next batch.
    """

    def __init__(self, errands: Errands, steps: Mapping[Kind, Step]) -> None:
        super().__init__("errands")
        self.errands, self.steps = errands, steps

    def look(self) -> None:
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
            if self.stopping.wait(BREATH_S):
                return
            now = self.errands.get(errand.kind, errand.id)
            if now is None:
                raise ErrandGoneError
            errand = now
        self.errands.end(errand, ErrandState.COMPLETED)
