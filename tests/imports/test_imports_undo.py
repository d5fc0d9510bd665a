"""Undo: what a run created goes, what it changed comes back, what people edited since stays."""

from contextlib import suppress
from datetime import timedelta

import polars as pl
import pytest
from django.db import transaction
from django.utils import timezone

from importer.audit.models import Event
from importer.bulk import undoing as rules
from importer.crm.schema import Operation
from importer.imports.advance import advance_import, advance_part, drive
from importer.imports.models import Import, Part, Run
from importer.imports.running import pausing, reading, reversing, starting, undoing
from importer.imports.running.starting import Terms
from tests.line import Killed, answered, killed, killed_after, lost_after
from tests.office import checked, leads_csv, parts_of, the_lease_runs_out, told_of
from tests.practice.records_calls import put_into_state

DELETE = ("POST", "/actions/mass_delete")
UPDATE = ("PUT", "/Leads")
HEADER = "Email,Last Name,Company,Lead Source,Date of Birth,Annual Revenue"
FIELDS = ("Last_Name", "Company", "Lead_Source", "Birth_Date", "Annual_Revenue")
HAD = {
    "Last_Name": "Known",
    "Company": "Zylker",
    "Lead_Source": "Cold Call",
    "Birth_Date": "1990-02-03",
    "Annual_Revenue": 1500.5,
}


@pytest.fixture
def known(crm, domain):
    """Two leads that the CRM has: p1 with a value in every field, p2 with few."""
    bare = {"Last_Name": "Bare", "Company": "Bare Ltd"}
    leads = [HAD | {"Email": f"p1@{domain}"}, bare | {"Email": f"p2@{domain}"}]
    answer = crm.caller.http.post("/crm/v7/Leads", json={"data": leads})
    assert answer.status_code == 201, answer.text
    return crm.leads(domain)


@pytest.fixture
def upserted(connection, ana, domain, known):
    """An import that changed p1 and p2 and created p3, keeping the values that it replaced."""

    def upserted(*, keeps_values: bool = True, **terms) -> Import:
        lines = [f"p{n}@{domain},New {n},Acme,Partner,2001-12-31,99" for n in (1, 2, 3)]
        content = "\n".join([HEADER, *lines, ""]).encode()
        import_ = checked(connection, ana, content, Operation.UPSERT)
        agreed = Terms(keeps_values=keeps_values, **terms)
        starting.start(import_, ana, starting.plan(import_).key, agreed)
        drive(import_)
        return import_

    return upserted


@pytest.fixture
def inserted(start) -> Import:
    """An import that created p1 to p3."""
    import_ = start("insert")
    drive(import_)
    return import_


def looked_at(import_: Import, user=None) -> undoing.UndoPlan:
    undoing.preview(import_, user)
    drive(import_)
    plan = undoing.plan(undoing.draft(import_))
    assert plan is not None, import_.work_error
    return plan


def undone(import_: Import, user=None) -> Import:
    looked_at(import_, user)
    undoing.confirm(import_, user, undoing.draft(import_).pk)
    drive(import_)
    return import_


def edit(crm, record, **values) -> None:
    """A person changes a record in the CRM."""
    body = {"data": [{"id": record["id"], **values}]}
    crm.caller.http.put("/crm/v7/Leads", json=body).raise_for_status()


def reversals(import_: Import) -> dict[int, tuple[str | None, str | None]]:
    with import_.files.read("ledger.parquet") as path:
        ledger = pl.read_parquet(path)
    return {
        row: (to, why)
        for row, to, why in ledger.select("row", "reversal", "reversal_detail").iter_rows()
    }


def test_undo_of_an_insert_deletes_what_it_created(inserted, ana, crm, domain):
    plan = looked_at(inserted, ana)

    assert (plan.delete, plan.restore, plan.kept) == (3, 0, 0)
    undone(inserted, ana)

    assert crm.leads(domain) == {}
    assert inserted.balance.reversed == 3
    assert inserted.balance.adds_up
    assert reversals(inserted) == dict.fromkeys((2, 3, 4), ("reversed", None))
    assert told_of(inserted)[-6:] == [
        "undo_asked_for",
        "undo_previewed",
        "undo_confirmed",
        "started",
        "taken_back",
        "finished",
    ]


def test_undo_of_an_upsert_brings_back_exactly_what_was_there(upserted, ana, crm, domain, known):
    import_ = upserted()
    assert {lead["Last_Name"] for lead in crm.leads(domain).values()} == {"New 1", "New 2", "New 3"}

    undone(import_, ana)

    assert crm.leads(domain) == known
    assert import_.balance.reversed == 3


def test_undo_of_many_takes_as_many_a_call_as_the_crm_does(start, ana, crm, domain, line):
    import_ = start("insert", rows=620)
    drive(import_)

    undone(import_, ana)

    assert import_.balance.reversed == 620
    assert line.count(DELETE) == 2
    assert crm.leads(domain) == {}
    told = Event.objects.about(import_).filter(kind="taken_back").values_list("detail", flat=True)
    assert list(told) == [{"part": 1, "reversed": 620}]


