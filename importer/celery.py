"""The Celery application: `celery -A importer.celery worker`. A message is only a nudge."""

import os

from celery import Celery
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "importer.settings")

app = Celery("importer")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
def sweep_at_start(**_: object) -> None:
    """Take up what was left when the last worker ended."""
    app.send_task("importer.imports.tasks.sweep")
