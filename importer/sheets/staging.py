"""A source file is read once, from top to end, into the Parquet file of its table."""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl.utils import get_column_letter

from importer.sheets import source
from importer.sheets.guard import DEFAULT_LIMITS, Limits
from importer.sheets.headers import ColumnNames
from importer.sheets.profile import ColumnTally
from importer.sheets.table import ROW, NumberedRow, Reading, Table, UnreadableFile

ROWS_PER_GROUP = 25_000  # of one part, so that packing reads whole row groups
_ROWS_NAMED = 5  # in a warning


def stage(path: Path, reading: Reading, target: Path, *, limits: Limits = DEFAULT_LIMITS) -> Table:
    """Read the chosen sheet into `target`, in memory bounded by one row group.

    `target` appears only when it is whole. Raises `UnreadableFile` for a file that turns out to
    be broken, or wider or larger than `limits` allow.
    """
    rows = source.rows(path, reading, limits)
    header, first = _header(rows, reading.header_row)
    with TemporaryDirectory(dir=target.parent, prefix=".staging-") as folder:
        staging = _Staging(ColumnNames(header), Path(folder), expect_names=bool(header))
        for number, cells in first:
            staging.add(number, cells)
        for number, cells in rows:
            staging.add(number, cells)
        return staging.finish(target)


def _header(
    rows: Iterator[NumberedRow], header_row: int | None
) -> tuple[list[str], list[NumberedRow]]:
    """The header's cells, and the row that was read on the way if it is one of data."""
    if header_row is None:
        return [], []
    for number, cells in rows:
        if number == header_row:
            return cells, []
        if number > header_row:
            return [], [(number, cells)]
    raise UnreadableFile(f"The file ends before row {header_row}. Choose a header row further up.")


class _Staging:
    """The table being written.

    A file may turn out wider than its header after many rows are written: then a further segment
    with more columns is begun, and all segments are joined at the end.
    """

    def __init__(self, columns: ColumnNames, folder: Path, *, expect_names: bool) -> None:
        self._columns = columns
        self._folder = folder
        self._named_width = len(columns.names) if expect_names else None
        self._tallies: list[ColumnTally] = []
        self._numbers: list[int] = []
        self._batch: list[list[str]] = []
        self._overlong: list[int] = []  # the first rows with cells beyond the header
        self._overlong_count = 0
        self._rows = 0
        self._segments: list[Path] = []
        self._writer: pq.ParquetWriter | None = None

    def add(self, number: int, cells: list[str]) -> None:
        """Take in a row; a batch is written when it is full."""
        while cells and not cells[-1].strip():
            cells.pop()
        if self._named_width is not None and len(cells) > self._named_width:
            self._overlong_count += 1
            if len(self._overlong) < _ROWS_NAMED:
                self._overlong.append(number)
        self._numbers.append(number)
        self._batch.append(cells)
        if len(self._batch) == ROWS_PER_GROUP:
            self._write_batch()

    def finish(self, target: Path) -> Table:
        """Write what is left, drop the columns that are nothing, and put the file in place."""
        if self._batch or self._writer is None:
            self._write_batch()
        if self._writer is not None:
            self._writer.close()
        kept = [
            (name, tally)
            for position, (name, tally) in enumerate(
                zip(self._columns.names, self._tallies, strict=True)
            )
            if tally.filled or not self._columns.is_unnamed(position)
        ]
        names = [name for name, _ in kept]
        whole = len(self._segments) == 1 and names == self._columns.names
        (self._segments[0] if whole else self._join(names)).replace(target)
        return Table(
            columns=tuple(tally.profile(name) for name, tally in kept),
            rows=self._rows,
            warnings=(*self._columns.warnings, *self._width_warnings()),
        )

    def _write_batch(self) -> None:
        columns = list(zip_longest(*self._batch, fillvalue=""))
        self._widen(len(columns))
        blank = ("",) * len(self._batch)
        columns += [blank] * (len(self._columns.names) - len(columns))
        names = self._columns.names
        frame = pl.DataFrame(
            dict(zip(names, columns, strict=True)), schema=dict.fromkeys(names, pl.String)
        ).with_columns(pl.when(pl.all().str.strip_chars() != "").then(pl.all()))
        for tally, values in zip(self._tallies, frame, strict=True):
            tally.add(values)
        numbers = pl.Series(ROW, self._numbers, dtype=pl.Int64)
        self._write(frame.insert_column(0, numbers))
        self._rows += len(self._batch)
        self._numbers, self._batch = [], []

    def _widen(self, width: int) -> None:
        """Make room for `width` columns: in a new segment, if one is open."""
        self._columns.grow(width)
        missing = len(self._columns.names) - len(self._tallies)
        self._tallies += [ColumnTally() for _ in range(missing)]
        if missing and self._writer is not None:
            self._writer.close()
            self._writer = None

    def _write(self, frame: pl.DataFrame) -> None:
        schema = _schema(frame.columns[1:])
        if self._writer is None:
            self._segments.append(self._folder / f"{len(self._segments)}.parquet")
            self._writer = _writer(self._segments[-1], schema)
        self._writer.write_table(frame.to_arrow().cast(schema), row_group_size=ROWS_PER_GROUP)

    def _join(self, names: list[str]) -> Path:
        """One file of all segments, group by group, with the columns called `names`."""
        joined = self._folder / "joined.parquet"
        schema = _schema(names)
        with _writer(joined, schema) as writer:
            for path in self._segments:
                with pq.ParquetFile(path) as segment:
                    for index in range(segment.num_row_groups):
                        group = segment.read_row_group(index)
                        writer.write_table(_fitted(group, schema), row_group_size=ROWS_PER_GROUP)
        return joined

    def _width_warnings(self) -> list[str]:
        """What to say of filled columns that the header does not name."""
        if self._named_width is None:
            return []
        warnings = [
            f"Column {get_column_letter(position + 1)} has no name in the header row,"
            f" so it is called “{name}” here."
            for position, name in enumerate(self._columns.names[: self._named_width])
            if self._columns.is_unnamed(position) and self._tallies[position].filled
        ]
        if self._overlong:
            listed = ", ".join(f"{number:,}" for number in self._overlong)
            more = self._overlong_count - len(self._overlong)
            others = f" and {more:,} more" if more else ""
            extra = ", ".join(f"“{name}”" for name in self._columns.names[self._named_width :][:5])
            warnings.append(
                f"Some rows have more cells than the header row: {listed}{others}."
                f" The cells beyond it are kept in {extra}."
            )
        return warnings


def _schema(names: list[str]) -> pa.Schema:
    types: dict[str, pa.DataType] = {ROW: pa.int64()}
    return pa.schema(types | dict.fromkeys(names, pa.string()))


def _writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    return pq.ParquetWriter(path, schema, compression="zstd", compression_level=1)


def _fitted(group: pa.Table, schema: pa.Schema) -> pa.Table:
    """`group` with just the columns of `schema`, null where it has none."""
    return pa.table(
        [
            group[name] if name in group.column_names else pa.nulls(len(group), pa.string())
            for name in schema.names
        ],
        schema=schema,
    )
