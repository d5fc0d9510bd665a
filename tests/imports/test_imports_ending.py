"""The wizard's last steps: confirm, progress, result, and the reports that people take home."""

import csv
import io

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from importer.audit.models import Event
from importer.imports.models import Import, Run
from importer.teams import metadata
from importer.teams.models import ModuleMetadata
from tests.office import Wizard, leads_csv, parts_of


@pytest.fixture
def browser(client, ana):
    client.force_login(ana)
    return client


@pytest.fixture
def ready(browser, connection, domain) -> Wizard:
    """A wizard before its confirmation: three rows, the last of which is held back."""
    wizard = Wizard.upload(browser, leads_csv(domain, 3, bad=1), "spring leads.csv")
    wizard.to_check(connection)
    return wizard


@pytest.fixture
def done(ready) -> Wizard:
    assert ready.confirm() == "progress"
    return ready


def download(wizard: Wizard, name: str) -> tuple[str, bytes]:
    """A report's file name and content."""
    answer = wizard.client.get(wizard.url("report", name))
    assert answer.status_code == 200
    return answer.headers["Content-Disposition"], b"".join(answer.streaming_content)


def lines(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_confirm_tells_what_will_happen(ready):
    page = ready.page("confirm")

    assert "Send 2 rows" in page
    assert "Leads in practice" in page
    assert "3 matched" in page


def test_confirm_sends_nothing_before_it_is_confirmed(ready, crm, domain):
    ready.page("confirm")
    ready.work()

    assert not Run.objects.exists()
    assert crm.leads(domain) == {}


def test_confirm_twice_starts_one_run(ready, crm, domain):
    key = ready.import_.plan_key

    answers = [ready.post("confirm", plan=key), ready.post("confirm", plan=key)]
    ready.work()
    answers.append(ready.post("confirm", plan=key))
    ready.work()

    assert {answer.url for answer in answers} == {ready.url("progress")}
    assert Run.objects.count() == 1
    assert len(parts_of(ready.import_)) == 1
    assert [e.kind for e in Event.objects.about(ready.import_)].count("confirmed") == 1
    assert set(crm.leads(domain)) == {f"p1@{domain}", f"p2@{domain}"}


@pytest.mark.parametrize("key", ["", "of another page"])
def test_confirm_of_another_plan_is_checked_again(ready, key):
    answer = ready.post("confirm", plan=key)

    assert answer.url == ready.url("check")
    assert ready.import_.state == Import.State.DRAFT
    assert ready.import_.work == Import.Work.CHECK
    ready.work()
    assert "Something changed" in ready.page("check")
    assert ready.confirm() == "progress"


def test_confirm_after_the_crms_fields_changed_is_checked_again(ready, connection):
    key = ready.import_.plan_key
    ModuleMetadata.objects.filter(module="Leads").update(fingerprint="changed meanwhile")

    answer = ready.post("confirm", plan=key)

    assert answer.url == ready.url("check")
    assert ready.import_.is_draft
    metadata.module(connection, "Leads", fresh=True)
    ready.work()
    assert ready.confirm() == "progress"


def test_result_adds_up_and_explains(done):
    page = done.page("result")

    assert "2 of 3 rows are in the CRM" in page
    assert "Held back" in page
    assert "Last Name" in page
    balance = done.import_.balance
    assert (balance.rows, balance.created, balance.held_back) == (3, 2, 1)
    assert balance.adds_up
    assert done.import_.state == Import.State.DONE_WITH_PROBLEMS


def test_result_of_a_clean_import_offers_no_error_report(browser, connection, domain):
    wizard = Wizard.upload(browser, leads_csv(domain))
    wizard.to_check(connection)
    wizard.confirm()

    page = wizard.page("result")

    assert "3 of 3 rows are in the CRM" in page
    assert "problems.xlsx" not in page
    assert wizard.import_.state == Import.State.DONE


def test_result_leads_to_the_records_in_the_crm(done, crm, domain):
    page = done.page("result")

    [first, *_] = done.get("result").context["records"]
    assert first["url"] in page
    assert f"p1@{domain}" in crm.caller.http.get(first["url"]).text


def test_result_is_shown_while_the_crm_is_down(done, connection):
    type(connection).objects.update(api_url="http://127.0.0.1:1")

    assert "2 of 3 rows are in the CRM" in done.page("result")


def test_report_is_named_after_the_file_and_noted(done):
    names = ["problems.csv", "problems.xlsx", "outcomes.csv"]

    headers = [download(done, name)[0] for name in names]

    assert headers == [f'attachment; filename="spring leads - {name}"' for name in names]
    events = Event.objects.about(done.import_).filter(kind="report_downloaded")
    assert [event.detail["report"] for event in events] == names
    assert {event.actor for event in events} == {done.import_.created_by}


def test_report_of_problems_has_the_row_the_column_and_the_reason(done, domain):
    header, held = lines(download(done, "problems.csv")[1])

    lead = ["Row", "Outcome", "Column", "Reason", "How to fix", "Zoho's code"]
    assert header == [*lead, "Email", "Last Name", "Company"]
    assert [held[0], held[1], held[2]] == ["4", "Held back", "Last Name"]
    assert "Last Name" in held[3]
    assert held[6:] == [f"p3@{domain}", "", "Acme"]


def test_report_of_problems_is_the_same_in_excel(done):
    told = lines(download(done, "problems.csv")[1])

    book = load_workbook(io.BytesIO(download(done, "problems.xlsx")[1]), read_only=True)
    rows = [[c or "" for c in row] for row in book.active.iter_rows(values_only=True)]

    assert rows == told


def test_report_of_outcomes_has_every_row_and_its_record(done, crm, domain):
    header, *rows = lines(download(done, "outcomes.csv")[1])

    assert header == ["Row", "Outcome", "Record id", "Link", "Reason"]
    assert [row[:2] for row in rows] == [["2", "Created"], ["3", "Created"], ["4", "Held back"]]
    assert crm.caller.record("Leads", rows[0][2])["Email"] == f"p1@{domain}"
    assert rows[0][3].endswith(f"/tab/Leads/{rows[0][2]}")
    assert rows[2][2:4] == ["", ""]


def test_report_is_nothing_but_a_report(done):
    for name in ("source", done.import_.table_file, "ledger.parquet", "..%2fsource"):
        assert done.client.get(f"/imports/{done.import_.pk}/reports/{name}").status_code == 404


def test_report_of_a_draft_is_not_there_yet(ready):
    assert ready.client.get(ready.url("report", "problems.csv")).status_code == 404


def test_same_file_again_updates_and_creates_nothing(done, connection, domain, crm):
    before = crm.leads(domain)

    again = Wizard.upload(done.client, leads_csv(domain, 3, bad=1))
    again.to_check(connection)
    again.confirm()

    assert (again.import_.balance.created, again.import_.balance.updated) == (0, 2)
    assert crm.leads(domain) == before


def test_list_finds_a_file_by_a_part_of_its_name(done):
    page = done.client.get(reverse("imports:list"), {"q": "SPRING"}).content.decode()
    none = done.client.get(reverse("imports:list"), {"q": "autumn"}).content.decode()

    assert "spring leads.csv" in page
    assert "No file of that name" in none
    assert "spring leads.csv" not in none


def copies(import_: Import, number: int) -> None:
    fields = [f.attname for f in Import._meta.concrete_fields if not f.primary_key]
    facts = {name: getattr(import_, name) for name in fields}
    Import.objects.bulk_create(Import(**facts) for _ in range(number))


def queries_of_the_list(client) -> int:
    with CaptureQueriesContext(database) as seen:
        assert client.get(reverse("imports:list")).status_code == 200
    return len(seen)


def test_list_takes_as_many_queries_for_thirty_imports_as_for_three(done):
    copies(done.import_, 2)
    few = queries_of_the_list(done.client)
    copies(done.import_, 27)

    assert queries_of_the_list(done.client) == few


def test_list_pages(done):
    for number in range(30):
        Import.objects.create(
            team=done.import_.team, source_name=f"file {number:02}.csv", source_bytes=1
        )

    page = done.client.get(reverse("imports:list"), {"page": "2"}).content.decode()

    assert "file 04.csv" in page
    assert "file 05.csv" not in page
