"""What reading a source file may cost here, from the settings."""

from django.conf import settings

from importer.sheets import Bounds, Limits


def limits() -> Limits:
    """How much a file may hold."""
    return Limits(
        file_bytes=settings.UNZIPPED_LIMIT_BYTES,  # what browsers send is measured as it comes
        unzipped_bytes=settings.UNZIPPED_LIMIT_BYTES,
        ratio=settings.UNZIPPED_RATIO_LIMIT,
        parts=settings.ARCHIVE_PARTS_LIMIT,
        columns=settings.COLUMN_LIMIT,
        cells=settings.CELL_LIMIT,
    )


def bounds() -> Bounds:
    """What the process that reads it may take."""
    return Bounds(settings.READING_MEMORY_BYTES, settings.READING_TIMEOUT_S)
