"""The texts that cells share, read no further than cells ask for, kept in a file out of the way."""

import mmap
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import cast

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from importer.sheets.cells import unescape
from importer.sheets.xlsx.inflate import ahead, pieces
from importer.sheets.xlsx.markup import Parser, shortcuts
from importer.sheets.xlsx.packed import Content, end_to_end, unpacked
from importer.sheets.xlsx.parsed import StringsMarkup
from importer.sheets.xlsx.spans import text_spans
from importer.sheets.xlsx.tags import Grammar, Odd, Piece

_OPENING, _CLOSING = re.compile(rb"<sst[^>]*>"), b"</si>"
_FIRST, _SIZE = 256 * 1024, 2 * 1024**2  # bytes of XML at once
_STRINGS = Grammar(
    codes={"si": ["si"], "/si": ["/s"]},
    pairs={"si": ["t"], "/t": ["/si"], "/si": ["si"]},
    texts=["t"],
)


class SharedStrings:
    """A table of texts; ask by place, from 0. `IndexError` for one that is not there."""

    def __init__(self, buffers: Iterable[bytes] = ()) -> None:
        self._more = ahead(_texts(pieces(iter(buffers), _CLOSING, _FIRST, _SIZE)))
        self._contents, self._ends = _Store(), _Store()
        self._ends.add(np.zeros(1, np.int64))
        self._count = 0

    def close(self) -> None:
        self._more.close()
        self._contents.close()
        self._ends.close()

    def take(self, places: NDArray[np.int64]) -> pl.Series:
        """The texts at so many places."""
        if not len(places):
            return pl.Series(dtype=pl.String)
        if places.min() < 0:
            raise IndexError("a text before the first")
        self._read_to(int(places.max()))
        with self._ends.mapped() as ends, self._contents.mapped() as contents:
            return pl.Series(end_to_end(contents, ends, self._count).take(places))

    def _read_to(self, place: int) -> None:
        while place >= self._count:
            texts = next(self._more, None)
            if texts is None:
                raise IndexError(f"there are {self._count} texts")
            self._add(texts)

    def _add(self, texts: pl.Series) -> None:
        content, ends = unpacked(cast("pa.LargeStringArray", texts.to_arrow()))
        self._ends.add(ends + self._contents.size)
        self._contents.add(content)
        self._count += len(ends)


class _Store:
    """Bytes put aside in a file that has no name and goes with the process."""

    def __init__(self) -> None:
        self.size = 0
        self._file = TemporaryFile()  # noqa: SIM115 - closed by `close`

    def close(self) -> None:
        self._file.close()

    def add(self, content: Content) -> None:
        self.size += self._file.write(memoryview(cast("bytes", content)))

    @contextmanager
    def mapped(self) -> Iterator[Content]:
        """All bytes so far. What was looked at leaves our memory again, not the system's cache."""
        self._file.flush()
        if not self.size:
            yield b""
            return
        content = mmap.mmap(self._file.fileno(), self.size, access=mmap.ACCESS_READ)
        yield content
        content.madvise(mmap.MADV_DONTNEED)


def _texts(contents: Iterator[bytes]) -> Iterator[pl.Series]:
    """The texts of a part, many at a time: at once where they are plain, else one by one."""
    markup = StringsMarkup()
    parser = Parser(markup)
    for content, in_order in shortcuts(parser, markup, contents, _OPENING):
        try:
            if not in_order:
                raise Odd("not between texts")
            yield _plain_texts(Piece(content))
        except Odd:
            parser.feed(content)
            yield pl.Series([unescape(text) for text in markup.take()], dtype=pl.String)
    parser.finish()


def _plain_texts(piece: Piece) -> pl.Series:
    places, tags = _STRINGS.read(piece, first="si", last="/si")
    texts = np.flatnonzero(_STRINGS.opens_text.take(tags))
    return text_spans(_STRINGS, piece, places, tags, texts).texts()
