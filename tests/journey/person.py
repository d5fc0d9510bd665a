"""A person at a browser: finds everything by its words, works it from the keyboard."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import ConsoleMessage, Download, Locator, Page, Request, Response, expect

from tests.journey.installation import PASSWORD

WORK_WITHIN_MS = 90_000
DEFAULT_TIMEOUT_MS = 15_000
Role = Literal["button", "link", "radio"]
HTMX_AT_WORK = ".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added"


class Person:
    """Walks the wizard. `complaints` has what the browser's console and network held against us."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.complaints: list[str] = []
        self.asked: list[str] = []  # the addresses of all requests
        self.look: Callable[[str], None] = lambda name: None  # at every page on the way
        page.set_default_timeout(DEFAULT_TIMEOUT_MS)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("response", self._receive)
        page.on("request", self._ask)

    # The steps -----------------------------------------------------------------------------

    def log_in(self, username: str) -> None:
        self.go("/")
        self.arrived("Sign in")
        self.page.get_by_label("Username").fill(username)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.press("button", "Sign in")
        self.arrived("Imports")

    def upload(self, file: Path) -> None:
        """From the list of imports to the table that was read."""
        self.go("/imports/")
        self.press("link", "New import")
        self.arrived("Which spreadsheet do you want to bring in?")
        self.page.get_by_label("Drop a spreadsheet here, or choose one").set_input_files(file)
        self.press("button", "Upload and read")
        self.see_table()

    def see_table(self) -> None:
        """All rows were read: the page of the first rows makes way for that of the whole table."""
        self.arrived("Is this the table?")
        self._control("link", "Yes, continue to destination").wait_for(timeout=WORK_WITHIN_MS)

    def choose_destination(self, module: str, operation: str, key: str) -> None:
        self.press("link", "Yes, continue to destination")
        self.arrived("What should happen with these rows?")
        with self.answered("/destination/"):
            self.page.get_by_label("Module").select_option(label=module)
        if not self._control("radio", operation).is_checked():
            with self.answered("/destination/"):
                self.press("radio", operation)
            expect(self._control("radio", operation)).to_be_focused()  # though it was redrawn
        self.press("radio", key)
        self.look("destination")
        self.press("button", "Continue to columns")
        self.arrived("Where does each column go?")

    def match(self, fields: Mapping[str, str]) -> None:
        """Choose a field for columns; each choice is saved when made."""
        for column, label in fields.items():
            with self.answered("/columns/"):
                self.field_of(column).select_option(label=self._option(column, label))
        self.look("columns")
        self.press("button", "Continue to values")
        self.arrived("What do these mean?|Nothing here needs an answer")

    def check(self, heading: str) -> None:
        self.look("values")
        self.press("button", "Check every row")
        self.arrived(heading)
        self.look("check")

    def confirm(self, rows: str) -> None:
        """Send `rows` as the buttons word them, such as "7 rows"."""
        self.press("link", f"Continue with {rows}")
        self.arrived(f"Ready to send {re.escape(rows)}?")
        self.look("confirm")
        self.press("button", f"Send {rows}")
        self.page.wait_for_url("**/progress/")

    def see_result(self, heading: str) -> None:
        """Wait for the end on the progress page, which notices it by itself."""
        self._control("link", "See the result").wait_for(timeout=WORK_WITHIN_MS)
        self.look("progress")
        self.press("link", "See the result")
        self.arrived(heading)
        self.look("result")

    # What is there to see ------------------------------------------------------------------

    def balance(self) -> dict[str, int]:
        """The outcomes that the result page tells, without those of no row."""
        bar = self.page.get_by_role("list", name=re.compile("rows by outcome"))
        lines = [line.split() for line in bar.get_by_role("listitem").all_inner_texts()]
        told = {" ".join(words): int(rows.replace(",", "")) for *words, rows in lines}
        return {outcome: rows for outcome, rows in told.items() if rows}

    def field_of(self, column: str) -> Locator:
        """The select with the CRM field for `column`."""
        return self.page.get_by_label(f"CRM field for {column}", exact=True)

    def download(self, name: str) -> Download:
        with self.page.expect_download() as started:
            self.press("link", name)
        return started.value

    # How it is done ------------------------------------------------------------------------

    def go(self, path: str) -> None:
        self.page.goto(self.address + path)

    def press(self, role: Role, name: str | re.Pattern[str]) -> None:
        """Bring the focus to a control and press the key that works it."""
        self._press(role, self._control(role, name))

    def sign_out(self) -> None:
        self._press("button", self.page.get_by_role("button", name="Sign out"))
        self.arrived("Sign in")

    @property
    def bell(self) -> Locator:
        """The link in the header that says how many notices are new."""
        return self.page.get_by_role("banner").get_by_role("link", name="Notices")

    def open_notices(self) -> None:
        self._press("link", self.bell)
        self.arrived("Notices")

    def _press(self, role: Role, control: Locator) -> None:
        control.focus()
        expect(control).to_be_focused()
        self.page.keyboard.press("Space" if role == "radio" else "Enter")

    def arrived(self, heading: str) -> None:
        """The page of this `heading` (a pattern) is there."""
        title = self.page.get_by_role("heading", level=1)
        expect(title).to_have_text(re.compile(rf"\s*(?:{heading})\s*"), timeout=WORK_WITHIN_MS)

    @contextmanager
    def answered(self, path: str) -> Iterator[None]:
        """What is done in the block makes htmx ask; the block ends when the answer is in place."""
        with self.page.expect_response(
            lambda response: response.url.partition("?")[0].endswith(path)
        ):
            yield
        expect(self.page.locator(HTMX_AT_WORK)).to_have_count(0)

    def _control(self, role: Role, name: str | re.Pattern[str]) -> Locator:
        return self.page.locator("main").get_by_role(role, name=name, exact=True)

    def _option(self, column: str, label: str) -> str:
        """The text of the option for the field `label`, such as "Last Name * (text)"."""
        texts = [text.strip() for text in self.field_of(column).locator("option").all_inner_texts()]
        return next(text for text in texts if text.partition(" (")[0].removesuffix(" *") == label)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _receive(self, response: Response) -> None:
        if response.status >= 400:
            self.complaints.append(f"{response.status} {response.url}")

    def _ask(self, request: Request) -> None:
        self.asked.append(request.url)
