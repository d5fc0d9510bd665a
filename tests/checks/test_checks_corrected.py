"""The check of some rows of a file that was checked before: what the others of it still decide."""

import polars as pl
import pytest

from importer.checks import check
from importer.crm.schema import Field, Module, Operation
from importer.mapping import ColumnMapping, Mapping

LEADS = Module(
    "Leads",
    "Leads",
    "Lead",
    (
        Field("Last_Name", "Last Name", "text", length=80, required=True),
        Field("Email", "Email", "email", length=100, unique=True),
        Field("Start", "Start", "date"),
        Field("Revenue", "Revenue", "currency", length=16, decimal_places=2),
    ),
)


@pytest.fixture
def recheck(tmp_path):
    """Checks one corrected row, number 5; gives its checked values and the codes of problems."""

    def table(name, rows):
        path = tmp_path / name
        columns = {key: pl.Int64 if key == "_row" else pl.String for key in rows}
        pl.DataFrame(rows, schema=columns).write_parquet(path)
        return path

    def check_row(mapping, row, whole=None, taken=None):
        checked, problems = tmp_path / "checked", tmp_path / "problems"
        check(
            table("rows", {"_row": [5]} | {name: [text] for name, text in row.items()}),
            mapping,
            LEADS,
            Operation.UPSERT,
            "Email",
            "UTC",
            checked,
            problems,
            whole=table("whole", whole) if whole else None,
            taken=table("taken", taken) if taken else None,
        )
        found = pl.read_parquet(problems).select("row", "code", "suggestion").rows()
        return pl.read_parquet(checked).rows(named=True), found

    return check_row


def mapped(field="Start", **options):
    return Mapping((ColumnMapping("mail", "Email"), ColumnMapping("c", field)), **options)


@pytest.mark.parametrize(
    ("field", "text", "others", "value"),
    [
        ("Start", "03/04/2025", ["25/12/2024", "03/04/2025"], "2025-04-03"),
        ("Start", "03/04/2025", ["12/25/2024", "03/04/2025"], "2025-03-04"),
        ("Revenue", "1.234", ["1.234,50", "1.234"], "1234"),
    ],
)
def test_corrected_rows_are_read_as_the_whole_column_is_written(
    recheck, field, text, others, value
):
    columns = mapped(field), {"mail": "a@b.co", "c": text}

    [checked], problems = recheck(*columns, whole={"_row": [2, 3], "c": others})

    assert (checked[field], problems) == (value, [])
    assert recheck(*columns)[1] == [(5, "two_readings", None)]


@pytest.mark.parametrize(
    ("repeats", "taken", "is_held"),
    [
        ("hold", 2, True),
        ("hold", 9, True),
        ("first", 2, True),
        ("first", 9, False),
        ("last", 2, False),
        ("last", 9, True),
    ],
)
def test_rows_that_are_in_count_among_those_that_share_a_match_value(
    recheck, repeats, taken, is_held
):
    checked, problems = recheck(
        mapped(repeats=repeats),
        {"mail": "a@b.co", "c": None},
        taken={"_row": [taken, 20], "mail": ["A@b.co", "x@y.zz"]},
    )

    named = " and ".join(map(str, sorted([taken, 5])))
    assert problems == ([(5, "key_repeated", named)] if is_held else [])
    assert len(checked) == (not is_held)
