"""Who is told of an import, and what: in the app at once, elsewhere at least once, no data."""

import json
import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection as database
from django.db import transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from importer.audit.models import Event
from importer.imports import delivering, tasks
from importer.imports.advance import advance_import, drive
from importer.imports.announcing import announce, announce_end
from importer.imports.delivering import deliver_all
from importer.imports.models import Import, Notice, Part, Run
from importer.imports.notices import TRIED_FOR
from importer.imports.running import fixing, pausing, starting
from importer.teams.models import User, Webhook
from tests.office import Wizard, checked, confirmed, finished, leads_csv
from tests.receiver import Receiver, receiver

Kind, Delivery = Notice.Kind, Notice.Delivery
CLEAN = {"rows": 7, "created": 7}
MIXED = {"rows": 12, "created": 5, "updated": 2, "failed": 1, "held_back": 4}


@pytest.fixture
def import_(team, ana) -> Import:
    """One of Ana's whose balance has some of everything."""
    return Import.objects.create(
        team=team,
        created_by=ana,
        source_name="salaries of ana.csv",
        source_bytes=1,
        module="Leads",
        module_json={"label": "Leads"},
        operation="upsert",
        state=Import.State.DONE_WITH_PROBLEMS,
        balance_json=MIXED,
    )


@pytest.fixture
def program(team, settings):
    """The program at the end of the team's webhook."""
    settings.WEBHOOK_TO_THIS_MACHINE = True
    with receiver() as it:
        Webhook.objects.create(team=team, url=it.address, secret="s3cret")
        yield it


def by_mail(person: User, told_of: str = "all") -> None:
    person.email, person.told_of = f"{person.username}@example.com", told_of
    person.save()


def later(**passed: float) -> None:
    """As if time had passed."""
    for notice in Notice.objects.all():
        gone = timedelta(**passed)
        Notice.objects.filter(pk=notice.pk).update(
            created_at=notice.created_at - gone, due_at=notice.due_at - gone
        )


# What is announced ---------------------------------------------------------------------------


def test_end_of_an_import_is_told_to_whoever_began_it(connection, ana, boss, domain):
    import_ = finished(connection, ana, leads_csv(domain, 3, bad=1))

    [notice] = Notice.objects.all()
    assert (notice.user, notice.for_import, notice.kind) == (ana, import_, Kind.FINISHED)
    assert notice.headline == "2 of 3 rows are in Leads"
    assert notice.detail == "2 created and 1 held back."
    assert notice.read_at is None


def test_import_that_cannot_begin_is_told_of_as_failed(connection, ana, domain):
    import_ = confirmed(connection, ana, leads_csv(domain))
    for run in import_.runs.all():
        run.delete()
    while advance_import(import_.pk) is not None:
        pass

    import_.refresh_from_db()
    assert import_.state == Import.State.FAILED
    [notice] = Notice.objects.all()
    assert (notice.kind, notice.headline) == (Kind.FAILED, "The import into Leads failed")


@pytest.mark.parametrize(
    ("state", "run", "reason", "kind"),
    [
        ("done", "main", "", Kind.FINISHED),
        ("done_with_problems", "main", "", Kind.FINISHED),
        ("done", "retry", "", Kind.RETRIED),
        ("done_with_problems", "undo", "", Kind.UNDONE),
        ("stopped", "main", "", Kind.STOPPED),
        ("stopped", "main", "More rows failed than you allowed.", Kind.TOO_MANY_FAILED),
        ("failed", "retry", "", Kind.FAILED),
    ],
)
def test_end_of_a_run_is_told_as_what_it_was(import_, state, run, reason, kind):
    import_.state, import_.state_reason = state, reason

    announce_end(import_, Run(for_import=import_, kind=run))

    assert Notice.objects.get().kind == kind


def test_first_rows_to_look_at_are_told_of_and_then_the_end(connection, ana, domain):
    import_ = checked(connection, ana, leads_csv(domain, 5))
    terms = starting.Terms(canary=starting.first_rows(import_, 2))
    starting.start(import_, ana, starting.plan(import_).key, terms)
    drive(import_)
    [first] = Notice.objects.all()
    pausing.go_on(import_, ana)
    drive(import_)

    assert first.kind == Kind.CANARY
    assert first.detail == "2 created and 3 not sent."
    assert [notice.kind for notice in Notice.objects.all()] == [Kind.FINISHED, Kind.CANARY]


