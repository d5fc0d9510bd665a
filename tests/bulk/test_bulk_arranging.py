"""Arranging rows by what they need."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.bulk import Group, arrange, arranging, groups_of
from importer.checks import storage

X = "x"


def read(path):
    return pl.read_parquet(path)["_row"].to_list()


def test_arrange_leaves_rows_that_erase_nothing_in_file_order(checked, tmp_path):
    path = checked(Email=["a", "b"], Note=[X, None])
    target = tmp_path / "rows.parquet"

    assert arrange(path, target) == (Group(2),)
    assert pl.read_parquet(target).equals(pl.read_parquet(path))


def test_arrange_groups_rows_that_erase_by_their_other_blanks(checked, tmp_path):
    path = checked(
        Email=["a", "b", "c", "d", "e", "f"],
        Phone=[X, None, None, X, X, None],
        Fax=[X, X, None, X, None, X],
        Note=[X, None, X, None, X, None],
    )
    target = tmp_path / "rows.parquet"

    groups = arrange(path, target, clearing=["Phone", "Fax"])

    assert groups == (
        Group(2),
        Group(2, ("Note",), clears=True),
        Group(2, (), clears=True),
    )
    assert read(target) == [2, 5, 3, 7, 4, 6]


def test_arrange_puts_the_largest_group_of_rows_that_erase_first(checked, tmp_path):
    path = checked(Email=list("abc"), Phone=[None] * 3, Note=[X, None, None])
    target = tmp_path / "rows.parquet"

    groups = arrange(path, target, clearing=["Phone"])

    assert groups == (Group(2, ("Note",), clears=True), Group(1, (), clears=True))
    assert read(target) == [3, 4, 2]


def test_arrange_takes_only_the_rows_that_are_wanted(checked, tmp_path):
    path = checked(Email=list("abcde"))
    target = tmp_path / "rows.parquet"

    assert arrange(path, target, only=[6, 3, 4, 99], without=[4]) == (Group(2),)
    assert read(target) == [3, 6]


def test_arrange_of_no_rows_makes_no_groups(checked, tmp_path):
    path = checked(Email=list("ab"))

    assert arrange(path, tmp_path / "rows.parquet", only=[], clearing=["Email"]) == ()
    assert read(tmp_path / "rows.parquet") == []


CELL = st.sampled_from([None, X])


@given(
    rows=st.lists(st.tuples(CELL, CELL, CELL, CELL), max_size=40),
    clearing=st.sets(st.sampled_from("BCD")),
    only=st.none() | st.sets(st.integers(2, 42)),
    without=st.sets(st.integers(2, 42), max_size=9),
)
@settings(deadline=None)
def test_arrange_puts_every_wanted_row_once_where_its_blanks_belong(
    tmp_path_factory, rows, clearing, only, without
):
    folder = tmp_path_factory.mktemp("arrange")
    frame = pl.DataFrame(rows, schema=dict.fromkeys("ABCD", pl.String), orient="row")
    numbers = pl.int_range(2, len(rows) + 2, dtype=pl.Int64).alias("_row")
    frame.select(numbers, pl.all()).write_parquet(folder / "checked.parquet")
    choice = {"clearing": clearing, "only": only, "without": without}

    with pytest.MonkeyPatch.context() as patch:  # so that few rows take many turns
        patch.setattr(storage, "CHUNK_ROWS", 7)
        patch.setattr(arranging, "_SORTED_ROWS", 5)
        groups = arrange(folder / "checked.parquet", folder / "rows.parquet", **choice)

    assert groups_of(folder / "checked.parquet", **choice) == groups
    arranged = pl.read_parquet(folder / "rows.parquet")
    wanted = set(range(2, len(rows) + 2)) - without
    wanted &= wanted if only is None else only
    assert sorted(arranged["_row"]) == sorted(wanted)
    assert all(list(line[1:]) == list(rows[line[0] - 2]) for line in arranged.iter_rows())
    assert sum(group.rows for group in groups) == len(wanted)
    offset = 0
    for group in groups:
        mine = arranged.slice(offset, group.rows)
        offset += group.rows
        assert mine["_row"].is_sorted()
        for line in mine.drop("_row").iter_rows(named=True):
            blank = {name for name, cell in line.items() if cell is None}
            assert group.clears == bool(blank & clearing)
            if group.clears:
                assert set(group.left_out) == blank - clearing
    assert len({(group.left_out, group.clears) for group in groups}) == len(groups)
