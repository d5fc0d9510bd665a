"""Header rows: found below titles, and names made distinct."""

import pytest

from importer.sheets.headers import ColumnNames, find


@pytest.mark.parametrize(
    ("rows", "header_row"),
    [
        ([["Name", "Age"], ["Ann", "41"]], 1),
        ([["Weekly leads"], ["Name", "Age", "Town"], ["Ann", "41", "York"]], 2),
        ([["Region", "2023", "2024"], ["North", "7", "9"]], 1),
        ([["Ann", "41", "ann@example.com"], ["Bob", "39", "bob@example.com"]], None),
        ([["1", "2"], ["3", "4"]], None),
        ([["Name", "Age"]], 1),
        ([["E-mail"], ["ann@example.com"], ["bob@example.com"]], 1),
        ([["Name", "Mail", "Phone", "Fax"], ["Ann"], ["Bob"]], 1),
    ],
)
def test_find_proposes_the_first_row_of_names_across_the_table(rows, header_row):
    found, reason = find(list(enumerate(rows, start=1)))

    assert found == header_row
    assert reason.endswith(".")


def test_column_names_are_collapsed_distinct_and_never_blank():
    columns = ColumnNames(["  First\n name ", "", "name", "name", "Column 2", "_row"])

    assert columns.names == [
        "First name",
        "Column 2 (2)",
        "name",
        "name (2)",
        "Column 2",
        "_row (2)",
    ]
    assert len(columns.warnings) == 2


def test_column_names_hold_no_nul():
    assert ColumnNames(["a\x00b"]).names == ["a b"]


def test_column_names_grow_with_a_wider_row():
    columns = ColumnNames(["name"])

    columns.grow(3)

    assert columns.names == ["name", "Column 2", "Column 3"]
