"""The parts of a workbook around its rows: sheets, number formats, date system, relations."""

import posixpath
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Self
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile, ZipFile

from importer.sheets.cells import NumberFormat, builtin_format, understand
from importer.sheets.guard import DAMAGED_WORKBOOK
from importer.sheets.table import Sheet, UnreadableFile
from importer.sheets.xlsx.inflate import inflated
from importer.sheets.xlsx.markup import Attributes, tags

_BROKEN = (
    BadZipFile,
    ExpatError,
    zlib.error,
    EOFError,
    LookupError,
    ValueError,
    OverflowError,  # a number of more digits than any real one
    NotImplementedError,  # a compression that zipfile does not know
    RuntimeError,  # an encrypted part
    OSError,  # an offset outside the file
    StopIteration,
)


class Package:
    """An open workbook, but for its rows and texts."""

    def __init__(self, path: Path) -> None:
        self._archive = ZipFile(path)
        self._parts = {_folded(name): name for name in self._archive.namelist()}
        self._workbook = self._related("", "/officeDocument")[0]
        self.from_1904 = False
        self.sheet_parts: dict[Sheet, str] = dict(self._read_sheets())
        self.formats = tuple(self._read_formats())  # by the style that cells give

    def close(self) -> None:
        self._archive.close()

    @cached_property
    def strings_part(self) -> str | None:
        """The part with the texts that cells share, if there is one."""
        parts = self._related(self._workbook, "/sharedStrings")
        return next((part for part in parts if _folded(part) in self._parts), None)

    def read(self, part: str) -> Iterator[bytes]:
        """The content of a part, buffer by buffer."""
        return inflated(self._archive, self._archive.getinfo(self._parts[_folded(part)]))

    def size(self, part: str) -> int:
        """The bytes of a part once inflated, as declared; reading it never gives more."""
        return self._archive.getinfo(self._parts[_folded(part)]).file_size

    def _read_sheets(self) -> Iterator[tuple[Sheet, str]]:
        """The sheets with cells, and their parts; the date system on the way."""
        targets = self._relations(self._workbook)
        for tag, attributes in self._tags(self._workbook):
            if tag == "workbookPr" and "date1904" in attributes:  # extensions use the tag too
                self.from_1904 = attributes["date1904"].lower() in ("1", "true")
            elif tag == "sheet":
                kind, part = targets.get(_relation_id(attributes), ("", ""))  # some lead nowhere
                if kind.endswith("/worksheet") and _folded(part) in self._parts:
                    hidden = attributes.get("state", "visible") != "visible"
                    yield Sheet(attributes["name"], hidden), part

    def _read_formats(self) -> Iterator[NumberFormat]:
        codes: dict[str, str] = {}
        formats: dict[str, NumberFormat] = {}  # some workbooks have a million styles
        within_cell_styles = False
        for tag, attributes in self._tags(*self._related(self._workbook, "/styles")[:1]):
            if tag == "numFmt":
                codes.setdefault(attributes["numFmtId"], attributes.get("formatCode", "General"))
            elif tag in ("cellXfs", "cellStyleXfs", "dxfs"):
                within_cell_styles = tag == "cellXfs"
            elif tag == "xf" and within_cell_styles:
                number = attributes.get("numFmtId", "0")
                if number not in formats:
                    formats[number] = understand(codes.get(number) or builtin_format(int(number)))
                yield formats[number]

    def _related(self, part: str, kind: str) -> list[str]:
        return [target for found, target in self._relations(part).values() if found.endswith(kind)]

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        """The parts that `part` refers to: kind and path by relation id."""
        folder, name = posixpath.split(part)
        listing = posixpath.join(folder, "_rels", f"{name}.rels")
        if _folded(listing) not in self._parts:
            return {}
        return {
            attributes["Id"]: (attributes["Type"], _resolve(folder, attributes["Target"]))
            for tag, attributes in self._tags(listing)
            if tag == "Relationship" and attributes.get("TargetMode") != "External"
        }

    def _tags(self, *parts: str) -> Iterator[tuple[str, Attributes]]:
        for part in parts:
            yield from tags(self.read(part))


def _folded(part: str) -> str:
    """Part names differ in case and slashes between the programs that write them."""
    return part.replace("\\", "/").lower().lstrip("/")


def _resolve(folder: str, target: str) -> str:
    """A relation's target, which is absolute or relative to the part's folder."""
    path = posixpath.join("/", folder, target.replace("\\", "/"))
    return posixpath.normpath(path).lstrip("/")


def _relation_id(attributes: Attributes) -> str:
    """`r:id`, under whatever prefix."""
    return next(value for name, value in attributes.items() if name.endswith(":id"))


@contextmanager
def broken_parts_reported() -> Iterator[None]:
    """What a damaged or dishonest workbook makes the readers raise, as one clear sentence."""
    try:
        yield
    except _BROKEN as error:
        raise UnreadableFile(DAMAGED_WORKBOOK) from error


class PackagedWorkbook:
    """An open workbook, measured beforehand by `guard`; close it by using it in a `with`.

    Whatever is broken inside surfaces as `UnreadableFile`.
    """

    _opened_as: type[Package] = Package

    def __init__(self, path: Path) -> None:
        with broken_parts_reported():
            self._package = self._opened_as(path)
        self.sheets = tuple(self._package.sheet_parts)
        if not self.sheets:
            raise UnreadableFile("This workbook has no sheet with cells, only charts or macros.")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._package.close()

    def _part(self, sheet: str | None) -> str:
        """The part with the rows of a sheet, of the first where none is named."""
        for found, part in self._package.sheet_parts.items():
            if sheet in (None, found.name):
                return part
        raise UnreadableFile(f"This workbook has no sheet named “{sheet}”.")