@pytest.fixture
def retried(connection, ana, domain):
    """An import of three rows, one of which had not gone in and is about to be sent again."""
    import_ = finished(connection, ana, leads_csv(domain, 3, bad=2))
    fixing.change(import_, ana, 4, {"Last Name": "Three"})
    fixing.ask(import_, ana)
    drive(import_)
    fixing.confirm(import_, ana, fixing.draft(import_).pk)
    return import_


def test_retry_is_told_with_what_it_has_made_of_the_whole_import(retried):
    drive(retried)

    notice = Notice.objects.first()
    assert (notice.kind, notice.headline) == (Kind.RETRIED, "Retried: 2 of 3 rows are in Leads")
    assert notice.detail == "2 created and 1 held back."


@pytest.mark.parametrize("kind", [Kind.WAITING, Kind.FAILED])
def test_retry_that_has_not_ended_well_is_told_with_its_own_rows(retried, kind):
    advance_import(retried.pk)
    Part.objects.filter(run__kind="retry").update(rows_done=1)

    announce(retried, kind)

    assert Notice.objects.first().detail == "1 of 1 rows are done."


def test_import_that_waits_is_told_of_once_a_day(import_):
    announce(import_, Kind.WAITING)
    announce(import_, Kind.WAITING)
    assert Notice.objects.count() == 1
    later(days=1)
    announce(import_, Kind.WAITING)

    assert Notice.objects.count() == 2


def test_import_of_the_command_line_is_told_to_nobody_but_the_webhook(import_, program):
    import_.created_by = None

    announce(import_, Kind.FINISHED)
    deliver_all(import_)

    [notice] = Notice.objects.all()
    assert notice.user is None
    assert [told["event"] for told in program.told] == ["import.finished"]


def test_whoever_undid_it_is_told_besides_whoever_began_it(import_, ana, boss):
    announce(import_, Kind.UNDONE, boss)
    announce(import_, Kind.UNDONE, ana)

    told = sorted(Notice.objects.values_list("user__username", flat=True))
    assert told == ["ana", "ana", "boss"]


@pytest.mark.parametrize(
    ("kind", "counts", "headline"),
    [
        (Kind.FINISHED, CLEAN, "7 of 7 rows are in Leads"),
        (Kind.FINISHED, {"rows": 1, "updated": 1}, "1 of 1 row is in Leads"),
        (Kind.STOPPED, MIXED, "Stopped: 7 of 12 rows are in Leads"),
        (Kind.TOO_MANY_FAILED, MIXED, "Stopped, for too many failed: 7 of 12 rows are in Leads"),
        (Kind.RETRIED, MIXED, "Retried: 7 of 12 rows are in Leads"),
        (
            Kind.UNDONE,
            {"rows": 1_200, "reversed": 1_000, "held_back": 200},
            "Undone: 1,000 of 1,200 rows were taken back from Leads",
        ),
        (Kind.FAILED, {"rows": 7, "done": 0}, "The import into Leads failed"),
    ],
)
def test_headline_has_the_counts(import_, kind, counts, headline):
    assert Notice.about(import_, kind, counts).headline == headline


@pytest.mark.parametrize("kind", Notice.PAUSED)
def test_import_that_waits_for_a_person_says_how_far_it_is(import_, kind):
    import_.balance_json = None
    import_.check_json = {"rows": 1_000, "ready": 990, "held_back": 10, "groups": []}

    announce(import_, kind)

    [notice] = Notice.objects.all()
    assert notice.detail == "0 of 1,000 rows are done."
    assert notice.is_problem


# E-mail --------------------------------------------------------------------------------------


def test_email_has_counts_and_one_link_and_nobodys_data(import_, ana, settings):
    by_mail(ana)

    announce(import_, Kind.FINISHED)
    deliver_all(import_)

    [sent] = mail.outbox
    assert sent.to == ["ana@example.com"]
    assert sent.subject == "Importer: 7 of 12 rows are in Leads"
    assert "5 created, 2 updated, 1 failed and 4 held back." in sent.body
    link = f"{settings.BASE_URL}/imports/{import_.pk}/"
    assert [word for word in sent.body.split() if "://" in word] == [link]
    for personal in ("salaries", "ana", ".csv"):
        assert personal not in sent.body + sent.subject


