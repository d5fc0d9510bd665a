"""Told when done: the bell, the notice, the result; and where people choose how they are told."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journey.inspector import Inspector
from tests.journey.installation import Installation
from tests.journey.person import WORK_WITHIN_MS, Person
from tests.journey.test_journey_pages import ROWS

pytestmark = pytest.mark.browser


def test_bell_tells_that_an_import_has_ended_and_leads_to_its_result(
    installed: Installation, ana: Person, inspector: Inspector, tmp_path: Path
) -> None:
    file = tmp_path / "leads.csv"
    file.write_text(ROWS)
    ana.upload(file)
    ana.choose_destination("Leads", "Add or update", "Email")
    ana.match({})
    ana.check("1 of 2 rows need a look")
    ana.confirm("1 row")
    _go_elsewhere_until_told(ana)
    expect(ana.bell).to_have_accessible_name("Notices, 1 new")
    ana.open_notices()
    inspector.look("notices")
    ana.press("link", "1 of 2 rows are in Leads")
    ana.arrived("1 of 2 rows are in the CRM")

    expect(ana.bell).to_have_accessible_name("Notices")
    assert ana.complaints == installed.faults() == []


def test_people_choose_how_they_are_told(
    installed: Installation, ana: Person, inspector: Inspector
) -> None:
    ana.go("/notices/")
    ana.press("link", "How you are told")
    ana.arrived("How you are told")
    ana.press("radio", "Problems only")
    ana.press("button", "Save")
    expect(ana.page.get_by_role("radio", name="Problems only")).to_be_checked()
    ana.page.get_by_label("Address").fill("https://hooks.invalid/importer")
    ana.press("button", "Add the webhook")
    ana.arrived("The webhook's secret")
    inspector.look("secret")
    ana.press("link", "I have copied it")
    ana.arrived("How you are told")
    inspector.look("notifications")
    ana.press("button", "Send a test message")
    expect(ana.page.get_by_text("The latest message did not arrive.")).to_be_visible()
    inspector.look("a webhook that fails")
    ana.press("button", "Remove")

    expect(ana.page.get_by_role("button", name="Add the webhook")).to_be_visible()
    assert ana.complaints == installed.faults() == []


def _go_elsewhere_until_told(ana: Person) -> None:
    """Somebody who closed the progress page sees the bell on whatever page comes next."""
    waited = 0
    while "new" not in ana.bell.inner_text() and waited < WORK_WITHIN_MS:
        ana.page.wait_for_timeout(500)
        ana.go("/templates/")
        waited += 500
