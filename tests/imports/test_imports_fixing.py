"""Fix and retry: corrected rows, and only those, go in as a further run of the same import."""

import io
import re
from contextlib import suppress

import pytest
from django.db import connection as database
from django.db import transaction
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from importer.audit.models import Event
from importer.crm.schema import Operation
from importer.imports import files
from importer.imports.advance import drive
from importer.imports.models import Edit, Import, Run
from importer.imports.running import fixing, pausing
from importer.imports.running.fixing import CannotFix
from importer.teams import metadata
from tests.line import CREATE, UPLOAD, Killed, killed, killed_after
from tests.office import Wizard, confirmed, finished, parts_of, the_lease_runs_out, told_of

HEADER = "Email,Last Name,Company,Date of Birth"


def leads(domain: str, *lines: str) -> bytes:
    """A CSV of leads; `@` in a line ends with the domain."""
    return "\n".join([HEADER, *(line.replace("@", f"@{domain}") for line in lines), ""]).encode()


@pytest.fixture
def flawed(connection, ana, domain) -> Import:
    """An import of four leads: p1 and p4 went in; p2's address and p3's name were held back."""
    content = leads(
        domain,
        "p1@,One,Acme,31/12/2001",
        "p2 @,Two,Acme,",
        "p3@,,Acme,03/04/2002",
        "p4@,Four,Acme,",
    )
    import_ = finished(connection, ana, content)
    assert (import_.balance.created, import_.balance.held_back) == (2, 2)
    return import_


def rechecked(import_: Import, user=None) -> Run:
    fixing.ask(import_, user)
    drive(import_)
    run = fixing.draft(import_)
    assert run.check_json, import_.work_error
    return run


def sent(import_: Import, user=None) -> Import:
    fixing.confirm(import_, user, rechecked(import_, user).pk)
    drive(import_)
    return import_


def outcomes(import_: Import) -> dict[int, str]:
    import polars as pl

    with import_.files.read(files.LEDGER) as path:
        return dict(pl.read_parquet(path).select("row", "outcome").iter_rows())


def test_corrected_rows_go_in_as_a_further_run_of_the_same_import(flawed, ana, crm, domain):
    first = crm.leads(domain)
    fixing.change(flawed, ana, 3, {"Email": f"p2@{domain}"})
    fixing.change(flawed, ana, 4, {"Last Name": "Three"})

    sent(flawed, ana)

    found = crm.leads(domain)
    assert set(found) == {f"p{n}@{domain}" for n in (1, 2, 3, 4)}
    assert {mail: found[mail] for mail in first} == first
    assert flawed.state == Import.State.DONE
    assert (flawed.balance.created, flawed.balance.adds_up) == (4, True)
    assert [run.kind for run in flawed.runs.all()] == ["main", "retry"]
    assert [run.balance.went_in for run in flawed.runs.all()] == [2, 4]
    assert sum(part.rows for part in parts_of(flawed)) == 4


def test_rows_that_still_have_a_problem_stay_back_for_the_newest_reason(flawed, ana, crm, domain):
    fixing.change(flawed, ana, 3, {"Email": f"p2@{domain}", "Last Name": "", "Company": "Acme"})
    fixing.change(flawed, ana, 4, {"Last Name": "Three"})

    sent(flawed, ana)

    assert set(crm.leads(domain)) == {f"p{n}@{domain}" for n in (1, 3, 4)}
    assert outcomes(flawed) == {2: "created", 3: "held_back", 4: "created", 5: "created"}
    report = flawed.files.open(files.PROBLEMS_CSV).read().decode("utf-8-sig")
    assert "Last Name is empty" in report
    assert "not an e-mail address" not in report
    assert f"p2@{domain}" in report  # as it was edited


def test_dates_are_read_as_the_whole_column_is_written(flawed, ana, crm, domain):
    fixing.change(flawed, ana, 4, {"Last Name": "Three"})  # its date alone has two readings

    sent(flawed, ana)

    assert crm.leads(domain)[f"p3@{domain}"]["Birth_Date"] == "2002-04-03"


def test_row_that_would_overwrite_one_of_the_same_file_is_held_back(flawed, ana, crm, domain):
    fixing.change(flawed, ana, 3, {"Email": f"P1@{domain}"})

    run = rechecked(flawed, ana)

    assert (run.check_summary.ready, run.check_summary.held_back) == (0, 2)
    assert "key_repeated" in {group.code for group in run.check_summary.groups}
    with pytest.raises(CannotFix):
        fixing.confirm(flawed, ana, run.pk)


