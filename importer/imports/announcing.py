"""Who is told of what happens to an import, and of what.

Notices are written in the transaction that moves the import: there is one for every move, and
none for a move that did not happen. Sending them is another matter, and never touches the import.
"""

from datetime import timedelta

from django.db.models import Sum
from django.utils import timezone

from importer.imports.models import Import, Notice, Part, Run
from importer.teams.models import User, Webhook

Kind, Delivery = Notice.Kind, Notice.Delivery
REMINDED_AFTER = timedelta(days=1)
UNSETTLED = (Kind.WAITING, Kind.FAILED)  # the balance, if there is one, is of the run before


def announce_end(import_: Import, run: Run | None) -> None:
    """Tell what the import has become now that `run` has ended. As `announce`."""
    others = [run.created_by] if run else []
    announce(import_, _kind_of_end(import_, run), *others)


def announce(import_: Import, kind: Notice.Kind, *others: User | None) -> None:
    """Tell whoever began the import, `others` who had a hand in it, and the team's webhook.

    To be called in the transaction that moves the import, after the move. That it waits for a
    person may be found again and again, by each of its parts; that is told once a day.
    """
    since = timezone.now() - REMINDED_AFTER
    if kind == Kind.WAITING and import_.notices.filter(kind=kind, created_at__gt=since).exists():
        return
    counts = _counts(import_, kind)
    people = {person for person in (import_.created_by, *others) if person}
    notices = [notice_to(person, import_, kind, counts) for person in people]
    if Webhook.objects.filter(team=import_.team_id).exists():
        notices.append(Notice.about(import_, kind, counts, delivery=Delivery.WAITING))
    Notice.objects.bulk_create(notices)


def notice_to(person: User, import_: Import, kind: Notice.Kind, counts: dict[str, int]) -> Notice:
    """One for `person`, not saved yet; it is to be e-mailed too if they want that."""
    notice = Notice.about(import_, kind, counts, user=person)
    wanted = {User.ToldOf.ALL: True, User.ToldOf.PROBLEMS: notice.is_problem}
    if person.email and wanted.get(User.ToldOf(person.told_of)):
        notice.delivery = Delivery.WAITING
    return notice


def _kind_of_end(import_: Import, run: Run | None) -> Notice.Kind:
    if import_.state == Import.State.FAILED:
        return Kind.FAILED
    if run and run.kind == Run.Kind.UNDO:
        return Kind.UNDONE
    if import_.state == Import.State.STOPPED:
        return Kind.TOO_MANY_FAILED if import_.state_reason else Kind.STOPPED
    return Kind.RETRIED if run and run.kind == Run.Kind.RETRY else Kind.FINISHED


def _counts(import_: Import, kind: Notice.Kind) -> dict[str, int]:
    """The balance; where none holds, how many of the rows that are being sent are done."""
    if import_.balance_json and kind not in UNSETTLED:
        return dict(import_.balance_json)
    run = import_.runs.exclude(state=Run.State.DRAFT).last()
    if run and run.kind in (Run.Kind.RETRY, Run.Kind.UNDO):  # of some of the file's rows
        parts = Part.objects.filter(run=run)
        return {"rows": parts.aggregate(rows=Sum("rows"))["rows"] or 0, "done": parts.rows_done()}
    summary = import_.check_summary
    rows = summary.rows if summary else 0
    return {"rows": rows, "done": Part.objects.of(import_.pk).rows_done()}
