"""Date patterns as bulk write jobs give them (Java's letters), and how to read by them."""

import re
from datetime import datetime
from functools import lru_cache
from typing import Final

LETTERS: Final = {
    "yyyy": "%Y",
    "yy": "%y",
    "MMMM": "%B",
    "MMM": "%b",
    "MM": "%m",
    "M": "%m",
    "dd": "%d",
    "d": "%d",
    "HH": "%H",
    "H": "%H",
    "hh": "%I",
    "h": "%I",
    "mm": "%M",
    "ss": "%S",
    "a": "%p",
    "XXX": "%z",
    "Z": "%z",
}
TOKEN: Final = re.compile(r"'([^']*)'|([A-Za-z])\2*|.", re.DOTALL)
BARE: Final = ("T",)  # letters that patterns carry without quotes


class UnknownPatternError(ValueError):
    """The pattern has a letter that no date-time is written with."""


@lru_cache(maxsize=256)
def strptime_pattern(java: str) -> str:
    """Python's pattern for a Java one: `dd.MM.yyyy` gives `%d.%m.%Y`."""
    return "".join(_translate(token) for token in TOKEN.finditer(java))


def _translate(token: re.Match[str]) -> str:
    word, quoted = token.group(0), token.group(1)
    if quoted is not None:
        return quoted.replace("%", "%%")
    if word in LETTERS:
        return LETTERS[word]
    if word.isalpha() and word not in BARE:
        raise UnknownPatternError(word)
    return word.replace("%", "%%")


@lru_cache(maxsize=8192)
def read_date(text: str, java: str) -> datetime:
    """The moment that `text` says, without a zone if it names none. `ValueError` if it does not."""
    return datetime.strptime(text, strptime_pattern(java))  # noqa: DTZ007 - the caller adds the zone
