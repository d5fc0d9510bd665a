"""What calamine finds in a workbook, told in our words: a reader that shares nothing with ours.

It knows no number formats but those of dates, and has no words for errors.
"""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from python_calamine import CalamineWorkbook


def told(path: Path) -> dict[tuple[int, int], str]:
    """What people see in the first sheet, by row and column from 1."""
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)
    return {
        (number, column): _shown(value)
        for number, row in enumerate(rows, 1)
        for column, value in enumerate(row, 1)
        if value != ""
    }


def _shown(value: object) -> str:
    match value:
        case bool():
            return str(value).upper()
        case float():
            return f"{(Decimal(f'{value:.15g}') + 0).normalize():f}"
        case timedelta():
            hours, seconds = divmod(round(value.total_seconds()), 3600)
            return f"{hours:02}:{seconds // 60:02}:{seconds % 60:02}"
    return str(value)
