"""How the cells of a table stand in a report, and how they are known when it comes back."""

import re
from collections.abc import Sequence

import polars as pl

LEAD = ("Row", "Outcome", "Column", "Reason", "How to fix", "Zoho's code")
CELL_CHARACTERS = 32_767  # of an Excel cell, in UTF-16
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# A plain number, or one of a phone that its blanks keep from being taken for a sum.
_NUMBER = re.compile(r"[+-]\d[\d.,]*%?|\+[\d().-]* [\d ().-]+")
_NEUTRALISED = r"^'([=+\-@\t\r])"


def lead(headers: Sequence[str]) -> tuple[str, ...]:
    """The names of the report's own columns, which stand first; none is among `headers`."""
    return tuple(_apart(name, {header.casefold() for header in headers}) for name in LEAD)


def _apart(name: str, taken: set[str]) -> str:
    while name.casefold() in taken:
        name = f"{name} (report)"
    return name


def harmless(text: str) -> str:
    """`text`, with an apostrophe before what a spreadsheet would take for a formula."""
    if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def without_apostrophe(texts: pl.Series) -> pl.Series:
    """`texts` without what `harmless` put before them."""
    return texts.str.replace(_NEUTRALISED, "$1")


def fitting(text: str) -> str:
    """As much of `text` as a cell holds."""
    if len(text) <= CELL_CHARACTERS // 2:
        return text
    return text.encode("utf-16-le")[: 2 * CELL_CHARACTERS].decode("utf-16-le", "ignore")


def fitted(texts: pl.Series) -> pl.Series:
    """`fitting` for many texts at once."""
    if not (texts.str.len_chars() > CELL_CHARACTERS // 2).any():
        return texts
    return pl.Series(texts.name, [text and fitting(text) for text in texts], dtype=pl.String)