def test_undo_leaves_what_people_edited_and_names_it(upserted, ana, crm, domain, known):
    import_ = upserted()
    written = crm.leads(domain)
    edit(crm, written[f"p1@{domain}"], Company="Edited Ltd", Lead_Source="Trade Show")
    edit(crm, written[f"p3@{domain}"], Last_Name="Edited")

    plan = looked_at(import_, ana)
    assert (plan.delete, plan.restore, plan.kept) == (0, 1, 2)
    assert [edited.row for edited in plan.edited] == [4, 2]
    assert "changed Last Name" in plan.edited[0].words
    assert "changed Company, Lead Source" in plan.edited[1].words
    undone(import_, ana)

    left = crm.leads(domain)
    assert left[f"p1@{domain}"]["Company"] == "Edited Ltd"
    assert left[f"p1@{domain}"]["Last_Name"] == "New 1"
    assert left[f"p2@{domain}"] == known[f"p2@{domain}"]
    assert left[f"p3@{domain}"]["Last_Name"] == "Edited"
    assert [to for to, _ in reversals(import_).values()] == ["kept", "reversed", "kept"]
    assert (import_.balance.updated, import_.balance.created, import_.balance.reversed) == (1, 1, 1)


def test_undo_sees_an_edit_of_a_field_that_was_not_imported(
    inserted, ana, crm, domain, monkeypatch
):
    monkeypatch.setattr(rules, "TOLERANCE", timedelta(seconds=-5))
    edit(crm, crm.leads(domain)[f"p2@{domain}"], City="Ghent")

    plan = looked_at(inserted, ana)

    assert plan.kept == 3  # all were written within the five seconds
    assert "changed the record on" in plan.edited[0].words


def test_undo_sees_what_people_edit_between_the_preview_and_the_run(inserted, ana, crm, domain):
    looked_at(inserted, ana)
    edit(crm, crm.leads(domain)[f"p2@{domain}"], Company="Edited Ltd")

    undoing.confirm(inserted, ana, undoing.draft(inserted).pk)
    drive(inserted)

    assert set(crm.leads(domain)) == {f"p2@{domain}"}
    assert [to for to, _ in reversals(inserted).values()] == ["reversed", "kept", "reversed"]


def test_undo_without_kept_values_deletes_and_puts_nothing_back(upserted, ana, crm, domain):
    import_ = upserted(keeps_values=False)

    plan = looked_at(import_, ana)
    assert (plan.delete, plan.restore, plan.impossible) == (1, 0, 2)
    undone(import_, ana)

    assert set(crm.leads(domain)) == {f"p1@{domain}", f"p2@{domain}"}
    assert crm.leads(domain)[f"p1@{domain}"]["Last_Name"] == "New 1"
    assert reversals(import_)[2] == ("failed", rules.NOT_KEPT)
    assert (import_.balance.updated, import_.balance.reversed) == (2, 1)


@pytest.mark.parametrize("death", [killed, killed_after])
@pytest.mark.parametrize("call", [DELETE, UPDATE])
def test_undo_killed_in_the_middle_goes_on(upserted, ana, crm, domain, known, line, call, death):
    import_ = upserted()
    looked_at(import_, ana)
    undoing.confirm(import_, ana, undoing.draft(import_).pk)
    line.cut(call, death)

    with pytest.raises(Killed):
        drive(import_)
    the_lease_runs_out()
    drive(import_)

    assert crm.leads(domain) == known
    assert import_.balance.reversed == 3


@pytest.mark.parametrize("call", [DELETE, UPDATE])
def test_undo_whose_answer_is_lost_is_done_once_more(upserted, ana, crm, domain, known, line, call):
    import_ = upserted()
    line.cut(call, lost_after, times=2)

    undone(import_, ana)

    assert crm.leads(domain) == known
    assert import_.balance.reversed == 3


def test_undo_that_the_crm_refuses_says_why(inserted, ana, crm, domain, line):
    looked_at(inserted, ana)
    undoing.confirm(inserted, ana, undoing.draft(inserted).pk)
    line.cut(DELETE, answered(403, "NO_PERMISSION"))

    drive(inserted)

    assert len(crm.leads(domain)) == 3
    assert {to for to, _ in reversals(inserted).values()} == {"failed"}
    assert inserted.balance.created == 3
    assert inserted.balance.adds_up
    undone(inserted, ana)  # once that is allowed
    assert crm.leads(domain) == {}


def test_record_that_the_crm_keeps_from_being_deleted_is_named(inserted, ana, crm, domain):
    locked = crm.leads(domain)[f"p2@{domain}"]["id"]
    put_into_state(crm.caller, "Leads", locked, "locked")

    undone(inserted, ana)

    assert set(crm.leads(domain)) == {f"p2@{domain}"}
    assert [to for to, _ in reversals(inserted).values()] == ["reversed", "failed", "reversed"]
    assert "RECORD_LOCKED" in reversals(inserted)[3][1]


