"""Celery's side of a team's webhook: what is tried out while a person waits for it."""

from importer.celery import app
from importer.teams.models import Webhook


@app.task
def try_webhook(pk: int) -> None:
    """Send the test message that a person asked for; a second nudge finds that it was sent."""
    webhook = Webhook.objects.to_be_tried().filter(pk=pk).first()
    if webhook:
        webhook.send_test()
