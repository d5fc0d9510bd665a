"""The words of a text file that are not UTF-8, for people and programs to judge by."""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa

_CHUNK = 1024**2
_ENOUGH_LINES = 60  # of a chunk that is not UTF-8, and of all those that are
_MOST_BYTES = 16 * 1024  # of different words, about the same from every chunk
_LEAST_PER_CHUNK = 128

# None of these is ever part of a letter of several bytes.
_BETWEEN_WORDS = re.compile(rb'[,;\t\r\n" ]+')
_LONGEST_WORD = 80


@dataclass(slots=True)
class Foreign:
    """What of a file is not UTF-8."""

    words: dict[bytes, None] = field(default_factory=dict)  # different ones, in order
    bytes_used: set[int] = field(default_factory=set)  # beyond ASCII; a word shows each of them
    bad_lines: int = 0  # that are not UTF-8, or so many of them
    good_lines: int = 0  # that are UTF-8 and not ASCII, or so many of them
    good_word: bytes = b""  # of one of these
    first_bad: int = 0  # line with a word that is not UTF-8, from 1
    escapes: bool = False  # ISO-2022-JP: ASCII bytes that switch to another alphabet

    @property
    def mostly_utf8(self) -> bool:
        """Lines that are UTF-8 by chance are rare."""
        return self.good_lines >= self.bad_lines


def find(path: Path) -> Foreign:
    """Look through all of the file."""
    found = Foreign()
    room = max(_MOST_BYTES * _CHUNK // max(path.stat().st_size, _CHUNK), _LEAST_PER_CHUNK)
    with path.open("rb") as file:
        for chunk in _chunks(file):
            if chunk.isascii():
                found.escapes = found.escapes or b"\x1b$B" in chunk or b"\x1b$@" in chunk
            elif _is_utf8(chunk):
                _note_good(found, chunk)
            else:
                _note_bad(found, chunk, room)
    if found.words:
        found.first_bad = _line(path, next(iter(found.words)))
    return found


def _line(path: Path, word: bytes) -> int:
    """The number of the first line with `word`, from 1."""
    passed = 1
    with path.open("rb") as file:
        for chunk in _chunks(file):
            before, here, _ = chunk.partition(word)
            passed += before.count(b"\n")
            if here:
                break
    return passed


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    """The file in pieces that end with a line, so that they end with a letter."""
    rest = b""
    while read := file.read(_CHUNK):
        head, end, tail = read.rpartition(b"\n")
        if end:
            yield rest + head + end
            rest = tail
        else:
            rest += read
    if rest:
        yield rest


def _is_utf8(text: bytes) -> bool:
    """Arrow tells it of large pieces several times as fast as Python."""
    ends = pa.py_buffer(struct.pack("ii", 0, len(text)))
    try:
        pa.Array.from_buffers(pa.string(), 1, [None, ends, pa.py_buffer(text)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _note_good(found: Foreign, chunk: bytes) -> None:
    if found.good_lines < _ENOUGH_LINES:
        for line in chunk.splitlines():
            if not line.isascii():
                _note_good_line(found, line)


def _note_good_line(found: Foreign, line: bytes) -> None:
    found.good_lines += 1
    found.good_word = found.good_word or next(_foreign_words(line))


def _note_bad(found: Foreign, chunk: bytes, room: int) -> None:
    _note_new_bytes(found, chunk)
    enough = found.bad_lines + _ENOUGH_LINES
    for line in chunk.splitlines():
        if line.isascii():
            continue
        if _is_utf8(line):
            _note_good_line(found, line)
            continue
        found.bad_lines += 1
        for word in _foreign_words(line):
            if room > 0 and _note_word(found, word):
                room -= len(word)
        if room <= 0 or found.bad_lines == enough:
            return


def _note_new_bytes(found: Foreign, chunk: bytes) -> None:
    """A word for every byte not met before, wherever in the chunk it stands."""
    used = np.bincount(np.frombuffer(chunk, np.uint8), minlength=256).nonzero()[0]
    for byte in set(used[used > 127].tolist()) - found.bytes_used:
        found.bytes_used.add(byte)
        place = chunk.find(byte)
        start = max(place - _LONGEST_WORD, 0)
        before = _BETWEEN_WORDS.split(chunk[start:place])[-1]
        after = _BETWEEN_WORDS.split(chunk[place : place + _LONGEST_WORD])[0]
        _note_word(found, before + after)


def _note_word(found: Foreign, word: bytes) -> bool:
    """Whether it is a new one that is not UTF-8."""
    new = word not in found.words and not _is_utf8(word)
    if new:
        found.words[word] = None
    return new


def _foreign_words(line: bytes) -> Iterator[bytes]:
    for word in _BETWEEN_WORDS.split(line):
        if not word.isascii():
            yield word[:_LONGEST_WORD]
