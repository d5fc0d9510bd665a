"""The Celery application: `celery -A importer.celery worker`. A message is only a nudge."""

import logging
import os
from datetime import timedelta
from typing import Any

from celery import Celery
from celery.signals import worker_ready
from kombu.exceptions import OperationalError
from kombu.transport import TRANSPORT_ALIASES

from importer import sheets

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "importer.settings")

TRANSPORT_ALIASES["filesystem"] = "importer.file_broker:Transport"

app = Celery("importer")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

log = logging.getLogger(__name__)


def send(task: Any, pk: str | int, delay: timedelta = timedelta(0)) -> None:
    """Let a worker do `task`; where the queue cannot be reached, the sweep finds what waits."""
    try:
        task.apply_async((pk,), countdown=delay.total_seconds() or None)
    except (OperationalError, OSError):
        log.warning("The queue cannot be reached; the sweep will find %s.", pk)


@worker_ready.connect
def sweep_at_start(**_: object) -> None:
    """Take up what was left when the last worker ended."""
    app.send_task("importer.imports.tasks.sweep")


@worker_ready.connect
def be_ready_to_read(**_: object) -> None:
    """People watch their file being read."""
    sheets.keep_reader_ready()
