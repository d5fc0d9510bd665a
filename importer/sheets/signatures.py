"""Files that are no spreadsheets, by their first bytes: what each is, and what to do about it."""

import re

_SAVE_AS = "Save it as .xlsx and upload it again."
_PICTURE = "This is a picture{}, not a spreadsheet. Upload the spreadsheet itself."
_PACKED = "This is {} archive. Unpack it and upload the spreadsheet inside."
_PROGRAM = "This is a program, not a spreadsheet. Upload an Excel workbook (.xlsx) or a CSV."
_DATABASE = "This is {} database. Export the table you need as .csv and upload that."
_COLUMNS = "This is {} file. Export its rows as .csv and upload that."
_ANCIENT = f"This is a workbook of Excel 4 or older. Open it in Excel. {_SAVE_AS}"

_BY_FIRST_BYTES = {
    b"%PDF-": f"This is a PDF document. Open the spreadsheet it came from. {_SAVE_AS}",
    b"\x89PNG": _PICTURE.format(" (PNG)"),
    b"\xff\xd8\xff": _PICTURE.format(" (JPEG)"),
    b"GIF87a": _PICTURE.format(" (GIF)"),
    b"GIF89a": _PICTURE.format(" (GIF)"),
    b"II*\x00": _PICTURE.format(" (TIFF)"),
    b"MM\x00*": _PICTURE.format(" (TIFF)"),
    b"7z\xbc\xaf\x27\x1c": _PACKED.format("a 7-Zip"),
    b"Rar!\x1a\x07": _PACKED.format("a RAR"),
    b"\xfd7zXZ\x00": _PACKED.format("an XZ"),
    b"\x28\xb5\x2f\xfd": _PACKED.format("a Zstandard"),
    b"{\\rtf": f"This is a rich text document. Copy its table into Excel. {_SAVE_AS}",
    b"\x7fELF": _PROGRAM,
    b"\xcf\xfa\xed\xfe": _PROGRAM,
    b"\xca\xfe\xba\xbe": _PROGRAM,
    b"SQLite format 3\x00": _DATABASE.format("an SQLite"),
    b"\x00\x01\x00\x00Standard ": _DATABASE.format("a Microsoft Access"),
    b"PAR1\x15": _COLUMNS.format("a Parquet"),
    b"ARROW1\x00\x00": _COLUMNS.format("an Arrow"),
    b"\x09\x00\x04\x00": _ANCIENT,
    b"\x09\x02\x06\x00": _ANCIENT,
    b"\x09\x04\x06\x00": _ANCIENT,
}
# What may also begin a text is asked further.
_BY_PATTERN = {
    re.compile(rb"MZ.{,1024}?\x00", re.DOTALL): _PROGRAM,
    re.compile(rb"BM.{4}\x00{4}", re.DOTALL): _PICTURE.format(" (BMP)"),
    re.compile(rb"RIFF.{4}WEBP", re.DOTALL): _PICTURE.format(" (WebP)"),
    re.compile(rb".{4}ftyp(?:hei|avi|mif)", re.DOTALL): _PICTURE.format(""),
    re.compile(rb"BZh[1-9]1AY&SY"): _PACKED.format("a bzip2"),
    re.compile(rb".{257}ustar", re.DOTALL): _PACKED.format("a TAR"),
}
# Texts, but for blanks before and the case of letters.
_BY_WORDS = {
    re.compile(r"<.*urn:schemas-microsoft-com:office:spreadsheet\b", re.DOTALL): (
        f"This is an XML Spreadsheet 2003, whatever its name says. Open it in Excel. {_SAVE_AS}"
    ),
    re.compile(r"<\?xml.*<office:document\b", re.DOTALL): (
        f"This is a flat OpenDocument file. Open it in LibreOffice. {_SAVE_AS}"
    ),
    re.compile(
        r"(?:(?><!--.*?-->|<\?xml[^>]*>)\s*+)*+"
        r"<(?:!doctype html|html|head|meta|style|body|center|div|font|table)\b",
        re.DOTALL,
    ): (f"This is a web page (HTML), whatever its name says. Open it in Excel. {_SAVE_AS}"),
    re.compile(r"mime-version:"): (
        f"This is a web page in one file (MHTML). Open it in Excel. {_SAVE_AS}"
    ),
    re.compile(r"<\?xml\b|<!doctype\b|<svg\b"): (
        "This is an XML document, not a spreadsheet. Open it in the program it comes from, export"
        " its table as .xlsx or .csv and upload that."
    ),
    re.compile(r'\{\s*["}]|\[\s*[{\[]'): (
        "This is a JSON file, not a spreadsheet. Export the data as .csv or .xlsx and upload that."
    ),
    re.compile(r"begin:v(?:card|calendar)\s"): (
        "This is a file of contact cards or appointments. Import it into an address book or"
        " calendar, export it from there as .csv and upload that."
    ),
}


def foreign(head: bytes) -> str | None:
    """What the file that begins so is, if it is surely no spreadsheet: a sentence."""
    for first_bytes, sentence in _BY_FIRST_BYTES.items():
        if head.startswith(first_bytes):
            return sentence
    for pattern, sentence in _BY_PATTERN.items():
        if pattern.match(head):
            return sentence
    return _foreign_text(_decoded(head).strip().lower())


def _foreign_text(text: str) -> str | None:
    return next((said for pattern, said in _BY_WORDS.items() if pattern.match(text)), None)


def _decoded(head: bytes) -> str:
    """As far as needed to know the words of markup, which are ASCII."""
    utf_16 = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    return head.decode("utf-16" if utf_16 else "latin-1", "replace").lstrip("ï»¿")
