"""Sending what has to leave the house: e-mails to people, messages to the team's webhook.

Each is sent at least once: until it arrives or, ever more rarely, for a day.
"""

import json
import logging
from contextlib import suppress
from smtplib import SMTPException
from uuid import UUID

from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string

from importer.audit.models import record
from importer.imports.announcing import notice_to
from importer.imports.leases import LostLease, leased
from importer.imports.models import Import, Notice
from importer.teams.models import User, Webhook
from importer.webhooks import Message, Undelivered

Kind, Delivery = Notice.Kind, Notice.Delivery

log = logging.getLogger(__name__)


def deliver(pk: UUID) -> None:
    """Try once to send the notice, if that is due and nobody else does."""
    with suppress(LostLease), leased(Notice(pk=pk)) as notice:
        if notice is None or not notice.is_due:
            return
        notice.put_off()  # before all else: whatever kills us now will not do so in a loop
        try:
            sent = _email(notice) if notice.user else _post(notice)
        except Exception as error:
            _keep_fault(notice, error)
        else:
            notice.write(delivery=Delivery.SENT if sent else Delivery.NONE, fault="")


def deliver_all(import_: Import) -> None:
    """Try what waits of one import, without a queue or worker."""
    for pk in import_.notices.waiting().values_list("pk", flat=True):
        deliver(pk)


def _email(notice: Notice) -> bool:
    """E-mail it; False if it is no longer to be sent to this person."""
    person = notice.user
    if person is None or not (person.email and person.is_active):
        return False
    if person.team_id != notice.team_id:
        return False
    EmailMessage(
        subject=" ".join(f"Importer: {notice.headline}".split()),
        body=render_to_string("imports/notice.txt", {"notice": notice}),
        to=[person.email],
        # One id however often it is sent, so that a mailbox can tell doubles.
        headers={"Message-ID": f"<{notice.pk}@importer>", "Auto-Submitted": "auto-generated"},
    ).send()
    return True


def _post(notice: Notice) -> bool:
    """Tell the webhook; False if the team has none any more."""
    webhook = Webhook.objects.filter(team=notice.team_id).first()
    if webhook is None:
        return False
    event = f"import.{notice.kind}"
    body = json.dumps(
        {
            "id": str(notice.pk),
            "event": event,
            "at": notice.created_at.isoformat(),
            "import": {
                "id": str(notice.for_import_id),
                "module": notice.for_import.module,
                "operation": notice.for_import.operation,
                "link": notice.address,
            },
            "counts": notice.counts,
        }
    )
    webhook.post(Message(str(notice.pk), event, body.encode()))
    return True


def _keep_fault(notice: Notice, error: Exception) -> None:
    """Note why it was not sent, and after a day that it will not be."""
    if not isinstance(error, Undelivered | SMTPException | OSError):
        log.error("Notice %s: sending failed", notice.pk, exc_info=error)
    else:  # without its text: a mail server's tells addresses
        log.warning("Notice %s was not sent: %s", notice.pk, type(error).__name__)
    fault = str(error) if isinstance(error, Undelivered) else "The e-mail could not be sent."
    if not notice.is_hopeless:
        notice.write(fault=fault)
        return
    with transaction.atomic():
        notice.write(delivery=Delivery.FAILED, fault=fault)
        record("telling_given_up", notice.for_import, by="e-mail" if notice.user else "webhook")
        if notice.user is None:
            _tell_managers(notice.for_import)


def _tell_managers(import_: Import) -> None:
    """The webhook is down: once, until they have seen it."""
    managers = User.objects.filter(team=import_.team_id, manages_team=True, is_active=True)
    knowing = Notice.objects.filter(kind=Kind.WEBHOOK_FAILED, read_at=None).values("user")
    for person in managers.exclude(pk__in=knowing):
        notice_to(person, import_, Kind.WEBHOOK_FAILED, {}).save()
