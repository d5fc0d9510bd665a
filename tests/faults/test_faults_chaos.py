"""Whatever goes wrong, no row is lost, none is doubled, and nothing is claimed that isn't so."""

from pathlib import Path

import pytest

from tests.faults.cases import case
from tests.faults.chaos import chaos
from tests.journey.stacks import RABBITMQ, REDIS, SQLITE

pytestmark = pytest.mark.alone

SERVED = pytest.mark.services


@pytest.mark.parametrize(
    ("name", "rounds"),
    [
        (SQLITE, [range(1, 6), range(6, 11)]),
        pytest.param(REDIS, [range(11, 16)], marks=SERVED),
        pytest.param(RABBITMQ, [range(16, 21)], marks=SERVED),
    ],
)
def test_crm_ledger_and_reports_agree_after_chaos(
    tmp_path: Path, name: str, rounds: list[range], capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = {}
    with chaos(name, tmp_path) as it:
        for seeds in rounds:
            wrong |= it.round(seeds)
    with capsys.disabled():
        print(f"\n{name}: seeds {[*wrong]}, {len(it.killed)} deaths: {', '.join(it.killed)}")

    assert {str(case(seed)): found for seed, found in wrong.items() if found} == {}
    assert it.killed


def test_ten_imports_finish_though_everything_is_restarted(tmp_path: Path) -> None:
    with chaos(SQLITE, tmp_path) as it:
        wrong = it.round(range(1_001, 1_011), it.restart_everything)

    assert len(wrong) == 10
    assert {str(case(seed)): found for seed, found in wrong.items() if found} == {}
    assert {"worker", "web"} <= {*it.killed}
