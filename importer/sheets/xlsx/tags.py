"""Where the tags of a piece of XML stand, found in all of it at once.

The first two bytes of a tag's name tell which it is, and every two neighbours must be ones that
the part's grammar knows; elements that it does not know, comments and CDATA are `Odd`. So is
whatever else is legal but rare: a real parser reads it then.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Places = NDArray[np.intp]  # offsets into a piece
Words = NDArray[np.uint64]

BEYOND = 32  # bytes that may be looked at beyond the end of a piece
WORD = 8  # bytes
_LOWEST_TEXT, _FIRST_ABOVE_ASCII = 0x20, 0x80
_SPACES = (0x09, 0x0A, 0x0D)  # the only bytes below text that XML allows
# Of a word, which has its first byte lowest, so many of the last bytes.
LAST_BYTES = ~np.array([(1 << 8 * n) - 1 for n in range(WORD, -1, -1)], np.uint64)


class Odd(Exception):
    """Not what is found in all but a few workbooks; nothing is wrong with it yet."""


class Piece:
    """Bytes to look at, with room behind them."""

    def __init__(self, content: bytes) -> None:
        self.bytes = np.zeros(len(content) + BEYOND, np.uint8)
        self.content = self.bytes[: len(content)]
        self.content[:] = np.frombuffer(content, np.uint8)
        self._words = np.ndarray(  # one from every byte on, so that they overlap
            (len(self.bytes) - WORD + 1,), "<u8", self.bytes, strides=(1,)
        )

    @cached_property
    def is_ascii(self) -> bool:
        return bool(self.bytes.max() < _FIRST_ABOVE_ASCII)

    def words(self, places: Places) -> Words:
        """The eight bytes from each place on, the first the least significant."""
        return self._words[places]

    def byte(self, places: Places, beyond: int = 0) -> Bytes:
        """The byte so far beyond each place."""
        return self.bytes[beyond:].take(places)


class Grammar:
    """The tags that a part is made of, and which may follow which.

    `codes` has for each tag the two bytes behind `<`, `pairs` the tags that may follow it. The
    elements `texts`, with names of one letter, hold nothing but text: `<t>`, which stands for
    `<t/>` and `<t xml:space="preserve">` too, and `</t>` need no codes.
    """

    def __init__(
        self,
        codes: Mapping[str, Sequence[str]],
        pairs: Mapping[str, Sequence[str]],
        texts: Sequence[str],
    ) -> None:
        spellings = dict(codes)
        followers = dict(pairs)
        for text in texts:
            spellings |= {text: [f"{text}>"], f"{text} ": [f"{text} "]}
            spellings |= {f"{text}/": [f"{text}/"], f"/{text}": [f"/{text}"]}
            followers[text] = [f"/{text}"]
            followers[f"{text} "] = [f"/{text}", *pairs[f"/{text}"]]  # `<t />` is blank
            followers[f"{text}/"] = pairs[f"/{text}"]
        self.number = {tag: number for number, tag in enumerate(spellings, start=1)}
        self._side = len(spellings) + 1
        self._tag_of_code = _tags_of_codes(spellings, self.number)
        self._may_follow = np.zeros((self._side, self._side), bool)
        for tag, allowed in followers.items():
            for follower in allowed:
                for form in (f"{follower}{end}" for end in ("", " ", "/")):
                    if follower in texts or form == follower:
                        self._may_follow[self.number[tag], self.number[form]] = True
        openings = [f"{text}{end}" for text in texts for end in ("", " ", "/")]
        self.opens_text = self.table(dict.fromkeys(openings, 1)).astype(bool)
        self.is_spaced = self.table({f"{text} ": 1 for text in texts}).astype(bool)
        self.closes_text = self.table({f"/{text}": 1 for text in texts}).astype(bool)

    def table(self, values: Mapping[str, int]) -> NDArray[np.intp]:
        """A value for each tag by its number, 0 for those not named."""
        table = np.zeros(self._side, np.intp)
        for tag, value in values.items():
            table[self.number[tag]] = value
        return table

    def read(self, piece: Piece, *, first: str, last: str) -> tuple[Places, Bytes]:
        """Where each tag of a piece starts, and its number. Raises `Odd` for all others."""
        _require_legal(piece.content)
        places = np.flatnonzero(piece.content == ord("<"))
        codes = np.empty(len(places), "<u2")
        halves = codes.view(np.uint8)
        halves[0::2], halves[1::2] = piece.byte(places, 1), piece.byte(places, 2)
        tags = self._tag_of_code.take(codes)
        if not len(tags) or (tags[0], tags[-1]) != (self.number[first], self.number[last]):
            raise Odd("something cut off")
        pairs = tags[:-1].astype(np.uint16) * self._side + tags[1:]
        if not self._may_follow.take(pairs).all():
            raise Odd("tags in an order of their own")
        return places, tags


def _tags_of_codes(
    spellings: Mapping[str, Sequence[str]], number: Mapping[str, int]
) -> NDArray[np.uint8]:
    """The number of the tag that each two bytes begin, 0 for all others."""
    table = np.zeros(1 << 16, np.uint8)
    for tag, codes in spellings.items():
        for code in codes:
            table[int.from_bytes(code.encode(), "little")] = number[tag]
    return table


def _require_legal(content: Bytes) -> None:
    """Raise `Odd` for the bytes that no XML may hold."""
    if len(content) and content.min() < _LOWEST_TEXT:
        low = content[content < _LOWEST_TEXT]
        if not np.isin(low, _SPACES).all():
            raise Odd("bytes that XML forbids")
