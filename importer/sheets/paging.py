"""Pages of a staged table."""

from pathlib import Path

import polars as pl


def head(table_path: Path, n: int) -> pl.DataFrame:
    """The first `n` rows, with their numbers in `_row`."""
    return page(table_path, 0, n)


def page(table_path: Path, offset: int, n: int) -> pl.DataFrame:
    """`n` rows from the `offset`-th on, counted from 0."""
    return pl.scan_parquet(table_path).slice(offset, n).collect()
