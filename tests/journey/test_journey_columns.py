"""The step Columns at a browser: what an empty cell does, chosen from the keyboard."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.journey.installation import Installation
from tests.journey.person import Person

pytestmark = pytest.mark.browser


@pytest.fixture
def leads(tmp_path: Path) -> Path:
    file = tmp_path / "leads.csv"
    file.write_text("Email,Last Name,Phone\ngrace@example.com,Hopper,\n")
    return file


def to_columns(person: Person, file: Path) -> None:
    person.upload(file)
    person.choose_destination("Leads", "Update existing", "Email")


def test_empty_cells_are_decided_from_the_keyboard_and_kept(ana: Person, leads: Path) -> None:
    to_columns(ana, leads)
    when_empty = ana.page.get_by_label("When Phone is empty", exact=True)
    value = ana.page.get_by_label("What to use when Phone is empty", exact=True)
    expect(value).to_be_hidden()

    with ana.answered("/columns/"):
        when_empty.press("U")  # Use a value
    expect(ana.page.get_by_text("Give the value to use where “Phone” is empty")).to_be_visible()
    when_empty.press("Tab")
    expect(value).to_be_focused()
    with ana.answered("/columns/"):
        ana.page.keyboard.type("030 123")
        ana.page.keyboard.press("Tab")
    ana.page.reload()

    expect(when_empty).to_have_value("use")
    expect(value).to_have_value("030 123")


def test_empty_cells_of_another_field_may_do_other_things_at_once(ana: Person, leads: Path) -> None:
    to_columns(ana, leads)
    field = ana.field_of("Last Name")
    clear = ana.page.get_by_label("When Last Name is empty", exact=True).locator("[value=clear]")
    why_not = ana.page.get_by_text("Last Name cannot be cleared")
    expect(clear).to_have_count(0)
    expect(why_not).to_be_visible()
    field.focus()

    with ana.answered("/columns/"):
        field.select_option("First_Name")

    expect(clear).to_have_count(1)
    expect(why_not).to_have_count(0)
    expect(field).to_be_focused()


def test_empty_cells_are_decided_without_script(
    browser: Browser, installed: Installation, ana: Person, leads: Path
) -> None:
    to_columns(ana, leads)
    with browser.new_context(java_script_enabled=False) as context:
        person = Person(context.new_page(), installed.address)
        person.log_in("ana")
        person.page.goto(ana.page.url)
        when_empty = person.page.get_by_label("When Phone is empty", exact=True)
        value = person.page.get_by_label("What to use when Phone is empty", exact=True)
        expect(value).to_be_hidden()

        when_empty.select_option(label="Use a value")

        expect(value).to_be_visible()
        when_empty.select_option(label="Clear what the CRM has")
        person.press("button", "Continue to values")
        person.arrived("Nothing here needs an answer")
        person.page.goto(ana.page.url)
        expect(when_empty).to_have_value("clear")
