"""Cutting checked rows and packing them."""

import zipfile

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.bulk import Group, PackedField, Slice, cut, pack


def texts(archive):
    with zipfile.ZipFile(archive) as opened:
        return {name: opened.read(name).decode() for name in opened.namelist()}


def test_cut_keeps_file_order_and_the_files_row_numbers(checked):
    path = checked(rows=[2, 5, 9], Email=["a@b.co"] * 3)

    assert cut(path, max_rows=2) == [Slice(0, 2, 2, 5), Slice(2, 1, 9, 9)]


def test_cut_looks_at_bytes_too(checked):
    path = checked(Note=["x" * 40, "é" * 20, "x" * 90, "x"])

    assert [piece.rows for piece in cut(path, max_bytes=90)] == [2, 1, 1]


def test_cut_of_no_rows_gives_no_slices(checked):
    assert cut(checked(Email=[])) == []


def test_cut_gives_no_slice_rows_of_two_groups(checked):
    path = checked(rows=[2, 3, 9, 4], Email=["a@b.co"] * 4)
    groups = (Group(3), Group(1, ("Note",), clears=True))

    assert cut(path, max_rows=2, groups=groups) == [
        Slice(0, 2, 2, 3),
        Slice(2, 1, 9, 9),
        Slice(3, 1, 4, 4, ("Note",), clears=True),
    ]


@pytest.mark.parametrize("groups", [(), (Group(1),), (Group(3),)])
def test_cut_refuses_groups_of_other_rows(checked, groups):
    with pytest.raises(ValueError, match="not of the 2 rows"):
        cut(checked(Email=["a@b.co"] * 2), groups=groups)


@given(
    sizes=st.lists(st.integers(1, 7), max_size=5),
    lengths=st.lists(st.integers(0, 60), min_size=35, max_size=35),
    max_rows=st.integers(1, 5),
    max_bytes=st.integers(1, 99),
)
@settings(deadline=None)
def test_cut_slices_every_row_once_and_none_too_large(
    tmp_path_factory, sizes, lengths, max_rows, max_bytes
):
    path = tmp_path_factory.mktemp("cut") / "rows.parquet"
    notes = ["x" * length for length in lengths[: sum(sizes)]]
    frame = pl.DataFrame({"_row": range(len(notes)), "Note": notes}, schema_overrides={"Note": str})
    frame.write_parquet(path)
    groups = [Group(size, (str(number),)) for number, size in enumerate(sizes)]

    slices = cut(path, max_rows, max_bytes, groups=groups)

    covered = [row for piece in slices for row in range(piece.offset, piece.offset + piece.rows)]
    assert covered == list(range(sum(sizes)))
    for piece in slices:
        mine = range(piece.offset, piece.offset + piece.rows)
        assert (piece.first_row, piece.last_row) == (mine[0], mine[-1])
        assert piece.rows <= max_rows
        assert piece.rows == 1 or sum(lengths[row] + 3 for row in mine) <= max_bytes
    for number, size in enumerate(sizes):
        assert sum(piece.rows for piece in slices if piece.left_out == (str(number),)) == size


def test_pack_leaves_out_what_the_slice_says(checked, module, tmp_path):
    path = checked(Email=["a@b.co"], Last_Name=[None], Birth=[None], Note=["x"])
    piece = Slice(0, 1, 2, 2, left_out=("Last_Name",), clears=True)

    packed = pack(path, piece, module, tmp_path / "part.zip", "leads.csv")

    assert texts(tmp_path / "part.zip") == {"leads.csv": "Email,Birth,Note\na@b.co,,x\n"}
    assert [field.api_name for field in packed.fields] == ["Email", "Birth", "Note"]


def test_pack_writes_one_csv_headed_by_api_names(checked, module, tmp_path):
    path = checked(
        Email=["a@b.co", "c@d.co"],
        Last_Name=['O"Neil, Jr', None],
        Birth=["2024-12-31", None],
        Seen=["2024-12-31 14:05:09", None],
        Note=["two\nlines", "é"],
    )
    target = tmp_path / "part.zip"

    packed = pack(path, Slice(0, 2, 2, 3), module, target, "leads.csv")

    assert texts(target) == {
        "leads.csv": "Email,Last_Name,Birth,Seen,Note\n"
        'a@b.co,"O""Neil, Jr",12/31/2024,12/31/2024 14:05:09,"two\nlines"\n'
        "c@d.co,,,,é\n"
    }
    assert packed.fields == (
        PackedField("Email", None),
        PackedField("Last_Name", None),
        PackedField("Birth", "MM/dd/yyyy"),
        PackedField("Seen", "MM/dd/yyyy HH:mm:ss"),
        PackedField("Note", None),
    )
    assert packed.zip_bytes == target.stat().st_size


def test_pack_takes_the_rows_of_its_slice_only(checked, module, tmp_path):
    path = checked(Email=["a@b.co", "c@d.co", "e@f.co"])

    pack(path, Slice(1, 1, 3, 3), module, tmp_path / "part.zip", "leads.csv")

    assert texts(tmp_path / "part.zip") == {"leads.csv": "Email\nc@d.co\n"}


def test_pack_of_the_same_rows_makes_the_same_bytes(checked, module, tmp_path):
    path = checked(Email=["a@b.co"])

    for name in ("one.zip", "two.zip"):
        pack(path, Slice(0, 1, 2, 2), module, tmp_path / name, "leads.csv")

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


@pytest.mark.parametrize("name", ["Birth", "Note"])
def test_pack_writes_dates_as_stated_and_leaves_texts_that_look_alike(
    checked, module, tmp_path, name
):
    path = checked(**{name: ["2024-12-31"]})

    pack(path, Slice(0, 1, 2, 2), module, tmp_path / "part.zip", "leads.csv")

    expected = {"Birth": "12/31/2024", "Note": "2024-12-31"}[name]
    assert texts(tmp_path / "part.zip") == {"leads.csv": f"{name}\n{expected}\n"}
