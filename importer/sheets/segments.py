"""The Parquet file of a table whose width shows only while it is written.

A file may turn out wider than its header after many rows are written: then a further segment
with more columns is begun, and all segments are joined at the end.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
from polars.io.plugins import register_io_source

from importer.sheets.table import ROW

ROWS_PER_GROUP = 25_000  # of one part, so that packing reads whole row groups


class Segments:
    """The files, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths: list[Path] = []
        self._names: list[str] = [ROW]  # of the last segment

    def write(self, frames: Iterator[pl.DataFrame]) -> None:
        """Row numbers and text columns; encoding goes on while the next frame is read."""
        frame = next(frames, None)
        while frame is not None:
            frame = self._write_segment(frame, frames)

    def finish(self, target: Path, names: list[str]) -> None:
        """Put all that was written at `target`, with just the columns called `names`."""
        if len(self._paths) != 1 or self._names != [ROW, *names]:
            self._join(names)
        self._paths[-1].replace(target)

    def _write_segment(
        self, first: pl.DataFrame, frames: Iterator[pl.DataFrame]
    ) -> pl.DataFrame | None:
        """One file of the frames that are no wider than `first`; the one that is."""
        wider: list[pl.DataFrame] = []

        def rows(*_: Any) -> Iterator[pl.DataFrame]:
            yield first
            for frame in frames:
                if frame.width > first.width:
                    wider.append(frame)
                    return
                yield _fitted(frame, first.columns)

        self._names = first.columns
        self._sink(register_io_source(rows, schema=first.schema))
        return wider[0] if wider else None

    def _join(self, names: list[str]) -> None:
        empty = pl.LazyFrame(schema={ROW: pl.Int64} | dict.fromkeys(names, pl.String))
        segments = map(pl.scan_parquet, self._paths)
        self._sink(pl.concat([empty, *segments], how="diagonal").select(ROW, *names))

    def _sink(self, rows: pl.LazyFrame) -> None:
        path = self._folder / f"{len(self._paths)}.parquet"
        rows.sink_parquet(
            path,
            compression="zstd",
            compression_level=1,
            statistics=False,
            row_group_size=ROWS_PER_GROUP,
        )
        self._paths.append(path)


def _fitted(frame: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """`frame` with all the columns called `names`, null where it has none."""
    missing = [pl.lit(None, pl.String).alias(name) for name in names[frame.width :]]
    return frame.with_columns(missing) if missing else frame