@pytest.mark.parametrize(
    ("told_of", "counts", "expected"),
    [
        ("all", CLEAN, 1),
        ("all", MIXED, 1),
        ("problems", CLEAN, 0),
        ("problems", MIXED, 1),
        ("none", MIXED, 0),
    ],
)
def test_email_is_for_those_who_want_it(import_, ana, told_of, counts, expected):
    by_mail(ana, told_of)
    import_.balance_json = counts

    announce(import_, Kind.FINISHED)
    deliver_all(import_)

    assert len(mail.outbox) == expected
    assert Notice.objects.of(ana).count() == 1  # in the app all the same


def test_undone_whole_is_no_problem_and_in_part_it_is(import_):
    whole = Notice.about(import_, Kind.UNDONE, {"rows": 3, "reversed": 2, "failed": 1})
    in_part = Notice.about(import_, Kind.UNDONE, {"rows": 3, "reversed": 2, "updated": 1})

    assert (whole.is_problem, in_part.is_problem) == (False, True)


@pytest.mark.parametrize("change", ["team", "is_active", "email"])
def test_email_is_not_sent_to_who_is_gone_meanwhile(import_, ana, strangers, change):
    by_mail(ana)
    announce(import_, Kind.FINISHED)
    gone = {"team": strangers, "is_active": False, "email": ""}
    User.objects.filter(pk=ana.pk).update(**{change: gone[change]})

    deliver_all(import_)

    assert mail.outbox == []
    assert Notice.objects.get().delivery == Delivery.NONE


def test_email_that_fails_is_tried_again_ever_later_and_has_the_same_id(import_, ana, monkeypatch):
    by_mail(ana)
    announce(import_, Kind.FINISHED)
    pauses = []
    with monkeypatch.context() as patch:
        patch.setattr(EmailBackend, "send_messages", _no_server)
        for _ in range(3):
            deliver_all(import_)
            notice = Notice.objects.get()
            pauses.append(notice.due_at - timezone.now())
            later(hours=1.5)
    assert notice.delivery == Delivery.WAITING
    assert pauses == sorted(pauses)
    assert timedelta(seconds=55) < pauses[0] < timedelta(seconds=80)
    deliver_all(import_)
    deliver_all(import_)

    [sent] = mail.outbox
    assert sent.extra_headers["Message-ID"] == f"<{notice.pk}@importer>"
    assert Notice.objects.get().delivery == Delivery.SENT


def test_email_that_fails_for_a_day_is_given_up_and_says_so(import_, ana, client, monkeypatch):
    by_mail(ana)
    announce(import_, Kind.FINISHED)
    monkeypatch.setattr(EmailBackend, "send_messages", _no_server)
    later(hours=TRIED_FOR / timedelta(hours=1))

    deliver_all(import_)

    assert Notice.objects.get().delivery == Delivery.FAILED
    client.force_login(ana)
    page = client.get(reverse("notices:list")).content.decode()
    assert "The e-mail about this could not be sent." in page
    [event] = Event.objects.about(import_).filter(kind="telling_given_up")
    assert event.detail == {"by": "e-mail"}


def _no_server(*_: object) -> int:
    raise ConnectionRefusedError("no mail server")


# The webhook ---------------------------------------------------------------------------------


def test_webhook_is_told_counts_and_a_link_and_nobodys_data(import_, program, settings):
    announce(import_, Kind.FINISHED)
    deliver_all(import_)

    notice = Notice.objects.get(user=None)
    assert program.told == [
        {
            "id": str(notice.pk),
            "event": "import.finished",
            "at": notice.created_at.isoformat(),
            "import": {
                "id": str(import_.pk),
                "module": "Leads",
                "operation": "upsert",
                "link": f"{settings.BASE_URL}/imports/{import_.pk}/",
            },
            "counts": MIXED,
        }
    ]
    headers, body = program.got[0]
    assert headers["X-Importer-Delivery"] == str(notice.pk)
    assert "salaries" not in body.decode()
    assert Webhook.objects.get().delivered_at is not None


