"""Confirming on terms, and watching: what the pages offer, ask of the server, and say."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from importer.imports.advance import advance_import
from importer.imports.models import Import, Part
from importer.imports.running import estimating
from importer.imports.running.estimating import Estimate
from importer.imports.wizard import progress
from tests.office import Wizard, bring_to, leads_csv, parts_of


@pytest.fixture
def browser(client, ana):
    client.force_login(ana)
    return client


@pytest.fixture
def ready(browser, connection, domain, settings) -> Wizard:
    """A wizard before its confirmation: four rows in parts of two."""
    settings.PART_ROWS = 2
    wizard = Wizard.upload(browser, leads_csv(domain, 4))
    wizard.to_check(connection)
    return wizard


@pytest.fixture
def fresh(monkeypatch):
    """Every look is a new one."""
    monkeypatch.setattr(progress, "SHARED_S", 0)


def live(wizard: Wizard, seen: str = ""):
    return wizard.client.get(
        wizard.url("live"), {"seen": seen}, headers={"HX-Request": "true", "HX-Target": "progress"}
    )


def version(answer) -> str:
    return answer.content.decode().partition("live/?seen=")[2].partition('"')[0]


def test_watching_asks_again_until_the_end(ready, fresh):
    ready.post("confirm", plan=ready.import_.plan_key)
    queued = live(ready).content.decode()
    advance_import(ready.import_.pk)
    running = live(ready).content.decode()
    ready.work()
    ended = live(ready).content.decode()

    for open_ in (queued, running):
        assert 'hx-trigger="every' in open_
    assert 'id="progress"' in ended
    assert "hx-trigger" not in ended.partition('id="stepper"')[0]
    assert ready.url("result") in ended


def test_nothing_new_is_answered_with_nothing(ready, fresh):
    ready.post("confirm", plan=ready.import_.plan_key)
    advance_import(ready.import_.pk)
    first = live(ready)

    same = live(ready, seen=version(first))
    Part.objects.update(rows_done=1)
    changed = live(ready, seen=version(first))

    assert (same.status_code, same.content) == (204, b"")
    assert changed.status_code == 200


def test_many_who_watch_share_one_look(ready, django_assert_num_queries):
    ready.post("confirm", plan=ready.import_.plan_key)
    advance_import(ready.import_.pk)
    assert len(parts_of(ready.import_)) == 2
    seen = version(live(ready))

    with django_assert_num_queries(2):  # who they are
        live(ready, seen)


def test_looking_costs_three_queries_whatever_the_parts(
    ready, fresh, settings, django_assert_max_num_queries
):
    ready.post("confirm", plan=ready.import_.plan_key)
    advance_import(ready.import_.pk)

    with django_assert_max_num_queries(5):  # two of them: who they are
        live(ready)


def test_other_team_sees_nothing(ready, client, stranger):
    ready.post("confirm", plan=ready.import_.plan_key)
    live(ready)  # it is shared from now on
    client.force_login(stranger)

    assert live(ready).status_code == 404
    for act in ("pause", "continue", "stop"):
        assert ready.post(act).status_code == 404
    assert ready.import_.state == Import.State.QUEUED


def test_first_rows_are_shown_and_then_the_rest_is_sent(ready, crm, domain):
    ready.send("confirm", plan=ready.import_.plan_key, try_first="on", tried="3-4")

    page = ready.page("progress")
    assert "Look at the first rows" in page
    assert "2 of 2 rows went in" in page
    assert "Send the other 2 rows" in page
    assert set(crm.leads(domain)) == {f"p2@{domain}", f"p3@{domain}"}

    ready.send("continue")
    ready.import_.refresh_from_db()
    assert ready.import_.state == Import.State.DONE
    assert len(crm.leads(domain)) == 4
    history = ready.page("result")
    assert "First rows" in history
    assert "All rows" in history


@pytest.mark.parametrize(
    ("tried", "told"),
    [
        ("2, nine", "“nine” is no row"),
        ("99", "Row 99 is not among the rows that would be sent"),
        ("2-9999", "at most 500 rows"),
    ],
)
def test_rows_to_try_that_cannot_be_tried_are_told(ready, tried, told):
    answer = ready.post("confirm", plan=ready.import_.plan_key, try_first="on", tried=tried)

    assert answer.status_code == 200
    assert told in answer.content.decode()
    assert ready.import_.is_draft


def test_terms_are_kept(ready):
    terms = {"failure_limit": "10", "keeps_values": "on"}
    ready.post("confirm", plan=ready.import_.plan_key, **terms)

    assert (ready.import_.failure_limit, ready.import_.keeps_values) == (10, True)
    assert ready.import_.canary_json is None


def test_pause_and_go_on_from_the_page(ready, crm, domain):
    ready.post("confirm", plan=ready.import_.plan_key)
    bring_to(ready.import_, Part.State.SUBMITTED)
    assert reverse("imports:pause", args=[ready.import_.pk]) in ready.page("progress")

    ready.send("pause")
    page = ready.page("progress")
    assert "nothing more is sent until you go on" in page
    assert len(crm.leads(domain)) == 2

    ready.send("continue")
    assert len(crm.leads(domain)) == 4


@pytest.mark.parametrize(
    ("estimate", "words"),
    [
        (Estimate(2, 40), "less than a minute"),
        (Estimate(40, 70), "less than 1 to 2 minutes"),
        (Estimate(130, 290), "2 to 5 minutes"),
        (Estimate(290, 300), "4 to 5 minutes"),
        (Estimate(60, 60), "about 1 minute"),
        (Estimate(3_700, 9_000), "1 to 3 hours"),
    ],
)
def test_time_is_told_as_people_tell_it(estimate, words):
    assert estimating.in_words(estimate) == words


def test_time_left_comes_from_parts_of_the_same_size(ready, connection):
    ready.post("confirm", plan=ready.import_.plan_key)
    advance_import(ready.import_.pk)
    assert estimating.of_a_part(connection, 2) is None  # it never had any
    now = timezone.now()
    for part, seconds in zip(parts_of(ready.import_), (10, 30), strict=True):
        Part.objects.filter(pk=part.pk).update(
            state=Part.State.COLLECTED,
            submitted_at=now,
            answered_at=now + timedelta(seconds=seconds),
        )

    assert estimating.of_a_part(connection, 2) == Estimate(5, 60)  # of two: half and double
    assert estimating.of_a_part(connection, 2_000) is None
    assert estimating.of_parts(Estimate(5, 60), parts=7, at_once=3) == Estimate(15, 180)
