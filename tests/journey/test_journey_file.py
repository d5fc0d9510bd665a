"""The first step at a browser: how a file gets here whatever breaks, and how it is read."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.journey.installation import Installation
from tests.journey.person import Person
from tests.sheets.processes import children, wait_until

FILES = Path(__file__).parent.parent / "sheets" / "files"
PIECES = re.compile(r"/uploads/[0-9a-f-]+/\d+/$")
FIRST_PIECE_BYTES = 256 * 1024
FIELD = "Drop a spreadsheet here, or choose one"
ROWS = 40_000

pytestmark = pytest.mark.browser


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file of several pieces."""
    file = tmp_path / "large.csv"
    lines = (f"Name {n},p{n}@example.com\n" for n in range(ROWS))
    file.write_text("".join(["Last Name,Email\n", *lines]))
    return file


class Line:
    """The line from a browser to the server, which breaks after the first piece of a file."""

    def __init__(self, ana: Person) -> None:
        self._page = ana.page
        self.pieces: list[int] = []  # those that were sent, by where they begin
        self.is_cut = True
        self._page.route(PIECES, self._carry)

    def _carry(self, route: Route) -> None:
        start = int(route.request.url.rstrip("/").rpartition("/")[2])
        if self.is_cut and start:
            route.abort("connectionfailed")
            return
        self.pieces.append(start)
        route.continue_()


@pytest.fixture
def line(ana: Person) -> Line:
    return Line(ana)


@pytest.fixture
def without_script(browser: Browser, installed: Installation) -> Iterator[Person]:
    """Ana again, at a browser that runs no script."""
    with browser.new_context(java_script_enabled=False) as context:
        person = Person(context.new_page(), installed.address)
        person.log_in("ana")
        yield person


def begin_upload(ana: Person, file: Path) -> None:
    ana.go("/imports/new/")
    ana.page.get_by_label(FIELD).set_input_files(file)
    ana.press("button", "Upload and read")


def assert_read(ana: Person, words: str) -> None:
    """The table is there, and all of it."""
    ana.page.get_by_role("link", name="Yes, continue to destination").wait_for(timeout=90_000)
    expect(ana.page.get_by_text(words)).to_be_visible()


def assert_broken(ana: Person) -> None:
    """The page has noticed that the line is cut, and says so politely."""
    said = ana.page.get_by_role("status").filter(has_text="The connection is broken.")
    said.wait_for()


def test_upload_goes_on_by_itself_when_the_line_is_back(
    installed: Installation, ana: Person, large: Path, line: Line
) -> None:
    begin_upload(ana, large)
    assert_broken(ana)

    line.is_cut = False

    assert_read(ana, f"{ROWS:,} rows and 2 columns")
    assert line.pieces == sorted({*line.pieces})
    assert len(line.pieces) > 2
    assert installed.faults() == []


def test_upload_shows_how_much_has_arrived(ana: Person, large: Path, line: Line) -> None:
    begin_upload(ana, large)
    assert_broken(ana)

    bar = ana.page.get_by_role("progressbar", name=large.name)
    told = f"256.0 KB of {large.stat().st_size / 1024**2:.1f} MB"
    expect(ana.page.get_by_text(told)).to_be_visible()
    expect(bar).to_have_js_property("value", FIRST_PIECE_BYTES)
    expect(bar).to_have_js_property("max", large.stat().st_size)


def test_upload_goes_on_where_it_stopped_after_the_page_was_closed(
    ana: Person, large: Path, line: Line
) -> None:
    ana.page.on("dialog", lambda dialog: dialog.accept())  # leave the page, though it is at work
    begin_upload(ana, large)
    assert_broken(ana)
    ana.page.reload()
    line.is_cut = False

    begin_upload(ana, large)

    assert_read(ana, f"{ROWS:,} rows and 2 columns")
    assert line.pieces[:2] == [0, FIRST_PIECE_BYTES]


