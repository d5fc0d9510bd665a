"""Which encoding a text file is written in, decided from all its bytes."""

import codecs
import unicodedata
from pathlib import Path

from charset_normalizer import from_bytes

from importer.sheets.table import UnreadableFile

_CHUNK = 1024**2
_SAMPLE = 64 * 1024

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

# What people's programs write, the likeliest first: it wins where two fit equally well.
ENCODINGS = {
    "cp1252": "Western European (Windows-1252)",
    "cp1250": "Central European (Windows-1250)",
    "cp1251": "Cyrillic (Windows-1251)",
    "cp1253": "Greek (Windows-1253)",
    "cp1255": "Hebrew (Windows-1255)",
    "cp1256": "Arabic (Windows-1256)",
    "koi8_r": "Cyrillic (KOI8-R)",
    "shift_jis": "Japanese (Shift-JIS)",
    "gb18030": "Chinese (GB 18030)",
    "big5": "Chinese (Big5)",
    "euc_kr": "Korean (EUC-KR)",
    "mac_roman": "Western European (Mac)",
}
_SYMBOLS = {"No", "Sc", "Sk", "Sm", "Cc"}  # a fraction or currency sign within a word is a misfit


def byte_order_mark(head: bytes) -> str | None:
    """The encoding that the first bytes of a file declare."""
    return next((name for mark, name in _MARKS.items() if head.startswith(mark)), None)


def detect(path: Path) -> tuple[str, str]:
    """The name of a Python codec, and the reason as a sentence."""
    with path.open("rb") as file:
        declared = byte_order_mark(file.read(4))
    if declared:
        return declared, f"The file begins with a mark that says {declared.upper()}."
    foreign = _lines_that_are_not_utf8(path)
    if not foreign:
        return "utf-8", "Every letter in the file reads as UTF-8."
    encoding = _likeliest(foreign)
    word = _telling_word(foreign.decode(encoding, errors="replace"))
    return encoding, f"It is not UTF-8. Read as {ENCODINGS[encoding]}, it says “{word}”."


def _lines_that_are_not_utf8(path: Path) -> bytes:
    """Lines with letters beyond ASCII, 64 KB at most, if the file is not UTF-8; else nothing."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    sample = bytearray()
    valid = True
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            valid = valid and _decodes(decoder, chunk, final=False)
            if len(sample) < _SAMPLE and not chunk.isascii():
                telling = (line for line in chunk.splitlines(keepends=True) if not line.isascii())
                sample += b"".join(telling)[:_SAMPLE]
            elif not valid:
                break
    valid = valid and _decodes(decoder, b"", final=True)
    return b"" if valid else bytes(sample)


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _likeliest(sample: bytes) -> str:
    """The encoding that makes the least mess of `sample`."""
    order = list(ENCODINGS)
    scores: dict[str, float] = {}
    for match in from_bytes(sample, cp_isolation=order):
        mess = round(match.chaos + _misfit(str(match)), 2)
        scores.update(dict.fromkeys(set(match.could_be_from_charset) & set(order), mess))
    if not scores:
        raise UnreadableFile(
            "The letters in this file cannot be read in any usual encoding."
            " Save it as CSV UTF-8, or as .xlsx, and upload it again."
        )
    return min(scores, key=lambda name: (scores[name], order.index(name)))


def _misfit(text: str) -> float:
    """The share of letters beyond ASCII that are symbols amid a word ("D¹browska")."""
    foreign = [index for index, letter in enumerate(text) if not letter.isascii()]
    amid = sum(
        unicodedata.category(text[index]) in _SYMBOLS
        and any(neighbour.isalpha() for neighbour in text[max(index - 1, 0) : index + 2])
        for index in foreign
    )
    return amid / max(len(foreign), 1)


def _telling_word(text: str) -> str:
    """The first word with a letter beyond ASCII, for people to judge by."""
    words = "".join(letter if letter.isalnum() else " " for letter in text).split()
    return next((word[:40] for word in words if not word.isascii()), "")
