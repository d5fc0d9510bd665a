"""The text of a file as UTF-8, taken piece by piece from the top."""

import codecs
from collections.abc import Iterator
from typing import IO

from importer.sheets.table import UnreadableFile

_LONGEST_LINE = 16 * 1024**2
_MARK = 4  # bytes at most
_STEP = 256 * 1024  # bytes to read at once: few enough to need no fresh memory each time


class Feed:
    """What is read and not yet taken; it ends with a line end where the file ends.

    Without its byte order mark and without NUL characters, which nobody sees. A letter that
    the encoding lacks is passed on as a byte that is no UTF-8: who reads the records knows in
    which row it stands.
    """

    def __init__(self, file: IO[bytes], encoding: str, at_once: int = 256 * 1024) -> None:
        self._file = file
        self._at_once = at_once  # bytes, where lines are asked for
        self.encoding = encoding
        self._decoder = _decoder(encoding)
        self._read = b""
        self._position = 0  # of what is taken
        self._begun = False
        self.offset = 0  # in UTF-8 bytes from the top
        self._ended = False  # nothing is left to read, though perhaps to take

    def ahead(self, size: int) -> bytes:
        """The next `size` bytes, or what is left of the file."""
        if len(self._read) - self._position < size:
            self._fill(size)
        return self._read[self._position : self._position + size]

    def take(self, size: int) -> None:
        """Go on after the next `size` bytes of what is read."""
        self._position += size
        self.offset += size

    def give_back(self, taken: list[memoryview]) -> None:
        """What was taken last is not taken after all."""
        text = b"".join(taken)
        self._read, self._position = text + self._read[self._position :], 0
        self.offset -= len(text)

    def lines(self) -> Iterator[bytes]:
        """Lines with their ends; each is taken as it is given."""
        size = self._at_once
        while lines := self.ahead(size).splitlines(keepends=True):
            if not self._ended or len(self._read) - self._position > size:
                lines.pop()  # it may go on
            for line in lines:
                self.take(len(line))
                yield line
            size = self._at_once if lines else 2 * size
            if size > _LONGEST_LINE:
                raise UnreadableFile("This file has a line too long to be a row of a spreadsheet.")

    def _fill(self, size: int) -> None:
        """Read on, until `size` bytes are not taken yet or the file ends."""
        pieces = [self._read[self._position :]]
        missing = size - len(pieces[0])
        while missing > 0 and not self._ended:
            pieces.append(self._next(min(max(missing, _MARK), _STEP)))
            missing -= len(pieces[-1])
        self._read, self._position = b"".join(pieces), 0
        if self._ended and self._read and self._read[-1:] not in b"\r\n":
            self._read += b"\n"

    def _next(self, size: int) -> bytes:
        text = self._file.read(size)
        self._ended = not text
        if self._decoder:
            letters = self._decoder.decode(text, final=self._ended)
            text = letters.encode("utf-8", "surrogateescape")
        if text and not self._begun:
            self._begun = True
            text = text.removeprefix(codecs.BOM_UTF8)
        return text.replace(b"\x00", b"") if b"\x00" in text else text


def _decoder(encoding: str) -> codecs.IncrementalDecoder | None:
    """None for UTF-8, which stays as it is."""
    try:
        if codecs.lookup(encoding).name in ("utf-8", "utf-8-sig", "ascii"):
            return None
        return codecs.getincrementaldecoder(encoding)(_PASSED_ON)
    except LookupError as error:
        raise UnreadableFile(
            f"There is no encoding called {encoding}. Choose another one."
        ) from error


def _pass_on(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\udcff", error.end  # which becomes the byte 0xFF


_PASSED_ON = "importer.passed-on"
codecs.register_error(_PASSED_ON, _pass_on)
