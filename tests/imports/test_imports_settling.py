"""A part whose answer was lost: what proves its job, what proves nothing, what a person decides."""

import io
import json
import time
import zipfile
from datetime import timedelta
from unittest.mock import Mock

import httpx
import polars as pl
import pytest
from django.urls import reverse
from django.utils import timezone

from importer.audit.models import Event
from importer.crm.schema import Operation
from importer.imports import files
from importer.imports.advance import advance_import, advance_part, drive
from importer.imports.leases import leased
from importer.imports.models import Import, Part
from importer.imports.running import collecting, fixing, marks, pausing, settling, starting
from importer.imports.running.evidence import Claim
from importer.imports.running.starting import Terms
from importer.teams.models import Connection
from tests.line import CREATE, DOWNLOAD, Killed, answered, lost_after, lost_before, not_reached
from tests.office import (
    assert_all_went_in,
    bring_to,
    checked,
    confirmed,
    leads_csv,
    parts_of,
    the_lease_runs_out,
    told_of,
)

pytestmark = pytest.mark.alone

State = Part.State
SEARCH = ("POST", "/coql")
WHO = ("GET", "/users")
refused = answered(400, "INVALID_QUERY")


@pytest.fixture
def unknown(start, line, settings):
    """Makes a plain insert end as unknown: its answer is lost, and the CRM cannot be searched."""

    def unknown(loss) -> Import:
        settings.SETTLE_S = 0
        import_ = start("insert")
        line.cut(CREATE, loss)
        line.cut(SEARCH, refused, times=999)
        drive(import_)
        assert parts_of(import_)[0].state == State.UNKNOWN
        line.faults.clear()
        return import_

    return unknown


def decide(client, user, import_: Import, decision: str) -> str:
    """The result page after the decision about the first part."""
    client.force_login(user)
    posted = {"part": parts_of(import_)[0].pk}
    page = client.post(reverse(f"imports:{decision}", args=[import_.pk]), posted, follow=True)
    return page.content.decode()


def work(import_: Import) -> None:
    """What a worker does for an import that may have ended."""
    for part in parts_of(import_):
        while part.has_step:
            Part.objects.filter(pk=part.pk, due_at__isnull=False).update(due_at=timezone.now())
            advance_part(part.pk)
            part.refresh_from_db()
    advance_import(import_.pk)
    import_.refresh_from_db()


def outcomes(import_: Import) -> pl.DataFrame:
    with import_.files.read(files.LEDGER) as path:
        return pl.read_parquet(path)


# What proves that there is a job


def test_rows_that_are_found_are_told_as_created_with_their_records(start, crm, domain, line):
    import_ = start("insert")
    line.cut(CREATE, lost_after)

    drive(import_)

    assert_all_went_in(import_, crm, domain)
    assert line.count(CREATE) == 1
    records = {lead["id"] for lead in crm.leads(domain).values()}
    assert set(outcomes(import_)["record_id"]) == records
    assert "settled" in told_of(import_)


def test_mark_is_written_to_every_record_and_proves_the_job(start, connection, crm, domain, line):
    Connection.objects.filter(pk=connection.pk).update(mark_field="Designation")
    import_ = start("insert")
    line.cut(CREATE, lost_after)

    drive(import_)

    assert_all_went_in(import_, crm, domain)
    [part] = parts_of(import_)
    found = crm.caller.find(
        f"select Designation from Leads where Email in ('p1@{domain}', 'p3@{domain}')"
    )
    assert {lead["Designation"] for lead in found} == {marks.mark(part)}
    assert settling.evidence_of(part).marked == 3


@pytest.mark.parametrize("field", ["", "Nowhere", "Fax", "Lead_Source", "Company", "Full_Name"])
def test_field_that_cannot_take_the_mark_is_left_alone(connection, ana, domain, field):
    Connection.objects.filter(pk=connection.pk).update(mark_field=field)
    import_ = checked(connection, ana, leads_csv(domain))
    import_.refresh_from_db()
    import_.connection.refresh_from_db()

    assert marks.mark_field(import_) is None


