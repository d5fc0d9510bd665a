"""Shapes: values alike but for their letters and digits are counted as one."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from importer.sheets.shapes import counted


def by_regex(values):
    digits = values.str.head(24).str.replace_all("[0-9]+", "9")
    return digits.str.replace_all(r"[A-Za-z\x{80}-\x{10ffff}]+", "a").to_list()


def test_counted_tells_each_shape_with_its_first_value():
    cells = pl.DataFrame({"1": ["A-17", "n/a", "Bc-2", "Müller", "日本 9", "--"]})

    assert counted(cells) == [
        (0, "a-9", 2, "A-17"),
        (0, "a/a", 1, "n/a"),
        (0, "a", 1, "Müller"),
        (0, "a 9", 1, "日本 9"),
        (0, "--", 1, "--"),
    ]


def test_counted_keeps_columns_apart_and_leaves_blank_cells_out():
    blank = pl.Series([None, None, None], dtype=pl.String)
    cells = pl.DataFrame({"1": ["a", None, "b"], "2": blank, "3": ["7", "c", None]})

    assert counted(cells) == [(0, "a", 2, "a"), (2, "9", 1, "7"), (2, "a", 1, "c")]


@given(st.lists(st.text("aZ09é日- \n", max_size=30), max_size=8))
def test_counted_finds_the_shapes_that_a_regex_finds(texts):
    values = pl.Series("1", texts, dtype=pl.String)

    expected = by_regex(values)

    found = counted(values.to_frame())
    assert [shape for _, shape, _, _ in found] == list(dict.fromkeys(expected))
    assert [count for _, _, count, _ in found] == [
        expected.count(shape) for _, shape, _, _ in found
    ]
