"""Celery's side of it: messages that nudge `advance`, and the sweep that finds lost ones."""

from functools import partial
from uuid import UUID

from django.db import transaction

from importer.celery import app, send
from importer.imports.advance import advance_import, advance_part
from importer.imports.delivering import deliver
from importer.imports.models import Import, Part
from importer.imports.notices import Notice, NoticeQuerySet
from importer.imports.running import turns
from importer.imports.running.credits import look_again
from importer.imports.uploads import Upload
from importer.teams.models import Webhook
from importer.teams.tasks import try_webhook


@app.task
def nudge_import(pk: str) -> None:
    """Let the import take its next step, and those of its parts that wait."""
    again = advance_import(UUID(pk))
    if again is not None:
        send(nudge_import, pk, again)
        return  # its parts come when it has nothing more to do itself
    for part in turns.due(UUID(pk)):
        send(nudge_part, part)
    _send_waiting(Notice.objects.filter(for_import=UUID(pk)))


@app.task
def nudge_part(pk: int) -> None:
    """Let the part take its next step; then it is the turn of others, or of the import.

    A nudge that came twice, or too early, does nothing and so ends here.
    """
    again = advance_part(pk)
    if again is not None:
        send(nudge_part, pk, again)
    part = Part.objects.select_related("run").only("state", "looks", "run__for_import").get(pk=pk)
    if part.is_ended or (part.state in Part.AT_WORK and not part.looks):
        send(nudge_import, str(part.run.for_import_id))  # the next part's turn, or its own


@app.task
def deliver_notice(pk: str) -> None:
    """Send the notice; where that fails, the sweep finds it when it is due again."""
    deliver(UUID(pk))


@app.task
def sweep() -> None:
    """Nudge whatever waits: its message was lost, or whoever worked on it died."""
    look_again()
    for pk in Import.objects.waiting().values_list("pk", flat=True):
        send(nudge_import, str(pk))
    for part in Part.objects.taken_up().free().values_list("pk", flat=True):
        send(nudge_part, part)
    _send_waiting(Notice.objects.all())
    for webhook in Webhook.objects.to_be_tried().values_list("pk", flat=True):
        send(try_webhook, webhook)
    Upload.objects.discard_stale()


def nudge(import_: Import) -> None:
    """Ask a worker to look at `import_`, once what was saved can be seen."""
    transaction.on_commit(partial(send, nudge_import, str(import_.pk)))


def _send_waiting(notices: NoticeQuerySet) -> None:
    for pk in notices.waiting().values_list("pk", flat=True):
        send(deliver_notice, str(pk))
