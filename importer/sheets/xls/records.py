"""The records that an .xls workbook consists of: [MS-XLS] 2.3 names and numbers them."""

import re
from collections.abc import Iterator
from enum import IntEnum

import numpy as np

from importer.sheets.biff.chain import follow, likely_starts
from importer.sheets.buffers import PADDING, Ints, fields

HEAD = 4  # bytes of a record before its body
_LIKELY = re.compile(rb"[\xfd\x7e\x03\x08](?:\x00\x0a|\x02[\x0a\x0e\x10])\x00")


class Type(IntEnum):
    """Records by their number."""

    FORMULA = 0x06
    EOF = 0x0A
    DATE_MODE = 0x22
    FILE_PASS = 0x2F
    CONTINUE = 0x3C
    CODE_PAGE = 0x42
    BOUND_SHEET = 0x85
    MUL_RK = 0xBD
    RICH_STRING = 0xD6
    XF = 0xE0
    MERGE_CELLS = 0xE5
    SST = 0xFC
    LABEL_SST = 0xFD
    NUMBER = 0x203
    LABEL = 0x204
    BOOL_ERR = 0x205
    STRING = 0x207
    RK = 0x27E
    FORMULA_OF_3 = 0x206  # how Excel 3 and 4 call it, and some programs still do
    FORMULA_OF_4 = 0x406
    FORMAT = 0x41E
    BOF = 0x809


class Records:
    """A workbook's stream, as a chain of records. Index its number fields by the byte."""

    def __init__(self, stream: bytes) -> None:
        self.end = len(stream)
        self.buffer = stream + PADDING
        self.bytes = fields(self.buffer, "<u1")
        self.words = fields(self.buffer, "<u2")
        self.longs = fields(self.buffer, "<u4")
        self.doubles = fields(self.buffer, "<f8")

    def size(self, at: int) -> int:
        return HEAD + int.from_bytes(self.buffer[at + 2 : at + HEAD], "little")

    def sizes(self, at: Ints) -> Ints:
        return HEAD + self.words[at + 2].astype(np.int64)

    def substream(self, begin: int, end: int) -> Ints:
        """Where each record starts from the BOF at `begin` to its EOF, inner substreams left out.

        `LookupError` for what does not end before `end`.
        """
        end = min(end, self.end)
        likely = likely_starts(_LIKELY, self.buffer, begin, end)
        starts = follow(self, begin, end, likely)[:-1]
        types = self.words[starts]
        kept: list[Ints] = []
        depth = after = 0
        for mark in np.flatnonzero((types == Type.BOF) | (types == Type.EOF)).tolist():
            if depth == 1:
                kept.append(starts[after:mark])
            depth += 1 if types[mark] == Type.BOF else -1
            after = mark + 1
            if depth == 0:
                return np.concatenate(kept)
        raise LookupError("a substream that does not end")

    def one_by_one(self, begin: int) -> Iterator[tuple[int, int]]:
        """Type and start of each record from `begin` on, to the first EOF."""
        at = begin
        while (kind := self.type(at)) != Type.EOF:
            yield kind, at
            at += self.size(at)
            if at >= self.end:
                raise LookupError("a substream that does not end")

    def word(self, at: int, offset: int) -> int:
        """The number in two bytes at `offset` in the body of a record."""
        return int(self.words[at + HEAD + offset])

    def type(self, at: int) -> int:
        return int.from_bytes(self.buffer[at : at + 2], "little")

    def body(self, at: int) -> bytes:
        return self.buffer[at + HEAD : at + self.size(at)]

    def bodies(self, at: int) -> list[bytes]:
        """The body of the record at `at`, and of those that continue it."""
        found = [self.body(at)]
        while self.type(at := at + self.size(at)) == Type.CONTINUE:
            found.append(self.body(at))
        return found
