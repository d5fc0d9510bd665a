"""From a staged table to the report, through every pure step."""

import openpyxl
import polars as pl
import pytest

from importer.bulk import (
    Balance,
    cut,
    pack,
    reconcile,
    write_ledger,
    write_outcomes_csv,
    write_problems_xlsx,
)
from importer.checks import ask, check
from importer.crm.schema import Operation
from importer.mapping import ColumnMapping, Mapping, fitting

MAPPING = Mapping(
    (
        ColumnMapping("Name", "Last_Name"),
        ColumnMapping("Mail", "Email"),
        ColumnMapping("Born", "Birth", date_order="dmy"),
    )
)


@pytest.fixture
def journey(tmp_path, module, result, answer):
    """Checks, sends and reconciles a table; gives the balance. `verdict` plays Zoho."""

    def run(columns, verdict):
        table, problems = tmp_path / "table.parquet", tmp_path / "problems.parquet"
        checked, ledger = tmp_path / "checked.parquet", tmp_path / "ledger.parquet"
        frame = pl.DataFrame(columns)
        rows = pl.int_range(2, frame.height + 2, dtype=pl.Int64).alias("_row")
        frame.select(rows, pl.all()).write_parquet(table, row_group_size=25_000)
        upsert = Operation.UPSERT, "Email"
        check(table, MAPPING, module, *upsert, "UTC", checked, problems)
        parts = []
        for number, piece in enumerate(cut(checked)):
            pack(checked, piece, module, tmp_path / "part.zip", "leads.csv")
            answers = result(answer(tmp_path / "part.zip", verdict))
            parts.append(tmp_path / f"part-{number}.parquet")
            found = reconcile(checked, piece, module, answers, *upsert)
            found.ledger.write_parquet(parts[-1])
        return write_ledger(table, parts, problems, ledger), table, ledger, problems

    return run


def test_journey_ends_in_a_report_that_tells_each_row(journey, module, tmp_path):
    columns = {
        "Name": ["Rao", "Lee", None, "Diaz", "Xu"],
        "Mail": ["rao@x.co", "lee@x.co", "c@x.co", "nobody", "xu@x.co"],
        "Born": ["03/04/1990", None, "01/02/1991", None, "05/06/1992"],
    }
    assert fitting(MAPPING, list(columns), module, Operation.UPSERT, "Email") == ()

    def verdict(line):
        if line["Email"] == "lee@x.co":
            return "SKIPPED", "", "BLOCKED_RECORD"
        return ("ADDED" if line["Birth"] == "04/03/1990" else "UPDATED"), "5725767000001", ""

    balance, table, *books = journey(columns, verdict)
    write_problems_xlsx(table, *books, module, MAPPING, tmp_path / "problems.xlsx")
    write_outcomes_csv(table, *books, module, MAPPING, tmp_path / "outcomes.csv")

    assert [q.kind for q in ask(table, MAPPING, module, Operation.UPSERT, "Email")] == [
        "date_order"
    ]
    assert balance == Balance(5, created=1, updated=1, failed=1, held_back=2)
    assert balance.adds_up
    sheet = openpyxl.load_workbook(tmp_path / "problems.xlsx")["Problems"]
    header, *lines = list(sheet.iter_rows(values_only=True))
    told = [dict(zip(header, line, strict=True)) for line in lines]
    names = ("Row", "Outcome", "Column", "Name", "Mail", "Born")
    assert [tuple(line[name] for name in names) for line in told] == [
        ("3", "Failed", None, "Lee", "lee@x.co", None),
        ("4", "Held back", "Name", None, "c@x.co", "01/02/1991"),
        ("5", "Held back", "Mail", "Diaz", "nobody", None),
    ]
    assert told[0]["Reason"].startswith("The record is locked in Zoho.")
    outcomes = (tmp_path / "outcomes.csv").read_text("utf-8-sig").splitlines()
    assert outcomes[1] == "2,Created,5725767000001,"


def test_journey_of_60000_rows_goes_in_parts_and_adds_up(journey):
    rows = range(60_000)
    columns = {
        "Name": [f"Name {n}" for n in rows],
        "Mail": [f"{n}@x.co" if n % 10 else f"{n}" for n in rows],
        "Born": ["31/12/1999"] * len(rows),
    }

    def verdict(line):
        fails = line["Email"].startswith("7")
        return ("SKIPPED", "", "INVALID_DATA-Email") if fails else ("ADDED", "57", "")

    balance, *_ = journey(columns, verdict)

    failed = sum(1 for n in rows if n % 10 and str(n).startswith("7"))
    assert balance == Balance(60_000, created=54_000 - failed, failed=failed, held_back=6_000)
    assert balance.adds_up
