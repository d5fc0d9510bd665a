"""The wizard's first steps through its pages: file, destination, columns, and who may open what."""

import html
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.html import strip_tags

from importer.audit.models import Event
from importer.crm.schema import Operation
from importer.imports import choosing
from importer.imports.models import Import
from tests.office import Wizard, leads_csv

STRICT = ("default-src 'self'", "object-src 'none'", "frame-ancestors 'none'", "base-uri 'none'")
CHOICES = ["file", "destination", "columns", "values", "check"]


@pytest.fixture
def browser(client, ana):
    client.force_login(ana)
    return client


def test_upload_is_read_and_shown(browser, domain):
    wizard = Wizard.upload(browser, leads_csv(domain, 2))

    page = wizard.page("file")

    assert "2 rows and 3 columns" in page
    assert f"p1@{domain}" in page
    assert [e.kind for e in Event.objects.about(wizard.import_)] == ["uploaded", "read"]


def test_upload_shows_how_it_was_read_and_why(browser):
    content = "Name;Ort;Ort\nJürgen Groß;Köln;1\nBjörn;Wien;2\n".encode("cp1252")

    page = html.unescape(strip_tags(Wizard.upload(browser, content).page("file")))

    told = (
        "It is not UTF-8. Read as Western European (Windows-1252), it says “Jürgen”.",
        "Semicolons divide 3 of 3 rows looked at into 3 columns each.",
        "Row 1 is the first row and holds names, not data.",
        "Jürgen · Köln · Groß",  # read in one way, and in another
        "JŁrgen · KŲln · GroŖ",
        "Column C has the name “Ort” like another, so it is called “Ort (2)” here.",
    )
    assert [sentence for sentence in told if sentence not in page] == []


def test_upload_waits_for_the_worker_and_then_reloads(browser, domain):
    file = SimpleUploadedFile("leads.csv", leads_csv(domain))
    browser.post(reverse("imports:new"), {"file": file})
    wizard = Wizard(browser, Import.objects.get())

    waiting = wizard.page("file")
    asked = wizard.fragment("file", "work")

    assert 'hx-trigger="every' in waiting
    assert asked.status_code == 200
    assert "HX-Refresh" not in asked.headers
    wizard.work()
    assert wizard.fragment("file", "work").headers["HX-Refresh"] == "true"


@pytest.mark.parametrize(
    ("data", "told"),
    [({}, "Choose a spreadsheet first."), ({"file": ("empty.csv", b"")}, "This file is empty.")],
)
def test_upload_of_nothing_is_refused(browser, data, told):
    files = {name: SimpleUploadedFile(*file) for name, file in data.items()}

    answer = browser.post(reverse("imports:new"), {"csrfmiddlewaretoken": "x", **files})

    assert told in answer.content.decode()
    assert not Import.objects.exists()


def test_upload_that_is_too_large_is_refused(browser, settings, domain):
    settings.UPLOAD_LIMIT_BYTES = 10

    file = SimpleUploadedFile("leads.csv", leads_csv(domain))

    answer = browser.post(reverse("imports:new"), {"file": file})

    assert "is the most we take" in answer.content.decode()
    assert not Import.objects.exists()


@pytest.mark.parametrize("content", [b"%PDF-1.7\n\x00\x01\x02", b"PK\x03\x04 not a workbook"])
def test_file_that_is_no_spreadsheet_says_so(browser, content):
    wizard = Wizard.upload(browser, content, "leads.xlsx")

    page = wizard.page("file")

    assert "This file could not be read" in page
    assert wizard.import_.work_error
    assert wizard.import_.work_error in page
    assert wizard.get("destination").url == wizard.url("file")


def test_reading_can_be_changed(browser):
    wizard = Wizard.upload(browser, b"My leads;\nEmail;Last Name\na@x.example.com;Ann\n")

    assert wizard.send("file", encoding="utf-8", delimiter=";", header_row="2") == "file"

    assert wizard.import_.table.headers == ("Email", "Last Name")
    assert wizard.import_.table.rows == 1
    assert "reading_chosen" in [e.kind for e in Event.objects.about(wizard.import_)]


def test_file_imported_before_is_recognised(browser, connection, domain):
    first = Wizard.upload(browser, leads_csv(domain), "monday.csv")
    first.to_check(connection)
    first.confirm()

    again = Wizard.upload(browser, leads_csv(domain), "tuesday.csv").page("file")

    assert "monday.csv" in again
    said = " ".join(strip_tags(again).split())
    assert re.search(
        r"that ana imported (now|.* ago)\. Import it again only if you mean to\.", said
    )


