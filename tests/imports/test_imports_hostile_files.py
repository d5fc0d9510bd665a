"""A file that means harm costs its import one sentence; the worker goes on."""

import pytest

from importer.sheets.guard import SWOLLEN
from tests.office import leads_csv, uploaded
from tests.sheets.workbooks import write_workbook

LEADS = leads_csv("a.test", rows=3)


@pytest.fixture
def warm_readers() -> None:
    """None: a bound on memory is for all that a reader has."""


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("UNZIPPED_LIMIT_BYTES", 10, "larger than"),
        ("COLUMN_LIMIT", 2, "cells beyond column 2"),
        ("CELL_LIMIT", 3, "more than 3 filled cells"),
        ("READING_MEMORY_BYTES", 300 * 1024**2, "asks for more memory"),
        ("READING_TIMEOUT_S", 0.001, "takes far longer"),
    ],
)
def test_a_file_beyond_a_setting_costs_one_sentence(team, ana, settings, setting, value, words):
    setattr(settings, setting, value)

    import_ = uploaded(team, ana, LEADS)

    assert words in import_.work_error
    assert not import_.work


def test_a_workbook_of_more_parts_than_the_setting_allows_is_refused(team, ana, settings, tmp_path):
    settings.ARCHIVE_PARTS_LIMIT = 2
    workbook = write_workbook(tmp_path / "leads.xlsx", [["Email"], ["ann@a.test"]])

    import_ = uploaded(team, ana, workbook.read_bytes(), "leads.xlsx")

    assert import_.work_error == SWOLLEN


def test_a_worker_reads_on_after_a_poisonous_file(team, ana):
    poisonous, good = (uploaded(team, ana, content) for content in (b"PK\x03\x04\xff", LEADS))

    assert "damaged" in poisonous.work_error
    assert good.table_file
    assert not good.work_error