def test_upload_can_be_cancelled_and_begun_again(ana: Person, large: Path, line: Line) -> None:
    alert = ana.page.get_by_role("alert")
    held: list[Route] = []
    ana.page.route("**/discard/", lambda route: held.append(route))
    begin_upload(ana, large)
    assert_broken(ana)

    with ana.page.expect_request("**/discard/"):
        ana.press("button", "Cancel the upload")
    expect(ana.page.get_by_role("status").filter(has_text="Cancelling")).to_be_visible()
    expect(alert).to_have_count(0)
    held[0].continue_()

    expect(alert).to_contain_text("The upload was cancelled. Nothing of the file was kept.")
    expect(ana.page.get_by_label(FIELD)).to_be_focused()
    line.is_cut = False
    ana.press("button", "Upload and read")
    assert_read(ana, f"{ROWS:,} rows and 2 columns")
    assert line.pieces[:2] == [0, 0]


def test_cancelled_upload_that_the_server_was_not_told_of_is_not_said_to_be_gone(
    ana: Person, large: Path, line: Line
) -> None:
    ana.page.route("**/discard/", lambda route: route.abort("connectionfailed"))
    begin_upload(ana, large)
    assert_broken(ana)

    ana.press("button", "Cancel the upload")

    told = "The upload was cancelled. What had arrived is removed after a day."
    expect(ana.page.get_by_role("alert")).to_contain_text(told)


def test_upload_of_an_empty_file_is_refused_on_the_page(ana: Person, tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.touch()

    begin_upload(ana, empty)

    expect(ana.page.get_by_role("alert")).to_contain_text("This file is empty.")


def test_upload_and_paste_need_no_script(without_script: Person, tmp_path: Path) -> None:
    file = tmp_path / "leads.csv"
    file.write_text("Last Name,Email\nHopper,grace@example.com\n")

    begin_upload(without_script, file)

    assert_read(without_script, "1 row and 2 columns")
    without_script.go("/imports/new/")
    without_script.page.get_by_label("Or paste a table").fill("Name\tTown\nAnn\tYork\nBob\tBath\n")
    without_script.press("button", "Read what was pasted")
    assert_read(without_script, "2 rows and 2 columns")


def test_table_is_pasted_from_the_clipboard_anywhere_on_the_page(ana: Person) -> None:
    ana.go("/imports/new/")
    box = ana.page.get_by_label("Or paste a table")
    box.fill('Name\tNote\nAnn\t"two\nlines"\nBob\tone\n')
    box.press("Control+a")
    box.press("Control+x")
    box.blur()

    ana.page.keyboard.press("Control+v")

    ana.see_table()
    assert_read(ana, "2 rows and 2 columns")
    expect(ana.page.get_by_text("Pasted table.tsv")).to_be_visible()
    assert ana.complaints == []


def test_reading_is_changed_from_the_keyboard(ana: Person, tmp_path: Path) -> None:
    file = tmp_path / "towns.csv"
    file.write_bytes("Name;Stadt\nNachname;Ort\nMüller;Zürich\nGröße;Köln\n".encode("cp1252"))
    begin_upload(ana, file)
    assert_read(ana, "3 rows and 2 columns")

    ana.press("button", re.compile(r"^2\b.*make this row the header"))
    assert_read(ana, "Read again, as you chose. Header row: 2.")
    ana.press("button", re.compile("^Read it this way"))
    assert_read(ana, "Read again, as you chose. Encoding: ")

    assert ana.complaints == []


def test_another_sheet_is_one_press_away(ana: Person) -> None:
    begin_upload(ana, FILES / "roo__hidden_sheets.xlsx")
    assert_read(ana, "1 row and 1 column")

    ana.press("button", "HiddenSheet2 hidden in the workbook")

    assert_read(ana, "Read again, as you chose. Sheet: HiddenSheet2.")
    assert ana.complaints == []


def test_worker_has_a_reader_ready(installed: Installation) -> None:
    worker = installed.running["worker"].pid

    def is_ready() -> bool:
        programs = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children(worker)]
        return any(b"importer.sheets" in program for program in programs)

    wait_until(is_ready)
