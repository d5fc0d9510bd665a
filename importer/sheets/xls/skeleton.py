"""What an .xls workbook says before its rows: sheets, number formats, date system, texts."""

from codecs import lookup
from dataclasses import dataclass, field

import polars as pl

from importer.sheets.cells import NumberFormat, builtin_format, understand
from importer.sheets.formats import PROTECTED
from importer.sheets.table import Sheet, UnreadableFile
from importer.sheets.xls.records import Records, Type
from importer.sheets.xls.strings import StoredTexts, short_text_in, text_in

_EXCEL_95, _EXCEL_97 = 0x500, 0x600
_WORKSHEET = 0  # of the types of sheet, beside macros and charts
_CODE_PAGES = {0x8000: "mac-roman", 0x8001: "cp1252"}  # the rest are called by their number
_WESTERN = "cp1252"
_TEXTS = 8  # where a table of texts begins them, behind two counts


@dataclass(slots=True)
class Skeleton:
    """A workbook but for its rows."""

    codec: str | None  # of the texts of Excel 5.0/95; None since Excel 97
    from_1904: bool = False
    sheets: dict[Sheet, int] = field(default_factory=dict)  # with cells, and where each begins
    formats: list[NumberFormat] = field(default_factory=list)  # by style
    strings: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.String))


def read_skeleton(records: Records) -> Skeleton:
    """Read the workbook's first substream.

    Raises `UnreadableFile` for a workbook with a password, and `LookupError` or `ValueError` for
    what is none.
    """
    version = records.word(0, 0)
    if records.type(0) != Type.BOF or version not in (_EXCEL_95, _EXCEL_97):
        raise LookupError("no workbook of Excel 5.0 or later")
    skeleton = Skeleton(None if version == _EXCEL_97 else _WESTERN)
    codes: dict[int, str] = {}
    styles: list[int] = []
    for kind, at in records.one_by_one(0):
        match kind:
            case Type.FILE_PASS:
                raise UnreadableFile(PROTECTED)
            case Type.CODE_PAGE if skeleton.codec:
                skeleton.codec = _codec(records.word(at, 0))
            case Type.DATE_MODE:
                skeleton.from_1904 = records.word(at, 0) == 1
            case Type.BOUND_SHEET:
                _add_sheet(skeleton, records.body(at))
            case Type.FORMAT:
                codes[records.word(at, 0)] = _format_code(records.body(at), skeleton.codec)
            case Type.XF:
                styles.append(records.word(at, 2))
            case Type.SST:
                skeleton.strings = StoredTexts(records.bodies(at)).all(_TEXTS)
    skeleton.formats = [understand(codes.get(s) or builtin_format(s)) for s in styles]
    return skeleton


def _codec(code_page: int) -> str:
    name = _CODE_PAGES.get(code_page, f"cp{code_page}")
    try:
        return lookup(name).name
    except LookupError:
        return _WESTERN


def _add_sheet(skeleton: Skeleton, body: bytes) -> None:
    begin, state, kind = int.from_bytes(body[:4], "little"), body[4], body[5]
    if kind == _WORKSHEET:
        name = short_text_in(body, 6, skeleton.codec)
        skeleton.sheets[Sheet(name, hidden=bool(state & 3))] = begin


def _format_code(body: bytes, codec: str | None) -> str:
    return short_text_in(body, 2, codec) if codec else text_in([body], 2, codec)
