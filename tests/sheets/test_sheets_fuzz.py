"""Damaged copies of all real files: each ends in a table or in a sentence for a person."""

import gzip
import os
from datetime import timedelta
from pathlib import Path
from zipfile import is_zipfile

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from importer.sheets import UnreadableFile, inspect, stage
from tests.sheets.mutations import damaged, damages, member_damages, zipped

FILES = sorted(
    path
    for path in (Path(__file__).parent / "files").iterdir()
    if path.suffix in (".csv", ".xlsx", ".xlsb", ".xls", ".ods")
)
# The same damages every time; `FUZZ_EXAMPLES=1000` for a night of others.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "12"))
CAREFULLY = settings(
    max_examples=EXAMPLES,
    derandomize="FUZZ_EXAMPLES" not in os.environ,
    database=None,
    deadline=timedelta(seconds=20),  # it takes milliseconds; this is for what never ends
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def read_or_refused(path: Path) -> bool:
    """Anything else that can come of a file would fail the test."""
    try:
        stage(path, inspect(path).reading, path.with_name("table.parquet"))
    except UnreadableFile as refusal:
        return len(str(refusal)) > 20
    return True


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
@given(data=st.data())
@CAREFULLY
def test_a_damaged_file_is_read_or_refused(path, tmp_path, data):
    kinds = damages | member_damages if is_zipfile(path) else damages
    deeds = data.draw(st.lists(kinds, min_size=1, max_size=4))
    copy = tmp_path / "source"
    copy.write_bytes(damaged(path.read_bytes(), deeds))

    assert read_or_refused(copy)


PACKED = {
    "gzip": gzip.compress(b"name,town\nAnn,Bonn\n" * 50, mtime=0),
    "zip": zipped({"READ ME.txt": b"See the table.", "leads.csv": b"name,town\nAnn,Bonn\n" * 50}),
}


@pytest.mark.parametrize("packed", PACKED.values(), ids=PACKED)
@given(deeds=st.lists(damages, min_size=1, max_size=4))
@settings(CAREFULLY, max_examples=10 * EXAMPLES)
def test_a_damaged_archive_is_read_or_refused(packed, tmp_path, deeds):
    path = tmp_path / "source"
    path.write_bytes(damaged(packed, deeds))

    assert read_or_refused(path)


@given(st.binary(max_size=2000))
@CAREFULLY
def test_noise_is_read_or_refused(tmp_path, noise):
    path = tmp_path / "source"
    path.write_bytes(noise)

    assert read_or_refused(path)
