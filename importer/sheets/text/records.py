"""The records of a text file one by one, however ill-formed, as Python's `csv` reads them.

A quotation mark within a cell that does not begin with one is a letter like any other, as in
Excel; any line end divides records, be it a lone carriage return.
"""

import csv
import re
from collections.abc import Iterator

from importer.sheets.table import NumberedRow, UnreadableFile
from importer.sheets.text.encoding import label
from importer.sheets.text.feed import Feed

LONGEST_CELL = 16 * 1024**2  # characters
_END = "\x03end of file\x03"  # a line of our own after the last one: within quotes, it shows

csv.field_size_limit(LONGEST_CELL)


class Records:
    """The records of a feed, numbered from 1 with blank ones counted.

    `escape` may precede a quotation mark or itself; before anything else it is a letter.
    """

    def __init__(self, feed: Feed, delimiter: str, escape: str | None) -> None:
        self._feed = feed
        self._delimiter = delimiter
        self._escape = escape
        self.number = 0  # of the last one taken

    def upto(self, offset: int) -> Iterator[NumberedRow]:
        """Those that begin before `offset` in the feed; each is taken as it is given."""
        reader = csv.reader(
            _lines(self._feed, self._escape), delimiter=self._delimiter, escapechar=self._escape
        )
        while self._feed.offset < offset and (record := self._next(reader)) != [_END]:
            self.number += 1
            yield self.number, record

    def _next(self, reader: Iterator[list[str]]) -> list[str]:
        try:
            record = next(reader)
        except csv.Error as error:
            raise self._unclosed() from error
        except UnicodeDecodeError as error:
            raise UnreadableFile(
                f"Row {self.number + 1:,} holds letters that cannot be read as"
                f" {label(self._feed.encoding)}. Choose another encoding, or save the file as"
                " CSV UTF-8 and upload it again."
            ) from error
        if record and record != [_END] and record[-1].endswith(_END):
            raise self._unclosed()
        return record

    def _unclosed(self) -> UnreadableFile:
        return UnreadableFile(
            f'In row {self.number + 1:,} a quotation mark (") opens a cell and none closes it, so'
            " the rows after it cannot be told apart. Correct that cell and upload the file again."
        )


def _lines(feed: Feed, escape: str | None) -> Iterator[str]:
    for line in feed.lines():
        text = line.decode()
        yield _escapes_doubled(text, escape) if escape and escape in text else text
    yield _END


def _escapes_doubled(line: str, escape: str) -> str:
    """`csv` drops an escape before any letter; one that precedes neither a quotation mark nor
    itself is to stay."""
    sign = re.escape(escape)
    return re.sub(f'{sign}(["{sign}]?)', lambda found: escape + (found[1] or escape), line)
