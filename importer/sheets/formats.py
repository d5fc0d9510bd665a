"""What kind of file this is, by its content and never by its name."""

import re
from contextlib import closing
from enum import StrEnum
from pathlib import Path

import olefile

from importer.sheets import signatures
from importer.sheets.guard import DAMAGED_WORKBOOK, archive_parts
from importer.sheets.table import Format, UnreadableFile
from importer.sheets.text.encoding import may_be_text

PROTECTED = (
    "This workbook is protected with a password."
    " Open it in Excel, remove the password, save it and upload it again."
)
_HEAD = 64 * 1024
_SAVE_AS = "Save it as .xlsx and upload it again."
_OLD_OFFICE = f"This is a file of an old Microsoft program. Open it in Excel. {_SAVE_AS}"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP = b"\x1f\x8b"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BARE_XLS = re.compile(rb"\x09\x08..\x00[\x05\x06]", re.DOTALL)  # without the container
_NO_TEXT = b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"

# By a part inside, its name in lower case.
_BY_PART: dict[str, Format | str] = {
    "xl/workbook.bin": Format.XLSB,
    "xl/workbook.xml": Format.XLSX,
    "content.xml": Format.ODS,  # or another kind of OpenDocument, as its reader says
    "word/document.xml": f"This is a Word document. Copy its table into Excel. {_SAVE_AS}",
    "ppt/presentation.xml": f"This is a PowerPoint file. Copy its table into Excel. {_SAVE_AS}",
    "visio/document.xml": f"This is a Visio drawing. Copy its table into Excel. {_SAVE_AS}",
    "index/document.iwa": (
        "This is an Apple Numbers file. Export it to Excel in Numbers and upload that."
    ),
    "[content_types].xml": Format.XLSX,
}
_BY_OLE_STREAM: dict[str, Format | str] = {
    "EncryptedPackage": PROTECTED,
    "Workbook": Format.XLS,
    "Book": Format.XLS,
    "WordDocument": f"This is a Word document. Copy its table into Excel. {_SAVE_AS}",
    "PowerPoint Document": f"This is a PowerPoint file. Copy its table into Excel. {_SAVE_AS}",
    "__properties_version1.0": (
        "This is an Outlook message. Save the spreadsheet attached to it and upload that."
    ),
}


class Packing(StrEnum):
    """What a spreadsheet may be packed in."""

    ZIP = "ZIP"
    GZIP = "gzip"


def packing_of(path: Path) -> Packing | None:
    """What kind of archive the file is, if it is one; workbooks are ZIPs by themselves."""
    head = _head(path)
    if head.startswith(_GZIP):
        return Packing.GZIP
    if head.startswith(_ZIP) and _by_part(path) is None:
        return Packing.ZIP
    return None


def kind_of(path: Path) -> Format:
    """The kind of file; `UnreadableFile` says what anything else is and what to do about it."""
    head = _head(path)
    if len(head) < _HEAD and not head.strip(_NO_TEXT):
        raise UnreadableFile("This file is empty. Save the spreadsheet again and upload that.")
    if packing := packing_of(path):
        raise UnreadableFile(
            f"This is a {packing} archive. Unpack it and upload the spreadsheet inside."
        )
    if head.startswith(_ZIP):
        return _expected(_by_part(path))
    if head.startswith(_OLE):
        return _expected(_by_ole_stream(path))
    if _BARE_XLS.match(head):
        return Format.XLS
    if sentence := signatures.foreign(head):
        raise UnreadableFile(sentence)
    if not may_be_text(head):
        raise UnreadableFile(
            "This is not a spreadsheet or a text file. Upload an Excel workbook (.xlsx) or a CSV."
        )
    return Format.CSV


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)


def _expected(found: Format | str | None) -> Format:
    if isinstance(found, Format):
        return found
    raise UnreadableFile(found or DAMAGED_WORKBOOK)


def _by_part(path: Path) -> Format | str | None:
    """Which kind of file in the guise of a ZIP this is."""
    parts = {part.filename.replace("\\", "/").lower() for part in archive_parts(path)}
    return next((kind for part, kind in _BY_PART.items() if part in parts), None)


def _by_ole_stream(path: Path) -> Format | str:
    """Which of Microsoft's old kinds of files this is: each keeps its content in a stream."""
    try:
        with closing(olefile.OleFileIO(path)) as container:
            kinds = [kind for name, kind in _BY_OLE_STREAM.items() if container.exists(name)]
    except Exception as error:  # olefile raises whatever a damaged directory leads to
        raise UnreadableFile(DAMAGED_WORKBOOK) from error
    return kinds[0] if kinds else _OLD_OFFICE
