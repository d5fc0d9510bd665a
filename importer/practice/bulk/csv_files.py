"""The CSV files inside an uploaded archive: found, measured, and read row by row."""

import codecs
import csv
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MAX_UNPACKED_BYTES: Final = 500 * 1024**2
DELIMITERS: Final = ",;:|"
DETECTED_BY_MARK: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
FALLBACK_ENCODING: Final = "windows-1252"
UNREADABLE: Final = (UnicodeDecodeError, csv.Error, zipfile.BadZipFile, zlib.error)


class UnsupportedFileError(Exception):
    """The archive does not hold just the CSV files that it should, or they cannot be read."""


class UnknownEncodingError(Exception):
    """Nobody knows a character encoding of this name."""


@dataclass(frozen=True, slots=True)
class CsvFile:
    """One CSV file in an archive, and how to read it."""

    archive: Path
    member: str
    encoding: str
    delimiter: str = ","

    def header(self) -> list[str]:
        """Row 1, whatever its bytes; empty if the file is."""
        with self._lines(errors="replace") as lines:
            return next(csv.reader(lines, delimiter=self.delimiter), [])

    def rows(self) -> Iterator[list[str]]:
        """The rows after the header, without empty lines. Raises one of `UNREADABLE`."""
        with self._lines() as lines:
            reader = csv.reader(lines, delimiter=self.delimiter)
            next(reader, None)
            yield from filter(None, reader)

    def first_line(self) -> str:
        with self._lines(errors="replace") as lines:
            return lines.readline()

    @contextmanager
    def _lines(self, errors: str = "strict") -> Iterator[io.TextIOWrapper]:
        with (
            zipfile.ZipFile(self.archive) as archive,
            archive.open(self.member) as member,
            io.TextIOWrapper(member, self.encoding, errors, newline="") as lines,
        ):
            yield lines


def open_csv_files(
    archive: Path, names: Sequence[str | None], encoding: str | None, *, alone: bool
) -> list[CsvFile]:
    """The archive's CSV files in the order of `names`, or its only one if that is not named.

    A single one may have others beside it unless it must be `alone`; not named, it is the first.
    """
    codec = _codec(encoding) if encoding else None
    try:
        members = _csv_members(archive, names, alone=alone)
        return [_settled(archive, member, codec) for member in members]
    except (*UNREADABLE, UnicodeError, RuntimeError, NotImplementedError, OSError) as error:
        raise UnsupportedFileError from error


def _settled(archive: Path, member: str, codec: str | None) -> CsvFile:
    """A file, its encoding and delimiter found out."""
    encoding = codec or _detect(archive, member)
    first_line = CsvFile(archive, member, encoding).first_line()
    return CsvFile(archive, member, encoding, guess_delimiter(first_line))


def guess_delimiter(header: str) -> str:
    """The one of the four that the header row has most of, quoted names aside."""
    outside = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


def _csv_members(archive: Path, names: Sequence[str | None], *, alone: bool) -> list[str]:
    """The names asked for, which must be those of all CSV files that count."""
    with zipfile.ZipFile(archive) as opened:
        files = [info for info in opened.infolist() if not info.is_dir()]
    if sum(info.file_size for info in files) > MAX_UNPACKED_BYTES:
        raise UnsupportedFileError
    found = [info.filename for info in files if info.filename.lower().endswith(".csv")]
    found = [name for name in found if not name.startswith("__MACOSX/")]
    if len(names) == 1 and not alone:
        found = [name for name in found if name in names] or found[:1]
    asked = found if list(names) == [None] else [name for name in names if name is not None]
    if sorted(asked) != sorted(found) or len(found) != len(names):
        raise UnsupportedFileError
    return asked


def _codec(name: str) -> str:
    try:
        known = codecs.lookup(name).name
        "".encode(known)  # refuses codecs that are not for text
    except LookupError as error:
        raise UnknownEncodingError from error
    return "utf-8-sig" if known == "utf-8" else known


def _detect(archive: Path, member: str) -> str:
    """By the byte order mark, else UTF-8 if all of the file is, else Western European."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with zipfile.ZipFile(archive) as opened, opened.open(member) as content:
        start = content.read(4)
        for mark, encoding in DETECTED_BY_MARK:
            if start.startswith(mark):
                return encoding
        try:
            decoder.decode(start)
            while chunk := content.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return FALLBACK_ENCODING
    return "utf-8-sig"
