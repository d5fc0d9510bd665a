"""Where a team wants to be told of its imports by program, and how that went."""

import json
import secrets
from contextlib import suppress
from datetime import datetime
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils import timezone

from importer import webhooks
from importer.teams.secrets import EncryptedTextField
from importer.webhooks import Message


class WebhookQuerySet(models.QuerySet[Any]):
    """Webhooks."""

    def to_be_tried(self) -> Self:
        """Those that somebody waits to see a test message of."""
        return self.exclude(test_asked_at=None)


class Webhook(models.Model):
    """An address of the team's that gets a signed message whenever it is told of an import."""

    team = models.OneToOneField("teams.Team", models.CASCADE, related_name="webhook")
    url = EncryptedTextField()  # such addresses may hold a key
    secret = EncryptedTextField()  # that messages are signed with
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    delivered_at = models.DateTimeField(null=True)  # the latest message
    failing_since = models.DateTimeField(null=True)  # None when the latest try went well
    fault = models.TextField(blank=True)  # of the latest try, for a person
    test_asked_at = models.DateTimeField(null=True)  # for a message that is still to be sent

    objects = WebhookQuerySet.as_manager()

    def __str__(self) -> str:
        return self.host

    @property
    def host(self) -> str:
        """What may be told of the address to everybody."""
        return urlsplit(self.url).hostname or ""

    @property
    def complaint(self) -> str:
        """What is wrong with it, for those who manage the team."""
        return f"The latest message did not arrive. {self.fault}" if self.fault else ""

    def renew_secret(self) -> Self:
        """Sign with a new secret from now on; not saved yet."""
        self.secret = secrets.token_urlsafe(32)
        return self

    def ask_for_test(self) -> None:
        """Have a worker send a message that tells of nothing."""
        self._keep(test_asked_at=timezone.now())

    def send_test(self) -> None:
        """Send that message; how it went is kept."""
        message_id = str(uuid4())
        body = json.dumps({"id": message_id, "event": "test"}).encode()
        try:
            with suppress(webhooks.Undelivered):
                self.post(Message(message_id, "test", body))
        finally:
            self._keep(test_asked_at=None)

    def post(self, message: Message) -> None:
        """Send it once, and keep how that went. Raises `Undelivered`."""
        try:
            webhooks.post(
                self.url,
                self.secret,
                message,
                timeout_s=settings.WEBHOOK_TIMEOUT_S,
                local=settings.WEBHOOK_TO_THIS_MACHINE,
            )
        except webhooks.Undelivered as error:
            self._keep(failing_since=self.failing_since or timezone.now(), fault=str(error))
            raise
        self._keep(delivered_at=timezone.now(), failing_since=None, fault="")

    def _keep(self, **told: datetime | str | None) -> None:
        Webhook.objects.filter(pk=self.pk).update(**told)
