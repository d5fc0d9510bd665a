"""Celery's broker as folders of one machine: kombu's own, proof against processes that die.

Kombu writes a message in place, where a reader can find it empty, or cut short for good if the
writer dies; reading such a one ends the worker. Here a message appears whole, and one that is
broken is passed over: a message is only a nudge.
"""

import logging
import uuid
from pathlib import Path
from time import monotonic
from typing import Any

import stamina
from kombu.transport import filesystem
from kombu.utils.encoding import str_to_bytes
from kombu.utils.json import dumps

log = logging.getLogger(__name__)


class Channel(filesystem.Channel):
    """Messages are put in place by a rename, which is one step of the disk."""

    def _put(  # type: ignore[override]  # as in the class above
        self, queue: str, payload: Any, **kwargs: Any
    ) -> None:
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}"
        folder = Path(self.data_folder_out)
        draft = folder / f"{name}.draft"
        draft.write_bytes(str_to_bytes(dumps(payload)))
        draft.replace(folder / f"{name}.{queue}.msg")

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        while True:
            try:
                return super()._get(queue)
            except ValueError:
                log.warning("A broken message was passed over; the sweep finds what it was about")

    def _queue_bind(self, *args: Any) -> None:
        """Two that start at once may find the other's table half written."""
        for attempt in stamina.retry_context(on=ValueError, attempts=5):
            with attempt:
                super()._queue_bind(*args)


class Transport(filesystem.Transport):
    """As kombu's, with our channel."""

    Channel = Channel