def test_draft_taken_up_again_is_told_of_an_import_confirmed_meanwhile(browser, connection, domain):
    draft = Wizard.upload(browser, leads_csv(domain), "monday.csv")
    other = Wizard.upload(browser, leads_csv(domain), "tuesday.csv")
    assert "Import it again" not in draft.page("file")
    other.to_check(connection)
    other.confirm()

    assert "tuesday.csv" in draft.page("file")


def test_destination_without_a_connection_says_who_can_help(browser, domain):
    page = Wizard.upload(browser, leads_csv(domain)).page("destination")

    assert "No CRM is connected" in page


def test_destination_offers_the_crms_own_modules(browser, connection, domain):
    wizard = Wizard.upload(browser, leads_csv(domain))

    page = wizard.page("destination", operation="update")

    assert '<option value="Leads"' in page
    assert 'value="Email"' in page
    assert "has a value in 3 of 3 rows" in page


def test_destination_redraws_what_depends_on_it(browser, connection, domain):
    wizard = Wizard.upload(browser, leads_csv(domain))

    answer = wizard.fragment("destination", "destination")

    assert answer.status_code == 200
    assert answer.content.decode().lstrip().startswith("<div")
    assert "<html" not in answer.content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"operation": "update", "find_by": ""},
        {"operation": "nonsense"},
        {"find_by": "Description"},
        {"operation": ""},
    ],
)
def test_destination_that_does_not_fit_is_not_saved(browser, connection, domain, wrong):
    wizard = Wizard.upload(browser, leads_csv(domain))
    right = {"connection": connection.pk, "module": "Leads", "operation": "upsert"}

    answer = wizard.post("destination", **right | {"find_by": "Email"} | wrong)

    assert answer.status_code == 200
    assert wizard.import_.module == ""


def test_destination_of_another_team_is_not_taken(browser, connection, strange_connection, domain):
    wizard = Wizard.upload(browser, leads_csv(domain))

    wizard.post(
        "destination",
        connection=strange_connection.pk,
        module="Leads",
        operation="upsert",
        find_by="Email",
    )

    assert wizard.import_.connection_id != strange_connection.pk


def test_columns_are_suggested_by_their_headers(browser, connection, domain):
    wizard = Wizard.upload(browser, leads_csv(domain))
    wizard.to_columns(connection)

    page = wizard.page("columns")

    assert [(c.column, c.field) for c in wizard.import_.mapping.columns] == [
        ("Email", "Email"),
        ("Last Name", "Last_Name"),
        ("Company", "Company"),
    ]
    assert "3 of 3 columns matched" in page
    assert "Still open" not in page


def test_columns_are_saved_at_every_change(browser, connection, domain):
    wizard = Wizard.upload(browser, leads_csv(domain))
    wizard.to_columns(connection)

    answer = wizard.fragment("columns", "status", **wizard.columns() | {"field_2": ""})

    assert answer.status_code == 200
    assert [c.column for c in wizard.import_.mapping.columns] == ["Email", "Last Name"]
    told = answer.content.decode()
    assert "<html" not in told
    assert "2 of 3 columns matched" in told
    assert "Company must have a value in every new record" in told
    assert "fixed_Company" in told


def test_columns_without_a_mandatory_field_lead_nowhere(browser, connection, domain):
    wizard = Wizard.upload(browser, leads_csv(domain))
    wizard.to_columns(connection)

    answer = wizard.post("columns", **wizard.columns() | {"field_2": ""})

    assert answer.status_code == 200
    assert "Company must have a value in every new record" in answer.content.decode()
    assert wizard.get("values").url == wizard.url("columns")


def test_columns_with_a_fixed_value_go_on(browser, connection, crm, domain):
    wizard = Wizard.upload(browser, leads_csv(domain, 2))
    wizard.to_columns(connection)
    wizard.fragment("columns", "status", **wizard.columns() | {"field_2": ""})

    chosen = wizard.columns() | {"fixed_Company": "Fixed & Co"}
    assert wizard.send("columns", **chosen) == "values"
    wizard.send("values")
    wizard.confirm()

    companies = {lead["Company"] for lead in crm.leads(domain).values()}
    assert companies == {"Fixed & Co"}


