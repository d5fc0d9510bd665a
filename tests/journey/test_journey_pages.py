"""Every page of the journey: for everybody, on every screen, and nothing lost on the way."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.journey.inspector import Inspector
from tests.journey.installation import Installation
from tests.journey.person import Person

POLLS_EVERY_MS = 2_000
ROWS = """Company,Last Name,Email,Lead Status
Acme,Hopper,grace@example.com,Contacted
Acme,,not an address,Lukewarm
"""

pytestmark = pytest.mark.browser


@pytest.fixture
def leads(tmp_path: Path) -> Path:
    """A row that goes in, and one that has everything wrong."""
    file = tmp_path / "leads.csv"
    file.write_text(ROWS)
    return file


def test_pages_of_the_journey_have_no_barriers(
    installed: Installation, ana: Person, leads: Path, inspector: Inspector
) -> None:
    ana.look = inspector.look
    for name, path in {
        "new": "/imports/new/",
        "templates": "/templates/",
        "connections": "/connections/",
        "connect": "/connections/new/",
    }.items():
        ana.go(path)
        inspector.look(name)
    with worker_away(installed):
        _upload_while_worker_is_away(ana, leads)
        inspector.look("working")
    ana.see_table()
    inspector.look("file")
    _walk_to_check(ana)
    with worker_away(installed):
        ana.confirm("1 row")
        inspector.look("progress while open")
    ana.see_result("1 of 2 rows are in the CRM")
    ana.go("/imports/")
    inspector.look("imports")
    ana.sign_out()
    inspector.look("sign in")

    assert ana.complaints == installed.faults() == []
    assert {"destination", "columns", "values", "check", "confirm", "progress", "result"} < {
        *inspector.seen
    }


def test_progress_stops_asking_when_the_import_has_ended(ana: Person, leads: Path) -> None:
    ana.upload(leads)
    _walk_to_check(ana)
    ana.confirm("1 row")
    ana.page.get_by_role("link", name="See the result").wait_for()
    asked = len(ana.asked)
    ana.page.wait_for_timeout(2.2 * POLLS_EVERY_MS)

    assert len(ana.asked) == asked


def test_reload_and_back_lose_nothing(installed: Installation, ana: Person, leads: Path) -> None:
    before = installed.records("Leads")
    ana.upload(leads)
    ana.choose_destination("Leads", "Add or update", "Email")
    with ana.answered("/columns/"):
        ana.field_of("Lead Status").select_option(label="Leave out")
    ana.page.reload()
    expect(ana.field_of("Lead Status")).to_have_value("")
    ana.page.go_back()
    ana.arrived("What should happen with these rows?")
    expect(ana.page.get_by_role("radio", name="Add or update")).to_be_checked()
    expect(ana.page.get_by_role("radio", name="Email", exact=True)).to_be_checked()
    ana.press("button", "Continue to columns")
    ana.arrived("Where does each column go?")
    expect(ana.field_of("Lead Status")).to_have_value("")

    ana.match({})
    ana.check("1 of 2 rows need a look")
    ana.confirm("1 row")
    ana.page.go_back()  # to the plan; it was confirmed, so this leads on
    ana.page.reload()
    ana.page.wait_for_url("**/progress/")
    ana.see_result("1 of 2 rows are in the CRM")
    ana.page.reload()

    assert ana.balance() == {"Created": 1, "Held back": 1}
    assert installed.records("Leads") == before + 1


def test_unfinished_draft_is_found_again_where_it_was_left(ana: Person, leads: Path) -> None:
    ana.upload(leads)
    ana.choose_destination("Leads", "Add new", "None")
    with ana.answered("/columns/"):
        ana.field_of("Last Name").select_option(label="Leave out")
    ana.go("/imports/")
    ana.page.get_by_role("link", name=leads.name).first.press("Enter")

    ana.arrived("Where does each column go?")
    expect(ana.field_of("Last Name")).to_have_value("")
    expect(ana.page.get_by_text("Last Name must have a value")).to_be_visible()


def test_other_team_cannot_open_the_import(
    browser: Browser, installed: Installation, ana: Person, leads: Path
) -> None:
    ana.upload(leads)
    with browser.new_context() as context:
        ben = Person(context.new_page(), installed.address)
        ben.log_in("ben")
        answer = ben.page.goto(ana.page.url)
        assert answer
        assert answer.status == 404
        ben.go("/imports/")
        expect(ben.page.get_by_text(re.compile("No imports yet"))).to_be_visible()


@contextmanager
def worker_away(installed: Installation) -> Iterator[None]:
    """In the block nothing works on imports; what waits then is taken up afterwards."""
    installed.kill_worker()
    try:
        yield
    finally:
        installed.start_worker()


def _upload_while_worker_is_away(ana: Person, leads: Path) -> None:
    ana.go("/imports/new/")
    ana.page.get_by_label("Drop a spreadsheet here, or choose one").set_input_files(leads)
    ana.press("button", "Upload and read")
    ana.arrived("One moment")


def _walk_to_check(ana: Person) -> None:
    """From the table that was read to the check."""
    ana.choose_destination("Leads", "Add or update", "Email")
    ana.match({})
    ana.check("1 of 2 rows need a look")
