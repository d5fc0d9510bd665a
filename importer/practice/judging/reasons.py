"""Why a row is skipped: codes in the order in which they came up, each with columns at fault."""

Reasons = dict[str, list[str]]  # names of columns by code


def blame(reasons: Reasons, code: str, name: str) -> None:
    """One more reason, if it is not known yet."""
    names = reasons.setdefault(code, [])
    if name not in names:
        names.append(name)
