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
    page,
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


def rows(path, numbers):
    return pl.read_parquet(path).filter(pl.col(ROW).is_in(numbers))


def test_stage_keeps_text_exactly_and_makes_blank_cells_null(staged):
    _, path = staged("name,town,note\n Ann ,\u00a0\u3000,007\n\nBob\n")

    assert head(path, 9).to_dicts() == [
        {ROW: 2, "name": " Ann ", "town": None, "note": "007"},
        {ROW: 4, "name": "Bob", "town": None, "note": None},
    ]


@pytest.mark.parametrize("blank", ["", '""', " ", "\t", "\v", "\x85", "\u00a0", "\u2003", "\u3000"])
def test_stage_makes_every_blank_cell_null_and_keeps_what_only_begins_so(staged, blank):
    _, path = staged(f"name,town\nAnn,{blank}\nBob,\nEve,\u00a0x\n")

    assert head(path, 9)["town"].to_list() == [None, None, "\u00a0x"]


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
        " The cells beyond are kept in “Column 2”, “Column 3”."
    )


def test_stage_without_a_header_compares_the_rows_with_most_of_them(staged):
    reading = Reading("csv", None, encoding="utf-8", delimiter=",")

    table, _ = staged("Ann,York\nBob,Leeds\nEve\nJoe,Hull,x\nUma,Bath\n", reading)

    assert table.warnings == (
        "Some rows have more cells than most rows: 4. The cells beyond are kept in “Column 3”.",
        "Some rows have fewer cells than most rows: 3. The missing cells are taken as blank.",
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

    assert table.columns[1] == ColumnProfile("fax", position=2)
    assert head(path, 1).schema["fax"] == pl.String


def test_stage_stages_a_header_without_rows(staged):
    table, path = staged("name,town\n")

    assert (table.rows, table.headers) == (0, ("name", "town"))
    assert head(path, 5).columns == [ROW, "name", "town"]


def test_stage_profiles_all_values(staged):
    values = ["A-1", "B-22", "Christabel-3", "n/a"] + ["D-4"] * 60_000

    table, _ = staged("code,note\n" + "".join(f"{value},x\n" for value in values))

    code, note = table.columns
    assert (code.position, code.filled, code.distinct) == (1, 60_004, 5)
    assert code.samples == ("A-1", "Christabel-3", "n/a")  # the typical, the longest, the oddest
    assert [shape for shape, _ in code.shapes] == ["a-9", "a/a"]
    assert dict(code.shapes)["a-9"] == pytest.approx(60_003, rel=0.01)
    assert (note.position, note.filled, note.distinct, note.samples) == (2, 60_004, 1, ("x",))


def test_stage_estimates_how_many_values_differ(staged):
    table, _ = staged("n\n" + "".join(f"{n}\n" for n in range(100_000)))

    assert table.columns[0].distinct == pytest.approx(100_000, rel=0.06)


def test_stage_says_that_excel_has_rounded_numbers(staged):
    table, _ = staged("id,name\n1.23457E+15,Ann\n4.5E+20,Bob\n7,E+\n")

    assert [column.damaged for column in table.columns] == [2, 0]
    (warning,) = table.warnings
    assert warning == (
        "2 numbers in “id” have more than 15 digits. Excel has rounded them and the other digits"
        " are gone. Export again with this column as text."
    )


def test_stage_finds_rounded_numbers_wherever_they_stand(staged):
    table, _ = staged("id\n" + "123456\n" * 60_003 + "1.23457E+15\n" + "7\n" * 99)

    assert table.columns[0].damaged == 1


def test_stage_lists_the_rows_that_end_before_the_header_does(staged):
    table, path = staged("name,town\nAnn,York\nBob\nEve,Leeds\n")

    assert table.warnings == (
        "Some rows have fewer cells than the header row: 3. The missing cells are taken as blank.",
    )
    assert rows(path, [3]).row(0) == (3, "Bob", None)


def test_stage_ends_at_the_last_row_that_a_person_chose(staged):
    reading = Reading("csv", 1, encoding="utf-8", delimiter=",", last_row=3)

    table, path = staged("name\n" + "Ann\n" * 60_000, reading)

    assert (table.rows, table.footer) == (2, None)
    assert head(path, 9)[ROW].to_list() == [2, 3]


def test_stage_leaves_a_footer_out_and_says_so(staged):
    text = "name,sum\n" + "".join(f"Ann {n},{n}\n" for n in range(30_000)) + "Total,449985000\n"

    table, path = staged(text)

    assert table.rows == 30_000
    assert table.footer.rows == (30_002,)
    assert rows(path, [30_002]).is_empty()


def test_stage_tells_how_far_it_is(tmp_path):
    source = tmp_path / "file.csv"
    source.write_text("n\n" + "1\n" * 60_000)
    told = []

    stage(source, CSV, tmp_path / "t.parquet", tell=told.append)

    assert told == sorted(told)
    assert told[-1] == 60_000


def test_page_starts_anywhere(staged):
    _, path = staged("n\n" + "".join(f"v{n}\n" for n in range(60_000)))

    assert page(path, 49_999, 2).rows() == [(50_001, "v49999"), (50_002, "v50000")]


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
