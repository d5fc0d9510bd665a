"""The pause that a connection's CRM wants, shared by all processes of the installation."""

from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone


class DatabasePace:
    """A `crm.pace.Pace` kept in the connection's row."""

    def __init__(self, row: QuerySet[Any]) -> None:
        self._row = row  # of the one connection

    def wait_s(self) -> float:
        held_until = self._row.values_list("held_until", flat=True).get()
        return max(0.0, (held_until - timezone.now()).total_seconds()) if held_until else 0.0

    def hold(self, seconds: float) -> None:
        until = timezone.now() + timedelta(seconds=seconds)
        self._row.filter(Q(held_until=None) | Q(held_until__lt=until)).update(held_until=until)
