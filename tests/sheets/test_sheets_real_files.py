"""Published files, read as independent readers say they must be: `files/expected.json`."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from importer.sheets import ROW, Choice, Inspection, Table, UnreadableFile, inspect, stage
from importer.sheets.block import CellKind, Merged
from importer.sheets.guard import DEFAULT_LIMITS
from importer.sheets.sheet_cells import reach
from importer.sheets.source import open_source
from importer.sheets.text.encoding import byte_order_mark
from importer.sheets.text.feed import Feed
from importer.sheets.text.records import Records

FILES = Path(__file__).parent / "files"
FACTS = {
    Path(fact["file"]).name: fact
    for fact in json.loads((FILES / "expected.json").read_text())["files"]
}
OPENS = {name: fact for name, fact in FACTS.items() if fact.get("opens", True)}
TEXTS = [name for name, fact in OPENS.items() if "n_records" in fact]
TABLES = [(name, table) for name, fact in OPENS.items() for table in fact.get("tables", [fact])]
REFUSED = {
    "calamine__pass_protected.xlsx": "protected with a password",
    "calamine__repeat-bomb.ods": "far more",
}

# Where readers disagree, or the facts leave it open: what we show, and why.
CHOSEN = {
    # Excel shows its 29 February 1900, which never was; calamine and openpyxl say the 28th.
    ("readxl__dates-leap-year-1900.xlsx", "A5"): "1900-02-29 08:00:00",
    # Stored as 2, shown as a percentage.
    ("messytables__ods_formats.ods", "F2"): "200%",
}
HEADERS = {  # of several rows: joined from the top down
    "frictionless__multiline-headers.xlsx": [
        "Region",
        "Caloric contribution (%)",
        "Cumulative impact of changes on cost of food basket from previous quarter",
        "Cumulative impact of changes on cost of food basket from baseline (%)",
    ],
}


def _label(value: Any) -> str | None:
    return value if isinstance(value, str) else value.get("sheet")


@pytest.mark.parametrize(("name", "table"), TABLES, ids=_label)
def test_published_file_is_read_as_its_facts_say(name, table, tmp_path):
    fact = FACTS[name]
    sheet = table.get("sheet")
    ours = sheet if sheet != fact.get("main_sheet") else None  # that one must be found
    target = tmp_path / "table.parquet"

    inspection = inspect(FILES / name, Choice(sheet=ours))
    staged = stage(FILES / name, inspection.reading, target)

    assert _told(inspection, staged, target) == _expected(name, fact, table)
    assert _cells(table, staged, target) == {
        _place(sample): _seen(name, sample) for sample in table["samples"]
    }
    if "sheets" in fact:
        assert _kinds(FILES / name, inspection, table) == {
            _place(sample): _kind(name, sample) for sample in table["samples"]
        }
        assert _sheets(FILES / name, inspection) == [
            _sheet(found) for found in fact["sheets"] if found["type"] == "WorkSheet"
        ]


@pytest.mark.parametrize("name", TEXTS)
def test_published_text_has_the_mark_and_the_records_that_its_facts_say(name, tmp_path):
    fact, target = FACTS[name], tmp_path / "table.parquet"
    reading = inspect(FILES / name).reading
    stage(FILES / name, reading, target)
    with (FILES / name).open("rb") as file:
        feed = Feed(file, reading.encoding, 1024**2)
        numbered = dict(Records(feed, reading.delimiter, reading.escape).upto(fact["size"] + 1))

    rows = pl.read_parquet(target, columns=[ROW])[ROW]

    assert {
        "bom": byte_order_mark((FILES / name).read_bytes()),
        "n_records": len(numbered),
        "n_blank_records": sum(not "".join(cells).strip() for cells in numbered.values()),
        "record_widths": Counter(str(len(numbered[row])) for row in rows),
    } == {
        "bom": fact["bom"] and re.sub("[LB]E$", "", fact["bom"]).lower(),
        "n_records": fact["n_records"],
        "n_blank_records": fact["n_blank_records"],
        "record_widths": fact["record_widths"],
    }


@pytest.mark.parametrize(("name", "words"), REFUSED.items())
def test_inspect_refuses_with_what_the_file_is(name, words):
    with pytest.raises(UnreadableFile, match=re.escape(words)):
        inspect(FILES / name)


def test_every_file_is_either_read_or_refused():
    assert OPENS.keys() | REFUSED.keys() == FACTS.keys()
    assert {path.name for path in FILES.iterdir()} - FACTS.keys() == {
        "LICENSES.txt",
        "expected.json",
    }


def _told(inspection: Inspection, staged: Table, target: Path) -> dict[str, Any]:
    reading = inspection.reading
    last = pl.read_parquet(target, columns=[ROW])[ROW].max() or 0
    header_end = reading.header_row + reading.header_rows - 1 if reading.header_row else 0
    return {
        "format": reading.format,
        "encoding": reading.encoding,
        "delimiter": reading.delimiter,
        "sheet": reading.sheet,
        "header_row": reading.header_row,
        "header_rows": reading.header_rows,
        "headers": [
            re.sub(r" \(\d\)$", "", header)
            for header in staged.headers
            if not header.startswith("Column ")
        ],
        "n_cols": staged.width,
        "n_cols_used": len(staged.columns),
        "n_rows": staged.rows,
        "n_blank_rows_inside": max(last - header_end - staged.rows, 0),
        "n_footer_rows": len(staged.footer.rows) if staged.footer else 0,
    }


def _expected(name: str, fact: dict[str, Any], table: dict[str, Any]) -> dict[str, Any]:
    headers = HEADERS.get(name, table["headers"])
    same = ("header_row", "header_rows", "n_cols", "n_cols_used", "n_rows")
    same += ("n_blank_rows_inside", "n_footer_rows")
    return {
        "format": Path(name).suffix.removeprefix("."),
        "encoding": fact.get("encoding"),
        "delimiter": fact.get("delimiter"),
        "sheet": table.get("sheet"),
        "headers": [" ".join(header.split()) for header in headers if header],
    } | {key: table[key] for key in same}


def _cells(table: dict[str, Any], staged: Table, target: Path) -> dict[str, str]:
    """The staged cells at the places of the samples."""
    frame = pl.read_parquet(target)
    names = {column.position: column.header for column in staged.columns}
    cells = {}
    for sample in table["samples"]:
        row, column = _row_and_column(sample)
        cells[_place(sample)] = frame.filter(pl.col(ROW) == row)[names[column]].item()
    return cells


def _place(sample: dict[str, Any]) -> str:
    return sample.get("ref") or f"r{sample['record']}c{sample['col']}"


def _row_and_column(sample: dict[str, Any]) -> tuple[int, int]:
    if "record" in sample:
        return sample["record"], sample["col"]
    return _numbered(sample["ref"])


def _numbered(reference: str) -> tuple[int, int]:
    """The row and the column of "B3", from 1."""
    letters, number = re.fullmatch(r"([A-Z]+)(\d+)", reference).groups()
    return int(number), sum(
        (ord(letter) - 64) * 26**power for power, letter in enumerate(reversed(letters))
    )


def _seen(name: str, sample: dict[str, Any]) -> str:
    """A sample as its owner sees it."""
    if (name, _place(sample)) in CHOSEN:
        return CHOSEN[name, _place(sample)]
    match sample.get("type"):
        case "boolean":
            return str(sample["value"]).upper()
        case "duration":
            seconds = int(sample["value"].removeprefix("PT").removesuffix("S"))
            return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return str(sample["value"])


def _kinds(path: Path, inspection: Inspection, table: dict[str, Any]) -> dict[str, CellKind]:
    """What the cells at the places of the samples are."""
    with open_source(path, inspection.reading, DEFAULT_LIMITS) as source:
        rows = {
            number: kinds
            for block in source.blocks(inspection.reading.sheet)
            for number, kinds in zip(block.numbers, block.kinds.iter_rows(), strict=True)
        }
    places = {_place(sample): _row_and_column(sample) for sample in table["samples"]}
    return {place: CellKind(rows[row][column - 1]) for place, (row, column) in places.items()}


def _kind(name: str, sample: dict[str, Any]) -> CellKind:
    if CHOSEN.get((name, _place(sample)), "").endswith("%"):
        return CellKind.PERCENT
    return CellKind[sample["type"].upper().replace("DATETIME", "DATE")]


def _sheets(path: Path, inspection: Inspection) -> list[tuple[str, bool, int, int, set[Merged]]]:
    """Every sheet: name, whether it is hidden, its last row and column, what is merged."""
    with open_source(path, inspection.reading, DEFAULT_LIMITS) as source:
        reaches = [reach(source, sheet.name) for sheet in source.sheets]
        merged = [set(source.merged(sheet.name)) for sheet in source.sheets]
    return [
        (sheet.name, sheet.hidden, found.rows, found.columns, ranges)
        for sheet, found, ranges in zip(inspection.sheets, reaches, merged, strict=True)
    ]


def _sheet(found: dict[str, Any]) -> tuple[str, bool, int, int, set[Merged]]:
    merged = set()
    for reference in found["merged"]:
        (top, left), (bottom, right) = map(_numbered, reference.split(":"))
        merged.add(Merged(top, left, bottom, right))
    hidden = found["visibility"] != "Visible"
    return found["name"], hidden, found["used_rows"], found["used_cols"], merged
