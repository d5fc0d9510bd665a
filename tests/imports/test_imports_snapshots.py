"""The values that records had: read right before a part is sent, at a cost that is told."""

import json
from datetime import timedelta

import httpx
import polars as pl
import pytest
from django.utils import timezone

from importer.crm.schema import Operation
from importer.imports.advance import advance_part, drive
from importer.imports.models import Import, Part
from importer.imports.running import reading, snapshots, starting
from importer.imports.running.starting import Terms
from importer.teams import metadata
from tests.line import CREATE, Killed, killed, killed_after, lost_after, not_reached
from tests.office import bring_to, checked, leads_csv, parts_of, the_lease_runs_out

FIND = ("POST", "/coql")
READ = ("POST", "/read")
WHO = ("GET", "/users")


@pytest.fixture
def known(crm, domain) -> dict[str, dict]:
    """p1 and p2, which the CRM has."""
    leads = [
        {"Email": f"p{n}@{domain}", "Last_Name": f"Known {n}", "Company": "Zylker"} for n in (1, 2)
    ]
    crm.caller.http.post("/crm/v7/Leads", json={"data": leads}).raise_for_status()
    return crm.leads(domain)


@pytest.fixture
def sending(connection, ana, domain, known):
    """Confirms an import of p1 to p3."""

    def sending(
        *, keeps_values: bool = True, operation=Operation.UPSERT, find_by="Email", content=None
    ) -> Import:
        import_ = checked(connection, ana, content or leads_csv(domain), operation, find_by)
        key = starting.plan(import_).key
        starting.start(import_, ana, key, Terms(keeps_values=keeps_values))
        return import_

    return sending


def kept(part: Part) -> dict[str, dict]:
    """What was kept of each record, by its id."""
    with part.run.for_import.files.read(snapshots.before(part)) as path:
        frame = pl.read_parquet(path)
    return {record_id: json.loads(before) for record_id, before in frame.iter_rows()}


def expected(known: dict[str, dict]) -> dict[str, dict]:
    names = ("Email", "Last_Name", "Company")
    return {lead["id"]: {name: lead[name] for name in names} for lead in known.values()}


def test_values_are_kept_of_exactly_what_will_change(sending, known):
    import_ = sending()
    part = bring_to(import_, Part.State.SUBMITTED)

    assert kept(part) == expected(known)


def test_values_are_found_by_record_id_too(sending, known):
    lines = [f"{lead['id']},Changed" for lead in known.values()]
    content = "\n".join(["Record ID,Last Name", *lines, ""]).encode()
    import_ = sending(operation=Operation.UPDATE, find_by="id", content=content)
    part = bring_to(import_, Part.State.SUBMITTED)

    assert kept(part) == {lead["id"]: {"Last_Name": lead["Last_Name"]} for lead in known.values()}


def test_values_of_many_are_read_in_bulk(sending, known, line, monkeypatch):
    monkeypatch.setattr(reading, "READ_CREDITS", 0)
    import_ = sending()
    part = bring_to(import_, Part.State.SUBMITTED)

    assert kept(part) == expected(known)
    assert (line.count(READ), line.count(FIND)) == (1, 0)


def test_more_fields_than_a_query_takes_are_asked_for_in_turns(sending, known, line, monkeypatch):
    monkeypatch.setattr(reading, "COQL_FIELDS", 2)
    import_ = sending()
    part = bring_to(import_, Part.State.SUBMITTED)

    assert kept(part) == expected(known)
    assert line.count(FIND) == 2


@pytest.mark.parametrize(
    ("operation", "find_by", "keeps_values"),
    [(Operation.INSERT, "", True), (Operation.UPSERT, "Email", False)],
)
def test_nothing_is_read_where_nothing_is_to_be_kept(
    sending, line, operation, find_by, keeps_values
):
    import_ = sending(operation=operation, find_by=find_by, keeps_values=keeps_values)
    part = bring_to(import_, Part.State.SUBMITTED)

    assert line.count(FIND) == 0
    assert part.values_kept_at is None


def test_values_are_kept_once_while_the_part_waits_for_its_turn(sending, line, monkeypatch):
    import_ = sending()
    part = bring_to(import_, Part.State.UPLOADED)
    with monkeypatch.context() as patch:
        patch.setattr("importer.imports.running.turns.take", lambda *_: False)
        for _ in range(3):
            Part.objects.update(due_at=None)
            advance_part(part.pk)
        assert line.count(FIND) == 1

    old = timezone.now() - snapshots.FRESH - timedelta(seconds=1)
    Part.objects.update(due_at=None, values_kept_at=old)
    advance_part(part.pk)

    assert line.count(FIND) == 2
    part.refresh_from_db()
    assert part.values_kept_at > old


