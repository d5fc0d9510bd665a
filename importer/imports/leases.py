"""Leases: one process works on a row at a time, and a killed one holds it for seconds only."""

import logging
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Self, TypeVar

from django.conf import settings
from django.db import DatabaseError, models
from django.db import connection as database
from django.db.models import Q
from django.utils import timezone

LEASE = timedelta(seconds=settings.LEASE_S)
HEARTBEAT_S = settings.LEASE_S / 3  # how often a long step renews its lease
EARLY = timedelta(seconds=1)  # a nudge may come that much before the step is due

log = logging.getLogger(__name__)


class LostLease(Exception):
    """Another process has taken over; what this one still wanted to write is void."""


class IllegalMove(Exception):
    """The row is no longer in a state from which this move leads."""


L = TypeVar("L", bound="Leased")


class LeasedQuerySet(models.QuerySet[Any]):
    """Rows that several processes may want to work on."""

    def free(self) -> Self:
        """Those that nobody works on now."""
        return self.filter(_free())


def _free() -> Q:
    return Q(lease_until=None) | Q(lease_until__lt=timezone.now())


class Leased(models.Model):
    """A row with a state that only the holder of its lease moves on."""

    lease_until = models.DateTimeField(null=True, editable=False)
    lease_token = models.UUIDField(null=True, editable=False)

    class Meta:
        abstract = True

    def write(self, **fields: Any) -> None:
        """Save `fields` if the lease is still ours; otherwise `LostLease`, and nothing changes."""
        held = type(self)._base_manager.filter(pk=self.pk, lease_token=self.lease_token)
        if self.lease_token is None or not held.update(**fields):
            raise LostLease(f"{self} was taken over")
        for name, value in fields.items():
            setattr(self, name, value)

    def still_mine(self) -> None:
        """`LostLease` unless nobody has taken over: before what cannot be taken back."""
        self.write(lease_token=self.lease_token)


@contextmanager
def leased(row: L) -> Iterator[L | None]:
    """`row`, read afresh and ours alone until the block ends; None while another has it."""
    token = uuid.uuid4()
    rows = type(row)._base_manager.filter(pk=row.pk)
    if not rows.filter(_free()).update(lease_token=token, lease_until=timezone.now() + LEASE):
        yield None
        return
    row.refresh_from_db()
    try:
        with _heartbeat(rows.filter(lease_token=token)):
            yield row
    finally:
        rows.filter(lease_token=token).update(lease_token=None, lease_until=None)


@contextmanager
def _heartbeat(held: models.QuerySet[Any]) -> Iterator[None]:
    ended = threading.Event()

    def renew() -> None:
        while not ended.wait(HEARTBEAT_S):
            try:
                held.update(lease_until=timezone.now() + LEASE)
            except DatabaseError:
                log.warning("A lease could not be renewed; it is tried again", exc_info=True)
            finally:
                database.close()  # this thread's own

    thread = threading.Thread(target=renew, daemon=True, name="lease")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
