"""What a source file may cost: measured before it is opened, and while it is read."""

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile, ZipFile, ZipInfo

import polars as pl

from importer.sheets.block import Block
from importer.sheets.table import UnreadableFile

DAMAGED_WORKBOOK = (
    "This workbook is damaged or was only partly uploaded."
    " Open it in Excel, save it again and upload the new file."
)
SWOLLEN = (
    "This file unpacks to far more than a real spreadsheet holds, so it was not opened."
    " Copy the rows you need into a new workbook and upload that."
)
MB = 1024**2
_LOCAL_HEADER = 30  # bytes before a part's name and content, at least
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
    """Judge an archive, or a workbook that is one, by its ZIP directory, before it is inflated.

    A directory that understates a part is harmless: readers stop at the declared size.
    """
    parts = archive_parts(path)
    zipped = path.stat().st_size
    if len(parts) > limits.parts or _overlap(parts, zipped):
        raise UnreadableFile(SWOLLEN)
    measure_unpacked(sum(part.file_size for part in parts), zipped, limits)


def measure_unpacked(unpacked: int, packed: int, limits: Limits) -> None:
    """Raise `UnreadableFile` for so many bytes out of so few."""
    swollen = unpacked > _RATIO_MATTERS_FROM and unpacked > limits.ratio * packed
    if swollen or unpacked > limits.unzipped_bytes:
        raise UnreadableFile(SWOLLEN)


def _overlap(parts: list[ZipInfo], end: int) -> bool:
    """Whether parts share bytes: a few of them can then unpack to very much."""
    for part in sorted(parts, key=lambda part: part.header_offset, reverse=True):
        if part.header_offset + _LOCAL_HEADER + part.compress_size > end:
            return True
        end = part.header_offset
    return False


class Gate:
    """Lets blocks pass until they are too wide or too many."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._cells_left = limits.cells

    def admit(self, block: Block) -> None:
        """Raise `UnreadableFile` if this block is one too many.

        Its blank cells are null, and its last column holds something.
        """
        if block.cells.width > self._limits.columns:
            raise self._too_wide(block)
        blank = sum(block.cells.null_count().row(0), 0)
        self._cells_left -= block.cells.width * len(block) - blank
        if self._cells_left < 0:
            raise UnreadableFile(
                f"This file has more than {self._limits.cells:,} filled cells."
                " Split it and upload the pieces one after the other."
            )

    def _too_wide(self, block: Block) -> UnreadableFile:
        beyond = block.cells[:, self._limits.columns :]
        row = block.numbers.filter(beyond.select(any_filled()).to_series())[0]
        return UnreadableFile(
            f"Row {row:,} has cells beyond column {self._limits.columns}, the most that"
            " can be imported. Delete the columns you don't need and upload the file again."
        )


def any_filled() -> pl.Expr:
    """Whether a row holds anything."""
    return pl.any_horizontal(pl.all().is_not_null())
