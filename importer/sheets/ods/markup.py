"""Rows and cells of an OpenDocument sheet, however they are written, from a real XML parser."""

import re
from dataclasses import dataclass

import numpy as np
import polars as pl

from importer.sheets.ods.written import MOST_TIMES, TYPES, Cells, Written
from importer.sheets.xlsx.markup import Attributes, Parser, local

_ROW = re.compile(
    rb"<table:table-row\b[^>]*/>|<table:table-row[ >].*?</table:table-row>", re.DOTALL
)
_CELLS = ("table-cell", "covered-table-cell")
_PARAGRAPHS = ("p", "h")
_BLANKS = {"s": " ", "tab": "\t", "line-break": "\n"}
_MOST_BLANKS = 32_767  # that one element may stand for: a cell holds no more characters
_LEFT_OUT = ("annotation", "note", "ruby-text")  # and all that is drawn
_VALUES = ("value", "date-value", "time-value", "boolean-value", "string-value")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as it is written."""

    row: int  # from 0
    covered: bool
    attributes: Attributes
    shown: str

    @property
    def type(self) -> int:
        name = self.attributes.get("office:value-type", "")
        return TYPES.index(name) if name in TYPES else TYPES.index("string")

    @property
    def stored(self) -> str:
        values = (self.attributes.get(f"office:{name}") for name in _VALUES)
        return next((value for value in values if value is not None), "")

    @property
    def wrong(self) -> bool:
        return self.attributes.get("calcext:value-type") == "error"

    def count(self, what: str) -> int:
        """What the attribute called `table:number-` and so on says."""
        return count(self.attributes, what)


def count(attributes: Attributes, what: str) -> int:
    """What the attribute called `table:number-` and so on says, 1 if it is not there."""
    return max(1, min(int(attributes.get(f"table:number-{what}", 1)), MOST_TIMES))


class Rows:
    """Collects rows and cells."""

    def __init__(self) -> None:
        self.times: list[int] = []
        self.cells: list[Cell] = []
        self._attributes: Attributes = {}
        self._paragraphs: list[str] = []
        self._in_paragraph = False
        self._left_out = 0  # how deep in what is no text of the cell

    def start(self, name: str, attributes: Attributes) -> None:
        tag = local(name)
        if self._left_out or tag in _LEFT_OUT or name.startswith(("draw:", "dr3d:")):
            self._left_out += 1
        elif tag == "table-row":
            self.times.append(count(attributes, "rows-repeated"))
        elif tag in _CELLS:
            self._attributes, self._paragraphs = attributes, []
        elif tag in _PARAGRAPHS:
            self._paragraphs.append("")
            self._in_paragraph = True
        elif tag in _BLANKS:
            self.text(_BLANKS[tag] * min(int(attributes.get("text:c", 1)), _MOST_BLANKS))

    def end(self, name: str) -> None:
        tag = local(name)
        if self._left_out:
            self._left_out -= 1
        elif tag in _CELLS:
            shown = "\n".join(self._paragraphs)
            row = len(self.times) - 1
            self.cells.append(Cell(row, tag != "table-cell", self._attributes, shown))
        elif tag in _PARAGRAPHS:
            self._in_paragraph = False

    def text(self, data: str) -> None:
        if self._in_paragraph and not self._left_out:
            self._paragraphs[-1] += data


def parse(xml: bytes) -> Rows:
    """The rows or cells in `xml`. Raises `ValueError` or `ExpatError` where it makes no sense."""
    rows = Rows()
    parser = Parser(rows)
    parser.feed(b"<piece>%b</piece>" % xml)
    parser.finish()
    return rows


def parse_piece(piece: bytes) -> Rows:
    """The rows in a piece of a sheet."""
    return parse(b"".join(_ROW.findall(piece)))


def as_written(rows: Rows) -> Written:
    """The same in columns. `ValueError` for a cell outside of any row."""
    if any(cell.row < 0 for cell in rows.cells[:1]):
        raise ValueError("a cell outside of any row")
    return Written(np.array(rows.times, np.int64), columns_of(rows.cells))


def columns_of(cells: list[Cell]) -> Cells:
    """The same in columns."""
    return Cells(
        rows=np.array([cell.row for cell in cells], np.int64),
        times=np.array([cell.count("columns-repeated") for cell in cells], np.int64),
        covered=np.array([cell.covered for cell in cells], bool),
        types=np.array([cell.type for cell in cells], np.uint8),
        stored=pl.Series([cell.stored for cell in cells], dtype=pl.String),
        shown=pl.Series([cell.shown for cell in cells], dtype=pl.String),
        wrong=np.array([cell.wrong for cell in cells], bool),
    )
