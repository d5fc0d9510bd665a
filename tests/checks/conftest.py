"""One field checked alone: texts in, values and codes out."""

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import pytest

from importer.checks.fillings import decide, fillings, judged
from importer.crm.schema import Field, Module, Operation
from importer.mapping import ColumnMapping, Mapping

Verdicts = list[tuple[str | None, str | None]]


@pytest.fixture
def stage(tmp_path: Path) -> Callable[..., Path]:
    """Writes a table as the reader stages it; rows are numbered from 2."""

    def write(**columns: Sequence[str | None]) -> Path:
        frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
        table = tmp_path / "table.parquet"
        rows = pl.int_range(2, frame.height + 2, dtype=pl.Int64).alias("_row")
        frame.select(rows, pl.all()).write_parquet(table, row_group_size=25_000)
        return table

    return write


@pytest.fixture
def judge(stage: Callable[..., Path]) -> Callable[..., Verdicts]:
    """Each text's value, and its problem's code if there is one."""

    def run(field: Field, *texts: str | None, time_zone: str = "UTC", **answers) -> Verdicts:
        table = stage(c=texts)
        mapping = Mapping((ColumnMapping("c", field.api_name, **answers),))
        module = Module("M", "Records", "Record", (field,))
        (filling,) = fillings(mapping, module, Operation.INSERT, None)
        frame = judged(pl.scan_parquet(table), filling, decide(table, filling), time_zone)
        return frame.select("value", pl.coalesce("error", "warning")).collect().rows()

    return run
