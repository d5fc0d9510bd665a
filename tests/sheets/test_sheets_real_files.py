"""Published files, read as two independent readers say they must be."""

import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from importer.sheets import ROW, Reading, Sheet, UnreadableFile, inspect, preview, rows, stage

FILES = Path(__file__).parent / "files"
FACTS = {fact["file"]: fact for fact in json.loads((FILES / "expected.json").read_text())["files"]}
READABLE = [name for name, fact in FACTS.items() if fact["opens"]]
TEXT = [name for name in READABLE if FACTS[name]["kind"] == "csv"]
WORKBOOKS = [name for name in READABLE if FACTS[name]["kind"] == "xlsx"]
REFUSED = {
    "calamine__any_sheets.xlsb": "Excel binary workbook (.xlsb)",
    "calamine__date.xlsb": "Excel binary workbook (.xlsb)",
    "calamine__pass_protected.xlsx": "protected with a password",
    "calamine__repeat-bomb.ods": "OpenDocument file (.ods)",
    "messytables__ods_formats.ods": "OpenDocument file (.ods)",
    "tablib__errors.xls": "Excel 97-2003 workbook (.xls)",
}


@pytest.mark.parametrize("name", TEXT)
def test_inspect_proposes_how_to_read_a_published_text_file(name):
    fact = FACTS[name]

    inspection = inspect(FILES / name)

    assert inspection.reading == Reading(
        format="csv",
        header_row=fact["tables"][0]["header_row"],
        encoding=fact["encoding"],
        delimiter=fact["delimiter"],
    )
    assert set(inspection.reasons) == {"format", "encoding", "delimiter", "header_row"}


@pytest.mark.parametrize("name", WORKBOOKS)
def test_inspect_proposes_how_to_read_a_published_workbook(name):
    fact = FACTS[name]
    table = next(table for table in fact["tables"] if table["sheet"] == fact["main_sheet"])

    inspection = inspect(FILES / name)

    assert inspection.sheets == tuple(
        Sheet(sheet["name"], sheet["hidden"]) for sheet in fact["sheets"]
    )
    assert inspection.reading == Reading("xlsx", table["header_row"], sheet=fact["main_sheet"])


@pytest.mark.parametrize(
    ("name", "table"), [(name, table) for name in READABLE for table in FACTS[name]["tables"]]
)
def test_stage_keeps_headers_row_count_and_cells_of_a_published_file(name, table, tmp_path):
    reading = _reading(FACTS[name], table)

    staged = stage(FILES / name, reading, tmp_path / "table.parquet")

    assert staged.rows == table["n_rows"]
    assert [_bare(header) for header in staged.headers if not header.startswith("Column ")] == [
        " ".join(header.split()) for header in table["headers"] if header
    ]
    for sample in table["samples"]:
        row, column = _position(sample)
        assert _cell(FILES / name, reading, tmp_path, row, column) == _seen(sample), sample


@pytest.mark.parametrize(("name", "words"), REFUSED.items())
def test_inspect_refuses_with_what_the_file_is(name, words):
    with pytest.raises(UnreadableFile, match=re.escape(words)):
        inspect(FILES / name)


def test_every_file_that_cannot_be_opened_is_refused():
    assert set(REFUSED) == {name for name, fact in FACTS.items() if not fact["opens"]}


def test_the_leap_day_excel_invented_is_no_real_date():
    reading = Reading("xlsx", header_row=1, sheet="for_testing")

    shown = preview(FILES / "readxl__dates-leap-year-1900.xlsx", reading)

    assert [row.cells[0] == row.cells[1] for row in shown[1:]] == [True] * 7
    assert shown[4].cells[0] == "1900-02-29 08:00:00"


def _reading(fact: dict[str, Any], table: dict[str, Any]) -> Reading:
    return Reading(
        fact["kind"],
        table["header_row"],
        sheet=table["sheet"],
        encoding=fact.get("encoding"),
        delimiter=fact.get("delimiter"),
    )


def _position(sample: dict[str, Any]) -> tuple[int, int]:
    if "row" in sample:
        return sample["row"], sample["col"]
    letters, number = re.fullmatch(r"([A-Z]+)(\d+)", sample["ref"]).groups()
    return int(number), sum(
        (ord(letter) - 64) * 26**power for power, letter in enumerate(reversed(letters))
    )


def _seen(sample: dict[str, Any]) -> str:
    if sample.get("type") == "boolean":
        return str(sample["value"]).upper()
    return str(sample["value"])


def _cell(path: Path, reading: Reading, folder: Path, row: int, column: int) -> str:
    """The staged cell, by its column in the file: without names no column gets lost."""
    nameless = folder / "nameless.parquet"
    if not nameless.exists():
        stage(path, Reading(reading.format, None, *_rest(reading)), nameless)
    return rows(nameless, [row]).select(pl.exclude(ROW))[f"Column {column}"].item()


def _rest(reading: Reading) -> tuple[str | None, str | None, str | None]:
    return reading.sheet, reading.encoding, reading.delimiter


def _bare(header: str) -> str:
    return re.sub(r" \(\d\)$", "", header)
