"""Checked rows become parts: where to cut, and the archive that the CRM takes."""

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import polars as pl

from importer.bulk.arranging import Group
from importer.checks.storage import chunks, replacing, row_count
from importer.crm.schema import Field, Module
from importer.sheets.table import ROW

# Zoho takes 25,000 rows and 25 MB (zoho-crm-api, "Limits"); the CSV itself stays below that.
MAX_ROWS = 25_000
MAX_BYTES = 24_000_000
_CELL_OVERHEAD_BYTES = 3  # the separator and two quotes
_FORMATS = {"date": "MM/dd/yyyy", "datetime": "MM/dd/yyyy HH:mm:ss"}
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same rows make the same bytes


@dataclass(frozen=True, slots=True)
class Slice:
    """A stretch of a file of rows to send, in its order."""

    offset: int  # of its first row in the file, from 0
    rows: int
    first_row: int  # as Excel numbers them
    last_row: int
    left_out: tuple[str, ...] = ()  # API names of the fields that are not sent for these rows
    clears: bool = False  # a blank cell erases the CRM's value


@dataclass(frozen=True, slots=True)
class PackedField:
    """One column of a packed CSV."""

    api_name: str
    format: str | None  # of dates and date-times, in Zoho's letters


@dataclass(frozen=True, slots=True)
class Packed:
    """An archive ready to upload; `fields` in the order of the CSV's columns."""

    fields: tuple[PackedField, ...]
    zip_bytes: int


def cut(
    rows: Path,
    max_rows: int = MAX_ROWS,
    max_bytes: int = MAX_BYTES,
    *,
    groups: Sequence[Group] | None = None,
) -> list[Slice]:
    """Cut the `rows` into slices of at most `max_rows` rows and `max_bytes` of CSV.

    A row that is larger than `max_bytes` by itself gets a slice of its own. No slice spans two
    of the `groups` that `arrange` gave; `ValueError` if they are not of these rows.
    """
    total = row_count(rows)
    groups = [Group(total)] if groups is None else groups
    if sum(group.rows for group in groups) != total:
        raise ValueError(f"The groups are not of the {total} rows.")
    slices: list[Slice] = []
    offset = 0
    sizes = _sizes(rows)
    for group in groups:
        for numbers in _stretches(islice(sizes, group.rows), max_rows, max_bytes):
            first, last = numbers[0], numbers[-1]
            slices.append(Slice(offset, len(numbers), first, last, group.left_out, group.clears))
            offset += len(numbers)
    return slices


def pack(checked: Path, piece: Slice, module: Module, target: Path, csv_name: str) -> Packed:
    """Write the rows of `piece` to `target`: a ZIP with one CSV, headed by API names.

    The same rows make the same bytes.
    """
    frame = sent(checked, piece, module)
    csv = io.BytesIO()
    frame.write_csv(csv, line_terminator="\n")
    entry = zipfile.ZipInfo(csv_name, _EPOCH)
    with replacing(target) as draft:
        with zipfile.ZipFile(draft, "w") as archive:
            archive.writestr(entry, csv.getbuffer(), zipfile.ZIP_DEFLATED, compresslevel=2)
        zip_bytes = draft.stat().st_size
    formats = {field.api_name: _FORMATS.get(field.data_type) for field in module.fields}
    fields = tuple(PackedField(name, formats[name]) for name in frame.columns)
    return Packed(fields, zip_bytes)


def sent(checked: Path, piece: Slice, module: Module) -> pl.DataFrame:
    """The values of `piece` as the CSV writes them."""
    return rows_of(checked, piece).select(
        # Months first: what Zoho takes where no format is stated, too.
        pl.col(f.api_name).str.replace(r"^(\d{4})-(\d{2})-(\d{2})", "${2}/${3}/${1}")
        if f.data_type in _FORMATS
        else pl.col(f.api_name)
        for f in _fields(checked, module)
        if f.api_name not in piece.left_out
    )


def rows_of(checked: Path, piece: Slice) -> pl.DataFrame:
    """The checked rows of `piece`, with their numbers."""
    return pl.scan_parquet(checked).slice(piece.offset, piece.rows).collect()


def _fields(checked: Path, module: Module) -> Iterator[Field]:
    names = pl.read_parquet_schema(checked)
    return (module.field(name) for name in names if name != ROW)


def _stretches(
    sizes: Iterable[tuple[int, int]], max_rows: int, max_bytes: int
) -> Iterator[list[int]]:
    """The row numbers of each slice."""
    rows: list[int] = []
    total = 0
    for row, row_bytes in sizes:
        if rows and (len(rows) == max_rows or total + row_bytes > max_bytes):
            yield rows
            rows, total = [], 0
        rows.append(row)
        total += row_bytes
    if rows:
        yield rows


def _sizes(checked: Path) -> Iterator[tuple[int, int]]:
    """Each checked row's number and about how many bytes its line of CSV takes."""
    for chunk in chunks(checked):
        cells = [name for name in chunk.columns if name != ROW]
        lengths = pl.sum_horizontal(pl.col(cells).str.len_bytes().fill_null(0))
        yield from chunk.select(ROW, lengths + len(cells) * _CELL_OVERHEAD_BYTES).iter_rows()
