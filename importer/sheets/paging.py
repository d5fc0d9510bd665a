"""Pages of a staged table."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from importer.sheets.table import ROW


def head(table_path: Path, n: int) -> pl.DataFrame:
    """The first `n` rows, with their numbers in `_row`."""
    return page(table_path, 0, n)


def page(table_path: Path, offset: int, n: int) -> pl.DataFrame:
    """`n` rows from the `offset`-th on, counted from 0."""
    return pl.scan_parquet(table_path).slice(offset, n).collect()


def rows(table_path: Path, numbers: Sequence[int]) -> pl.DataFrame:
    """The rows that Excel shows under `numbers`, in the order of the file."""
    return pl.scan_parquet(table_path).filter(pl.col(ROW).is_in(numbers)).collect()
