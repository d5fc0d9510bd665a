"""Staging: the Parquet file, its row numbers, its columns and their profiles."""

import subprocess
import sys

import polars as pl
import pyarrow.parquet as pq
import pytest

from importer.sheets import (
    ROW,
    ROWS_PER_GROUP,
    ColumnProfile,
    Reading,
    UnreadableFile,
    head,
    rows,
    stage,
)

CSV = Reading("csv", header_row=1, encoding="utf-8", delimiter=",")

PEAK_KB = """
import resource, sys
from pathlib import Path
from importer.sheets import Reading, stage

source, target = map(Path, sys.argv[1:])
table = stage(source, Reading("csv", 1, encoding="utf-8", delimiter=","), target)
print(table.rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.fixture
def staged(tmp_path):
    def run(text, reading=CSV):
        source = tmp_path / "file.csv"
        source.write_text(text, encoding="utf-8", newline="")
        return stage(source, reading, tmp_path / "t.parquet"), tmp_path / "t.parquet"

    return run


def test_stage_keeps_text_exactly_and_makes_blank_cells_null(staged):
    _, path = staged("name,town,note\n Ann ,\u00a0\u3000,007\n\nBob\n")

    assert head(path, 9).to_dicts() == [
        {ROW: 2, "name": " Ann ", "town": None, "note": "007"},
        {ROW: 4, "name": "Bob", "town": None, "note": None},
    ]


def test_stage_writes_row_groups_of_parts_in_zstd(staged):
    _, path = staged("n\n" + "".join(f"{n}\n" for n in range(60_000)))

    metadata = pq.ParquetFile(path).metadata

    sizes = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
    assert sizes == [ROWS_PER_GROUP, ROWS_PER_GROUP, 10_000]
    assert metadata.row_group(0).column(1).compression == "ZSTD"


def test_stage_without_header_calls_columns_by_their_place(staged):
    table, _ = staged(
        "Ann,York\nBob,Leeds\n", Reading("csv", None, encoding="utf-8", delimiter=",")
    )

    assert table.headers == ("Column 1", "Column 2")
    assert table.rows == 2
    assert table.warnings == ()


def test_stage_leaves_out_what_stands_above_the_header(staged):
    table, path = staged(
        "Leads\n\nname,town\nAnn,York\n", Reading("csv", 3, encoding="utf-8", delimiter=",")
    )

    assert table.headers == ("name", "town")
    assert head(path, 9)[ROW].to_list() == [4]


def test_stage_keeps_cells_beyond_the_header_and_lists_their_rows(staged):
    table, path = staged("name\nAnn\nBob,x,y\nEve,,z\n")

    assert table.headers == ("name", "Column 2", "Column 3")
    assert rows(path, [4]).row(0) == (4, "Eve", None, "z")
    (warning,) = table.warnings
    assert warning == (
        "Some rows have more cells than the header row: 3, 4."
        " The cells beyond it are kept in “Column 2”, “Column 3”."
    )


def test_stage_grows_wider_after_thousands_of_rows(staged):
    table, path = staged("name,,\n" + "Ann\n" * 60_000 + "Bob,,,late\n")

    assert table.headers == ("name", "Column 4")
    assert rows(path, [2, 60_002]).rows() == [(2, "Ann", None), (60_002, "Bob", "late")]
    assert pq.ParquetFile(path).metadata.row_group(0).num_rows == ROWS_PER_GROUP


def test_stage_drops_unnamed_columns_only_when_wholly_empty(staged):
    table, _ = staged("name,,town,\nAnn,x,York,\nBob,,Leeds,\n")

    assert table.headers == ("name", "Column 2", "town")
    assert table.warnings == (
        "Column B has no name in the header row, so it is called “Column 2” here.",
    )


def test_stage_keeps_a_named_column_without_values(staged):
    table, path = staged("name,fax\nAnn,\n")

    assert table.columns[1] == ColumnProfile("fax", 0)
    assert head(path, 1).schema["fax"] == pl.String


def test_stage_stages_a_header_without_rows(staged):
    table, path = staged("name,town\n")

    assert (table.rows, table.headers) == (0, ("name", "town"))
    assert head(path, 5).columns == [ROW, "name", "town"]


def test_stage_profiles_all_values(staged):
    values = ["A-1", "B-22", "Christabel-3", "n/a"] + ["D-4"] * 60_000

    table, _ = staged("code,note\n" + "".join(f"{value},x\n" for value in values))

    assert table.columns[0] == ColumnProfile("code", 60_004, ("A-1", "Christabel-3", "n/a"))
    assert table.columns[1] == ColumnProfile("note", 60_004, ("x",))


def test_stage_names_a_header_row_that_the_file_lacks(staged):
    with pytest.raises(UnreadableFile, match="ends before row 9"):
        staged("name\nAnn\n", Reading("csv", 9, encoding="utf-8", delimiter=","))


def test_a_failed_stage_leaves_nothing_behind(staged, tmp_path):
    with pytest.raises(UnreadableFile):
        staged('name\nAnn\n"open\n')

    assert [path.name for path in tmp_path.iterdir()] == ["file.csv"]


def test_rows_come_by_number_in_the_order_of_the_file(staged):
    _, path = staged("n\n" + "".join(f"v{n}\n" for n in range(2, 100)))

    assert rows(path, [90, 7]).rows() == [(7, "v7"), (90, "v90")]


def test_stage_needs_no_more_memory_for_ten_times_the_rows(tmp_path):
    peaks = []
    for count in (20_000, 200_000):
        source = tmp_path / f"{count}.csv"
        with source.open("w") as file:
            file.write("id,name,mail,town,note\n")
            file.writelines(f"{n},Ann {n},a{n}@example.com,York,{n * n}\n" for n in range(count))

        done = subprocess.run(
            [sys.executable, "-c", PEAK_KB, source, tmp_path / "t.parquet"],
            capture_output=True,
            check=True,
            text=True,
        )
        staged_rows, peak = map(int, done.stdout.split())
        assert staged_rows == count
        peaks.append(peak)

    assert peaks[1] < 1.5 * peaks[0]