def test_rows_of_a_part_that_have_no_record_are_unknown(start, crm, domain, line):
    import_ = start("insert")
    part = bring_to(import_, State.UPLOADED)

    def some_are_there_already(request, carry):
        lead = {"Email": f"p2@{domain}", "Last_Name": "Somebody", "Company": "Else"}
        crm.caller.http.post("/crm/v7/Leads", json={"data": [lead]})
        return lost_after(request, carry)

    line.cut(CREATE, some_are_there_already)
    drive(import_)

    part.refresh_from_db()
    assert part.state == State.COLLECTED
    assert (import_.balance.created, import_.balance.unknown) == (2, 1)
    [row] = outcomes(import_).filter(outcome="unknown").to_dicts()
    assert (row["row"], row["record_id"], row["detail"]) == (3, None, settling.NOT_FOUND)


def test_insert_with_match_field_is_looked_for_before_it_is_sent_again(start, crm, domain, line):
    import_ = start("insert with a match field")
    line.cut(CREATE, lost_after)

    drive(import_)

    assert_all_went_in(import_, crm, domain)
    assert (import_.balance.created, line.count(CREATE)) == (3, 1)


def test_insert_with_match_field_that_is_not_found_is_sent_again(start, crm, domain, line):
    import_ = start("insert with a match field")
    line.cut(CREATE, lost_before, times=2)

    drive(import_)

    assert_all_went_in(import_, crm, domain)
    assert (import_.balance.created, line.count(CREATE)) == (3, 1)
    assert line.count(SEARCH) >= 2


def test_rows_that_the_crm_could_not_tell_from_its_own_are_not_sent_again(
    connection, ana, domain, line
):
    blank = leads_csv(domain).replace(f"p2@{domain},Name 2".encode(), f",{domain}".encode())
    import_ = checked(connection, ana, blank, Operation.INSERT, "Email")
    starting.start(import_, ana, starting.plan(import_).key)
    line.cut(CREATE, lost_before)

    drive(import_)

    assert (import_.balance.unknown, line.count(CREATE)) == (3, 0)


def test_insert_is_not_sent_again_where_nothing_could_be_looked_up(start, line):
    import_ = start("insert with a match field")
    line.cut(CREATE, lost_before)
    line.cut(SEARCH, refused, times=999)

    drive(import_)

    assert (import_.balance.unknown, line.count(CREATE)) == (3, 0)


def test_rows_whose_match_field_was_there_before_are_skipped(start, crm, domain, line):
    there = {"Email": f"p2@{domain}", "Last_Name": "Somebody", "Company": "Else"}
    crm.caller.http.post("/crm/v7/Leads", json={"data": [there]}).raise_for_status()
    import_ = start("insert with a match field")
    line.cut(CREATE, later_and_lost)

    drive(import_)

    assert (import_.balance.created, import_.balance.skipped) == (2, 1)
    [row] = outcomes(import_).filter(outcome="skipped").to_dicts()
    assert (row["row"], row["code"], row["field"]) == (3, "DUPLICATE_DATA", "Email")


def later_and_lost(request: httpx.Request, carry) -> httpx.Response:
    """As if the records that are there now were much older than the request, which is lost."""
    Part.objects.update(sent_at=timezone.now() + settling.lookups.CLOCKS_DIFFER)
    time.sleep(1.1)  # the CRM tells of seconds
    return lost_after(request, carry)


# What proves nothing


def test_absence_proves_nothing_while_time_is_left(start, line, settings):
    settings.SETTLE_S = 600
    import_ = start("insert")
    line.cut(CREATE, lost_before)
    part = bring_to(import_, State.SETTLING)

    for _ in range(3):
        Part.objects.update(due_at=None)
        advance_part(part.pk)

    part.refresh_from_db()
    assert part.state == State.SETTLING
    assert part.reason.startswith("We lost contact with the CRM while sending part 1.")
    assert settling.evidence_of(part).looks == 3


def test_what_was_looked_at_is_kept_without_what_the_rows_say(start, line, domain):
    import_ = start("insert")
    line.cut(CREATE, lost_before)

    drive(import_)

    [part] = parts_of(import_)
    evidence = settling.evidence_of(part)
    assert (part.state, part.reason) == (State.UNKNOWN, settling.ANSWER_LOST)
    assert [(sighting.row, sighting.record_id) for sighting in evidence.rows] == [
        (2, None),
        (3, None),
        (4, None),
    ]
    assert evidence.looks >= 1
    assert evidence.fields[0] == "Email"
    assert domain not in json.dumps(part.evidence_json)