def test_undo_that_is_stopped_leaves_the_rest(start, ana, crm, domain, monkeypatch):
    monkeypatch.setattr(reversing, "PART_ROWS", 1)
    import_ = start("insert")
    drive(import_)
    looked_at(import_, ana)
    undoing.confirm(import_, ana, undoing.draft(import_).pk)
    advance_import(import_.pk)
    first = Part.objects.of(import_.pk).filter(run__kind=Run.Kind.UNDO).first()
    advance_part(first.pk)

    pausing.stop(import_, ana)
    drive(import_)

    assert set(crm.leads(domain)) == {f"p2@{domain}", f"p3@{domain}"}
    assert [to for to, _ in reversals(import_).values()] == ["reversed", "failed", "failed"]
    assert reversals(import_)[3] == ("failed", reversing.STOPPED)
    undone(import_, ana)
    assert crm.leads(domain) == {}


def test_undo_stopped_after_a_kill_tells_of_what_was_done(inserted, ana, crm, domain, line):
    looked_at(inserted, ana)
    undoing.confirm(inserted, ana, undoing.draft(inserted).pk)
    line.cut(DELETE, killed_after)
    with pytest.raises(Killed):
        drive(inserted)
    the_lease_runs_out()

    pausing.stop(inserted, ana)
    drive(inserted)

    assert crm.leads(domain) == {}
    assert inserted.balance.reversed == 3


def test_canary_that_is_undone_ends_the_import(connection, ana, crm, domain):
    import_ = checked(connection, ana, leads_csv(domain), Operation.INSERT, "")
    terms = Terms(canary=(2,))
    starting.start(import_, ana, starting.plan(import_).key, terms)
    drive(import_)
    assert import_.state == Import.State.PAUSED

    undone(import_, ana)

    assert crm.leads(domain) == {}
    assert import_.state == Import.State.STOPPED
    assert (import_.balance.reversed, import_.balance.not_sent) == (1, 2)


def test_preview_of_many_reads_them_at_once(inserted, ana, crm, domain, line, monkeypatch):
    monkeypatch.setattr(reading, "READ_CREDITS", 0)
    gone = crm.leads(domain)[f"p1@{domain}"]["id"]
    crm.caller.http.delete("/crm/v7/Leads", params={"ids": gone}).raise_for_status()
    edit(crm, crm.leads(domain)[f"p2@{domain}"], Company="Edited Ltd")

    plan = looked_at(inserted, ana)

    assert (plan.delete, plan.gone, plan.kept) == (1, 1, 1)
    assert line.count(("POST", "/read")) == 1


def test_preview_replaces_the_one_before(inserted, ana, django_capture_on_commit_callbacks):
    looked_at(inserted, ana)
    first = undoing.draft(inserted)

    with django_capture_on_commit_callbacks(execute=True):
        looked_at(inserted, ana)

    with pytest.raises(undoing.CannotUndo):
        undoing.confirm(inserted, ana, first.pk)
    assert not inserted.files.exists(first.rows_file)
    assert inserted.runs.filter(kind=Run.Kind.UNDO).count() == 1
    assert inserted.state == Import.State.DONE


def test_preview_that_is_not_saved_leaves_the_one_before(inserted, ana):
    before = looked_at(inserted, ana)

    with suppress(ZeroDivisionError), transaction.atomic():
        undoing.preview(inserted, ana)
        raise ZeroDivisionError

    run = undoing.draft(inserted)
    assert undoing.plan(run) == before
    assert inserted.files.exists(run.rows_file)


def test_confirming_twice_undoes_once(inserted, ana):
    looked_at(inserted, ana)
    run = undoing.draft(inserted).pk

    undoing.confirm(inserted, ana, run)
    undoing.confirm(inserted, ana, run)
    drive(inserted)

    assert told_of(inserted).count("undo_confirmed") == 1
    assert len(parts_of(inserted)) == 2


def test_undo_is_offered_for_a_time(inserted, ana, settings):
    settings.UNDO_DAYS = 30
    assert undoing.until(inserted) - timezone.now() > timedelta(days=29)
    long_ago = timezone.now() - timedelta(days=30, minutes=1)
    Run.objects.update(finished_at=long_ago)

    assert undoing.until(inserted) is None
    with pytest.raises(undoing.CannotUndo):
        undoing.preview(inserted, ana)


def test_nothing_is_offered_where_nothing_went_in(connection, ana, domain):
    import_ = checked(connection, ana, leads_csv(domain), Operation.UPDATE)
    starting.start(import_, ana, starting.plan(import_).key)
    drive(import_)

    assert import_.balance.skipped == 3
    assert undoing.until(import_) is None