def test_values_are_not_read_while_the_crm_has_its_fill(sending, line, connection):
    import_ = sending()
    part = bring_to(import_, Part.State.UPLOADED)
    part.run.parts.create(
        number=2, state=Part.State.SUBMITTED, offset=3, rows=1, first_row=5, last_row=5
    )
    connection.parts_at_once = 1
    connection.save()

    Part.objects.update(due_at=None)
    advance_part(part.pk)

    assert line.count(FIND) == 0


@pytest.mark.parametrize("death", [killed, killed_after])
@pytest.mark.parametrize("call", [FIND, CREATE])
def test_import_killed_around_the_keeping_has_what_was_there(sending, known, line, call, death):
    import_ = sending()
    line.cut(call, death)

    with pytest.raises(Killed):
        drive(import_)
    the_lease_runs_out()
    drive(import_)

    [part] = parts_of(import_)
    assert kept(part) == expected(known)
    assert import_.balance.updated >= 2


def test_worker_that_wakes_after_its_successor_has_sent_keeps_nothing(sending, known, line):
    import_ = sending()
    part = bring_to(import_, Part.State.UPLOADED)

    def sleeps(request: httpx.Request, carry) -> httpx.Response:
        the_lease_runs_out()
        drive(import_)  # the successor
        return carry(request)

    line.cut(FIND, sleeps)
    Part.objects.update(due_at=None)
    advance_part(part.pk)

    assert line.count(FIND) == 2
    assert kept(part) == expected(known)
    assert import_.balance.updated == 2


def test_plan_tells_what_keeping_costs(connection, ana, domain, settings):
    upsert = checked(connection, ana, leads_csv(domain, 120))
    insert = checked(connection, ana, leads_csv(domain, 3), Operation.INSERT, "")

    assert starting.plan(upsert).snapshot_credits == 3  # 50 keys a query
    assert starting.plan(insert).snapshot_credits == 0
    settings.PART_ROWS = 40
    assert starting.plan(upsert).snapshot_credits == 3  # one for each part


@pytest.mark.parametrize(("records", "cost"), [(200_000, 1), (200_001, 2), (900_000, 3)])
def test_plan_tells_the_cost_of_the_cheaper_way(
    connection, ana, domain, monkeypatch, records, cost
):
    monkeypatch.setattr(reading, "READ_CREDITS", 1)
    monkeypatch.setattr(metadata, "record_count", lambda *_: records)
    upsert = checked(connection, ana, leads_csv(domain, 120))

    assert starting.plan(upsert).snapshot_credits == cost


def test_plan_can_be_made_while_the_crm_cannot_count(connection, ana, domain, monkeypatch, line):
    monkeypatch.setattr(reading, "READ_CREDITS", 1)
    upsert = checked(connection, ana, leads_csv(domain, 120))
    line.cut(("GET", "/actions/count"), not_reached, times=10)

    assert starting.plan(upsert).snapshot_credits == 3


def test_cost_is_in_the_credits_of_the_run_unless_declined(sending):
    with_values, without = sending(), sending(keeps_values=False)

    assert with_values.runs.get().credits == without.runs.get().credits + 1


def test_fields_that_cannot_be_kept_are_named(connection, ana, domain):
    content = f"Email,Last Name,Company,Background\np1@{domain},Name,Acme,long\n".encode()
    import_ = checked(connection, ana, content)

    assert snapshots.cannot_keep(import_) == ("Background",)


ANOTHER = httpx.Response(200, json={"users": [{"id": "1"}]})


@pytest.mark.parametrize("who", [ANOTHER, httpx.Response(403, json={"code": "NO_PERMISSION"})])
def test_what_another_may_have_created_is_told_as_updated(sending, line, who):
    import_ = sending()
    line.cut(CREATE, lost_after)
    line.cut(WHO, lambda request, carry: who, times=99)

    drive(import_)

    assert line.count(CREATE) == 2
    assert (import_.balance.created, import_.balance.updated) == (0, 3)


def test_what_a_lost_sending_has_created_is_told_as_created(sending, domain, line):
    import_ = sending()
    line.cut(CREATE, lost_after)

    drive(import_)

    assert line.count(CREATE) == 2
    assert (import_.balance.created, import_.balance.updated) == (1, 2)
