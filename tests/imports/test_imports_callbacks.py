"""Callbacks of the CRM: hints that speed things up, whoever sends them, and however often."""

import json
from datetime import timedelta

import httpx
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from importer.imports import tasks
from importer.imports.advance import advance_import, advance_part, drive
from importer.imports.callbacks import MOST_BYTES
from importer.imports.models import Import, Part
from importer.imports.running import fixing, hints, settling
from importer.imports.running.evidence import Claim
from importer.imports.running.fixing import CannotFix
from tests.line import CREATE, LOOK, answered, lost_after, lost_before
from tests.office import assert_all_went_in, bring_to, parts_of, told_of
from tests.practice.controls import suffer

State = Part.State
SEARCH = ("POST", "/coql")
nothing_found = answered(204)


@pytest.fixture
def reachable(live_server, settings):
    """The practice CRM can call us."""
    settings.BASE_URL, settings.CRM_CALLBACKS = live_server.url, True


@pytest.fixture
def call(settings):
    """Calls back about a part, as somebody who knows its address."""
    settings.CRM_CALLBACKS = True

    def call(part: Part, body: object) -> int:
        path = (hints.callback_url(part) or "").removeprefix(settings.BASE_URL)
        content = body if isinstance(body, str) else json.dumps(body)
        answer = Client(enforce_csrf_checks=True).post(path, content, "application/json")
        return answer.status_code

    return call


def latest_job(crm) -> str:
    job_id = max(crm.jobs(), key=int)
    crm.caller.finished(job_id)
    return job_id


def step(part: Part) -> None:
    Part.objects.filter(pk=part.pk).update(due_at=timezone.now())
    advance_part(part.pk)
    part.refresh_from_db()


@pytest.mark.usefixtures("reachable")
@pytest.mark.parametrize("fault", ["callback_lost", "callback_doubled", "callback_forged"])
def test_callback_that_goes_wrong_does_no_harm(start, crm, domain, line, fault):
    suffer(crm.caller, fault, on="insert Leads")
    import_ = start("insert")

    drive(import_)

    assert_all_went_in(import_, crm, domain)
    assert line.count(CREATE) == 1
    crm.caller.http.delete("/control/faults")


@pytest.mark.usefixtures("reachable")
def test_callback_brings_the_job_whose_answer_was_lost(start, crm, domain, line, settings):
    settings.SETTLE_S = 120
    import_ = start("insert")
    line.cut(CREATE, lost_after)
    line.cut(SEARCH, answered(400, "INVALID_QUERY"), times=9999)

    drive(import_)

    assert_all_went_in(import_, crm, domain)
    assert parts_of(import_)[0].job_id in crm.jobs()
    assert line.count(CREATE) == 1


def test_job_that_a_callback_names_is_not_asked_for_again(start, call, crm, domain, line):
    import_ = start("upsert")
    part = bring_to(import_, State.UPLOADED)
    line.cut(CREATE, lost_after)
    step(part)
    assert part.state == State.SUBMITTING

    call(part, {"id": latest_job(crm)})
    drive(import_)

    assert_all_went_in(import_, crm, domain)
    assert line.count(CREATE) == 1


def test_job_is_looked_at_at_once(start, call):
    import_ = start("insert")
    part = bring_to(import_, State.SUBMITTED)
    later = timezone.now() + timedelta(hours=1)
    Part.objects.filter(pk=part.pk).update(due_at=later)

    assert call(part, {"id": "1", "state": "COMPLETED"}) == 200

    part.refresh_from_db()
    assert part.is_due
    assert part.hinted_job_id == ""


@pytest.mark.parametrize(
    "body", [{"id": "ID"}, {"job_id": "ID"}, {"data": [{"id": "ID"}]}, {"id": "ID", "state": 7}]
)
def test_late_callback_takes_up_what_had_ended_as_unknown(
    start, call, crm, domain, line, settings, body
):
    settings.SETTLE_S = 0
    import_ = start("insert")
    line.cut(CREATE, lost_after)
    line.cut(SEARCH, answered(400, "INVALID_QUERY"), times=9)
    drive(import_)
    [part] = parts_of(import_)
    assert (part.state, import_.balance.unknown) == (State.UNKNOWN, 3)

    said = json.dumps(body).replace("ID", latest_job(crm))
    assert call(part, said) == call(part, said) == 200
    step(part)
    import_.refresh_from_db()

    assert (part.state, import_.state) == (State.SUBMITTED, Import.State.RUNNING)
    drive(import_)
    assert_all_went_in(import_, crm, domain)
    assert line.count(CREATE) == 1
    assert told_of(import_).count("settled") == 1


@pytest.fixture
def released(start, line, ana, settings):
    """A plain insert that went in; but its answer was lost and a person says it did not."""
    settings.SETTLE_S = 0
    import_ = start("insert")
    line.cut(CREATE, lost_after)
    line.cut(SEARCH, nothing_found, times=99)
    drive(import_)
    settling.decide(parts_of(import_)[0], Claim.NOT_THERE, ana)
    step(parts_of(import_)[0])
    advance_import(import_.pk)
    import_.refresh_from_db()
    assert (parts_of(import_)[0].state, import_.balance.not_sent) == (State.NOT_SENT, 3)
    return import_


def test_callback_is_believed_more_than_the_person_who_said_no(released, call, crm, domain, line):
    [part] = parts_of(released)

    call(part, {"id": latest_job(crm)})
    step(part)
    drive(released)

    assert_all_went_in(released, crm, domain)
    assert parts_of(released)[0].state == State.COLLECTED
    assert line.count(CREATE) == 1


