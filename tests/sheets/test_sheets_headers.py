"""Header rows: found below titles, joined of several rows, and names made distinct."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.sheets.block import Merged
from importer.sheets.layout.headers import ColumnNames, find, joined

PEOPLE = [["Ann", "41", "2024-01-31"], ["Bob", "39", "2024-02-29"], ["Cy", "n/a", "2024-03-31"]]
NAMES = ["Name", "Age", "Since"]
SALES = [["North", "7", "9", "8", "6"], ["South", "5", "4", "3", "2"], ["West", "1", "2", "3", "4"]]


def numbered(rows):
    """The rows that hold anything, as readers number them."""
    return [(number, row) for number, row in enumerate(rows, start=1) if any(row)]


@pytest.mark.parametrize(
    ("rows", "header_row"),
    [
        pytest.param([NAMES, *PEOPLE], 1, id="first row"),
        pytest.param([["Weekly leads"], NAMES, *PEOPLE], 2, id="title"),
        pytest.param([["Weekly leads"], ["as of May"], [], NAMES, *PEOPLE], 4, id="blank line"),
        pytest.param(
            [["Region:", "North"], ["By:", "Ann"], [], NAMES, *PEOPLE], 4, id="key: value"
        ),
        pytest.param([["Exported", "2024-05-01"], [], NAMES, *PEOPLE], 3, id="key and date"),
        pytest.param(
            [
                ["Staff", "of May"],
                [],
                ["Name", "Role", "Town", "Land"],
                ["Ann", "singer", "York", "UK"],
                ["Bob", "actor", "Cork", "IE"],
            ],
            3,
            id="narrow words above a blank row, names over words",
        ),
        pytest.param([["# of May", "by Ann", "all"], NAMES, *PEOPLE], 2, id="comment with commas"),
        pytest.param([["# chrom", "from", "to"], ["chr1", "10", "20"]], 1, id="header as comment"),
        pytest.param(
            [["notes", "at", "top"], ["or", "here"], [*NAMES, "Town"]]
            + [[*row, "York"] for row in PEOPLE],
            3,
            id="notes nearly as wide, names over numbers and dates",
        ),
        pytest.param([["Region", "2023", "2024"], ["North", "7", "9"]], 1, id="years"),
        pytest.param([["", "1985", "1993"], ["Surgery", ".", "20"]], 1, id="first name blank"),
        pytest.param([["Name", "2024-01-31"], ["Ann", "7"], ["Bob", "9"]], 1, id="dates as names"),
        pytest.param([NAMES], 1, id="no data"),
        pytest.param(
            [["MIG01", "Account", "15"], [], list("abcdefg")], 3, id="no data, code above"
        ),
        pytest.param([["E-mail"], ["ann@example.com"], ["bob@example.com"]], 1, id="one column"),
        pytest.param([["Name", "Mail", "Phone", "Fax"], ["Ann"], ["Bob"]], 1, id="sparse rows"),
        pytest.param([["id", "name", "", "name"], ["1", "x", "y", "3"]], 1, id="names missing"),
        pytest.param([["a", "b", "c", "", ""], ["a"], ["", "", "c"]], 1, id="values like names"),
        pytest.param([*PEOPLE], None, id="data from the top"),
        pytest.param([["1", "2"], ["3", "4"]], None, id="numbers only"),
        pytest.param([["Ann", "1984"], ["Bob", "1990"], ["Cy", "2001"]], None, id="years of birth"),
        pytest.param([["Ann", "ann@example.com"], ["Bob", "b@example.com"]], None, id="addresses"),
        pytest.param(
            [["Web", "Open"], ["Phone", "Open"], ["Web", "Won"]] * 2, None, id="values come again"
        ),
        pytest.param([["only one cell"]], None, id="one cell"),
    ],
)
def test_find_proposes_the_row_that_names_the_columns(rows, header_row):
    header = find(numbered(rows))

    assert (header.first, header.rows) == (header_row, 1 if header_row else 0)
    assert header.reason.endswith(".")


def test_find_is_not_misled_by_a_footer():
    rows = numbered([NAMES, *PEOPLE, [], ["Total", "80"], ["Source: the register"]])

    assert find(rows).first == 1


def test_find_takes_a_header_that_every_page_repeats_for_names():
    rows = numbered([[*NAMES, "Town"], *PEOPLE, [*NAMES, "City"], *PEOPLE])

    assert find(rows).first == 1


MERGED_GROUPS = [
    ["Name", "Address", "", "Contact", ""],
    ["", "Street", "Town", "Phone", "Mail"],
    ["Ann", "1 High St", "York", "555", "ann@example.com"],
]
MERGES = [Merged(1, 1, 2, 1), Merged(1, 2, 1, 3), Merged(1, 4, 1, 5)]
JOINED = ["Name", "Address Street", "Address Town", "Contact Phone", "Contact Mail"]


@pytest.mark.parametrize(
    ("rows", "merged", "names"),
    [
        pytest.param(MERGED_GROUPS, MERGES, JOINED, id="merged down and across"),
        pytest.param(MERGED_GROUPS, MERGES[1:], JOINED, id="merged across"),
        pytest.param(
            [["", "Address", "", ""], ["Name", "Street", "Town", "Zip"], ["Ann", "1 High", "York"]],
            [Merged(1, 2, 1, 4)],
            ["Name", "Address Street", "Address Town", "Address Zip"],
            id="a group beside",
        ),
        pytest.param(
            [["Name", "Age", "Address"], ["", "", *"abcde"], *[["Ann", "41", *"vwxyz"]] * 2],
            [Merged(1, 1, 2, 1), Merged(1, 2, 2, 2), Merged(1, 3, 1, 7)],
            ["Name", "Age", *(f"Address {part}" for part in "abcde")],
            id="a narrow row that reaches down",
        ),
        pytest.param(
            [["Region", "2023", "", "2024", ""], ["", "H1", "H2", "H1", "H2"], *SALES],
            [],
            ["Region", "2023 H1", "2023 H2", "2024 H1", "2024 H2"],
            id="gaps after groups",
        ),
        pytest.param(
            [["", "2023", "", "2024", ""], ["Region", "H1", "H2", "H1", "H2"], *SALES],
            [],
            ["Region", "2023 H1", "2023 H2", "2024 H1", "2024 H2"],
            id="groups with gaps above names",
        ),
        pytest.param(
            [["", "2023", "2023", "2024", "2024"], ["Region", "H1", "H2", "H1", "H2"], *SALES],
            [],
            ["Region", "2023 H1", "2023 H2", "2024 H1", "2024 H2"],
            id="labels repeated over names",
        ),
        pytest.param(
            [["All"] * 5, ["Region", "H1", "H2", "H3", "H4"], *SALES],
            [],
            ["All Region", "All H1", "All H2", "All H3", "All H4"],
            id="one label over all names",
        ),
        pytest.param(
            [["Name", "Height", "Weight"], ["", "cm", "kg"], ["Ann", "170", "60"]],
            [],
            ["Name", "Height cm", "Weight kg"],
            id="units",
        ),
        pytest.param(
            [
                ["Region", "Share", "Change", ""],
                [],
                ["", "", "monthly", "yearly"],
                ["", "(%)"],
                ["A", "B", "C", "D"],
            ],
            [Merged(1, 1, 4, 1), Merged(1, 3, 2, 4), Merged(1, 2, 3, 2), Merged(3, 3, 4, 3)],
            ["Region", "Share (%)", "Change monthly", "Change yearly"],
            id="four rows, one of them blank",
        ),
    ],
)
def test_find_and_joined_read_a_header_of_several_rows(rows, merged, names):
    rows = numbered(rows)

    header = find(rows, merged)
    own = [row for row in rows if row[0] < header.first + header.rows]

    assert header.first == 1
    assert header.rows > 1
    assert joined(own, merged) == names


@pytest.mark.parametrize(
    ("rows", "merged"),
    [
        pytest.param([NAMES, ["", "n/a", "n/a"], *PEOPLE], [], id="a record of gaps"),
        pytest.param([NAMES, ["Zoe", "unknown", "-"], *PEOPLE], [], id="a record with words"),
        pytest.param(
            [["Name", "Has", ""], ["", "yes", "yes"], ["Ann"]], [Merged(1, 2, 1, 3)], id="alike"
        ),
        pytest.param(
            [["Name", "Has", ""], ["", "yes", "yes"], ["Ann", "yes", "no"], ["Bob", "no", "no"]],
            [],
            id="values that come again",
        ),
        pytest.param(
            [["Height", "Weight"], ["tall", "heavy"], *[["170", "60"]] * 5], [], id="words first"
        ),
        pytest.param(
            [["id", "name", "", "name"], *[["a", "b", "c", "d"]] * 3], [], id="blank name"
        ),
        pytest.param(
            [["Name", "Phone", ""], ["Ann", "home", "work"]], [Merged(1, 2, 1, 3)], id="data"
        ),
        pytest.param([["Name", "Note", ""], [], ["Ann", "x", ""]], [Merged(1, 2, 2, 3)], id="tall"),
    ],
)
def test_find_takes_no_record_for_a_second_header_row(rows, merged):
    header = find(numbered(rows), merged)

    assert (header.first, header.rows) == (1, 1)


@pytest.mark.parametrize(
    ("above", "merged"),
    [
        ([["Report of May"]], [Merged(1, 1, 1, 5)]),
        ([["Report of May", "", "", "", "Page 1"]], []),
        ([["of", "May", "", "by", "Ann"]], [Merged(1, 2, 1, 3)]),
        ([["some", "notes", "here"], ["and", "there"]], [Merged(2, 2, 2, 5)]),
    ],
)
def test_find_takes_no_title_for_a_group(above, merged):
    rows = [*above, ["Name", "Age", "Since", "Role", "Town"]]
    rows += [[*row, "singer", "York"] for row in PEOPLE]

    header = find(numbered(rows), merged)

    assert (header.first, header.rows) == (len(above) + 1, 1)


def test_joined_leaves_a_single_row_as_it_is():
    assert joined([(3, ["Name", "", "Town"])], [Merged(3, 1, 3, 2)]) == ["Name", "", "Town"]
    assert joined([]) == []


@given(st.lists(st.lists(st.text(max_size=3), max_size=4), max_size=8))
def test_find_answers_for_any_rows_with_a_row_of_them(rows):
    rows = numbered(rows)

    header = find(rows)

    assert header.first is None or header.first in [number for number, _ in rows]


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
