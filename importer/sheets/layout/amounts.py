"""Numbers as people write them, read just well enough to tell whether one adds others up."""

import re
from collections.abc import Sequence

_TOLERANCE = 0.005  # of the sum: what has been rounded before it was added up
_DECIMALS = re.compile(r"(?<=\d)[.,](?=\d{1,2}$|\d{4,}$)")


def amount(text: str) -> float | None:
    """What a text is as a number: "1,234.50", "1.234,50", "(12)"; None where it is none.

    "00501" and "+44 20" are none: they are codes and telephone numbers.
    """
    digits = re.sub(r"[^\d.,]", "", text).strip(".,")
    whole, mark, decimals = digits, "", ""
    if found := _DECIMALS.search(digits):
        whole, mark, decimals = digits[: found.start()], ".", digits[found.end() :]
    plain = re.sub(r"[.,]", "", whole) + mark + decimals
    sign = text.strip()[:1]
    if sign == "+" or not re.fullmatch(r"(?:0|[1-9]\d*)(?:\.\d+)?", plain):
        return None
    return -float(plain) if sign in ("-", "−", "(") else float(plain)


def adds_up(total: str, parts: Sequence[str], *, all_seen: bool) -> bool:
    """Whether a number is the sum of `parts`, or may be that of them and of others unseen."""
    seen = [number for part in parts if (number := amount(part)) is not None]
    claimed = amount(total)
    if claimed is None or not seen:
        return False
    missing = claimed - sum(seen)
    slack = _TOLERANCE * abs(sum(seen))
    if all_seen:
        return abs(missing) <= slack
    return missing >= -slack if sum(seen) >= 0 else missing <= slack
