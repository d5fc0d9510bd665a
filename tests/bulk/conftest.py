"""A module, checked rows and results as Zoho writes them."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from importer.crm.schema import Field, Module
from tests.warm_readers import warm_readers

__all__ = ["warm_readers"]


@pytest.fixture
def module() -> Module:
    return Module(
        "Leads",
        "Leads",
        "Lead",
        (
            Field("Email", "E-mail", "email", unique=True),
            Field("Last_Name", "Last Name", "text", length=80, required=True),
            Field("Birth", "Birthday", "date"),
            Field("Seen", "Last seen", "datetime"),
            Field("Note", "Note", "textarea"),
        ),
    )


@pytest.fixture
def checked(tmp_path: Path) -> Callable[..., Path]:
    """Writes checked rows; they are numbered from 2 unless `rows` says otherwise."""

    def write(rows: list[int] | None = None, **values: list[str | None]) -> Path:
        frame = pl.DataFrame(values, schema=dict.fromkeys(values, pl.String))
        numbers = rows or list(range(2, frame.height + 2))
        path = tmp_path / "checked.parquet"
        frame.insert_column(0, pl.Series("_row", numbers, pl.Int64)).write_parquet(path)
        return path

    return write


@pytest.fixture
def result(tmp_path: Path) -> Callable[..., Path]:
    """Writes a result ZIP of one CSV with this text."""

    def write(csv: str, name: str = "Leads-leads.csv", copies: int = 1) -> Path:
        path = tmp_path / "result.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for copy in range(copies):
                archive.writestr(f"{copy or ''}{name}", csv)
        return path

    return write


def unpacked(archive: Path) -> str:
    """The text of the only file in `archive`."""
    with zipfile.ZipFile(archive) as opened:
        (name,) = opened.namelist()
        return opened.read(name).decode()


@pytest.fixture
def answer() -> Callable[..., str]:
    """The result CSV for a packed archive; `verdict` gives STATUS, RECORD_ID, ERRORS of a line."""

    def write(archive: Path, verdict: Callable[[dict[str, Any]], tuple[str, str, str]]) -> str:
        sent = pl.read_csv(io.StringIO(unpacked(archive)), infer_schema=False)
        verdicts = [verdict(line) for line in sent.iter_rows(named=True)]
        columns = {
            name: [v[place] for v in verdicts]
            for place, name in enumerate(("STATUS", "RECORD_ID", "ERRORS"))
        }
        return sent.select(sent.columns[:3]).hstack(pl.DataFrame(columns)).write_csv()

    return write
