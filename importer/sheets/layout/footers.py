"""Rows below the data that are none: totals, notes, sources.

A record taken for a footer would be lost, so much has to speak for one: a label such as "Total"
before numbers that may add the others up; a lone text such as "Source: ..."; rows much narrower
than the records that follow a blank row and read like notes, or that hold words where the records
have numbers and dates.
"""

from collections.abc import Iterable, Sequence
from statistics import median_high

from importer.sheets.layout.amounts import adds_up
from importer.sheets.layout.excerpt import Excerpt
from importer.sheets.layout.footer_words import is_note, is_total, may_be_note
from importer.sheets.layout.likeness import Likeness, is_value
from importer.sheets.table import Footer, NumberedRow

ROWS_LOOKED_AT = 100  # at the end of a table
_NARROW = 1 / 3  # of the cells that most rows fill
_STEADY = 0.9  # of the records fill a column, so that it is odd to leave it blank
_STEADY_COLUMNS = 4  # at least, before leaving them blank tells anything
_RECORDS = 3  # at least, likewise
_WORDS_OF_A_SENTENCE = 6


def find(tail: Sequence[NumberedRow]) -> Footer | None:
    """The footer that the table ends in, if any; `tail` are its last 100 rows, or all."""
    rows = Excerpt.of(tail)
    usual = median_high(map(rows.width, range(len(rows)))) if len(rows) else 0
    start = len(rows)
    while start > 1 and _may_belong(rows, start - 1, usual):
        start -= 1
    for first in range(start, len(rows)):
        if _is_told(rows, first, usual):
            return _footer(rows, first)
    return None


def _may_belong(rows: Excerpt, row: int, usual: int) -> bool:
    return (
        rows.width(row) <= _NARROW * usual
        or _is_lone_note(rows, row, usual)
        or any(map(is_total, rows.texts(row)))
    )


def _is_told(rows: Excerpt, first: int, usual: int) -> bool:
    """Whether there is reason enough to take all rows from `first` on for a footer."""
    if _is_total(rows, first) or _is_lone_note(rows, first, usual):
        return True
    if any(rows.width(row) > _NARROW * usual for row in range(first, len(rows))):
        return False
    return _are_notes_apart(rows, first) or _are_out_of_place(rows, first)


def _is_total(rows: Excerpt, row: int) -> bool:
    """Whether a row has a label such as "Total", and else only numbers of which most are sums.

    Without numbers, the label must stand where the records have some.
    """
    labels = _columns(rows, row, Likeness.WORDS)
    numbers = _columns(rows, row, Likeness.NUMBER, Likeness.YEAR)
    gaps = _columns(rows, row, Likeness.GAP)
    if len(labels) != 1 or not is_total(rows.text(row, labels[0])):
        return False
    if len(labels + numbers + gaps) < rows.width(row):
        return False
    if not numbers:
        return is_value(rows.column(labels[0], 0, row))
    sums = [column for column in numbers if _is_sum(rows, row, column)]
    return 2 * len(sums) >= len(numbers)


def _is_sum(rows: Excerpt, row: int, column: int) -> bool:
    above = [rows.text(other, column) for other in range(row)]
    return adds_up(rows.text(row, column), above, all_seen=len(rows) < ROWS_LOOKED_AT)


def _columns(rows: Excerpt, row: int, *likenesses: Likeness) -> list[int]:
    return [column for column in rows.filled(row) if rows.at(row, column) in likenesses]


def _is_lone_note(rows: Excerpt, row: int, usual: int) -> bool:
    """Whether a row holds one text only, which says itself that it is a note."""
    if rows.width(row) != 1 or usual < 2:
        return False
    (column,) = rows.filled(row)
    alike = any(is_note(rows.text(above, column)) for above in _wide(rows, row, usual))
    return is_note(rows.text(row, column)) and not alike


def _wide(rows: Excerpt, end: int, usual: int) -> Iterable[int]:
    return (row for row in range(end) if rows.width(row) > _NARROW * usual)


def _are_notes_apart(rows: Excerpt, first: int) -> bool:
    """Whether a blank row comes before, and what follows up to the next reads like notes."""
    if rows.adjoins(first):
        return False
    end = next((row for row in range(first + 1, len(rows)) if not rows.adjoins(row)), len(rows))
    return any(_reads_like_note(rows, row, first) for row in range(first, end))


def _reads_like_note(rows: Excerpt, row: int, first: int) -> bool:
    column = rows.filled(row)[0]
    text = rows.text(row, column)
    longest = max(len(rows.text(above, column)) for above in range(first))
    sentence = len(text.split()) >= _WORDS_OF_A_SENTENCE and len(text) > 1.5 * longest
    return may_be_note(text) or sentence or _is_out_of_place(rows, row, first)


def _is_out_of_place(rows: Excerpt, row: int, first: int) -> bool:
    """Whether a row has words where all rows before `first` have values."""
    return any(
        is_value(rows.column(column, 0, first)) for column in _columns(rows, row, Likeness.WORDS)
    )


def _are_out_of_place(rows: Excerpt, first: int) -> bool:
    """Whether the rows leave blank what records fill, and words stand in columns of values.

    Half of the rows are odd at least: with such a word, or without anything in the first column.
    """
    steady = [column for column in _all_columns(rows) if _is_steady(rows, column, first)]
    if first < _RECORDS or len(steady) < _STEADY_COLUMNS:
        return False
    below = range(first, len(rows))
    out_of_place = [row for row in below if _is_out_of_place(rows, row, first)]
    odd = [row for row in below if row in out_of_place or not rows.text(row, steady[0])]
    most = len(steady) * _NARROW
    bare = all(len(set(steady) & set(rows.filled(row))) <= most for row in below)
    return bare and bool(out_of_place) and 2 * len(odd) >= len(below)


def _all_columns(rows: Excerpt) -> range:
    return range(max(len(cells) for _, cells in rows.rows))


def _is_steady(rows: Excerpt, column: int, end: int) -> bool:
    return sum(bool(rows.text(row, column)) for row in range(end)) >= _STEADY * end


def _footer(rows: Excerpt, first: int) -> Footer:
    numbers = tuple(number for number, _ in rows.rows[first:])
    totals = [row for row in range(first, len(rows)) if _is_total(rows, row)]
    what = "a total" if totals else "notes"
    if 0 < len(totals) < len(numbers):
        what = "a total and notes"
    if len(numbers) == 1:
        what = what.replace("notes", "a note")
        return Footer(numbers, f"Row {numbers[0]} reads like {what}, so it is left out.")
    return Footer(
        numbers, f"Rows {numbers[0]} to {numbers[-1]} read like {what}, so they are left out."
    )
