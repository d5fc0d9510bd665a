"""Every page of the journey: for everybody, on every screen, and nothing lost on the way."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.journey.installation import Installation
from tests.journey.person import Person

AXE_OPTIONS = {"resultTypes": ["violations"], "preload": False}  # preloading asks what CSP forbids
Scheme = Literal["light", "dark"]
SCREENS: list[tuple[Scheme, int]] = [
    ("light", 1280),
    ("light", 390),
    ("dark", 1280),
    ("dark", 390),
]
SMALLEST = 320  # CSS pixels: 1280 at 400 %
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


class Inspector:
    """Looks at pages as they come, on every screen, and notes what is wrong with each."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.seen: list[str] = []
        self.found: list[str] = []

    def look(self, name: str) -> None:
        self.seen.append(name)
        for scheme, width in SCREENS:
            self._show(scheme, width)
            violations = Axe().run(self.page, options=AXE_OPTIONS).response["violations"]
            self.found += [f"{name}, {scheme}, {width}: {_told(found)}" for found in violations]
        self._show("light", SMALLEST)
        if self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            self.found.append(f"{name}: scrolls sideways at {SMALLEST} pixels")
        self._show("light", 1280)

    def _show(self, scheme: Scheme, width: int) -> None:
        self.page.emulate_media(color_scheme=scheme)
        self.page.set_viewport_size({"width": width, "height": 800})


def _told(violation: dict[str, Any]) -> str:
    targets = [", ".join(map(str, node["target"])) for node in violation["nodes"]]
    return f"{violation['id']} ({violation['help']}) at {'; '.join(targets)}"


def test_pages_of_the_journey_have_no_barriers(
    installed: Installation, ana: Person, leads: Path
) -> None:
    inspector = Inspector(ana.page)
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

    assert inspector.found == []
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
