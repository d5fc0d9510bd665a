"""Where a team wants to be told of its imports by program, and how that went."""

import secrets
from datetime import datetime
from typing import Self
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.utils import timezone

from importer import webhooks
from importer.teams.secrets import EncryptedTextField
from importer.webhooks import Message


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
