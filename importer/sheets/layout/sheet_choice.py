"""Which sheet of a workbook holds the table."""

from collections.abc import Sequence

from importer.sheets.layout import headers
from importer.sheets.table import NumberedRow, Sheet, UnreadableFile

Top = tuple[Sheet, Sequence[NumberedRow]]  # a sheet and its first rows that hold anything

_COMPARABLE = 1 / 4  # of the largest table: a smaller one is a cover, a legend or a list of choices


def named(name: str, sheets: Sequence[Sheet]) -> Sheet:
    """The sheet that a person asked for; `UnreadableFile` if there is none of that name."""
    for sheet in sheets:
        if sheet.name == name:
            return sheet
    if not sheets:
        raise UnreadableFile(f"A text file has no sheets, so there is no “{name}” in it.")
    known = ", ".join(f"“{sheet.name}”" for sheet in sheets)
    raise UnreadableFile(f"This workbook has no sheet “{name}”. It has {known}.")


def likeliest(tops: Sequence[Top]) -> tuple[Sheet, str]:
    """The sheet to propose, and the reason as a sentence.

    It is the first visible one, or else hidden one, with a header and data, of those that compare
    with the largest; if none has both, the first of those.
    """
    tops = [top for top in tops if top[1]]
    if not tops:
        raise UnreadableFile(
            "Every sheet of this workbook is empty. Check that you chose the right file."
        )
    shown = [top for top in tops if not top[0].hidden] or tops
    largest = max(map(_size, shown))
    large = [top for top in shown if _size(top) >= _COMPARABLE * largest]
    table = next((top for top in large if _has_header_and_data(top)), None)
    sheet, _ = table or large[0]
    return sheet, _reason(sheet, [sheet for sheet, _ in tops], is_table=table is not None)


def _has_header_and_data(top: Top) -> bool:
    header = headers.find(top[1])
    return header.first is not None and top[1][-1][0] >= header.first + header.rows


def _size(top: Top) -> int:
    """The cells that hold anything, in the first rows."""
    return sum(bool(cell.strip()) for _, cells in top[1] for cell in cells)


def _reason(sheet: Sheet, filled: Sequence[Sheet], *, is_table: bool) -> str:
    name = f"“{sheet.name}”"
    if len(filled) == 1:
        hidden = " It is hidden in Excel." if sheet.hidden else ""
        return f"{name} is the only sheet that holds anything.{hidden}"
    if sheet.hidden:
        return f"{name} is hidden in Excel, but no visible sheet holds anything."
    if sheet == next(sheet for sheet in filled if not sheet.hidden):
        what = "a table" if is_table else "anything"
        return f"{name} is the first visible sheet that holds {what}."
    if is_table:
        return f"{name} holds a table; the sheets before it are far smaller or have no header."
    return f"{name} holds far more than the sheets before it."
