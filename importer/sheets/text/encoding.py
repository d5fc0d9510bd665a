"""Which encoding a text file is written in, decided from all its bytes."""

import codecs
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from importer.sheets.table import Alternative, UnreadableFile
from importer.sheets.text import foreign, mixture, plausibility
from importer.sheets.text.foreign import Foreign

_HEAD = 64 * 1024

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_LAYOUT = set("\t\n\r,;\x0b\x0c\ufeff\u200b\u200e\u200f")
_UNMARKED = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Encodings of one kind, each able to write more than the one before."""

    codecs: tuple[str, ...]
    label: str
    rarity: float  # among spreadsheets, as a binary logarithm


_CANDIDATES = (
    _Candidate(("cp1252",), "Western European (Windows-1252)", 0),
    _Candidate(("cp1250",), "Central European (Windows-1250)", 1),
    _Candidate(("cp1251",), "Cyrillic (Windows-1251)", 1),
    _Candidate(("cp1253",), "Greek (Windows-1253)", 1),
    _Candidate(("cp1254",), "Turkish (Windows-1254)", 1),
    _Candidate(("cp1255",), "Hebrew (Windows-1255)", 1),
    _Candidate(("cp1256",), "Arabic (Windows-1256)", 1),
    _Candidate(("cp1257",), "Baltic (Windows-1257)", 1),
    _Candidate(("cp1258",), "Vietnamese (Windows-1258)", 1),
    _Candidate(("cp874",), "Thai (Windows-874)", 1),
    _Candidate(("shift_jis", "cp932"), "Japanese (Shift-JIS)", 1),
    _Candidate(("gb18030",), "Chinese, simplified (GB 18030)", 1),
    _Candidate(("big5", "cp950"), "Chinese, traditional (Big5)", 1),
    _Candidate(("euc_kr", "cp949"), "Korean (EUC-KR)", 1),
    _Candidate(("euc_jp",), "Japanese (EUC-JP)", 3),
    _Candidate(("iso8859_15",), "Western European (ISO 8859-15)", 3),
    _Candidate(("iso8859_2",), "Central European (ISO 8859-2)", 3),
    _Candidate(("iso8859_7",), "Greek (ISO 8859-7)", 4),
    _Candidate(("iso8859_5",), "Cyrillic (ISO 8859-5)", 7),
    _Candidate(("iso8859_6",), "Arabic (ISO 8859-6)", 6),
    _Candidate(("iso8859_13",), "Baltic (ISO 8859-13)", 6),
    _Candidate(("iso8859_4",), "Baltic (ISO 8859-4)", 7),
    _Candidate(("iso8859_16",), "South-Eastern European (ISO 8859-16)", 7),
    _Candidate(("koi8_r",), "Russian (KOI8-R)", 4),
    _Candidate(("koi8_u",), "Ukrainian (KOI8-U)", 5),
    _Candidate(("mac_roman",), "Western European (Mac)", 4),
    _Candidate(("mac_latin2",), "Central European (Mac)", 6),
    _Candidate(("mac_cyrillic",), "Cyrillic (Mac)", 6),
    _Candidate(("mac_greek",), "Greek (Mac)", 8),
    _Candidate(("mac_turkish",), "Turkish (Mac)", 8),
    _Candidate(("cp850",), "Western European (DOS 850)", 5),
    _Candidate(("cp852",), "Central European (DOS 852)", 6),
    _Candidate(("cp866",), "Cyrillic (DOS 866)", 5),
    _Candidate(("cp437",), "Western European (DOS 437)", 7),
    _Candidate(("cp857",), "Turkish (DOS 857)", 8),
)
_NEVER_GUESSED = {  # so rare that what looks like one of them hardly ever is
    "iso8859_3": "Southern European (ISO 8859-3)",
    "iso8859_10": "Nordic (ISO 8859-10)",
    "iso8859_14": "Celtic (ISO 8859-14)",
}
# What people may choose from, the likeliest first.
ENCODINGS = (
    "utf-8",
    *(candidate.codecs[0] for candidate in _CANDIDATES),
    *_NEVER_GUESSED,
    "utf-16",
)
_LABELS = _NEVER_GUESSED | {
    codec: candidate.label for candidate in _CANDIDATES for codec in candidate.codecs
}

_ASCII, _BEYOND_ASCII = bytes(range(128)), bytes(range(128, 256))
_SHOWN = 4  # alternatives, the proposal among them
_WORDS_SHOWN = 5
_BITS_APART = 3.0  # for a letter: what costs so much more than the proposal is none
_HOPELESS = 15.0  # bits for a letter


@dataclass(frozen=True, slots=True)
class Guess:
    """How the letters of a file are read, and why."""

    codec: str  # as Python calls it
    reason: str  # a sentence or two
    alternatives: tuple[Alternative, ...] = ()  # where unsure: the proposal first, then others


@dataclass(frozen=True, slots=True)
class _Reading:
    codec: str
    words: tuple[str, ...]
    cost: float


def byte_order_mark(head: bytes) -> str | None:
    """The encoding that the first bytes of a file declare."""
    return next((name for mark, name in _MARKS.items() if head.startswith(mark)), None)


def label(codec: str) -> str:
    """What people call it."""
    base = mixture.base(codec)
    if base:
        return f"UTF-8, with some letters in {label(base)}"
    return _LABELS.get(codec, codec.upper())


def detect(path: Path) -> Guess:
    """The likeliest encoding, with others where there is doubt."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    declared = byte_order_mark(head)
    if declared and declared != "utf-8":
        return Guess(declared, _declared(declared))
    unmarked = without_mark(head)
    if unmarked:
        return Guess(unmarked, f"Its bytes make sense as {unmarked.upper()} only.")
    found = foreign.find(path)
    if declared:
        return _mixed(found) if found.words else Guess(declared, _declared(declared))
    if found.escapes:
        return Guess("iso2022_jp", "It switches alphabets as Japanese e-mail does (ISO-2022-JP).")
    if not found.words:
        return Guess("utf-8", "Every letter in the file reads as UTF-8.")
    return _mixed(found) if found.mostly_utf8 else _guessed(found)


