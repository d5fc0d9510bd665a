"""The likeliest sheet of a workbook, and the one that a person asks for."""

import pytest

from importer.sheets.layout.sheet_choice import likeliest, named
from importer.sheets.table import Sheet, UnreadableFile

COVER = [["Report of May"], ["Author", "Ann"]]
PEOPLE = [["Name", "Age", "Town"], *[["Ann", "41", "York"]] * 20]
LEGEND = [["Code", "Meaning"], ["1", "new"], ["2", "old"]]
NUMBERS = [["1", "2"], ["3", "4"]]
TEMPLATE = [["Name", "Age", "Town"]]


def top(name, rows, *, hidden=False):
    return Sheet(name, hidden), list(enumerate(rows, start=1))


@pytest.mark.parametrize(
    ("tops", "name", "words"),
    [
        ([top("A", PEOPLE)], "A", "only sheet"),
        ([top("A", []), top("B", PEOPLE)], "B", "only sheet"),
        ([top("A", PEOPLE), top("B", PEOPLE * 2)], "A", "first visible sheet that holds a table"),
        ([top("A", COVER), top("B", PEOPLE)], "B", "holds a table; the sheets before"),
        ([top("A", TEMPLATE), top("B", PEOPLE)], "B", "holds a table; the sheets before"),
        ([top("A", LEGEND), top("B", NUMBERS * 9)], "B", "holds far more"),
        ([top("A", NUMBERS), top("B", LEGEND)], "B", "holds a table; the sheets before"),
        ([top("A", PEOPLE, hidden=True), top("B", NUMBERS)], "B", "first visible sheet"),
        ([top("A", NUMBERS), top("B", NUMBERS)], "A", "first visible sheet that holds anything"),
        ([top("A", []), top("B", PEOPLE, hidden=True)], "B", "hidden"),
        ([top("A", NUMBERS, hidden=True), top("B", PEOPLE, hidden=True)], "B", "no visible sheet"),
    ],
)
def test_likeliest_is_the_first_sheet_whose_table_compares_with_the_largest(tops, name, words):
    sheet, reason = likeliest(tops)

    assert sheet.name == name
    assert words in reason


def test_likeliest_refuses_a_workbook_without_a_cell():
    with pytest.raises(UnreadableFile, match="Every sheet of this workbook is empty"):
        likeliest([top("A", []), top("B", [])])


def test_named_finds_a_sheet_or_tells_which_there_are():
    sheets = (Sheet("People", False), Sheet("Codes", True))

    assert named("Codes", sheets) == sheets[1]
    with pytest.raises(UnreadableFile, match=r"no sheet “people”\. It has “People”, “Codes”\."):
        named("people", sheets)
    with pytest.raises(UnreadableFile, match="A text file has no sheets"):
        named("People", ())
