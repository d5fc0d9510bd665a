"""Footers: found below a table by strong evidence, and never made of records."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.sheets.layout.amounts import adds_up, amount
from importer.sheets.layout.footers import find

PEOPLE = [
    ["Ann", "singer", "69", "TRUE", "1947-01-08"],
    ["Bob", "actor", "60", "FALSE", "1956-10-21"],
    ["Cy", "author", "90", "TRUE", "1926-10-18"],
    ["Dee", "coach", "61", "TRUE", "1955-05-17"],
]
SALES = [["Timber", "2,666", "1.5"], ["Textiles", "4,497", "2.5"], ["Glass", "3,108", "1.0"]]


def numbered(rows):
    """The rows that hold anything, numbered from 2 as below a header."""
    return [(number, row) for number, row in enumerate(rows, start=2) if any(row)]


@pytest.mark.parametrize(
    ("rows", "last"),
    [
        pytest.param([["Total", "10,271", "5"]], 1, id="total"),
        pytest.param([["Summe:", "10.271", ""]], 1, id="total in German"),
        pytest.param([["", "Total", "5"]], 1, id="label in a column of numbers"),
        pytest.param([["", "TOTAL"]], 1, id="label alone in a column of numbers"),
        pytest.param([["合計", "10271", "5"]], 1, id="total in Japanese"),
        pytest.param(
            [["Total", "10,271", "5"], [], ["Source: the office"], ["Note: with tax"]],
            3,
            id="total and notes",
        ),
        pytest.param([["Source: the office"]], 1, id="source"),
        pytest.param([["Quelle: das Amt"], ["* geschätzt"]], 2, id="source and mark"),
        pytest.param([[], ["*****"], ["Remarks"], ["Until 1992 without"]], 3, id="after rule"),
        pytest.param([[], ["Exported on 1 May by Ann"]], 1, id="origin after a blank row"),
        pytest.param([[], ["This list holds all that was sold in May"]], 1, id="sentence apart"),
    ],
)
def test_find_tells_a_footer_and_why(rows, last):
    footer = find(numbered([*SALES, *rows]))

    assert len(footer.rows) == last
    assert footer.reason.endswith("left out.")


def test_find_tells_a_footer_by_its_rows_as_excel_numbers_them():
    rows = numbered([*SALES, ["Total", "10,271", "5"], [], ["Source: the office"]])

    footer = find(rows)

    assert footer.rows == (5, 7)
    assert footer.reason == "Rows 5 to 7 read like a total and notes, so they are left out."


def test_find_tells_words_that_stand_under_numbers_and_dates():
    rows = numbered([*PEOPLE, ["Some"], ["", "like to write"], ["", "", "at the"]])

    assert find(rows).rows == (6, 7, 8)


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([*SALES], id="no footer"),
        pytest.param([*SALES, ["Total", "12", "1"]], id="a firm called Total, not the sum"),
        pytest.param([*SALES, ["Total", "99,999", "France"]], id="a firm with words beside"),
        pytest.param([*SALES, ["Total", "", ""]], id="a firm without numbers"),
        pytest.param([*PEOPLE, ["Zoe"]], id="a record that is hardly filled"),
        pytest.param([*PEOPLE, [], ["Zoe"]], id="such a record after a blank row"),
        pytest.param([*PEOPLE, ["Zoe"], ["Yan"], ["Xi"]], id="several such records"),
        pytest.param([*PEOPLE, [], *PEOPLE], id="records after a blank row"),
        pytest.param([["1", "2"], ["3", "4"], [], ["This workbook has four sheets"]], id="narrow"),
        pytest.param([["a"], ["b"], [], ["Source: the office"]], id="one column"),
        pytest.param([*PEOPLE, ["*Zoe"]], id="a marked name"),
        pytest.param([*PEOPLE, ["", "singer"]], id="a record without a name"),
        pytest.param([PEOPLE[0], ["", "", "later"]], id="too few records to compare with"),
        pytest.param([*[row[2:] for row in PEOPLE], ["later"]], id="too few columns"),
        pytest.param(
            [PEOPLE[0], *[[*row, *"abcdefghij"] for row in PEOPLE], ["Zoe", "", "old", "", "soon"]],
            id="a record of words where others have values",
        ),
        pytest.param([["Note: a", "b", "c"], ["d", "e", "f"], ["Note: g"]], id="notes as values"),
        pytest.param([["Source: a"]], id="nothing above"),
        pytest.param([], id="no row"),
    ],
)
def test_find_takes_no_record_for_a_footer(rows):
    assert find(numbered(rows)) is None


WORDS = st.sampled_from(["Ann Lee", "Total", "Note", "Stand", "Page", "Notes & Co", "Summa"])
RECORDS = st.tuples(
    WORDS,
    st.sampled_from(["", "York", "Hull"]),
    st.sampled_from(["", "ann@example.com"]),
    st.sampled_from(["", "01904 555 012", "+44 20 7946 0018"]),
    st.sampled_from(["", "https://example.com", "n/a"]),
)


@given(st.lists(st.one_of(RECORDS.map(list), st.just([])), max_size=12))
def test_find_leaves_contacts_alone_however_sparse(rows):
    first = ["Ann Lee", "York", "ann@example.com", "01904 555 012", "https://example.com"]

    assert find(numbered([first, *rows])) is None


@given(st.lists(st.lists(st.one_of(WORDS, st.text(max_size=3)), max_size=4), max_size=8))
def test_find_answers_for_any_rows_with_the_last_of_them(rows):
    rows = numbered(rows)

    footer = find(rows)

    numbers = [number for number, row in rows if any(cell.strip() for cell in row)]
    assert footer is None or footer.rows == tuple(numbers[-len(footer.rows) :])


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,234.50", 1234.5),
        ("1.234,50", 1234.5),
        ("1 234", 1234),
        ("2,666", 2666),
        ("12.5 %", 12.5),
        ("€ 1.000", 1000),
        ("(12)", -12),
        ("-3", -3),
        ("0.5", 0.5),
        ("00501", None),
        ("+44 20", None),
        ("none", None),
    ],
)
def test_amount_reads_numbers_as_people_write_them(text, number):
    assert amount(text) == number


def test_a_number_adds_up_all_that_is_seen_or_more_where_more_is_unseen():
    assert adds_up("30", ["10", "20", ""], all_seen=True)
    assert not adds_up("500", ["10", "20"], all_seen=True)
    assert adds_up("500", ["10", "20"], all_seen=False)
    assert not adds_up("29", ["10", "20"], all_seen=False)
    assert adds_up("-500", ["-10", "-20"], all_seen=False)
    assert not adds_up("30", [], all_seen=True)


def test_find_believes_a_total_of_more_rows_than_it_sees():
    rows = [["Timber", str(n)] for n in range(99)]

    assert find(numbered([*rows, ["Total", "99999"]])).rows == (101,)
    assert find(numbered([*rows[1:], ["Total", "99999"]])) is None
