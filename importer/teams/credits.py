"""The API credits that a connection has left, as its CRM last told one of our processes."""

import logging
import time
from datetime import timedelta
from typing import Any

from django.db import InterfaceError, OperationalError
from django.db.models import Q, QuerySet
from django.utils import timezone

from importer.crm.credits import JOB_CREDITS

WORTH_TELLING = 100  # credits more or fewer than were told before
TOLD_EVERY_S = 60.0  # even if hardly any were spent
SILENCE = timedelta(minutes=10)  # of a CRM that has more than half of the credits left again

log = logging.getLogger(__name__)


class DatabaseCredits:
    """A `crm.credits.Credits` kept in the connection's row, which is written to now and then."""

    def __init__(self, row: QuerySet[Any]) -> None:
        self._row = row  # of the one connection
        self._left: int | None = -WORTH_TELLING  # as this process has written it
        self._due = 0.0  # on the monotonic clock

    def told(self, left: int | None) -> None:
        if not self._is_news(left):
            return
        self._left, self._due = left, time.monotonic() + TOLD_EVERY_S
        now, row = timezone.now(), self._row
        if left is None:  # not every answer need tell of them
            silent = Q(credits_told_at__lt=now - SILENCE)
            row = row.filter(silent, credits_left__isnull=False)
        try:
            row.update(credits_left=left, credits_told_at=now)
        except (OperationalError, InterfaceError):
            log.warning("The credits left could not be shared", exc_info=True)

    def _is_news(self, left: int | None) -> bool:
        if time.monotonic() >= self._due:
            return True
        if left is None or self._left is None:
            return left is not self._left
        too_few = (left < JOB_CREDITS) != (self._left < JOB_CREDITS)
        return too_few or abs(left - self._left) >= WORTH_TELLING