def test_columns_fill_blank_cells_with_what_was_given(browser, connection, crm, domain):
    content = f"Email,Last Name,Company\na@{domain},Ann,\nb@{domain},Bob,Bob Ltd\n".encode()
    wizard = Wizard.upload(browser, content)
    wizard.to_columns(connection)

    wizard.send("columns", **wizard.columns() | {"empty_2": "use", "fill_2": "Unknown"})
    wizard.send("values")
    wizard.confirm()

    companies = {mail: lead["Company"] for mail, lead in crm.leads(domain).items()}
    assert companies == {f"a@{domain}": "Unknown", f"b@{domain}": "Bob Ltd"}


@pytest.mark.parametrize(
    ("operation", "offered"),
    [
        ("insert", [["keep", "use"], ["keep", "use"], ["keep", "use"]]),
        ("update", [["keep", "use"], ["keep", "use"], ["keep", "clear", "use"]]),
    ],
)
def test_columns_offer_to_clear_only_what_can_be(browser, connection, domain, operation, offered):
    wizard = Wizard.upload(browser, f"Email,Last Name,Phone\na@{domain},Ann,\n".encode())
    wizard.to_columns(connection, operation=operation)

    answer = wizard.get("columns")

    lines = list(answer.context["form"].lines())
    assert [[value for value, _ in line.when_empty.field.choices] for line in lines] == offered
    told = "Last Name cannot be cleared: Zoho needs a value in every record."
    assert (told in answer.content.decode()) == (operation == "update")


def test_columns_keep_what_empty_cells_do(browser, connection, domain):
    wizard = Wizard.upload(browser, f"Email,Last Name,Phone\na@{domain},Ann,\n".encode())
    wizard.to_columns(connection, operation="update")

    wizard.fragment("columns", "status", **wizard.columns() | {"empty_2": "clear", "fill_2": "x"})

    assert wizard.import_.mapping.clearing(Operation.UPDATE, "Email") == ("Phone",)
    assert wizard.columns()["empty_2"] == "clear"
    assert Event.objects.filter(kind="mapping_chosen").last().detail["clears"] == ["Phone"]


def test_columns_clear_what_their_empty_cells_say_and_nothing_else(
    browser, connection, crm, domain
):
    header = "Email,Last Name,Company,Lead Source,Annual Revenue"
    before = f"{header}\na@{domain},Ann,Acme,Partner,1\nb@{domain},Bob,Acme,Partner,2\n"
    first = Wizard.upload(browser, before.encode())
    first.to_check(connection)
    first.confirm()
    after = f"{header}\na@{domain},,,,\nb@{domain},Bob,Acme,Advertisement,\n"
    wizard = Wizard.upload(browser, after.encode())
    wizard.to_columns(connection, operation="update")

    wizard.send("columns", **wizard.columns() | {"empty_3": "clear"})
    wizard.send("values")
    wizard.confirm()

    facts = {
        lead["Last_Name"]: (lead["Company"], lead["Lead_Source"], lead["Annual_Revenue"])
        for lead in crm.leads(domain).values()
    }
    assert facts == {"Ann": ("Acme", None, 1), "Bob": ("Acme", "Advertisement", 2)}


def test_columns_say_at_once_what_the_empty_cells_of_another_field_may_do(
    browser, connection, domain
):
    wizard = Wizard.upload(browser, f"Email,Last Name,Phone\na@{domain},Ann,\n".encode())
    wizard.to_columns(connection, operation="update")
    changed = {"field_1": "", "field_2": "Last_Name", "empty_2": "clear"}

    told = wizard.fragment("columns", "status", **wizard.columns() | changed).content.decode()

    assert "Last Name cannot be cleared: Zoho needs a value in every record. Choose" in told
    assert told.count('hx-swap-oob="true"') == 3  # the stepper, and the lines that were changed
    assert 'id="empty_2" hx-swap-oob' in told


def test_columns_that_are_to_use_a_value_want_it(browser, connection, domain):
    wizard = Wizard.upload(browser, leads_csv(domain))
    wizard.to_columns(connection)

    answer = wizard.post("columns", **wizard.columns() | {"empty_2": "use"})

    assert answer.status_code == 200
    told = "Give the value to use where “Company” is empty, or choose something else."
    assert told in answer.content.decode()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"field_2": "Last_Name", "fixed_Company": "A"}, "Last Name is filled 2 times"),
        ({"field_0": ""}, "Email finds the records, so a column must be matched to it"),
    ],
)
def test_columns_that_do_not_fit_say_why(browser, connection, domain, change, told):
    wizard = Wizard.upload(browser, leads_csv(domain))
    wizard.to_columns(connection)

    answer = wizard.post("columns", **wizard.columns() | change)

    assert answer.status_code == 200
    assert told in answer.content.decode()