@pytest.mark.parametrize(("repeats", "ready"), [("first", 0), ("last", 1), ("hold", 0)])
def test_repeated_match_value_follows_the_answer_given(flawed, ana, domain, repeats, ready):
    Import.objects.update(mapping_json=flawed.mapping_json | {"repeats": repeats})
    flawed.refresh_from_db()
    fixing.change(flawed, ana, 3, {"Email": f"p1@{domain}"})  # row 2 is in with that

    assert rechecked(flawed, ana).check_summary.ready == ready


def test_confirming_twice_sends_once(flawed, ana, line):
    fixing.change(flawed, ana, 3, {"Email": "p2@example.com"})
    run = rechecked(flawed, ana)

    fixing.confirm(flawed, ana, run.pk)
    fixing.confirm(flawed, ana, run.pk)
    drive(flawed)
    fixing.confirm(flawed, ana, run.pk)
    drive(flawed)

    assert line.count(CREATE) == 1
    assert told_of(flawed).count("retry_confirmed") == 1


@pytest.mark.parametrize("death", [killed, killed_after])
@pytest.mark.parametrize("call", [UPLOAD, CREATE])
def test_retry_killed_in_the_middle_sends_every_row_once(
    flawed, ana, crm, domain, line, call, death
):
    fixing.change(flawed, ana, 3, {"Email": f"p2@{domain}"})
    fixing.change(flawed, ana, 4, {"Last Name": "Three"})
    fixing.confirm(flawed, ana, rechecked(flawed, ana).pk)
    line.cut(call, death)

    with pytest.raises(Killed):
        drive(flawed)
    the_lease_runs_out()
    drive(flawed)

    assert set(crm.leads(domain)) == {f"p{n}@{domain}" for n in (1, 2, 3, 4)}
    assert flawed.balance.went_in == 4


def test_check_replaces_the_one_before_once_it_is_saved(
    flawed, ana, django_capture_on_commit_callbacks
):
    before = rechecked(flawed, ana)
    kept = (before.rows_file, before.problems_file, files.outlook(before.pk))

    with suppress(ZeroDivisionError), transaction.atomic():
        fixing.ask(flawed, ana)
        raise ZeroDivisionError
    assert fixing.draft(flawed) == before
    assert all(map(flawed.files.exists, kept))
    with django_capture_on_commit_callbacks(execute=True):
        fixing.ask(flawed, ana)

    assert not any(map(flawed.files.exists, kept))


def test_check_that_is_killed_is_done_once_more(flawed, ana, domain, monkeypatch):
    from importer.imports.running import rechecking

    def die(*_):
        raise Killed

    fixing.change(flawed, ana, 3, {"Email": f"p2@{domain}"})
    fixing.ask(flawed, ana)
    with monkeypatch.context() as patch:
        patch.setattr(rechecking, "_note", die)
        with pytest.raises(Killed):
            drive(flawed)
    the_lease_runs_out()
    drive(flawed)

    assert fixing.draft(flawed).check_summary.ready == 1


def test_what_was_checked_is_void_once_a_cell_is_changed(flawed, ana, domain):
    fixing.change(flawed, ana, 3, {"Email": f"p2@{domain}"})
    run = rechecked(flawed, ana)
    fixing.change(flawed, ana, 3, {"Email": f"p5@{domain}"})

    with pytest.raises(CannotFix):
        fixing.confirm(flawed, ana, run.pk)

    assert flawed.state == Import.State.DONE_WITH_PROBLEMS


def test_cell_changed_while_the_rows_are_checked_has_them_checked_anew(
    flawed, ana, domain, monkeypatch
):
    from importer.imports.running import rechecking

    note = rechecking._note

    def change_first(*args):
        monkeypatch.setattr(rechecking, "_note", note)
        fixing.change(Import.objects.get(pk=flawed.pk), ana, 3, {"Email": f"p2@{domain}"})
        note(*args)

    monkeypatch.setattr(rechecking, "_note", change_first)
    fixing.ask(flawed, ana)
    drive(flawed)

    run = fixing.draft(flawed)
    assert fixing.is_current(run)
    assert run.check_summary.ready == 1


