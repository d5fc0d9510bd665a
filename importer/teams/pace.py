"""The pause that a connection's CRM wants, shared by all processes of the installation."""

import logging
from datetime import timedelta
from typing import Any

import stamina
from django.db import InterfaceError, OperationalError
from django.db.models import Q, QuerySet
from django.utils import timezone

from importer.teams.faults import told_as_temporary

log = logging.getLogger(__name__)


class DatabasePace:
    """A `crm.pace.Pace` kept in the connection's row."""

    def __init__(self, row: QuerySet[Any]) -> None:
        self._row = row  # of the one connection

    def wait_s(self) -> float:
        with told_as_temporary():
            held_until = self._row.values_list("held_until", flat=True).get()
        return max(0.0, (held_until - timezone.now()).total_seconds()) if held_until else 0.0

    def hold(self, seconds: float) -> None:
        until = timezone.now() + timedelta(seconds=seconds)
        shorter = self._row.filter(Q(held_until=None) | Q(held_until__lt=until))
        try:
            for attempt in stamina.retry_context(on=OperationalError, attempts=3):
                with attempt:
                    shorter.update(held_until=until)
        except (OperationalError, InterfaceError):
            log.warning("A pause of %s s could not be shared", seconds, exc_info=True)
