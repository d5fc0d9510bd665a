"""How many rows a header has: names below group names, as merged cells or gaps tell."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from importer.sheets.block import Merged
from importer.sheets.layout.excerpt import Excerpt
from importer.sheets.layout.likeness import Likeness, is_value

_MOST_ROWS = 10
_NAMES = (Likeness.WORDS, Likeness.YEAR)


def extent(top: Excerpt, row: int, merged: Sequence[Merged]) -> tuple[int, int]:
    """The first and the last row of the header that `row` belongs to."""
    first = _merged_from_above(top, row, merged)
    if _groups(top, first - 1, merged):
        first -= 1
    last = _merged_down(top, first, row, merged)
    while last - first < _MOST_ROWS and _names_more(top, last, merged):
        last += 1
    return first, last


def _merged_from_above(top: Excerpt, row: int, merged: Sequence[Merged]) -> int:
    """The row where cells begin that reach down into `row`."""
    number = top.number(row)
    tops = {cell.top for cell in merged if cell.top < number <= cell.bottom}
    return next((above for above in range(row) if top.number(above) in tops), row)


def _merged_down(top: Excerpt, first: int, last: int, merged: Sequence[Merged]) -> int:
    """The last row of names that cells of the header reach down to."""
    start, end = top.number(first), top.number(last)
    reach = max((cell.bottom for cell in merged if start <= cell.top <= end), default=end)
    below = [row for row in range(last + 1, len(top)) if top.number(row) <= reach]
    if not below or reach - start > _MOST_ROWS or not all(_are_names(top, row) for row in below):
        return last
    return _merged_down(top, first, below[-1], merged)


def _are_names(top: Excerpt, row: int) -> bool:
    return all(top.at(row, column) in _NAMES for column in top.filled(row))


def _groups(top: Excerpt, row: int, merged: Sequence[Merged]) -> bool:
    """Whether a row above a row of names says what groups of these have in common.

    Most groups have several names. Without merged cells that is not enough, for a title and a
    date stand so too: then names must come again from group to group, or stand left of them.
    """
    if row < 0 or not top.adjoins(row + 1) or not _are_names(top, row):
        return False
    if top.adjoins(row) and top.width(row - 1) > 1:
        return False
    names = top.filled(row + 1)
    groups = _spans(top, row, names[-1] + 1, merged)
    several = [group for group in groups if len(group) > 1]
    if not several or 2 * len(several) < len(groups):
        return False
    if any(column not in names for group in several for column in group):
        return False
    aside = groups[0][0] > names[0]
    if _across(top, row, merged):
        return aside or len(groups) > 1
    return len(groups) > 1 and (aside or _repeat(top.texts(row + 1)))


def _spans(top: Excerpt, row: int, width: int, merged: Sequence[Merged]) -> list[range]:
    """The columns that each label of a row stands for: those merged, or up to the next label."""
    across = _across(top, row, merged)
    if across:
        wide = {cell.left - 1: cell.right for cell in across}
        return [range(column, wide.get(column, column + 1)) for column in top.filled(row)]
    labels = [c for c in top.filled(row) if not c or top.text(row, c) != top.text(row, c - 1)]
    starts = [*labels, width]
    return [range(start, max(end, start + 1)) for start, end in pairwise(starts)]


def _across(top: Excerpt, row: int, merged: Iterable[Merged]) -> list[Merged]:
    """The cells of a row that are merged across columns."""
    return [cell for cell in merged if cell.top == top.number(row) and cell.right > cell.left]


def _repeat(names: Sequence[str]) -> bool:
    return len(set(names)) < len(names)


def _names_more(top: Excerpt, row: int, merged: Sequence[Merged]) -> bool:
    """Whether the row below a header row names what lies under groups, or says the unit."""
    below = row + 1
    if below >= len(top) or not top.adjoins(below) or not _are_names(top, below):
        return False
    filled = top.filled(below)
    alone = [column for column in top.filled(row) if column not in filled]
    across = _across(top, row, merged)
    if across:
        under = {column for cell in across for column in range(cell.left - 1, cell.right)}
        besides = set(filled) - under
        all_named = under <= set(filled) and not besides & set(top.filled(row))
        return all_named and not _repeat_within(top, below, across)
    values = [column for column in filled if is_value(top.column(column, below + 1))]
    if len(values) > 1 and values == filled:
        return bool(alone)
    if tells_apart(top, below):
        return True
    gaps = [column for column in filled if column not in top.filled(row)]
    return bool(alone and gaps) and _repeat(top.texts(below)) and not _recur(top, below)


def tells_apart(top: Excerpt, row: int) -> bool:
    """Whether names over columns of values tell apart labels that repeat in the row above."""
    if not 0 < row < len(top) or not top.adjoins(row) or not _are_names(top, row):
        return False
    labelled = top.filled(row - 1)
    named = {(top.text(row - 1, column), top.text(row, column)) for column in labelled}
    values = [column for column in labelled if is_value(top.column(column, row + 1))]
    return (
        _are_names(top, row - 1)
        and _repeat(top.texts(row - 1))
        and set(labelled) <= set(top.filled(row))
        and len(named) == len(labelled)
        and len(values) > 1
    )


def _repeat_within(top: Excerpt, row: int, groups: Iterable[Merged]) -> bool:
    return any(
        _repeat([top.text(row, column) for column in range(cell.left - 1, cell.right)])
        for cell in groups
    )


def _recur(top: Excerpt, row: int) -> bool:
    """Whether a row's texts come again further down in their columns, as values do."""
    return any(
        top.text(row, column) == top.text(below, column)
        for column in top.filled(row)
        for below in range(row + 1, len(top))
    )
