"""Messages are only nudges: lost, doubled or undeliverable, the work gets done."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from kombu.exceptions import OperationalError

from importer.audit.models import Event
from importer.celery import app
from importer.imports import choosing, preparing, tasks, uploading
from importer.imports.advance import TRIES, advance_import, advance_part, drive
from importer.imports.models import Import, Part
from importer.imports.running import starting
from tests.line import CREATE
from tests.office import Wizard, checked, confirmed, leads_csv, parts_of, uploaded


class Queue:
    """Takes the messages in; delivers, loses or doubles them as a test wants."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, str | int]] = []

    def take(self, task, pk, delay=timedelta(0)) -> None:
        self.messages.append((task.name.rpartition(".")[2], pk))

    def deliver(self, times: int = 1) -> None:
        """Hand out messages, `times` each, until none is left."""
        for _ in range(2000):
            if not self.messages:
                return
            name, pk = self.messages.pop(0)
            Part.objects.update(due_at=None)
            for _ in range(times):
                getattr(tasks, name)(pk)
        raise AssertionError(f"still {len(self.messages)} messages")


@pytest.fixture
def queue(monkeypatch) -> Queue:
    queue = Queue()
    monkeypatch.setattr(tasks, "send", queue.take)
    return queue


def test_one_nudge_takes_a_confirmed_import_to_its_end(
    queue, connection, ana, domain, settings, line
):
    settings.PART_ROWS = 2
    import_ = confirmed(connection, ana, leads_csv(domain, 5))

    tasks.nudge_import(str(import_.pk))
    queue.deliver()

    import_.refresh_from_db()
    assert import_.state == Import.State.DONE
    assert line.count(CREATE) == 3


def test_doubled_nudges_do_everything_once(queue, connection, ana, domain, line):
    import_ = confirmed(connection, ana, leads_csv(domain))

    for _ in range(2):
        tasks.nudge_import(str(import_.pk))
    queue.deliver(times=2)

    import_.refresh_from_db()
    assert import_.state == Import.State.DONE
    assert import_.balance.created == 3
    assert line.count(CREATE) == 1


def test_sweep_finds_a_draft_with_work(queue, team, ana, domain):
    import_ = uploaded(team, ana, leads_csv(domain))
    Import.objects.update(work="read")

    tasks.sweep()

    assert queue.messages == [("nudge_import", str(import_.pk))]


def test_sweep_finds_a_queued_import(queue, connection, ana, domain):
    import_ = confirmed(connection, ana, leads_csv(domain))

    tasks.sweep()

    assert queue.messages == [("nudge_import", str(import_.pk))]


def test_sweep_finds_a_part_that_is_due(queue, connection, ana, domain):
    import_ = confirmed(connection, ana, leads_csv(domain))
    advance_import(import_.pk)
    [part] = parts_of(import_)
    advance_part(part.pk)

    tasks.sweep()
    [(_, pk)] = queue.messages
    queue.messages.clear()
    tasks.nudge_import(pk)

    assert ("nudge_part", part.pk) in queue.messages


def test_sweep_leaves_a_part_alone_that_is_not_due_yet(queue, connection, ana, domain):
    import_ = confirmed(connection, ana, leads_csv(domain))
    advance_import(import_.pk)
    Part.objects.update(due_at=timezone.now() + timedelta(minutes=1))

    tasks.sweep()
    tasks.nudge_import(str(import_.pk))

    assert "nudge_part" not in [name for name, _ in queue.messages]


def test_sweep_leaves_alone_what_needs_nothing(queue, connection, ana, domain):
    checked(connection, ana, leads_csv(domain))  # waits for the person
    ended = confirmed(connection, ana, leads_csv(domain))
    drive(ended)
    held = confirmed(connection, ana, leads_csv(domain))
    soon = timezone.now() + timedelta(seconds=20)
    Import.objects.filter(pk=held.pk).update(lease_until=soon)

    tasks.sweep()

    assert queue.messages == []


def test_import_all_of_whose_messages_are_lost_is_finished_by_sweeps(
    queue, connection, ana, domain, line
):
    import_ = confirmed(connection, ana, leads_csv(domain))

    for _ in range(200):
        queue.messages.clear()  # what the nudges of the last round asked for never arrives
        Part.objects.update(due_at=None)
        tasks.sweep()
        for _, pk in list(queue.messages):
            tasks.nudge_import(pk)
        for name, pk in [m for m in queue.messages if m[0] == "nudge_part"][:1]:
            getattr(tasks, name)(pk)
        import_.refresh_from_db()
        if not import_.is_open:
            break

    assert import_.state == Import.State.DONE
    assert line.count(CREATE) == 1