def test_records_that_another_part_may_have_written_prove_nothing(
    connection, ana, crm, domain, line
):
    rows = leads_csv(domain)
    drive(confirmed(connection, ana, rows, Operation.INSERT, ""))
    import_ = confirmed(connection, ana, rows, Operation.INSERT, "")
    line.cut(CREATE, lost_before)

    drive(import_)

    assert import_.balance.unknown == 3
    assert len(crm.leads(domain)) == 3


def test_records_from_before_prove_nothing(start, crm, domain, line, settings):
    lead = {"Email": f"p1@{domain}", "Last_Name": "Name 1", "Company": "Acme"}
    crm.caller.http.post("/crm/v7/Leads", json={"data": [lead]}).raise_for_status()
    import_ = start("insert")
    line.cut(CREATE, lost_before)
    part = bring_to(import_, State.SETTLING)
    Part.objects.update(sent_at=timezone.now() + timedelta(minutes=5), due_at=None)

    drive(import_)

    part.refresh_from_db()
    assert part.state == State.UNKNOWN
    assert import_.balance.unknown == 3


def test_records_that_somebody_else_made_prove_nothing(start, line):
    import_ = start("insert")
    line.cut(CREATE, lost_after)
    line.cut(WHO, lambda request, carry: httpx.Response(200, json={"users": [{"id": "1"}]}), 99)

    drive(import_)

    assert import_.balance.unknown == 3


def test_user_that_the_crm_does_not_tell_is_not_compared(start, crm, domain, line):
    import_ = start("insert")
    line.cut(CREATE, lost_after)
    line.cut(WHO, answered(403, "NO_PERMISSION"), times=99)

    drive(import_)

    assert_all_went_in(import_, crm, domain)


def test_crm_that_cannot_be_reached_does_not_end_the_search(start, line, settings):
    settings.SETTLE_S = 0
    import_ = start("insert")
    line.cut(CREATE, lost_before)
    part = bring_to(import_, State.SETTLING)
    line.cut(SEARCH, not_reached, times=20)

    for _ in range(3):
        Part.objects.update(due_at=None)
        advance_part(part.pk)

    part.refresh_from_db()
    assert part.state == State.SETTLING


def test_import_that_is_stopped_still_finds_out(start, ana, crm, domain, line):
    import_ = start("upsert")
    line.cut(CREATE, lost_after)
    bring_to(import_, State.UPLOADED)
    Part.objects.update(due_at=None)
    advance_part(parts_of(import_)[0].pk)

    pausing.stop(import_, ana)
    drive(import_)

    assert_all_went_in(import_, crm, domain)
    assert line.count(CREATE) == 1


# What a person decides


def test_result_page_shows_the_evidence_and_two_decisions(unknown, client, ana):
    import_ = unknown(lost_before)
    client.force_login(ana)

    page = client.get(reverse("imports:result", args=[import_.pk])).content.decode()

    assert "We could not find out" in page
    assert "The CRM could not be searched" in page
    assert "These rows are in the CRM" in page
    assert "They are not there" in page


def test_person_who_says_that_rows_are_there_has_them_looked_up(unknown, client, ana, crm, domain):
    import_ = unknown(lost_after)
    crm.caller.finished(max(crm.jobs(), key=int))

    page = decide(client, ana, import_, "look_up")
    work(import_)

    assert "are being looked up" in page
    assert_all_went_in(import_, crm, domain)
    assert {"decided", "settled"} <= set(told_of(import_))
    assert not import_.runs.at_work().exists()


def test_rows_that_are_not_found_stay_unknown_and_that_is_said(unknown, client, ana):
    import_ = unknown(lost_before)

    decide(client, ana, import_, "look_up")
    work(import_)

    assert parts_of(import_)[0].state == State.UNKNOWN
    assert (import_.state, import_.balance.unknown) == (Import.State.DONE_WITH_PROBLEMS, 3)
    page = client.get(reverse("imports:result", args=[import_.pk])).content.decode()
    assert "none was found. Nothing was changed" in page


