"""The sample files: readable by the product, and alike."""

from pathlib import Path

import polars as pl
import pytest

from importer import sheets

SAMPLES = Path(__file__).resolve().parent.parent.parent / "static" / "samples"


@pytest.fixture
def staged(tmp_path):
    """A sample's headers, its texts and its row numbers."""

    def stage(name):
        target = tmp_path / f"{name}.parquet"
        table = sheets.stage(SAMPLES / name, sheets.inspect(SAMPLES / name).reading, target)
        return [column.header for column in table.columns], pl.read_parquet(target)

    return stage


def test_samples_hold_the_same_rows(staged):
    headers, rows = staged("leads.csv")
    workbook_headers, workbook_rows = staged("leads.xlsx")

    assert headers == workbook_headers
    assert rows.height == workbook_rows.height == 60
    assert rows["Email"].to_list() == workbook_rows["Email"].to_list()


def test_samples_keep_the_zeros_that_people_see(staged):
    for name in ("leads.csv", "leads.xlsx"):
        assert staged(name)[1]["Booth Scan"].to_list()[:2] == ["0004711", "0004748"]
