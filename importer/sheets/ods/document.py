"""An OpenDocument spreadsheet but for its cells: which sheets it has, and where their rows are."""

from collections import deque
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from zipfile import ZipFile

from importer.sheets.buffers import PADDING
from importer.sheets.formats import PROTECTED
from importer.sheets.guard import MB
from importer.sheets.table import Sheet, UnreadableFile
from importer.sheets.xlsx.inflate import inflated
from importer.sheets.xlsx.markup import Attributes, Parser, local, tags

_CONTENT, _MANIFEST = "content.xml", "META-INF/manifest.xml"
_BODY, _SPREADSHEET = b"<office:body", b"<office:spreadsheet"
_SHEET, _SHEET_END, _ROW_END = b"<table:table ", b"</table:table>", b"</table:table-row>"
_PIECE, _MOST = 12 * MB, 64 * MB  # bytes of a piece, and until a row ends
_MOST_OF_TAG = 64  # buffers


class Document:
    """An open file, measured beforehand by `guard`."""

    def __init__(self, path: Path) -> None:
        self._archive = ZipFile(path)
        if b"encryption-data" in self._read(_MANIFEST):
            raise UnreadableFile(PROTECTED)
        self.size = self._archive.getinfo(_CONTENT).file_size  # of all sheets, bytes
        if next(self._tables(), None) is None:
            raise UnreadableFile("This spreadsheet has no sheet.")

    def close(self) -> None:
        self._archive.close()

    def sheets(self) -> tuple[Sheet, ...]:
        """All the sheets, for which the whole content is looked through."""
        return tuple(dict.fromkeys(sheet for sheet, _ in self._tables()))

    def rows(self, name: str | None) -> Iterator[bytes]:
        """The XML of the rows of a sheet, in pieces that end with a row and `PADDING`.

        Raises `EOFError` for a sheet without an end.
        """
        for sheet, content in self._tables():
            if name in (None, sheet.name):
                return _pieces(content)
        raise UnreadableFile(f"This spreadsheet has no sheet named “{name}”.")

    def _read(self, part: str) -> bytes:
        """A small part; nothing where it is not there."""
        return self._archive.read(part) if part in self._archive.namelist() else b""

    def _content(self) -> Iterator[bytes]:
        return inflated(self._archive, self._archive.getinfo(_CONTENT))

    def _tables(self) -> Iterator[tuple[Sheet, Iterator[bytes]]]:
        """The sheets, and the content of each, to be read before the next."""
        buffers, styles = self._content(), _Styles()
        content = _Search(chain([styles.read(buffers)], buffers))
        if not content.known.startswith(_SPREADSHEET):
            raise UnreadableFile(
                "This is an OpenDocument file, but not a spreadsheet."
                " Copy its table into one, save that and upload it."
            )
        while content.find(_SHEET):
            tag = b"".join(islice(content.until(b">"), _MOST_OF_TAG))
            [(_, attributes)] = tags([tag.removesuffix(b"/"), b">", _SHEET_END])
            hidden = attributes.get("table:style-name") in styles.hidden
            within = iter(()) if tag.endswith(b"/") else content.until(_SHEET_END)
            yield Sheet(attributes.get("table:name", ""), hidden), within
            deque(within, maxlen=0)


class _Search:
    """Goes forward through bytes that come in buffers."""

    def __init__(self, buffers: Iterator[bytes]) -> None:
        self._buffers = buffers
        self.known = next(buffers, b"")  # from where it is

    def find(self, mark: bytes) -> bool:
        """Go to the next `mark`, if there is one."""
        try:
            deque(self.until(mark), maxlen=0)
        except EOFError:
            return False
        return True

    def until(self, mark: bytes) -> Iterator[bytes]:
        """Go to the next `mark`: what is before it. `EOFError` if there is none."""
        overlap = len(mark)
        while (found := self.known.find(mark)) < 0:
            buffer = next(self._buffers, b"")
            if not buffer:
                raise EOFError(f"no {mark!r}")
            yield self.known[:-overlap]
            self.known = self.known[-overlap:] + buffer
        yield self.known[:found]
        self.known = self.known[found:]


def _pieces(buffers: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, cut where a row ends and padded; the first piece is small."""
    kept, length, wanted = [b""], 0, 0
    for buffer in buffers:
        length += len(buffer)
        if length > _MOST:
            raise ValueError("a row larger than any row is")
        end = buffer.rfind(_ROW_END) if length >= wanted else -1
        if end < 0:
            kept.append(buffer)
        else:
            end += len(_ROW_END)
            yield b"".join([*kept, buffer[:end], PADDING])
            kept, length, wanted = [buffer[end:]], len(buffer) - end, _PIECE
    yield b"".join([*kept, PADDING])


class _Styles:
    """The styles that hide a sheet."""

    def __init__(self) -> None:
        self.hidden: set[str] = set()
        self._name = ""

    def read(self, buffers: Iterator[bytes]) -> bytes:
        """Read what stands before the body, and give what begins it.

        Raises `ValueError` for a document without one, or in an unusual encoding.
        """
        head = b""
        for buffer in buffers:
            head += buffer
            body = head.find(_BODY)
            within = head.find(b"<", body + 1) if body >= 0 else -1
            if len(head) > _MOST:
                break
            if within >= 0:
                parser = Parser(self)
                parser.feed(head[:body])
                if not parser.is_utf_8:
                    raise ValueError("not UTF-8")
                return head[within:]
        raise ValueError("a document without a body")

    def start(self, name: str, attributes: Attributes) -> None:
        if local(name) == "style":
            self._name = attributes.get("style:name", "")
        elif local(name) == "table-properties" and attributes.get("table:display") == "false":
            self.hidden.add(self._name)

    def end(self, name: str) -> None: ...

    def text(self, data: str) -> None: ...