def test_fields_that_changed_since_the_check_want_another(flawed, ana, connection, domain):
    fixing.change(flawed, ana, 3, {"Email": f"p2@{domain}"})
    run = rechecked(flawed, ana)
    connection.metadata.filter(module="Leads").update(fingerprint="another")

    with pytest.raises(CannotFix):
        fixing.confirm(flawed, ana, run.pk)

    metadata.module(connection, "Leads", fresh=True)
    fixing.confirm(flawed, ana, run.pk)


def test_skipped_rows_may_be_sent_again_and_are_told_of(connection, ana, crm, domain):
    import_ = finished(connection, ana, leads(domain, "p1@,One,Acme,"), Operation.UPDATE)
    assert import_.balance.skipped == 1
    run = rechecked(import_, ana)
    assert (run.check_summary.ready, fixing.plan(run).unchanged) == (1, 1)
    body = {"data": [{"Email": f"p1@{domain}", "Last_Name": "Old", "Company": "Old"}]}
    crm.caller.http.post("/crm/v7/Leads", json=body).raise_for_status()

    fixing.confirm(import_, ana, run.pk)
    drive(import_)

    assert import_.balance.updated == 1
    assert crm.leads(domain)[f"p1@{domain}"]["Last_Name"] == "One"


def test_rest_of_a_stopped_import_goes_in_as_a_further_run(connection, ana, crm, domain):
    import_ = confirmed(connection, ana, leads(domain, "p1@,One,Acme,", "p2@,Two,Acme,"))
    pausing.stop(import_, ana, "Stopped.")
    drive(import_)
    assert (import_.state, import_.balance.not_sent) == (Import.State.STOPPED, 2)

    run = rechecked(import_, ana)
    assert fixing.plan(run).unchanged == 0  # they were never refused
    fixing.confirm(import_, ana, run.pk)
    drive(import_)

    assert (import_.state, import_.state_reason) == (Import.State.DONE, "")
    assert set(crm.leads(domain)) == {f"p{n}@{domain}" for n in (1, 2)}


def test_taking_a_change_back_leaves_nothing_of_it(flawed, ana, domain):
    fixing.change(flawed, ana, 3, {"Email": f"p2@{domain}", "Company": "Other"})
    fixing.change(flawed, ana, 3, {"Email": f"p2@{domain}"}, take_back="Company")
    fixing.change(flawed, ana, 3, {"Email": f"p2 @{domain}"})

    assert not flawed.edits.exists()


def test_changes_are_recorded_without_values(flawed, ana, domain):
    fixing.change(flawed, ana, 3, {"Email": f"p2@{domain}", "Company": "Acme"})

    event = Event.objects.about(flawed).get(kind="corrected")
    assert (event.actor, event.detail) == (ana, {"rows": 1, "cells": 1, "columns": ["Email"]})
    assert Edit.objects.get().made_by == ana


@pytest.mark.parametrize("row", [2, 99], ids=["in the CRM", "not in the file"])
def test_only_rows_that_did_not_go_in_can_be_changed(flawed, ana, row):
    with pytest.raises(CannotFix):
        fixing.change(flawed, ana, row, {"Email": "x@example.com"})


# The page -----------------------------------------------------------------------------------


@pytest.fixture
def page(client, ana, flawed) -> Wizard:
    client.force_login(ana)
    return Wizard(client, flawed)


def upload(page: Wizard, change) -> str:
    """The error report goes home, is changed and comes back; the fix page after that."""
    book = load_workbook(io.BytesIO(page.import_.files.open(files.PROBLEMS_XLSX).read()))
    change(book.active)
    content = io.BytesIO()
    book.save(content)
    content.name, _ = "report.xlsx", content.seek(0)
    assert page.post("fix_report", file=content).url == page.url("fix")
    page.work()
    return page.page("fix")


def test_result_offers_to_fix_what_did_not_go_in(page):
    assert "Fix and send 2 rows" in page.page("result")


def test_page_lists_the_rows_with_their_cells_and_reasons(page, domain):
    html = page.page("fix")

    assert "Fix 2 rows" in html
    assert f'value="p2 @{domain}"' in html
    assert "which is not an e-mail address" in html
    assert "p1@" not in html
    lines = page.get("fix").context["lines"]
    assert [line.row for line in lines] == [3, 4]
    assert [[cell.column for cell in line.cells] for line in lines] == [["Email"], ["Last Name"]]


