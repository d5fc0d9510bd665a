"""One person's way with real files through all eight steps, on each stack that we support."""

import csv
import re
from pathlib import Path

import openpyxl
import pytest

from tests.journey.installation import Installation
from tests.journey.person import Person
from tests.journey.stacks import RABBITMQ, REDIS, SQLITE

FILES = Path(__file__).parent.parent / "sheets" / "files"
LEADS = FILES / "crm-csv-preflight__sample_leads.csv"
CLIENTS = FILES / "phpspreadsheet__clients.xlsx"
LAST_OF_EACH = "Send the last row of each, hold the others back"
TEMPLATE = "Weekly partner leads"
SERVERS = [pytest.param(name, marks=pytest.mark.services) for name in (REDIS, RABBITMQ)]


@pytest.mark.browser
@pytest.mark.parametrize("running", [SQLITE, *SERVERS], indirect=True)
def test_journey_ends_with_every_row_in_the_crm_or_explained(
    installed: Installation, ana: Person
) -> None:
    leads = installed.records("Leads")
    _send_leads(ana)
    assert ana.balance() == {"Created": 7, "Held back": 5}
    assert installed.records("Leads") == leads + 7
    _assert_reports_explain(ana)
    _assert_link_opens_record(ana)

    _save_template(ana)
    _send_leads_by_template(ana)
    assert ana.balance() == {"Updated": 7, "Held back": 5}
    assert installed.records("Leads") == leads + 7
    assert ana.complaints == installed.faults() == []


@pytest.mark.browser
def test_workbook_goes_in_with_columns_matched_by_hand(
    installed: Installation, ana: Person
) -> None:
    contacts = installed.records("Contacts")
    ana.upload(CLIENTS)
    ana.choose_destination("Contacts", "Add new", "None")
    ana.match({"Firstname": "First Name", "Lastname": "Last Name"})
    ana.check("All 49 rows are ready")
    ana.confirm("49 rows")
    ana.see_result("49 of 49 rows are in the CRM")

    assert ana.balance() == {"Created": 49}
    assert installed.records("Contacts") == contacts + 49
    assert ana.complaints == installed.faults() == []


def _send_leads(ana: Person) -> None:
    ana.upload(LEADS)
    ana.choose_destination("Leads", "Add or update", "Email")
    ana.match({"Contact Name": "Last Name"})
    ana.press("radio", LAST_OF_EACH)
    ana.check("5 of 12 rows need a look")
    ana.confirm("7 rows")
    ana.see_result("7 of 12 rows are in the CRM")


def _send_leads_by_template(ana: Person) -> None:
    ana.upload(LEADS)
    ana.press("button", "Use this template")
    ana.arrived("What do these mean?")
    ana.check("5 of 12 rows need a look")
    ana.confirm("7 rows")
    ana.see_result("7 of 12 rows are in the CRM")


def _save_template(ana: Person) -> None:
    ana.page.get_by_label("Name of the template").fill(TEMPLATE)
    ana.press("button", "Save as template")
    ana.page.get_by_text(f"Saved as template “{TEMPLATE}” for your team.").wait_for()


def _assert_reports_explain(ana: Person) -> None:
    """Both reports have the original cells, Excel's row number, the column and the reason."""
    report = ana.download("Error report, CSV")
    assert report.suggested_filename == f"{LEADS.stem} - problems.csv"
    with report.path().open(encoding="utf-8-sig", newline="") as file:
        told = list(csv.DictReader(file))
    with LEADS.open(encoding="utf-8", newline="") as file:
        original = dict(enumerate(csv.DictReader(file), start=2))

    assert [(line["Row"], line["Column"]) for line in told] == [
        ("2", "Email"),
        ("4", "Contact Name"),
        ("6", "Email, Phone"),
        ("8", "Email"),
        ("9", "Company, Email"),
    ]
    assert all(line.items() >= original[int(line["Row"])].items() for line in told)
    assert "“alex@quokkacoffee”, which is not an e-mail address" in told[3]["Reason"]
    assert _rows_of(ana.download("Error report, Excel").path()) == [list(t.values()) for t in told]


def _rows_of(workbook: Path) -> list[list[str]]:
    with workbook.open("rb") as file:  # by content: a download's name on disk has no ending
        sheet = openpyxl.load_workbook(file)["Problems"]
        _header, *rows = sheet.iter_rows(values_only=True)
    return [[str(cell or "") for cell in row] for row in rows]


def _assert_link_opens_record(ana: Person) -> None:
    with ana.page.expect_popup() as opened:
        ana.press("link", re.compile(r"^Row 5 \(created\)"))
    record = opened.value
    assert record.get_by_role("heading", level=1).inner_text() == "Carlos Mendez"
    assert record.get_by_text("carlos.mendez@brightpathdental.example").count() == 1
    record.close()
