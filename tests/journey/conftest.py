"""The system's Chromium, and installations on each of the stacks."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.journey.inspector import Inspector
from tests.journey.installation import Installation, installation
from tests.journey.person import Person
from tests.journey.stacks import SQLITE, stack
from tests.services import chromium

CHROMIUM_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=CHROMIUM_OPTIONS)
        yield opened
        opened.close()


@pytest.fixture(scope="session", params=[SQLITE])
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """An installation on the stack that the parameter names, kept for all tests that want it."""
    data_dir = tmp_path_factory.mktemp("installation")
    with stack(request.param) as servers, installation(data_dir, servers) as it:
        yield it


@pytest.fixture
def installed(running: Installation) -> Installation:
    """The running installation, its practice CRM put back to the first records."""
    running.reset_crm()
    return running


@pytest.fixture
def ana(browser: Browser, installed: Installation) -> Iterator[Person]:
    """Ana of Sales at her browser, logged in."""
    with browser.new_context(accept_downloads=True, reduced_motion="reduce") as context:
        person = Person(context.new_page(), installed.address)
        person.log_in("ana")
        yield person


@pytest.fixture
def inspector(ana: Person) -> Iterator[Inspector]:
    """Looks at the pages that a test shows it; in the end all of them must have been right."""
    inspector = Inspector(ana.page)
    yield inspector
    assert inspector.seen
    assert inspector.found == []