def test_page_shows_the_rows_of_one_cause(page):
    [key] = [c["key"] for c in page.get("fix").context["causes"] if "Email" in c["title"]]

    assert [
        line.row for line in page.client.get(page.url("fix"), {"cause": key}).context["lines"]
    ] == [3]


def test_page_of_a_cause_that_no_row_has_says_so(page):
    answer = page.client.get(page.url("fix"), {"cause": "ready"})

    assert "No row is left of this kind" in answer.content.decode()


def test_page_takes_as_many_queries_for_two_rows_as_for_twenty(connection, ana, domain, page):
    content = leads(domain, *(f"p{n}@,,Acme," for n in range(1, 21)))
    many = Wizard(page.client, finished(connection, ana, content))

    assert queries_of(many) == queries_of(page)


def queries_of(page: Wizard) -> int:
    page.page("fix")
    with CaptureQueriesContext(database) as seen:
        page.page("fix")
    return len(seen)


def test_page_pages(connection, client, ana, domain):
    content = leads(domain, *(f"p{n}@,,Acme," for n in range(1, 31)))
    client.force_login(ana)
    page = Wizard(client, finished(connection, ana, content))

    second = client.get(page.url("fix"), {"page": "2"}).context

    assert len(page.get("fix").context["lines"]) == 25
    assert [line.row for line in second["lines"]] == list(range(27, 32))


def test_page_saves_checks_and_sends(page, crm, domain):
    answer = page.fragment("fix_row", "row-3-state", row=3, cell_0=f"p2@{domain}").content.decode()
    assert "Changed, to be checked" in answer
    assert "In the file" in answer
    assert page.post("fix_check").url == page.url("fix")
    page.work()
    html = page.page("fix")
    assert "1 row is ready, 1 still needs a fix" in html
    assert [line.row for line in page.get("fix").context["lines"]] == [4, 3]
    run = re.search(r'name="run" value="(\d+)"', html)[1]

    assert page.send("fix_send", run=run) == "progress"

    assert set(crm.leads(domain)) == {f"p{n}@{domain}" for n in (1, 2, 4)}
    result = page.page("result")
    assert "3 of 4 rows are in the CRM" in result
    assert "Corrected rows" in result
    assert "Fix and send 1 row" in result


def test_page_without_script_saves_the_whole_row(page, domain):
    sent = {"cell_0": f"p2@{domain}", "cell_1": "Two", "cell_2": "Acme", "cell_3": ""}

    answer = page.post("fix_row", row=3, page=1, **sent)

    assert answer.url.endswith("/fix/?page=1#row-3")
    assert [(e.row, e.column) for e in page.import_.edits.all()] == [(3, "Email")]


def test_corrected_report_is_read_and_checked(page, domain):
    def change(sheet):
        [email] = [cell.column for cell in sheet[1] if cell.value == "Email"]
        sheet.cell(2, email).value = f"p2@{domain}"

    html = upload(page, change)

    assert "1 cell changed by the report" in html
    assert "1 row is ready, 1 still needs a fix" in html
    assert [(e.row, e.column, e.value) for e in page.import_.edits.all()] == [
        (3, "Email", f"p2@{domain}")
    ]
    assert {"corrections_uploaded", "corrections_read", "rechecked"} <= set(told_of(page.import_))


def test_file_that_is_no_report_is_refused_in_a_sentence(page, domain):
    page.post("fix_row", row=3, cell_0=f"p2@{domain}")
    page.post("fix_report", file=io.BytesIO(b"a,b\n1,2\n"))
    page.work()

    html = page.page("fix")

    assert "This file has no column" in html
    assert page.import_.edits.count() == 1


def test_strangers_find_nothing(flawed, client, stranger):
    client.force_login(stranger)
    theirs = Wizard(client, flawed)

    assert theirs.get("fix").status_code == 404
    for step in ("fix_row", "fix_report", "fix_check", "fix_send"):
        assert theirs.post(step, row=3, cell_0="x").status_code == 404
    assert not flawed.edits.exists()


def test_nothing_is_fixed_while_an_import_is_on_its_way(page):
    Import.objects.update(state=Import.State.RUNNING)

    assert page.get("fix").status_code == 302
    page.post("fix_row", row=3, cell_0="x")
    page.post("fix_check")

    assert not page.import_.edits.exists()
    assert not page.import_.work
