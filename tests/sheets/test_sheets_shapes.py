"""Shapes: values alike but for their letters and digits are counted as one."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from importer.sheets.shapes import counted


def by_regex(values):
    digits = values.str.head(24).str.replace_all("[0-9]+", "9")
    return digits.str.replace_all(r"[A-Za-z\x{80}-\x{10ffff}]+", "a").to_list()


def test_counted_tells_each_shape_with_its_first_value():
    values = pl.Series(["A-17", "n/a", "Bc-2", "Müller", "日本 9", "--"])

    assert counted(values) == [
        ("a-9", 2, "A-17"),
        ("a/a", 1, "n/a"),
        ("a", 1, "Müller"),
        ("a 9", 1, "日本 9"),
        ("--", 1, "--"),
    ]


@given(st.lists(st.text("aZ09é日- \n", max_size=30), max_size=8))
def test_counted_finds_the_shapes_that_a_regex_finds(texts):
    values = pl.Series(texts, dtype=pl.String)

    expected = by_regex(values)

    found = counted(values)
    assert [shape for shape, _, _ in found] == list(dict.fromkeys(expected))
    assert [count for _, count, _ in found] == [expected.count(shape) for shape, _, _ in found]