def test_last_part_wakes_the_import(queue, connection, ana, domain):
    import_ = confirmed(connection, ana, leads_csv(domain))
    advance_import(import_.pk)
    Part.objects.update(state=Part.State.NOT_SENT)

    tasks.nudge_part(parts_of(import_)[0].pk)

    assert queue.messages == [("nudge_import", str(import_.pk))]


def test_nudge_of_what_is_gone_is_not_an_error(queue, db):
    tasks.nudge_import("6b0cba5e-0000-4000-8000-000000000000")

    assert queue.messages == []


def test_click_sends_its_nudge_when_it_is_saved(
    queue, client, ana, domain, django_capture_on_commit_callbacks
):
    client.force_login(ana)

    with django_capture_on_commit_callbacks(execute=True):
        wizard = Wizard.upload(client, leads_csv(domain))

    assert queue.messages == [("nudge_import", str(wizard.import_.pk))]


def test_click_survives_a_queue_that_is_down(
    client, ana, domain, monkeypatch, caplog, django_capture_on_commit_callbacks
):
    def down(*_: object, **__: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(tasks.nudge_import, "apply_async", down)
    client.force_login(ana)

    with django_capture_on_commit_callbacks(execute=True):
        wizard = Wizard.upload(client, leads_csv(domain))

    assert "The queue cannot be reached" in caplog.text
    assert wizard.import_.table.rows == 3


def test_nudge_goes_through_a_real_queue(
    monkeypatch, team, ana, domain, django_capture_on_commit_callbacks
):
    monkeypatch.setitem(app.conf, "broker_url", "memory://")
    monkeypatch.setattr(app, "_pool", None)  # of links to the usual broker
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
    with django_capture_on_commit_callbacks(execute=True):
        import_ = uploading.begin_import(team, ana, uploaded_file(domain))
        tasks.nudge(import_)

    with app.connection_for_read() as link:
        message = link.SimpleQueue(app.conf.task_default_queue).get(timeout=5)

    assert message.headers["task"] == "importer.imports.tasks.nudge_import"
    assert message.payload[0] == [str(import_.pk)]
    message.ack()


def uploaded_file(domain: str) -> ContentFile:
    return ContentFile(leads_csv(domain), name="leads.csv")


def test_fault_of_our_own_ends_in_a_sentence_not_in_silence(team, ana, domain, monkeypatch):
    monkeypatch.setitem(preparing.WORK, Import.Work.READ, lambda import_: 1 / 0)
    import_ = uploading.begin_import(team, ana, uploaded_file(domain))

    for _ in range(TRIES + 1):
        advance_import(import_.pk)

    import_.refresh_from_db()
    assert "given_up" in [event.kind for event in Event.objects.about(import_)]
    assert "Something went wrong on our side" in import_.work_error
    assert not import_.work
    assert advance_import(import_.pk) is None


def test_fault_of_our_own_after_confirming_fails_the_import(connection, ana, domain, monkeypatch):
    import_ = confirmed(connection, ana, leads_csv(domain))
    monkeypatch.setattr(starting.bulk, "cut", lambda *args: 1 / 0)

    for _ in range(TRIES + 1):
        advance_import(import_.pk)

    import_.refresh_from_db()
    assert import_.state == Import.State.FAILED
    assert "Something went wrong on our side" in import_.state_reason
    assert "given_up" in [event.kind for event in Event.objects.about(import_)]


def test_choice_made_while_the_worker_works_is_not_lost(connection, ana, domain, monkeypatch):
    import_ = checked(connection, ana, leads_csv(domain))
    choosing.check_again(import_)
    real = preparing.WORK[Import.Work.CHECK]

    def overtaken(held: Import) -> dict:
        done = real(held)
        choosing.choose_reading(import_, ana, import_.reading)  # meanwhile, in the browser
        return done

    monkeypatch.setitem(preparing.WORK, Import.Work.CHECK, overtaken)
    advance_import(import_.pk)

    import_.refresh_from_db()
    assert import_.work == Import.Work.READ
    drive(import_)
    assert import_.table.rows == 3
