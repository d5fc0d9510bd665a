"""The files that reading is measured on, all of the same rows.

The rows of the workbooks are written by hand, as Excel writes them: no library is quick enough
for a million.
"""

import csv
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime
from html import escape
from pathlib import Path

import xlsxwriter

from tests.bench.sheet_rows import HEADER, Fault, Formula, Padded, Share, Value, contacts

_SHEET, _STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
_OPENING = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<{} xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
)
_LETTERS = [chr(ord("A") + place) for place in range(len(HEADER))]
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet knows no time zone
_FORMATS = ("dd/mm/yyyy", "dd/mm/yyyy hh:mm", "00000", "0%")
_DAY, _MOMENT, _PADDED, _SHARE = range(1, 5)  # styles, in the order of their formats


def write_csv(path: Path, rows: int) -> None:
    """Comma, UTF-8, values as Excel shows them."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(map(shown, cells) for cells in contacts(rows))


def write_xlsx(path: Path, rows: int) -> None:
    """Texts in a table of their own, as Excel and most libraries keep them."""
    texts: dict[str, int] = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        _write_surroundings(book, path)
        _write(book, _SHEET, _sheet(rows, lambda text: _shared(text, texts)))
        _write(book, _STRINGS, _strings(texts))


def write_inline_xlsx(path: Path, rows: int) -> None:
    """Texts in the cells themselves, as exports of databases keep them."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        _write_surroundings(book, path)
        _write(book, _SHEET, _sheet(rows, _inline))


def shown(value: Value) -> str:
    """What a person sees of a value."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).upper()
        case Padded(number, places):
            return f"{number:0{places}d}"
        case Share(number):
            return f"{number:.0%}"
        case Formula(_, result):
            return f"{result:.15g}"
        case Fault(code):
            return code
        case _:
            return str(value)


def serial(moment: date) -> float:
    """The days since Excel's first."""
    if not isinstance(moment, datetime):
        return (moment - _EPOCH.date()).days
    return round((moment - _EPOCH).total_seconds() / 86_400, 10)


def _write_surroundings(book: zipfile.ZipFile, path: Path) -> None:
    """All parts but the rows and the texts, from a library."""
    skeleton = path.with_suffix(".skeleton")
    with xlsxwriter.Workbook(skeleton) as small:
        sheet = small.add_worksheet()
        for place, code in enumerate(_FORMATS):
            sheet.write(0, place, "text", small.add_format({"num_format": code}))
    with zipfile.ZipFile(skeleton) as parts:
        for name in parts.namelist():
            if name not in (_SHEET, _STRINGS):
                book.writestr(name, parts.read(name))
    skeleton.unlink()


def _write(book: zipfile.ZipFile, part: str, lines: Iterator[str]) -> None:
    with book.open(part, "w", force_zip64=True) as target:
        for line in lines:
            target.write(line.encode())


def _strings(texts: dict[str, int]) -> Iterator[str]:
    yield _OPENING.format("sst")
    yield from (f"<si>{_marked_up(text)}</si>" for text in texts)
    yield "</sst>"


def _sheet(rows: int, write_text: Callable[[str], str]) -> Iterator[str]:
    yield _OPENING.format("worksheet")
    yield f'<dimension ref="A1:{_LETTERS[-1]}{rows + 1}"/><sheetData>'
    yield _row(1, HEADER, write_text)
    for number, cells in enumerate(contacts(rows), start=2):
        yield _row(number, cells, write_text)
    yield "</sheetData></worksheet>"


def _row(number: int, cells: tuple[Value, ...], write_text: Callable[[str], str]) -> str:
    written = "".join(
        f'<c r="{letter}{number}"{_cell(value, write_text)}</c>'
        for letter, value in zip(_LETTERS, cells, strict=True)
        if value is not None
    )
    return f'<row r="{number}" spans="1:{len(HEADER)}">{written}</row>'


def _cell(value: Value, write_text: Callable[[str], str]) -> str:
    """The cell from its second attribute on."""
    match value:
        case str():
            return write_text(value)
        case bool():
            return f' t="b"><v>{value:d}</v>'
        case datetime():
            return f' s="{_MOMENT}"><v>{serial(value)}</v>'
        case date():
            return f' s="{_DAY}"><v>{serial(value)}</v>'
        case Padded(number):
            return f' s="{_PADDED}"><v>{number}</v>'
        case Share(number):
            return f' s="{_SHARE}"><v>{number}</v>'
        case Formula(formula, result):
            return f"><f>{formula}</f><v>{result!r}</v>"
        case Fault(code):
            return f' t="e"><v>{code}</v>'
        case _:
            return f"><v>{value}</v>"


def _shared(text: str, texts: dict[str, int]) -> str:
    return f' t="s"><v>{texts.setdefault(text, len(texts))}</v>'


def _inline(text: str) -> str:
    return f' t="inlineStr"><is>{_marked_up(text)}</is>'


def _marked_up(text: str) -> str:
    space = ' xml:space="preserve"' if text != text.strip() else ""
    return f"<t{space}>{escape(text, quote=False)}</t>"