def test_person_who_says_that_rows_are_not_there_may_send_them_again(
    unknown, client, ana, crm, domain
):
    import_ = unknown(lost_before)

    page = decide(client, ana, import_, "send_again")
    work(import_)

    assert "are being looked up" in page
    assert parts_of(import_)[0].state == State.NOT_SENT
    assert (import_.balance.not_sent, import_.balance.unknown) == (3, 0)
    assert import_.state == Import.State.DONE_WITH_PROBLEMS
    assert Event.objects.about(import_).get(kind="settled").actor == ana


def test_rows_that_are_there_are_not_sent_again_whatever_a_person_says(unknown, client, ana, crm):
    import_ = unknown(lost_after)
    crm.caller.finished(max(crm.jobs(), key=int))

    decide(client, ana, import_, "send_again")
    work(import_)

    page = client.get(reverse("imports:result", args=[import_.pk])).content.decode()
    assert "Records of this part are in the CRM now" in page
    assert parts_of(import_)[0].state == State.UNKNOWN


def test_decision_waits_for_a_crm_that_cannot_be_reached(unknown, client, ana, line):
    import_ = unknown(lost_before)
    line.cut(SEARCH, answered(503, "DOWN"), times=99)

    decide(client, ana, import_, "send_again")
    [part] = parts_of(import_)
    advance_part(part.pk)

    [part] = parts_of(import_)
    assert (part.state, part.has_step) == (State.UNKNOWN, True)
    line.faults.clear()
    work(import_)
    assert parts_of(import_)[0].state == State.NOT_SENT


def test_nothing_is_decided_without_a_connection(unknown, client, ana):
    import_ = unknown(lost_before)
    Import.objects.filter(pk=import_.pk).update(connection=None)

    page = decide(client, ana, import_, "send_again")

    assert "There is no connection to look at the CRM with." in page
    assert not Part.objects.taken_up().exists()


@pytest.fixture
def in_part_unknown(start, line, domain):
    """A plain insert of which the result does not tell of row 3."""

    def result(request: httpx.Request, carry) -> httpx.Response:
        answer = carry(request)
        with zipfile.ZipFile(io.BytesIO(answer.read())) as archive:
            [name] = archive.namelist()
            lines = archive.read(name).decode().splitlines(keepends=True)
        shortened = io.BytesIO()
        with zipfile.ZipFile(shortened, "w") as archive:
            archive.writestr(name, "".join(one for one in lines if f"p2@{domain}" not in one))
        return httpx.Response(200, headers=answer.headers, content=shortened.getvalue())

    import_ = start("insert")
    line.cut(DOWNLOAD, result, times=collecting.DOWNLOADS)
    drive(import_)
    assert parts_of(import_)[0].state == State.COLLECTED
    assert (import_.balance.created, import_.balance.unknown) == (2, 1)
    return import_


def test_rows_that_a_result_does_not_tell_of_are_decided_as_whole_parts_are(
    in_part_unknown, client, ana, crm, domain
):
    client.force_login(ana)
    page = client.get(reverse("imports:result", args=[in_part_unknown.pk])).content.decode()
    assert "Part 1: 1 row, 3" in page
    assert "The CRM&#x27;s result does not tell of these rows." in page

    page = decide(client, ana, in_part_unknown, "look_up")
    assert "are being looked up" in page
    work(in_part_unknown)

    assert_all_went_in(in_part_unknown, crm, domain)
    assert not in_part_unknown.runs.at_work().exists()
    page = client.get(reverse("imports:result", args=[in_part_unknown.pk])).content.decode()
    assert "We could not find out" not in page


def test_rows_that_a_result_does_not_tell_of_are_looked_for_before_they_are_sent_again(
    in_part_unknown, client, ana
):
    decide(client, ana, in_part_unknown, "send_again")
    work(in_part_unknown)

    page = client.get(reverse("imports:result", args=[in_part_unknown.pk])).content.decode()
    assert "Records of this part are in the CRM now" in page
    assert in_part_unknown.balance.unknown == 1


