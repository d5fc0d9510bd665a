"""XLSX workbooks: their sheets, and the rows of a sheet as people see them, in bounded memory."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Self
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile, ZipFile

from importer.sheets.cells import (
    NumberFormat,
    builtin_format,
    iso_text,
    seen,
    understand,
    unescape,
)
from importer.sheets.guard import DAMAGED_WORKBOOK
from importer.sheets.markup import Attributes, RawCell, SharedStrings, raw_rows, tags
from importer.sheets.table import NumberedRow, Sheet, UnreadableFile

_NO_FORMAT = NumberFormat()
_BROKEN = (
    BadZipFile,
    ExpatError,
    zlib.error,
    EOFError,
    LookupError,
    ValueError,
    NotImplementedError,  # a compression that zipfile does not know
    RuntimeError,  # an encrypted part
    OSError,  # an offset outside the file
    StopIteration,
)


class Workbook:
    """An open workbook, measured beforehand by `guard`; close it, or use it in a `with`.

    Whatever is broken inside surfaces as `UnreadableFile`.
    """

    def __init__(self, path: Path) -> None:
        with _broken_parts_reported():
            self._archive = ZipFile(path)
            self._parts = {_folded(name): name for name in self._archive.namelist()}
            self._read_skeleton()
        if not self.sheets:
            raise UnreadableFile("This workbook has no sheet with cells, only charts or macros.")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._archive.close()

    def rows(self, sheet: str) -> Iterator[NumberedRow]:
        """The rows of a sheet that hold anything, with the numbers that Excel shows."""
        if sheet not in self._sheet_parts:
            raise UnreadableFile(f"This workbook has no sheet named “{sheet}”.")
        with (
            _broken_parts_reported(),
            self._open(self._sheet_parts[sheet]) as part,
            self._open_shared_strings() as strings_part,
        ):
            strings = SharedStrings(strings_part)
            for number, cells in raw_rows(part):
                yield number, self._texts(cells, strings)

    def _texts(self, cells: list[RawCell], strings: SharedStrings) -> list[str]:
        texts = [""] * max(cell.column for cell in cells)
        for cell in cells:
            texts[cell.column - 1] = self._text(cell, strings)
        return texts

    def _text(self, cell: RawCell, strings: SharedStrings) -> str:
        match cell.kind:
            case "n":
                style = cell.style
                number_format = (
                    self._formats[style] if 0 <= style < len(self._formats) else _NO_FORMAT
                )
                return seen(cell.text, number_format, from_1904=self._from_1904)
            case "s":
                return unescape(strings[int(cell.text)])
            case "b":
                return "TRUE" if cell.text.strip() in ("1", "true") else "FALSE"
            case "d":
                return iso_text(cell.text)
            case "e":
                return cell.text
            case _:
                return unescape(cell.text)

    def _read_skeleton(self) -> None:
        """Sheets, number formats and date system; the rows wait until they are asked for."""
        workbook = self._related("", "/officeDocument")[0]
        self._strings_part = next(iter(self._related(workbook, "/sharedStrings")), None)
        self._formats = self._read_formats(workbook)
        targets = self._relations(workbook)
        self._sheet_parts: dict[str, str] = {}
        sheets: list[Sheet] = []
        self._from_1904 = False
        for tag, attributes in self._tags(workbook):
            if tag == "workbookPr" and "date1904" in attributes:  # extensions use the tag too
                self._from_1904 = attributes["date1904"].lower() in ("1", "true")
            elif tag == "sheet":
                kind, part = targets[_relation_id(attributes)]
                if kind.endswith("/worksheet") and _folded(part) in self._parts:
                    name = attributes["name"]
                    sheets.append(Sheet(name, attributes.get("state", "visible") != "visible"))
                    self._sheet_parts[name] = part
        self.sheets = tuple(sheets)

    def _read_formats(self, workbook: str) -> dict[int, NumberFormat]:
        """What each cell style makes of a number, by the index that cells give."""
        codes: dict[str, str] = {}
        styles: list[str] = []
        within_cell_styles = False
        for tag, attributes in self._tags(*self._related(workbook, "/styles")[:1]):
            if tag == "numFmt":
                codes.setdefault(attributes["numFmtId"], attributes.get("formatCode", "General"))
            elif tag in ("cellXfs", "cellStyleXfs", "dxfs"):
                within_cell_styles = tag == "cellXfs"
            elif tag == "xf" and within_cell_styles:
                styles.append(attributes.get("numFmtId", "0"))
        return {
            index: understand(codes.get(style) or builtin_format(int(style)))
            for index, style in enumerate(styles)
        }

    def _related(self, part: str, kind: str) -> list[str]:
        return [target for found, target in self._relations(part).values() if found.endswith(kind)]

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        """The parts that `part` refers to: kind and path by relation id."""
        folder, name = PurePosixPath(part).parent, PurePosixPath(part).name
        listing = str(folder / "_rels" / f"{name}.rels")
        if _folded(listing) not in self._parts:
            return {}
        return {
            attributes["Id"]: (attributes["Type"], _resolve(folder, attributes["Target"]))
            for tag, attributes in self._tags(listing)
            if tag == "Relationship" and attributes.get("TargetMode") != "External"
        }

    def _tags(self, *parts: str) -> Iterator[tuple[str, Attributes]]:
        for part in parts:
            with self._open(part) as source:
                yield from tags(source)

    def _open(self, part: str) -> IO[bytes]:
        return self._archive.open(self._parts[_folded(part)])

    @contextmanager
    def _open_shared_strings(self) -> Iterator[IO[bytes] | None]:
        if self._strings_part is None or _folded(self._strings_part) not in self._parts:
            yield None
            return
        with self._open(self._strings_part) as part:
            yield part


def _folded(part: str) -> str:
    """Part names differ in case and slashes between the programs that write them."""
    return part.replace("\\", "/").lower().lstrip("/")


def _resolve(folder: PurePosixPath, target: str) -> str:
    """A relation's target, which is absolute or relative to the part's folder."""
    path = PurePosixPath("/") / folder / target.replace("\\", "/")
    steps: list[str] = []
    for step in path.parts[1:]:
        if step == "..":
            steps = steps[:-1]
        else:
            steps.append(step)
    return "/".join(steps)


def _relation_id(attributes: Attributes) -> str:
    """`r:id`, under whatever prefix."""
    return next(value for name, value in attributes.items() if name.endswith(":id"))


@contextmanager
def _broken_parts_reported() -> Iterator[None]:
    """What a damaged or dishonest workbook makes the readers raise, as one clear sentence."""
    try:
        yield
    except _BROKEN as error:
        raise UnreadableFile(DAMAGED_WORKBOOK) from error
