"""What the text of a cell reads like, whatever the file says it is."""

import re
from collections import Counter
from collections.abc import Iterable
from enum import Enum, auto

_LONGEST_FORM = 60  # characters; a longer text is words, or a link
_MOST = 0.8  # of the cells that decide what their column holds
_MONEY = r"(?:[€$£¥₹]|AUD|BRL|CAD|CHF|CNY|CZK|DKK|EUR|GBP|HUF|INR|JPY|NOK|PLN|SEK|USD|ZAR)"


class Likeness(Enum):
    """What one cell reads like."""

    BLANK = auto()
    WORDS = auto()
    GAP = auto()  # stands for a missing value: "n/a", "-"
    YEAR = auto()
    NUMBER = auto()
    DATE = auto()  # with or without a time of day
    TIME = auto()  # or a duration
    BOOLEAN = auto()
    ADDRESS = auto()  # of e-mail or a web page
    ERROR = auto()


# The first that fits the whole text decides.
_FORMS = {
    Likeness.GAP: r"[-–—.?*/]+|n\.?/?a\.?|null|none|nil|tbd|tba|unknown|k\. ?a\.",
    Likeness.YEAR: r"(?:18|19|20)\d\d",
    Likeness.DATE: (
        r"\d{4}-\d\d?-\d\d?(?:[T ]\d\d?:\d\d.*)?"
        r"|\d{1,4}(?P<mark>[-/.])\d{1,2}(?P=mark)\d{1,4}(?:,? \d\d?:\d\d.*)?"
        r"|\d{1,2}[-. ] ?[^\W\d]{3,9}\.?[-, ] ?\d{2,4}"
    ),
    Likeness.TIME: r"\d{1,4}:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?[ap]m)?",
    Likeness.NUMBER: (
        rf"{_MONEY}? ?[-+−(]? ?{_MONEY}?(?:[.,\s'’]*\d)+[.,\s'’]*(?:e[-+]?\d+)?"
        rf"[)%]? ?[-%]?{_MONEY}?"
    ),
    Likeness.BOOLEAN: r"true|false",
    Likeness.ADDRESS: r"\S+@\S+\.\S+|https?://\S+|www\.\S+\.\S+",
    Likeness.ERROR: r"#(?:n/a|name\?|div/0!|ref!|value!|num!|null!|spill!|calc!)",
}
_FORM = re.compile(
    "|".join(f"(?P<{found.name}>{form})" for found, form in _FORMS.items()), re.IGNORECASE
)
_LINK = ("http://", "https://")

# Cells that say nothing of what their column holds.
_SILENT = {Likeness.BLANK, Likeness.GAP, Likeness.ERROR}


def likeness(text: str) -> Likeness:
    """What a cell's text reads like; blanks around it count for nothing."""
    text = text.strip()
    if not text:
        return Likeness.BLANK
    if len(text) > _LONGEST_FORM:
        return Likeness.ADDRESS if text.startswith(_LINK) else Likeness.WORDS
    found = _FORM.fullmatch(text)
    return Likeness.WORDS if found is None else Likeness[str(found.lastgroup)]


def typical(cells: Iterable[Likeness]) -> Likeness | None:
    """What nearly all cells of a column read like; None where they differ or say nothing."""
    counts = Counter(cell for cell in cells if cell not in _SILENT)
    if len(counts) > 1 and Likeness.YEAR in counts:  # then they are numbers by chance
        counts[Likeness.NUMBER] += counts.pop(Likeness.YEAR)
    if not counts:
        return None
    found, count = counts.most_common(1)[0]
    return found if count >= _MOST * counts.total() else None


def is_value(cells: Likeness | None) -> bool:
    """Whether cells of this likeness are values and nothing else: numbers, dates, links..."""
    return cells not in (None, Likeness.WORDS, *_SILENT)
