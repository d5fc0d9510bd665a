"""How plausible a text is as something that people wrote: in bits, fewer for the more plausible.

The cost of a letter beyond ASCII is what its language makes of it; to that comes what does not
fit its neighbours, such as a symbol amid a word ("D¹browska") or a capital after a small letter.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import cache
from itertools import pairwise

from importer.sheets.text.letters import LANGUAGES

_FOREIGN = re.compile(r"[^\x00-\x7f]")
_STANDARDS = ("gb2312", "big5", "shift_jis", "euc_kr")
_UNKNOWN_LETTER = 13.0
_OTHER_LANGUAGES_LETTER = 10.0
_UNKNOWN_IDEOGRAPH = 14.0
_RARE_IDEOGRAPH = 18.0  # in none of the standards
_CAPITAL = 1.0
_USUAL_SIGNS = frozenset("’‘“”„–—…«»€£°ºª·•®™©´§¡¿×½\u00a0、。・「」（）：，ー～")
_USUAL_SIGN, _OTHER_SIGN, _CONTROL = 6.0, 12.0, 18.0
_MISFIT = 6.0
_ODD = 3.0
_BEFORE_LETTERS = frozenset("“„«‘’¿¡–—·•\u00a0、。・「」（）：，ー～")


def cost(text: str) -> float:
    """The bits that the characters of `text` beyond ASCII cost in the likeliest language."""
    counts = Counter(_FOREIGN.findall(text))
    letters: Counter[str] = Counter()
    for character, count in counts.items():
        if _is_letter(character):
            letters[_small(character)] += count
    likeliest = min(rarity + _spelt(letters, bits) for rarity, bits in _tables())
    other = sum(count * _by_itself(character) for character, count in counts.items())
    return likeliest + other + sum(_misfit(*pair) for pair in pairwise(text))


@cache
def _tables() -> list[tuple[int, dict[str, int]]]:
    return [(rarity, _bits(table)) for rarity, table in LANGUAGES.values()]


def _bits(table: str) -> dict[str, int]:
    groups = re.findall(r"(\d+)(\D+)", table.replace(" ", ""))
    return {letter: int(bits) for bits, letters in groups for letter in letters}


def _spelt(letters: Counter[str], bits: dict[str, int]) -> float:
    return sum(
        count * (bits[letter] if letter in bits else _unknown(letter))
        for letter, count in letters.items()
    )


@cache
def _unknown(letter: str) -> float:
    """What a letter costs that is not among those of a language."""
    if any(letter in bits for _, bits in _tables()):
        return _OTHER_LANGUAGES_LETTER
    if not "\u3400" <= letter <= "\u9fff":
        return _UNKNOWN_LETTER
    return _UNKNOWN_IDEOGRAPH if _is_in(letter, _STANDARDS) else _RARE_IDEOGRAPH


def _is_in(letter: str, standards: Iterable[str]) -> bool:
    return any(letter.encode(standard, "ignore") for standard in standards)


@cache
def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] in "LM" and character not in "ºªー"


def _small(letter: str) -> str:
    small = letter.lower()
    return small if len(small) == 1 else letter


@cache
def _by_itself(character: str) -> float:
    """What a character costs in any language."""
    if _is_letter(character):
        return _CAPITAL * character.isupper()
    if unicodedata.category(character)[0] == "C":
        return _CONTROL
    return _USUAL_SIGN if character in _USUAL_SIGNS else _OTHER_SIGN


@cache
def _misfit(left: str, right: str) -> float:
    """What it costs that one stands beside the other."""
    if left.isascii() and right.isascii():
        return 0.0
    if not _is_letter(right):
        return 0.0 if right.isascii() or right in _USUAL_SIGNS or not _is_letter(left) else _ODD
    if not _is_letter(left):
        return 0.0 if left.isascii() or left in _BEFORE_LETTERS else _MISFIT
    if left.islower() and right.isupper():
        return _MISFIT
    scripts = {_script(left), _script(right)} - {"COMBINING"}
    if len(scripts) < 2:
        return 0.0
    return _ODD if scripts == {"LATIN", "CJK"} else _MISFIT


@cache
def _script(letter: str) -> str:
    first = unicodedata.name(letter, "?").split()[0]
    return "CJK" if first in ("HIRAGANA", "KATAKANA") else first
