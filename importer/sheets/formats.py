"""What kind of file this is, by its content and never by its name."""

import mmap
from pathlib import Path
from typing import Literal

from importer.sheets.encoding import byte_order_mark
from importer.sheets.guard import archive_parts
from importer.sheets.table import UnreadableFile

_HEAD = 64 * 1024
_SAVE_AS = "Save it as .xlsx and upload it again."
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_KNOWN_BY_FIRST_BYTES = {
    b"%PDF": f"This is a PDF document. Open the spreadsheet it came from. {_SAVE_AS}",
    b"\x89PNG": "This is a picture (PNG). Upload the spreadsheet itself.",
    b"\xff\xd8\xff": "This is a picture (JPEG). Upload the spreadsheet itself.",
    b"GIF8": "This is a picture (GIF). Upload the spreadsheet itself.",
    b"\x1f\x8b": "This is a gzip archive. Unpack it and upload the file inside.",
    b"7z\xbc\xaf\x27\x1c": "This is a 7-Zip archive. Unpack it and upload the file inside.",
    b"Rar!": "This is a RAR archive. Unpack it and upload the file inside.",
    b"{\\rtf": f"This is a rich text document. Copy its table into Excel. {_SAVE_AS}",
}
_KNOWN_BY_OLE_STREAM = {
    "EncryptedPackage": (
        "This workbook is protected with a password."
        " Open it in Excel, remove the password, save it and upload it again."
    ),
    "Workbook": f"This is an Excel 97-2003 workbook (.xls). {_SAVE_AS}",
    "Book": f"This is an Excel 5.0/95 workbook (.xls). {_SAVE_AS}",
    "WordDocument": f"This is a Word document. Copy its table into Excel. {_SAVE_AS}",
}
_KNOWN_BY_PART = {
    "xl/workbook.bin": f"This is an Excel binary workbook (.xlsb). {_SAVE_AS}",
    "word/document.xml": f"This is a Word document. Copy its table into Excel. {_SAVE_AS}",
    "ppt/presentation.xml": f"This is a PowerPoint file. Copy its table into Excel. {_SAVE_AS}",
    "Index/Document.iwa": "This is an Apple Numbers file. Export it to Excel and upload that.",
    "content.xml": f"This is an OpenDocument file (.ods). {_SAVE_AS}",
}
_MARKUP = (b"<!doctype html", b"<html", b"<table", b"<?xml")


def kind_of(path: Path) -> Literal["csv", "xlsx"]:
    """The kind of file; `UnreadableFile` says what anything else is and what to do about it."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if len(head) < _HEAD and not head.strip(b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"):
        raise UnreadableFile("This file is empty. Save the spreadsheet again and upload that.")
    if head.startswith(_ZIP):
        return _kind_of_archive(path)
    if head.startswith(_OLE):
        raise UnreadableFile(_describe_ole(path))
    for first_bytes, sentence in _KNOWN_BY_FIRST_BYTES.items():
        if head.startswith(first_bytes):
            raise UnreadableFile(sentence)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_MARKUP):
        raise UnreadableFile(
            "This is a web page or XML document, whatever its name says."
            f" Open it in Excel. {_SAVE_AS}"
        )
    if b"\x00" in head and byte_order_mark(head) in (None, "utf-8"):
        raise UnreadableFile(
            "This is not a spreadsheet or a text file. Upload an Excel workbook (.xlsx) or a CSV."
        )
    return "csv"


def _kind_of_archive(path: Path) -> Literal["xlsx"]:
    parts = {part.filename.replace("\\", "/") for part in archive_parts(path)}
    for part, sentence in _KNOWN_BY_PART.items():
        if part in parts:
            raise UnreadableFile(sentence)
    if "[Content_Types].xml" not in parts:
        raise UnreadableFile("This is a ZIP archive. Unpack it and upload the spreadsheet inside.")
    return "xlsx"


def _describe_ole(path: Path) -> str:
    """Which of Microsoft's old containers this is: their streams are named in UTF-16."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for stream, sentence in _KNOWN_BY_OLE_STREAM.items():
            if content.find(stream.encode("utf-16-le")) >= 0:
                return sentence
    return f"This is an old Microsoft Office file. Open it in Excel. {_SAVE_AS}"