def test_webhook_is_told_again_under_the_same_id_until_it_says_it_got_it(import_, program):
    program.status = 503
    announce(import_, Kind.FINISHED)
    deliver_all(import_)
    failing = Webhook.objects.get()
    program.status = 200
    later(minutes=2)
    deliver_all(import_)
    later(minutes=2)
    deliver_all(import_)

    assert [told["id"] for told in program.told] == [str(Notice.objects.get(user=None).pk)] * 2
    assert failing.failing_since is not None
    assert failing.fault == "It answered with HTTP status 503."
    assert Webhook.objects.get().failing_since is None


def test_webhook_that_fails_for_a_day_is_told_to_those_who_manage_the_team_once(
    import_, program, ana, boss
):
    by_mail(boss)
    program.status = 500
    for _ in range(2):
        announce(import_, Kind.FINISHED)
    later(hours=TRIED_FOR / timedelta(hours=1))
    Webhook.objects.update(fault="", failing_since=None)
    deliver_all(import_)
    deliver_all(import_)

    [told] = Notice.objects.filter(kind=Kind.WEBHOOK_FAILED)
    assert told.user == boss
    assert told.url == reverse("notifications:notifications")
    assert set(Notice.objects.filter(user=None).values_list("delivery", flat=True)) == {
        Delivery.FAILED
    }
    assert [sent.to for sent in mail.outbox] == [["boss@example.com"]]
    import_.refresh_from_db()
    assert import_.state == Import.State.DONE_WITH_PROBLEMS


def test_webhook_removed_meanwhile_is_told_nothing(import_, program):
    announce(import_, Kind.FINISHED)
    Webhook.objects.all().delete()

    deliver_all(import_)

    assert program.got == []
    assert Notice.objects.get(user=None).delivery == Delivery.NONE


def test_webhook_of_another_team_is_told_nothing(import_, program, strangers):
    Webhook.objects.update(team=strangers)

    announce(import_, Kind.FINISHED)

    assert not Notice.objects.filter(user=None).exists()


def test_webhook_address_and_secret_are_not_readable_in_the_database(program):
    with database.cursor() as cursor:
        cursor.execute("SELECT url, secret FROM teams_webhook")
        [(url, secret)] = cursor.fetchall()

    assert "key=k" not in url
    assert "s3cret" not in secret


# The worker ----------------------------------------------------------------------------------


@pytest.fixture
def queue(monkeypatch) -> list[tuple[str, str]]:
    """The messages that were sent to workers."""
    sent: list[tuple[str, str]] = []
    monkeypatch.setattr(
        tasks, "send", lambda task, pk, *_: sent.append((task.name.rpartition(".")[2], pk))
    )
    return sent


def test_worker_sends_what_waits_when_the_import_has_ended(queue, connection, ana, domain):
    by_mail(ana)
    import_ = finished(connection, ana, leads_csv(domain))

    tasks.nudge_import(str(import_.pk))

    [notice] = Notice.objects.all()
    assert queue == [("deliver_notice", str(notice.pk))]
    tasks.deliver_notice(str(notice.pk))
    tasks.deliver_notice(str(notice.pk))
    assert len(mail.outbox) == 1


def test_sweep_finds_what_was_not_sent_when_it_is_due(queue, import_, ana, monkeypatch):
    by_mail(ana)
    announce(import_, Kind.FINISHED)

    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(delivering, "_email", killed)
        with pytest.raises(Killed):
            deliver_all(import_)
    tasks.sweep()
    assert queue == []  # not due yet
    later(minutes=2)
    tasks.sweep()

    assert [name for name, _ in queue] == ["deliver_notice"]


def test_sweep_finds_a_test_message_whose_nudge_was_lost(queue, team):
    Webhook.objects.create(team=team, url="https://other.example.com/").ask_for_test()

    tasks.sweep()

    assert queue == [("try_webhook", Webhook.objects.get().pk)]


# The pages -----------------------------------------------------------------------------------


@pytest.fixture
def browser(client, ana):
    client.force_login(ana)
    return client