def _declared(codec: str) -> str:
    return f"The file begins with a mark that says {codec.upper()}."


def without_mark(head: bytes) -> str | None:
    """UTF-16 or UTF-32, if the first bytes of a file make sense as text in it."""
    if b"\x00" not in head:
        return None
    readings = {codec: _sensible(head[: len(head) // 4 * 4], codec) for codec in _UNMARKED}
    best = max(readings, key=lambda codec: readings[codec])
    return best if readings[best] else None


def may_be_text(head: bytes) -> bool:
    """Whether a file that begins so can be text, though there are NUL bytes in it."""
    if byte_order_mark(head) in ("utf-16", "utf-32") or without_mark(head):
        return True
    odd = len(head) - len(head.translate(None, bytes(set(range(9)) | set(range(14, 27)))))
    return odd * 50 <= len(head)


def _sensible(head: bytes, codec: str) -> int:
    """How many ASCII characters there are; 0 if it is no text in lines."""
    text = codecs.getincrementaldecoder(codec)("replace").decode(head)
    used = set(text)
    odd = any(unicodedata.category(character)[0] == "C" for character in used - _LAYOUT)
    if odd or "\ufffd" in used or not used & _LAYOUT:
        return 0
    return sum(character.isascii() for character in text)


def _mixed(found: Foreign) -> Guess:
    """UTF-8 but for some lines, which are read in an encoding of one byte a letter."""
    readings = [reading for reading in _readings(found) if _is_single_byte(reading.codec)]
    best = readings[0]
    return Guess(
        mixture.name(best.codec),
        f"Its letters read as UTF-8 but for some, the first in line {found.first_bad:,}."
        f" Read as {label(best.codec)}, it says “{_first(best)}”.",
        tuple(
            _alternative(codec, [*found.words, found.good_word])
            for codec in (mixture.name(best.codec), best.codec)
        ),
    )


def _guessed(found: Foreign) -> Guess:
    readings = _readings(found)
    best = readings[0]
    return Guess(
        best.codec,
        f"It is not UTF-8. Read as {label(best.codec)}, it says “{_first(best)}”.",
        _alternatives(readings, found),
    )


def _readings(found: Foreign) -> list[_Reading]:
    """What the words say in every encoding that has all their letters, the likeliest first."""
    readings = [
        reading for candidate in _CANDIDATES if (reading := _read(candidate, found)) is not None
    ]
    most = _HOPELESS * (_letters(found) + 2)
    if not readings or min(reading.cost for reading in readings) > most:
        raise UnreadableFile(
            "The letters in this file cannot be read in any usual encoding."
            " Save it as CSV UTF-8, or as .xlsx, and upload it again."
        )
    return sorted(readings, key=lambda reading: reading.cost)


def _read(candidate: _Candidate, found: Foreign) -> _Reading | None:
    for codec in candidate.codecs:
        try:
            words = tuple(word.decode(codec) for word in found.words)
        except UnicodeDecodeError:
            continue
        return _Reading(codec, words, candidate.rarity + plausibility.cost(" ".join(words)))
    return None


def _is_single_byte(codec: str) -> bool:
    return len(_BEYOND_ASCII.decode(codec, "replace")) == len(_BEYOND_ASCII)


def _alternatives(readings: list[_Reading], found: Foreign) -> tuple[Alternative, ...]:
    """The proposal and those not much less likely that say something else; one at the least."""
    most = readings[0].cost + _BITS_APART * (_letters(found) + 3)
    best = {reading.words: reading for reading in reversed(readings)}
    different = sorted(best.values(), key=lambda reading: reading.cost)
    likely = [reading for reading in different if reading.cost <= most]
    chosen = likely[:_SHOWN] if len(likely) > 1 else different[:2]
    return tuple(_alternative(reading.codec, list(found.words)) for reading in chosen)


def _letters(found: Foreign) -> int:
    """About how many letters beyond ASCII the words have."""
    return sum(len(word.translate(None, _ASCII)) for word in found.words)


def _alternative(codec: str, words: list[bytes]) -> Alternative:
    shown = [word.decode(codec, "replace")[:40] for word in _telling(words)]
    return Alternative(codec, label(codec), " · ".join(shown))


def _telling(words: list[bytes]) -> list[bytes]:
    """Words that show different letters, in their order."""
    seen: set[int] = set()
    telling: list[bytes] = []
    for word in words:
        letters = {byte for byte in word if byte > 127}
        if letters - seen and len(telling) < _WORDS_SHOWN:
            telling.append(word)
            seen |= letters
    return telling


def _first(reading: _Reading) -> str:
    return reading.words[0][:40]
