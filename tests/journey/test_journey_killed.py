"""A worker killed at any moment costs time, and nothing else."""

import csv
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journey.installation import Installation, installation
from tests.journey.person import Person
from tests.journey.stacks import REDIS, SQLITE, stack

ROWS = 60_000
KILLS = 3
SEED = 2
LONGEST_LIFE_S = 0.8


@pytest.fixture
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Installation]:
    """An installation that gives up on a killed worker within seconds."""
    with (
        stack(request.param) as servers,
        installation(tmp_path / "installation", servers, LEASE_S=3, SWEEP_S=1) as it,
    ):
        yield it


@pytest.mark.browser
@pytest.mark.parametrize(
    "running", [SQLITE, pytest.param(REDIS, marks=pytest.mark.services)], indirect=True
)
def test_killed_worker_loses_and_doubles_no_row(
    installed: Installation, ana: Person, tmp_path: Path
) -> None:
    before = installed.records("Leads")
    ana.upload(_many_leads(tmp_path / "leads.csv"))
    ana.choose_destination("Leads", "Add or update", "Email")
    ana.match({})
    ana.check("All 60,000 rows are ready")
    ana.confirm("60,000 rows")
    assert _kill_while_open(installed, ana) > 1
    ana.see_result("60,000 of 60,000 rows are in the CRM")

    assert installed.faults() == []
    assert sum(ana.balance().values()) == ROWS
    assert installed.records("Leads") == before + ROWS
    _assert_every_row_has_its_own_record(ana.download("Outcome of every row, CSV").path())


def _many_leads(file: Path) -> Path:
    lines = (f"Acme {n},Hopper {n},n{n}@example.com" for n in range(ROWS))
    file.write_text("\n".join(["Company,Last Name,Email", *lines]))
    return file


def _kill_while_open(installed: Installation, ana: Person) -> int:
    """Let workers live for seconds only; the number of those that were killed in the middle."""
    moments = random.Random(SEED)
    for kills in range(KILLS):
        ana.page.wait_for_timeout(1_000 * moments.uniform(0, LONGEST_LIFE_S))
        installed.kill_worker()
        ana.page.reload()
        is_open = ana.page.get_by_role("heading", name="On its way").is_visible()
        installed.start_worker()
        if not is_open:
            return kills
        installed.wait_until_ready()
    return KILLS


def _assert_every_row_has_its_own_record(outcomes: Path) -> None:
    with outcomes.open(encoding="utf-8-sig", newline="") as file:
        told = list(csv.DictReader(file))
    assert [int(line["Row"]) for line in told] == list(range(2, ROWS + 2))
    assert len({line["Record id"] for line in told}) == ROWS
