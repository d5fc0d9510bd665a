"""Callbacks of the CRM: where it is to call, and what its call is worth, which is a hint.

Zoho signs nothing and promises nothing. A call may be forged, lost, doubled or late, so all that it
does is to have a worker ask the CRM, about a job that we know by its id or can prove to be ours.
"""

from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from importer.imports.models import Part

_signer = Signer(salt="importer.callback", sep=".")
_ID_CHARACTERS = Part._meta.get_field("hinted_job_id").max_length or 0
AWAITED = (  # by these parts, since nobody knows their job
    Q(state__in=[Part.State.SUBMITTING, Part.State.SETTLING, Part.State.UNKNOWN])
    | Q(state=Part.State.NOT_SENT, evidence_json__isnull=False)  # as a person says
    | Q(state=Part.State.COLLECTED, job_id="")  # as look-ups tell
)


def callback_url(part: Part) -> str | None:
    """Where the CRM tells that the part's job has ended; None where it cannot reach us."""
    if not settings.CRM_CALLBACKS:
        return None
    return f"{settings.BASE_URL}{reverse('callback', args=[_signer.sign(str(part.pk))])}"


def part_called_about(token: str) -> Part | None:
    """The part that the address with this token was made for."""
    try:
        pk = int(_signer.unsign(token))
    except BadSignature:
        return None
    part: Part | None = Part.objects.select_related("run__for_import").filter(pk=pk).first()
    return part


def take(part: Part, job_id: str) -> bool:
    """Note the hint; whether a worker has something to do for it now."""
    mine, now = Part.objects.filter(pk=part.pk), timezone.now()
    if mine.filter(state=Part.State.SUBMITTED, due_at__gt=now).update(due_at=now):
        return True
    return bool(job_id) and bool(mine.filter(AWAITED).update(hinted_job_id=job_id, due_at=now))


def job_id_in(body: Any) -> str:
    """The id of the job that a callback is about; empty where it names none."""
    if not isinstance(body, dict):
        return ""
    data = body.get("data")
    inner = data[0] if isinstance(data, list) and data and isinstance(data[0], dict) else {}
    found = str(body.get("id") or body.get("job_id") or inner.get("id") or "")
    return found if found.isalnum() and len(found) <= _ID_CHARACTERS else ""
