"""XML as a real parser reads it: any that is legal, as slowly as that takes, trusted in nothing.

Expat never fetches anything. A workbook has no business declaring entities, so a document type
is refused outright, which leaves nothing to expand or to resolve.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol
from xml.parsers import expat

Attributes = dict[str, str]


class ForbiddenMarkup(ValueError):
    """XML that no honest workbook holds."""


class Handler(Protocol):
    """What happens at each tag and text; names may carry a namespace prefix."""

    def start(self, name: str, attributes: Attributes) -> None: ...
    def end(self, name: str) -> None: ...
    def text(self, data: str) -> None: ...


class Collector(Handler, Protocol):
    """A handler of a long part: one element of the same kind after the other."""

    @property
    def between_elements(self) -> bool: ...


class Parser:
    """Hands what it is fed to a handler."""

    def __init__(self, handler: Handler) -> None:
        self.is_utf_8 = True  # as far as a declaration says
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = handler.start
        self._parser.EndElementHandler = handler.end
        self._parser.CharacterDataHandler = handler.text
        self._parser.XmlDeclHandler = self._declare
        self._parser.StartDoctypeDeclHandler = _refuse_doctype

    def feed(self, content: bytes) -> None:
        self._parser.Parse(content, False)

    def finish(self) -> None:
        """Nothing more comes: the document must be whole."""
        self._parser.Parse(b"", True)

    def _declare(self, version: str, encoding: str | None, standalone: int) -> None:
        self.is_utf_8 = encoding is None or encoding.lower() in ("utf-8", "us-ascii")


def _refuse_doctype(*_: object) -> None:
    raise ForbiddenMarkup("document type declaration")


def local(name: str) -> str:
    """The name without a namespace prefix."""
    return name[name.find(":") + 1 :]


@dataclass(slots=True)
class _Tags:
    """Opening tags, or those of one name, in order: name and attributes."""

    only: str | None = None
    found: list[tuple[str, Attributes]] = field(default_factory=list)

    def start(self, name: str, attributes: Attributes) -> None:
        name = local(name)
        if self.only is None or self.only == name:
            self.found.append((name, attributes))

    def end(self, name: str) -> None: ...

    def text(self, data: str) -> None: ...


def tags(buffers: Iterable[bytes], only: str | None = None) -> Iterator[tuple[str, Attributes]]:
    """All opening tags of a part, or those named `only`."""
    handler = _Tags(only)
    parser = Parser(handler)
    for buffer in buffers:
        parser.feed(buffer)
        yield from handler.found
        handler.found.clear()
    parser.finish()


def shortcuts(
    parser: Parser, collector: Collector, contents: Iterable[bytes], opening: re.Pattern[bytes]
) -> Iterator[tuple[bytes, bool]]:
    """A part's contents, and of each whether whole elements in UTF-8 are to be expected.

    Such a content may be read in a quicker way; all others must be fed to `parser`. What stands
    before the elements, to the end of the tag that `opening` finds, is fed to it here.
    """
    is_first = True
    for content in contents:
        if is_first:
            found = opening.search(content)
            head = content[: found.end()] if found else content
            parser.feed(head)
            content = content[len(head) :]
            is_first = False
        yield content, parser.is_utf_8 and collector.between_elements