def badge(client) -> str:
    """What the bell in the header says."""
    page = client.get("/templates/").content.decode()
    bell = page.partition('class="page-header__notices"')[2].partition("</a>")[0]
    said = re.findall(r"Notices(?:, (\d+) new)?</span>", bell)
    shown = re.findall(r'class="page-header__unread"[^>]*>(\d+)<', bell)
    assert said == (shown or [""])
    return said[0]


def test_bell_counts_what_is_new(browser, import_):
    assert badge(browser) == ""
    announce(import_, Kind.CANARY)
    announce(import_, Kind.FINISHED)

    assert badge(browser) == "2"


def test_bell_costs_one_query(browser, import_):
    announce(import_, Kind.FINISHED)

    with CaptureQueriesContext(database) as seen:
        browser.get("/templates/")

    assert sum("imports_notice" in query["sql"] for query in seen.captured_queries) == 1


def test_link_of_a_notice_leads_to_the_import_and_marks_it_as_seen(browser, import_):
    announce(import_, Kind.FINISHED)
    announce(import_, Kind.FINISHED)
    [newer, _] = Notice.objects.all()

    answer = browser.get(reverse("notices:see", args=[newer.pk]))

    assert answer.url == reverse("imports:go_on", args=[import_.pk])
    assert badge(browser) == "1"


def test_seeing_the_result_is_seeing_the_notice(connection, browser, domain):
    wizard = Wizard.upload(browser, leads_csv(domain))
    wizard.to_check(connection)
    wizard.confirm()
    wizard.fragment("progress", "progress")
    assert badge(browser) == "1"

    wizard.page("result")

    assert badge(browser) == ""


def test_all_are_marked_as_read_at_once(browser, import_):
    announce(import_, Kind.FINISHED)
    announce(import_, Kind.FAILED)

    browser.post(reverse("notices:read_all"))

    assert badge(browser) == ""
    assert not Notice.objects.filter(read_at=None).exists()


def test_notices_are_for_one_person_only(client, import_, boss, stranger):
    announce(import_, Kind.FINISHED)
    [notice] = Notice.objects.all()
    for other in (boss, stranger):
        client.force_login(other)

        assert badge(client) == ""
        assert "salaries" not in client.get(reverse("notices:list")).content.decode()
        assert client.get(reverse("notices:see", args=[notice.pk])).status_code == 404
        client.post(reverse("notices:read_all"))

    assert Notice.objects.get().read_at is None


def test_notices_of_a_former_team_are_gone(browser, import_, ana, strangers):
    announce(import_, Kind.FINISHED)
    User.objects.filter(pk=ana.pk).update(team=strangers)

    assert badge(browser) == ""
    assert "salaries" not in browser.get(reverse("notices:list")).content.decode()


def test_list_takes_as_many_queries_for_twenty_notices_as_for_two(browser, import_):
    def queries() -> int:
        with CaptureQueriesContext(database) as seen:
            assert browser.get(reverse("notices:list")).status_code == 200
        return len(seen)

    for _ in range(2):
        announce(import_, Kind.FINISHED)
    few = queries()
    for _ in range(18):
        announce(import_, Kind.FINISHED)

    assert queries() == few


def test_list_pages_newest_first(browser, import_):
    for rows in range(1, 31):
        import_.balance_json = {"rows": rows, "created": rows}
        announce(import_, Kind.FINISHED)

    first = browser.get(reverse("notices:list")).content.decode()
    second = browser.get(reverse("notices:list"), {"page": "2"}).content.decode()

    assert "30 of 30 rows" in first
    assert "5 of 5 rows" not in first
    assert "5 of 5 rows" in second


def test_notices_are_written_only_if_the_import_is_moved(import_):
    class Undo(Exception):
        pass

    def tell_and_fail() -> None:
        with transaction.atomic():
            announce(import_, Kind.FINISHED)
            raise Undo

    with pytest.raises(Undo):
        tell_and_fail()

    assert not Notice.objects.exists()


def test_told_counts_are_those_of_then(import_, program: Receiver):
    announce(import_, Kind.FINISHED)
    Import.objects.filter(pk=import_.pk).update(balance_json=CLEAN)

    deliver_all(import_)

    assert json.loads(program.got[0][1])["counts"] == MIXED
