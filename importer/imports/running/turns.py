"""Whose turn it is: a connection works on few jobs at a time, and imports take turns at it.

Only the first few unsent parts of an import are packed ahead, so that a small import finds the
queue and the CRM free for it behind a million rows.
"""

from collections import Counter
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from importer.imports.leases import EARLY
from importer.imports.models import Import
from importer.imports.runs import Part
from importer.teams.models import Connection

ASK_AGAIN_S = 2.0  # whether it is the part's turn


def due(import_pk: UUID) -> list[int]:
    """The primary keys of the import's parts that may take a step now, in their order."""
    waiting = Part.objects.of(import_pk).waiting()
    import_ = Import.objects.select_related("connection").filter(pk=import_pk).first()
    if import_ and import_.connection and not import_.is_stopping:
        ahead = import_.connection.jobs_in_flight + 1
        unsent = Part.objects.of(import_pk).unsent().values_list("pk", flat=True)
        waiting = waiting.filter(~Q(state__in=Part.UNSENT) | Q(pk__in=list(unsent[:ahead])))
    return list(waiting.values_list("pk", flat=True))


@transaction.atomic
def take(part: Part, connection: Connection) -> bool:
    """Let the part be submitted if it is its turn; otherwise nothing changes."""
    Connection.objects.select_for_update().get(pk=connection.pk)  # one decides at a time
    if not has_come(part, connection):
        return False
    sent_at = part.sent_at or timezone.now()  # the first time, should it be sent again
    part.move(Part.State.SUBMITTING, tries=part.tries, sent_at=sent_at)
    return True


def is_behind(part: Part) -> bool:
    """Whether another part of its import waits for the same turn, and comes first."""
    if part.state != Part.State.UPLOADED or part.reason or part.run.for_import.is_stopping:
        return False
    others = Part.objects.of(part.run.for_import_id).filter(state=Part.State.UPLOADED, reason="")
    return others.filter(pk__lt=part.pk).exists()


def has_come(part: Part, connection: Connection) -> bool:
    """Whether it is the part's turn, for now.

    It is not while the connection has its fill of jobs, nor before an import that has fewer.
    """
    theirs = Part.objects.filter(run__for_import__connection=connection)
    at_work = theirs.filter(state__in=Part.AT_WORK)
    jobs = Counter(at_work.values_list("run__for_import", flat=True))
    if jobs.total() >= connection.jobs_in_flight:
        return False
    mine = part.run.for_import_id
    if not Import.objects.filter(pk=mine, state=Import.State.RUNNING, is_stopping=False).exists():
        return False
    return not any(jobs[other] < jobs[mine] for other in _ready(theirs) if other != mine)


def _ready(parts: Any) -> set[UUID]:
    """The imports that have a part ready to be submitted."""
    now = timezone.now() + EARLY
    ready = parts.filter(
        Q(due_at=None) | Q(due_at__lte=now) | Q(reason=""),  # the last waits for its turn alone
        state=Part.State.UPLOADED,
        run__for_import__state=Import.State.RUNNING,
        run__for_import__is_stopping=False,
    ).exclude(run__for_import__keeps_values=True, values_kept_at=None)
    return set(ready.values_list("run__for_import", flat=True))
