"""What a source file may cost: measured before it is opened, and while it is read."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile, ZipFile, ZipInfo

from importer.sheets.table import NumberedRow, UnreadableFile

DAMAGED_WORKBOOK = (
    "This workbook is damaged or was only partly uploaded."
    " Open it in Excel, save it again and upload the new file."
)
MB = 1024**2
_RATIO_MATTERS_FROM = 50 * MB  # small archives of blank cells compress very well and do no harm


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one source file may hold. Real workbooks inflate to 5 to 15 times their size."""

    file_bytes: int = 250 * MB
    unzipped_bytes: int = 4096 * MB
    ratio: int = 200  # unzipped over zipped, for archives of 50 MB unzipped and more
    parts: int = 5_000  # files inside a workbook
    columns: int = 500
    cells: int = 100_000_000  # that hold anything


DEFAULT_LIMITS = Limits()


def measure_file(path: Path, limits: Limits) -> None:
    """Raise `UnreadableFile` for a file over the size limit."""
    if path.stat().st_size > limits.file_bytes:
        raise UnreadableFile(
            f"This file is larger than {limits.file_bytes // MB:,} MB, the most that can be"
            " imported at once. Split it and upload the pieces one after the other."
        )


def archive_parts(path: Path) -> list[ZipInfo]:
    """The ZIP directory of a workbook."""
    try:
        with ZipFile(path) as archive:
            return archive.infolist()
    except (BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise UnreadableFile(DAMAGED_WORKBOOK) from error


def measure_archive(path: Path, limits: Limits) -> None:
    """Judge a workbook by its ZIP directory, before anything is inflated.

    A directory that understates a part is harmless: `zipfile` stops at the declared size.
    """
    parts = archive_parts(path)
    unzipped = sum(part.file_size for part in parts)
    zipped = max(path.stat().st_size, 1)
    swollen = unzipped > _RATIO_MATTERS_FROM and unzipped > limits.ratio * zipped
    if swollen or unzipped > limits.unzipped_bytes or len(parts) > limits.parts:
        raise UnreadableFile(
            "This workbook unpacks to far more than a real spreadsheet holds, so it was not opened."
            " Copy the rows you need into a new workbook and upload that."
        )


def within(rows: Iterator[NumberedRow], limits: Limits) -> Iterator[NumberedRow]:
    """The rows that hold anything, until they are too wide or too many."""
    cells_left = limits.cells
    for number, cells in rows:
        filled = sum(1 for cell in cells if cell and not cell.isspace())
        if not filled:
            continue
        if len(cells) > limits.columns and any(map(str.strip, cells[limits.columns :])):
            raise UnreadableFile(
                f"Row {number} has cells beyond column {limits.columns}, the most that can be"
                " imported. Delete the columns you don't need and upload the file again."
            )
        cells_left -= filled
        if cells_left < 0:
            raise UnreadableFile(
                f"This file has more than {limits.cells:,} filled cells."
                " Split it and upload the pieces one after the other."
            )
        yield number, cells