@pytest.mark.parametrize("is_confirmed", [False, True])
def test_rows_that_a_callback_shows_to_be_in_are_not_sent_by_a_run_to_come(
    released, call, crm, domain, line, ana, is_confirmed
):
    fixing.ask(released, ana)
    drive(released)
    run = fixing.draft(released)
    if is_confirmed:
        fixing.confirm(released, ana, run.pk)
    [part] = parts_of(released)

    call(part, {"id": latest_job(crm)})
    step(part)
    drive(released)

    assert_all_went_in(released, crm, domain)
    with pytest.raises(CannotFix):
        fixing.confirm(released, ana, run.pk)
    assert line.count(CREATE) == 1


def test_callback_that_comes_when_rows_were_sent_again_is_written_down(
    released, call, crm, line, ana
):
    job_id = latest_job(crm)
    fixing.ask(released, ana)
    drive(released)
    fixing.confirm(released, ana, fixing.draft(released).pk)
    drive(released)
    assert line.count(CREATE) == 2
    before, part = released.balance, parts_of(released)[0]

    call(part, {"id": job_id})
    step(part)
    drive(released)

    assert (part.state, part.due_at) == (State.NOT_SENT, None)
    assert released.balance == before
    assert told_of(released)[-1] == "found_too_late"


def test_callback_completes_what_look_ups_have_told(start, call, crm, domain, line):
    import_ = start("insert")
    line.cut(CREATE, lost_after)
    line.cut(SEARCH, carried_without(f"p2@{domain}"), times=99)
    drive(import_)
    [part] = parts_of(import_)
    assert (part.state, import_.balance.unknown) == (State.COLLECTED, 1)

    call(part, {"id": latest_job(crm)})
    step(part)
    drive(import_)

    assert_all_went_in(import_, crm, domain)
    assert line.count(CREATE) == 1


def carried_without(email: str):
    """The CRM's answer, from which one record is missing."""

    def carried(request: httpx.Request, carry) -> httpx.Response:
        answer = carry(request)
        answer.read()
        if answer.status_code != 200:
            return answer
        body = answer.json()
        body["data"] = [one for one in body["data"] if one["Email"] != email]
        return httpx.Response(200, json=body)

    return carried


def test_sweep_finds_what_a_callback_has_taken_up(start, call, crm, line, monkeypatch):
    import_ = start("insert")
    line.cut(CREATE, lost_before)
    drive(import_)
    [part] = parts_of(import_)
    nudged = []
    monkeypatch.setattr(tasks, "send", lambda task, pk, *_: nudged.append((task.name, pk)))

    call(part, {"id": "1"})
    nudged.clear()  # its message was lost
    tasks.sweep()

    assert nudged == [(tasks.nudge_part.name, part.pk)]


def test_hint_at_the_job_of_another_part_is_not_believed(start, call, crm, line, domain):
    other = start("insert")
    drive(other)
    import_ = start("insert")
    line.cut(CREATE, lost_before)
    part = bring_to(import_, State.SETTLING)

    call(part, {"id": parts_of(other)[0].job_id, "state": "COMPLETED"})
    step(part)

    assert part.state == State.SETTLING
    assert (part.job_id, part.hinted_job_id) == ("", "")


@pytest.mark.parametrize("job_id", ["1", "999999999999999999"])
def test_hint_at_no_job_is_not_believed(start, call, line, job_id):
    import_ = start("insert")
    line.cut(CREATE, lost_before)
    drive(import_)
    [part] = parts_of(import_)

    call(part, {"id": job_id, "state": "COMPLETED"})
    step(part)

    import_.refresh_from_db()
    assert (part.state, part.due_at, part.hinted_job_id) == (State.UNKNOWN, None, "")
    assert import_.state == Import.State.DONE_WITH_PROBLEMS


def test_result_named_by_a_callback_is_never_fetched(start, call, crm, domain, line):
    import_ = start("insert")
    part = bring_to(import_, State.SUBMITTED)
    forged = {"id": part.job_id, "result": {"download_url": "http://192.0.2.1/x.zip"}}

    call(part, forged)
    drive(import_)

    assert_all_went_in(import_, crm, domain)
    assert line.count(LOOK) >= 1


@pytest.mark.parametrize(
    "body", ["", "no JSON", "[]", "[" * 100_000, '{"id": "../../x"}', '{"id": "' + "9" * 99 + '"}']
)
def test_body_that_names_no_job_is_taken_and_has_no_effect(start, call, line, body):
    import_ = start("insert")
    line.cut(CREATE, lost_before)
    part = bring_to(import_, State.SETTLING)

    assert call(part, body) == 200

    part.refresh_from_db()
    assert part.hinted_job_id == ""


def test_body_that_is_too_long_is_not_read(start, call, line):
    import_ = start("insert")
    line.cut(CREATE, lost_before)
    part = bring_to(import_, State.SETTLING)

    assert call(part, {"id": "1", "more": "x" * MOST_BYTES}) == 200

    part.refresh_from_db()
    assert part.hinted_job_id == ""


@pytest.mark.parametrize("token", ["1", "1.forged", "x"])
@pytest.mark.django_db
def test_address_that_we_did_not_give_is_not_found(client, token):
    answer = client.post(reverse("callback", args=[token]), "{}", "application/json")

    assert answer.status_code == 404


def test_no_callback_is_asked_for_where_we_cannot_be_reached(start):
    import_ = start("insert")

    assert hints.callback_url(bring_to(import_, State.UPLOADED)) is None
