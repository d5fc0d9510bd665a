"""How frames lie in files: read a stretch at a time, written whole or not at all."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

CHUNK_ROWS = 25_000

Schema = dict[str, type[pl.DataType]]


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A path beside `target` to write to; it becomes `target` when the block ends well."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".", delete=False) as file:
        draft = Path(file.name)
    try:
        yield draft
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def chunks(source: Path, columns: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
    """The rows of a Parquet file in file order, 25,000 at a time; of `columns` only, if given."""
    frame = pl.scan_parquet(source)
    if columns is not None:
        frame = frame.select(columns)
    for offset in range(0, row_count(source), CHUNK_ROWS):
        yield frame.slice(offset, CHUNK_ROWS).collect()


def row_count(source: Path) -> int:
    """The rows of a Parquet file, as its footer tells."""
    return int(pq.read_metadata(source).num_rows)


class ParquetFile:
    """A Parquet file that grows by frames of one schema; it exists once the block ends well."""

    def __init__(self, target: Path, schema: Schema) -> None:
        self._empty = pl.DataFrame(schema=schema)
        self._replacing = replacing(target)

    def __enter__(self) -> Self:
        draft = self._replacing.__enter__()
        self._writer = pq.ParquetWriter(draft, self._arrow(self._empty).schema, compression="zstd")
        return self

    def write(self, frame: pl.DataFrame) -> None:
        rows = frame.select(self._empty.columns)
        if rows.height:
            self._writer.write_table(self._arrow(rows), row_group_size=CHUNK_ROWS)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writer.close()
        self._replacing.__exit__(kind, error, trace)

    @staticmethod
    def _arrow(frame: pl.DataFrame) -> pa.Table:
        return frame.to_arrow(compat_level=pl.CompatLevel.oldest())
