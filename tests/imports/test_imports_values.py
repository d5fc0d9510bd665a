"""The wizard's steps 4 and 5: what the values mean, and what every row comes to."""

import pytest

from importer.imports.models import Import
from importer.teams.models import ModuleMetadata
from tests.office import Wizard, leads_csv


@pytest.fixture
def browser(client, ana):
    client.force_login(ana)
    return client


def asked(browser, connection, header: str, *rows: str) -> Wizard:
    """A wizard at the step Values, whose file has `header` beside what is mandatory."""
    lines = [f"Email,Last Name,Company,{header}", *rows]
    wizard = Wizard.upload(browser, "\n".join(lines).encode())
    wizard.to_columns(connection)
    assert wizard.send("columns", **wizard.columns()) == "values"
    return wizard


def row(domain: str, name: str, cell: str) -> str:
    return f"{name}@{domain},{name.upper()},Acme,{cell}"


def test_values_that_need_no_answer_say_so(browser, connection, domain):
    wizard = asked(browser, connection, "Phone", row(domain, "a", "+49 30 123456"))

    assert "Nothing here needs an answer" in wizard.page("values")


def test_dates_with_two_readings_are_asked_about(browser, connection, crm, domain):
    wizard = asked(browser, connection, "Date of Birth", row(domain, "a", "03/04/1980"))

    page = wizard.page("values")
    unanswered = wizard.post("values")

    assert "3 April 1980" in page
    assert "4 March 1980" in page
    assert unanswered.status_code == 200
    assert "Choose one; we do not guess." in unanswered.content.decode()
    assert wizard.send("values", q0="dmy") == "check"
    wizard.confirm()
    assert crm.leads(domain)[f"a@{domain}"]["Birth_Date"] == "1980-04-03"


def test_dates_with_one_reading_are_not_asked_about(browser, connection, domain):
    rows = (row(domain, "a", "03/04/1980"), row(domain, "b", "25/04/1980"))

    wizard = asked(browser, connection, "Date of Birth", *rows)

    assert "Nothing here needs an answer" in wizard.page("values")


@pytest.mark.parametrize(("cell", "answer"), [("1.234", ","), ('"1,234"', ".")])
def test_numbers_with_two_readings_are_asked_about(browser, connection, crm, domain, cell, answer):
    wizard = asked(browser, connection, "Annual Revenue", row(domain, "a", cell))

    assert f"The dot is the decimal mark: {cell.strip(chr(34))} is 1" in wizard.page("values")
    wizard.send("values", q0=answer)
    wizard.confirm()

    assert float(crm.leads(domain)[f"a@{domain}"]["Annual_Revenue"]) == 1234


@pytest.mark.parametrize(
    ("answer", "source"),
    [("value:Web Research", "Web Research"), ("blank", None)],
)
def test_unknown_option_becomes_what_was_answered(browser, connection, crm, domain, answer, source):
    wizard = asked(browser, connection, "Lead Source", row(domain, "a", "Googled"))
    assert "Googled" in wizard.page("values")

    wizard.send("values", q0_0=answer)
    wizard.confirm()

    assert crm.leads(domain)[f"a@{domain}"]["Lead_Source"] == source


@pytest.mark.parametrize(
    ("operation", "words"),
    [("upsert", "Clear what the CRM has"), ("insert", "Leave it blank")],
)
def test_unknown_option_left_blank_is_called_what_it_does(
    browser, connection, domain, operation, words
):
    content = f"Email,Last Name,Company,Lead Source\n{row(domain, 'a', 'Googled')}\n"
    wizard = Wizard.upload(browser, content.encode())
    wizard.to_columns(connection, operation=operation)
    wizard.send("columns", **wizard.columns() | {"empty_3": "clear"})

    choices = dict(wizard.get("values").context["form"].fields["q0_0"].choices)

    assert choices["blank"] == words


def test_unknown_option_holds_its_rows_back_unless_answered(browser, connection, crm, domain):
    rows = (row(domain, "a", "Googled"), row(domain, "b", "Partner"))
    wizard = asked(browser, connection, "Lead Source", *rows)

    wizard.send("values", q0_0="hold")
    page = wizard.page("check")
    wizard.confirm()

    assert "1 of 2 rows need a look" in page
    assert "Googled" in page
    assert set(crm.leads(domain)) == {f"b@{domain}"}
    assert wizard.import_.balance.held_back == 1


@pytest.mark.parametrize(
    ("answer", "sent"), [("first", {"Ann"}), ("last", {"Anna"}), ("hold", set())]
)
def test_repeated_match_value_is_asked_about(browser, connection, crm, domain, answer, sent):
    content = f"Email,Last Name,Company\na@{domain},Ann,Acme\na@{domain},Anna,Acme\n"
    wizard = Wizard.upload(browser, content.encode())
    wizard.to_columns(connection)
    wizard.send("columns", **wizard.columns())

    assert f"a@{domain}" in wizard.page("values")
    wizard.send("values", q0=answer)
    if answer != "hold":
        wizard.confirm()

    assert {lead["Last_Name"] for lead in crm.leads(domain).values()} == sent


def test_answer_can_be_changed(browser, connection, domain):
    wizard = asked(browser, connection, "Date of Birth", row(domain, "a", "03/04/1980"))
    wizard.send("values", q0="dmy")

    assert 'value="dmy"' in wizard.page("values")
    wizard.send("values", q0="mdy")

    assert wizard.import_.mapping.column_for("Birth_Date").date_order == "mdy"
    assert wizard.import_.is_checked


def test_check_groups_problems_by_cause_and_lists_them(browser, connection, domain):
    content = leads_csv(domain, 5, bad=2)
    wizard = Wizard.upload(browser, content)
    wizard.to_check(connection)

    page = wizard.page("check")

    assert "2 of 5 rows need a look" in page
    assert "Last Name" in page
    assert "5 and 6" in page  # as Excel numbers them
    assert "Continue with 3 rows" in page


def test_check_pages_through_many_problems(browser, connection, domain):
    wizard = Wizard.upload(browser, leads_csv(domain, 60, bad=60))
    wizard.to_check(connection)

    first, second = wizard.page("check"), wizard.page("check", page="2")

    assert first.count('class="table__row-number"') == 50
    assert second.count('class="table__row-number"') == 10
    assert wizard.page("check", page="nonsense").count('class="table__row-number"') == 50


def test_check_that_leaves_nothing_to_send_does_not_start(browser, connection, domain, crm):
    wizard = Wizard.upload(browser, leads_csv(domain, 2, bad=2))
    wizard.to_check(connection)

    page = wizard.page("confirm")

    assert "There is no row to send" in page


def test_check_without_the_crm_says_why_and_can_be_tried_again(
    browser, connection, domain, practice_settings, one_try
):
    wizard = Wizard.upload(browser, leads_csv(domain))
    wizard.to_columns(connection)
    wizard.send("columns", **wizard.columns())
    ModuleMetadata.objects.filter(module="Leads").delete()
    addresses = {"api_url": "http://127.0.0.1:1", "accounts_url": "http://127.0.0.1:1"}
    type(connection).objects.update(**addresses)
    Import.objects.update(work="check", work_number=9)

    wizard.work()

    assert "The CRM could not be asked" in wizard.import_.work_error
    type(connection).objects.update(api_url=practice_settings, accounts_url=practice_settings)
    assert "The CRM could not be asked" in wizard.page("values")
    assert wizard.send("values") == "check"
    assert wizard.import_.is_checked