def test_step_that_cannot_be_opened_leads_to_where_it_stands(browser, connection, domain):
    wizard = Wizard.upload(browser, leads_csv(domain))

    for step in ("columns", "values", "check", "confirm", "progress", "result"):
        assert wizard.get(step).url == wizard.url("destination")
        assert wizard.post(step).url == wizard.url("destination")


def test_import_is_taken_up_where_it_was_left(browser, connection, domain):
    wizard = Wizard.upload(browser, leads_csv(domain))
    seen = [wizard.get("go_on").url]
    wizard.to_columns(connection)
    seen.append(wizard.get("go_on").url)
    wizard.send("columns", **wizard.columns())
    wizard.send("values")
    seen.append(wizard.get("go_on").url)
    wizard.confirm()
    seen.append(wizard.get("go_on").url)

    assert seen == [wizard.url(s) for s in ("destination", "columns", "confirm", "result")]


def test_earlier_change_outdates_a_later_step(browser, connection, domain):
    wizard = Wizard.upload(browser, leads_csv(domain))
    wizard.to_check(connection)
    assert wizard.get("confirm").status_code == 200

    wizard.fragment("columns", "status", **wizard.columns() | {"empty_2": "use", "fill_2": "Else"})

    assert "outdated" in wizard.page("columns")
    assert wizard.get("confirm").url == wizard.url("values")
    wizard.send("columns", **wizard.columns())
    assert wizard.send("values") == "check"
    assert wizard.get("confirm").status_code == 200


@pytest.mark.parametrize("step", CHOICES)
def test_confirmed_import_keeps_its_choices(browser, connection, domain, step):
    wizard = Wizard.upload(browser, leads_csv(domain))
    wizard.to_check(connection)
    wizard.confirm()
    before = Import.objects.filter(pk=wizard.import_.pk).values().get()
    destination = {"connection": connection.pk, "module": "Contacts", "operation": "insert"}
    reading = {"encoding": "cp1252", "delimiter": ";", "header_row": "3"}

    answer = wizard.post(step, **destination, **reading, find_by="", field_0="Phone", q0="first")

    assert answer.status_code < 500
    assert Import.objects.filter(pk=wizard.import_.pk).values().get() == before
    shown = browser.get(answer.url, follow=True) if answer.status_code == 302 else answer
    assert "has been confirmed" in shown.content.decode()


def test_confirmed_import_takes_no_template(browser, connection, domain, ana):
    wizard = Wizard.upload(browser, leads_csv(domain))
    wizard.to_check(connection)
    wizard.confirm()
    template = choosing.save_template(wizard.import_, ana, "Weekly")
    before = Import.objects.filter(pk=wizard.import_.pk).values().get()

    answer = wizard.post("use_template", template=template.pk)

    assert answer.status_code < 500
    assert Import.objects.filter(pk=wizard.import_.pk).values().get() == before


def test_pages_have_a_strict_policy_and_a_title(browser, connection, domain):
    wizard = Wizard.upload(browser, leads_csv(domain))
    wizard.to_check(connection)
    answers = [wizard.get(step) for step in (*CHOICES, "confirm")]
    wizard.confirm()
    answers += [wizard.get(step) for step in ("progress", "result")]

    for answer in answers:
        assert answer.status_code == 200
        policy, page = answer.headers["Content-Security-Policy"], answer.content.decode()
        assert [rule for rule in STRICT if rule not in policy] == []
        assert "unsafe" not in policy
        assert "leads.csv" in page.partition("<title>")[2].partition("</title>")[0]
        assert " style=" not in page
        assert "<script>" not in page


def test_crm_that_is_down_is_said_and_another_can_be_chosen(browser, connection, domain, one_try):
    wizard = Wizard.upload(browser, leads_csv(domain))
    type(connection).objects.update(api_url="http://127.0.0.1:1")
    connection.metadata.all().delete()

    page = wizard.page("destination")

    assert "practice could not be asked" in page
    assert 'name="connection"' in page


def test_crm_that_is_down_is_said_where_its_fields_are_needed(browser, connection, domain, one_try):
    wizard = Wizard.upload(browser, leads_csv(domain))
    wizard.send("destination", connection=connection.pk, module="Leads", operation="insert")
    type(connection).objects.update(api_url="http://127.0.0.1:1")
    connection.metadata.all().delete()

    answer = wizard.get("columns")

    assert answer.status_code == 502
    assert "The CRM could not be asked" in answer.content.decode()
