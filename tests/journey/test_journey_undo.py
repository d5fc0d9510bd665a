"""Undo at a browser: what was sent is taken back, and the CRM is as before."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journey.inspector import Inspector
from tests.journey.installation import Installation
from tests.journey.person import Person
from tests.practice.caller import Caller

pytestmark = pytest.mark.browser

KNOWN = {
    "Email": "grace@example.com",
    "Last_Name": "Hopper",
    "Company": "Navy",
    "Lead_Source": "Cold Call",
}
ROWS = """Email,Last Name,Company,Lead Source
grace@example.com,Murray,Eckert-Mauchly,Partner
ada@example.com,Lovelace,Analytical Engines,Partner
mary@example.com,Somerville,Royal Society,Partner
"""


@pytest.fixture
def leads(tmp_path: Path) -> Path:
    """One lead that the CRM has, and two that it has not."""
    file = tmp_path / "leads.csv"
    file.write_text(ROWS)
    return file


def test_import_is_undone_but_for_what_somebody_edited(
    installed: Installation, ana: Person, leads: Path, inspector: Inspector
) -> None:
    caller = Caller(installed.crm)
    caller.http.post("/crm/v7/Leads", json={"data": [KNOWN]}).raise_for_status()
    before = _leads(caller)
    ana.upload(leads)
    ana.choose_destination("Leads", "Add or update", "Email")
    ana.match({})
    ana.check("All 3 rows are ready")
    ana.confirm("3 rows")
    ana.see_result("3 of 3 rows are in the CRM")
    assert ana.balance() == {"Created": 2, "Updated": 1}
    mary = _leads(caller)["mary@example.com"]
    changed = {"id": mary["id"], "Company": "Somerville College"}
    caller.http.put("/crm/v7/Leads", json={"data": [changed]}).raise_for_status()

    ana.press("button", "Undo this import")
    ana.arrived("Undo this import?")
    lead = "Undo will delete 1 new lead and put back 1 changed one. 1 was edited by people since"
    expect(ana.page.get_by_text(lead)).to_be_visible()
    expect(ana.page.get_by_text("changed Company on")).to_be_visible()
    inspector.look("undo")
    ana.press("button", "Undo now")
    ana.see_result("1 of 3 rows are in the CRM")

    inspector.look("result of an undo")
    assert ana.balance() == {"Created": 1, "Taken back": 2}
    expect(ana.page.get_by_text("1 record was kept because people edited it.")).to_be_visible()
    assert _leads(caller) == before | {"mary@example.com": {**mary, "Company": changed["Company"]}}
    assert ana.complaints == installed.faults() == []
    caller.http.close()


def _leads(caller: Caller) -> dict[str, dict[str, str]]:
    """The leads of the test by their addresses."""
    names = "'grace@example.com', 'ada@example.com', 'mary@example.com'"
    columns = "Email, Last_Name, Company, Lead_Source"
    found = caller.find(f"select {columns} from Leads where Email in ({names})")
    return {lead["Email"]: lead for lead in found}
