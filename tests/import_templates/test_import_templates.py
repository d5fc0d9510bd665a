"""Templates: what was decided once for a kind of file is decided for the next in one click."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from importer.audit.models import Event
from importer.import_templates.models import ImportTemplate
from importer.imports import choosing
from importer.imports.models import Import
from tests.office import Wizard, leads_csv

LIST = "import_templates:list"
OFFER = "Looks like your template"


@pytest.fixture
def browser(client, ana):
    client.force_login(ana)
    return client


@pytest.fixture
def decided(browser, connection, domain) -> Wizard:
    """An import with decisions worth keeping, before it is sent."""
    content = f"Email,Last Name,Company,Date of Birth\na@{domain},Ann,Acme,03/04/1980\n"
    wizard = Wizard.upload(browser, content.encode(), "monday.csv")
    wizard.to_columns(connection)
    wizard.send("columns", **wizard.columns() | {"empty_2": "use", "fill_2": "Unknown"})
    wizard.post("values", q0="dmy")
    return wizard


@pytest.fixture
def template(decided) -> ImportTemplate:
    decided.send("save_template", name="Weekly leads")
    return ImportTemplate.objects.get()


def next_file(
    browser, domain: str, header: str = "Email,Last Name,Company,Date of Birth"
) -> Wizard:
    content = f"{header}\nb@{domain},Bob,,05/06/1990\n"
    return Wizard.upload(browser, content.encode(), "tuesday.csv")


def test_template_keeps_all_that_was_decided(template, decided, ana, connection):
    assert (template.team, template.created_by) == (ana.team, ana)
    assert template.mapping == decided.import_.mapping
    assert template.mapping.column_for("Birth_Date").date_order == "dmy"
    assert (template.module, template.operation, template.find_by) == ("Leads", "upsert", "Email")
    assert template.connection == connection


def test_template_is_applied_to_the_next_file_in_one_click(template, browser, crm, domain):
    wizard = next_file(browser, domain)
    assert f"{OFFER} “Weekly leads”" in wizard.page("file")

    assert wizard.send("use_template", template=template.pk) == "values"

    assert wizard.import_.mapping == template.mapping
    assert wizard.send("values", q0="dmy") == "check"
    wizard.confirm()
    lead = crm.leads(domain)[f"b@{domain}"]
    assert (lead["Company"], lead["Birth_Date"]) == ("Unknown", "1990-06-05")


def test_template_remembers_the_answers(template, browser, domain):
    wizard = next_file(browser, domain)
    wizard.send("use_template", template=template.pk)

    answers = wizard.get("values").context["form"]

    assert answers["q0"].value() == "dmy"


def test_template_fits_the_same_headers_in_any_order(template, browser, domain):
    wizard = Wizard.upload(
        browser, f"Company,Date of Birth,Email,Last Name\nAcme,,b@{domain},Bob\n".encode()
    )

    assert OFFER in wizard.page("file")


@pytest.mark.parametrize(
    "header", ["Email,Last Name,Company", "Email,Last Name,Company,Date of Birth,Phone"]
)
def test_template_is_not_offered_for_other_headers(template, browser, domain, header):
    assert OFFER not in next_file(browser, domain, header).page("file")


def test_template_of_the_same_name_is_replaced(template, decided, browser, connection, domain):
    other = Wizard.upload(browser, leads_csv(domain))
    other.to_columns(connection, operation="insert", find_by="")

    other.send("save_template", name="Weekly leads")

    kept = ImportTemplate.objects.get()
    assert (kept.pk, kept.operation) == (template.pk, "insert")
    kinds = [event.kind for event in Event.objects.about(template)]
    assert kinds == ["saved", "replaced"]


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
def test_template_needs_a_name_that_fits(decided, browser, name):
    answer = browser.post(decided.url("save_template"), {"name": name}, follow=True)

    assert answer.status_code == 200
    assert not ImportTemplate.objects.exists()
    assert "Give the template a name" in answer.content.decode()


def test_template_of_another_team_is_neither_offered_nor_applied(
    template, client, stranger, domain
):
    client.force_login(stranger)
    wizard = next_file(client, domain)

    assert OFFER not in wizard.page("file")
    assert wizard.post("use_template", template=template.pk).status_code == 404
    assert wizard.import_.mapping_json is None


@pytest.mark.parametrize("which", ["", "nonsense", "999999"])
def test_template_that_does_not_exist_is_not_found(template, browser, domain, which):
    wizard = next_file(browser, domain)

    assert wizard.post("use_template", template=which).status_code == 404
    assert wizard.import_.mapping_json is None


def test_template_can_be_deleted_and_what_used_it_stays(template, decided, browser):
    answer = browser.post(reverse("import_templates:delete", args=[template.pk]), follow=True)

    assert "Template “Weekly leads” was deleted." in answer.content.decode()
    assert not ImportTemplate.objects.exists()
    decided.import_.refresh_from_db()
    assert decided.import_.mapping.columns
    assert [e.kind for e in Event.objects.about(template)] == ["saved", "deleted"]


def test_template_of_another_team_cannot_be_deleted(template, client, stranger):
    client.force_login(stranger)

    answer = client.post(reverse("import_templates:delete", args=[template.pk]))

    assert answer.status_code == 404
    assert ImportTemplate.objects.get() == template


def test_templates_page_shows_the_teams_own(template, browser, client, stranger):
    assert 'data-label="Name">Weekly leads<' in browser.get(reverse(LIST)).content.decode()

    client.force_login(stranger)
    assert "Weekly leads" not in client.get(reverse(LIST)).content.decode()


def test_template_name_is_unique_in_a_team_and_free_in_another(
    template, strangers, strange_connection
):
    facts = {"name": template.name, "mapping_json": {}, "headers": [], "module": "Leads"}

    ImportTemplate.objects.create(team=strangers, connection=strange_connection, **facts)

    with pytest.raises(IntegrityError), transaction.atomic():
        ImportTemplate.objects.create(team=template.team, connection=template.connection, **facts)


def test_draft_without_choices_makes_no_template(browser, domain):
    wizard = next_file(browser, domain)

    browser.post(wizard.url("save_template"), {"name": "Too early"})

    assert not ImportTemplate.objects.exists()
    with pytest.raises(ValueError, match="no choices"):
        choosing.save_template(Import.objects.get(), None, "Too early")
