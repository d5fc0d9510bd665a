"""What cells and columns read like."""

import pytest

from importer.sheets.layout.likeness import Likeness, likeness, typical


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" \u00a0", Likeness.BLANK),
        ("Name", Likeness.WORDS),
        ("Q1 2024", Likeness.WORDS),
        ("Day 1", Likeness.WORDS),
        ("n/a", Likeness.GAP),
        ("*****", Likeness.GAP),
        ("2024", Likeness.YEAR),
        ("1,234.50 €", Likeness.NUMBER),
        ("EUR 12", Likeness.NUMBER),
        ("-3", Likeness.NUMBER),
        ("50%", Likeness.NUMBER),
        ("020 7946 0018", Likeness.NUMBER),
        ("2024-01-31", Likeness.DATE),
        ("2024-01-31 08:30:00", Likeness.DATE),
        ("31.1.24", Likeness.DATE),
        ("15 Jan 2023", Likeness.DATE),
        ("255:10:10", Likeness.TIME),
        ("8:30 pm", Likeness.TIME),
        ("TRUE", Likeness.BOOLEAN),
        ("ann@example.com", Likeness.ADDRESS),
        ("https://example.com/" + "a" * 80, Likeness.ADDRESS),
        ("#DIV/0!", Likeness.ERROR),
    ],
)
def test_likeness_tells_values_from_words(text, expected):
    assert likeness(text) is expected


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "2", "", "n/a", "#N/A"], Likeness.NUMBER),
        (["1999", "2000"], Likeness.YEAR),
        (["1999", "7", "8"], Likeness.NUMBER),
        (["a", "1", "2"], None),
        (["a", "1", "2", "3", "4"], Likeness.NUMBER),
        (["", "-"], None),
    ],
)
def test_typical_is_what_nearly_all_cells_read_like(cells, expected):
    assert typical(map(likeness, cells)) is expected
