"""Fix and retry at a browser: a cell on the page, one in the report, then only those rows go in."""

from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, expect

from tests.journey.inspector import Inspector
from tests.journey.installation import Installation
from tests.journey.person import Person

pytestmark = pytest.mark.browser

LINES = [
    "Email,Last Name,Company",
    "grace@fix.example.com,Hopper,Navy",
    "ada at fix.example.com,Lovelace,Engines",
    f"mary@fix.example.com,{'Kenneth' * 20},Radio",
    "",
]


@pytest.fixture
def leads(tmp_path: Path) -> Path:
    file = tmp_path / "leads.csv"
    file.write_text("\n".join(LINES))
    return file


@pytest.fixture
def fixing(ana: Person, leads: Path) -> Person:
    """Ana after a first sending, at the page with the two rows that did not go in."""
    ana.upload(leads)
    ana.choose_destination("Leads", "Add or update", "Email")
    ana.match({})
    ana.check("2 of 3 rows need a look")
    ana.confirm("1 row")
    ana.see_result("1 of 3 rows are in the CRM")
    ana.press("link", "Fix and send 2 rows")
    ana.arrived("Fix 2 rows")
    return ana


def test_corrected_rows_go_in_and_all_runs_have_one_balance(
    installed: Installation, fixing: Person, inspector: Inspector, tmp_path: Path
) -> None:
    leads, page = installed.records("Leads"), fixing.page
    inspector.look("fix")
    email = page.get_by_label("Email in row 3", exact=True)
    expect(email).to_have_attribute("aria-invalid", "true")
    _type(fixing, "Email in row 3", "ada@fix.example.com")
    expect(page.get_by_text("Changed, to be checked")).to_be_visible()
    expect(page.get_by_text("1 cell changed and not checked yet.")).to_be_visible()
    page.get_by_text("Other cells").first.press("Enter")
    inspector.look("fix, with a change")

    page.get_by_label("The corrected report").set_input_files(_corrected(fixing, tmp_path))
    fixing.press("button", "Upload the corrected report")
    fixing.arrived("2 rows are ready")
    expect(page.get_by_text("1 cell changed by the report.")).to_be_visible()
    inspector.look("fix, checked")
    fixing.press("button", "Send 2 rows")
    page.wait_for_url("**/progress/")
    fixing.see_result("3 of 3 rows are in the CRM")

    assert fixing.balance() == {"Created": 3}
    assert installed.records("Leads") == leads + 2
    inspector.look("result of a retry")
    history = page.get_by_role("region", name="History")
    expect(history.get_by_role("rowheader")).to_have_text(["All rows", "Corrected rows"])
    assert fixing.complaints == installed.faults() == []


def test_change_is_taken_back_in_one_click(fixing: Person) -> None:
    page = fixing.page
    email = page.get_by_label("Email in row 3", exact=True)
    with fixing.answered("/fix/row/"):
        email.fill("ada@fix.example.com")
        email.press("Enter")
    take_back = page.get_by_role("button", name="Take back the change of Email in row 3")

    with fixing.answered("/fix/row/"):
        take_back.press("Enter")

    expect(email).to_have_value("ada at fix.example.com")
    expect(email).to_be_focused()
    expect(take_back).to_have_count(0)
    page.reload()
    expect(email).to_have_value("ada at fix.example.com")


def test_what_a_colleague_changes_in_the_same_row_stays(
    browser: Browser, installed: Installation, fixing: Person
) -> None:
    with browser.new_context() as context:
        colleague = Person(context.new_page(), installed.address)
        colleague.log_in("ana")
        colleague.page.goto(fixing.page.url)
        _type(colleague, "Email in row 3", "ada@fix.example.com")
    fixing.page.get_by_text("Other cells").first.press("Enter")

    _type(fixing, "Company in row 3", "Analytical Engines")

    fixing.page.reload()
    expect(fixing.page.get_by_label("Email in row 3")).to_have_value("ada@fix.example.com")
    expect(fixing.page.get_by_label("Company in row 3")).to_have_value("Analytical Engines")


def test_rows_are_fixed_without_script(
    browser: Browser, installed: Installation, fixing: Person
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        person = Person(context.new_page(), installed.address)
        person.log_in("ana")
        person.page.goto(fixing.page.url)
        person.page.get_by_label("Email in row 3", exact=True).fill("ada@fix.example.com")
        person.press("button", "Save row 3")
        person.arrived("Fix 2 rows")
        expect(person.page.get_by_text("Changed. In the file:")).to_be_visible()
        person.press("button", "Check these rows")
        person.arrived("1 row is ready, 1 still needs a fix")


def _type(person: Person, label: str, text: str) -> None:
    """Change a cell and go on to the next."""
    with person.answered("/fix/row/"):
        cell = person.page.get_by_label(label, exact=True)
        cell.fill(text)
        cell.press("Tab")


def _corrected(person: Person, folder: Path) -> Path:
    """The error report with a shorter name in it."""
    report = folder / "report.xlsx"
    with person.page.expect_download() as started:
        person.press("link", "Error report for Excel")
    started.value.save_as(report)
    book = openpyxl.load_workbook(report)
    sheet = book["Problems"]
    cells = {cell.value: cell.column for cell in sheet[1]}
    row = next(
        r for r in range(2, sheet.max_row + 1) if str(sheet.cell(r, cells["Row"]).value) == "4"
    )
    sheet.cell(row, cells["Last Name"]).value = "Kenneth"
    book.save(report)
    return report
