"""How many calls may be under way at a time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from importer.practice.api.errors import too_many


class Concurrency:
    """Counts the calls under way, for one client of one organisation."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._under_way = 0
        self._counting = threading.Lock()

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Count a call while it lasts; `ApiError` if it is one too many."""
        with self._counting:
            if self._under_way >= self.limit:
                raise too_many(limit=self.limit)
            self._under_way += 1
        try:
            yield
        finally:
            with self._counting:
                self._under_way -= 1
