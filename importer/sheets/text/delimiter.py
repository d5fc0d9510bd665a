"""Which delimiter divides the records of a text file, and what escapes a quotation mark in it.

Of the delimiters that people use, the one wins that divides the records most alike into cells
that look whole: the row and type patterns of van den Burg, Nazábal and Sutton, "Wrangling messy
CSV files by detecting row and type patterns" (2019), made simple.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import chain, islice
from pathlib import Path

from importer.sheets.text import sample

DELIMITERS = {",": "Commas", ";": "Semicolons", "\t": "Tabs", "|": "Vertical bars"}
_RARE = {
    "^": "Carets",
    "~": "Tildes",
    ":": "Colons",
    "\x01": "Control characters (U+0001)",
    "\x1f": "Unit separators (U+001F)",
}
NAMES = DELIMITERS | _RARE
_ESCAPE = "\\"

_RECORDS = 500  # looked at in each stretch
_CELLS = 2_000  # looked at for each delimiter
_LONG = 200  # characters of a cell or a line, enough to see what it is
_HINT = re.compile(r'"?sep=([^\w\s"]|\t)"?', re.IGNORECASE)
_NUMBER = re.compile(r"[-+(]?[€$£¥]?\s?\d[\d.,'\s\u00a0\u202f]*\)?\s?[%€$£¥]?")
_MOMENT = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T]\d{1,2}:\d\d.*)?|\d{1,2}:\d\d(:\d\d.*)?")
_ADDRESS = re.compile(r"[^\s,;|]+@[^\s,;|]+|https?://[^\s|]+")
_PROSE = re.compile(r'(?=.*[^\W\d_])[^,;|\t"]+(, [^,;|\t"]+)+')  # with letters somewhere


@dataclass(frozen=True, slots=True)
class Division:
    """What divides the text of a file into cells."""

    delimiter: str
    reason: str  # a sentence


@dataclass(frozen=True, slots=True)
class _Look:
    """What records look like, divided by one delimiter."""

    delimiter: str
    records: int
    width: int  # that most records have
    alike: int  # records of that width
    divided: int  # records of two cells or more
    whole: float  # share of the cells that look like one thing

    @property
    def pattern(self) -> float:
        """More for many records alike, and for many cells in each."""
        return self.alike * (self.width - 1) / self.width * (0.1 + self.whole)


def detect(path: Path, encoding: str) -> Division:
    """The delimiter, with the reason for it."""
    stretches = sample.stretches(path, encoding)
    hint = _HINT.fullmatch(stretches[0].splitlines()[0].strip(" ")) if stretches[0] else None
    if hint:
        reason = "The first line of the file says so."
        return Division(hint[1], reason)
    look = _best(stretches)
    if look is None:
        delimiter = _absent(stretches)
        reason = "No delimiter divides the rows alike, so each row is one cell."
        return Division(delimiter, reason)
    return Division(
        look.delimiter,
        f"{NAMES[look.delimiter]} divide {look.alike:,} of {look.records:,} rows looked at into"
        f" {look.width} columns each.",
    )


def is_hint(record: Sequence[str], delimiter: str) -> bool:
    """Whether a file's first record is a line `sep=;`, which Excel takes for itself."""
    return bool(_HINT.fullmatch(delimiter.join(record).strip(" ")))


def _best(stretches: list[str]) -> _Look | None:
    """The delimiter to believe in; None where rows are better left whole."""
    looks = _looks(stretches, DELIMITERS)
    usual = [look for look in looks if _divides(look) or not look.records]  # only delimiters
    if usual:
        best = max(usual, key=lambda look: look.pattern)
        return None if _is_one_column(stretches[0], best) else best
    rare = [look for look in _looks(stretches, _RARE) if _divides_strictly(look)]
    if not rare or _are_whole(stretches[0]):
        return None
    return max(rare, key=lambda look: look.pattern)


def _absent(stretches: list[str]) -> str:
    """A delimiter that leaves every row whole."""
    marks = (mark for mark in NAMES if not any(mark in text for text in stretches))
    return next(marks, ",")


def _divides(look: _Look) -> bool:
    """Whether most records are divided, if not alike."""
    return look.width > 1 and (
        2 * look.alike >= look.records or 10 * look.divided >= 9 * look.records or look.alike > 5
    )


def _divides_strictly(look: _Look) -> bool:
    """Whether all records are alike; two parts with a colon are rather a name and its value."""
    return look.alike == look.records > 1 and look.width > 1 + (look.delimiter == ":")


def _looks(stretches: list[str], delimiters: dict[str, str]) -> list[_Look]:
    present = [mark for mark in delimiters if any(mark in text for text in stretches)]
    return [_look(stretches, mark) for mark in present]


def _look(stretches: list[str], delimiter: str) -> _Look:
    read = list(chain.from_iterable(_records(text, delimiter) for text in stretches))
    widths = Counter(map(len, read))
    del widths[1]
    width, alike = max(widths.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
    cells = list(islice(chain.from_iterable(read), _CELLS))
    whole = sum(_is_whole(cell, delimiter) for cell in cells) / max(len(cells), 1)
    return _Look(delimiter, len(read), width, alike, widths.total(), whole)


def _records(text: str, delimiter: str) -> list[list[str]]:
    """The first records of a stretch that are not blank."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    return list(islice(filter(any, _until_broken(reader)), _RECORDS))


def _until_broken(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """A delimiter that is not the file's may leave quotes unclosed: what came before counts."""
    try:
        yield from reader
    except csv.Error:
        return


def _is_whole(cell: str, delimiter: str) -> bool:
    """Whether it looks like one thing and not like several, or like a part of one."""
    start = cell[:_LONG]
    if _NUMBER.fullmatch(start) or _MOMENT.fullmatch(start) or _ADDRESS.fullmatch(start):
        return True
    others = "".join(mark for mark in DELIMITERS if mark != delimiter)
    return not re.search(rf'^ |"|[{others}](?! )', cell)


def _is_one_column(top: str, look: _Look) -> bool:
    """Whether what divides its lines is only a decimal comma, or that of "12 High St, York, UK"."""
    header, *values = _lines(top) or [""]
    if look.delimiter != "," or re.search('[,"]', header):
        return False
    kinds = [_PROSE, _NUMBER] if look.width == 2 else [_PROSE]
    return all(any(kind.fullmatch(line) for kind in kinds) for line in values)


def _are_whole(top: str) -> bool:
    """Whether most lines are times, addresses or the like as they are."""
    lines = _lines(top)
    return 2 * sum(bool(_MOMENT.fullmatch(x) or _ADDRESS.fullmatch(x)) for x in lines) > len(lines)


def _lines(top: str) -> list[str]:
    lines = filter(None, map(str.strip, top.splitlines()))
    return [line[:_LONG] for line in islice(lines, _RECORDS)]


def escape(path: Path, encoding: str, delimiter: str) -> str | None:
    """What precedes a quotation mark within quotes, if it is not doubled there.

    A backslash, if one stands before a mark amid a quoted cell: no line end or delimiter follows,
    as after a closing mark.
    """
    amid = re.compile(
        rf'(?:^|[\n{re.escape(delimiter)}])"(?:[^"]|"")*?\\"[^"\r\n{re.escape(delimiter)}]'
    )
    found = any(map(amid.search, sample.around(path, encoding, _ESCAPE + '"')))
    return _ESCAPE if found else None
