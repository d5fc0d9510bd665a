"""`manage.py inspect_file`: what it prints, and its reasons on standard error."""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.core.management import call_command

FILES = Path(__file__).resolve().parents[1] / "sheets" / "files"
DEATHS = FILES / "readxl__deaths.xlsx"
CSV = """Weekly leads

Name;Name;;Zip
Ann; Lee ;x;00501

;;;
Cy;Fox;;2
Bob;Ray;;1;2
Source: the office
"""


@dataclass(frozen=True)
class Ended:
    """A command's exit status and what it wrote."""

    status: int
    out: str
    err: str


def run(*arguments: object) -> Ended:
    """The command inside of this process, where a database must not be touched."""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("inspect_file", *map(str, arguments), stdout=out, stderr=err)
    except SystemExit as end:
        return Ended(int(end.code), out.getvalue(), err.getvalue())
    return Ended(0, out.getvalue(), err.getvalue())


def test_inspect_file_prints_what_the_reader_sees_in_a_text_file(tmp_path):
    path = tmp_path / "leads.csv"
    path.write_text(CSV)

    ended = run(path, "--json")

    told = json.loads(ended.out)
    warnings = told.pop("warnings")
    assert (ended.status, ended.err) == (0, "")
    assert told == {
        "format": "csv",
        "encoding": "utf-8",
        "delimiter": ";",
        "sheets": [],
        "sheet": None,
        "header_row": 3,
        "headers": ["Name", "Name (2)", "Column 3", "Zip", "Column 5"],
        "n_rows": 3,
        "n_cols": 4,
        "rows": [
            ["Ann", " Lee ", "x", "00501", None],
            ["Cy", "Fox", None, "2", None],
            ["Bob", "Ray", None, "1", "2"],
        ],
    }
    for words in ("name “Name” like another", "no name", "more cells", "Row 9 reads like a note"):
        assert any(words in warning for warning in warnings), words


def test_inspect_file_prints_the_sheets_of_a_workbook_and_five_rows_of_one():
    told = json.loads(run(DEATHS, "--sheet", "other", "--json").out)

    assert told["sheets"] == [
        {"name": "arts", "hidden": False, "rows": 19, "columns": 6},
        {"name": "other", "hidden": False, "rows": 19, "columns": 6},
    ]
    assert (told["sheet"], told["header_row"], told["n_rows"], told["n_cols"]) == (
        "other",
        5,
        10,
        6,
    )
    assert len(told["rows"]) == 5
    assert told["rows"][0] == ["Vera Rubin", "scientist", "88", "TRUE", "1928-07-23", "2016-12-25"]


def test_inspect_file_tells_people_the_same_in_words():
    ended = run(DEATHS)

    assert ended.status == 0
    for line in (
        "Table       10 rows, 6 columns",
        "Sheet       arts. “arts” is the first visible sheet that holds a table.",
        "Has sheet   arts (19 rows, 6 columns, read here)",
        "Column      Age: 69 | 60 | 90 | 61 | 57",
        "Note        Rows 16 to 19 read like notes, so they are left out.",
    ):
        assert line in ended.out.splitlines()


@pytest.mark.parametrize(
    ("place", "text"),
    [("6,5", "1947-01-08"), ("4,2", "merging"), ("5,1", "Name"), ("6,99", ""), ("99,1", "")],
)
def test_inspect_file_prints_one_cell_as_excel_numbers_it(place, text):
    assert run(DEATHS, "--cell", place).out == text + "\n"


def test_inspect_file_reads_what_an_archive_holds(tmp_path):
    archive = tmp_path / "people.zip"
    with ZipFile(archive, "w") as packed:
        packed.write(DEATHS, "people.xlsx")

    told = json.loads(run(archive, "--json").out)

    assert [sheet["name"] for sheet in told["sheets"]] == ["arts", "other"]
    assert run(archive, "--sheet", "other", "--cell", "6,1").out == "Vera Rubin\n"


def test_inspect_file_tells_of_another_sheet_that_is_broken(tmp_path):
    with ZipFile(DEATHS) as whole, ZipFile(tmp_path / "b.xlsx", "w") as broken:
        for name in whole.namelist():
            end = b"</sheetData>" if "sheet2" in name else b"none"
            broken.writestr(name, whole.read(name).replace(end, b""))

    told = json.loads(run(tmp_path / "b.xlsx", "--sheet", "arts", "--json").out)

    assert told["n_rows"] == 10
    assert told["sheets"][1] == {"name": "other", "hidden": False, "rows": None, "columns": None}
    assert told["warnings"][-1] == "The sheet “other” cannot be read."


@pytest.mark.parametrize("arguments", [["--json"], ["--cell", "1,1"]])
def test_inspect_file_gives_up_in_one_sentence(settings, caplog, arguments):
    settings.READING_TIMEOUT_S = 0.001

    ended = run(DEATHS, *arguments)

    assert (ended.status, ended.out, caplog.text) == (1, "", "")
    assert ended.err.startswith("This file takes far longer to read than a real spreadsheet does")
    assert ended.err.count("\n") == 1


def test_inspect_file_counts_the_records_of_a_text_file_as_rows(tmp_path):
    path = tmp_path / "leads.csv"
    path.write_text(CSV)

    assert run(path, "--cell", "4,2").out == " Lee \n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([FILES / "calamine__pass_protected.xlsx", "--json"], "protected with a password"),
        ([FILES / "calamine__pass_protected.xlsx", "--cell", "1,1"], "protected with a password"),
        (
            [DEATHS, "--sheet", "music", "--cell", "1,1"],
            "has no sheet “music”. It has “arts”, “other”.",
        ),
        (
            [FILES / "papaparse__utf8-bom.csv", "--sheet", "A", "--cell", "1,1"],
            "A text file has no sheets",
        ),
        ([FILES / "missing.csv"], "There is no file"),
        ([FILES], "is a folder"),
    ],
)
def test_inspect_file_refuses_with_one_sentence_on_standard_error(arguments, sentence):
    ended = run(*arguments)

    assert (ended.status, ended.out) == (1, "")
    assert sentence in ended.err
    assert len(ended.err.splitlines()) == 1
