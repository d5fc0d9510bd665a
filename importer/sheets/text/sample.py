"""A few stretches of a text file, from its top and from further down."""

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from importer.sheets.table import UnreadableFile

_TOP = 256 * 1024  # bytes
_FURTHER_DOWN = 64 * 1024
_READ = 1024**2
_PLACES = (1 / 3, 2 / 3, 0.95)  # of the file


def stretches(path: Path, encoding: str) -> list[str]:
    """Whole lines, each stretch on its own; all of a small file, else its top first.

    Whether one from further down begins within quotes nobody knows. Raises `UnreadableFile`
    where the top cannot be read so.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        top = file.read(_TOP)
        if size <= _TOP:
            return [_decoded(top, encoding, final=True)]
        places = [int(size * place) // 4 * 4 for place in _PLACES]
        further = []
        for place in places:
            file.seek(place)
            further.append(file.read(_FURTHER_DOWN))
    whole = _decoded(top, encoding, final=False)
    return [_to_last_line_end(whole), *_further(further, plain(encoding, top))]


def around(path: Path, encoding: str, letters: str) -> Iterator[str]:
    """A stretch around the first place where `letters` stand, if anywhere."""
    with path.open("rb") as file:
        encoding = plain(encoding, file.read(4))
        sought = letters.encode(encoding)
        found = _place(file, sought)
        if found is not None:
            file.seek(max(found - _FURTHER_DOWN // 2, 0) // 4 * 4)
            yield from _further([file.read(_FURTHER_DOWN)], encoding)


def _place(file: IO[bytes], sought: bytes) -> int | None:
    """How many bytes before it."""
    passed, rest = file.seek(0), b""
    while read := file.read(_READ):
        text = rest + read
        if sought[:1] in text and (found := text.find(sought)) >= 0:  # one byte is found fast
            return passed - len(rest) + found
        passed += len(read)
        rest = text[1 - len(sought) :]
    return None


def plain(encoding: str, head: bytes) -> str:
    """The encoding with its byte order, for use amid a file that begins with `head`."""
    name = codecs.lookup(encoding).name
    if name not in ("utf-16", "utf-32"):
        return encoding
    big = head.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE))
    return f"{name}-{'be' if big else 'le'}"


def _decoded(raw: bytes, encoding: str, *, final: bool) -> str:
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(raw, final)
    except (UnicodeError, LookupError) as error:
        raise UnreadableFile(
            f"This file cannot be read as {encoding}."
            " Choose another encoding, or save the file as CSV UTF-8 and upload it again."
        ) from error
    return text.removeprefix("\ufeff")


def _further(pieces: list[bytes], encoding: str) -> Iterator[str]:
    for piece in pieces:
        text = piece.decode(encoding, errors="replace").replace("\r\n", "\n")
        yield _to_last_line_end(text.partition("\n")[2])


def _to_last_line_end(text: str) -> str:
    return text[: max(text.rfind("\n"), text.rfind("\r")) + 1] or text
