"""The words and signs of a COQL query."""

import re
from typing import Final

from importer.practice.api.errors import ApiError

TOKEN: Final = re.compile(
    r"\s*(?:(?P<text>'(?:\\.|''|[^'\\])*'|\"(?:\\.|\"\"|[^\"\\])*\")"
    r"|(?P<word>[\w.+:-]+)|(?P<sign>>=|<=|!=|[=<>(),]))\s*",
    re.DOTALL,
)
QUOTE: Final = "'"


def tokens(query: str) -> list[str]:
    """The tokens in their order; texts keep their opening quote."""
    found, place = list[str](), 0
    while place < len(query):
        match = TOKEN.match(query, place)
        if match is None:
            raise syntax_error(query[place : place + 20])
        text = match["text"]
        found.append(QUOTE + _unquoted(text) if text else match["word"] or match["sign"])
        place = match.end()
    return found


def syntax_error(near: str) -> ApiError:
    details = {"near": near.removeprefix(QUOTE)}
    return ApiError("SYNTAX_ERROR", "error occured while parsing the query", details=details)


def _unquoted(text: str) -> str:
    """A quote inside is doubled, or has a backslash before it."""
    pattern = rf"\\(.)|{text[0]}{text[0]}"
    return re.sub(pattern, lambda match: match[1] or text[0], text[1:-1], flags=re.DOTALL)
