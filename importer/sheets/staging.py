"""A source file is read once, from top to end, into the Parquet file of its table."""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from importer.sheets import archives, source
from importer.sheets.ahead import ahead
from importer.sheets.column_letters import column_letters
from importer.sheets.data_rows import DataRows
from importer.sheets.guard import DEFAULT_LIMITS, Limits
from importer.sheets.layout import headers
from importer.sheets.layout.headers import ColumnNames
from importer.sheets.profile import Profiler
from importer.sheets.raggedness import Raggedness
from importer.sheets.segments import Segments
from importer.sheets.table import ROW, ColumnProfile, Reading, Table

Told = Callable[[int], None]  # how many rows are staged so far


def stage(
    path: Path,
    reading: Reading,
    target: Path,
    *,
    limits: Limits = DEFAULT_LIMITS,
    tell: Told = lambda _: None,
) -> Table:
    """Read the chosen sheet into `target`, in memory bounded by a few row groups.

    `target` appears only when it is whole. Raises `UnreadableFile` for a file that turns out to
    be broken, or wider or larger than `limits` allow.
    """
    with (
        archives.unpacked(path, limits) as file,
        source.open_source(file.path, reading, file.limits) as opened,
        TemporaryDirectory(dir=target.parent, prefix=".staging-") as folder,
    ):
        rows = DataRows(ahead(source.blocks(opened, reading.sheet, limits)), reading)
        merged = opened.merged(reading.sheet) if reading.header_rows > 1 else ()
        staging = _Staging(headers.joined(rows.header, merged), rows, tell)
        segments = Segments(Path(folder))
        segments.write(staging.frames())
        table = staging.table()
        segments.finish(target, list(table.headers))
    return table


class _Staging:
    """What is learnt of the table while its rows pass."""

    def __init__(self, header: list[str], rows: DataRows, tell: Told) -> None:
        header += [""] * (rows.header_width - len(header))
        self._rows = rows
        self._tell = tell
        self._counted = 0
        self._columns = ColumnNames(header)
        self._named = len(header)
        self._profiler = Profiler()
        self._raggedness = Raggedness(len(header) or None)

    def frames(self) -> Iterator[pl.DataFrame]:
        """The rows as they are written, counted and measured as they pass."""
        for block in self._rows:
            self._columns.grow(block.cells.width)
            self._profiler.add(block)
            self._raggedness.add(block)
            self._counted += len(block)
            self._tell(self._counted)
            names = dict(zip(block.cells.columns, self._columns.names, strict=False))
            yield block.cells.rename(names).insert_column(0, block.numbers.alias(ROW))
        self._profiler.settle()

    def table(self) -> Table:
        """What there is to know when all rows have passed; empty unnamed columns are dropped."""
        columns = self._profiles()
        return Table(
            columns=tuple(columns),
            rows=self._counted,
            width=self._width(columns),
            warnings=(
                *self._columns.warnings,
                *self._unnamed(columns),
                *self._raggedness.warnings(self._columns.names),
                *_damage(columns),
            ),
            footer=self._rows.footer,
        )

    def _profiles(self) -> list[ColumnProfile]:
        """Of the columns that have a name or a value."""
        return [
            self._profiler.profile(place, name)
            for place, name in enumerate(self._columns.names)
            if self._profiler.filled(place) or not self._columns.is_unnamed(place)
        ]

    def _width(self, columns: list[ColumnProfile]) -> int:
        """Columns of the table in the file: in a text file, all that the header names or not."""
        last = max((column.position for column in columns), default=0)
        return self._rows.header_width or last

    def _unnamed(self, columns: list[ColumnProfile]) -> list[str]:
        """What to say of filled columns that the header has no name for."""
        return [
            f"Column {column_letters(column.position)} has no name in the header row,"
            f" so it is called “{column.header}” here."
            for column in columns
            if column.position <= self._named and self._columns.is_unnamed(column.position - 1)
        ]


def _damage(columns: list[ColumnProfile]) -> list[str]:
    """What to say of numbers that Excel has rounded."""
    return [
        f"{column.damaged:,} numbers in “{column.header}” have more than 15 digits. Excel has"
        " rounded them and the other digits are gone. Export again with this column as text."
        for column in columns
        if column.damaged
    ]