def test_rows_that_a_result_does_not_tell_of_may_be_sent_again(
    in_part_unknown, client, ana, crm, domain
):
    record = crm.leads(domain)[f"p2@{domain}"]["id"]
    crm.caller.http.delete("/crm/v7/Leads", params={"ids": record}).raise_for_status()

    decide(client, ana, in_part_unknown, "send_again")
    work(in_part_unknown)

    assert (in_part_unknown.balance.created, in_part_unknown.balance.not_sent) == (2, 1)
    [row] = outcomes(in_part_unknown).filter(outcome="not_sent").to_dicts()
    assert (row["row"], row["detail"]) == (3, settling.NOT_THERE)
    assert parts_of(in_part_unknown)[0].state == State.COLLECTED


def test_rows_that_were_told_before_a_death_are_told_after_it(
    in_part_unknown, ana, crm, domain, monkeypatch
):
    settling.decide(parts_of(in_part_unknown)[0], Claim.THERE, ana)
    with monkeypatch.context() as dying:
        dying.setattr(Import, "move", Mock(side_effect=Killed))
        with pytest.raises(Killed):
            work(in_part_unknown)
    the_lease_runs_out()

    work(in_part_unknown)

    assert_all_went_in(in_part_unknown, crm, domain)


def test_each_unknown_row_of_a_result_is_looked_for_before_it_is_sent_again(
    in_part_unknown, ana, monkeypatch
):
    monkeypatch.setattr(settling.Lookup, "sample", lambda _: ())  # the row is not among the few
    settling.decide(parts_of(in_part_unknown)[0], Claim.NOT_THERE, ana)

    work(in_part_unknown)

    assert in_part_unknown.balance.unknown == 1
    assert settling.evidence_of(parts_of(in_part_unknown)[0]).contradicted is Claim.NOT_THERE


@pytest.fixture
def tried(connection, ana, domain, line, settings):
    """The first of five rows was tried; nobody knows what became of it."""
    settings.SETTLE_S = 0
    import_ = checked(connection, ana, leads_csv(domain, 5), Operation.INSERT, "")
    starting.start(import_, ana, starting.plan(import_).key, Terms(canary=(2,)))
    line.cut(CREATE, lost_before)
    line.cut(SEARCH, refused, times=999)
    drive(import_)
    line.faults.clear()
    assert (import_.state, import_.balance.unknown) == (Import.State.PAUSED, 1)
    return import_


def test_first_rows_decided_late_do_not_offer_the_others_again(tried, ana, crm, domain):
    pausing.stop(tried, ana)
    drive(tried)
    fixing.ask(tried, ana)
    drive(tried)
    fixing.confirm(tried, ana, fixing.draft(tried).pk)
    drive(tried)

    settling.decide(parts_of(tried)[0], Claim.NOT_THERE, ana)
    work(tried)

    assert tried.is_ended
    assert (tried.balance.created, tried.balance.not_sent) == (4, 1)
    assert len(crm.leads(domain)) == 4


def test_first_rows_decided_after_all_others_leave_the_import_ended(tried, ana):
    pausing.go_on(tried, ana)
    drive(tried)

    settling.decide(parts_of(tried)[0], Claim.NOT_THERE, ana)
    work(tried)

    assert tried.is_ended
    assert (tried.balance.created, tried.balance.not_sent) == (4, 1)


def test_nothing_is_looked_up_while_somebody_else_is_at_the_import(unknown, ana, line, monkeypatch):
    import_ = unknown(lost_after)
    [part] = parts_of(import_)
    settling.decide(part, Claim.THERE, ana)
    before = line.count(SEARCH)
    monkeypatch.setattr(settling, "ASK_AGAIN_S", 20.0)
    monkeypatch.setattr(settling, "LONGEST_LOOK_S", 60.0)
    waits = []

    with leased(Import(pk=import_.pk)):
        for _ in range(3):
            Part.objects.update(due_at=timezone.now())
            waits.append(advance_part(part.pk).total_seconds())

    assert line.count(SEARCH) == before
    assert [round(seconds / 1.15 / 20) for seconds in waits] == [1, 2, 3]
    work(import_)
    assert import_.balance.created == 3


@pytest.mark.parametrize("decision", ["look_up", "send_again"])
def test_stranger_decides_nothing(unknown, client, stranger, decision):
    import_ = unknown(lost_before)
    client.force_login(stranger)

    posted = {"part": parts_of(import_)[0].pk}
    answer = client.post(reverse(f"imports:{decision}", args=[import_.pk]), posted)

    assert answer.status_code == 404
    assert not Part.objects.taken_up().exists()
