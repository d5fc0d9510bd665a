"""Text files: which delimiter divides them, and their records one by one."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import IO

from importer.sheets.table import NumberedRow, UnreadableFile

DELIMITERS = {",": "Commas", ";": "Semicolons", "\t": "Tabs", "|": "Vertical bars"}

_SAMPLE_CHARACTERS = 256 * 1024
_SAMPLE_RECORDS = 500
_LONGEST_LINE = 16 * 1024**2
_END = "\x03end of file\x03"  # a line of our own after the last one: within quotes, it shows


def detect_delimiter(path: Path, encoding: str) -> tuple[str, str]:
    """The delimiter, and the reason as a sentence."""
    sample = _sample(path, encoding)
    first_line = sample.partition("\n")[0].strip(' \r\n"')
    if first_line.lower().startswith("sep=") and first_line[4:] in DELIMITERS:
        return first_line[4:], "The first line of the file says so."
    widths = {delimiter: _widths(sample, delimiter) for delimiter in DELIMITERS}
    agreeing = {delimiter: _agreement(found) for delimiter, found in widths.items()}
    best = max(DELIMITERS, key=lambda delimiter: agreeing[delimiter])
    share, width = agreeing[best]
    if not share:
        return ",", "No delimiter divides the rows alike, so each row is one cell."
    records = len(widths[best])
    return best, (
        f"{DELIMITERS[best]} divide {round(share * records):,} of the first {records:,} rows"
        f" into {width} columns each."
    )


def records(path: Path, encoding: str, delimiter: str) -> Iterator[NumberedRow]:
    """The records that hold anything, numbered from 1 with blank ones counted.

    A quoted line break stays inside its record, as in Excel. A `sep=` line is not yielded.
    """
    number = 0
    try:
        with _open(path, encoding) as file:
            for number, record in enumerate(csv.reader(_lines(file), delimiter=delimiter), start=1):
                if record and record[-1].endswith(_END):
                    break
                if any(record) and not (number == 1 and _is_delimiter_hint(record, delimiter)):
                    yield number, record
    except csv.Error as error:
        raise UnreadableFile(_unclosed(number + 1)) from error
    except (UnicodeError, LookupError) as error:
        raise UnreadableFile(
            f"Some letters after row {number:,} cannot be read as {encoding}."
            " Choose another encoding, or save the file as CSV UTF-8 and upload it again."
        ) from error
    if number and record != [_END]:
        raise UnreadableFile(_unclosed(number))


def _open(path: Path, encoding: str) -> IO[str]:
    """The text without its mark; line ends are left to `csv`, which knows which are quoted."""
    return path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="")


def _lines(file: IO[str]) -> Iterator[str]:
    while line := file.readline(_LONGEST_LINE + 1):
        if len(line) > _LONGEST_LINE:
            raise UnreadableFile("This file has a line too long to be a row of a spreadsheet.")
        yield line
    yield _END


def _is_delimiter_hint(record: list[str], delimiter: str) -> bool:
    return delimiter.join(record).lower() == f"sep={delimiter}"


def _unclosed(number: int) -> str:
    return (
        f'In row {number:,} a quotation mark (") opens a cell and none closes it, so the rows after'
        " it cannot be told apart. Correct that cell and upload the file again."
    )


def _sample(path: Path, encoding: str) -> str:
    """Whole lines from the top of the file."""
    try:
        with _open(path, encoding) as file:
            sample = file.read(_SAMPLE_CHARACTERS)
            return sample + file.readline(_SAMPLE_CHARACTERS)
    except (UnicodeError, LookupError) as error:
        raise UnreadableFile(
            f"This file cannot be read as {encoding}."
            " Choose another encoding, or save the file as CSV UTF-8 and upload it again."
        ) from error


def _widths(sample: str, delimiter: str) -> list[int]:
    """How many cells each of the first records has that is not blank."""
    reader = csv.reader(StringIO(sample, newline=""), delimiter=delimiter)
    return [len(record) for record in islice(_until_broken(reader), _SAMPLE_RECORDS) if any(record)]


def _until_broken(reader: Iterable[list[str]]) -> Iterator[list[str]]:
    """A delimiter that is not the file's may leave quotes unclosed: what came before counts."""
    try:
        yield from reader
    except csv.Error:
        return


def _agreement(widths: list[int]) -> tuple[float, int]:
    """The share of records of the commonest width, and that width; nothing below two columns."""
    counts = Counter(width for width in widths if width > 1)
    if not counts:
        return 0.0, 0
    width, count = max(counts.items(), key=lambda item: (item[1], item[0]))
    return count / len(widths), width
