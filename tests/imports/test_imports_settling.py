"""A part whose answer was lost: what proves its job, what proves nothing, what a person decides."""

import json
from datetime import timedelta

import polars as pl
import pytest
from django.urls import reverse
from django.utils import timezone

from importer.crm.schema import Operation
from importer.imports import files
from importer.imports.advance import advance_import, advance_part, drive
from importer.imports.models import Import, Part
from importer.imports.running import marks, pausing, settling
from importer.teams.models import Connection
from tests.line import CREATE, answered, lost_after, lost_before, not_reached
from tests.office import (
    assert_all_went_in,
    bring_to,
    checked,
    confirmed,
    leads_csv,
    parts_of,
    told_of,
)

State = Part.State
SEARCH = ("POST", "/coql")
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
    assert {"look_up_asked_for", "settled"} <= set(told_of(import_))
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

    decide(client, ana, import_, "send_again")
    work(import_)

    assert parts_of(import_)[0].state == State.NOT_SENT
    assert (import_.balance.not_sent, import_.balance.unknown) == (3, 0)
    assert import_.state == Import.State.DONE_WITH_PROBLEMS
    [settled] = [e for e in told_of(import_) if e == "settled"]
    assert settled


def test_rows_that_are_there_are_not_sent_again_whatever_a_person_says(unknown, client, ana, crm):
    import_ = unknown(lost_after)
    crm.caller.finished(max(crm.jobs(), key=int))

    page = decide(client, ana, import_, "send_again")

    assert "Records of this part are in the CRM now" in page
    assert parts_of(import_)[0].state == State.UNKNOWN


@pytest.mark.parametrize("decision", ["look_up", "send_again"])
def test_stranger_decides_nothing(unknown, client, stranger, decision):
    import_ = unknown(lost_before)
    client.force_login(stranger)

    posted = {"part": parts_of(import_)[0].pk}
    answer = client.post(reverse(f"imports:{decision}", args=[import_.pk]), posted)

    assert answer.status_code == 404
    assert not Part.objects.taken_up().exists()
