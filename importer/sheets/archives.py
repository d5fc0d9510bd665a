"""A spreadsheet packed in a ZIP or gzip archive is unpacked beside, within limits.

The content decides which of the files inside is a spreadsheet. Archives inside archives stay
closed. Names inside mean nothing to us but words to show: no file is ever written under one.
"""

import gzip
import stat
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from zipfile import BadZipFile, ZipFile, ZipInfo

from importer.sheets import formats, guard
from importer.sheets.formats import Packing
from importer.sheets.guard import MB, Limits
from importer.sheets.table import Inspection, UnreadableFile
from importer.sheets.xlsx.inflate import inflated

_AT_ONCE = MB
_MOST_FILES = 100
_NAMES_SHOWN = 5
_LEFT_BY_SYSTEMS = {".ds_store", "thumbs.db", "desktop.ini"}
# Any text can be read as one; among several files this tells a table from the notes beside it.
_NAMED_AS_TABLES = {".csv", ".tsv", ".tab", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"}
_ENCRYPTED = 0x1
_EXTRA, _NAME = 0x4, 0x8  # flags of a gzip header: RFC 1952
_BROKEN = (
    BadZipFile,
    zlib.error,
    EOFError,
    LookupError,
    NotImplementedError,  # a compression that zipfile does not know
    OSError,  # an offset outside the file
)


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A file to read, out of its archive if it was in one."""

    path: Path
    limits: Limits
    member: str | None = None  # its name in the archive
    packing: Packing | None = None

    def told(self, inspection: Inspection) -> Inspection:
        """The inspection, with where the file was."""
        if self.packing is None:
            return inspection
        origin = f"It was packed as “{self.member}” in a {self.packing} archive."
        reasons = {**inspection.reasons, "format": f"{inspection.reasons['format']} {origin}"}
        return replace(inspection, member=self.member, reasons=reasons)


@contextmanager
def unpacked(path: Path, limits: Limits) -> Iterator[Unpacked]:
    """The file itself, or the one spreadsheet that it holds if it is an archive.

    Raises `UnreadableFile` for an archive that holds none, or more than one, or too much.
    """
    guard.measure_file(path, limits)
    packing = formats.packing_of(path)
    if packing is None:
        yield Unpacked(path, limits)
        return
    unpack = _unpack_zip if packing is Packing.ZIP else _unpack_gzip
    with TemporaryDirectory(prefix="importer-") as folder:
        with _broken_archives_reported(packing):
            target, name = unpack(path, Path(folder), limits)
        # Unpacked, it may be as large as what is packed in a workbook.
        yield Unpacked(target, replace(limits, file_bytes=limits.unzipped_bytes), name, packing)


@contextmanager
def _broken_archives_reported(packing: Packing) -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise UnreadableFile(
            f"This {packing} archive is damaged or was only partly uploaded."
            " Upload the spreadsheet inside by itself."
        ) from error


def _unpack_gzip(path: Path, folder: Path, limits: Limits) -> tuple[Path, str]:
    name, target = _gzip_name(path), folder / "member"
    with gzip.open(path, "rb") as content:
        buffers = iter(lambda: content.read(_AT_ONCE), b"")
        _write(target, buffers, path.stat().st_size, limits)
    _require_spreadsheet(target, name)
    return target, name


def _gzip_name(path: Path) -> str:
    """The name of the file inside, as far as the archive tells it."""
    with path.open("rb") as file:
        head = file.read(64 * 1024)
    flags, at = head[3], 10
    if flags & _EXTRA:
        at += 2 + int.from_bytes(head[at : at + 2], "little")
    name = head[at:].partition(b"\0")[0].decode("latin-1") if flags & _NAME else ""
    return PurePosixPath(name).name or "a file without a name"


def _unpack_zip(path: Path, folder: Path, limits: Limits) -> tuple[Path, str]:
    guard.measure_archive(path, limits)
    with ZipFile(path) as archive:
        members = [member for member in archive.infolist() if _is_file_of_someone(member)]
        _require_openable(members)
        found = {}
        for place, member in enumerate(members):
            target = folder / str(place)
            _write(target, inflated(archive, member), path.stat().st_size, limits)
            if len(members) == 1:
                _require_spreadsheet(target, member.filename)
            if _is_spreadsheet(target):
                found[target] = member.filename
            else:
                target.unlink()
    if not found:
        raise UnreadableFile(
            f"This ZIP archive holds no spreadsheet, but {_listed(m.filename for m in members)}."
            " Upload an Excel workbook (.xlsx) or a CSV."
        )
    meant = _meant(found)
    return meant, found[meant]


def _is_file_of_someone(member: ZipInfo) -> bool:
    """Neither a folder, nor a link, nor what an operating system leaves behind."""
    path = PurePosixPath(member.filename.replace("\\", "/"))
    left = path.parts[:1] == ("__MACOSX",) or path.name.startswith("._")
    left |= path.name.lower() in _LEFT_BY_SYSTEMS
    return not (left or member.is_dir() or stat.S_ISLNK(member.external_attr >> 16))


def _require_openable(members: Sequence[ZipInfo]) -> None:
    if not members:
        raise UnreadableFile("This ZIP archive is empty. Upload the spreadsheet itself.")
    if len(members) > _MOST_FILES:
        raise UnreadableFile(
            f"This ZIP archive holds {len(members):,} files. Upload the spreadsheet by itself."
        )
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise UnreadableFile(
            "This ZIP archive is protected with a password."
            " Unpack it and upload the spreadsheet inside."
        )


def _write(target: Path, buffers: Iterable[bytes], packed: int, limits: Limits) -> None:
    """Raises `UnreadableFile` when it becomes too much, whatever was declared."""
    size = 0
    with target.open("wb") as file:
        for buffer in buffers:
            size += file.write(buffer)
            guard.measure_unpacked(size, packed, limits)


def _is_spreadsheet(path: Path) -> bool:
    try:
        formats.kind_of(path)
    except UnreadableFile:
        return False
    return True


def _require_spreadsheet(path: Path, name: str) -> None:
    """Say what the only file of an archive is, if it is no spreadsheet."""
    try:
        formats.kind_of(path)
    except UnreadableFile as error:
        raise UnreadableFile(f"The archive holds “{name}” alone. {error}") from error


def _meant(found: dict[Path, str]) -> Path:
    """Which of the spreadsheets, given with their names, is to be read."""
    tables = [path for path, name in found.items() if _is_named_as_table(name)]
    meant = tables or [*found]
    if len(meant) > 1:
        raise UnreadableFile(
            f"This ZIP archive holds {len(meant):,} spreadsheets:"
            f" {_listed(found[path] for path in meant)}."
            " Unpack it and upload them one after the other."
        )
    return meant[0]


def _is_named_as_table(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in _NAMED_AS_TABLES


def _listed(names: Iterable[str]) -> str:
    quoted = [f"“{name}”" for name in names]
    more = len(quoted) - _NAMES_SHOWN
    shown = ", ".join(quoted[:_NAMES_SHOWN])
    return f"{shown} and {more:,} more" if more > 0 else shown
